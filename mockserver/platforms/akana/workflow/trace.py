"""A workflow run by a script, told line by line, so that a file can pin what it does.

A script is lines that begin with `>`; a trace that was kept is one too, for what is between them is passed over::

    > roles=authorizeByAtmosphereRole:Admin     the conditions that are true from here on: type, or type:role
    > roles=none
    > init=1                                    start anew with that initial action
    > do=102                                    perform that action

The caller is `user1`; an owner who is the caller is told as `<caller>`. Functions do nothing but appear: `value` is
the call's name, if it has one, and its arguments in the order of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from mockserver.errors import InvalidFile, MockserverError, Problem, nearest
from mockserver.platforms.akana.workflow.context import Context, Env
from mockserver.platforms.akana.workflow.definition import Definition
from mockserver.platforms.akana.workflow.engine import available, initialize, perform
from mockserver.platforms.akana.workflow.errors import NotAvailable
from mockserver.platforms.akana.workflow.instance import ENTRY_NUMBERS, CurrentStep, HistoryStep, Instance, Outcome
from mockserver.platforms.akana.workflow.stubs import stub_registry
from mockserver.platforms.akana.workflow.variables import as_text

CALLER: Final = "user1"
_VERBS: Final = ("roles", "init", "do")
_OF_A_TRACE: Final = ("#", "FN ", "EXC ", "STATE ")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a script: `text` is as written, `verb` one of roles, init and do."""

    text: str
    verb: str
    value: str

    @property
    def number(self) -> int:
        """The id of the action."""
        return int(self.value)


def read_script(text: str, source: str) -> list[Line]:
    """The lines of a script; raises `InvalidFile` with every line that is none."""
    lines: list[Line] = []
    problems: list[Problem] = []
    for number, written in enumerate(text.splitlines(), 1):
        stripped = written.strip()
        if not stripped or stripped.startswith(_OF_A_TRACE):
            continue
        verb, _, value = (part.strip() for part in stripped.removeprefix(">").partition("="))
        if not stripped.startswith(">") or verb not in _VERBS:
            expected, meant = "> roles=…, > init=ID or > do=ID", nearest(verb.removeprefix(">").strip(), _VERBS)
        elif verb != "roles" and not value.isdecimal():
            expected, meant = f"> {verb}= and the id of an action", None
        elif verb == "do" and not any(line.verb == "init" for line in lines):
            expected, meant = "> init=ID before the first > do=ID", None
        else:
            lines.append(Line(stripped, verb, value))
            continue
        problems.append(Problem("script", expected, repr(stripped), meant, number, 1))
    if problems:
        raise InvalidFile(source, problems)
    return lines


def trace(definition: Definition, script: list[Line]) -> Iterator[str]:
    """What happens, line by line. A failing call is told by `EXC`, and the state after it is that before it."""
    told: list[str] = []
    true: set[str] = set()
    env = Env(stub_registry(definition, true, lambda context: told.append(_function(context))), None, CALLER)
    instance: Instance | None = None
    history: list[HistoryStep] = []
    for line in script:
        yield line.text
        if line.verb == "roles":
            true.clear()
            true.update(role.strip() for role in line.value.split(",") if role.strip() not in ("", "none"))
            continue
        if line.verb == "init":
            instance, history = None, []
        told.clear()
        try:
            outcome = _outcome(definition, instance, line, env)
        except MockserverError as error:
            told.append(f"EXC {type(error).__name__}: {' '.join(str(error).split())}")
        else:
            instance = outcome.instance
            history += outcome.history
        yield from told
        yield _state(definition, instance, history, env)


def _outcome(definition: Definition, instance: Instance | None, line: Line, env: Env[Any]) -> Outcome:
    if line.verb == "init":
        return initialize(definition, line.number, env)
    if instance is None:
        raise NotAvailable("The workflow was not started.")
    return perform(definition, instance, line.number, env)


def _function(context: Context[Any]) -> str:
    called = context.invocation
    parts = [as_text(value) for value in context.arguments.values()]
    if called is not None and called.name:
        parts.insert(0, called.name)
    value = " ".join(" ".join(parts).split())
    created = context.created
    step = f"{created.step}/{created.status}" if created is not None else "-"
    return f"   FN {called.type if called is not None else ''} {value} createdStep={step}"


def _state(definition: Definition, instance: Instance | None, history: list[HistoryStep], env: Env[Any]) -> str:
    if instance is None:
        return "STATE entry=- current= history= actions="
    current = "".join(_current(row) for row in instance.current)
    past = "".join(f"[{row.step}|{row.status}|act={row.action}|by={row.caller}]" for row in reversed(history))
    try:
        actions = "".join(f"{action.id}:{action.name} " for action in available(definition, instance, env))
    except MockserverError as error:
        actions = f"({' '.join(error.message.split())})"
    return f"STATE entry={ENTRY_NUMBERS[instance.state]} current={current} history={past} actions={actions}"


def _current(row: CurrentStep) -> str:
    return f"[{row.step}|{row.status}|owner={'<caller>' if row.owner == CALLER else row.owner}]"
