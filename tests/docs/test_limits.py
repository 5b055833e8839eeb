"""The table of bounds names every one there is, with the default it has."""

from __future__ import annotations

import re

import msgspec
import pytest

from mockserver.settings import Settings
from mockserver.world.settings import CoreSettings
from tests.docs.pages import DOCS

ROW = re.compile(r"^\| `(?:--|core\.)([\w-]+)` \| ([^|]+) \|", re.MULTILINE)
UNITS = {"KiB": 1024, "MiB": 1024 * 1024, "s": 1}


def told() -> dict[str, float]:
    """By name of the setting, what the page gives as its default."""
    found = {}
    for name, text in ROW.findall((DOCS / "limits.md").read_text(encoding="utf-8")):
        number, _, unit = text.strip().partition(" ")
        if number != "none":
            found[name.replace("-", "_")] = float(number.replace(",", "")) * UNITS.get(unit, 1)
    return found


def bounds(settings: msgspec.Struct) -> dict[str, float]:
    values = msgspec.structs.asdict(settings)
    return {name: float(value) for name, value in values.items() if name.startswith(("max_", "journal_"))}


@pytest.mark.parametrize("settings", [Settings(), CoreSettings()], ids=["server", "world"])
def test_every_bound_stands_on_the_page_with_its_default(settings: msgspec.Struct):
    page = told()
    assert {name: page.get(name) for name in bounds(settings)} == bounds(settings)
