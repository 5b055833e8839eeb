"""What a data directory holds: the worlds' files, and what the logs say came after them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mockserver.errors import MockserverError
from mockserver.store.commit_log import CURRENT, Line, LogFile, closed_logs
from mockserver.store.formats import FORMAT, Entry, migrate_entry
from mockserver.store.world_files import SUFFIX, WorldReader
from mockserver.world.collection import Kind
from mockserver.world.header import Header
from mockserver.world.store import Documents, Saved


class State(msgspec.Struct):
    """A world on its way to what it was: `sequence` is the last entry it holds, `in_file` whether its file has it."""

    header: Header
    seed: int
    made: int
    since: int
    sequence: int
    documents: dict[str, dict[str, Any]]
    initial: Documents
    source: str
    in_file: bool = True

    def saved(self) -> Saved:
        return Saved(self.header, self.seed, self.documents, self.initial, self.since, self.source)


class Recovered(msgspec.Struct):
    """The worlds by name, the number of the last entry there was, and the log that holds it, if there is one."""

    states: dict[str, State] = {}
    last: int = 0
    log: LogFile | None = None
    log_ends: int = 0


def recover(directory: Path, worlds: Path, kinds: Mapping[str, Kind[Any]]) -> Recovered:
    """Read everything; raises `MockserverError` for what is damaged, of a newer format, or does not fit."""
    found = Recovered()
    reader = WorldReader(kinds)
    for path in sorted(worlds.glob(f"*{SUFFIX}")):
        row, documents, initial = reader.read(path)
        found.states[row.header.name] = State(
            row.header, row.seed, row.made, row.since, row.sequence, documents, initial, str(path)
        )
        found.last = max(found.last, row.sequence)
    logs = closed_logs(directory)
    if (directory / CURRENT).exists():
        logs.append(directory / CURRENT)
    replay = _Replay(found.states, kinds)
    for path in logs:
        log = LogFile(path)
        replay.follow(log)
        if log.torn and path is not logs[-1]:
            raise log.damage(replay.line + 1, "the line is cut off, and another log goes on after it")
        found.log, found.log_ends = log, replay.last
    replay.finish()
    found.last = max(found.last, replay.last)
    return found


class _Replay:
    """Follows the logs, entry by entry; what a world's file holds already is passed over."""

    def __init__(self, states: dict[str, State], kinds: Mapping[str, Kind[Any]]) -> None:
        self.last = 0
        self.line = 0
        self._states = states
        self._kinds = kinds
        self._entries = msgspec.json.Decoder(Entry[msgspec.Raw])
        self._decoders = {name: msgspec.json.Decoder(kind.type) for name, kind in kinds.items()}
        self._orphans: dict[str, MockserverError] = {}

    def follow(self, log: LogFile) -> None:
        for world, sequence in log.header.worlds.items():
            state = self._states.get(world)
            if state is None:
                self._orphans.setdefault(world, _out_of_step(log, world, "is missing"))
            elif state.sequence < sequence:
                raise _out_of_step(log, world, "is older than the log")
        if log.header.after < self.last:
            raise log.damage(
                1, f"it goes on after entry {log.header.after}, but the log before it ends with {self.last}"
            )
        self.last, self.line = log.header.after, 1
        for line in log.lines():
            self.line = line.number
            self._apply(log, line, self._entry(log, line))

    def finish(self) -> None:
        """Raise for a world that a log goes on from though its file is gone, unless a later entry dropped it."""
        for error in self._orphans.values():
            raise error

    def _entry(self, log: LogFile, line: Line) -> Entry[msgspec.Raw]:
        try:
            if log.format == FORMAT:
                entry = self._entries.decode(line.entry)
            else:
                older = migrate_entry(msgspec.json.decode(line.entry), log.format)
                entry = self._entries.decode(msgspec.json.encode(older))
        except (msgspec.DecodeError, KeyError, TypeError) as error:
            raise log.damage(line.number, f"it is not an entry: {error}") from None
        if entry.n != self.last + 1:
            raise log.damage(line.number, f"entry {self.last + 1} was expected, and {entry.n} came")
        self.last = entry.n
        return entry

    def _apply(self, log: LogFile, line: Line, entry: Entry[msgspec.Raw]) -> None:
        state = self._states.get(entry.world)
        if state is not None and entry.n <= state.sequence:
            return
        if entry.what == "drop":
            self._states.pop(entry.world, None)
            self._orphans.pop(entry.world, None)
            return
        if entry.what == "open":
            if entry.header is None:
                raise log.damage(line.number, "it opens a world without saying how it was made")
            self._orphans.pop(entry.world, None)
            initial = self._put(log, line, entry, {})
            documents = {kind: dict(each) for kind, each in initial.items()}
            source = f"{log.path}, line {line.number}"
            self._states[entry.world] = State(
                entry.header, entry.seed, entry.n, entry.n, entry.n, documents, initial, source, in_file=False
            )
            return
        if state is None:
            self._orphans.setdefault(entry.world, _out_of_step(log, entry.world, "is missing"))
            return
        if entry.what == "replace":
            state.seed, state.since, state.documents = entry.seed, entry.n, {}
        elif entry.since != state.since:
            raise log.damage(line.number, f"it changes another {entry.world!r} than the one there is")
        self._put(log, line, entry, state.documents)
        for kind, key in entry.deleted:
            state.documents.get(kind, {}).pop(key, None)
        state.sequence, state.in_file = entry.n, False

    def _put(
        self, log: LogFile, line: Line, entry: Entry[msgspec.Raw], documents: dict[str, dict[str, Any]]
    ) -> dict[str, dict[str, Any]]:
        for name, raw in entry.put:
            kind = self._kinds.get(name)
            if kind is None:
                raise self._misfit(log, line, entry, f"this version knows no documents {name!r}")
            try:
                document = self._decoders[name].decode(raw)
            except msgspec.DecodeError as error:
                raise self._misfit(
                    log, line, entry, f"a document of {name} does not fit this version: {error}"
                ) from None
            documents.setdefault(name, {})[getattr(document, kind.key)] = document
        return documents

    def _misfit(self, log: LogFile, line: Line, entry: Entry[msgspec.Raw], how: str) -> MockserverError:
        return MockserverError(
            f"{log.path}, line {line.number}, world {entry.world!r}: {how}.",
            hint="Start the version that wrote it and stop it again, so that it leaves no log; what then does not fit "
            "is named with its document.",
        )


def _out_of_step(log: LogFile, world: str, how: str) -> MockserverError:
    return MockserverError(
        f"{log.path} goes on from a world {world!r} whose file {how}.",
        hint="Put back the whole directory from a backup. To go on with the files as they are, move the logs "
        "(*.log) away: what they hold is lost.",
    )
