"""The library: scenarios that were imported or recorded, their versions, and the runs there were, kept in TinyDB."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from tinydb import Query, TinyDB
from tinydb.storages import MemoryStorage, Storage
from tinydb.table import Table

from mockserver.errors import MockserverError, Unknown
from mockserver.store.directory import sync_directory, write_whole
from mockserver.world.store import StoreError

FILE = "library.json"
MAX_RUNS = 1000
MAX_VERSIONS = 20
"""Versions of one scenario."""


class ReplacingStorage(Storage):
    """TinyDB's plain JSON file, written whole to a neighbour and renamed, so that a crash leaves the old one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, dict[str, Any]] | None:
        if not self._path.exists():
            return None
        try:
            data = json.loads(self._path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise self._damaged(str(error)) from None
        except OSError as error:
            raise MockserverError(f"{self._path} cannot be read: {error.strerror}.") from None
        if not _is_tinydb(data):
            raise self._damaged("it does not hold tables of documents")
        found: dict[str, dict[str, Any]] = data
        return found

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        try:
            write_whole(self._path, [json.dumps(data, indent=1).encode()])
            sync_directory(self._path.parent)
        except OSError as error:
            raise StoreError(f"{self._path} cannot be written: {error.strerror}. Nothing was changed.") from None

    def _damaged(self, how: str) -> MockserverError:
        return MockserverError(f"{self._path} is damaged: {how}.", hint="Move it away to start with an empty library.")


def _is_tinydb(data: object) -> bool:
    return isinstance(data, dict) and all(
        isinstance(table, dict) and all(key.isdecimal() and isinstance(each, dict) for key, each in table.items())
        for table in data.values()
    )


class Given(msgspec.Struct, frozen=True):
    """A scenario to be kept; `file` is the absolute path of the file that it follows, if it does."""

    name: str
    text: str
    source: str
    tags: tuple[str, ...] = ()
    file: str | None = None


class Library:
    """Scenarios by name, with their versions, and runs by id.

    With a directory, which must be claimed, they survive the process.
    Stock TinyDB reads the file. Raises `MockserverError` for one that cannot be read, `StoreError` for what cannot
    be written.
    """

    def __init__(self, directory: Path | None = None, *, wall: Callable[[], float] = time.time) -> None:
        self._wall = wall
        if directory is None:
            self._db = TinyDB(storage=MemoryStorage)
        else:
            self._db = TinyDB(directory / FILE, storage=ReplacingStorage)

    def put_scenario(self, name: str, text: str, source: str, tags: Sequence[str] = ()) -> None:
        """Keep a scenario's text and tags under its name, as `put_scenarios` does."""
        self.put_scenarios([Given(name, text, source, tuple(tags))])

    def put_scenarios(self, given: Sequence[Given]) -> dict[str, int]:
        """Keep scenarios, each under its name; what was there stays as an earlier version, the last twenty do.

        A text that is there already makes no new version. Many are written as one: each write is of the whole file.
        Answers the version that each now has, by name.
        """
        versions: dict[str, list[Any]] = {}
        for kept_before in self._versions:
            versions.setdefault(kept_before["name"], []).append(kept_before)
        there = {each["name"]: dict(each) for each in self._scenarios}
        made, put = [], []
        for each in given:
            known = versions.setdefault(each.name, [])
            about = {"source": each.source, "tags": list(each.tags), "file": each.file}
            if known and known[-1]["text"] == each.text:
                kept = {**known[-1], **about}
            else:
                version = known[-1]["version"] + 1 if known else 1
                kept = {"name": each.name, "version": version, "text": each.text, "kept": self._instant(), **about}
                known.append(kept)
                made.append(kept)
            if there.get(each.name) != kept:
                put.append(kept)
        # First, so that a scenario that is there has its version, whatever happens between the two.
        if made:
            self._versions.insert_multiple(made)
            surplus = [old.doc_id for each in versions.values() for old in each[:-MAX_VERSIONS] if old not in made]
            if surplus:
                self._versions.remove(doc_ids=surplus)
        if changed := [each for each in put if each["name"] in there]:
            self._scenarios.update_multiple([(each, Query().name == each["name"]) for each in changed])
        if new := [each for each in put if each["name"] not in there]:
            self._scenarios.insert_multiple(new)
        return {each.name: versions[each.name][-1]["version"] for each in given}

    def scenario(self, name: str) -> dict[str, Any]:
        """A scenario's name, version, source, text and tags, when it was kept, and its `file` if it is of one.

        Raises `Unknown`.
        """
        found = self._scenarios.get(Query().name == name)
        if not isinstance(found, dict):
            raise Unknown("scenario in the library", name, [each["name"] for each in self._scenarios])
        return dict(found)

    def versions(self, name: str) -> list[dict[str, Any]]:
        """The versions of a scenario that are kept, oldest first, each as `scenario` answers it."""
        return [dict(each) for each in self._versions.search(Query().name == name)]

    def scenarios(self) -> list[dict[str, Any]]:
        """Every scenario, as `scenario` answers it."""
        return [dict(each) for each in self._scenarios]

    def drop_scenario(self, name: str) -> None:
        """Forget a scenario with all its versions; raises `Unknown`."""
        self.scenario(name)
        self.drop_scenarios([name])

    def drop_scenarios(self, names: Sequence[str]) -> None:
        """Forget those of the scenarios that are there, with all their versions."""
        self._scenarios.remove(Query().name.one_of(names))
        self._versions.remove(Query().name.one_of(names))

    def add_run(self, run: dict[str, Any]) -> str:
        """Keep the report of a run; answers its id. The oldest give way past a thousand."""
        runs = self._runs
        number = max((each.doc_id for each in runs), default=0) + 1
        run_id = f"run-{number}"
        runs.insert({"id": run_id, **run})
        if len(runs) > MAX_RUNS:
            runs.remove(doc_ids=[each.doc_id for each in runs.all()[: len(runs) - MAX_RUNS]])
        return run_id

    def run(self, run_id: str) -> dict[str, Any]:
        """A run's report; raises `Unknown`."""
        found = self._runs.get(Query().id == run_id)
        if not isinstance(found, dict):
            raise Unknown("run", run_id, [each["id"] for each in self._runs])
        return dict(found)

    def runs(self) -> list[dict[str, Any]]:
        """Every run that is kept, oldest first."""
        return [dict(each) for each in self._runs]

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _instant(self) -> str:
        return datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="seconds")

    @property
    def _scenarios(self) -> Table:
        return self._db.table("scenarios")

    @property
    def _versions(self) -> Table:
        return self._db.table("versions")

    @property
    def _runs(self) -> Table:
        return self._db.table("runs")
