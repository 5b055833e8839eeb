"""A disk that is full, and one that fails: what was not kept did not happen, and is not told as if it had."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from mockserver.errors import MockserverError
from mockserver.store import commit_log
from mockserver.world.store import StoreError
from mockserver.world.worlds import Worlds
from tests.store.support import checkpoint, everything, opened, write

Write = Callable[[int, bytes], int]


def fails(number: int) -> Callable[..., int]:
    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    return refuse


def short(descriptor: int, data: bytes) -> int:
    return os_write(descriptor, data[: len(data) // 2])


os_write = os.write


class Disk:
    """Stands in for `os` where the log is written."""

    def __init__(self) -> None:
        self.write: Write = os_write
        self.ftruncate: Callable[..., object] = os.ftruncate

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(commit_log, "os", disk)
    return disk


@pytest.mark.parametrize("fault", [fails(errno.ENOSPC), fails(errno.EIO), short], ids=["full", "broken", "short"])
def test_what_cannot_be_written_did_not_happen_and_later_it_can(fault: Write, disk: Disk, tmp_path: Path):
    with opened(tmp_path) as (worlds, _):
        worlds.create("alpha")
        worlds.create("beta")
        write(worlds, "alpha", "before")
        was, size = everything(worlds), (tmp_path / "commit.log").stat().st_size
        disk.write = fault
        for attempt in (
            lambda: write(worlds, "alpha", "during"),
            lambda: worlds.create("gamma"),
            lambda: worlds.reset("alpha"),
            lambda: worlds.remake("alpha", seed=3),
            lambda: worlds.restore("alpha", worlds.snapshot("beta")),
            lambda: worlds.restore("delta", worlds.snapshot("beta")),
            lambda: worlds.drop("beta"),
        ):
            with pytest.raises(StoreError, match="Nothing was changed"):
                attempt()
            assert everything(worlds) == was
            assert (tmp_path / "commit.log").stat().st_size == size
        disk.write = os_write
        write(worlds, "alpha", "after")
        worlds.create("gamma")
        was = everything(worlds)
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was


def test_half_a_line_that_cannot_be_cut_away_makes_it_read_only(disk: Disk, tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        worlds.create("alpha")
        write(worlds, "alpha", "before")
        was = everything(worlds)
        disk.write, disk.ftruncate = short, fails(errno.EIO)
        with pytest.raises(StoreError):
            write(worlds, "alpha", "during")
        disk.write = os_write
        with pytest.raises(StoreError, match=r"read-only since .* half a line .* Restart"):
            write(worlds, "alpha", "after")
        with pytest.raises(StoreError, match="read-only"):
            store.begin_checkpoint(worlds.save)
        assert everything(worlds) == was
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was


def test_a_checkpoint_that_fails_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with opened(tmp_path) as (worlds, store):
        worlds.create("alpha")
        write(worlds, "alpha", "a")
        unwritten = store.begin_checkpoint(worlds.save)
        with monkeypatch.context() as patch:
            patch.setattr("mockserver.store.directory.os.fsync", fails(errno.ENOSPC))
            with pytest.raises(StoreError, match=r"checkpoint .* cannot be written: No space"):
                unwritten.write()
            store.give_back(unwritten)
            write(worlds, "alpha", "b")
            with pytest.raises(StoreError, match=r"new log .* cannot be written"):
                store.begin_checkpoint(worlds.save)
        assert not list((tmp_path / "worlds").iterdir())
        write(worlds, "alpha", "c")
        was = everything(worlds)
    with opened(tmp_path) as (worlds, store):
        assert everything(worlds) == was
        checkpoint(worlds, store)
        assert not list(tmp_path.glob("commit-*.log"))
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a few pages, where mounting is allowed."""
    directory = tmp_path / "tiny"
    directory.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", directory], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield directory
    finally:
        subprocess.run(["umount", "--lazy", directory], check=True)


def write_until_full(worlds: Worlds) -> int:
    kept = 0
    with suppress(StoreError):
        while write(worlds, "alpha", "x" * 1000):
            kept += 1
    return kept


def test_a_disk_that_is_really_full(tiny_disk: Path):
    with opened(tiny_disk) as (worlds, store):
        worlds.create("alpha")
        (tiny_disk / "ballast").write_bytes(b"x" * 128 * 1024)
        assert write_until_full(worlds) > 10
        with pytest.raises(StoreError):
            store.begin_checkpoint(worlds.save).write()
        was = everything(worlds)
        (tiny_disk / "ballast").unlink()
        write(worlds, "alpha", "room again")
        now = everything(worlds)
        assert was != now
    with opened(tiny_disk) as (worlds, _):
        assert everything(worlds) == now


def test_a_directory_without_room_for_a_log_cannot_be_opened(tiny_disk: Path):
    with suppress(OSError), (tiny_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"x" * 4096):
            pass
    with pytest.raises(MockserverError, match="cannot be used for data: No space"), opened(tiny_disk):
        pass
