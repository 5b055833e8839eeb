"""Fixtures by name or file, of whichever platform they are for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mockserver import resources
from mockserver.checking import yaml
from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.errors import InvalidFile, Problem, Unknown, nearest
from mockserver.wire import Platform
from mockserver.world.worlds import Fixture

USUAL: Final = "motar"
"""The platform of a fixture that names none."""


class FixtureShelf:
    """Reads fixtures, each once for as long as its files do not change.

    With `keep_good` one whose file is broken or gone by now stays what it was when it could last be read.
    """

    def __init__(
        self, platforms: tuple[Platform, ...], bounds: FileBounds = FILE_BOUNDS, *, keep_good: bool = False
    ) -> None:
        self._bounds = bounds
        self._platforms: Mapping[str, Platform] = {platform.name: platform for platform in platforms}
        self._keep_good = keep_good
        self._read: dict[str, tuple[tuple[int, ...], Fixture]] = {}

    def __call__(self, reference: str) -> Fixture:
        """The fixture; raises `Unknown`, or `InvalidFile` with every problem."""
        try:
            return self.read(reference)
        except (InvalidFile, Unknown):
            if self._keep_good and reference in self._read:
                return self._read[reference][1]
            raise

    def read(self, reference: str) -> Fixture:
        """The fixture as its files have it now; raises `Unknown`, or `InvalidFile` with every problem."""
        text = resources.read("fixtures", reference)
        known = self._read.get(reference)
        if known is not None and known[0] == (text.changed, *_changes(known[1])):
            return known[1]
        name = _platform_named_in(text, self._bounds)
        platform = self._platforms.get(str(name))
        if platform is None:
            names = ", ".join(self._platforms)
            raise InvalidFile(
                text.source,
                [Problem("$.platform", f"one of {names}", repr(name), nearest(str(name), self._platforms), 1, 1)],
            )
        fixture = platform.fixture(text.text, text.source, self._bounds)
        self._read[reference] = ((text.changed, *_changes(fixture)), fixture)
        return fixture


def files_beside(fixture: Fixture) -> tuple[Path, ...]:
    """The files that a fixture was read from besides its own."""
    found: tuple[Path, ...] = getattr(fixture, "files", ())
    return found


def _changes(fixture: Fixture) -> tuple[int, ...]:
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in files_beside(fixture))


def _platform_named_in(text: resources.Text, bounds: FileBounds) -> object:
    """What a fixture file gives as its platform. A file that cannot be read is left to its reader's errors."""
    try:
        value = yaml.read(text.text, text.source, bounds).value
    except InvalidFile:
        return USUAL
    return value.get("platform", USUAL) if isinstance(value, dict) else USUAL
