"""Doing what the steps of a scenario say, one after the other, on a stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import UNSET

from mockserver.errors import MockserverError
from mockserver.scenarios.caller import Request
from mockserver.scenarios.explain import (
    answered_otherwise,
    came_otherwise,
    lacks,
    miscounted,
    never_came,
    no_such_document,
    unlike,
)
from mockserver.scenarios.expressions import Scope, evaluate
from mockserver.scenarios.model import Scenario
from mockserver.scenarios.report import StepReport, describe
from mockserver.scenarios.steps import (
    DEFAULT_WITHIN,
    ActionStep,
    AdvanceStep,
    AwaitStep,
    CallStep,
    ExpectDocumentStep,
    ExpectStep,
    IncludeStep,
    SendStep,
    SettleStep,
    Step,
    VerifyStep,
    call_of,
    url_of,
)
from mockserver.world.durations import format_duration, parse_duration
from mockserver.world.matching import Match, label, matches, path_parameters

T = TypeVar("T")
Facts = Mapping[str, Any]


class Stage(Protocol):
    """A world in which a scenario can be performed; each run has a stage of its own.

    Exchanges are the journal's facts as plain data (`mockserver.world.matching`). Whatever goes wrong
    is raised as a `MockserverError`, and fails the step.
    """

    async def prepare(self, scenario: Scenario, /) -> None:
        """Make the world what the scenario asks for: seed, start, fixtures, settings."""

    async def act(self, name: str, arguments: Mapping[str, Any], /) -> object:
        """Run an action; its result as plain JSON data. Raises `MockserverError` when it is refused."""

    async def wait(self, match: Match, *, consumed: Collection[int], within: float) -> Facts | None:
        """The earliest completed exchange of this run that matches and whose id is not consumed.

        None when there is none after `within` wall seconds.
        """

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

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: str, /) -> str:
        """Send a webhook with the world's deliveries; its id."""

    def documents(self, collection: str, /) -> Sequence[Facts]:
        """The documents of a collection as plain data, oldest first. Raises `Unknown` for one that is none."""

    async def until(self, check: Callable[[], T | None], within: float, /) -> T | None:
        """What `check` answers, asked again whenever something happens; None after that many wall seconds."""

    def scenario(self, name: str, /) -> Scenario:
        """Another scenario, to be included. Raises `Unknown`."""

    async def close(self) -> None:
        """Give back what the run held open."""


class FailedError(Exception):
    """A step did not find what it asked for; `details` are sentences for people."""

    def __init__(self, details: list[str]) -> None:
        super().__init__(details[0])
        self.details = details


class Performance:
    """What a run knows by now: the outputs of its steps, and which step had which exchange."""

    def __init__(self, stage: Stage, inputs: Mapping[str, Any], consumed: dict[int, str] | None = None) -> None:
        self._stage = stage
        self._inputs = inputs
        self._outputs: dict[str, dict[str, Any]] = {}
        self._included: dict[int, tuple[StepReport, ...]] = {}
        self._consumed: dict[int, str] = {} if consumed is None else consumed

    def outputs(self, scenario: Scenario) -> dict[str, Any]:
        """What the scenario gives, once its steps have passed. Raises what expressions raise."""
        outputs: dict[str, Any] = evaluate(scenario.outputs, self._scope())
        return outputs

    async def perform(self, index: int, step: Step) -> StepReport:
        """Do one step, and report on it."""
        began = time.monotonic()

        def report(**fields: Any) -> StepReport:
            return report_on(index, step, seconds=time.monotonic() - began, **fields)

        try:
            scope, details = await self._do(index, step)
            outputs = evaluate(step.outputs, scope)
        except (FailedError, MockserverError) as error:
            said = error.details if isinstance(error, FailedError) else str(error).splitlines()
            if step.expect_error is False:
                return report(outcome="failed", details=tuple(said), steps=self._included.pop(index, ()))
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
                        raise FailedError(wrong)
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
                return await self._send(step)
            case IncludeStep():
                return await self._include(index, step)
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
        within = parse_duration(evaluate(step.within, self._scope()))
        found = await self._stage.wait(match, consumed=self._consumed.keys(), within=within.total_seconds())
        if found is None:
            raise FailedError(never_came(match, within, self._stage.exchanges(), self._consumed))
        self._consumed[found["id"]] = f"step {index} ({step.heading})"
        parameters = path_parameters(match.path, found["path"]) if isinstance(match.path, str) else None
        return self._scope(found, parameters), [label(found)]

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
            self._consumed[found["id"]] = f"step {index} ({step.heading})"
        match = step.where.bound(scope)
        if not matches(match, found):
            raise FailedError(answered_otherwise(match, found))
        return self._scope(found), [label(found)]

    async def _send(self, step: SendStep) -> tuple[Scope, list[str]]:
        scope = self._scope()
        method, url = url_of(evaluate(step.send, scope))
        headers = {name.lower(): str(value) for name, value in evaluate(step.headers, scope).items()}
        body = evaluate(step.text, scope) or ""
        if step.body is not UNSET:
            body = msgspec.json.encode(evaluate(step.body, scope)).decode()
            headers.setdefault("content-type", "application/json")
        delivery = await self._stage.send(method, url, headers, body)
        return self._scope(_done(step.send, {"headers": headers, "body": body}, {"delivery": delivery})), [delivery]

    async def _document(self, step: ExpectDocumentStep) -> tuple[Scope, list[str]]:
        scope = self._scope()
        where = evaluate(step.where, scope)
        within = parse_duration(evaluate(step.within, scope))

        def check() -> Facts | None:
            return next((each for each in self._stage.documents(step.of) if not lacks(where, each)), None)

        found = await self._stage.until(check, within.total_seconds())
        if found is None:
            raise FailedError(no_such_document(step, where, within, self._stage.documents(step.of)))
        return self._scope(_done(step.of, where, found)), []

    async def _include(self, index: int, step: IncludeStep) -> tuple[Scope, list[str]]:
        scenario = self._stage.scenario(step.include)
        inputs = scenario.resolve_inputs(evaluate(step.with_, self._scope()))
        performance = Performance(self._stage, inputs, self._consumed)
        reports: list[StepReport] = []
        for number, each in enumerate(scenario.steps, 1):
            reports.append(await performance.perform(number, each))
            if reports[-1].outcome == "failed":
                self._included[index] = tuple(reports)
                raise FailedError([f"{scenario.name} failed:", *(f"  {line}" for line in describe(reports[-1]))])
        self._included[index] = tuple(reports)
        done = _done(scenario.name, inputs, performance.outputs(scenario))
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
    return StepReport(index=index, id=step.id, kind=step.kind, title=step.heading, **fields)


def _done(path: str, arguments: object, result: object) -> Facts:
    """What a step did itself, shaped like the journal's entry, so that expressions read it as they read a call."""
    return {"kind": "action", "path": path, "body": arguments, "response": {"body": result}}
