"""The library: what was imported and what was run outlive the process, in a file that stock TinyDB reads."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tinydb import Query, TinyDB

from mockserver.errors import MockserverError, Unknown
from mockserver.store import library as module
from mockserver.store.library import FILE, Given, Library
from mockserver.world.store import StoreError


@pytest.fixture(params=["memory", "directory"])
def library(request: pytest.FixtureRequest, tmp_path: Path) -> Library:
    return Library(tmp_path if request.param == "directory" else None)


def test_a_scenario_is_kept_under_its_name(library: Library):
    library.put_scenario("a", "text", "a.yaml")
    library.put_scenario("b", "other", "b.yaml")
    library.put_scenario("a", "newer", "c.yaml")
    kept = library.scenario("a")
    assert (kept["source"], kept["text"], kept["version"]) == ("c.yaml", "newer", 2)
    assert [each["name"] for each in library.scenarios()] == ["a", "b"]
    library.drop_scenario("a")
    assert [each["name"] for each in library.scenarios()] == ["b"]
    library.close()


def test_earlier_versions_are_kept_up_to_a_bound_and_go_with_the_scenario(
    library: Library, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_VERSIONS", 3)
    library.put_scenario("b", "other", "b.yaml")
    for n in range(1, 6):
        library.put_scenario("a", f"text {n}", "a.yaml")
        library.put_scenario("a", f"text {n}", "again.yaml")
    assert [(each["version"], each["text"]) for each in library.versions("a")] == [
        *((3, "text 3"), (4, "text 4"), (5, "text 5")),
    ]
    library.drop_scenario("a")
    assert library.versions("a") == []
    assert len(library.versions("b")) == 1
    library.close()


def test_a_scenario_that_is_not_there_is_told_with_the_nearest(library: Library):
    library.put_scenario("happy-path", "text", "x")
    for call in (library.scenario, library.drop_scenario):
        with pytest.raises(Unknown, match="Did you mean 'happy-path'"):
            call("hapy-path")
    with pytest.raises(Unknown):
        library.run("run-1")
    library.close()


def test_runs_are_numbered_and_the_oldest_give_way(library: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_RUNS", 3)
    assert [library.add_run({"n": n}) for n in range(5)] == [f"run-{n}" for n in range(1, 6)]
    assert [each["id"] for each in library.runs()] == ["run-3", "run-4", "run-5"]
    assert library.run("run-4") == {"id": "run-4", "n": 3}
    library.close()


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path):
    first = Library(tmp_path)
    first.put_scenario("ü", "steps:\n- ✓", "a.yaml")
    first.add_run({"outcome": "passed"})
    first.close()
    second = Library(tmp_path)
    assert second.scenario("ü")["text"] == "steps:\n- ✓"
    assert second.run("run-1")["outcome"] == "passed"
    assert second.add_run({}) == "run-2"
    second.close()


def test_what_was_kept_survives_without_a_goodbye(tmp_path: Path):
    story = f"""
import os; from pathlib import Path; from mockserver.store.library import Library
library = Library(Path({str(tmp_path)!r})); library.put_scenario("a", "text", "x"); os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", story]).returncode == 9
    library = Library(tmp_path)
    assert library.scenario("a")["text"] == "text"
    library.close()


def test_stock_tinydb_reads_searches_and_updates_the_file(tmp_path: Path):
    library = Library(tmp_path)
    library.put_scenario("a", "text", "x")
    library.add_run({"outcome": "passed"})
    library.close()
    with TinyDB(tmp_path / FILE) as stock:
        found = stock.table("scenarios").get(Query().name == "a")
        assert found is not None
        assert found.doc_id == 1
        assert stock.table("runs").search(Query().outcome == "passed")
        stock.table("scenarios").update({"text": "theirs"}, Query().name == "a")
    again = Library(tmp_path)
    assert again.scenario("a")["text"] == "theirs"
    again.close()


def test_memory_leaves_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    library = Library()
    library.put_scenario("a", "text", "x")
    library.add_run({})
    library.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        b'{"scenarios": []}',
        b'{"scenarios": {"1": "x"}}',
        b'{"scenarios": {"one": {}}}',
        b'{"runs": {"1": null}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_told_and_left_alone(content: bytes, tmp_path: Path):
    (tmp_path / FILE).write_bytes(content)
    library = Library(tmp_path)
    for call in (library.scenarios, library.runs, lambda: library.put_scenario("a", "t", "s")):
        with pytest.raises(MockserverError, match="is damaged") as told:
            call()
        assert "Move it away" in str(told.value)
    assert (tmp_path / FILE).read_bytes() == content
    library.close()


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    library = Library(tmp_path)
    library.put_scenario("a", "text", "x")
    before = (tmp_path / FILE).read_bytes()
    monkeypatch.setattr("mockserver.store.directory.os.fsync", _no_space)
    with pytest.raises(StoreError, match="cannot be written"):
        library.put_scenario("b", "text", "x")
    monkeypatch.undo()
    assert (tmp_path / FILE).read_bytes() == before
    assert json.loads(before)["scenarios"]
    library.put_scenario("c", "text", "x")
    assert [each["name"] for each in library.scenarios()] == ["a", "c"]
    library.close()


def _no_space(_: int) -> None:
    raise OSError(28, "No space left on device")


def test_many_are_kept_with_a_few_writes_however_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    library = Library(tmp_path)
    given = [Given(f"n{n}", f"text {n}", "f.yaml", ("smoke",), f"/f/{n}.yaml") for n in range(50)]
    library.put_scenarios([*given[:10]])
    written = []
    write = module.write_whole
    monkeypatch.setattr(module, "write_whole", lambda *args: (written.append(1), write(*args)))
    changed = [Given(each.name, f"{each.text} and more", each.source, each.tags, each.file) for each in given]
    assert library.put_scenarios(changed) == {f"n{n}": 2 if n < 10 else 1 for n in range(50)}
    assert len(written) <= 4
    assert library.put_scenarios(changed)["n3"] == 2
    assert len(written) <= 4
    assert len(library.scenarios()) == 50
    kept = library.scenario("n3")
    assert (kept["text"], kept["tags"], kept["file"]) == ("text 3 and more", ["smoke"], "/f/3.yaml")
    library.put_scenario("n3", "text 3 and more", "by hand")
    assert (library.scenario("n3")["file"], library.scenario("n3")["version"]) == (None, 2)
    library.close()
