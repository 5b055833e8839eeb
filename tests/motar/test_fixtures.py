"""Seed data: what ships, whose credentials it uses, and how a broken file is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from mockserver import resources
from mockserver.errors import InvalidFile
from mockserver.platforms.motar import fixtures
from tests.support import CLIENT_ID, CLIENT_SECRET, PLAIN, Live

QUICKSTART = "motar/quickstart"


def read(text: str) -> list[tuple[int | None, int | None, str, str, str, str | None]]:
    """The problems of a fixture file: line, column, path, expected, got, did you mean."""
    with pytest.raises(InvalidFile) as told:
        fixtures.read(text, "broken.yaml")
    assert told.value.source == "broken.yaml"
    return [
        (each.line, each.column, each.path, each.expected, each.got, each.did_you_mean) for each in told.value.problems
    ]


# What ships


def test_quickstart_holds_a_vendor_and_an_owner_each_with_people(world: Live):
    organizations = {each["id"]: each for each in world.documents("motar.organizations")}
    assert [each["name"] for each in organizations.values()] == ["Harbor Assurance", "Skyline Training"]
    assert [each["ato_permission"] for each in organizations.values()] == [True, False]
    people = {
        (organizations[each["organization"]]["name"] if each["organization"] else None, each["role"]): each["handle"]
        for each in world.documents("motar.users")
        if not each["motar_admin"]
    }
    assert people == {
        ("Harbor Assurance", "owner"): "@vera",
        ("Harbor Assurance", "developer"): "@dmitri",
        ("Harbor Assurance", "member"): "@noor",
        ("Skyline Training", "owner"): "@olivia",
        ("Skyline Training", "developer"): "@devon",
        ("Skyline Training", "member"): "@marco",
        (None, "member"): "@sam",
    }
    assert [each["handle"] for each in world.documents("motar.users") if each["motar_admin"]] == ["@admin"]


def test_quickstart_holds_an_app_with_distributions_and_a_configured_plugin(world: Live):
    (app,) = world.documents("motar.apps")
    assert app["owners"] == [world.user("@olivia")["id"]]
    assert [each["version"] for each in world.documents("motar.distributions")] == ["1.0.0", "1.1.0"]
    (plugin,) = world.documents("motar.plugins")
    assert plugin["active"] is True
    for name in ("redirect_uris", "request_endpoint", "distribution_endpoint"):
        assert plugin[name], name


def test_every_shipped_fixture_is_valid_and_its_mails_lead_nowhere():
    for name in resources.shipped("fixtures"):
        if not name.startswith("motar/"):
            continue
        text = resources.read("fixtures", name)
        file = fixtures.read(text.text, text.source).file
        people = [*file.users, *(user for each in file.organizations for user in each.users)]
        assert all(user.email.endswith((".example", ".test")) for user in people)


def test_default_uses_the_credentials_that_the_fixture_spells_out(server: str):
    (plugin,) = httpx2.get(f"{server}/_mock/worlds/default/documents/motar.plugins", **PLAIN).json()["documents"]
    assert (plugin["client_id"], plugin["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)


def test_elsewhere_they_are_minted_the_same_on_every_run(new_world: Callable[..., Live]):
    worlds = [new_world(name="minted"), new_world(name="minted-too")]
    ids = [world.plugin["client_id"] for world in worlds]
    assert len({CLIENT_ID, *ids}) == 3
    for identifier in ids:
        prefix, _, digits = identifier.rpartition("-")
        assert prefix == "iok-cid"
        assert len(digits) == 48
        int(digits, 16)
    worlds[0].drop()
    assert new_world(name="minted").plugin["client_id"] == ids[0]


def test_a_setting_keeps_them_literal_behind_the_prefix(new_world: Callable[..., Live]):
    world = new_world(settings={"core": {"fixture_credentials": "literal"}})
    assert (world.plugin["client_id"], world.plugin["client_secret"]) == (CLIENT_ID, CLIENT_SECRET)
    world.act("motar.start_ato_request")
    form = {
        "grant_type": "authorization_code",
        "code": world.act("motar.sign_in", user="@olivia")["code"],
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "redirect_uri": world.plugin["redirect_uris"][0],
    }
    assert world.http.post("/oauth/token", data=form).status_code == 200


def test_settings_say_where_the_plugin_lives_instead_of_the_fixture(new_world: Callable[..., Live]):
    here = {
        "request_endpoint": "http://127.0.0.1:9/r",
        "distribution_endpoint": "http://127.0.0.1:9/d",
        "redirect_uri": "http://127.0.0.1:9/c",
    }
    plugin = new_world(settings={"motar": here}).plugin
    assert plugin["request_endpoint"] == here["request_endpoint"]
    assert plugin["distribution_endpoint"] == here["distribution_endpoint"]
    assert plugin["redirect_uris"] == [here["redirect_uri"]]


# Files that people write

MINIMAL = """\
organizations:
  - name: Vendor
    ato_permission: true
    users:
      - {handle: "@a", password: p, first_name: A, last_name: B, email: a@x.test, role: owner}
    plugins:
      - {name: P, active: false}
