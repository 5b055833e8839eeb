"""What came of a run: plain data that can be kept, and lines that a person can read as a story."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from mockserver.world.matchers import show

Outcome = Literal["running", "passed", "failed", "skipped"]

_ENDINGS: dict[Outcome, str] = {"running": "...", "passed": "ok", "failed": "FAILED", "skipped": "skipped"}


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one step.

    `index` counts from 1, `asks` says what it does or waits for, where `title` is a person's. `seconds`
    is wall time, `details` are sentences for people, indented where one belongs to the one before.
    `exchange` is the id of the exchange that the step waited for, `steps` what came of the steps of an
    included scenario. `reason` says in a word why waiting was in vain.
    """

    index: int
    id: str | None
    kind: str
    title: str
    outcome: Outcome
    asks: str = ""
    seconds: float = 0.0
    outputs: dict[str, Any] = {}
    details: tuple[str, ...] = ()
    exchange: int | None = None
    steps: tuple[StepReport, ...] = ()
    reason: Literal["unexpected", "out of order", "already consumed", "never came"] | None = None


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run; every step is there, those after a failed one as skipped.

    `tags` are those of the scenario. `rules` counts how often each was set off.
    """

    scenario: str
    outcome: Literal["passed", "failed"]
    inputs: dict[str, Any]
    steps: tuple[StepReport, ...]
    seconds: float
    outputs: dict[str, Any] = {}
    rules: dict[str, int] = {}
    tags: tuple[str, ...] = ()

    @property
    def failed_step(self) -> StepReport | None:
        """The step that failed, None when all passed."""
        return next((step for step in self.steps if step.outcome == "failed"), None)


class StepEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A step has started (its report says `running`) or finished, `of` that many in the scenario."""

    event: Literal["started", "finished"]
    step: StepReport
    of: int


def describe(step: StepReport) -> list[str]:
    """One step in lines: what it does and how it ended, then what came, what was learned, or what went wrong."""
    took = f" ({step.seconds:.2f} s)" if step.outcome in ("passed", "failed") else ""
    lines = [f"{step.index:>2}. {step.title} ... {_ENDINGS[step.outcome]}{took}".replace("... ...", "...")]
    lines += [f"      {line}" for line in step.details]
    return lines + [f"      {name} = {show(value)}" for name, value in step.outputs.items()]


def story(report: RunReport) -> list[str]:
    """A whole run in lines, from its name to its outcome."""
    lines = [report.scenario, *(line for step in report.steps for line in describe(step))]
    failed = report.failed_step
    number = sum(1 for step in report.steps if step.kind != "end")
    steps = f"{number} step{'s' if number != 1 else ''}"
    if failed is None:
        return [*lines, f"{report.scenario}: passed, {steps} in {report.seconds:.1f} s"]
    return [*lines, f"{report.scenario}: FAILED at step {failed.index} of {len(report.steps)}, {failed.title}"]
