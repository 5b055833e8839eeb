"""Performing a scenario, step after step, on a stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

from msgspec import UNSET

from mockserver.errors import MockserverError
from mockserver.scenarios.caller import Request
from mockserver.scenarios.explain import answered_otherwise, miscounted, never_came, unlike
from mockserver.scenarios.expressions import Scope, evaluate
from mockserver.scenarios.model import (
    DEFAULT_WITHIN,
    ActionStep,
    AdvanceStep,
    AwaitStep,
    CallStep,
    ExpectStep,
    Scenario,
    SettleStep,
    Step,
    VerifyStep,
    call_of,
)
from mockserver.scenarios.report import RunReport, StepEvent, StepReport
from mockserver.world.durations import format_duration, parse_duration
from mockserver.world.matching import Match, label, matches, path_parameters

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

    async def close(self) -> None:
        """Give back what the run held open."""


class _FailedError(Exception):
    def __init__(self, details: list[str]) -> None:
        super().__init__(details[0])
        self.details = details


async def run(
    scenario: Scenario,
    stage: Stage,
    inputs: Mapping[str, object],
    *,
    on_event: Callable[[StepEvent], None] | None = None,
) -> RunReport:
    """Perform `scenario` and report on every step; the first one that fails ends the run.

    `on_event` is told when a step starts and when it has finished. Raises `Invalid` for inputs that do
    not fit, and what `stage.prepare` raises; whatever goes wrong later is in the report.
    """
    values = scenario.resolve_inputs(inputs)
    await stage.prepare(scenario)
    performance = _Performance(stage, values)
    reports: list[StepReport] = []
    began = time.monotonic()
    try:
        for index, step in enumerate(scenario.steps, 1):
            if reports and reports[-1].outcome in ("failed", "skipped"):
                reports.append(_report(index, step, outcome="skipped"))
                continue
            if on_event:
                running = _report(index, step, outcome="running")
                on_event(StepEvent(event="started", step=running, of=len(scenario.steps)))
            reports.append(await performance.perform(index, step))
            if on_event:
                on_event(StepEvent(event="finished", step=reports[-1], of=len(scenario.steps)))
    finally:
        await stage.close()
    return RunReport(
        scenario=scenario.name,
        outcome="passed" if all(report.outcome == "passed" for report in reports) else "failed",
        inputs=values,
        steps=tuple(reports),
        seconds=time.monotonic() - began,
    )


class _Performance:
    """What a run knows by now: the outputs of its steps, and which step had which exchange."""

    def __init__(self, stage: Stage, inputs: Mapping[str, Any]) -> None:
        self._stage = stage
        self._inputs = inputs
        self._outputs: dict[str, dict[str, Any]] = {}
        self._consumed: dict[int, str] = {}

    async def perform(self, index: int, step: Step) -> StepReport:
        began = time.monotonic()

        def report(**fields: Any) -> StepReport:
            return _report(index, step, seconds=time.monotonic() - began, **fields)

        try:
            scope, details = await self._do(index, step)
            outputs = evaluate(step.outputs, scope)
        except (_FailedError, MockserverError) as error:
            said = error.details if isinstance(error, _FailedError) else str(error).splitlines()
            if step.expect_error is False:
                return report(outcome="failed", details=tuple(said))
            wrong = unlike(evaluate(step.expect_error, self._scope()), "\n".join(said))
            return report(outcome="failed" if wrong else "passed", details=tuple(wrong or said))
        if step.expect_error is not False:
            return report(outcome="failed", details=("It should have failed, and did not.", *details))
        if step.id is not None:
            self._outputs[step.id] = outputs
        exchange = scope.exchange.get("id") if scope.exchange else None
        return report(outcome="passed", outputs=outputs, details=tuple(details), exchange=exchange)

    def _scope(self, exchange: Facts | None = None, parameters: Mapping[str, str] | None = None) -> Scope:
        return Scope(self._inputs, self._outputs, exchange, parameters or {})

    async def _do(self, index: int, step: Step) -> tuple[Scope, list[str]]:
        """Do what the step says; what its outputs can refer to, and what there is to tell."""
        scope = self._scope()
        match step:
            case ActionStep():
                arguments = evaluate(step.with_, scope)
                result = await self._stage.act(step.action, arguments)
                # Shaped like the journal's entry, so that expressions read an action as they read a call.
                done = {"kind": "action", "path": step.action, "body": arguments, "response": {"body": result}}
                return self._scope(done), []
            case ExpectStep():
                return await self._wait(index, step, step.where.bound(scope, kind="delivery"))
            case AwaitStep():
                method, path = call_of(evaluate(step.await_, scope))
                return await self._wait(index, step, step.where.bound(scope, kind="inbound", method=method, path=path))
            case CallStep():
                return await self._call(index, step)
            case SettleStep():
                within = parse_duration(evaluate(step.settle, scope))
                if not await self._stage.settle(within.total_seconds()):
                    raise _FailedError([f"Something was still under way after {format_duration(within)}."])
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
            raise _FailedError(never_came(match, within, self._stage.exchanges(), self._consumed))
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
            raise _FailedError(answered_otherwise(match, found))
        return self._scope(found), [label(found)]

    async def _verify(self, step: VerifyStep, match: Match) -> tuple[Scope, list[str]]:
        await self._stage.settle(DEFAULT_WITHIN)
        exchanges = self._stage.exchanges()
        found = [facts for facts in exchanges if matches(match, facts)]
        if not step.holds(len(found)):
            raise _FailedError(miscounted(step, match, found, exchanges))
        return self._scope(found[-1] if found else None), []


def _report(index: int, step: Step, **fields: Any) -> StepReport:
    return StepReport(index=index, id=step.id, kind=step.kind, title=step.heading, **fields)
