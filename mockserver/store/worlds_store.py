"""Worlds in a directory: every commit in a log before it counts, and now and then whole worlds in files."""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from mockserver.errors import MockserverError
from mockserver.store import world_files
from mockserver.store.commit_log import CURRENT, CommitLog, closed_logs
from mockserver.store.directory import sync_directory, sync_file, write_whole
from mockserver.store.formats import FORMAT, Entry, WorldRow
from mockserver.store.group_sync import GroupSync
from mockserver.store.recovery import Recovered, recover
from mockserver.world.collection import Kind
from mockserver.world.store import Commit, Documents, Saved, StoreError

Durability = Literal["os", "fsync", "none"]

log = logging.getLogger("mockserver.store")

WORLDS = "worlds"
CHECKPOINT_AFTER = 64 * 1024 * 1024


class Checkpoint(msgspec.Struct, frozen=True):
    """What is to be written, as it was at one moment; documents never change, so another thread may write it."""

    worlds: Sequence[tuple[WorldRow, Saved]]
    dropped: Sequence[Path]
    logs: Sequence[Path]
    folder: Path

    def write(self) -> int:
        """Write the worlds' files and remove what they replace; answers their bytes. Raises `StoreError`."""
        size = 0
        try:
            for path in self.logs:
                # A log that another goes on from must not lose its end in a power cut.
                sync_file(path)
            for row, saved in self.worlds:
                parts = world_files.encode(row, saved)
                size += write_whole(self.folder / f"{row.header.name}{world_files.SUFFIX}", parts)
            for path in self.dropped:
                path.unlink(missing_ok=True)
            # Before the logs that have it too are gone.
            sync_directory(self.folder)
            for path in self.logs:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"The checkpoint in {self.folder} cannot be written: {error.strerror}.") from None
        return size


