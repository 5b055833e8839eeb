"""An older format is read and written anew; stock TinyDB reads, searches and changes what we write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from tinydb import Query, TinyDB

from mockserver.errors import MockserverError
from mockserver.store.formats import FORMAT
from tests.store.support import checkpoint, everything, opened, write
from tests.toy import NOTES

HEADER = {"name": "alpha", "seed": 4, "clock": {"mode": "frozen", "now": None}, "fixtures": [], "settings": {}}
CLOCK = {"id": "clock", "mode": "frozen", "now": "2026-01-01T00:00:00Z", "offset": 0.0}


def note(n: int, text: str) -> dict[str, Any]:
    return {"id": f"note-{n}", "text": text, "tags": [], "secret": None}


def put(note: dict[str, Any]) -> list[list[Any]]:
    """A note and its number, as a commit has them."""
    return [["toy.notes", note], ["core.counters", {"id": "toy.note", "n": int(note["id"].partition("-")[2])}]]


def line(entry: dict[str, Any]) -> bytes:
    data = json.dumps(entry).encode()
    return b'["%08x",%b]\n' % (crc32(data), data)


def directory_of_format_1(directory: Path) -> None:
    """A world in a file and another in the log, as the first format had them: without seeds and beginnings."""
    (directory / "worlds").mkdir()
    tables = {
        "_world": {"1": {"format": 1, "sequence": 6, "header": HEADER}},
        "core.clock": {"1": CLOCK},
        "core.counters": {"1": {"id": "toy.note", "n": 1}},
        "toy.notes": {"1": note(1, "in the file")},
    }
    (directory / "worlds" / "alpha.json").write_text(json.dumps(tables))
    beta = {**HEADER, "name": "beta", "seed": 5}
    entries = [
        {"n": 7, "world": "beta", "what": "open", "header": beta, "put": [["core.clock", CLOCK]]},
        {"n": 8, "world": "alpha", "what": "commit", "since": 6, "put": put(note(2, "in the log"))},
        {"n": 9, "world": "beta", "what": "commit", "since": 7, "put": put(note(1, "beta's"))},
    ]
    head = json.dumps({"format": 1, "after": 6, "worlds": {"alpha": 6}}).encode() + b"\n"
    (directory / "commit.log").write_bytes(head + b"".join(map(line, entries)))


def test_a_directory_of_the_first_format_is_read_and_written_anew(tmp_path: Path):
    directory_of_format_1(tmp_path)
    with opened(tmp_path) as (worlds, store):
        assert [each.text for each in worlds.find("alpha")[NOTES]] == ["in the file", "in the log"]
        assert [each.text for each in worlds.find("beta")[NOTES]] == ["beta's"]
        assert (worlds.find("alpha").seed, worlds.find("beta").seed) == (4, 5)
        write(worlds, "alpha", "since")
        was = everything(worlds)
        checkpoint(worlds, store)
        for name in ("alpha", "beta"):
            tables = json.loads((tmp_path / "worlds" / f"{name}.json").read_bytes())
            assert tables["_world"]["1"]["format"] == FORMAT
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was
        worlds.reset("alpha")
        # What it was made with is lost: what was found counts.
        assert [each.text for each in worlds.find("alpha")[NOTES]] == ["in the file"]


def test_a_crash_right_after_the_change_of_format_loses_nothing(tmp_path: Path):
    directory_of_format_1(tmp_path)
    with opened(tmp_path) as (worlds, _):
        write(worlds, "beta", "since")
        was = everything(worlds)
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was


@pytest.mark.parametrize("lacking", ["sequence", "header"])
def test_an_older_file_that_lacks_something_is_told(lacking: str, tmp_path: Path):
    directory_of_format_1(tmp_path)
    path = tmp_path / "worlds" / "alpha.json"
    tables = json.loads(path.read_bytes())
    del tables["_world"]["1"][lacking]
    path.write_text(json.dumps(tables))
    with pytest.raises(MockserverError, match=rf"alpha\.json is damaged: it lacks '{lacking}'"), opened(tmp_path):
        pass


def test_stock_tinydb_reads_searches_inserts_and_updates(tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        worlds.create("alpha")
        for text in ("one", "two", "three"):
            write(worlds, "alpha", text, secret=f"{text}'s")
        checkpoint(worlds, store)
    with TinyDB(tmp_path / "worlds" / "alpha.json") as stock:
        notes = stock.table("toy.notes")
        assert [each.doc_id for each in notes.all()] == [1, 2, 3]
        assert [each["id"] for each in notes.all()] == ["note-1", "note-2", "note-3"]
        (found,) = notes.search(Query().text == "two")
        assert found["secret"] == "two's"
        assert notes.insert({"id": "theirs", "text": "by hand"}) == 4
        notes.update({"text": "changed"}, Query().id == "note-1")
        notes.remove(Query().id == "note-3")
        assert stock.table("_world").all()[0]["header"]["name"] == "alpha"
    with opened(tmp_path) as (worlds, store):
        assert [(each.id, each.text) for each in worlds.find("alpha")[NOTES]] == [
            ("note-1", "changed"),
            ("note-2", "two"),
            ("theirs", "by hand"),
        ]
        assert worlds.owner_of("three's") is None
        write(worlds, "alpha", "four")
        checkpoint(worlds, store)
    with TinyDB(tmp_path / "worlds" / "alpha.json") as stock:
        assert [each["text"] for each in stock.table("toy.notes").all()] == ["changed", "two", "by hand", "four"]


def test_only_worlds_that_changed_are_written(tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        for name in ("alpha", "beta"):
            worlds.create(name)
        checkpoint(worlds, store)
        write(worlds, "beta", "x")
        assert [row.header.name for row, _ in store.begin_checkpoint(worlds.save).worlds] == ["beta"]
    with opened(tmp_path) as (worlds, store):
        assert [row.header.name for row, _ in store.begin_checkpoint(worlds.save).worlds] == ["beta"]