"""


def test_a_minimal_file_will_do(new_world: Callable[..., Live], tmp_path: Path):
    file = tmp_path / "minimal.yaml"
    file.write_text(MINIMAL)
    world = new_world(fixtures=[str(file)])
    assert world.plugin["active"] is False
    assert world.user("@a")["role"] == "owner"


def test_types_are_told_all_at_once_with_line_column_and_what_was_meant():
    assert read(
        """\
organizations:
  - name: Vendor
    ato_permision: yes
    users:
      - {handle: "@a", password: 5, first_name: A, email: a@x.test, role: ownr}
    plugins:
      - name: P
        redirect_uris: http://127.0.0.1:9/
"""
    ) == [
        (
            *(3, 5, "$.organizations[0].ato_permision"),
            'one of the keys "name", "phone", "ato_permission", "users", "apps", "plugins"',
            *('the key "ato_permision"', "ato_permission"),
        ),
        (5, 9, "$.organizations[0].users[0].last_name", "a string", "nothing", None),
        (5, 24, "$.organizations[0].users[0].password", "a string", "5", None),
        (5, 69, "$.organizations[0].users[0].role", 'one of "owner", "developer", "member"', '"ownr"', "owner"),
        (8, 9, "$.organizations[0].plugins[0].redirect_uris", "a list", '"http://127.0.0.1:9/"', None),
    ]


INCONSISTENT = """\
organizations:
  - name: Vendor
    users:
      - {handle: "@a", password: p, first_name: A, last_name: B, email: a@x.test}
      - {handle: b, password: p, first_name: A, last_name: B, email: b@x.test}
    apps:
      - {name: App, bundle_id: x.app, owners: ["@aa"]}
      - {name: App, bundle_id: x.app, owners: []}
    plugins:
      - name: P
        client_id: iok-cid-1
        request_endpoint: nonsense
        redirect_uris: ["javascript:alert(1)"]
      - {name: P, client_id: iok-cid-1, active: false}
  - name: Vendor
users:
  - {handle: "@a", password: p, first_name: A, last_name: B, email: c@x.test}
"""


def test_what_types_cannot_say_is_told_all_at_once_too():
    told = [(line, column, path, meant) for line, column, path, _, _, meant in read(INCONSISTENT)]
    assert told == [
        (5, 10, "$.organizations[0].users[1].handle", "@b"),
        (7, 48, "$.organizations[0].apps[0].owners[0]", "@a"),
        (8, 10, "$.organizations[0].apps[1].name", None),
        (8, 39, "$.organizations[0].apps[1].owners", None),
        (10, 9, "$.organizations[0].plugins[0].active", None),
        (12, 9, "$.organizations[0].plugins[0].request_endpoint", None),
        (13, 25, "$.organizations[0].plugins[0].redirect_uris[0]", None),
        (14, 10, "$.organizations[0].plugins[1].name", None),
        (14, 19, "$.organizations[0].plugins[1].client_id", None),
        (15, 5, "$.organizations[1].name", None),
        (17, 6, "$.users[0].handle", None),
    ]


def test_an_inconsistency_says_what_was_expected_and_what_came():
    expected = {path: (wanted, got) for _, _, path, wanted, got, _ in read(INCONSISTENT)}
    assert expected["$.organizations[0].apps[0].owners[0]"] == ("the handle of a user of Vendor", "'@aa'")
    assert expected["$.organizations[1].name"] == ("a name not used at $.organizations[0].name", "'Vendor'")
    assert "ato_permission: true" in expected["$.organizations[0].plugins[0].active"][0]
    assert "must not be redirected to javascript:" in expected["$.organizations[0].plugins[0].redirect_uris[0]"][0]


@pytest.mark.parametrize("content", ["", "[]", "17", "organizations: {", "a: &x [*x]", "\x00", "organizations: ~"])
def test_a_file_that_is_none_is_refused(server: str, tmp_path: Path, content: str):
    file = tmp_path / "broken.yaml"
    file.write_text(content)
    answer = httpx2.post(f"{server}/_mock/worlds", json={"name": "broken", "fixtures": [str(file)]}, **PLAIN)
    assert answer.status_code == 400, answer.text
    assert answer.json()["problems"]
    assert httpx2.get(f"{server}/_mock/worlds/broken", **PLAIN).status_code == 404


def test_two_fixtures_that_name_the_same_people_are_a_conflict(server: str, tmp_path: Path):
    file = tmp_path / "again.yaml"
    file.write_text('users:\n  - {handle: "@sam", password: p, first_name: A, last_name: B, email: a@x.test}\n')
    spec = {"name": "doubled", "fixtures": [QUICKSTART, str(file)]}
    answer = httpx2.post(f"{server}/_mock/worlds", json=spec, **PLAIN)
    assert answer.status_code == 409
    assert "@sam" in answer.json()["detail"]
    assert httpx2.get(f"{server}/_mock/worlds/doubled", **PLAIN).status_code == 404