class DirectoryStore:
    """The store of one process in one directory, which must be claimed; `load` opens it.

    `durability` says how safe a commit is before it counts: `os` with the operating system, `fsync`
    on the disk (see `durable`), `none` not before the next checkpoint. Once half a line or a failed
    sync leaves the log in doubt the store is read-only: every change raises `StoreError`.
    `on_full` is called when the log has grown past `checkpoint_after` bytes.
    """

    def __init__(
        self,
        directory: Path,
        *,
        durability: Durability = "os",
        checkpoint_after: int = CHECKPOINT_AFTER,
        fsync: Callable[[int], None] = os.fsync,
    ) -> None:
        self.directory = directory
        self.on_full: Callable[[], None] = lambda: None
        self.position = 0
        self._durability = durability
        self.waits_for_disk = durability == "fsync"
        self._checkpoint_after = checkpoint_after
        self._full_at = checkpoint_after
        self._fsync = fsync
        self._group = GroupSync(self._sync, self._sync_failed)
        self._log: CommitLog | None = None
        self._log_in_use = threading.Lock()
        self._broken: str | None = None
        self._made: dict[str, int] = {}
        self._since: dict[str, int] = {}
        self._logged: dict[str, int] = {}
        self._dirty: set[str] = set()
        self._encode = msgspec.json.Encoder().encode

    def load(self, kinds: Iterable[Kind[Any]]) -> Iterator[Saved]:
        """Every world that was kept, in the order of their making, once the log is open.

        Raises `MockserverError` for what is damaged, of a newer format, does not fit, or cannot be written.
        """
        folder = self.directory / WORLDS
        try:
            folder.mkdir(exist_ok=True)
            found = recover(self.directory, folder, {kind.name: kind for kind in kinds})
            for name, state in found.states.items():
                self._made[name], self._since[name], self._logged[name] = state.made, state.since, state.sequence
                if not state.in_file:
                    self._dirty.add(name)
            self.position = self._group.synced = found.last
            self._log = self._open_log(found)
        except OSError as error:
            raise MockserverError(f"{self.directory} cannot be used for data: {error.strerror}.") from None
        ordered = sorted(found.states.values(), key=lambda state: state.made)
        return iter([state.saved() for state in ordered])

    @property
    def read_only(self) -> str | None:
        """Why nothing is kept any more; None while all is well."""
        return self._broken

    def append(self, commit: Commit) -> None:
        """Keep a transaction's effect; raises `StoreError`, and then nothing of it is kept."""
        name = commit.world
        self._add(Entry(self.position + 1, name, "commit", self._since[name], commit.put, commit.deleted))

    def opened(self, saved: Saved) -> None:
        """Keep a new world; raises `StoreError`."""
        name, put = saved.header.name, _pairs(saved.documents)
        self._add(Entry(self.position + 1, name, "open", put=put, header=saved.header, seed=saved.seed))
        self._made[name] = self._since[name] = self.position

    def replaced(self, saved: Saved) -> None:
        """Keep that a world is another now; raises `StoreError`."""
        name = saved.header.name
        self._add(Entry(self.position + 1, name, "replace", put=_pairs(saved.documents), seed=saved.seed))
        self._since[name] = self.position

    def dropped(self, world: str) -> None:
        """Forget a world; raises `StoreError`."""
        self._add(Entry(self.position + 1, world, "drop"))
        del self._made[world], self._since[world]
        self._logged.pop(world, None)
        self._dirty.discard(world)

    def durable(self, since: int | None = None) -> Awaitable[None] | None:
        """What to await until all that was appended is as safe as promised; None when it is already.

        Who was at work from `position` `since` on also awaits, in vain, what a failed sync lost meanwhile.
        """
        if not self.waits_for_disk or self.position <= self._group.synced:
            return None
        if self._broken is not None:
            return _refuse(self._broken) if since is not None and since < self.position else None
        return self._group.wait(self.position)

    def begin_checkpoint(self, save: Callable[[str], Saved]) -> Checkpoint:
        """Close the log and take every world that changed since the last checkpoint; raises `StoreError`.

        `save` answers a world by its name. After `Checkpoint.write` has raised, `give_back` is due.
        """
        self._check_writable()
        self._close_log()
        worlds = [
            (
                WorldRow(
                    format=FORMAT,
                    sequence=self.position,
                    made=self._made[name],
                    since=self._since[name],
                    seed=saved.seed,
                    header=saved.header,
                ),
                saved,
            )
            for name in sorted(self._dirty)
            for saved in (save(name),)
        ]
        self._dirty = set()
        folder = self.directory / WORLDS
        dropped = [path for path in folder.glob(f"*{world_files.SUFFIX}") if path.stem not in self._made]
        return Checkpoint(worlds, dropped, closed_logs(self.directory), folder)

    def give_back(self, checkpoint: Checkpoint) -> None:
        """Take the worlds of a checkpoint that could not be written with the next one."""
        self._dirty.update(row.header.name for row, _ in checkpoint.worlds if row.header.name in self._made)

    def close(self) -> None:
        """Let go of the log, after everybody who waits for the disk was served."""
        self._group.close()
        if self._log is not None:
            self._log.close()

    def _add(self, entry: Entry[Any]) -> None:
        self._check_writable()
        if self._durability != "none":
            assert self._log is not None
            self._log.append(self._encode(entry))
            self._logged[entry.world] = entry.n
        self._dirty.add(entry.world)
        self.position = entry.n
        if self._log is not None and self._log.size >= self._full_at:
            self._full_at = self._log.size + self._checkpoint_after
            self.on_full()

    def _check_writable(self) -> None:
        if self._broken is None and self._log is not None and self._log.broken is not None:
            self._broken = self._log.broken
        if self._broken is not None:
            raise StoreError(f"The server is read-only since {self._broken}. Restart it when this is mended.")
        if self._log is None:
            raise StoreError("The store is not open.")

    def _open_log(self, found: Recovered) -> CommitLog:
        current = self.directory / CURRENT
        last = found.log
        if last is not None and last.torn:
            log.warning(
                "%s ended in half a line, which was dropped: that commit was cut off before anybody was told of it",
                last.path,
            )
            os.truncate(last.path, last.whole)
        usable = last is not None and last.path == current and last.format == FORMAT and found.log_ends == found.last
        return CommitLog(current) if usable else CommitLog.create(self.directory, found.last, self._logged)

    def _close_log(self) -> None:
        """Begin a new log, unless this one has no lines yet."""
        assert self._log is not None
        if self._log.empty:
            return
        with self._log_in_use:
            try:
                if self._durability == "fsync" and self.position > self._group.synced:
                    self._fsync(self._log.descriptor)
                    self._group.synced = self.position
            except OSError as error:
                raise StoreError(self._sync_failed(error)) from None
            try:
                fresh = CommitLog.create(self.directory, self.position, self._logged)
            except OSError as error:
                raise StoreError(f"A new log in {self.directory} cannot be written: {error.strerror}.") from None
            self._log.close()
            self._log = fresh
            self._full_at = self._checkpoint_after

    def _sync(self) -> None:
        with self._log_in_use:
            if self._broken is not None:
                # The system tells a failure once, and forgets what it could not write.
                raise OSError(errno.EIO, "an earlier attempt failed")
            assert self._log is not None
            self._fsync(self._log.descriptor)

    def _sync_failed(self, error: OSError) -> str:
        assert self._log is not None
        self._broken = self._broken or f"{self._log.path} cannot be brought to the disk: {error.strerror}"
        return f"What was asked may not outlive the server: {self._broken}."


def _pairs(documents: Documents) -> tuple[tuple[str, msgspec.Struct], ...]:
    return tuple((kind, document) for kind, each in documents.items() for document in each.values())


async def _refuse(reason: str) -> None:
    raise StoreError(f"What was asked may not outlive the server: {reason}.")
