"""From exchanges to a scenario: actions are done again, requests and deliveries are waited for.

A value that came from an earlier step becomes a reference to it, a secret never gets into the file,
and what differs from run to run is matched by its type. So the scenario can be performed in a fresh
world, where everything that was minted is another.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import yaml

from mockserver.recordings.binding import Binder, Step
from mockserver.world.durations import format_duration
from mockserver.world.journal import Exchange

_BY_ITSELF: Final = ("timer",)


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
    binder: Binder = field(default_factory=Binder)
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
        if given := {key: self.binder.argument(key, value) for key, value in arguments.items() if value is not None}:
            step["with"] = given
        if exchange.error is not None:
            step["expect_error"] = True
        self.steps.append(step)
        self.binder.learn(step, exchange.path.rpartition(".")[2], "$response.body#", facts["response"]["body"])

    def _request(self, exchange: Exchange) -> None:
        facts = exchange.facts
        step: Step = {
            "await": f"{exchange.method} {self.binder.path(exchange.path)}",
            "where": {"status": exchange.status},
        }
        step["where"] |= self.binder.message(facts)
        self.steps.append(step)
        name = exchange.path.rstrip("/").rpartition("/")[2]
        self.binder.learn(step, name, "$response.body#", facts["response"]["body"])
        self.binder.learn(step, name, "$request.body#", facts["body"])
        self.binder.learn_query(step, name, facts["query"])

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


class _Dumper(yaml.SafeDumper):
    """Indents lists under their key, and never shortens by anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True
