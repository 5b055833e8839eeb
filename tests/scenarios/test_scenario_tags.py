"""Tags: what a scenario may say, and that scenarios are found and told by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import jsonschema
import pytest

from mockserver import resources
from mockserver.app import build_app, load_platforms
from mockserver.errors import InvalidFile
from mockserver.scenarios import load_scenario
from mockserver.scenarios.schema import json_schema
from mockserver.server import running
from mockserver.settings import Settings
from tests.support import PLAIN, Live

STEPS = "steps:\n  - action: motar.start_ato_request\n"


def test_a_scenario_has_the_tags_of_its_head() -> None:
    assert load_scenario(f"name: a\ntags: [smoke, sign-in, v2]\n{STEPS}", "a.yaml").tags == ("smoke", "sign-in", "v2")
    assert load_scenario(f"name: a\n{STEPS}", "a.yaml").tags == ()


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ("smoke", 'a.yaml:2:1: $.tags: expected a list, got "smoke"'),
        ("[smoke, Sign In]", "a.yaml:2:15: $.tags[1]: expected lower-case words with dashes"),
        ("[Sign In]", "did you mean 'sign-in'?"),
        ("[-]", 'got "-"'),
        ('["smoke\\n"]', "did you mean 'smoke'?"),
        ("[404]", "$.tags[0]: expected a string, got 404"),
        ("[a, b, a]", '$.tags[2]: expected each tag once, got "a" again'),
        (f"[{'a' * 41}]", "up to 40 characters"),
        ("{a: b}", "$.tags: expected a list"),
    ],
)
def test_what_cannot_be_a_tag_is_told_with_what_was_meant(tags: str, told: str) -> None:
    with pytest.raises(InvalidFile) as refused:
        load_scenario(f"name: a\ntags: {tags}\n{STEPS}", "a.yaml")
    assert told in str(refused.value)
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(("tags", "good"), [(["sign-in"], True), (["Sign In"], False), (["a" * 41], False)])
def test_the_schema_knows_what_a_tag_looks_like(tags: list[str], good: bool) -> None:
    schema = json_schema(action for platform in load_platforms() for action in platform.actions)
    scenario = {"name": "a", "tags": tags, "steps": [{"action": "motar.start_ato_request"}]}
    assert jsonschema.Draft202012Validator(schema).is_valid(scenario) is good


def test_every_shipped_scenario_has_a_tag_that_the_page_tells() -> None:
    page = (resources.shelf("docs") / "scenarios.md").read_text()
    for name in resources.shipped("scenarios"):
        tags = load_scenario(resources.read("scenarios", name).text, name).tags
        assert tags, name
        assert [tag for tag in tags if f"| `{tag}` |" not in page] == [], name


def test_scenarios_are_listed_by_tag_kept_ones_after_a_restart_as_well(tmp_path: Path) -> None:
    def listed(url: str, query: str) -> list[tuple[str, list[str]]]:
        answer = httpx2.get(f"{url}/_mock/scenarios?{query}", **PLAIN).json()
        return [(each["name"], each["tags"]) for each in answer["scenarios"]]

    settings = Settings(data=str(tmp_path))
    with running(build_app(settings)) as url:
        for name, tags in (("mine/a", "[mine, smoke]"), ("mine/b", "[other]"), ("motar/token-refresh", "[mine]")):
            text = f"name: {name}\ntags: {tags}\n{STEPS}"
            assert httpx2.post(f"{url}/_mock/scenarios", json={"text": text}, **PLAIN).status_code == 201
        refused = httpx2.get(f"{url}/_mock/scenarios?tag=Sign+In", **PLAIN)
        assert (refused.status_code, "sign-in" in refused.json()["problems"][0]["did_you_mean"]) == (400, True)
        assert httpx2.get(f"{url}/_mock/scenarios?tags=smoke", **PLAIN).status_code == 400
    with running(build_app(settings)) as url:
        assert listed(url, "tag=mine") == [("mine/a", ["mine", "smoke"]), ("motar/token-refresh", ["mine"])]
        assert [name for name, _ in listed(url, "tag=other&tag=mine")] == ["mine/a", "mine/b", "motar/token-refresh"]
        smoke = [name for name, _ in listed(url, "tag=smoke")]
        assert {"mine/a", "motar/ato-happy-path", "os1/app-to-development"} <= set(smoke)
        assert listed(url, "tag=nobody") == []
        run = httpx2.post(f"{url}/_mock/worlds/default/runs", json={"scenario": "mine/a"}, **PLAIN).json()
        assert run["tags"] == ["mine", "smoke"]


def test_a_recording_is_tagged_as_one(world: Live, server: str) -> None:
    world.control.post("recording", json={"name": f"recordings/{world.name}"})
    world.act("motar.start_ato_request")
    assert "tags:\n  - recorded\n" in world.control.post("recording/stop").json()["text"]
    entries: list[dict[str, Any]] = httpx2.get(f"{server}/_mock/scenarios?tag=recorded", **PLAIN).json()["scenarios"]
    assert f"recordings/{world.name}" in [each["name"] for each in entries]
