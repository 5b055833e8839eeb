"""The two workflows that ship use together everything on the vendor's page, and lint has nothing to say about them."""

from __future__ import annotations

import pytest

from mockserver import resources
from mockserver.platforms.akana.workflow import vocabulary
from mockserver.platforms.akana.workflow.definition import Definition
from mockserver.platforms.akana.workflow.lint import lint
from mockserver.platforms.akana.workflow.reader import read
from mockserver.platforms.akana.workflow.variables import names_in
from mockserver.platforms.akana.workflow.walk import invocations
from tests.akana.page import PAGE

FILES = sorted(resources.shelf("fixtures").glob("akana/*.xml"))


def used(definition: Definition, kind: str) -> set[str]:
    called = list(invocations(definition))
    match kind:
        case "functions" | "conditions":
            return {call.type for of, _, call in called if of == kind.removesuffix("s")}
        case "variables":
            return {name for _, _, call in called for arg in call.args for name in names_in(arg.value)}
    return {action.name for action in definition.actions()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_lint_has_nothing_to_say(path):
    assert list(lint(path.read_text(), path.name, vocabulary.APP_VERSION)) == []


@pytest.mark.parametrize("kind", PAGE)
def test_together_they_use_every_name_on_the_vendors_page(kind):
    both = [read(path.read_text(), path.name) for path in FILES]
    assert len(both) == 2
    assert set(PAGE[kind].split()) <= set().union(*(used(each, kind) for each in both))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_they_name_beyond_the_page_is_known_as_well(path):
    definition = read(path.read_text(), path.name)
    assert used(definition, "functions") <= set(vocabulary.APP_VERSION.functions)
    reserved = {name for name in used(definition, "reserved") if name.startswith(("@", "reserved-"))}
    assert reserved <= {*vocabulary.APP_VERSION.reserved, *vocabulary.APP_VERSION.initial}
