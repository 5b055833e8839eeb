"""Doing what the steps of a scenario say, one after the other, on a stage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from msgspec import UNSET

from mockserver.checking import convert
from mockserver.errors import MockserverError
from mockserver.scenarios.answering import Answering
from mockserver.scenarios.caller import Request
from mockserver.scenarios.explain import (
    answered_otherwise,
    came_otherwise,
    came_since,
    lacks,
    left_over,
    miscounted,
    no_such_document,
    unlike,
)
from mockserver.scenarios.expressions import Scope, evaluate
from mockserver.scenarios.model import Scenario
from mockserver.scenarios.order import Order
from mockserver.scenarios.report import StepReport, describe
from mockserver.scenarios.rules import Rules
from mockserver.scenarios.steps import (
    DEFAULT_WITHIN,
    ActionStep,
    AdvanceStep,
    AwaitStep,
    CallStep,
    ExpectDocumentStep,
    ExpectStep,
    FaultStep,
    IncludeStep,
    SendStep,
    SettleStep,
    Step,
    VerifyStep,
    call_of,
    message_of,
    url_of,
)
from mockserver.scenarios.waiting import FailedError, Waiting
from mockserver.world.durations import format_duration, parse_duration
from mockserver.world.faults import Fault
from mockserver.world.interception import Interceptor
from mockserver.world.journal import readable
from mockserver.world.matching import Match, label, matches, path_parameters

T = TypeVar("T")
Facts = Mapping[str, Any]

AFTERMATH = 0.2
"""Wall seconds that a strict run listens on when all is done, for calls that are too many."""


class Stage(Protocol):
    """A world in which a scenario can be performed; each run has a stage of its own.

    Exchanges are the journal's facts as plain data (`mockserver.world.matching`). Whatever goes wrong
    is raised as a `MockserverError`, and fails the step.
    """

    async def prepare(self, scenario: Scenario, /) -> None:
        """Make the world what the scenario asks for: seed, start, fixtures, settings."""

    async def act(self, name: str, arguments: Mapping[str, Any], /) -> object:
        """Run an action; its result as plain JSON data. Raises `MockserverError` when it is refused."""

    def news(self, after: int, /) -> Sequence[Facts]:
        """The exchanges that were completed since the one with this id, in the order of their ids."""

    def exchanges(self) -> Sequence[Facts]:
        """All completed exchanges of this run, oldest first."""

    async def advance(self, by: timedelta, /) -> None:
        """Let time pass on the world's clock, and what falls due happen."""

    async def settle(self, seconds: float, /) -> bool:
        """Return when nothing is under way any more, or False when that many wall seconds have passed."""

    async def call(self, request: Request, /) -> Facts:
        """Make an HTTP call; the exchange, with an `id` where the journal has it.

        Raises `Unreachable` when nobody answers.
        """

    def act_now(self, name: str, arguments: Mapping[str, Any], /) -> object:
        """Run an action in the middle of something else that happens. Raises as `act` does."""

    def listen(self, listener: Callable[[Facts], None], /) -> Callable[[], None]:
        """Let it hear of every exchange as it is completed; answers how to stop that."""

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str, /) -> str:
        """Send a webhook with the world's deliveries; its id."""

    def break_something(self, fault: Fault, /) -> str:
        """Let something go wrong from now on; the fault's id."""

    def documents(self, collection: str, /) -> Sequence[Facts]:
        """The documents of a collection as plain data, oldest first. Raises `Unknown` for one that is none."""

    async def until(self, check: Callable[[], T | None], within: float, /) -> T | None:
        """What `check` answers, asked again whenever something happens; None after that many wall seconds."""

    def scenario(self, name: str, /) -> Scenario:
        """Another scenario, to be included. Raises `Unknown`."""

    def intercept(self, interceptor: Interceptor, /) -> Callable[[], None]:
        """Let it see every request before the emulator answers; answers how to stop that."""

    async def close(self) -> None:
        """Give back what the run held open."""


