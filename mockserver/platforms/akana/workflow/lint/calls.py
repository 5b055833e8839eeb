"""What a workflow calls: names nobody knows, arguments that do not fit, a deletion with something after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from mockserver.errors import nearest
from mockserver.platforms.akana.workflow import walk
from mockserver.platforms.akana.workflow.binding import Slot, missing, slot_for, slots, typed_value
from mockserver.platforms.akana.workflow.calling import COMMON, NO_SCRIPTS, SCRIPT
from mockserver.platforms.akana.workflow.definition import Action, Arg, Definition, Function, Invocation, Result
from mockserver.platforms.akana.workflow.lint.findings import Finding
from mockserver.platforms.akana.workflow.variables import BUILT_IN, names_in
from mockserver.platforms.akana.workflow.vocabulary import DELETE, ROLE_CONDITION, Names, Vocabulary

_AFTER_DELETION: Final = frozenset(("notifyAppVersionDeleteToOAuthClient", "print", "log"))
"""Functions that need nothing of the version that was deleted."""


def check(definition: Definition, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Everything about calls and what is passed to them."""
    known: dict[str, Names] = {
        "function": vocabulary.functions,
        "condition": vocabulary.conditions,
        "validator": vocabulary.validators,
        "register": vocabulary.registers,
    }
    common = {id(function) for function in definition.common_functions.values()}
    for kind, place, each in walk.invocations(definition):
        if kind == "function" and each.type == COMMON:
            yield from _common(definition, place, each, vocabulary)
        elif each.type in known[kind]:
            # A common function gets the rest of its arguments where it is called.
            yield from _arguments(place, each, slots(known[kind][each.type]), complete=id(each) not in common)
            yield from _ids(place, each, vocabulary)
        elif each.type:
            yield _unknown(kind, place, each, known[kind], vocabulary)
    yield from _variables(definition, vocabulary)
    yield from _after_deletion(definition)


def _common(definition: Definition, place: str, call: Invocation, vocabulary: Vocabulary) -> Iterator[Finding]:
    names = definition.common_functions
    meant = names.get(call.name or "")
    if meant is not None and meant.type in vocabulary.functions:
        given = msgspec.structs.replace(meant, args=call.args, line=call.line)
        yield from _arguments(place, given, slots(vocabulary.functions[meant.type]), inherited=meant.args)
        yield from _ids(place, given, vocabulary)
    elif meant is None and not definition.fragment:
        message = f"{place} calls the common function {call.name or ''!r}, which does not exist"
        near = nearest(call.name or "", names)
        advice = f"Did you mean {near!r}?" if near else 'Name one: <function type="common" name="…">.'
        yield Finding("unknown-common-function", "error", call.line, message, advice)


def _unknown(kind: str, place: str, call: Invocation, known: Names, vocabulary: Vocabulary) -> Finding:
    if call.type in vocabulary.not_run:
        substitute = (
            f"Register a {kind} of that name in a module given with --extension." if call.type != SCRIPT else NO_SCRIPTS
        )
        return Finding("not-run", "warning", call.line, f"{place}: the emulator does not run {call.type!r}", substitute)
    meant = nearest(call.type, known)
    advice = f"Did you mean {meant!r}?" if meant else f"A {kind} of your own goes into a module given with --extension."
    return Finding(f"unknown-{kind}", "error", call.line, f"{place}: there is no {kind} {call.type!r}", advice)


def _arguments(
    place: str, call: Invocation, taken: tuple[Slot, ...], *, complete: bool = True, inherited: Iterable[Arg] = ()
) -> Iterator[Finding]:
    """What is wrong with a call's arguments; `inherited` ones are given elsewhere, as all are unless `complete`."""
    where = f"{place}: {call.type}"
    given: dict[str, Arg] = {}
    filled = {slot.field for arg in inherited if (slot := slot_for(arg.name, taken)) is not None}
    for arg in call.args:
        if arg.name.casefold() in given:
            message = f"{where} is given {arg.name!r} twice; the last counts"
            yield Finding("duplicate-argument", "warning", arg.line, message, "Remove one of them.")
        given[arg.name.casefold()] = arg
        slot = slot_for(arg.name, taken)
        if slot is None:
            spelled = [each.spelled for each in taken]
            meant = nearest(arg.name, [name for name in spelled if name.casefold() not in given])
            takes = f"It takes {', '.join(spelled)}." if spelled else "It takes none."
            advice = f"Did you mean {meant!r}? {takes}" if meant else takes
            message = f"{where} has no argument {arg.name!r}, and passes over it"
            yield Finding("unknown-argument", "warning", arg.line, message, advice)
            continue
        filled.add(slot.field)
        yield from _argument(where, arg, slot)
    for slot in taken:
        if complete and slot.required and slot.prefix is None and slot.field not in filled:
            problem = missing(slot)
            message = f"{where} lacks the argument {problem.path!r}"
            yield Finding("missing-argument", "error", call.line, message, f'Add <arg name="{slot.spelled}">.')


