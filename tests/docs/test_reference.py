"""The generated pages are what the code says, and leave nothing out."""

from __future__ import annotations

from typing import get_type_hints, is_typeddict

import msgspec
import pytest

from mockserver.app import load_platforms, schema_of
from mockserver.cli import COMMANDS
from mockserver.cli.reference import PAGES, main
from mockserver.scenarios.steps import KINDS
from mockserver.settings import Settings
from mockserver.world.matching import Match
from mockserver.world.settings import CoreSettings
from tests.docs.pages import DOCS


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name):
    written = (DOCS / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert written == PAGES[name](), "stale: run `make docs`"


def test_nothing_else_is_in_the_reference():
    assert {path.stem for path in (DOCS / "reference").iterdir()} == set(PAGES)


def test_pages_are_written_where_they_differ(tmp_path, capsys):
    main(tmp_path)
    assert {path.stem for path in tmp_path.iterdir()} == set(PAGES)
    capsys.readouterr()
    main(tmp_path)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_on_its_page(command):
    assert f"\n## mockserver {command}\n" in PAGES["cli"]()


def test_every_setting_is_on_its_page():
    page, of_worlds = PAGES["settings"](), PAGES["world-settings"]()
    assert [name for name in Settings.__struct_fields__ if f"`MOTAR_MOCK_{name.upper()}`" not in page] == []
    names = [*CoreSettings.__struct_fields__]
    names += [name for each in load_platforms() if each.settings for name in each.settings.__struct_fields__]
    assert [name for name in names if f"| `{name}` |" not in of_worlds] == []


def test_every_action_and_argument_is_on_its_page():
    page = PAGES["actions"]()
    for platform in load_platforms():
        for action in (each for each in platform.actions if not each.internal):
            if not action.name.startswith("core."):
                section = page.partition(f"\n## {action.name}\n")[2].partition("\n## ")[0]
                assert [each for each in action.schema().get("properties", {}) if f"`{each}`" not in section] == []


def test_every_action_says_what_it_answers():
    page = PAGES["actions"]()
    for platform in load_platforms():
        for action in (each for each in platform.actions if not each.internal):
            section = page.partition(f"\n## {action.name}\n")[2].partition("\n## ")[0]
            answer = section.partition("\nIt answers ")[2]
            assert answer, action.name
            assert platform.name != "motar" or answer.strip() != "object.", (
                f"{action.name} does not say of which fields"
            )
            if is_typeddict(action.result):
                fields = get_type_hints(action.result)
                assert [each for each in fields if f"| `{each}` |" not in answer] == [], action.name


def test_every_collection_and_field_is_on_its_page():
    page = PAGES["documents"]()
    for kind in schema_of(load_platforms()).kinds:
        section = page.partition(f"\n## {kind.name}\n")[2].partition("\n## ")[0]
        fields = [field.encode_name for field in msgspec.structs.fields(kind.type)]
        assert [each for each in fields if f"| `{each}` |" not in section] == [], kind.name
    assert "| `alerts[].type` | `error` or `info` or `success` or `warning` |" in PAGES["actions"]()
    assert "| `cancelled` | instant, as ISO 8601 or null |" in page


def test_the_language_has_every_kind_of_step_and_what_can_be_matched():
    page = PAGES["scenario-language"]()
    assert [kind for kind in KINDS if f"\n### {kind}\n" not in page] == []
    assert [name for name in Match.__struct_fields__ if f"| `{name}` |" not in page] == []
    assert "Raises" not in page
