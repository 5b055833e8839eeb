"""Basic login: where an administrator allows it, a handle and a password are tokens at once."""

from __future__ import annotations

from collections.abc import Callable

import httpx2
import pytest

from tests.motar.helpers import (
    accepted,
    action_refused,
    basic,
    bearer,
    last_violations,
    plugin_basic,
    refresh,
    refused,
    status,
)
from tests.support import Live


@pytest.fixture
def allowed(world: Live) -> Live:
    """A world whose plugin may use basic login."""
    assert world.act("motar.allow_basic_login")["basic_login"] is True
    return world


def login(world: Live, user: str = "@olivia", password: str = "offline", **changes: str | None) -> httpx2.Response:
    right: dict[str, str | None] = {
        "clientId": world.plugin["client_id"],
        "authorization": basic(user, password),
    }
    headers = {name: value for name, value in {**right, **changes}.items() if value is not None}
    return world.http.get("/auth/basic", headers=headers)


@pytest.mark.parametrize("user", ["@olivia", "olivia"])
def test_the_tokens_are_in_the_headers_and_the_body_is_empty(allowed: Live, user: str):
    answer = login(allowed, user)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["cache-control"] == "no-store"
    assert last_violations(allowed) == {}
    assert allowed.journal(kind="inbound")[-1]["authenticated_by"] == "basic"
    access = answer.headers["access_token"]
    assert answer.headers["accesstoken"] == access
    assert allowed.http.get("/user/v1/my/profile", headers=bearer(access)).json()["handle"] == "@olivia"
    assert refresh(allowed, answer.headers["refresh_token"]).status_code == 200
    request = allowed.act("motar.start_ato_request")["request_id"]
    accepted(status(allowed, bearer(access), requestId=request))


def test_the_client_id_may_come_under_the_older_name(allowed: Live):
    answer = login(allowed, clientId=None, client_id=allowed.plugin["client_id"])
    assert answer.status_code == 200


def test_without_prefix_the_client_id_in_the_header_leads_to_its_world(new_world: Callable[..., Live], server: str):
    for world in (new_world(), new_world()):
        world.act("motar.allow_basic_login")
        headers = {"clientId": world.plugin["client_id"], "authorization": basic("@olivia", "offline")}
        answer = httpx2.get(f"{server}/auth/basic", headers=headers, trust_env=False)
        assert answer.status_code == 200
        assert world.journal(kind="inbound")[-1]["addressed_by"] == "credential: client_id"


def test_it_is_off_until_an_administrator_allows_it_and_from_when_one_does_not(world: Live):
    refused(login(world), 401, "4014", "motar.allow_basic_login")
    action_refused(world.try_act("motar.allow_basic_login", by="@olivia"), "no MOTAR administrator")
    refused(login(world), 401, "4014")
    world.act("motar.allow_basic_login", plugin=world.plugin["client_id"], by="@admin")
    assert login(world).status_code == 200
    world.act("motar.allow_basic_login", allowed=False)
    refused(login(world), 401, "4014")


def test_the_switch_is_each_apps_own(allowed: Live):
    other = allowed.act("motar.create_plugin", organization="Harbor Assurance", redirect_uris=["x:/y"])
    allowed.act("motar.configure_plugin", plugin=other["name"], request_endpoint="http://127.0.0.1:9/")
    allowed.act("motar.activate_plugin", plugin=other["name"])
    refused(login(allowed, clientId=other["client_id"]), 401, "4014", other["name"])


@pytest.mark.parametrize(
    ("changes", "status_code", "code", "words"),
    [
        ({"clientId": None}, 400, "4001", "clientId is missing"),
        ({"clientId": "iok-cid-nobody"}, 401, "4011", "iok-cid-nobody"),
        ({"clientId": ""}, 400, "4001", "clientId is missing"),
        ({"authorization": None}, 401, "4016", "Authorization header is missing"),
        ({"authorization": "Bearer x"}, 401, "4011", "must be Basic"),
        ({"authorization": "Basic"}, 401, "4011", "must be Basic"),
        ({"authorization": "Basic !!!"}, 401, "4011", "must be Basic"),
        ({"authorization": "Basic //79"}, 401, "4011", "must be Basic"),
        ({"authorization": basic("@olivia", "wrong")}, 401, "4011", "do not belong together"),
        ({"authorization": basic("@nobody", "offline")}, 401, "4011", "do not belong together"),
        ({"authorization": basic("", "")}, 401, "4011", "do not belong together"),
        ({"authorization": basic("@olivia", "ö☃")}, 401, "4011", "do not belong together"),
    ],
)
def test_a_login_that_cannot_be_is_refused_in_body_and_headers(
    allowed: Live, changes: dict[str, str | None], status_code: int, code: str, words: str
):
    refused(login(allowed, **changes), status_code, code, words)
    assert allowed.documents("motar.sessions") == []


def test_the_apps_own_credentials_are_told_from_a_users(allowed: Live):
    header = plugin_basic(allowed)["authorization"]
    refused(login(allowed, authorization=header), 401, "4011", "the app's credentials")


def test_a_client_id_in_the_query_is_told_where_it_belongs(allowed: Live):
    answer = allowed.http.get("/auth/basic", params={"client_id": allowed.plugin["client_id"]})
    refused(answer, 400, "4001", "in the query")


def test_an_inactive_plugin_lets_nobody_in(allowed: Live):
    allowed.act("motar.deactivate_plugin")
    refused(login(allowed), 401, "4013", "motar.activate_plugin")


def test_ordinary_routes_never_take_a_users_basic(allowed: Live):
    header = {"authorization": basic("@olivia", "offline")}
    refused(allowed.http.get("/user/v1/my/profile", headers=header), 403, "4034", "access token")
    refused(status(allowed, header, requestId="x"), 401, "4011")


def test_it_gives_no_consent(allowed: Live):
    login(allowed)
    assert allowed.documents("motar.consents") == []


def test_the_session_ends_when_it_is_revoked(allowed: Live):
    token = login(allowed).headers["access_token"]
    assert allowed.act("motar.revoke_session", user="@olivia")["sessions"] == 1
    refused(allowed.http.get("/oauth/session/validate", headers=bearer(token)), 403, "4034", "revoked")


def test_only_get_is_taken(allowed: Live):
    refused(allowed.http.post("/auth/basic"), 405, "4006", "GET")
