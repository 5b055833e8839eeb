"""What is written to a data directory, its format's number, and the way from older formats to this one.

Format 1 kept no creation state and no seed besides the header's; 2 is what is written now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeVar

import msgspec

from mockserver.errors import MockserverError
from mockserver.world.header import Header

FORMAT = 2

D = TypeVar("D")
Tables = dict[str, dict[str, Any]]

WORLD = "_world"
"""The table with the one row that is about the world itself; every other holds documents of a kind."""
INITIAL = "initial/"
"""Before the name of a kind: the table of the documents that the world was made with."""


class LogHeader(msgspec.Struct, frozen=True):
    """A log's first line: it goes on after commit `after`, from worlds that had last changed with these commits."""

    format: int
    after: int
    worlds: dict[str, int]


class Entry(msgspec.Struct, Generic[D], frozen=True, omit_defaults=True):
    """A line of the log: `commit` changes a world, `open` makes one, `replace` makes it another, `drop` ends it.

    `n` counts entries of all worlds without a gap. `since` is the entry that made the world what a
    commit changes.
    """

    n: int
    world: str
    what: Literal["commit", "open", "replace", "drop"]
    since: int = 0
    put: tuple[tuple[str, D], ...] = ()
    deleted: tuple[tuple[str, str], ...] = ()
    header: Header | None = None
    seed: int = 0


class WorldRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a world's file says of the world: `sequence` is the last entry of the log that it holds.

    `made` and `since` are the entries that made it, and made it what it is.
    """

    format: int
    sequence: int
    made: int
    since: int
    seed: int
    header: Header


def migrate_world(tables: Tables, found: int) -> Tables:
    """A world's file in the format `found`, in today's."""
    for older in range(found, FORMAT):
        tables = _WORLD_STEPS[older](tables)
    return tables


def migrate_entry(entry: dict[str, Any], found: int) -> dict[str, Any]:
    """A line of a log in the format `found`, in today's."""
    for older in range(found, FORMAT):
        entry = _ENTRY_STEPS[older](entry)
    return entry


def check_format(found: object, source: str) -> int:
    """The number, if this version reads it; raises `MockserverError`."""
    if not isinstance(found, int) or found < 1:
        raise MockserverError(f"{source} does not say its format.", hint="It is not one of ours, or damaged.")
    if found > FORMAT:
        raise MockserverError(
            f"{source} has format {found}; this version reads up to {FORMAT}.",
            hint="Start a newer mockserver, or give this one another --data.",
        )
    return found


def _world_from_1(tables: Tables) -> Tables:
    (row,) = tables[WORLD].values()
    made = {"made": row["sequence"], "since": row["sequence"], "seed": row["header"]["seed"]}
    # What it was made with is lost; what it holds is the nearest to it.
    initial = {INITIAL + name: table for name, table in tables.items() if name != WORLD}
    return {**tables, WORLD: {"1": {**row, **made, "format": 2}}, **initial}


def _entry_from_1(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "seed": entry["header"]["seed"]} if "header" in entry else entry


_WORLD_STEPS: Mapping[int, Callable[[Tables], Tables]] = {1: _world_from_1}
_ENTRY_STEPS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _entry_from_1}
