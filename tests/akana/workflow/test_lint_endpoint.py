"""Lint over the control API, against what a world knows."""

from __future__ import annotations

import pytest

from tests.akana.workflow.files import AS_PRINTED, FRAGMENTS
from tests.akana.workflow.written import action, functions, step, workflow

LINT = "/akana/workflows/lint"


def test_findings_come_with_rule_line_and_advice(world):
    text = workflow(step(10, "\n" + action(11, "@Deleet", functions("pre", "deleteAppVersion"))))
    answer = world.control.post(LINT, json={"text": text, "source": "app.xml"})
    assert answer.status_code == 200
    assert answer.json()["errors"] == 0
    assert answer.json()["findings"][-1] == {
        "rule": "unknown-reserved-action",
        "severity": "warning",
        "line": 2,
        "message": "the platform looks for no action '@Deleet'",
        "advice": "Did you mean '@Delete'?",
    }


@pytest.mark.parametrize("path", FRAGMENTS, ids=lambda path: path.stem)
def test_a_world_knows_everything_on_the_vendors_page(world, path):
    answer = world.control.post(LINT, json={"text": path.read_text(), "source": path.name})
    assert answer.json() == {"errors": 0, "warnings": 0, "findings": []}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"text": AS_PRINTED[0].read_text(), "source": "piece.xml"}, "expected"),
        ({"text": "<html/>"}, "expected"),
        ({"text": "<action/>", "for": "app-versoin"}, "did_you_mean"),
        ({"txt": "<action/>"}, "did_you_mean"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_every_problem(world, body, told):
    answer = world.control.post(LINT, json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["problems"][0][told]


def test_contract_workflows_have_reserved_actions_of_their_own(world):
    text = workflow(step(10, action(11, "@AppDeleted")))
    found = [
        [each["rule"] for each in world.control.post(LINT, json={"text": text, "for": kind}).json()["findings"]]
        for kind in ("app-version", "api-contract")
    ]
    assert found == [["no-way-out", "unknown-reserved-action"], ["no-way-out"]]
