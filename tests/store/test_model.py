"""Whatever is committed, checkpointed and cut off, a restart finds the last state whose line is whole."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mockserver.store.worlds_store import Checkpoint, DirectoryStore
from tests.store.support import FROZEN, everything, write
from tests.toy import NOTES, toy_worlds

NAMES = st.sampled_from(["alpha", "beta"])


class Restarts(RuleBasedStateMachine):
    """`states` is what a restart must find, by the length of the current log after each commit."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.directory = Path(self.folder.name)
        self.unwritten: Checkpoint | None = None
        self.states: dict[int, Any] = {}

    @initialize()
    def begin(self) -> None:
        self.open()
        for name in ("alpha", "beta"):
            self.worlds.create(name)
            write(self.worlds, name, "first")
            write(self.worlds, name, "second")

    def open(self) -> None:
        self.store = DirectoryStore(self.directory)
        self.worlds = toy_worlds(clock=FROZEN, store=self.store)
        self.worlds.load()
        self.unwritten = None

    @property
    def log(self) -> Path:
        return self.directory / "commit.log"

    @invariant()
    def remember(self) -> None:
        self.states[self.log.stat().st_size] = everything(self.worlds)

    @rule(name=NAMES)
    def create_or_reset(self, name: str) -> None:
        if name in self.worlds:
            self.worlds.reset(name)
        else:
            self.worlds.create(name)

    @rule(name=NAMES, text=st.text(max_size=5))
    def commit(self, name: str, text: str) -> None:
        if name in self.worlds:
            write(self.worlds, name, text)

    @rule(name=NAMES, n=st.integers(0, 9))
    def change_and_delete(self, name: str, n: int) -> None:
        if name not in self.worlds or not len(self.worlds.find(name)[NOTES]):
            return
        world = self.worlds.find(name)
        ids = [note.id for note in world[NOTES]]
        with world.transaction():
            world[NOTES].change(ids[-1], text=f"changed {n}")
            world[NOTES].delete(ids[n % len(ids)])

    @rule(name=NAMES, other=NAMES)
    def restore(self, name: str, other: str) -> None:
        if other in self.worlds:
            self.worlds.restore(name, self.worlds.snapshot(other))

    @rule(name=NAMES)
    def drop(self, name: str) -> None:
        if name in self.worlds:
            self.worlds.drop(name)

    @precondition(lambda self: self.unwritten is None)
    @rule()
    def begin_checkpoint(self) -> None:
        self.unwritten = self.store.begin_checkpoint(self.worlds.save)
        self.states = {}

    @precondition(lambda self: self.unwritten is not None)
    @rule()
    def write_checkpoint(self) -> None:
        assert self.unwritten is not None
        self.unwritten.write()
        self.unwritten = None

    @precondition(lambda self: self.unwritten is not None)
    @rule()
    def give_checkpoint_back(self) -> None:
        assert self.unwritten is not None
        self.store.give_back(self.unwritten)
        self.unwritten = None

    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.store.close()
        size = self.log.stat().st_size
        cut = data.draw(st.just(size) | st.sampled_from(sorted(self.states)) | st.integers(min(self.states), size))
        os.truncate(self.log, cut)
        found = max(length for length in self.states if length <= cut)
        expected = self.states[found]
        self.open()
        assert everything(self.worlds) == expected
        self.states = {found: expected}

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
        self.folder.cleanup()


TestRestarts = Restarts.TestCase
TestRestarts.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
