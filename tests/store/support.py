"""What the tests of the store share: worlds of the toy in a directory, as a process would have them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from mockserver.store.worlds_store import DirectoryStore
from mockserver.world.header import ClockSpec
from mockserver.world.worlds import Worlds
from tests.toy import toy_worlds

FROZEN = ClockSpec("frozen")


@contextmanager
def opened(
    directory: Path, *, wall: Callable[[], float] = time.time, clock: ClockSpec = FROZEN, **options: Any
) -> Iterator[tuple[Worlds, DirectoryStore]]:
    """The worlds that a directory holds; at the end nothing is written any more, as after a crash."""
    directory.mkdir(exist_ok=True)
    store = DirectoryStore(directory, **options)
    worlds = toy_worlds(wall, clock=clock, store=store)
    try:
        worlds.load()
        yield worlds, store
    finally:
        store.close()


def checkpoint(worlds: Worlds, store: DirectoryStore) -> None:
    """A whole checkpoint, in this thread."""
    store.begin_checkpoint(worlds.save).write()


def everything(worlds: Worlds) -> dict[str, Any]:
    """All there is to know of all worlds: what they hold, in order, and what a reset would lead back to."""
    return {
        world.name: {
            "header": worlds.header(world.name),
            "snapshot": msgspec.json.encode(worlds.snapshot(world.name)),
            "initial": {kind: each for kind, each in worlds.save(world.name).initial.items() if each},
            "next timer": world.timers.next(),
            "now": world.clock.now() if world.clock.mode != "live" else None,
        }
        for world in worlds
    }


def write(worlds: Worlds, name: str, text: str, secret: str | None = None) -> str:
    """Write a note; answers its id."""
    note: str = worlds.find(name).act("toy.write", {"text": text, "secret": secret})["id"]
    return note
