"""From exchanges to a scenario: actions are done again, requests and deliveries are waited for.

A value that came from an earlier step becomes a reference to it, a secret never gets into the file,
and what differs from run to run is matched by its type. So the scenario can be performed in a fresh
world, where everything that was minted is another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import yaml

from mockserver.recordings.values import ANY_TEXT, is_identifier, is_volatile, leaves, unambiguous
from mockserver.scenarios.expressions import without_expressions
from mockserver.world.durations import format_duration
from mockserver.world.journal import Exchange
from mockserver.world.secrets import label_of

Step = dict[str, Any]

LONGEST_TEXT: Final = 200
"""Characters of a text that is compared as it is; a longer one (a page, a file) only has to be a text."""

_BY_ITSELF: Final = ("timer",)


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """What the world was when the recording began: how it was made, and its clock."""

    at: datetime
    mode: str
    fixtures: tuple[str, ...]
    settings: dict[str, Any] = {}


@dataclass(slots=True)
class _Origin:
    """Where a value was first seen: the step that gave it, and the expression by which that step knows it."""

    step: Step
    expression: str
    name: str


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
        "mode": "strict",
        "start": beginning.at.isoformat().replace("+00:00", "Z"),
        "fixtures": list(beginning.fixtures),
        **({"settings": beginning.settings} if beginning.settings else {}),
        **({"inputs": recorder.inputs} if recorder.inputs else {}),
        "steps": recorder.steps,
    }


def write(scenario: Mapping[str, Any]) -> str:
    """A scenario as a YAML file that people can read and change."""
    text: str = yaml.dump(dict(scenario), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


@dataclass
class _Recorder:
    beginning: Beginning
    steps: list[Step] = field(default_factory=list)
    inputs: dict[str, Any] = field(default_factory=dict)
    _origins: dict[str, _Origin] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _at: datetime | None = None

    def add(self, exchange: Exchange) -> None:
        if exchange.addressed_by in _BY_ITSELF:
            return
        self._let_time_pass(exchange)
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
            passed = timedelta(seconds=round(passed.total_seconds()))
        # What a move of the clock sets off is done within that move, at instants before its end.
        if passed > timedelta(0):
            self._at = before + passed
            self.steps.append({"advance": format_duration(passed)})

    def _action(self, exchange: Exchange) -> None:
        facts = exchange.facts
        step: Step = {"action": exchange.path}
        arguments = facts["body"] if isinstance(facts["body"], Mapping) else {}
        if given := {key: self._argument(key, value) for key, value in arguments.items() if value is not None}:
            step["with"] = given
        if exchange.error is not None:
            step["expect_error"] = True
        self.steps.append(step)
        self._learn(step, exchange.path.rpartition(".")[2], "$response.body#", facts["response"]["body"])

    def _request(self, exchange: Exchange) -> None:
        facts = exchange.facts
        step: Step = {"await": f"{exchange.method} {self._path(exchange.path)}", "where": {"status": exchange.status}}
        step["where"] |= self._message(facts)
        self.steps.append(step)
        name = exchange.path.rstrip("/").rpartition("/")[2]
        self._learn(step, name, "$response.body#", facts["response"]["body"])
        self._learn(step, name, "$request.body#", facts["body"])
        self._learn_query(step, name, facts["query"])

    def _delivery(self, exchange: Exchange) -> None:
        facts = exchange.facts
        where: Step = {"path": exchange.path}
        if exchange.method != "POST":
            where["method"] = exchange.method
        if exchange.status is not None:
            where["status"] = exchange.status
        where |= self._message(facts)
        step: Step = {"expect": "delivery", "where": where}
        self.steps.append(step)
        self._learn(step, "webhook", "$request.body#", facts["body"])
        self._learn_query(step, "webhook", facts["query"])

    def _message(self, facts: Mapping[str, Any]) -> Step:
        """Query and body of a request, as a later one must have them."""
        message: Step = {}
        if facts["query"]:
            message["query"] = {name: self._expected(name, value) for name, value in facts["query"].items()}
        body = facts["body"]
        if isinstance(body, Mapping | list):
            message["body"] = self._expected("", body)
        return message

    def _expected(self, name: str, value: Any) -> Any:
        """What a value of another run must be like."""
        if isinstance(value, Mapping):
            return unambiguous({key: self._expected(str(key), part) for key, part in value.items()})
        if isinstance(value, list | tuple):
            return [self._expected(name, part) for part in value]
        if not isinstance(value, str):
            return value
        if (reference := self._reference(value)) is not None:
            return reference
        text = self._with_references(value)
        unexplained = without_expressions(text, " ")
        if label_of(name, value) or is_volatile(unexplained) or len(value) > LONGEST_TEXT:
            return ANY_TEXT.copy()
        return text

    def _argument(self, name: str, value: Any) -> Any:
        """What an action is given again."""
        if isinstance(value, Mapping):
            return {key: self._argument(str(key), part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._argument(name, part) for part in value]
        if not isinstance(value, str):
            return value
        if (reference := self._reference(value)) is not None:
            return reference
        if label_of(name, value):
            self.inputs[name] = {"description": f"The {name}, which the recording does not hold"}
            return f"$inputs.{name}"
        return self._with_references(value)

    def _path(self, path: str) -> str:
        """A path whose ids are references, or stand for any where nobody gave them."""
        segments = []
        for number, segment in enumerate(path.split("/")):
            reference = self._reference(segment)
            if reference is not None:
                segments.append(f"{{{reference}}}")
            else:
                segments.append(f"{{id{number}}}" if is_identifier(segment) else segment)
        return "/".join(segments)

    def _reference(self, value: str) -> str | None:
        """The expression for a value that an earlier step gave."""
        origin = self._origins.get(value)
        if origin is None:
            return None
        outputs: dict[str, str] = origin.step.setdefault("outputs", {})
        for known, expression in outputs.items():
            if expression == origin.expression:
                return f"$steps.{self._id_of(origin)}.outputs.{known}"
        name = _free(re.split(r"[/.]", origin.expression)[-1] or "value", outputs)
        outputs[name] = origin.expression
        return f"$steps.{self._id_of(origin)}.outputs.{name}"

    def _with_references(self, text: str) -> str:
        """A text in which the parts that earlier steps gave are references."""
        parts = sorted((value for value in self._origins if value in text), key=len, reverse=True)
        if not parts:
            return f"$${text[1:]}" if text.startswith("$") else text.replace("{$", "{$$")
        pattern = re.compile("|".join(map(re.escape, parts)))
        return pattern.sub(lambda found: f"{{{self._reference(found[0])}}}", text)

    def _id_of(self, origin: _Origin) -> str:
        if "id" not in origin.step:
            origin.step["id"] = _free(origin.name, self._ids)
            self._ids.add(origin.step["id"])
        known: str = origin.step["id"]
        return known

    def _learn(self, step: Step, name: str, root: str, body: Any) -> None:
        for pointer, value in leaves(body):
            if is_identifier(value) and value not in self._origins:
                self._origins[value] = _Origin(step, root + pointer, name)

    def _learn_query(self, step: Step, name: str, query: Mapping[str, Any]) -> None:
        for key, value in query.items():
            if is_identifier(value) and value not in self._origins and re.fullmatch(r"[^\s{}#]+", key):
                self._origins[value] = _Origin(step, f"$request.query.{key}", name)


def _free(wanted: str, taken: Iterable[str]) -> str:
    """A name like the wanted one that nothing has yet."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted).strip("_") or "value"
    known, number = set(taken), 2
    free = name
    while free in known:
        free, number = f"{name}-{number}", number + 1
    return free


class _Dumper(yaml.SafeDumper):
    """Indents lists under their key, and never shortens by anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True
