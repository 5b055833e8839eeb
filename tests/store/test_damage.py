"""What is torn is dropped, what is damaged is told, and nothing is guessed."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mockserver.errors import InvalidFile, MockserverError
from mockserver.store.worlds_store import DirectoryStore
from mockserver.world.collection import Kind
from mockserver.world.world import CORE_KINDS
from tests.store.support import checkpoint, everything, opened, write
from tests.toy import NOTES

LOG = "commit.log"


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A directory with a world in a file, and a log with three more notes."""
    directory = tmp_path / "data"
    with opened(directory) as (worlds, store):
        worlds.create("alpha")
        write(worlds, "alpha", "in the file")
        checkpoint(worlds, store)
        for n in range(3):
            write(worlds, "alpha", f"in the log {n}")
    return directory


def texts(directory: Path) -> list[str]:
    with opened(directory) as (worlds, _):
        return [note.text for note in worlds.find("alpha")[NOTES]]


def test_a_log_cut_off_anywhere_loses_the_cut_off_line_and_says_so(kept: Path, caplog: pytest.LogCaptureFixture):
    whole = (kept / LOG).read_bytes()
    *_, last_line = whole.splitlines(keepends=True)
    last = len(whole) - len(last_line)
    for length in (last + 1, last + 5, last + 40, len(whole) - 2, len(whole) - 1):
        (kept / LOG).write_bytes(whole[:length])
        caplog.clear()
        assert texts(kept) == ["in the file", "in the log 0", "in the log 1"]
        assert "ended in half a line, which was dropped" in caplog.text
        assert (kept / LOG).stat().st_size == last
    caplog.clear()
    (kept / LOG).write_bytes(whole[:last])
    assert len(texts(kept)) == 3
    assert not caplog.records


def test_a_last_line_of_garbage_is_dropped_and_the_log_goes_on(kept: Path, caplog: pytest.LogCaptureFixture):
    with (kept / LOG).open("ab") as file:
        file.write(b"\0" * 100 + b"\n")
    with opened(kept) as (worlds, _):
        write(worlds, "alpha", "after it")
    assert "was dropped" in caplog.text
    assert texts(kept)[-2:] == ["in the log 2", "after it"]


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda lines: [*lines[:2], lines[2].replace(b"log 1", b"log 7"), *lines[3:]], "line 3: the checksum"),
        (lambda lines: [*lines[:2], b"\n", *lines[2:]], "line 3: the checksum"),
        (lambda lines: [*lines[:2], lines[2][:20] + b"\n", *lines[3:]], "line 3: the checksum"),
        (lambda lines: [*lines[:2], *lines[3:]], "line 3: entry 4 was expected, and 5 came"),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], "line 3: entry 4 was expected, and 3 came"),
        (lambda lines: lines[1:], "does not say its format"),
        (lambda lines: [b"not json\n", *lines[1:]], "line 1: it is not the header"),
        (lambda lines: [b'{"format":2}\n', *lines[1:]], "line 1: Object missing required field"),
        (lambda lines: [], "line 1: it is not the header"),
    ],
)
def test_damage_in_the_middle_stops_the_start(damage: Callable[[list[bytes]], list[bytes]], told: str, kept: Path):
    before = damage((kept / LOG).read_bytes().splitlines(keepends=True))
    (kept / LOG).write_bytes(b"".join(before))
    with pytest.raises(MockserverError, match=told) as error, opened(kept):
        pass
    assert str(kept / LOG) in str(error.value)
    assert error.value.hint
    assert (kept / LOG).read_bytes() == b"".join(before)


def test_doing_what_the_message_says_starts_it_again(kept: Path):
    lines = (kept / LOG).read_bytes().splitlines(keepends=True)
    (kept / LOG).write_bytes(b"".join([*lines[:2], b"garbage\n", *lines[3:]]))
    with pytest.raises(MockserverError, match=r"head -n 2\)"), opened(kept):
        pass
    (kept / LOG).write_bytes(b"".join(lines[:2]))
    assert texts(kept) == ["in the file", "in the log 0"]


def test_a_directory_put_together_from_different_times_is_refused(kept: Path, tmp_path: Path):
    shutil.copytree(kept, tmp_path / "earlier")
    with opened(kept) as (worlds, store):
        checkpoint(worlds, store)
        write(worlds, "alpha", "later")
    shutil.copy(tmp_path / "earlier" / "worlds" / "alpha.json", kept / "worlds")
    with pytest.raises(MockserverError, match="whose file is older than the log") as error, opened(kept):
        pass
    assert "move the logs" in str(error.value)
    (kept / "worlds" / "alpha.json").unlink()
    with pytest.raises(MockserverError, match="whose file is missing"), opened(kept):
        pass
    shutil.copy(tmp_path / "earlier" / "worlds" / "alpha.json", kept / "worlds")
    (kept / LOG).unlink()
    assert texts(kept) == ["in the file"]


