"""A directory that one process owns, and files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from mockserver.errors import Conflict, MockserverError

LOCK = "lock"


def claim(directory: Path) -> IO[str]:
    """Make a directory ours until the file is closed or the process ends, however it ends.

    Raises `Conflict` when another process has it, with its pid, and `MockserverError` when it cannot be used.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        file = (directory / LOCK).open("a+", encoding="ascii")
    except OSError as error:
        raise _unusable(directory, error) from None
    try:
        import fcntl
    except ImportError:
        # Windows has no such lock; there two servers on one directory are their user's business.
        return file
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        pid = file.read().strip() or "unknown"
        file.close()
        raise Conflict(
            f"Another mockserver (pid {pid}) uses {directory}.", hint="Give each a --data of its own, or stop that one."
        ) from None
    try:
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
    except OSError as error:
        with contextlib.suppress(OSError):
            file.close()
        raise _unusable(directory, error) from None
    return file


def _unusable(directory: Path, error: OSError) -> MockserverError:
    return MockserverError(f"{directory} cannot be used for data: {error.strerror}.")


def write_whole(path: Path, parts: Iterable[bytes]) -> int:
    """Put a file in place of another, on the disk, so that whoever looks finds the old one or the new one.

    Answers its bytes. The name is safe only after `sync_directory`. Raises `OSError`, with the old one still there.
    """
    beside = path.with_name(path.name + ".new")
    try:
        with beside.open("wb") as file:
            size = sum(map(file.write, parts))
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    return size


def sync_file(path: Path) -> None:
    """Bring what was written to a file to the disk."""
    with path.open("ab") as file:
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Bring the names in a directory to the disk."""
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except PermissionError:
        # Windows opens no directories, and keeps names by itself.
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
