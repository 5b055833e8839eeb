"""Performing a scenario from its first step to its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from mockserver.errors import Invalid
from mockserver.scenarios.model import Scenario
from mockserver.scenarios.order import Mode, Order
from mockserver.scenarios.performance import Performance, Stage, report_on
from mockserver.scenarios.report import RunReport, StepEvent, StepReport
from mockserver.scenarios.steps import IncludeStep


async def run(
    scenario: Scenario,
    stage: Stage,
    inputs: Mapping[str, object],
    *,
    mode: Mode | None = None,
    on_event: Callable[[StepEvent], None] | None = None,
) -> RunReport:
    """Perform `scenario` and report on every step; the first one that fails ends the run.

    `mode` is used instead of the scenario's own. `on_event` is told when a step starts and when it has
    finished. Raises `Invalid` for inputs that do not fit, `Unknown` or `Invalid` for a scenario that
    cannot be included, and what `stage.prepare` raises; whatever goes wrong later is in the report.
    """
    values = scenario.resolve_inputs(inputs)
    _check_includes(scenario, stage, (scenario.name,))
    await stage.prepare(scenario)
    performance = Performance(scenario, stage, values, Order(mode or scenario.mode))
    reports: list[StepReport] = []
    began = time.monotonic()
    try:
        for index, step in enumerate(scenario.steps, 1):
            if reports and reports[-1].outcome in ("failed", "skipped"):
                reports.append(report_on(index, step, outcome="skipped"))
                continue
            if on_event:
                running = report_on(index, step, outcome="running")
                on_event(StepEvent(event="started", step=running, of=len(scenario.steps)))
            reports.append(await performance.perform(index, step))
            if on_event:
                on_event(StepEvent(event="finished", step=reports[-1], of=len(scenario.steps)))
        if reports[-1].outcome == "passed" and (end := await performance.end()) is not None:
            reports.append(end)
            if on_event:
                on_event(StepEvent(event="finished", step=end, of=len(scenario.steps)))
    finally:
        performance.close()
        await stage.close()
    passed = all(report.outcome == "passed" for report in reports)
    return RunReport(
        scenario=scenario.name,
        outcome="passed" if passed else "failed",
        inputs=values,
        steps=tuple(reports),
        seconds=time.monotonic() - began,
        outputs=performance.outputs() if passed else {},
        rules=performance.rules.fired,
        tags=scenario.tags,
    )


def _check_includes(scenario: Scenario, stage: Stage, trail: tuple[str, ...]) -> None:
    """Raise for scenarios that are not there, and for those that would include themselves."""
    for step in scenario.steps:
        if not isinstance(step, IncludeStep):
            continue
        if step.include in trail:
            circle = " includes ".join((*trail[trail.index(step.include) :], step.include))
            raise Invalid(f"A scenario cannot include itself: {circle}.")
        _check_includes(stage.scenario(step.include), stage, (*trail, step.include))
