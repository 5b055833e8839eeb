"""OAuth2 with PKCE, in every form of challenge, with and without a secret, and with an unmodified client."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from tests.motar.browser import open_page
from tests.motar.helpers import basic, bearer, code_for, exchange, last_violations, query_of, refresh, refused
from tests.motar.v2 import (
    VERIFIER,
    challenge_of,
    v2_code,
    v2_exchange,
    v2_form,
    v2_query,
    v2_refused,
    v2_tokens,
    v2_url,
)
from tests.support import Live

HTML = {"accept": "text/html"}


def awkward_verifier() -> str:
    """One whose challenge differs between base64 and base64url."""
    candidates = (f"{n:043}" for n in range(10_000))
    return next(each for each in candidates if {"-", "_"} <= set(challenge_of(each)))


AWKWARD = awkward_verifier()
DIGEST = hashlib.sha256(AWKWARD.encode()).digest()
BASE64 = base64.b64encode(DIGEST).decode()
BASE64URL = base64.urlsafe_b64encode(DIGEST).decode()


# The page


def test_the_page_is_the_same_and_leads_back_with_a_code(world: Live):
    page = open_page(world.http, v2_url(world, state="s t"))
    assert page.status == 200
    assert page.scripts == 0
    assert "Olivia Marsh" in page.text
    location = page.press("Continue as Olivia Marsh").press("Allow").location
    assert location is not None
    back = query_of(location)
    assert list(back) == ["code", "state"]
    assert back["state"] == "s t"
    assert v2_exchange(world, back["code"]).status_code == 200


def test_the_forms_of_the_page_are_no_violation_even_where_the_client_forgot_app_login(new_world: Callable[..., Live]):
    world = new_world(clock={"mode": "frozen"})
    page = open_page(world.http, v2_url(world, app_login=None))
    assert last_violations(world).keys() == {"query.app_login"}
    assert page.press("Continue as Olivia Marsh").press("Allow").location is not None
    assert last_violations(world) == {}


def test_cancelling_says_access_denied(world: Live):
    location = open_page(world.http, v2_url(world)).press("Cancel").location
    assert location is not None
    assert query_of(location) == {"error": "access_denied", "state": "a state"}


def test_implicit_answers_tokens_in_the_redirect(world: Live):
    answered = world.act("motar.sign_in", user="@olivia", url=v2_url(world, response_type="implicit"))
    assert world.http.get("/oauth/token/validate", headers=bearer(answered["access_token"])).status_code == 200


def test_a_strict_world_is_fine_with_everything_the_table_asks_for(new_world: Callable[..., Live]):
    world = new_world(settings={"core": {"strict": True}})
    assert world.http.get("/oauth/v2/signin", params=v2_query(world)).status_code == 200
    v2_refused(world.http.get("/oauth/v2/signin", params=v2_query(world, app_login=None)), 400, "invalid_request", 4003)
    assert v2_exchange(world, v2_code(world)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error", "number", "words"),
    [
        ({"client_id": None}, 400, "invalid_request", 4001, "client_id is missing"),
        ({"client_id": "iok-cid-nobody"}, 401, "invalid_client", 4013, "No app found"),
        ({"redirect_uri": None}, 400, "invalid_request", 4001, "redirect_uri is missing"),
        ({"redirect_uri": "http://elsewhere.example/"}, 400, "invalid_request", 4003, "not registered"),
        ({"response_type": None}, 400, "invalid_request", 4001, "response_type is missing"),
        ({"response_type": "token"}, 400, "unsupported_response_type", 4002, "not supported"),
        ({"state": None}, 400, "invalid_request", 4001, "state is missing"),
        ({"app_login": "maybe"}, 400, "invalid_request", 4003, "true or false"),
        ({"code_challenge": None}, 400, "invalid_request", 4001, "code_challenge is missing"),
        ({"code_challenge": ""}, 400, "invalid_request", 4001, "code_challenge is missing"),
        (
            {"code_challenge": None, "code_chalenge": "x"},
            *(400, "invalid_request", 4001, "Did you mean it by code_chalenge?"),
        ),
        ({"code_challenge_method": None}, 400, "invalid_request", 4001, "S256"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request", 4003, "S256"),
        ({"code_challenge_method": "s256"}, 400, "invalid_request", 4003, "S256"),
        ({"code_challenge": "not base64!"}, 400, "invalid_request", 4003, "neither base64 nor base64url"),
        ({"code_challenge": "é" * 43}, 400, "invalid_request", 4003, "neither base64 nor base64url"),
        ({"code_challenge": "A"}, 400, "invalid_request", 4003, "neither base64 nor base64url"),
        ({"code_challenge": "AAAA"}, 400, "invalid_request", 4003, "holds 3 octets"),
        ({"code_challenge": DIGEST.hex()}, 400, "invalid_request", 4003, "in hexadecimal"),
        (
            {"code_challenge": base64.b64encode(DIGEST.hex().encode()).decode()},
            *(400, "invalid_request", 4003, "base64 of the hash in hexadecimal"),
        ),
        ({"code_challenge": VERIFIER}, 400, "invalid_request", 4003, "neither"),
    ],
)
def test_a_bad_request_is_refused_in_the_v2_shape_and_never_redirected(
    world: Live, changes: dict[str, str | None], status: int, error: str, number: int, words: str
):
    answer = world.http.get("/oauth/v2/signin", params=v2_query(world, **changes))
    v2_refused(answer, status, error, number, words)
    assert "location" not in answer.headers
    page = world.http.get("/oauth/v2/signin", params=v2_query(world, **changes), headers=HTML)
    assert page.status_code == status
    assert page.headers["content-type"].startswith("text/html")
    assert "location" not in page.headers


def test_an_inactive_plugin_is_an_invalid_client(world: Live):
    world.act("motar.deactivate_plugin")
    answer = world.http.get("/oauth/v2/signin", params=v2_query(world))
    v2_refused(answer, 401, "invalid_client", 4013, "motar.activate_plugin")


def test_camel_case_is_taken_and_told_here(world: Live):
    query = v2_query(world, clientId=world.plugin["client_id"], client_id=None)
    assert world.http.get("/oauth/v2/signin", params=query).status_code == 200
    assert last_violations(world)["query.clientId"]["did_you_mean"] == "client_id"


# Challenge and verifier


@pytest.mark.parametrize("challenge", [BASE64URL.rstrip("="), BASE64URL, BASE64.rstrip("="), BASE64])
@pytest.mark.parametrize("response_type", ["code"])
def test_a_challenge_may_be_base64_or_base64url_padded_or_not(world: Live, challenge: str, response_type: str):
    code = v2_code(world, code_challenge=challenge, response_type=response_type)
    assert v2_exchange(world, code, code_verifier=AWKWARD).status_code == 200


def test_a_plus_sign_that_nobody_encoded_is_understood_and_told(world: Live):
    rest = str(httpx2.QueryParams(v2_query(world, code_challenge=None)))
    assert world.http.get(f"/oauth/v2/signin?{rest}&code_challenge={BASE64}").status_code == 200
    assert ("query.code_challenge" in last_violations(world)) == ("+" in BASE64)
    code = world.act("motar.sign_in", user="@olivia", url=f"{world.url}/oauth/v2/signin?{rest}&code_challenge={BASE64}")
    assert v2_exchange(world, code["code"], code_verifier=AWKWARD).status_code == 200


@pytest.mark.parametrize(
    "verifier", ["a" * 43, "Z" * 128, "0123456789-._~" * 4, "abcdefghij/:;<=>?@[\\]^_" * 2], ids=lambda each: each[:20]
)
def test_a_verifier_of_the_vendors_set_is_taken(world: Live, verifier: str):
    code = v2_code(world, code_challenge=challenge_of(verifier))
    assert v2_exchange(world, code, code_verifier=verifier).status_code == 200
    assert ("code_verifier" in last_violations(world)) == ("?" in verifier)


@pytest.mark.parametrize(
    ("verifier", "error", "number", "words"),
    [
        (None, "invalid_request", 4001, "code_verifier is missing"),
        ("", "invalid_request", 4001, "code_verifier is missing"),
        ("a" * 42, "invalid_request", 4003, "has 42"),
        ("a" * 129, "invalid_request", 4003, "has 129"),
        ("a" * 42 + "+", "invalid_request", 4003, "has '+'"),
        ("a" * 43 + "é", "invalid_request", 4003, "has 'é'"),
        ("a" * 43 + "\n", "invalid_request", 4003, "has '\\n'"),
        ("a" * 43, "invalid_grant", 4003, "does not belong"),
        (challenge_of(VERIFIER), "invalid_grant", 4003, "the challenge itself"),
    ],
)
def test_a_wrong_verifier_is_refused_and_leaves_the_code_unused(
    world: Live, verifier: str | None, error: str, number: int, words: str
):
    code = v2_code(world)
    v2_refused(v2_exchange(world, code, code_verifier=verifier), 400, error, number, words)
    assert world.documents("motar.sessions") == []
    assert v2_exchange(world, code).status_code == 200


def test_the_verifier_is_asked_for_at_the_older_endpoint_too(world: Live):
    code = v2_code(world)
    refused(exchange(world, code), 400, "4001", "code_verifier is missing")
    assert exchange(world, code, code_verifier=VERIFIER).status_code == 200


def test_a_challenge_at_the_older_page_is_ignored_as_it_always_was(world: Live):
    code = code_for(world, code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")
    assert exchange(world, code).status_code == 200


def test_a_code_without_a_challenge_is_for_the_older_endpoint(world: Live):
    code = code_for(world)
    v2_refused(v2_exchange(world, code), 400, "invalid_grant", 4015, "/oauth/token")
    assert exchange(world, code).status_code == 200


# The token endpoint


def test_tokens_come_in_body_and_headers_with_the_nonce(world: Live):
    answer = v2_exchange(world, v2_code(world, nonce="n1"))
    body = answer.json()
    assert set(body) == {"access_token", "refresh_token", "expires_in", "token_type", "nonce"}
    assert (body["expires_in"], body["token_type"], body["nonce"]) == ("1d", "Bearer", "n1")
    assert answer.headers["accesstoken"] == answer.headers["access_token"] == body["access_token"]
    assert answer.headers["cache-control"] == "no-store"
    assert world.journal(kind="inbound")[-1]["authenticated_by"] == "client_id"
    assert world.http.get("/user/v1/my/profile", headers=bearer(body["access_token"])).json()["handle"] == "@olivia"


@pytest.mark.parametrize("place", ["params", "data", "json"])
def test_parameters_travel_in_query_form_or_json(world: Live, place: str):
    sent: dict[str, Any] = {place: v2_form(world, v2_code(world))}
    assert world.http.post("/oauth/v2/token", **sent).status_code == 200


def test_a_secret_is_not_needed_but_checked_when_it_is_sent(world: Live):
    code, secret = v2_code(world), world.plugin["client_secret"]
    v2_refused(v2_exchange(world, code, client_secret="wrong"), 401, "invalid_client", 4012)
    assert v2_exchange(world, code, client_secret=secret).status_code == 200
    assert world.journal(kind="inbound")[-1]["authenticated_by"] == "client_secret"


@pytest.mark.parametrize(("secret", "status"), [("right", 200), ("wrong", 401), ("", 200)])
def test_basic_is_taken_and_told(world: Live, secret: str, status: int):
    plugin = world.plugin
    form = v2_form(world, v2_code(world), client_id=None)
    header = basic(plugin["client_id"], plugin["client_secret"] if secret == "right" else secret)
    answer = world.http.post("/oauth/v2/token", data=form, headers={"authorization": header})
    assert answer.status_code == status, answer.text
    assert "headers.authorization" in last_violations(world)


def test_refreshing_needs_no_secret_and_rotates_both_tokens(world: Live):
    tokens = v2_tokens(world)
    form = {
        "grant_type": "refresh_token",
        "client_id": world.plugin["client_id"],
        "refresh_token": tokens["refresh_token"],
    }
    renewed = world.http.post("/oauth/v2/token", data=form)
    assert renewed.status_code == 200
    assert renewed.json()["access_token"] != tokens["access_token"]
    assert renewed.json()["refresh_token"] != tokens["refresh_token"]
    v2_refused(world.http.post("/oauth/v2/token", data=form), 400, "invalid_grant", 4008)
    assert refresh(world, renewed.json()["refresh_token"]).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error", "number", "words"),
    [
        ({"grant_type": None}, 400, "invalid_request", 4001, "grant_type is missing"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 4003, "'password'"),
        (
            {"grant_type": "urn:ietf:params:oauth:grant-type:device_code"},
            *(400, "unsupported_grant_type", 4003, "/oauth/v2/device/token"),
        ),
        ({"client_id": None}, 400, "invalid_request", 4001, "client_id is missing"),
        ({"client_id": "iok-cid-nobody"}, 401, "invalid_client", 4013, "iok-cid-nobody"),
        ({"client_id": "iok-cid-nobody", "client_secret": "x"}, 401, "invalid_client", 4013, "iok-cid-nobody"),
        ({"code": None}, 400, "invalid_request", 4001, "code is missing"),
        ({"code": "x" * 64}, 400, "invalid_grant", 4015, "not issued"),
        ({"redirect_uri": "http://127.0.0.1:8700/motar/callback/"}, 400, "invalid_grant", 4003, "slash"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request", 4001, "refresh_token is missing"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant", 4034, "not issued"),
    ],
)
def test_a_bad_exchange_is_refused(
    world: Live, changes: dict[str, str | None], status: int, error: str, number: int, words: str
):
    v2_refused(v2_exchange(world, v2_code(world), **changes), status, error, number, words)


def test_a_code_works_once_and_for_ten_minutes(world: Live):
    used, late = v2_code(world), v2_code(world)
    assert v2_exchange(world, used).status_code == 200
    v2_refused(v2_exchange(world, used), 400, "invalid_grant", 4008)
    world.control.post("clock/advance", json={"by": "10m"})
    v2_refused(v2_exchange(world, late), 400, "invalid_grant", 4015, "expired")


@pytest.mark.parametrize("path", ["/oauth/v2/token", "/oauth/v2/device/authorize", "/oauth/v2/device/token"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b'{"client_id": 17}', "application/json"),
        (rb'{"client_id": "\ud800"}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"<x/>", "application/xml"),
        (b"%ff=%fe&client_id=%00", "application/x-www-form-urlencoded"),
        ("grant_type=☃&client_id=☃".encode(), "application/x-www-form-urlencoded"),
        (b"client_id=" + b"x" * 500_000, "application/x-www-form-urlencoded"),
    ],
    ids=lambda each: repr(each[:20]),
)
def test_rubbish_is_refused_in_the_v2_shape(world: Live, path: str, body: bytes, content_type: str):
    answer = world.http.post(path, content=body, headers={"content-type": content_type})
    assert answer.status_code in (400, 401), answer.text
    v2_refused(answer, answer.status_code, answer.json()["error"], answer.json()["error_number"])


def test_the_edge_refuses_in_the_v2_shape_too(world: Live):
    v2_refused(world.http.get("/oauth/v2/token"), 405, "invalid_request", 4006, "POST")
    v2_refused(world.http.get("/oauth/v2/authorize"), 404, "invalid_request", 4042, "emulated")
    too_long = world.http.post("/oauth/v2/token", content=b"x" * (1024 * 1024 + 1))
    v2_refused(too_long, 413, "invalid_request", 4007)


# An unmodified client


@pytest.mark.parametrize("with_secret", [False, True])
def test_authlib_signs_in_with_s256_in_two_worlds_at_once(
    new_world: Callable[..., Live], server: str, with_secret: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    worlds = [new_world(settings={"motar": {"expires_in": 3600}}) for _ in range(2)]
    begun = []
    for world in worlds:
        plugin = world.plugin
        session = OAuth2Session(
            plugin["client_id"],
            plugin["client_secret"] if with_secret else None,
            redirect_uri=plugin["redirect_uris"][0],
            code_challenge_method="S256",
        )
        verifier = generate_token(48)
        url, state = session.create_authorization_url(f"{server}/oauth/v2/signin", code_verifier=verifier)
        begun.append((world, session, verifier, url, state))
    for world, session, verifier, url, state in begun:
        with httpx2.Client(trust_env=False) as browser:
            back = open_page(browser, url).press("Continue as Olivia Marsh").press("Allow").location
        token = session.fetch_token(
            f"{server}/oauth/v2/token", authorization_response=back, state=state, code_verifier=verifier
        )
        assert token["expires_in"] == 3600
        profile = session.get(f"{server}/user/v1/my/profile").json()
        assert profile["userId"] == world.user("@olivia")["id"]
        renewed = session.refresh_token(f"{server}/oauth/v2/token", refresh_token=token["refresh_token"])
        assert renewed["access_token"] != token["access_token"]


def test_authlib_with_another_verifier_is_told_invalid_grant(
    new_world: Callable[..., Live], server: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("NO_PROXY", "*")
    plugin = (world := new_world(settings={"motar": {"expires_in": 3600}})).plugin
    session = OAuth2Session(plugin["client_id"], redirect_uri=plugin["redirect_uris"][0], code_challenge_method="S256")
    url, _ = session.create_authorization_url(f"{server}/oauth/v2/signin", code_verifier=generate_token(48))
    back = world.act("motar.sign_in", user="@olivia", url=url)["redirect_url"]
    with pytest.raises(Exception, match="invalid_grant"):
        session.fetch_token(f"{server}/oauth/v2/token", authorization_response=back, code_verifier=generate_token(48))
