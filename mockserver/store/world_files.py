"""A world as a plain TinyDB file: a table for each kind of document, and one row about the world."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mockserver import checking
from mockserver.errors import InvalidFile, MockserverError, Problem
from mockserver.store.formats import FORMAT, INITIAL, WORLD, Tables, WorldRow, check_format, migrate_world
from mockserver.world.collection import Kind
from mockserver.world.store import Documents, Saved

SUFFIX = ".json"
BATCH = 500
WHAT_TO_DO = (
    "Start the version that wrote it, mend the file while no server runs, or put the directory back from a backup."
)


def encode(row: WorldRow, saved: Saved) -> Iterator[bytes]:
    """The file of a world, in parts small enough that who encodes them beside the event loop never holds it up."""
    yield b'{"%b":{"1":%b}' % (WORLD.encode(), msgspec.json.encode(row))
    for prefix, documents in (("", saved.documents), (INITIAL, saved.initial)):
        for kind, each in documents.items():
            if each:
                yield b',"%b":{' % (prefix + kind).encode()
                yield from _rows(each.values())
                yield b"}"
    yield b"}\n"


def _rows(documents: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    numbered = zip(map(str, itertools.count(1)), documents, strict=False)
    comma = b""
    while batch := dict(itertools.islice(numbered, BATCH)):
        yield comma + msgspec.json.encode(batch)[1:-1]
        comma = b","


class WorldReader:
    """Reads worlds' files into documents of the kinds there are."""

    def __init__(self, kinds: Mapping[str, Kind[Any]]) -> None:
        self._kinds = kinds
        self._decoders = {
            name: msgspec.json.Decoder(dict[str, kind.type])  # type: ignore[name-defined]
            for name, kind in kinds.items()
        }

    def read(self, path: Path) -> tuple[WorldRow, dict[str, dict[str, Any]], Documents]:
        """What the file says of the world, its documents, and those it was made with.

        Raises `InvalidFile` with every problem, and `MockserverError` for what is no such file, or of a newer format.
        """
        tables = self._tables(path)
        try:
            row = msgspec.convert(msgspec.json.decode(tables.pop(WORLD)), dict[str, WorldRow])["1"]
        except (KeyError, msgspec.ValidationError) as error:
            problem = Problem(f"$['{WORLD}']['1']", "the row about the world", str(error))
            raise InvalidFile(str(path), [problem], hint=WHAT_TO_DO) from None
        if row.header.name != path.stem:
            problem = Problem(f"$['{WORLD}']['1'].header.name", f"{path.stem!r}, as the file", repr(row.header.name))
            raise InvalidFile(str(path), [problem], hint=WHAT_TO_DO)
        problems: list[Problem] = []
        documents: dict[str, dict[str, Any]] = {}
        initial: dict[str, dict[str, Any]] = {}
        for name, table in tables.items():
            of_kind = name.removeprefix(INITIAL)
            if of_kind not in self._kinds:
                problems.append(Problem(f"$['{name}']", "a table this version knows", repr(name)))
            else:
                into = documents if name == of_kind else initial
                into[of_kind] = self._documents(name, of_kind, table, problems)
        if problems:
            raise InvalidFile(str(path), problems, hint=WHAT_TO_DO)
        return row, documents, initial

    def _tables(self, path: Path) -> dict[str, msgspec.Raw]:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MockserverError(f"{path} cannot be read: {error.strerror}.") from None
        try:
            tables = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
            row = msgspec.json.decode(tables.get(WORLD, b"{}"), type=dict[str, dict[str, Any]])
            found = check_format(row.get("1", {}).get("format"), str(path))
            if found == FORMAT:
                return tables
            plain: Tables = msgspec.json.decode(data, type=dict[str, dict[str, Any]])
            older = migrate_world(plain, found)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MockserverError(f"{path} is damaged: {error}.", hint=WHAT_TO_DO) from None
        except (KeyError, TypeError, ValueError) as error:
            raise MockserverError(f"{path} is damaged: it lacks {error}.", hint=WHAT_TO_DO) from None
        return {name: msgspec.Raw(msgspec.json.encode(table)) for name, table in older.items()}

    def _documents(self, name: str, of_kind: str, table: msgspec.Raw, problems: list[Problem]) -> dict[str, Any]:
        kind = self._kinds[of_kind]
        try:
            rows: dict[str, Any] = self._decoders[of_kind].decode(table)
        except msgspec.DecodeError:
            problems += _misfits(name, kind, table)
            return {}
        found: dict[str, Any] = {}
        for doc_id, document in rows.items():
            key = getattr(document, kind.key)
            if key in found:
                problems.append(Problem(f"$['{name}']['{doc_id}'].{kind.key}", "a key of its own", repr(key)))
            found[key] = document
        return found


def _misfits(name: str, kind: Kind[Any], table: msgspec.Raw) -> Iterator[Problem]:
    rows = msgspec.json.decode(table)
    if not isinstance(rows, dict):
        yield Problem(f"$['{name}']", "documents by their numbers", type(rows).__name__)
        return
    for doc_id, document in rows.items():
        yield from checking.find_problems(document, kind.type, path=f"$['{name}']['{doc_id}']")
