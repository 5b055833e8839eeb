"""The sign-in page as a person meets it in a browser, and what it answers to programs."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
import pytest

from tests.motar.browser import Page, open_page
from tests.motar.helpers import (
    bearer,
    exchange,
    last_violations,
    query_of,
    signin_query,
    signin_refused,
    signin_url,
)
from tests.support import PLAIN, Live

ODD_STATES = [
    "12345",
    "a b+c%20d",
    "&=?#/;:",
    '"><script>alert(1)</script>',
    "'`\\",
    "zwölf ☃ 漢字 🛩",
    "line\nbreak\r\nand\ttab",
    "%",
    "%00\x00",
    "code=evil&state=evil",
    " leading and trailing ",
    "x" * 4000,
]


def sign_in_page(world: Live, **changes: str | None) -> Page:
    return open_page(world.http, signin_url(world, **changes))


# The code flow in a browser


def test_the_page_shows_who_asks_and_who_can_sign_in(world: Live):
    page = sign_in_page(world)
    assert page.status == 200
    assert page.answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Harbor ATO" in page.text
    for name in ("Olivia Marsh", "Vera Lindqvist", "Sam Outsider", "Mel Keeper"):
        assert f"Continue as {name}" in " ".join(page.buttons)


def test_the_page_needs_no_javascript_and_may_load_nothing_foreign(world: Live):
    for page in (sign_in_page(world), sign_in_page(world).press("Olivia Marsh"), sign_in_page(world, state=None)):
        assert page.scripts == 0
        policy = page.answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy


def test_somebody_is_picked_allows_and_is_redirected_with_a_code(world: Live):
    consent = sign_in_page(world).press("Continue as Olivia Marsh")
    assert consent.status == 200
    assert "Harbor ATO" in consent.text
    done = consent.press("Allow")
    assert done.status == 302
    assert list(query_of(done.location)) == ["code", "state"]
    tokens = exchange(world, query_of(done.location)["code"]).json()
    profile = world.http.get("/user/v1/my/profile", headers=bearer(tokens["access_token"])).json()
    assert profile["handle"] == "@olivia"


@pytest.mark.parametrize("handle", ["@olivia", "olivia"])
def test_handle_and_password_do_as_well(world: Live, handle: str):
    consent = sign_in_page(world).press("Sign in", handle=handle, password="offline")
    assert consent.press("Allow").status == 302


@pytest.mark.parametrize(
    ("handle", "password"), [("@olivia", "wrong"), ("@olivia", "Offline"), ("@nobody", "offline"), ("☃", "☃")]
)
def test_a_wrong_password_is_401_keeps_the_handle_and_lets_one_try_again(world: Live, handle: str, password: str):
    again = sign_in_page(world).press("Sign in", handle=handle, password=password)
    assert again.status == 401
    assert again.location is None
    assert "do not belong together" in again.text
    assert f'value="{handle}"' in again.answer.text
    assert again.press("Sign in", handle="@olivia", password="offline").press("Allow").status == 302


def test_consent_is_asked_once_for_each_user_and_client(world: Live):
    sign_in_page(world).press("Olivia Marsh").press("Allow")
    assert sign_in_page(world).press("Olivia Marsh").status == 302
    assert sign_in_page(world).press("Sign in", handle="@olivia", password="offline").status == 302
    assert sign_in_page(world).press("Devon Reyes").status == 200


@pytest.mark.parametrize("page", ["sign-in", "consent"])
def test_cancelling_redirects_with_the_error_and_the_state(world: Live, page: str):
    shown = sign_in_page(world, state="keep me")
    if page == "consent":
        shown = shown.press("Olivia Marsh")
    cancelled = shown.press("Cancel")
    assert cancelled.status == 302
    assert cancelled.location.startswith(world.plugin["redirect_uris"][0] + "?error=")
    assert query_of(cancelled.location) == {"error": "User cancelled request.", "state": "keep me"}
    assert world.documents("motar.consents") == []
    assert world.documents("motar.authorization_codes") == []


@pytest.mark.parametrize("error", ['"User cancelled request."', "access_denied"])
def test_what_cancelling_says_is_a_setting(world: Live, error: str):
    world.control.put("settings", json={"motar": {"cancel_error": error}})
    assert query_of(sign_in_page(world).press("Cancel").location)["error"] == error


def test_another_account_can_be_chosen_on_the_consent_page(world: Live):
    consent = sign_in_page(world).press("Olivia Marsh")
    (back,) = [link for link in consent.links if "/oauth/signin" in link]
    again = open_page(world.http, str(httpx2.URL(consent.url).join(back)))
    assert again.press("Devon Reyes").press("Allow").status == 302


def test_a_consent_page_works_once_and_for_ten_minutes(world: Live):
    used, old = sign_in_page(world).press("Olivia Marsh"), sign_in_page(world).press("Devon Reyes")
    assert used.press("Allow").status == 302
    assert used.press("Allow").status == 401
    world.control.post("clock/advance", json={"by": "10m"})
    expired = old.press("Allow")
    assert expired.status == 401
    assert "too old" in expired.text
    assert expired.press("Devon Reyes").press("Allow").status == 302


def test_a_ticket_made_up_is_no_consent(world: Live):
    answer = world.http.post("/oauth/signin", data={**signin_query(world), "ticket": "0" * 48, "decision": "allow"})
    assert answer.status_code == 401
    assert "location" not in answer.headers


def test_a_consent_given_for_one_client_is_none_for_another(world: Live):
    redirect_uri = world.plugin["redirect_uris"][0]
    other = world.act(
        "motar.create_plugin",
        organization="Harbor Assurance",
        name="Other",
        request_endpoint="http://127.0.0.1:9/",
        redirect_uris=[redirect_uri],
    )
    world.act("motar.activate_plugin", plugin="Other")
    shown = sign_in_page(world).press("Olivia Marsh")
    (ticket,) = (each["id"] for each in world.documents("motar.signin_tickets"))
    swapped = {**signin_query(world, client_id=other["client_id"]), "ticket": ticket, "decision": "allow"}
    assert world.http.post("/oauth/signin", data=swapped).status_code == 401
    assert shown.press("Allow").status == 302
    assert [each["id"] for each in world.documents("motar.consents")] == [
        f"{world.user('@olivia')['id']}/{world.plugin['client_id']}"
    ]


def test_a_user_who_is_not_there_cannot_be_picked(world: Live):
    answer = world.http.post("/oauth/signin", data={**signin_query(world), "user": "@nobody"})
    assert answer.status_code == 401
    assert "@nobody" in answer.text


@pytest.mark.parametrize("state", ODD_STATES)
def test_the_state_comes_back_unchanged(world: Live, state: str):
    done = sign_in_page(world, state=state).press("Olivia Marsh").press("Allow")
    assert query_of(done.location)["state"] == state
    cancelled = sign_in_page(world, state=state).press("Cancel")
    assert query_of(cancelled.location)["state"] == state


@pytest.mark.parametrize("state", ODD_STATES[:-1])
def test_clients_that_do_not_read_plus_as_space_get_the_state_too(world: Live, state: str):
    done = sign_in_page(world, state=state).press("Olivia Marsh").press("Allow")
    raw = urlsplit(done.location).query.partition("&state=")[2]
    assert unquote(raw) == state


def test_the_code_is_what_follows_the_first_equals_sign(world: Live):
    done = sign_in_page(world).press("Olivia Marsh").press("Allow")
    code = done.location.split("=")[1].partition("&")[0]
    assert exchange(world, code).status_code == 200


def test_a_redirect_uri_with_a_query_keeps_it(world: Live):
    uri = "http://127.0.0.1:9/callback?tenant=7&x="
    world.act("motar.configure_plugin", redirect_uris=[uri])
    done = sign_in_page(world).press("Olivia Marsh").press("Allow")
    assert done.location.startswith(uri + "&code=")
    assert list(query_of(done.location)) == ["tenant", "x", "code", "state"]


def test_an_apps_own_scheme_is_redirected_to(world: Live):
    world.act("motar.configure_plugin", redirect_uris=["com.example.app:/callback"])
    done = sign_in_page(world).press("Olivia Marsh").press("Allow")
    assert done.location.startswith("com.example.app:/callback?code=")


def test_a_nonce_comes_back_with_the_tokens(world: Live):
    done = sign_in_page(world, nonce="n 1").press("Olivia Marsh").press("Allow")
    tokens = exchange(world, query_of(done.location)["code"]).json()
    assert tokens["nonce"] == "n 1"
    plain = sign_in_page(world).press("Olivia Marsh")
    assert "nonce" not in exchange(world, query_of(plain.location)["code"]).json()


def test_without_prefix_the_client_id_leads_every_step_to_its_world(world: Live, server: str):
    with httpx2.Client(base_url=server, **PLAIN) as client:
        url = str(httpx2.URL(f"{server}/oauth/signin", params=signin_query(world)))
        done = open_page(client, url).press("Olivia Marsh").press("Allow")
        assert done.location.startswith(world.plugin["redirect_uris"][0])
    assert exchange(world, query_of(done.location)["code"]).status_code == 200


# The implicit flow


def test_implicit_answers_tokens_in_the_redirects_query(world: Live):
    done = sign_in_page(world, response_type="implicit").press("Olivia Marsh").press("Allow")
    given = query_of(done.location)
    assert list(given) == ["access_token", "refresh_token", "expires_in", "state"]
    assert given["expires_in"] == "1d"
    assert "#" not in done.location
    assert world.http.get("/oauth/token/validate", headers=bearer(given["access_token"])).status_code == 200


def test_implicit_tells_the_lifetime_as_the_token_endpoint_does(world: Live):
    world.control.put("settings", json={"motar": {"expires_in": 3600}})
    done = sign_in_page(world, response_type="implicit").press("Olivia Marsh").press("Allow")
    assert query_of(done.location)["expires_in"] == "3600"


# Parameters


def test_client_id_is_taken_under_both_names_and_snake_case_first(world: Live):
    right = world.plugin["client_id"]
    assert sign_in_page(world, client_id=None, clientId=right).status == 200
    assert sign_in_page(world, client_id=right, clientId="iok-cid-other").status == 200
    assert sign_in_page(world, client_id="iok-cid-other", clientId=right).status == 404


@pytest.mark.parametrize(
    "extra",
    [
        {"app_login": "false"},
        {"client_secret": "iok-cse-x"},
        {"scope": "profile"},
        {"code_challenge": "x", "code_challenge_method": "S256"},
        {"nonce": "n"},
    ],
)
def test_what_public_clients_send_besides_is_no_violation(world: Live, extra: dict[str, str]):
    assert sign_in_page(world, **extra).status == 200
    assert last_violations(world) == {}


def test_an_unknown_parameter_is_told_with_what_was_meant(world: Live):
    assert sign_in_page(world, responseType="code", prompt="login").status == 200
    told = last_violations(world)
    assert set(told) == {"responseType", "prompt"}
    missing = world.http.get("/oauth/signin", params=signin_query(world, redirect_uri=None, redirect_url="http://x/"))
    signin_refused(missing, 400, 4001, "redirect_uri is missing", "Did you mean it by redirect_url?")
    assert last_violations(world)["redirect_url"]["did_you_mean"] == "redirect_uri"


def test_a_parameter_given_twice_is_told_and_the_first_counts(world: Live):
    url = signin_url(world) + "&redirect_uri=http://evil.example/&state=other"
    done = open_page(world.http, url).press("Cancel")
    assert done.location.startswith(world.plugin["redirect_uris"][0])
    assert query_of(done.location)["state"] == "a state"
    open_page(world.http, url)
    assert set(last_violations(world)) == {"query.redirect_uri", "query.state"}


REFUSALS: list[tuple[dict[str, Any], int, int, str]] = [
    ({"client_id": None}, 400, 4001, "client_id is missing"),
    ({"client_id": ""}, 400, 4001, "client_id is missing"),
    ({"client_id": "iok-cid-nobody"}, 404, 4041, "No app found with specified client ID."),
    ({"client_id": "☃\x00"}, 404, 4041, "No app found"),
    ({"redirect_uri": None}, 400, 4001, "redirect_uri is missing"),
    ({"redirect_uri": ""}, 400, 4001, "redirect_uri is missing"),
    ({"redirect_uri": "http://127.0.0.1:1/"}, 400, 4003, "redirect_uri is not registered"),
    ({"response_type": None}, 400, 4001, "response_type is missing: code or implicit"),
    ({"response_type": "token"}, 400, 4002, "Response type not supported"),
    ({"response_type": "code token"}, 400, 4002, "Response type not supported"),
    ({"response_type": "Code"}, 400, 4002, "Response type not supported"),
    ({"state": None}, 400, 4001, "state is missing"),
    ({"state": ""}, 400, 4001, "state is missing"),
]


@pytest.mark.parametrize(("changes", "status", "number", "message"), REFUSALS)
def test_a_bad_request_is_refused_in_the_endpoints_own_shape_and_never_redirected(
    world: Live, changes: dict[str, Any], status: int, number: int, message: str
):
    query = signin_query(world, **changes)
    signin_refused(world.http.get("/oauth/signin", params=query), status, number, message)
    signin_refused(
        world.http.post("/oauth/signin", data={**query, "user": "@olivia", "decision": "allow"}),
        status,
        number,
        message,
    )
    assert world.documents("motar.authorization_codes") == []


@pytest.mark.parametrize(("changes", "status", "number", "message"), REFUSALS)
def test_a_browser_gets_the_same_refusal_as_a_page(
    world: Live, changes: dict[str, Any], status: int, number: int, message: str
):
    page = sign_in_page(world, **changes)
    assert page.status == status
    assert page.location is None
    assert str(number) in page.text
    assert message.split(".")[0] in page.text
    assert page.answer.headers["errorcode"] == str(number)
    assert page.forms == []


def test_the_page_for_an_unknown_client_lists_those_there_are(world: Live):
    page = sign_in_page(world, client_id="iok-cid-nobody")
    assert world.plugin["client_id"] in page.text
    assert world.name in page.text


def test_the_page_for_token_says_that_implicit_is_the_word(world: Live):
    assert "implicit" in sign_in_page(world, response_type="token").text


def test_an_inactive_plugin_is_refused_with_what_to_do(world: Live):
    world.act("motar.deactivate_plugin")
    answer = world.http.get("/oauth/signin", params=signin_query(world))
    signin_refused(answer, 401, 4013, "not active", "motar.activate_plugin")
    assert "motar.activate_plugin" in sign_in_page(world).text


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"])
def test_the_form_is_taken_as_a_form_only(world: Live, content_type: str):
    answer = world.http.post(
        "/oauth/signin", params=signin_query(world), content=b"{}", headers={"content-type": content_type}
    )
    signin_refused(answer, 400, 4005, "application/x-www-form-urlencoded", content_type.partition(";")[0])


def test_a_strict_world_refuses_an_unknown_parameter_on_the_page(world: Live):
    world.control.put("settings", json={"core": {"strict": True}})
    assert sign_in_page(world).status == 200
    page = sign_in_page(world, prompt="login")
    assert page.status == 400
    assert "prompt" in page.text


def test_a_user_without_organization_is_shown_and_can_sign_in(world: Live):
    done = sign_in_page(world).press("Sam Outsider").press("Allow")
    assert done.status == 302
