"""Launching an app with a code: where the browser is sent, and how the code is exchanged."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.motar.helpers import action_refused, bearer, exchange, last_violations, refused
from tests.motar.v2 import v2_exchange, v2_refused
from tests.support import Live

URI = "trainer://launch"


@pytest.fixture
def launchable(world: Live) -> Live:
    """A world whose plugin has a Desktop Launch URI."""
    assert world.act("motar.configure_launch", launch_uri=URI)["launch_uri"] == URI
    return world


def test_the_browser_is_sent_to_the_launch_uri_with_parameters_and_code(launchable: Live):
    launched = launchable.act(
        "motar.launch_app", user="@olivia", parameters={"extLessonId": "sp101", "classId": "a b&c"}
    )
    assert set(launched) == {"user", "launch_uri", "code", "redirect_url"}
    assert (launched["user"], launched["launch_uri"]) == ("@olivia", URI)
    assert launched["redirect_url"].startswith(URI + "?")
    assert parse_qsl(urlsplit(launched["redirect_url"]).query) == [
        ("studentId", launchable.user("@olivia")["id"]),
        ("extLessonId", "sp101"),
        ("classId", "a b&c"),
        ("code", launched["code"]),
    ]


def test_a_client_that_splits_the_whole_url_finds_the_code(launchable: Live):
    launched = launchable.act("motar.launch_app", user="@olivia")
    pieces = re.split("[&=]", launched["redirect_url"])
    assert pieces[pieces.index("code") + 1] == launched["code"]


def test_the_code_is_exchanged_without_redirect_uri_and_nothing_is_told(launchable: Live):
    code = launchable.act("motar.launch_app", user="@olivia")["code"]
    plugin = launchable.plugin
    body = {
        "code": code,
        "client_id": plugin["client_id"],
        "client_secret": plugin["client_secret"],
        "grant_type": "authorization_code",
    }
    answer = launchable.http.post(
        "/oauth/token", content=json.dumps(body), headers={"content-type": "application/json"}
    )
    assert answer.status_code == 200, answer.text
    assert last_violations(launchable) == {}
    profile = launchable.http.get("/user/v1/my/profile", headers=bearer(answer.json()["access_token"]))
    assert profile.json()["handle"] == "@olivia"
    refused(exchange(launchable, code, redirect_uri=None), 400, "4008")


@pytest.mark.parametrize(("redirect_uri", "status"), [(URI, 200), ("http://127.0.0.1:8700/motar/callback", 400)])
def test_a_redirect_uri_that_is_sent_has_to_be_the_launch_uri(launchable: Live, redirect_uri: str, status: int):
    code = launchable.act("motar.launch_app", user="@olivia")["code"]
    assert exchange(launchable, code, redirect_uri=redirect_uri).status_code == status


def test_the_code_is_no_token(launchable: Live):
    code = launchable.act("motar.launch_app", user="@olivia")["code"]
    refused(launchable.http.get("/user/v1/my/profile", headers=bearer(code)), 403, "4034", "authorization code")


def test_the_code_expires_and_is_not_for_pkce(launchable: Live):
    code = launchable.act("motar.launch_app", user="@olivia")["code"]
    v2_refused(v2_exchange(launchable, code), 400, "invalid_grant", 4015, "/oauth/token")
    launchable.control.post("clock/advance", json={"by": "10m"})
    refused(exchange(launchable, code, redirect_uri=None), 401, "4015", "expired")


def test_launching_gives_consent(launchable: Live):
    launchable.act("motar.launch_app", user="@olivia")
    plugin, user = launchable.plugin, launchable.user("@olivia")
    assert [each["id"] for each in launchable.documents("motar.consents")] == [f"{user['id']}/{plugin['client_id']}"]


def test_without_the_box_ticked_no_code_is_passed(launchable: Live):
    launchable.act("motar.configure_launch", with_code=False)
    launched = launchable.act("motar.launch_app", user="@olivia", parameters={"lesson": "1"})
    assert launched["code"] is None
    assert [name for name, _ in parse_qsl(urlsplit(launched["redirect_url"]).query)] == ["studentId", "lesson"]
    assert launchable.documents("motar.consents") == launchable.documents("motar.authorization_codes") == []


def test_without_a_launch_uri_it_is_the_first_redirect_uri(launchable: Live):
    launchable.act("motar.configure_launch", launch_uri=None)
    launched = launchable.act("motar.launch_app", user="@olivia")
    assert launched["launch_uri"] == launchable.plugin["redirect_uris"][0]


def test_a_launch_uri_with_a_query_keeps_it(launchable: Live):
    launchable.act("motar.configure_launch", launch_uri="https://app.example/start?from=motar")
    launched = launchable.act("motar.launch_app", user="@olivia")
    assert launched["redirect_url"].startswith("https://app.example/start?from=motar&studentId=")


@pytest.mark.parametrize("name", ["url", "studentId", "", "ä", "self", "parameters"])
def test_a_parameter_may_be_called_anything_but_code(launchable: Live, name: str):
    launched = launchable.act("motar.launch_app", user="@olivia", parameters={name: "x"})
    query = parse_qsl(urlsplit(launched["redirect_url"]).query, keep_blank_values=True)
    assert (name, "x") in query
    action_refused(
        launchable.try_act("motar.launch_app", user="@olivia", parameters={"code": "x"}), "adds the code", hint="out"
    )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({}, 400),
        ({"user": "@nobody"}, 404),
        ({"user": "@olivia", "plugin": "Nobody's"}, 404),
        ({"user": "@olivia", "parameters": {"a": 1}}, 400),
        ({"user": "@olivia", "parameters": ["a"]}, 400),
        ({"user": "@olivia", "parameter": {}}, 400),
    ],
)
def test_a_launch_that_cannot_be_is_refused(launchable: Live, arguments: dict[str, Any], status: int):
    assert launchable.try_act("motar.launch_app", **arguments).status_code == status
    assert launchable.documents("motar.authorization_codes") == []


def test_an_inactive_plugin_is_not_launched(launchable: Live):
    launchable.act("motar.deactivate_plugin")
    action_refused(launchable.try_act("motar.launch_app", user="@olivia"), "not active", hint="motar.activate_plugin")


@pytest.mark.parametrize("uri", ["launch", "javascript:alert(1)", "http://", "trainer://launch#x", "trainer://a b"])
def test_a_launch_uri_that_cannot_be_one_is_refused(launchable: Live, uri: str):
    action_refused(launchable.try_act("motar.configure_launch", launch_uri=uri), "cannot be a launch URI")
    assert launchable.plugin["launch_uri"] == URI


def test_launches_are_configured_by_the_plugins_developers(launchable: Live):
    action_refused(launchable.try_act("motar.configure_launch", with_code=False, by="@olivia"), "does not belong")
    assert launchable.act("motar.configure_launch", with_code=False, by="@dmitri")["launch_with_code"] is False
