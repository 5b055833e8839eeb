"""Notices that files change, by the system's own notifications."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from mockserver.errors import MockserverError
from mockserver.watching.fixture_files import FixtureFiles
from mockserver.watching.scenario_files import ScenarioFiles
from mockserver.watching.stamps import Broken, Stamp, stamp_of

log = logging.getLogger("mockserver.watching")

STILL: Final = 100
MOST: Final = 500
"""Milliseconds: files are read once nothing has happened for so long, or so long after the first of many changes."""
LOOKS: Final = 1.0
"""Seconds between looks at whether the folders are still the same: one that is made anew must be watched anew."""

Folders = dict[str, tuple[int, int]]
"""Folders by path, each with what tells it from another of that path."""


class Watcher:
    """Follows files while a server runs: a task of its event loop, between `start` and `stop`.

    What has changed is found by looking at the files; notifications only say when to look.
    """

    def __init__(self, scenarios: ScenarioFiles, fixtures: FixtureFiles) -> None:
        self._scenarios = scenarios
        self._fixtures = fixtures
        self._stirred = asyncio.Event()
        self._ended = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._polls = False

    @property
    def broken(self) -> list[Broken]:
        """The files that cannot be used now."""
        return [*self._scenarios.broken, *self._fixtures.broken]

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow no more."""
        self._ended.set()
        self._stirred.set()
        if self._task is not None:
            # Whatever became of it, a server that ends still has to keep its data.
            await asyncio.wait([self._task])

    async def _follow(self) -> None:
        while not self._ended.is_set():
            deep, flat = self._folders()
            over = asyncio.Event()
            listeners = [
                asyncio.create_task(self._listen(deep, over, recursive=True)),
                asyncio.create_task(self._listen(flat, over, recursive=False)),
            ]
            # They listen from their first step on; what came before is found by the look that follows.
            await asyncio.sleep(0)
            self._stirred.set()
            singles = self._singles()
            while not self._ended.is_set() and not any(each.done() for each in listeners):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stirred.wait(), LOOKS)
                if self._ended.is_set():
                    break
                if self._stirred.is_set() or self._singles() != singles:
                    self._stirred.clear()
                    singles = self._singles()
                    self._refresh()
                if self._folders() != (deep, flat):
                    break
            over.set()
            await asyncio.gather(*listeners)

    def _refresh(self) -> None:
        for files in (self._scenarios, self._fixtures):
            try:
                files.refresh()
            except MockserverError as error:
                log.error("changed files could not be taken in: %s", error)
            except Exception:
                log.exception("changed files could not be taken in")

    async def _listen(self, folders: Folders, over: asyncio.Event, *, recursive: bool) -> None:
        """Stir at each change in these folders, until it is over or they cannot be watched."""
        from watchfiles import awatch

        if not folders:
            await over.wait()
            return
        try:
            async for _ in awatch(
                *folders,
                watch_filter=None if recursive else self._matters,
                debounce=MOST,
                step=STILL,
                stop_event=over,
                recursive=recursive,
                force_polling=self._polls or None,
                ignore_permission_denied=True,
            ):
                self._stirred.set()
        except FileNotFoundError:
            # It went between the look and now; the next look is without it.
            await asyncio.sleep(STILL / 1000)
        except Exception as error:
            if not self._polls:
                log.warning("the system does not tell of changes (%s); files are looked at again and again", error)
            self._polls = True
            await asyncio.sleep(LOOKS)

    def _matters(self, change: object, path: str) -> bool:
        return path in self._singles()

    def _singles(self) -> dict[str, Stamp | None]:
        """What is looked for by its own path: behind a link it may change where nobody listens."""
        return {os.path.abspath(each): stamp_of(each) for each in (*self._scenarios.roots, *self._fixtures.files)}

    def _folders(self) -> tuple[Folders, Folders]:
        """Those to watch with all that is in them, and those of single files, and of the folders themselves."""
        deep = _marked(root for root in self._scenarios.roots if os.path.isdir(root))
        return deep, _marked(Path(each).parent for each in self._singles())


def _marked(folders: Iterable[Path]) -> Folders:
    marked = {}
    for folder in folders:
        with contextlib.suppress(OSError):
            found = os.stat(folder)
            marked[os.path.abspath(folder)] = (found.st_dev, found.st_ino)
    return marked
