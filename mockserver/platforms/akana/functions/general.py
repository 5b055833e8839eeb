"""Functions for any workflow: lines in the log."""

from __future__ import annotations

from typing import Final

from mockserver.platforms.akana.models_work import LOG_LINES, LogLine
from mockserver.platforms.akana.subject import Here
from mockserver.platforms.akana.workflow.arguments import Anything, Log
from mockserver.platforms.akana.workflow.registry import function

MOST_LINES: Final = 1000
"""So many lines a world keeps."""


@function("print", Anything)
def print_arguments(here: Here, args: Anything) -> None:
    """Write all arguments into the workflow log."""
    _write(here, "info", ", ".join(f"{name}={value}" for name, value in args.arguments.items()))


@function("log", Log)
def log(here: Here, args: Log) -> None:
    """Write a message into the workflow log."""
    _write(here, args.severity, args.message)


def _write(here: Here, severity: str, text: str) -> None:
    world = here.subject.world
    number = world.mint.count("akana.log_line")
    world[LOG_LINES].insert(
        LogLine(id=f"line{number}", about=here.subject.id, severity=severity, text=text, at=world.clock.now())
    )
    old = f"line{number - MOST_LINES}"
    if old in world[LOG_LINES]:
        world[LOG_LINES].delete(old)


FUNCTIONS = (print_arguments, log)
