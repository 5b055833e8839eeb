"""From exchanges to a scenario: actions are done again, requests and deliveries are waited for.

A value that came from an earlier step becomes a reference to it, a secret never gets into the file,
and what differs from run to run is matched by its type. So the scenario can be performed in a fresh
world, where everything that was minted is another.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import yaml

from mockserver.recordings.binding import Binder, Step
from mockserver.recordings.values import is_identifier
from mockserver.world.durations import format_duration, parse_duration
from mockserver.world.journal import Exchange

_BY_ITSELF: Final = ("timer",)

_ASKING: Final = ("GET", "HEAD")
"""Methods of requests that change nothing: the same one in a row is somebody asking whether something is done yet."""

_LOOKING: Final = re.compile(r"\.(?:view|list|ask)_")
"""Actions that only show what is there, by their names: a replay compares what they show."""

LARGEST_ANSWER: Final = 16 * 1024
"""Bytes of JSON of an action's answer that is compared; a longer one would be most of the file."""

PATIENT: Final = 3.0
"""Wall seconds between two calls from which a replay waits longer than it would by itself."""

LONGEST_PATIENCE: Final = timedelta(minutes=10)

BY_HAND: Final = timedelta(minutes=1)
"""How long a replay waits for a client that nothing in it sets off: a person has to start it."""


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """What the world was when the recording began: how it was made, and its clock."""

    at: datetime
    mode: str
    fixtures: tuple[str, ...]
    settings: dict[str, Any] = {}


def record(name: str, exchanges: Iterable[Exchange], beginning: Beginning, *, summary: str = "") -> dict[str, Any]:
    """The scenario that makes these exchanges happen again, as plain data for `scenario_from`.

    It begins in a world like `beginning`, with a frozen clock and a seed of its own: a plugin that goes on
    running would take a request with the same id for the old one. Work of timers is left out: it happens
    by itself again.
    """
    recorder = _Recorder(beginning)
    for exchange in sorted(exchanges, key=lambda each: each.began):
        recorder.add(exchange)
    return {
        "name": name,
        "summary": summary or f"Recorded: {len(recorder.steps)} steps",
        "tags": ["recorded"],
        "mode": "strict",
        "start": beginning.at.isoformat().replace("+00:00", "Z"),
        "fixtures": list(beginning.fixtures),
        **({"settings": beginning.settings} if beginning.settings else {}),
        **({"inputs": recorder.binder.inputs} if recorder.binder.inputs else {}),
        "steps": [{key: step[key] for key in ("id", *step) if key in step} for step in recorder.steps],
    }


