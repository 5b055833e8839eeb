"""The library over HTTP: put, versions, runs of a world, progress as it happens; and what stock TinyDB sees of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tinydb import Query, TinyDB

from mockserver.app import build_app
from mockserver.server import running
from mockserver.settings import Settings
from tests.support import PLAIN

TEXT = "name: mine/one\nsteps:\n  - id: a\n    title: Somebody starts\n    action: motar.start_ato_request\n"
FAILING = "name: mine/two\nsteps:\n  - title: It comes\n    await: POST /oauth/token\n    within: 10ms\n"


@pytest.fixture
def control() -> Iterator[httpx2.Client]:
    with (
        running(build_app(Settings(port=0))) as url,
        httpx2.Client(base_url=f"{url}/_mock/", timeout=30, **PLAIN) as it,
    ):
        yield it


def put(control: httpx2.Client, text: str, name: str = "mine/one") -> httpx2.Response:
    return control.put(f"scenarios/{name}", json={"text": text, "source": "one.yaml"})


def test_a_scenario_is_put_under_the_name_it_says_itself(control: httpx2.Client) -> None:
    assert put(control, TEXT).json()["version"] == 1
    other = put(control, TEXT, "mine/other")
    assert other.status_code == 400
    assert other.json()["problems"][0]["path"] == "$.name"
    broken = put(control, TEXT.replace("action", "acton"))
    assert (broken.status_code, broken.json()["problems"][0]["line"]) == (400, 3)


def test_earlier_versions_are_listed_and_shown(control: httpx2.Client) -> None:
    put(control, TEXT)
    put(control, TEXT)
    assert put(control, TEXT.replace("Somebody", "Olivia")).json()["version"] == 2
    listed = control.get("scenario-versions/mine/one").json()["versions"]
    assert [(each["version"], each["source"]) for each in listed] == [(1, "one.yaml"), (2, "one.yaml")]
    assert control.get("scenarios/mine/one", params={"version": 1}).json()["text"] == TEXT
    assert "Olivia" in control.get("scenarios/mine/one").json()["text"]
    for path in ("scenarios/mine/one?version=3", "scenario-versions/mine/on"):
        assert control.get(path).status_code == 404
    assert control.get("scenarios/mine/one?version=x").status_code == 400


def test_a_run_is_found_in_its_world_with_what_each_step_asked_for_and_what_came(control: httpx2.Client) -> None:
    control.post("worlds", json={"name": "other"})
    good = control.post("worlds/default/runs", json={"text": TEXT}).json()
    bad = control.post("worlds/other/runs", json={"text": FAILING}).json()
    assert [each["id"] for each in control.get("worlds/default/runs").json()["runs"]] == [good["id"]]
    assert len(control.get("runs").json()["runs"]) == 2
    run = control.get(f"worlds/other/runs/{bad['id']}").json()
    (step,) = run["steps"]
    assert (step["title"], step["asks"]) == ("It comes", "Wait for POST /oauth/token")
    assert (step["outcome"], step["reason"]) == ("failed", "never came")
    assert step["seconds"] > 0
    assert "it never came" in step["details"][0]
    assert control.get(f"worlds/default/runs/{bad['id']}").status_code == 404


@pytest.mark.parametrize("media", ["application/x-ndjson", "text/event-stream"])
def test_progress_is_told_as_it_happens(control: httpx2.Client, media: str) -> None:
    with control.stream("POST", "worlds/default/runs", json={"text": FAILING}, headers={"accept": media}) as answer:
        assert answer.headers["content-type"].partition(";")[0] == media
        lines = [line for line in answer.iter_lines() if line]
    if media == "text/event-stream":
        names = [line.removeprefix("event: ") for line in lines[::2]]
        told = [json.loads(line.removeprefix("data: ")) for line in lines[1::2]]
        assert names == [event["event"] for event in told]
    else:
        told = [json.loads(line) for line in lines]
    assert [event["event"] for event in told] == ["started", "finished", "ended"]
    assert told[0]["step"]["asks"] == "Wait for POST /oauth/token"
    assert told[-1]["run"]["outcome"] == "failed"


def test_stock_tinydb_shows_scenarios_recordings_and_runs(tmp_path: Path) -> None:
    with (
        running(build_app(Settings(port=0, data=str(tmp_path)))) as url,
        httpx2.Client(base_url=f"{url}/_mock/", timeout=30, **PLAIN) as control,
    ):
        put(control, TEXT)
        put(control, TEXT + "    with: {}\n")
        run = control.post("worlds/default/runs", json={"scenario": "mine/one"}).json()
        control.post("worlds/default/recording", json={"name": "mine/recorded"})
        control.post("worlds/default/actions/motar.view_progress", json={})
        assert control.post("worlds/default/recording/stop").status_code == 200
    with TinyDB(tmp_path / "library.json") as db:
        scenario: Any = db.table("scenarios").get(Query().name == "mine/one")
        recorded: Any = db.table("scenarios").get(Query().name == "mine/recorded")
        kept: Any = db.table("runs").get(Query().scenario == "mine/one")
        versions = db.table("versions").search(Query().name == "mine/one")
    assert scenario["version"] == 2
    assert "action: motar.view_progress" in recorded["text"]
    assert recorded["source"] == "recording of the world default"
    assert (kept["id"], kept["outcome"]) == (run["id"], "passed")
    assert [each["version"] for each in versions] == [1, 2]
