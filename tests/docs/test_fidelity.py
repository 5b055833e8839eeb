from __future__ import annotations

from pathlib import Path

from mockserver.app import load_platforms
from mockserver.cli.fidelity import document

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_fidelity_page_is_what_the_code_says():
    assert (DOCS / "fidelity.md").read_text(encoding="utf-8") == document(), "stale: run `make fidelity`"


def test_every_route_action_and_setting_is_on_the_page():
    page = document()
    for platform in load_platforms():
        named = [route.name for route in platform.routes]
        named += [action.name for action in platform.actions if not action.internal]
        named += list(platform.settings.__struct_fields__) if platform.settings else []
        assert [name for name in named if f"`{name}`" not in page] == []
