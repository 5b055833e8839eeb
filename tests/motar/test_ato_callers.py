"""Who may call `POST /plugin/v1/ato/status` and `/alert`, and how everybody else is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.motar.helpers import (
    NOBODY,
    accepted,
    ato_call,
    basic,
    bearer,
    code_for,
    last_violations,
    plugin_basic,
    refresh,
    refused,
    state,
    tokens_for,
)
from tests.support import Live

CALLS = ("status", "alert")


@pytest.fixture
def started(world: Live) -> str:
    request_id: str = world.act("motar.start_ato_request")["request_id"]
    world.settle()
    return request_id


def authorizations(world: Live) -> dict[str, dict[str, str]]:
    token = tokens_for(world)["access_token"]
    return {"bearer": bearer(token), "bare": {"authorization": token}, "basic": plugin_basic(world)}


@pytest.mark.parametrize("what", CALLS)
def test_bearer_bare_token_and_basic_are_taken_and_told_apart_in_the_journal(world: Live, started: str, what: str):
    for form, headers in authorizations(world).items():
        accepted(ato_call(world, what, headers, started))
        assert world.journal(kind="inbound")[-1]["authenticated_by"] == form


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("only", ["bearer", "bare", "basic"])
def test_a_setting_refuses_all_forms_but_one(world: Live, started: str, what: str, only: str):
    forms = authorizations(world)
    world.control.put("settings", json={"motar": {"plugin_auth": only}})
    for form, headers in forms.items():
        answer = ato_call(world, what, headers, started)
        if form == only:
            accepted(answer)
        else:
            refused(answer, 401, "4011", f"{only} authorization only", form)


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_in_any_case(world: Live, started: str, scheme: str):
    token = tokens_for(world)["access_token"]
    accepted(ato_call(world, "status", {"authorization": f"{scheme} {token}"}, started))


@pytest.mark.parametrize("user", ["@olivia", "@devon", "@marco"])
def test_a_token_of_any_member_of_the_owning_organization_will_do(world: Live, started: str, user: str):
    accepted(ato_call(world, "status", bearer(tokens_for(world, user)["access_token"]), started))


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("user", ["@vera", "@noor", "@sam", "@admin"])
def test_a_token_of_another_organizations_user_is_refused(world: Live, started: str, what: str, user: str):
    answer = ato_call(world, what, bearer(tokens_for(world, user)["access_token"]), started)
    refused(answer, 403, "4032", user, "organization that owns the app")


@pytest.fixture
def second(world: Live) -> dict[str, Any]:
    """Another plugin, active."""
    world.act(
        "motar.create_plugin",
        organization="Harbor Assurance",
        name="Second",
        request_endpoint="http://127.0.0.1:9/",
        redirect_uris=["http://127.0.0.1:9/second"],
    )
    active: dict[str, Any] = world.act("motar.activate_plugin", plugin="Second")
    return active


@pytest.mark.parametrize("what", CALLS)
def test_another_plugins_basic_and_token_are_refused(world: Live, what: str, second: dict[str, Any]):
    started = world.act("motar.start_ato_request", plugin="Harbor ATO")["request_id"]
    own = {"authorization": basic(second["client_id"], second["client_secret"])}
    refused(ato_call(world, what, own, started), 403, "4032", "another plugin")
    query = {
        "client_id": second["client_id"],
        "response_type": "implicit",
        "redirect_uri": second["redirect_uris"][0],
        "state": "s",
    }
    url = str(httpx2.URL(f"{world.url}/oauth/signin", params=query))
    token = world.act("motar.sign_in", user="@olivia", url=url)["access_token"]
    refused(ato_call(world, what, bearer(token), started), 403, "4032", "another plugin")


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("request_id", [NOBODY, "", "nonsense", "\u0000", "☃", "x" * 5000])
def test_an_unknown_request_is_not_found(world: Live, started: str, what: str, request_id: str):
    refused(ato_call(world, what, plugin_basic(world), request_id), 404, "4042", "There is no ATO request")


@pytest.mark.parametrize("what", CALLS)
def test_without_authorization_the_answer_says_what_to_send(world: Live, started: str, what: str):
    for headers in ({}, {"authorization": ""}):
        refused(ato_call(world, what, headers, started), 401, "4016", "Authorization header is missing")


GARBAGE = [
    ("Bearer nonsense", 403, "4034", "not issued here"),
    ("nonsense", 403, "4034", "not issued here"),
    ("Bearer", 403, "4034", "Nothing follows"),
    ("Basic", 403, "4034", "Nothing follows"),
    ("Basic !!!", 403, "4034", "neither Bearer, Basic"),
    ("Basic bm9jb2xvbg==", 403, "4034", "neither Bearer, Basic"),
    ("Token abc", 403, "4034", "neither Bearer, Basic"),
    ("Digest username=x", 403, "4034", "neither Bearer, Basic"),
    (basic("iok-cid-nobody", "x"), 401, "4011", "client ID and its client secret"),
    (basic("", ""), 401, "4011", "client ID and its client secret"),
]


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize(("header", "http", "code", "words"), GARBAGE)
def test_garbage_in_the_authorization_header_is_explained(
    world: Live, started: str, what: str, header: str, http: int, code: str, words: str
):
    refused(ato_call(world, what, {"authorization": header}, started), http, code, words)
    assert state(world) == ("not-started", False, True)


@pytest.mark.parametrize("what", CALLS)
def test_a_wrong_secret_is_refused(world: Live, started: str, what: str):
    wrong = {"authorization": basic(world.plugin["client_id"], world.plugin["client_secret"] + "0")}
    refused(ato_call(world, what, wrong, started), 401, "4011")


@pytest.mark.parametrize("what", CALLS)
def test_an_expired_token_asks_for_a_refresh(world: Live, started: str, what: str):
    tokens = tokens_for(world)
    world.control.post("clock/advance", json={"by": "86399s"})
    accepted(ato_call(world, what, bearer(tokens["access_token"]), started))
    world.control.post("clock/advance", json={"by": "1s"})
    refused(ato_call(world, what, bearer(tokens["access_token"]), started), 401, "4010", "refresh", "expired at")
    renewed = refresh(world, tokens["refresh_token"]).json()["access_token"]
    accepted(ato_call(world, what, bearer(renewed), started))


@pytest.mark.parametrize("what", CALLS)
def test_a_code_or_refresh_token_used_as_a_token_is_explained(world: Live, started: str, what: str):
    refused(ato_call(world, what, bearer(code_for(world)), started), 403, "4034", "authorization code", "/oauth/token")
    refresh_token = tokens_for(world)["refresh_token"]
    refused(ato_call(world, what, bearer(refresh_token), started), 403, "4034", "refresh token", "/oauth/token")


@pytest.mark.parametrize("what", CALLS)
def test_a_tampered_token_and_one_of_an_ended_session_are_refused(world: Live, started: str, what: str):
    tokens = tokens_for(world)
    tampered = tokens["access_token"][:-2] + "AA"
    refused(ato_call(world, what, bearer(tampered), started), 403, "4034", "not issued here")
    world.http.post("/oauth/logout", json={"refresh_token": tokens["refresh_token"]})
    refused(ato_call(world, what, bearer(tokens["access_token"]), started), 403, "4034", "logout")


@pytest.mark.parametrize("what", CALLS)
def test_another_worlds_token_under_this_worlds_prefix_is_refused_and_told(
    world: Live, new_world: Callable[..., Live], started: str, what: str
):
    other = new_world()
    refused(ato_call(world, what, bearer(tokens_for(other)["access_token"]), started), 403, "4034")
    assert other.name in last_violations(world)["credential"]["reason"]
