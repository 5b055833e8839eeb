"""A run as it is told on a terminal, while it happens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any, Literal

import click

from mockserver.errors import MockserverError
from mockserver.world.matchers import show

TITLE_WIDTH = 66

Detail = Literal["quiet", "normal", "verbose"]


class Story:
    """Prints the events of one run; `report` is what came of it once it has ended.

    `quiet` tells only what failed, `verbose` everything that is known of each step.
    """

    def __init__(
        self,
        plugin: str,
        seed: int | None = None,
        detail: Detail = "normal",
        echo: Callable[[str], None] = click.echo,
    ) -> None:
        self.report: dict[str, Any] | None = None
        self._plugin = plugin
        self._seed = seed
        self._detail = detail
        self._echo = echo
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        self._marks = {"passed": "✓" if utf8 else "ok", "failed": "✗" if utf8 else "FAILED"}

    @property
    def passed(self) -> bool:
        """Whether the run has ended well."""
        return self.report is not None and self.report["outcome"] == "passed"

    def tell(self, event: dict[str, Any]) -> None:
        """Print what an event of the run's stream says."""
        match event["event"]:
            case "finished":
                self._step(event["step"])
            case "ended":
                self._end(event["run"])
            case "refused":
                raise MockserverError(event["detail"])

    def _step(self, step: dict[str, Any]) -> None:
        failed = step["outcome"] == "failed"
        if self._detail == "quiet" and not failed:
            return
        mark = click.style(self._marks[step["outcome"]], fg="red" if failed else "green", bold=True)
        # What is looked at after the last step of a strict run is none of the scenario's steps.
        n = click.style("  " if step["kind"] == "end" else f"{step['index']:>2}", dim=True)
        if self._detail == "verbose":
            took = click.style(f"{step['seconds']:.3f} s", dim=True)
            self._echo(f"  {mark} {n}  {step['title']}  {took}")
            for line in _everything(step):
                self._echo(f"         {line}")
        elif failed:
            self._echo(f"  {mark} {n}  {step['title']}")
            for line in step["details"]:
                self._echo(f"         {line}")
        else:
            seen = "  ".join(step["details"])
            title = f"{step['title']:<{TITLE_WIDTH}}  {click.style(seen, dim=True)}" if seen else step["title"]
            self._echo(f"  {mark} {n}  {title}")

    def _end(self, run: dict[str, Any]) -> None:
        self.report = run
        for warning in run.get("warnings", ()):
            self._echo(f"  {click.style(warning, fg='yellow')}")
        if self._detail == "quiet" and self.passed:
            return
        steps = [step for step in run["steps"] if step["kind"] != "end"]
        done = sum(1 for step in steps if step["outcome"] == "passed")
        skipped = sum(1 for step in steps if step["outcome"] == "skipped")
        told = f"{done} of {len(steps)} steps passed" + (f", {skipped} not reached" if skipped else "")
        verdict = click.style(run["outcome"].upper(), fg="green" if self.passed else "red", bold=True)
        if self._detail != "quiet":
            self._echo("")
        if any(step["kind"] == "end" and step["outcome"] == "failed" for step in run["steps"]):
            told += ", but something else happened"
        if self._seed is not None:
            told += f" with seed {self._seed}"
        # Only a newer file that is broken gives warnings; whoever reads no more than the last line must see it, too.
        older = "; an older version, for its file is broken" if run.get("warnings") else ""
        self._echo(f"  {verdict}  {run['scenario']} against {self._plugin}: {told} in {run['seconds']:.1f} s{older}")


def _everything(step: dict[str, Any]) -> Iterator[str]:
    yield from step["details"]
    if step["exchange"] is not None:
        yield f"exchange #{step['exchange']}"
    for name, value in step["outputs"].items():
        yield f"{name} = {show(value)}"
    for each in step["steps"]:
        yield f"{each['index']}. {each['title']}: {each['outcome']}"
        for line in _everything(each):
            yield f"   {line}"
