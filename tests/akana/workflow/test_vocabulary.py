"""The vendor's names: those that lint knows are those that the domain has, with the same arguments."""

from __future__ import annotations

import pytest

from mockserver.platforms.akana.registry import registry
from mockserver.platforms.akana.templates import BUILTIN
from mockserver.platforms.akana.workflow import vocabulary
from mockserver.platforms.akana.workflow.variables import BUILT_IN
from tests.akana.page import PAGE


@pytest.mark.parametrize("kind", PAGE)
def test_every_name_on_the_vendors_page_is_known(kind):
    assert set(PAGE[kind].split()) <= set(getattr(vocabulary.APP_VERSION, kind))


@pytest.mark.parametrize("kind", ["functions", "conditions"])
def test_what_lint_knows_runs_with_the_arguments_that_lint_checks(kind):
    known, run = getattr(vocabulary.APP_VERSION, kind), getattr(registry(), kind)
    assert {name: entry.arguments for name, entry in run.items()} == known


def test_every_variable_is_filled_in_by_the_domain_or_the_engine():
    assert {*registry().variables, *BUILT_IN} == vocabulary.VARIABLES


@pytest.mark.parametrize(
    ("names", "kind"), [(vocabulary.NOTIFICATIONS, "notification"), (vocabulary.BOARD_ITEMS, "board")]
)
def test_every_template_has_a_text(names, kind):
    assert names == {id for id, template in BUILTIN.items() if template.kind == kind}
