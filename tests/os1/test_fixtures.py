"""Fixture files of OS1: what ships, what each slip is told as, and whose credentials count where."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from mockserver import resources
from mockserver.errors import InvalidFile
from mockserver.platforms.os1 import fixtures
from tests.os1.helpers import CONTAINERS, LOCATIONS, YARD, Os1
from tests.support import PLAIN

TEXT = resources.read("fixtures", "os1/quickstart").text


def test_what_ships_has_two_organizations_stacks_tenants_of_both_types_and_apps_in_several_states(os1: Os1):
    documents = os1.world.documents
    assert [each["name"] for each in documents("os1.organizations")] == ["Yardworks", "Lanefleet"]
    assert {each["type"] for each in documents("os1.tenants")} == {"development", "production"}
    assert {each["id"]: each["type"] for each in documents("os1.stacks")} == {
        "sandbox": "development",
        "shared": "production",
    }
    assert {each["state"] for each in documents("os1.app_versions")} == {"LIVE", "DEVELOPMENT", "READY_TO_PUBLISH"}
    assert {each["state"] for each in documents("os1.solution_versions")} == {"LIVE", "DRAFT"}
    assert os1.held("acme") == {"locations": LOCATIONS}
    assert os1.subscribed("acme") == {"locations": LOCATIONS}
    assert os1.may("acme", "location-reader", "get", "/core/api/v1/locations")


def test_everything_in_it_can_be_onboarded_somewhere(os1: Os1):
    for version in (CONTAINERS, YARD):
        assert os1.onboarded("@asha", version, stackId="sandbox")["tenants"]["failed"] == 0


def test_its_overview_tells_a_newcomer_what_there_is(os1: Os1):
    answer = httpx2.get(str(os1.world.control.base_url).rstrip("/"), **PLAIN).json()
    overview = answer["platforms"]["os1"] if "platforms" in answer else answer["os1"]
    assert {"@asha", "@paul"} <= {each["handle"] for each in overview["users"]}
    assert [each["listing"] for each in overview["apps"]] == ["containers", "gates", "locations", "lanemap"]


@pytest.mark.parametrize(
    ("wrong", "right", "path", "words"),
    [
        ("state: LIVE", "state: ALIVE", "versions[0].state", "LIVE"),
        ("team: Containers", "team: Container", "apps[0].team", "Containers"),
        ('handle: "@dev"', 'handle: "@asha"', "users[1].handle", "not used at"),
        ('handle: "@dev"', 'handle: "dev"', "users[1].handle", "a handle"),
        ("version: 1.0.0\n            id: appversion:containers-one", "version: one", "version", "semantic"),
        ("onboarded: [locations@2.0.0]", "onboarded: [locations@3.0.0]", "onboarded[0]", "locations@2.0.0"),
        ("onboarded: [locations@2.0.0]", "onboarded: [gates@0.9.0]", "onboarded[0]", "READY_TO_PUBLISH"),
        ("subscribed: [locations]", "subscribed: [gates]", "subscribed[0]", "onboarded here"),
        ("{id: globex,", "{id: Globex,", "tenants[1].id", "2 to 16"),
        ("{id: globex,", "{id: acme,", "tenants[1].id", "not used at"),
        ("apps: [containers@1.0.0, locations@2.0.0]", "apps: [containers@1.1.0]", "apps[0]", "LIVE"),
        ("apps: [containers@1.0.0, locations@2.0.0]", "apps: [container@1.0.0]", "apps[0]", "containers@1.0.0"),
        ("permissions: [open-gate]", "permissions: [opne-gate]", "roles[0].permissions[0]", "open-gate"),
        ("teams: [Maps]}", "teams: [Map]}", "users[0].teams[0]", "Maps"),
        ("listing: gates", "listing: containers", "listing", "not used at"),
        ("summary:", "sumary:", "$.sumary", "summary"),
    ],
)
def test_each_slip_is_told_with_its_place(wrong: str, right: str, path: str, words: str):
    assert wrong in TEXT
    with pytest.raises(InvalidFile) as told:
        fixtures.read(TEXT.replace(wrong, right, 1), "mine.yaml")
    assert any(path in each.path for each in told.value.problems), str(told.value)
    assert words in str(told.value)
    assert all(each.line for each in told.value.problems)


def test_all_slips_are_told_at_once():
    text = (
        TEXT.replace("team: Containers", "team: X", 1)
        .replace("{id: globex,", "{id: Globex,")
        .replace("2.0.0]", "9]", 1)
    )
    with pytest.raises(InvalidFile) as told:
        fixtures.read(text, "mine.yaml")
    assert len(told.value.problems) >= 3


def test_both_spellings_of_states_are_read():
    file = fixtures.read(TEXT.replace("state: READY_TO_PUBLISH", "state: TECH_REVIEW"), "mine.yaml").file
    assert file.organizations[0].apps[1].versions[0].state == "TECH_REVIEW"


def test_spelled_out_credentials_are_kept_where_the_world_says_so(new_world: Callable[..., object]):
    os1 = Os1(
        new_world(  # type: ignore[arg-type]
            clock={"mode": "frozen"},
            fixtures=["os1/quickstart"],
            settings={"core": {"fixture_credentials": "literal"}},
        )
    )
    assert os1.client("containers")["client_key"] == "platform:app:client:00facade-0000-5000-8000-000000000001"
    assert os1.client_token("containers", "yarddev").status_code == 200
