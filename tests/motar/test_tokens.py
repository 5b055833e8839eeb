"""The token endpoint: every placement, every error, rotation and lifetimes."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.motar.helpers import (
    accepted,
    advance,
    basic,
    bearer,
    code_for,
    exchange,
    exchange_form,
    last_violations,
    refresh,
    refresh_form,
    refused,
    send,
    tokens_for,
)
from tests.support import PLAIN, Live

PLACES = ("query", "form", "json")
GRANTS = ("authorization_code", "refresh_token")


def parameters(world: Live, grant: str, **changes: str | None) -> dict[str, str]:
    """Right parameters of a fresh grant, with some changed or left out."""
    if grant == "authorization_code":
        return exchange_form(world, code_for(world), **changes)
    return refresh_form(world, tokens_for(world)["refresh_token"], **changes)


# What is answered


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("grant", GRANTS)
def test_parameters_travel_in_query_form_or_json(world: Live, place: str, grant: str):
    answer = send(world, place, parameters(world, grant))
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert list(body) == ["access_token", "refresh_token", "expires_in", "token_type"]
    assert (body["expires_in"], body["token_type"]) == ("1d", "Bearer")
    assert last_violations(world) == {}
    accepted(world.http.get("/oauth/token/validate", headers=bearer(body["access_token"])))


@pytest.mark.parametrize("grant", GRANTS)
def test_tokens_are_in_the_headers_too_under_both_spellings(world: Live, grant: str):
    answer = send(world, "form", parameters(world, grant))
    body = answer.json()
    assert answer.headers["accesstoken"] == answer.headers["access_token"] == body["access_token"]
    assert answer.headers["refreshtoken"] == answer.headers["refresh_token"] == body["refresh_token"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", None])
def test_an_empty_body_of_any_type_leaves_the_query(world: Live, content_type: str | None):
    headers = {} if content_type is None else {"content-type": content_type}
    answer = world.http.post("/oauth/token", params=parameters(world, "authorization_code"), headers=headers)
    assert answer.status_code == 200


def test_the_body_wins_over_the_query(world: Live):
    right = parameters(world, "authorization_code")
    answer = world.http.post("/oauth/token", params={**right, "client_secret": "iok-cse-old"}, data=right)
    assert answer.status_code == 200


def test_json_null_is_as_good_as_absent(world: Live):
    right: dict[str, Any] = parameters(world, "authorization_code")
    assert world.http.post("/oauth/token", json={**right, "refresh_token": None}).status_code == 200


def test_client_id_is_taken_in_camel_case(world: Live):
    right = parameters(world, "authorization_code")
    assert send(world, "json", {**right, "clientId": right.pop("client_id")}).status_code == 200


@pytest.mark.parametrize("grant", GRANTS)
def test_http_basic_works_and_is_told(world: Live, grant: str):
    right = parameters(world, grant)
    headers = {"authorization": basic(right.pop("client_id"), right.pop("client_secret"))}
    assert world.http.post("/oauth/token", data=right, headers=headers).status_code == 200
    assert "HTTP Basic" in last_violations(world)["headers.authorization"]["reason"]
    assert world.journal(kind="inbound")[-1]["authenticated_by"] == "basic"
    refused(world.http.post("/oauth/token", data=right, headers={"authorization": basic("x", "y")}), 401, "4011")


def test_http_basic_besides_the_parameters_is_ignored_and_told(world: Live):
    right = parameters(world, "authorization_code")
    assert world.http.post("/oauth/token", data=right, headers={"authorization": basic("x", "y")}).status_code == 200
    assert "ignored" in last_violations(world)["headers.authorization"]["reason"]
    assert world.journal(kind="inbound")[-1]["authenticated_by"] == "client_secret"


def test_a_missing_redirect_uri_is_told_since_launch_codes_have_none(world: Live):
    assert exchange(world, code_for(world), redirect_uri=None).status_code == 200
    assert "redirect_uri" in last_violations(world)
    world.control.put("settings", json={"core": {"strict": True}})
    code = code_for(world)
    refused(exchange(world, code, redirect_uri=None), 400, "4003", "strict")
    assert exchange(world, code).status_code == 200


def test_an_unknown_parameter_is_told(world: Live):
    assert exchange(world, code_for(world), audience="x", access_token="old", code_verifier="v").status_code == 200
    assert set(last_violations(world)) == {"audience"}


def test_an_access_token_looks_like_the_vendors(world: Live):
    header, payload, _ = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) if n < 2 else part
        for n, part in enumerate(tokens_for(world)["access_token"].split("."))
    )
    assert header == {"alg": "HS256", "typ": "JWT"}
    assert set(payload) == {"token", "iat", "exp", "aud", "iss"}
    assert payload["aud"] == world.plugin["client_id"]
    assert payload["exp"] - payload["iat"] == 86400
    subject, _, tail = payload["token"].partition("$")
    assert (len(subject), len(tail)) == (162, 32)


# What is refused

REFUSALS: list[tuple[str, dict[str, str | None], int, str, str]] = [
    ("authorization_code", {"grant_type": None}, 400, "4001", "grant_type is missing"),
    ("authorization_code", {"grant_type": ""}, 400, "4001", "grant_type is missing"),
    ("authorization_code", {"grant_type": "password"}, 400, "4003", "authorization_code or refresh_token"),
    ("authorization_code", {"grant_type": "code"}, 400, "4003", "not 'code'"),
    ("authorization_code", {"client_id": None}, 400, "4001", "client_id is missing"),
    ("authorization_code", {"client_secret": None}, 400, "4001", "client_secret is missing"),
    (
        "authorization_code",
        {"client_secret": None, "clientSecret": "x"},
        400,
        "4001",
        "Did you mean it by clientSecret?",
    ),
    ("authorization_code", {"client_id": "iok-cid-nobody"}, 401, "4011", "No app has the client_id"),
    ("authorization_code", {"client_secret": "iok-cse-wrong"}, 401, "4012", "client_secret is not the one"),
    ("authorization_code", {"client_secret": "☃"}, 401, "4012", "client_secret"),
    ("authorization_code", {"code": None}, 400, "4001", "code is missing"),
    ("authorization_code", {"code": "nonsense"}, 401, "4015", "not issued to this client"),
    ("authorization_code", {"redirect_uri": "http://x.test/"}, 400, "4003", "the code was issued for"),
    ("refresh_token", {"refresh_token": None}, 400, "4001", "refresh_token is missing"),
    ("refresh_token", {"refresh_token": "nonsense"}, 403, "4034", "not issued to this client"),
    ("refresh_token", {"client_secret": "iok-cse-wrong"}, 401, "4012", "client_secret"),
    ("refresh_token", {"client_id": None, "client_secret": None}, 400, "4001", "client_secret is missing"),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("grant", "changes", "status", "code", "words"), REFUSALS)
def test_what_is_wrong_is_refused_and_uses_nothing_up(
    world: Live, place: str, grant: str, changes: dict[str, str | None], status: int, code: str, words: str
):
    right = parameters(world, grant)
    wrong = {name: value for name, value in {**right, **changes}.items() if value is not None}
    refused(send(world, place, wrong), status, code, words)
    assert send(world, place, right).status_code == 200


def test_a_code_works_once(world: Live):
    code = code_for(world)
    first = exchange(world, code)
    refused(exchange(world, code), 400, "4008", "used already")
    accepted(world.http.get("/oauth/token/validate", headers=bearer(first.json()["access_token"])))


def test_two_hundred_exchanges_of_one_code_at_once_yield_one_token(world: Live):
    form = exchange_form(world, code_for(world))

    async def race() -> list[int]:
        limits = httpx2.Limits(max_connections=40)
        async with httpx2.AsyncClient(base_url=world.url, limits=limits, timeout=30, **PLAIN) as client:
            answers = await asyncio.gather(*(client.post("/oauth/token", data=form) for _ in range(200)))
        return [answer.status_code for answer in answers]

    statuses = asyncio.run(race())
    assert (statuses.count(200), statuses.count(400)) == (1, 199)
    assert len(world.documents("motar.sessions")) == 1


def test_a_code_expires(world: Live):
    in_time, late = code_for(world), code_for(world)
    advance(world, "599s")
    assert exchange(world, in_time).status_code == 200
    advance(world, "1s")
    refused(exchange(world, late), 401, "4015", "expired at", "it is 20")


def test_how_long_a_code_lives_is_a_setting(world: Live):
    world.control.put("settings", json={"motar": {"code_lifetime": "30s"}})
    code = code_for(world)
    advance(world, "30s")
    refused(exchange(world, code), 401, "4015", "expired")


def second_client(world: Live) -> dict[str, Any]:
    world.act(
        "motar.create_plugin",
        organization="Harbor Assurance",
        name="Second",
        request_endpoint="http://127.0.0.1:9/",
        redirect_uris=world.plugin["redirect_uris"],
    )
    active: dict[str, Any] = world.act("motar.activate_plugin", plugin="Second")
    return active


def test_a_code_and_a_refresh_token_belong_to_their_client(world: Live):
    code, tokens, second = code_for(world), tokens_for(world), second_client(world)
    own = {"client_id": second["client_id"], "client_secret": second["client_secret"]}
    refused(exchange(world, code, **own), 401, "4015", "not issued to this client")
    refused(refresh(world, tokens["refresh_token"], **own), 403, "4034", "not issued to this client")
    assert exchange(world, code).status_code == 200
    assert refresh(world, tokens["refresh_token"]).status_code == 200


def test_both_tokens_rotate_and_a_refresh_token_works_once(world: Live):
    old = tokens_for(world)
    new = refresh(world, old["refresh_token"]).json()
    assert new["access_token"] != old["access_token"]
    assert new["refresh_token"] != old["refresh_token"]
    refused(refresh(world, old["refresh_token"]), 400, "4008", "used already")
    for token in (old["access_token"], new["access_token"]):
        accepted(world.http.get("/oauth/token/validate", headers=bearer(token)))
    assert refresh(world, new["refresh_token"]).status_code == 200


def test_a_refresh_token_expires(world: Live):
    tokens = tokens_for(world)
    advance(world, "30d")
    refused(refresh(world, tokens["refresh_token"]), 403, "4034", "expired at")


def test_the_nonce_comes_with_every_token_of_the_session(world: Live):
    tokens = exchange(world, code_for(world, nonce="n1")).json()
    assert tokens["nonce"] == "n1"
    assert refresh(world, tokens["refresh_token"]).json()["nonce"] == "n1"


@pytest.mark.parametrize(("expires_in", "seconds"), [("1d", 86400), (3600, 3600), (1, 1)])
def test_expires_in_and_the_lifetime_go_together(world: Live, expires_in: str | int, seconds: int):
    world.control.put("settings", json={"motar": {"expires_in": expires_in}})
    tokens = tokens_for(world)
    assert tokens["expires_in"] == expires_in
    advance(world, f"{seconds - 1}s")
    accepted(world.http.get("/oauth/token/validate", headers=bearer(tokens["access_token"])))
    advance(world, "1s")
    refused(world.http.get("/oauth/token/validate", headers=bearer(tokens["access_token"])), 401, "4010", "refresh")
    assert refresh(world, tokens["refresh_token"]).json()["expires_in"] == expires_in


@pytest.mark.parametrize("expires_in", ["2d", 0, -1, "3600", None, 1.5, 10**12])
def test_no_other_expires_in_can_be_set(world: Live, expires_in: object):
    answer = world.control.put("settings", json={"motar": {"expires_in": expires_in}})
    assert answer.status_code == 400
    assert "expires_in" in answer.text


@pytest.mark.parametrize(
    "settings",
    [
        {"code_lifetime": "soon"},
        {"refresh_lifetime": -1},
        {"request_endpoint": "nonsense"},
        {"distribution_endpoint": "ftp://x/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"plugin_auth": "digest"},
        {"repeated_provider_id": "replace"},
        {"unknown": 1},
    ],
)
def test_a_setting_that_does_not_fit_is_refused_by_its_name(world: Live, settings: dict[str, Any]):
    before = world.control.get("settings").json()
    answer = world.control.put("settings", json={"motar": settings})
    assert answer.status_code == 400
    assert next(iter(settings)) in answer.text
    assert world.control.get("settings").json() == before


def test_credentials_alone_find_their_world(new_world: Callable[..., Live], server: str):
    one, two = new_world(), new_world()
    with httpx2.Client(base_url=server, **PLAIN) as client:
        for world in (one, two):
            tokens = client.post("/oauth/token", data=exchange_form(world, code_for(world))).json()
            refreshed = client.post("/oauth/token", params=refresh_form(world, tokens["refresh_token"])).json()
            profile = client.get("/user/v1/my/profile", headers=bearer(refreshed["access_token"])).json()
            assert profile["userId"] == world.user("@olivia")["id"]
            accepted(client.post("/oauth/logout", json={"refresh_token": refreshed["refresh_token"]}))
            rules = [each["addressed_by"] for each in world.journal(kind="inbound")]
            assert rules == [
                "credential: code",
                "credential: refresh_token",
                "credential: access_token",
                "credential: refresh_token",
            ]
