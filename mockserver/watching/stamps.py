"""How it is known that a file has changed, and what is told of one that cannot be used."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from mockserver.errors import InvalidFile, MockserverError

Stamp = tuple[int, int, int]


class Broken(msgspec.Struct, frozen=True):
    """A file that cannot be used: the path people know it by, the scenario it was, if it was one, and what is wrong."""

    file: str
    scenario: str | None
    problems: tuple[str, ...]


def stamp_of(path: Path) -> Stamp | None:
    """What changes when a file does, also when another is renamed over it; None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def told(error: MockserverError) -> tuple[str, ...]:
    """What is wrong with a file, a line each, with its place in the file."""
    if isinstance(error, InvalidFile):
        return tuple(f"{error.source}:{problem}" for problem in error.problems)
    return (str(error),)


def block(lines: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """For `extra` of a log record: what stands below its message."""
    return {"details": tuple(lines)}
