"""The report of a run tells what happened and shows no secret, wherever it is read."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests.support import CLIENT_SECRET, PLAIN, Live

SCENARIO = """
name: secrets/everywhere
steps:
  - action: motar.start_ato_request
  - id: signed_in
    action: motar.sign_in
    with: {user: "@olivia"}
    outputs: {code: "$response.body#/code", where: "$response.body#/redirect_url"}
  - verify: {method: POST, path: "/oauth/token/{$steps.signed_in.outputs.code}"}
    count: 1
"""


@pytest.fixture
def control(world: Live) -> httpx2.Client:
    return world.control


def run(control: httpx2.Client, **headers: str) -> httpx2.Response:
    answer = control.post("runs", json={"text": SCENARIO}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer


def secrets_of(world: Live) -> list[str]:
    codes = [each["code"] for each in world.documents("motar.authorization_codes")]
    assert codes
    return [*codes, world.plugin["client_secret"], CLIENT_SECRET]


def test_a_report_has_placeholders_where_secrets_stood(world: Live, control: httpx2.Client, server: str):
    answer = run(control)
    kept = httpx2.get(f"{server}/_mock/runs/{answer.json()['id']}", **PLAIN)
    for each in (answer, kept):
        assert not [secret for secret in secrets_of(world) if secret in each.text]
        steps = each.json()["steps"]
        assert steps[1]["outputs"]["code"] == "{code-1}"
        assert "{code-1}" in json.dumps(steps[2])


def test_events_and_the_report_at_their_end_agree_on_placeholders(world: Live, control: httpx2.Client):
    answer = run(control, accept="application/x-ndjson")
    assert not [secret for secret in secrets_of(world) if secret in answer.text]
    events: list[dict[str, Any]] = [json.loads(line) for line in answer.text.splitlines()]
    assert events[-1]["event"] == "ended"
    finished = [each["step"] for each in events if each["event"] == "finished"]
    assert finished[1]["outputs"] == events[-1]["run"]["steps"][1]["outputs"]


def test_the_same_run_has_the_same_placeholders(control: httpx2.Client):
    first, second = run(control).json(), run(control).json()
    assert [each["outputs"] for each in first["steps"]] == [each["outputs"] for each in second["steps"]]
