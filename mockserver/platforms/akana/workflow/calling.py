"""Calling what a workflow names: functions, conditions, validators, registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from mockserver.errors import Invalid, nearest
from mockserver.platforms.akana.workflow.binding import bind
from mockserver.platforms.akana.workflow.context import Context, Value
from mockserver.platforms.akana.workflow.definition import (
    Condition,
    Conditions,
    Function,
    Invocation,
    Register,
    Validator,
)
from mockserver.platforms.akana.workflow.errors import InputRefused, WorkflowFault
from mockserver.platforms.akana.workflow.registry import Registered
from mockserver.platforms.akana.workflow.variables import fill

COMMON: Final = "common"
SCRIPT: Final = "runScript"
DEEPEST: Final = 20
"""Common functions that call common functions; deeper is a circle."""

NO_SCRIPTS: Final = (
    "Scripts run on the vendor's JVM, not here. Write what yours does in Python: a function or condition named "
    f"{SCRIPT!r} that tells scripts apart by their arguments, in a module given with --extension."
)


def run_functions(functions: Iterable[Function], context: Context[Any]) -> None:
    """Call functions in the order of the file."""
    for function in functions:
        run_function(function, context)


def run_function(function: Function, context: Context[Any], depth: int = 0) -> None:
    """Call one function; `common` means the common function of that name, with the call's arguments over its own.

    Raises `WorkflowFault` for a name nobody registered, `Invalid` for arguments that do not fit, and whatever the
    function raises.
    """
    registered = context.env.registry.functions
    if function.type == COMMON and COMMON not in registered:
        known = context.definition.common_functions
        meant = known.get(function.name or "")
        if meant is None:
            raise _unknown("common function", function.name or "", known, function.line)
        if depth == DEEPEST:
            raise WorkflowFault(f"The common function {function.name!r} calls itself.", line=function.line)
        run_function(msgspec.structs.replace(meant, args=(*meant.args, *function.args)), context, depth + 1)
        return
    entry = _entry("function", function, registered)
    entry.call(*_called_with(entry, function, context))


def validate(validators: Iterable[Validator], context: Context[Any]) -> None:
    """Ask all validators; raises `InputRefused` with everything they have to say."""
    complaints: list[str] = []
    for each in validators:
        entry = _entry("validator", each, context.env.registry.validators)
        complaint = entry.call(*_called_with(entry, each, context))
        if complaint is not None:
            complaints.append(complaint)
    if complaints:
        raise InputRefused(tuple(complaints))


def call_register(register: Register, context: Context[Any]) -> Value:
    """What a register answers now."""
    entry = _entry("register", register, context.env.registry.registers)
    value: Value = entry.call(*_called_with(entry, register, context))
    return value


def passes(conditions: Conditions | None, context: Context[Any]) -> bool:
    """Whether conditions hold: none at all do. `AND` stops at the first that fails, the others at the first that holds.

    Raises as `run_function` does.
    """
    if conditions is None or not conditions.members:
        return True
    wanted = all if conditions.all else any
    return wanted(
        passes(member, context) if isinstance(member, Conditions) else holds(member, context)
        for member in conditions.members
    )


def passes_one(alternatives: tuple[Conditions, ...], context: Context[Any]) -> bool:
    """Whether one of several `conditions` beside each other holds; none at all do."""
    return not alternatives or any(passes(each, context) for each in alternatives)


def holds(condition: Condition, context: Context[Any]) -> bool:
    """Whether one condition holds, `negate` included; raises as `run_function` does."""
    entry = _entry("condition", condition, context.env.registry.conditions)
    return bool(entry.call(*_called_with(entry, condition, context))) != condition.negate


def filled(invocation: Invocation, context: Context[Any]) -> dict[str, Value]:
    """An invocation's arguments, variables filled in; the last of a name counts."""
    return {arg.name: fill(arg.value, context) for arg in invocation.args}


def _called_with(entry: Registered[Any], invocation: Invocation, context: Context[Any]) -> tuple[Context[Any], Any]:
    given = filled(invocation, context)
    arguments, problems = bind(entry.arguments, given)
    if problems:
        raise Invalid(f"What {invocation.type} (line {invocation.line}) is given cannot be used", problems)
    return replace(context, invocation=invocation, arguments=given), arguments


def _entry(kind: str, invocation: Invocation, registered: Mapping[str, Registered[Any]]) -> Registered[Any]:
    entry = registered.get(invocation.type)
    if entry is None:
        raise _unknown(kind, invocation.type, registered, invocation.line)
    return entry


def _unknown(kind: str, name: str, known: Mapping[str, object], line: int) -> WorkflowFault:
    meant = nearest(name, known)
    suggestion = f" Did you mean {meant!r}?" if meant else ""
    hint = NO_SCRIPTS if name == SCRIPT else None
    return WorkflowFault(f"There is no {kind} named {name!r} (line {line}).{suggestion}", line=line, hint=hint)