def write(scenario: Mapping[str, Any]) -> str:
    """A scenario as a YAML file that people can read and change."""
    text: str = yaml.dump(dict(scenario), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


@dataclass
class _Recorder:
    beginning: Beginning
    steps: list[Step] = field(default_factory=list)
    binder: Binder = field(default_factory=Binder)
    _at: datetime | None = None
    _called: Exchange | None = None
    _caller: Step | None = None
    _worked: bool = False

    def add(self, exchange: Exchange) -> None:
        if exchange.addressed_by in _BY_ITSELF:
            self._worked = True
            return
        self._let_time_pass(exchange)
        if exchange.kind != "action" and self.steps:
            # What came right after a look was under way by then: next time it may be there already.
            self.steps[-1].pop("returns", None)
        match exchange.kind:
            case "action":
                self._action(exchange)
            case "inbound":
                self._request(exchange)
            case "delivery":
                self._delivery(exchange)

    def _let_time_pass(self, exchange: Exchange) -> None:
        before = self._at or self.beginning.at
        passed = exchange.at - before
        if self.beginning.mode != "frozen":
            # Where the answer to a question has changed meanwhile, a frozen clock must get as far: else the work that
            # changed it is never done.
            exact = self._called is not None and _is_asked_again(self._called, exchange, otherwise=True)
            # The same holds for what somebody looks at after such work.
            exact = exact or (self._worked and _shows(exchange))
            passed = _milliseconds(passed) if exact else timedelta(seconds=round(passed.total_seconds()))
        # What a move of the clock sets off is done within that move, at instants before its end.
        if passed > timedelta(0):
            self._at = before + passed
            self._worked = False
            self.steps.append({"advance": format_duration(passed)})

    def _action(self, exchange: Exchange) -> None:
        facts = exchange.facts
        step: Step = {"action": exchange.path}
        arguments = facts["body"] if isinstance(facts["body"], Mapping) else {}
        if given := {key: self.binder.argument(key, value) for key, value in arguments.items() if value is not None}:
            step["with"] = given
        if exchange.error is not None:
            step["expect_error"] = True
        elif _shows(exchange):
            step["returns"] = self.binder.expected("", facts["response"]["body"])
        self.steps.append(step)
        self.binder.learn(step, exchange.path.rpartition(".")[2], "$response.body#", facts["response"]["body"])

    def _request(self, exchange: Exchange) -> None:
        called, self._called = self._called, exchange
        if called is not None and self._caller is not None and _is_asked_again(called, exchange):
            step = self._ask_again(self._caller)
        else:
            step = self._await(exchange)
        if "within" not in step and (within := self._within(called, exchange)) is not None:
            step["within"] = within
        self._caller = step
        name = next((part for part in reversed(exchange.path.split("/")) if part and not is_identifier(part)), "call")
        facts = exchange.facts
        self.binder.learn(step, name, "$response.body#", facts["response"]["body"])
        self.binder.learn(step, name, "$request.body#", facts["body"])
        self.binder.learn_query(step, name, facts["query"])

    def _await(self, exchange: Exchange) -> Step:
        step: Step = {
            "await": f"{exchange.method} {self.binder.path(exchange.path)}",
            "where": {"status": exchange.status},
        }
        step["where"] |= self.binder.message(exchange.facts)
        self.steps.append(step)
        return step

    def _ask_again(self, before: Step) -> Step:
        """The step for a question that was asked before, as long as nothing but time has passed no new one.

        How often somebody asks depends on how patient they are, and is no part of what they do. Once, then all the
        time at once, then the rest: so a replay lets the time pass only when they have begun to ask.
        """
        if self.steps[-1] is before:
            before["at_least"] = 1
            return before
        asked: Step = {**{key: before[key] for key in ("await", "where")}, "at_least": 1}
        if (
            [kind for step in self.steps[-3:] for kind in ("advance", "await") if kind in step]
            == [*("advance", "await", "advance")]
            and self.steps[-2] is before
            and "at_least" in before
            and "outputs" not in before
        ):
            later, _, earlier = self.steps.pop(), self.steps.pop(), self.steps.pop()
            self.steps.append({"advance": _sum(earlier["advance"], later["advance"])})
        self.steps.append(asked)
        return asked

    def _within(self, called: Exchange | None, exchange: Exchange) -> str | None:
        """How long a replay waits for this call, where it is longer than usual."""
        if called is None:
            is_set_off = any("expect" in step or "action" in step for step in self.steps)
            return None if is_set_off else format_duration(BY_HAND)
        apart = (exchange.wall - called.wall).total_seconds()
        return format_duration(patience(apart)) if apart > PATIENT else None

    def _delivery(self, exchange: Exchange) -> None:
        facts = exchange.facts
        where: Step = {"path": exchange.path}
        if exchange.method != "POST":
            where["method"] = exchange.method
        if exchange.status is not None:
            where["status"] = exchange.status
        where |= self.binder.message(facts)
        step: Step = {"expect": "delivery", "where": where}
        self.steps.append(step)
        self.binder.learn(step, "webhook", "$request.body#", facts["body"])
        self.binder.learn_query(step, "webhook", facts["query"])


def patience(apart: float) -> timedelta:
    """How long a replay waits for a call that came so many wall seconds after another; ten minutes at most."""
    return min(timedelta(seconds=math.ceil(apart * 3)), LONGEST_PATIENCE)


def _is_asked_again(before: Exchange, now: Exchange, *, otherwise: bool = False) -> bool:
    """Whether a request is the one before it once more, with the same status; `otherwise`: with another answer."""
    if now.method not in _ASKING or before.status != now.status:
        return False
    if otherwise and before.response_body == now.response_body:
        return False
    return all(before.facts[part] == now.facts[part] for part in ("method", "path", "query", "body"))


def _shows(exchange: Exchange) -> bool:
    """Whether an exchange is a look at what is there, short enough to be compared."""
    if exchange.kind != "action" or exchange.error is not None or not _LOOKING.search(exchange.path):
        return False
    body = exchange.facts["response"]["body"]
    return body is not None and len(msgspec.json.encode(body)) <= LARGEST_ANSWER


def _milliseconds(length: timedelta) -> timedelta:
    """A length in whole milliseconds, as files have it; rather too long than too short."""
    return timedelta(milliseconds=math.ceil(length / timedelta(milliseconds=1)))


def _sum(one: str, other: str) -> str:
    return format_duration(parse_duration(one) + parse_duration(other))


class _Dumper(yaml.SafeDumper):
    """Indents lists under their key, and never shortens by anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True