def _argument(where: str, arg: Arg, slot: Slot) -> Iterator[Finding]:
    spelled = slot.spelled if slot.prefix is None else slot.prefix + arg.name[len(slot.prefix) :]
    if arg.name != spelled:
        message = f"{where}: Akana spells the argument {arg.name!r} as {spelled!r}"
        yield Finding("argument-spelling", "warning", arg.line, message, f"Write {spelled!r}.")
    if names_in(arg.value):
        return
    if arg.value != arg.value.strip() and not slot.listed:
        message = f"{where}: there is white space around the value of {arg.name!r}, and it is part of it"
        yield Finding("white-space", "warning", arg.line, message, "Write the value directly between the tags.")
    for problem in typed_value(slot, arg.name, arg.value)[1]:
        message = f"{where}: {arg.name} should be {problem.expected}, and is {problem.got}"
        meant = problem.did_you_mean
        advice = f"Did you mean {meant!r}?" if meant else "Write one of the values that it takes."
        yield Finding("argument-value", "error", arg.line, message, advice)


def _ids(place: str, call: Invocation, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Roles and templates that do not exist, where they are spelled out."""
    for arg in call.args:
        value, name = arg.value.strip(), arg.name.casefold()
        if names_in(value):
            continue
        if call.type == ROLE_CONDITION and name == "role":
            yield from _known("unknown-role", place, arg, value, vocabulary.roles)
        elif call.type == "sendNotification" and name == "notificationtype":
            yield from _known("unknown-notification", place, arg, value, vocabulary.notifications)
        elif call.type == "addBoardItem" and name == "boarditemtemplateid":
            yield from _known("unknown-board-template", place, arg, value, vocabulary.boards)


def _known(rule: str, place: str, arg: Arg, value: str, known: Iterable[str]) -> Iterator[Finding]:
    names = sorted(known)
    if names and value not in names:
        meant = nearest(value, names)
        what = rule.removeprefix("unknown-").replace("-", " ")
        advice = f"Did you mean {meant!r}?" if meant else f"Known: {', '.join(names[:12])}."
        yield Finding(rule, "warning", arg.line, f"{place}: there is no {what} {value!r}", advice)


def _variables(definition: Definition, vocabulary: Vocabulary) -> Iterator[Finding]:
    known = {*vocabulary.variables, *BUILT_IN, *(register.variable for register in definition.registers)}
    for place, text, line in _texts(definition):
        for name in names_in(text):
            if name not in known:
                meant = nearest(name, known)
                advice = (
                    f"Did you mean '${{{meant}}}'?"
                    if meant
                    else "A variable of your own is registered like a function."
                )
                message = f"{place}: ${{{name}}} stands for nothing, and will be empty"
                yield Finding("unknown-variable", "warning", line, message, advice)


def _texts(definition: Definition) -> Iterator[tuple[str, str, int]]:
    for _, place, each in walk.invocations(definition):
        for arg in each.args:
            yield f"{place}: {each.type}", arg.value, arg.line
    for place, result in walk.results(definition):
        for text in (result.owner, result.status, result.old_status, result.due_date):
            yield f"a result of {place}", text, result.line


def _after_deletion(definition: Definition) -> Iterator[Finding]:
    """Functions that still run in a transition after the version is gone, and find nothing to work on."""
    told: set[int] = set()
    for action in definition.actions():
        for result in action.all_results:
            run = [_meant(definition, each) for each in _in_order(definition, action, result)]
            types = [function.type for function in run]
            if DELETE not in types:
                continue
            for function in run[types.index(DELETE) + 1 :]:
                if function.type not in _AFTER_DELETION and function.line not in told:
                    told.add(function.line)
                    yield Finding(
                        "delete-not-last",
                        "warning",
                        function.line,
                        f"{function.type} runs after {DELETE} in {action}, when there is no version any more",
                        f"Move it before {DELETE}.",
                    )


def _in_order(definition: Definition, action: Action, result: Result) -> Iterator[Function]:
    """The functions of a transition from the action's own on; those of the step that is left run before."""
    yield from action.pre_functions
    yield from result.pre_functions
    entered = definition.step(result.step) if result.step is not None and not action.finish else None
    yield from entered.pre_functions if entered is not None else ()
    yield from result.post_functions
    yield from action.post_functions


def _meant(definition: Definition, function: Function) -> Function:
    if function.type != COMMON:
        return function
    return definition.common_functions.get(function.name or "", function)
