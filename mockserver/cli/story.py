"""A run as it is told on a terminal, while it happens."""

from __future__ import annotations

import sys
from typing import Any

import click

from mockserver.errors import MockserverError

TITLE_WIDTH = 66


class Story:
    """Prints the events of one run; `passed` is the outcome once it has ended."""

    def __init__(self, plugin: str, seed: int | None = None) -> None:
        self.passed = False
        self._plugin = plugin
        self._seed = seed
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        self._marks = {"passed": "✓" if utf8 else "ok", "failed": "✗" if utf8 else "FAILED"}

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
        mark = click.style(self._marks[step["outcome"]], fg="red" if failed else "green", bold=True)
        n = click.style(f"{step['index']:>2}", dim=True)
        if failed:
            click.echo(f"  {mark} {n}  {step['title']}")
            for line in step["details"]:
                click.echo(f"         {line}")
            return
        seen = "  ".join(step["details"])
        title = f"{step['title']:<{TITLE_WIDTH}}  {click.style(seen, dim=True)}" if seen else step["title"]
        click.echo(f"  {mark} {n}  {title}")

    def _end(self, run: dict[str, Any]) -> None:
        self.passed = run["outcome"] == "passed"
        steps = run["steps"]
        done = sum(1 for step in steps if step["outcome"] == "passed")
        skipped = sum(1 for step in steps if step["outcome"] == "skipped")
        told = f"{done} of {len(steps)} steps passed" + (f", {skipped} not reached" if skipped else "")
        verdict = click.style(run["outcome"].upper(), fg="green" if self.passed else "red", bold=True)
        click.echo()
        if self._seed is not None:
            told += f" with seed {self._seed}"
        click.echo(f"  {verdict}  {run['scenario']} against {self._plugin}: {told} in {run['seconds']:.1f} s")