def test_a_crash_between_the_files_and_the_end_of_the_old_log_changes_nothing(kept: Path):
    with opened(kept) as (worlds, store):
        worlds.create("dropped")
        checkpoint(worlds, store)
        write(worlds, "alpha", "more")
        worlds.drop("dropped")
        unfinished = store.begin_checkpoint(worlds.save)
        write(worlds, "alpha", "meanwhile")
        was = everything(worlds)
        logs = {path: path.read_bytes() for path in kept.glob("*.log")}
        assert len(logs) == 2
        unfinished.write()
        assert len(list(kept.glob("*.log"))) == 1
    for path, data in logs.items():
        path.write_bytes(data)
    with opened(kept) as (worlds, store):
        assert everything(worlds) == was
        write(worlds, "alpha", "and on")
        checkpoint(worlds, store)
        was = everything(worlds)
    assert len(list(kept.glob("*.log"))) == 1
    with opened(kept) as (worlds, _):
        assert everything(worlds) == was


def test_a_crash_before_the_files_are_written_changes_nothing(kept: Path):
    with opened(kept) as (worlds, store):
        write(worlds, "alpha", "before")
        store.begin_checkpoint(worlds.save)
        write(worlds, "alpha", "after")
        store.begin_checkpoint(worlds.save)
        write(worlds, "alpha", "at last")
        was = everything(worlds)
    assert len(list(kept.glob("*.log"))) == 3
    with opened(kept) as (worlds, _):
        assert everything(worlds) == was
    (kept / LOG).unlink()
    with opened(kept) as (worlds, store):
        assert [note.text for note in worlds.find("alpha")[NOTES]][-1] == "after"
        write(worlds, "alpha", "new log")
    assert texts(kept)[-1] == "new log"


def rewritten(path: Path, change: Callable[[Any], None]) -> None:
    data = json.loads(path.read_bytes())
    change(data)
    path.write_text(json.dumps(data, indent=2))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda data: data["toy.notes"]["1"].update(text=5), r"\$\['toy.notes'\]\['1'\].text: expected .*, got"),
        (lambda data: data["toy.notes"]["1"].pop("id"), r"\$\['toy.notes'\]\['1'\]"),
        (
            lambda data: data["toy.notes"].update({"2": data["toy.notes"]["1"]}),
            r"\['2'\].id: expected a key of its own",
        ),
        (lambda data: data.update({"toy.nots": {}}), r"\$\['toy.nots'\]: expected a table this version knows"),
        (lambda data: data.update({"toy.notes": []}), r"expected documents by their numbers, got list"),
        (lambda data: data["_world"]["1"]["header"].update(name="beta"), r"header.name: expected 'alpha', as the file"),
        (lambda data: data["_world"]["1"].pop("seed"), "the row about the world"),
        (lambda data: data.pop("_world"), "does not say its format"),
        (lambda data: data["_world"]["1"].update(format=99), "has format 99; this version reads up to 2"),
        (lambda data: data.pop("core.clock"), r"\$\['core.clock'\]: expected the world's clock"),
        (
            lambda data: data["core.settings"]["1"]["values"].update(core={"strict": 5}),
            r"\$\['core.settings'\]\[0\].values.core.strict",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_told_with_its_document(change: Callable[[Any], None], told: str, kept: Path):
    rewritten(kept / "worlds" / "alpha.json", change)
    with pytest.raises(MockserverError, match=told) as error, opened(kept):
        pass
    assert str(kept / "worlds" / "alpha.json") in str(error.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"\xff", b'{"_world": {"1": []}}', b"[" * 100_000])
def test_a_file_that_is_none_is_told(content: bytes, kept: Path):
    (kept / "worlds" / "alpha.json").write_bytes(content)
    with pytest.raises(MockserverError, match=r"alpha\.json is damaged|does not say its format"), opened(kept):
        pass


def test_all_that_does_not_fit_in_a_file_is_told_at_once(kept: Path):
    def change(data: Any) -> None:
        data["toy.notes"]["1"]["text"] = 5
        data["old.things"] = {}

    rewritten(kept / "worlds" / "alpha.json", change)
    with pytest.raises(InvalidFile) as error, opened(kept):
        pass
    assert len(error.value.problems) == 2


class Other(msgspec.Struct, frozen=True):
    """What a later version could make of a note."""

    id: str
    text: int


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ((Kind("toy.notes", Other),), "a document of toy.notes does not fit this version: Expected `int`, got `str`"),
        ((), "this version knows no documents 'toy.notes'"),
    ],
)
def test_a_document_in_the_log_that_no_longer_fits_is_told_with_its_line(
    kinds: tuple[Kind[Any], ...], told: str, tmp_path: Path
):
    with opened(tmp_path) as (worlds, _):
        worlds.create("alpha")
        write(worlds, "alpha", "a")
    store = DirectoryStore(tmp_path)
    with pytest.raises(MockserverError, match=f"line 3, world 'alpha': {told}") as error:
        store.load((*CORE_KINDS, *kinds))
    assert "Start the version that wrote it" in str(error.value)


def test_a_log_of_a_newer_format_is_refused_and_left_alone(kept: Path):
    lines = (kept / LOG).read_bytes().splitlines(keepends=True)
    header = json.loads(lines[0])
    newer = json.dumps({**header, "format": 3, "more": True}).encode() + b"\n" + b"".join(lines[1:])
    (kept / LOG).write_bytes(newer)
    with pytest.raises(MockserverError, match="has format 3; this version reads up to 2") as error, opened(kept):
        pass
    assert "newer mockserver" in str(error.value)
    assert (kept / LOG).read_bytes() == newer


def test_nothing_is_logged_about_a_directory_that_is_well(kept: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    assert len(texts(kept)) == 4
    assert caplog.messages == []
