"""The log of commits: one line of JSON each, appended with one write, whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from zlib import crc32

import msgspec

from mockserver.errors import MockserverError
from mockserver.store.directory import sync_directory, write_whole
from mockserver.store.formats import FORMAT, LogHeader, check_format
from mockserver.world.store import StoreError

CURRENT = "commit.log"


def closed_logs(directory: Path) -> list[Path]:
    """The logs that a checkpoint has closed and not yet made superfluous, oldest first."""
    return sorted(directory.glob("commit-*.log"))


class CommitLog:
    """The log that is written to. Raises `StoreError` for what cannot be written, and then holds nothing of it.

    `broken` says why it takes nothing any more: half a line that could not be cut away again.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken: str | None = None
        self._file = path.open("ab", buffering=0)
        self.size = self._file.seek(0, os.SEEK_END)
        with path.open("rb") as file:
            self._empty_size = len(file.readline())

    @classmethod
    def create(cls, directory: Path, after: int, worlds: Mapping[str, int]) -> CommitLog:
        """Begin a log in place of the current one, which keeps its lines under another name; raises `OSError`."""
        path = directory / CURRENT
        header = msgspec.json.encode(LogHeader(FORMAT, after, dict(worlds))) + b"\n"
        beside = path.with_name(f"{CURRENT}.next")
        write_whole(beside, [header])
        if path.exists():
            os.replace(path, directory / f"commit-{after:020d}.log")
        os.replace(beside, path)
        sync_directory(directory)
        return cls(path)

    @property
    def empty(self) -> bool:
        """Whether nothing was appended yet."""
        return self.size == self._empty_size

    @property
    def descriptor(self) -> int:
        """The open file, to be synced."""
        return self._file.fileno()

    def append(self, entry: bytes) -> None:
        """Write an entry's line."""
        line = b'["%08x",%b]\n' % (crc32(entry), entry)
        try:
            written = os.write(self._file.fileno(), line)
        except OSError as error:
            self._cut_back()
            raise StoreError(f"{self.path} cannot be written: {error.strerror}. Nothing was changed.") from None
        if written != len(line):
            self._cut_back()
            raise StoreError(f"{self.path} cannot be written: no space left. Nothing was changed.")
        self.size += written

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._file.fileno(), self.size)
        except OSError as error:
            self.broken = f"{self.path} ends in half a line that cannot be cut away: {error.strerror}"


class Line(msgspec.Struct, frozen=True):
    """An entry as it was found, and where."""

    number: int
    entry: memoryview


class LogFile:
    """A log that is read: its header at once, its lines as they are asked for.

    `whole` is the length up to the end of the last good line, and `torn` whether something follows
    it, once the lines were read. Raises `MockserverError` for damage before the end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.torn = False
        try:
            self._data = path.read_bytes()
        except OSError as error:
            raise MockserverError(f"{path} cannot be read: {error.strerror}.") from None
        end = self._data.find(b"\n")
        try:
            first = msgspec.json.decode(self._data[: end + 1])
        except msgspec.DecodeError:
            raise self.damage(1, "it is not the header of a log") from None
        self.format = check_format(first.get("format") if isinstance(first, dict) else None, str(path))
        try:
            self.header = msgspec.convert(first, LogHeader)
        except msgspec.ValidationError as error:
            raise self.damage(1, str(error)) from None
        self.whole = end + 1

    def lines(self) -> Iterator[Line]:
        """Every whole line after the header."""
        data, number = memoryview(self._data), 1
        while self.whole < len(data):
            number += 1
            end = self._data.find(b"\n", self.whole)
            entry = _checked(data[self.whole : end]) if end >= 0 else None
            if entry is None:
                if end >= 0 and end + 1 < len(data):
                    raise self.damage(number, "the checksum does not fit the line")
                self.torn = True
                return
            yield Line(number, entry)
            self.whole = end + 1

    def damage(self, number: int, how: str) -> MockserverError:
        """The error that tells of a line which cannot be used."""
        way_out = (
            f"keep a copy and cut the file before this line (head -n {number - 1}): what was committed from there on"
            if number > 1
            else "move it away: what was committed since the last checkpoint"
        )
        return MockserverError(
            f"{self.path}, line {number}: {how}.",
            hint=f"Put a backup of the whole directory in its place. Without one, {way_out} is lost.",
        )


def _checked(line: memoryview) -> memoryview | None:
    """The entry in a line, unless it is damaged."""
    try:
        expected = int(bytes(line[2:10]), 16)
    except ValueError:
        return None
    entry = line[12:-1]
    fits = bytes(line[:2]) == b'["' and bytes(line[10:12]) == b'",' and bytes(line[-1:]) == b"]"
    return entry if fits and crc32(entry) == expected else None
