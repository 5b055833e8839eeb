"""Fixtures of a server that are files: what changes in them counts for new worlds, and for `default`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from mockserver.errors import InvalidFile, MockserverError, Unknown
from mockserver.platforms.shelf import FixtureShelf, files_beside
from mockserver.watching.stamps import Broken, block, told
from mockserver.world.worlds import DEFAULT, Fixture, Worlds

log = logging.getLogger("mockserver.watching")


class FixtureFiles:
    """The fixtures among `references` that are files, with those beside them, as `refresh` last found them.

    The shelf keeps good ones; that a file is broken is told here.
    """

    def __init__(self, references: Sequence[str], shelf: FixtureShelf, worlds: Worlds) -> None:
        self._shelf = shelf
        self._worlds = worlds
        self._fixtures: dict[str, Fixture] = {each: shelf(each) for each in references if Path(each).is_file()}
        self._refused: dict[str, tuple[str, ...]] = {}

    @property
    def files(self) -> Iterable[Path]:
        """Every file whose change matters."""
        for reference, fixture in self._fixtures.items():
            yield Path(reference)
            yield from files_beside(fixture)

    @property
    def broken(self) -> list[Broken]:
        """The fixtures that cannot be used as they are now."""
        return [Broken(reference, None, problems) for reference, problems in self._refused.items()]

    def refresh(self) -> None:
        """Read what has changed; the world `default` starts over with it. What is found is logged."""
        changed = [reference for reference in self._fixtures if self._is_another(reference)]
        for reference in changed:
            log.info("%s has changed; new worlds begin with it as it is now", reference)
        if set(changed) & set(self._worlds.header(DEFAULT).fixtures):
            try:
                self._worlds.renew(DEFAULT)
            except MockserverError as error:
                why = block(told(error))
                log.warning("the world default stays as it is: the fixture cannot be put into it", extra=why)
            else:
                log.warning("the world default was started over with it; what was in it is gone")

    def _is_another(self, reference: str) -> bool:
        """Whether a fixture can be read and says something else than when it last could be."""
        try:
            fixture = self._shelf.read(reference)
        except (InvalidFile, Unknown) as error:
            problems = told(error) if isinstance(error, InvalidFile) else (f"{reference}: there is no such file",)
            if self._refused.get(reference) != problems:
                self._refused[reference] = problems
                log.warning("%s cannot be used; the last good one stays", reference, extra=block(problems))
            return False
        if self._refused.pop(reference, None) is not None:
            log.info("%s can be used again", reference)
        if fixture == self._fixtures[reference]:
            return False
        self._fixtures[reference] = fixture
        return True