class Performance:
    """What a run knows by now: the outputs of its steps, and which step had which exchange.

    The `order` is shared by a scenario and those that it includes; `wanted_later` says whether the
    steps after an included one may ask for an exchange. Steps with `respond` answer requests from the
    start until `close` is called, and rules look at what happens.
    """

    def __init__(
        self,
        scenario: Scenario,
        stage: Stage,
        inputs: Mapping[str, Any],
        order: Order,
        wanted_later: Callable[[Facts], str | None] = lambda facts: None,
    ) -> None:
        self._scenario = scenario
        self._stage = stage
        self._inputs = inputs
        self._order = order
        self._waiting = Waiting(scenario, stage, order, self._scope, wanted_later)
        self._outputs: dict[str, dict[str, Any]] = {}
        self._included: dict[int, tuple[StepReport, ...]] = {}
        answering = Answering(scenario.steps, order.mode, self._scope, self._outputs.__setitem__)
        self.rules = Rules(scenario.rules, stage, self._scope)
        self._stops = [stage.intercept(answering)] if answering.is_needed else []
        if scenario.rules:
            self._stops.append(stage.listen(self.rules))

    def close(self) -> None:
        """Leave answers to the emulator again, and what happens to itself."""
        for stop in self._stops:
            stop()
        self._stops.clear()

    def outputs(self) -> dict[str, Any]:
        """What the scenario gives, once its steps have passed. Raises what expressions raise."""
        outputs: dict[str, Any] = evaluate(self._scenario.outputs, self._scope())
        return outputs

    async def end(self) -> StepReport | None:
        """In strict mode, wait for what is under way and a moment longer, and report on what no step took."""
        if self._order.mode != "strict":
            return None
        began = time.monotonic()
        await self._stage.settle(DEFAULT_WITHIN)
        # A call too many comes when its client has read the answer before it: nothing is under way in between.
        await asyncio.sleep(AFTERMATH)
        await self._stage.settle(DEFAULT_WITHIN)
        self._order.hear(self._stage.news)
        left = self._order.left()
        return StepReport(
            index=len(self._scenario.steps) + 1,
            id=None,
            kind="end",
            title="Nothing else happens",
            outcome="failed" if left else "passed",
            seconds=time.monotonic() - began,
            details=tuple(left_over(left, self._order.consumed, self._stage.exchanges())),
            reason="unexpected" if left else None,
        )

    async def perform(self, index: int, step: Step) -> StepReport:
        """Do one step, and report on it."""
        began = time.monotonic()

        def report(**fields: Any) -> StepReport:
            return report_on(index, step, seconds=time.monotonic() - began, **fields)

        try:
            scope, details = await self._do(index, step)
            if self.rules.failures:
                raise FailedError(self.rules.failures)
            outputs = evaluate(step.outputs, scope)
        except (FailedError, MockserverError) as error:
            said = error.details if isinstance(error, FailedError) else str(error).splitlines()
            if step.expect_error is False:
                reason = error.reason if isinstance(error, FailedError) else None
                steps = self._included.pop(index, ())
                return report(outcome="failed", details=tuple(said), steps=steps, reason=reason)
            wrong = unlike(evaluate(step.expect_error, self._scope()), "\n".join(said))
            return report(outcome="failed" if wrong else "passed", details=tuple(wrong or said))
        if step.expect_error is not False:
            return report(outcome="failed", details=("It should have failed, and did not.", *details))
        if step.id is not None:
            self._outputs[step.id] = outputs
        exchange = scope.exchange.get("id") if scope.exchange else None
        steps = self._included.pop(index, ())
        return report(outcome="passed", outputs=outputs, details=tuple(details), exchange=exchange, steps=steps)

    def _scope(self, exchange: Facts | None = None, parameters: Mapping[str, str] | None = None) -> Scope:
        return Scope(self._inputs, self._outputs, exchange, parameters or {})

    async def _do(self, index: int, step: Step) -> tuple[Scope, list[str]]:
        """Do what the step says; what its outputs can refer to, and what there is to tell."""
        scope = self._scope()
        match step:
            case ActionStep():
                arguments = evaluate(step.with_, scope)
                result = await self._stage.act(step.action, arguments)
                done = _done(step.action, arguments, result)
                if step.returns is not UNSET:
                    wrong = came_otherwise(evaluate(step.returns, scope), result)
                    if wrong:
                        raise FailedError(wrong + self._came_since())
                return self._scope(done), []
            case ExpectDocumentStep():
                return await self._document(step)
            case ExpectStep():
                return await self._wait(index, step, step.where.bound(scope, kind="delivery"))
            case AwaitStep():
                method, path = call_of(evaluate(step.await_, scope))
                return await self._wait(index, step, step.where.bound(scope, kind="inbound", method=method, path=path))
            case CallStep():
                return await self._call(index, step)
            case SendStep():
                return self._send(step)
            case IncludeStep():
                return await self._include(index, step)
            case FaultStep():
                fault = convert(evaluate(step.fault, scope), Fault, what="This fault")
                return self._scope(_done("fault", step.fault, {"id": self._stage.break_something(fault)})), []
            case SettleStep():
                within = parse_duration(evaluate(step.settle, scope))
                if not await self._stage.settle(within.total_seconds()):
                    raise FailedError([f"Something was still under way after {format_duration(within)}."])
                return scope, []
            case AdvanceStep():
                by = parse_duration(evaluate(step.advance, scope))
                await self._stage.advance(by)
                return scope, []
            case VerifyStep():
                return await self._verify(step, step.verify.bound(scope))
        raise AssertionError(f"There is no way to perform a step of kind {step.kind!r}.")

    async def _wait(self, index: int, step: ExpectStep | AwaitStep, match: Match) -> tuple[Scope, list[str]]:
        found, told = await self._waiting.wait(index, step, match)
        parameters = path_parameters(match.path, found["path"]) if isinstance(match.path, str) else None
        return self._scope(found, parameters), told

    async def _call(self, index: int, step: CallStep) -> tuple[Scope, list[str]]:
        scope = self._scope()
        method, target = call_of(evaluate(step.call, scope), urls=True)
        found = await self._stage.call(
            Request(
                method=method,
                target=target,
                within=parse_duration(evaluate(step.within, scope)).total_seconds(),
                person=evaluate(step.as_, scope),
                query=evaluate(step.query, scope),
                headers=evaluate(step.headers, scope),
                json=() if step.body is UNSET else (evaluate(step.body, scope),),
                text=evaluate(step.text, scope),
                form=evaluate(step.form, scope),
                files={
                    field: (evaluate(file.name, scope), str(evaluate(file.content, scope)).encode(), file.type)
                    for field, file in step.files.items()
                },
            )
        )
        if "id" in found:
            self._order.hear(self._stage.news)
            self._order.take(found, f"step {index} ({step.heading})")
        match = step.where.bound(scope)
        if not matches(match, found):
            raise FailedError(answered_otherwise(match, found))
        return self._scope(found), [label(found)]

    def _send(self, step: SendStep) -> tuple[Scope, list[str]]:
        scope = self._scope()
        method, url = url_of(evaluate(step.send, scope))
        headers, body = message_of(step.headers, step.body, step.text, scope)
        delivery = self._stage.send(method, url, headers, body)
        sent = readable(tuple(headers.items()), body.encode())
        return self._scope({**_done(step.send, sent, {"delivery": delivery}), "headers": headers}), [delivery]

    async def _document(self, step: ExpectDocumentStep) -> tuple[Scope, list[str]]:
        scope = self._scope()
        where = evaluate(step.where, scope)
        within = parse_duration(evaluate(step.within, scope))

        def check() -> Facts | None:
            return next((each for each in self._stage.documents(step.of) if not lacks(where, each)), None)

        found = await self._stage.until(check, within.total_seconds())
        if found is None:
            told = no_such_document(step, where, within, self._stage.documents(step.of))
            raise FailedError(told + self._came_since())
        return self._scope(_done(step.of, where, found)), []

    def _came_since(self) -> list[str]:
        return came_since(self._stage.exchanges(), self._order.consumed)

    async def _include(self, index: int, step: IncludeStep) -> tuple[Scope, list[str]]:
        scenario = self._stage.scenario(step.include)
        inputs = scenario.resolve_inputs(evaluate(step.with_, self._scope()))
        performance = Performance(
            scenario, self._stage, inputs, self._order, lambda facts: self._waiting.wanted(index, facts)
        )
        reports: list[StepReport] = []
        try:
            for number, each in enumerate(scenario.steps, 1):
                reports.append(await performance.perform(number, each))
                if reports[-1].outcome == "failed":
                    raise FailedError([f"{scenario.name} failed:", *(f"  {line}" for line in describe(reports[-1]))])
        finally:
            self._included[index] = tuple(reports)
            performance.close()
        done = _done(scenario.name, inputs, performance.outputs())
        return self._scope(done), [f"{len(reports)} step{'s' if len(reports) != 1 else ''}"]

    async def _verify(self, step: VerifyStep, match: Match) -> tuple[Scope, list[str]]:
        await self._stage.settle(DEFAULT_WITHIN)
        exchanges = self._stage.exchanges()
        found = [facts for facts in exchanges if matches(match, facts)]
        if not step.holds(len(found)):
            raise FailedError(miscounted(step, match, found, exchanges))
        return self._scope(found[-1] if found else None), []


def report_on(index: int, step: Step, **fields: Any) -> StepReport:
    """A report on a step, with what every such report has."""
    return StepReport(index=index, id=step.id, kind=step.kind, title=step.heading, asks=step.in_words(), **fields)


def _done(path: str, arguments: object, result: object) -> Facts:
    """What a step did itself, shaped like the journal's entry, so that expressions read it as they read a call."""
    return {"kind": "action", "path": path, "body": arguments, "response": {"body": result}}
