"""The line at the bottom of a terminal that says how far a run is, and what it waits for."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Generator
from typing import Any

import click

Tell = Callable[[dict[str, Any]], None]
Echo = Callable[[str], None]


def _nothing(event: dict[str, Any]) -> None:
    return None


@contextlib.contextmanager
def live(scenario: str, *, wanted: bool = True) -> Generator[tuple[Tell, Echo]]:
    """What to tell the events of a run, and what to print lines with meanwhile.

    Where standard output is no terminal, or not `wanted`, lines are plain and there is no such line.
    """
    if not wanted or not sys.stdout.isatty() or os.environ.get("TERM") == "dumb":
        yield _nothing, click.echo
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    columns = (
        SpinnerColumn(),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    console = Console()
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(scenario, total=None)

        def tell(event: dict[str, Any]) -> None:
            if event["event"] == "started":
                step = event["step"]
                progress.update(task, completed=step["index"] - 1, total=event["of"], description=step["title"])

        yield tell, lambda line: console.print(Text.from_ansi(line), soft_wrap=True)
