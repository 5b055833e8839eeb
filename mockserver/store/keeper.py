"""When worlds are written to files: when the log is full, when somebody asks, and at the end."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from mockserver.store.worlds_store import DirectoryStore
from mockserver.world.store import StoreError
from mockserver.world.worlds import Worlds

log = logging.getLogger("mockserver.store")


class Checkpointed(msgspec.Struct, frozen=True):
    """What a checkpoint wrote: the worlds that had changed, and the bytes of their files."""

    worlds: tuple[str, ...]
    bytes: int


class Keeper:
    """Checkpoints the worlds of one server, one checkpoint at a time, beside what else goes on."""

    def __init__(self, worlds: Worlds, store: DirectoryStore) -> None:
        self._worlds = worlds
        self._store = store
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        store.on_full = self._full

    async def checkpoint(self) -> Checkpointed:
        """Write every world that changed since the last time; raises `StoreError`, and then nothing is lost."""
        async with self._lock:
            checkpoint = self._store.begin_checkpoint(self._worlds.save)
            try:
                size = await asyncio.to_thread(checkpoint.write)
            except BaseException:
                self._store.give_back(checkpoint)
                raise
            return Checkpointed(tuple(row.header.name for row, _ in checkpoint.worlds), size)

    async def close(self) -> None:
        """Checkpoint for the last time and let go of the files; where that fails, the log still has everything."""
        if self._task is not None:
            await self._task
        await self._try()
        self._store.close()

    def _full(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Nothing runs yet: the worlds are still being made.
            return
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._try())

    async def _try(self) -> None:
        try:
            await self.checkpoint()
        except StoreError as error:
            log.error("no checkpoint was made, and the log goes on growing: %s", error)
