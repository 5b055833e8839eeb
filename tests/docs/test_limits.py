"""The tables of bounds name every one there is, with the value it has, and say what happens beyond it."""

from __future__ import annotations

import re

import msgspec
import pytest

from mockserver import server
from mockserver.checking import yaml_reader
from mockserver.platforms.akana.workflow import xml
from mockserver.recordings import proxy, recorder, reel
from mockserver.scenarios import caller
from mockserver.settings import Settings
from mockserver.store import library
from mockserver.wire import Limits, multipart
from mockserver.world import faults, matchers, ownership, worlds
from mockserver.world.settings import CoreSettings
from tests.docs.pages import DOCS

ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \|((?: [^|]+ \|)+)$", re.MULTILINE)
SETTING = re.compile(r"`(?:--|core\.)([\w-]+)`")
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "s": 1}

FIXED: dict[str, tuple[float, ...]] = {
    "values that YAML aliases stand for": (yaml_reader.MOST_EXPANDED,),
    "a workflow file, before and after its entities are replaced": (xml.MAX_BYTES, xml.MAX_EXPANDED),
    "elements in each other in a workflow file": (xml.MAX_DEPTH,),
    "parts of a form": (multipart.MAX_PARTS,),
    "bytes of requests that led to no world": (worlds.MAX_UNADDRESSED_BYTES,),
    "credentials of dropped worlds that are remembered": (ownership.MAX_TOMBSTONES,),
    "names of dropped worlds that are remembered": (worlds.MAX_FATES,),
    "runs in the library": (library.MAX_RUNS,),
    "versions of a scenario in the library": (library.MAX_VERSIONS,),
    "faults of a world": (faults.MAX_FAULTS,),
    "seconds that a fault may hold a call": (faults.LONGEST_DELAY,),
    "seconds that an answer of a scenario may be held": (faults.LONGEST_DELAY,),
    "nesting of a match": (matchers.MAX_DEPTH,),
    "characters of a text that a pattern is tried on": (matchers.MAX_SUBJECT,),
    "bytes of an answer to a scenario's call": (caller.MAX_RESPONSE,),
    "bytes of an action's answer that a recording compares": (recorder.LARGEST_ANSWER,),
    "bytes of one body that a recording of an upstream keeps (`record --max-body`)": (proxy.MAX_BODY,),
    "seconds that an upstream may be silent (`record --timeout`)": (proxy.TIMEOUT,),
    "bytes of a recording of an upstream": (reel.MOST_BYTES,),
    "seconds that a connection may idle": (server.KEEP_ALIVE,),
}


def rows() -> dict[str, tuple[str, list[str]]]:
    """By what stands in the first column: the second, and those after it."""
    text = (DOCS / "limits.md").read_text(encoding="utf-8")
    found = ROW.findall(text.partition("## Bounds")[2])
    return {first: (second, [each.strip() for each in rest.strip("|").split("|")]) for first, second, rest in found}


def numbers(text: str) -> tuple[float, ...]:
    found = re.findall(r"([\d,]*\d)(?: (\w+))?", text)
    return tuple(float(number.replace(",", "")) * UNITS.get(unit, 1) for number, unit in found)


def bounds(settings: msgspec.Struct) -> dict[str, float | None]:
    names = ("max_", "journal_", "world_ttl", "webhook_timeout")
    return {name: value for name, value in msgspec.structs.asdict(settings).items() if name.startswith(names)}


@pytest.mark.parametrize("settings", [Settings(), CoreSettings()], ids=["server", "world"])
def test_every_bound_stands_on_the_page_with_its_default(settings: msgspec.Struct):
    page = {name[1].replace("-", "_"): told for row, (told, _) in rows().items() if (name := SETTING.fullmatch(row))}
    for name, value in bounds(settings).items():
        assert name in page, f"docs/limits.md does not tell of {name}"
        assert (page[name] == "none") if value is None else (numbers(page[name]) == (value,)), name


def test_every_setting_on_the_page_is_one():
    known = {**bounds(Settings()), **bounds(CoreSettings())}
    told = [name[1].replace("-", "_") for row in rows() if (name := SETTING.fullmatch(row))]
    assert [each for each in told if each not in known] == []
    assert len(told) == len(known)


def test_every_bound_of_a_request_has_a_setting_that_stands_on_the_page():
    settings = {f"max_{name}" for name in Limits.__struct_fields__}
    assert settings <= set(bounds(Settings()))


def test_bounds_without_a_setting_are_told_as_they_are():
    assert {row: numbers(told) for row, (told, _) in rows().items() if row in FIXED} == FIXED
    assert [row for row in rows() if not SETTING.fullmatch(row) and row not in FIXED and "---" not in row] == [
        "Setting of the server",
        "Setting of a world",
        "Fixed",
    ]


def test_what_happens_beyond_is_told_of_each():
    assert [row for row, (_, rest) in rows().items() if not all(rest)] == []
