"""What the tests of the store share: worlds of the toy in a directory, as a process would have them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again until it holds; the test's own timeout bounds it."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.01)


@dataclass
class Nursery:
    """Servers on one directory, one after the other."""

    process: subprocess.Popen[str]
    directory: Path
    durability: str

    def ask(self, *words: object) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(*words, file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def start(self) -> tuple[str, str]:
        pid, url = self.ask("start", self.directory, self.durability).split()
        return pid, url

    def kill(self, pid: str) -> None:
        assert self.ask("kill", pid) == "gone"


@contextmanager
def nursery(directory: Path, durability: str) -> Iterator[Nursery]:
    command = [sys.executable, "-m", "tests.store.nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process, directory, durability)
        assert process.stdin is not None
        process.stdin.close()
