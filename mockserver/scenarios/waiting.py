"""Waiting for what a step asks for: until it has come, or until it is clear that it does not come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from mockserver.errors import MockserverError
from mockserver.scenarios.explain import came_too_seldom, never_came, out_of_order, unexpected
from mockserver.scenarios.expressions import Scope, evaluate, evaluate_known
from mockserver.scenarios.model import Scenario
from mockserver.scenarios.order import Order, OutOfOrderError, Reason, UnexpectedError
from mockserver.scenarios.steps import AwaitStep, ExpectStep, IncludeStep, Step, call_of
from mockserver.world.durations import parse_duration
from mockserver.world.matching import Match, label, matches, path_parameters

T = TypeVar("T")
Facts = Mapping[str, Any]


class Ears(Protocol):
    """What waiting needs of a stage."""

    def news(self, after: int, /) -> Sequence[Facts]: ...

    def exchanges(self) -> Sequence[Facts]: ...

    async def until(self, check: Callable[[], T | None], within: float, /) -> T | None: ...


class FailedError(Exception):
    """A step did not find what it asked for; `details` are sentences for people, `reason` is a word for programs."""

    def __init__(self, details: list[str], reason: Reason | None = None) -> None:
        super().__init__(details[0])
        self.details = details
        self.reason = reason


class Waiting:
    """Gives the steps of one scenario the exchanges that they wait for.

    `scope` is what expressions can reach by now, for an exchange with its path parameters; `wanted_later` says whether
    the steps after an included scenario may ask for an exchange.
    """

    def __init__(
        self,
        scenario: Scenario,
        stage: Ears,
        order: Order,
        scope: Callable[[Facts | None, Mapping[str, str] | None], Scope],
        wanted_later: Callable[[Facts], str | None],
    ) -> None:
        self._steps = scenario.steps
        self._stage = stage
        self._order = order
        self._scope = scope
        self._wanted_later = wanted_later

    async def wait(self, index: int, step: ExpectStep | AwaitStep, match: Match) -> tuple[Facts, list[str]]:
        """What the step of that number waits for, the last of them where it takes several, and what to tell of it.

        Raises `FailedError` when it does not come.
        """
        at_least = step.at_least if isinstance(step, AwaitStep) else None
        last: Facts = {}
        seen = 0
        while (found := await self._next(index, step, match, seen)) is not None:
            last, seen = found, seen + 1
            self._order.take(found, f"step {index} ({step.heading})", match if at_least is not None else None)
            if at_least is None or (seen >= at_least and self._gives(step, match, found)):
                break
        return last, [label(last)]

    def wanted(self, index: int, facts: Facts) -> str | None:
        """The step after this one that may ask for an exchange, as far as can be told by now."""
        for number, step in enumerate(self._steps[index:], index + 1):
            if isinstance(step, IncludeStep):
                return f"step {number} ({step.heading})"
            match = self._as_far_as_known(step)
            if match is not None and matches(match, facts):
                return f"step {number} ({step.heading})"
        return self._wanted_later(facts)

    async def _next(self, index: int, step: ExpectStep | AwaitStep, match: Match, seen: int) -> Facts | None:
        """What the step waits for, of which it has seen some already; None when it has enough and no more comes."""
        within = parse_duration(evaluate(step.within, self._scope(None, None)))
        order = self._order

        def check() -> Facts | None:
            order.hear(self._stage.news)
            return order.find(match, lambda facts: self.wanted(index, facts) is not None)

        try:
            found = await self._stage.until(check, within.total_seconds())
        except UnexpectedError as error:
            told = unexpected(match, error.facts, order.consumed, self._stage.exchanges())
            raise FailedError(told, "unexpected") from None
        except OutOfOrderError:
            found = None
        at_least = (step.at_least or 1) if isinstance(step, AwaitStep) else 1
        if found is None and seen < at_least:
            raise self._missed(index, match, within, seen, at_least)
        return found

    def _missed(self, index: int, match: Match, within: timedelta, seen: int, at_least: int) -> FailedError:
        """Why a step got too little: it came at another time, another step has it, or it never came."""
        exchanges, consumed = self._stage.exchanges(), self._order.consumed
        late = self._order.misplaced(match)
        if late is not None and self._order.mode in ("strict", "ordered"):
            before = [facts for facts in self._order.left() if facts["kind"] == late["kind"]]
            return FailedError(out_of_order(match, late, before[0], self.wanted(index, before[0])), "out of order")
        instead = None
        if self._order.mode == "strict":
            instead = next((facts for facts in self._order.left() if facts["kind"] == match.kind), None)
        wanted_by = self.wanted(index, instead) if instead is not None else None
        if seen:
            return FailedError(came_too_seldom(match, seen, at_least, instead, wanted_by), "never came")
        taken = any(facts["id"] in consumed and matches(match, facts) for facts in exchanges)
        told = never_came(match, within, exchanges, consumed, instead, wanted_by)
        return FailedError(told, "already consumed" if taken else "never came")

    def _as_far_as_known(self, step: Step) -> Match | None:
        """What a step waits for, with anything in the place of values that are not known yet."""
        scope = self._scope(None, None)
        if isinstance(step, AwaitStep):
            method, path = call_of(str(evaluate_known(step.await_, scope, "*")))
            return step.where.bound(scope, evaluate_known, kind="inbound", method=method, path=path)
        if isinstance(step, ExpectStep):
            return step.where.bound(scope, evaluate_known, kind="delivery")
        return None

    def _gives(self, step: Step, match: Match, found: Facts) -> bool:
        """Whether everything that a step gives can be found in what came."""
        parameters = path_parameters(match.path, found["path"]) if isinstance(match.path, str) else None
        try:
            evaluate(step.outputs, self._scope(found, parameters))
        except MockserverError:
            return False
        return True
