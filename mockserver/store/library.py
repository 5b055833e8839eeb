"""The library: scenarios that were imported and the runs there were, kept in TinyDB."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tinydb import Query, TinyDB
from tinydb.storages import MemoryStorage, Storage
from tinydb.table import Table

from mockserver.errors import MockserverError, Unknown
from mockserver.store.directory import sync_directory, write_whole
from mockserver.world.store import StoreError

FILE = "library.json"
MAX_RUNS = 1000


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


class Library:
    """Scenarios by name and runs by id. With a directory, which must be claimed, they survive the process.

    Stock TinyDB reads the file. Raises `MockserverError` for one that cannot be read, `StoreError` for what cannot
    be written.
    """

    def __init__(self, directory: Path | None = None) -> None:
        if directory is None:
            self._db = TinyDB(storage=MemoryStorage)
        else:
            self._db = TinyDB(directory / FILE, storage=ReplacingStorage)

    def put_scenario(self, name: str, text: str, source: str) -> None:
        """Keep a scenario's text under its name; an earlier one of that name gives way."""
        self._scenarios.upsert({"name": name, "source": source, "text": text}, Query().name == name)

    def scenario(self, name: str) -> dict[str, Any]:
        """A scenario's name, source and text; raises `Unknown`."""
        found = self._scenarios.get(Query().name == name)
        if not isinstance(found, dict):
            raise Unknown("scenario in the library", name, [each["name"] for each in self._scenarios])
        return dict(found)

    def scenarios(self) -> list[dict[str, Any]]:
        """Every scenario, as `scenario` answers it."""
        return [dict(each) for each in self._scenarios]

    def drop_scenario(self, name: str) -> None:
        """Forget a scenario; raises `Unknown`."""
        self.scenario(name)
        self._scenarios.remove(Query().name == name)

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

    @property
    def _scenarios(self) -> Table:
        return self._db.table("scenarios")

    @property
    def _runs(self) -> Table:
        return self._db.table("runs")
