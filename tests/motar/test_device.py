"""The device flow: two codes, a device that asks on the world's clock, and a person at a page."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.motar.browser import Page, open_page
from tests.motar.helpers import action_refused, basic, bearer, last_violations, refused
from tests.motar.v2 import v2_refused
from tests.support import Live

VENDORS = "urn:ietf:params:grant-type:device_code"
RFCS = "urn:ietf:params:oauth:grant-type:device_code"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def begin(world: Live, **more: str) -> dict[str, Any]:
    """What a device of the fixture's plugin is given."""
    answer = world.http.post("/oauth/v2/device/authorize", json={"client_id": world.plugin["client_id"], **more})
    assert answer.status_code == 200, answer.text
    given: dict[str, Any] = answer.json()
    return given


def poll(world: Live, given: dict[str, Any], **changes: str | None) -> httpx2.Response:
    right: dict[str, str | None] = {
        "grant_type": VENDORS,
        "device_code": given["device_code"],
        "client_id": world.plugin["client_id"],
    }
    form = {name: value for name, value in {**right, **changes}.items() if value is not None}
    return world.http.post("/oauth/v2/device/token", data=form)


def pending(answer: httpx2.Response) -> None:
    v2_refused(answer, 400, "authorization_pending", 4001)


def advance(world: Live, by: str) -> None:
    assert world.control.post("clock/advance", json={"by": by}).status_code == 200


# What a device is given


def test_a_device_is_given_two_codes_and_where_to_type_one_in(world: Live):
    answer = world.http.post("/oauth/v2/device/authorize", data={"client_id": world.plugin["client_id"]})
    given = answer.json()
    assert list(given) == [
        *("device_code", "user_code", "verification_uri", "verification_uri_complete", "expires_in", "interval"),
    ]
    assert str(uuid.UUID(given["device_code"])) == given["device_code"]
    assert re.fullmatch("[A-Z]{8}", given["user_code"])
    assert given["verification_uri"] == f"{world.url}/activate"
    assert given["verification_uri_complete"] == f"{world.url}/activate?{given['user_code']}"
    assert (given["expires_in"], given["interval"]) == (600, 5)
    assert answer.headers["cache-control"] == "no-store"


def test_lifetime_and_interval_are_settings(new_world: Callable[..., Live]):
    world = new_world(clock={"mode": "frozen"}, settings={"motar": {"device_lifetime": "90s", "device_interval": 2}})
    given = begin(world)
    assert (given["expires_in"], given["interval"]) == (90, 2)
    advance(world, "90s")
    v2_refused(poll(world, given), 400, "expired_token", 4015, "expired")


@pytest.mark.parametrize("setting", [{"device_lifetime": "soon"}, {"device_interval": -1}, {"device_interval": "5"}])
def test_a_setting_that_is_none_is_refused(world: Live, setting: dict[str, Any]):
    answer = world.control.post(
        str(world.control.base_url).rpartition("/worlds")[0] + "/worlds", json={"settings": {"motar": setting}}
    )
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize(
    ("form", "status", "error", "number", "words"),
    [
        ({}, 400, "invalid_request", 4001, "client_id is missing"),
        ({"clientid": "x"}, 400, "invalid_request", 4001, "Did you mean it by clientid?"),
        ({"client_id": "iok-cid-nobody"}, 401, "invalid_client", 4013, "iok-cid-nobody"),
    ],
)
def test_a_device_of_nobody_is_given_nothing(
    world: Live, form: dict[str, str], status: int, error: str, number: int, words: str
):
    v2_refused(world.http.post("/oauth/v2/device/authorize", data=form), status, error, number, words)
    assert world.documents("motar.device_grants") == []


def test_an_app_that_is_not_approved_is_an_invalid_client(world: Live):
    given, client_id = begin(world), world.plugin["client_id"]
    world.act("motar.deactivate_plugin")
    answer = world.http.post("/oauth/v2/device/authorize", data={"client_id": client_id})
    v2_refused(answer, 401, "invalid_client", 4013)
    v2_refused(poll(world, given), 401, "client_id_error", 4013)
    action_refused(world.try_act("motar.approve_device", user="@olivia"), "not active")
    world.act("motar.activate_plugin")
    pending(poll(world, given))


def test_a_secret_is_not_needed_but_checked_when_it_is_sent(world: Live):
    plugin, path = world.plugin, "/oauth/v2/device/authorize"
    right = {"client_id": plugin["client_id"], "client_secret": plugin["client_secret"]}
    assert world.http.post(path, data=right).status_code == 200
    v2_refused(world.http.post(path, data={**right, "client_secret": "x"}), 401, "invalid_client", 4012)
    header = {"authorization": basic(plugin["client_id"], plugin["client_secret"])}
    assert world.http.post(path, headers=header).status_code == 200


# Asking


@pytest.mark.parametrize("grant_type", [VENDORS, RFCS])
def test_once_the_user_approves_the_device_is_given_tokens_once(world: Live, grant_type: str):
    given = begin(world)
    pending(poll(world, given, grant_type=grant_type))
    decided = world.act("motar.approve_device", user="@olivia", user_code=given["user_code"])
    assert decided == {
        "user_code": given["user_code"],
        "client_id": world.plugin["client_id"],
        "decision": "approved",
        "user": "@olivia",
    }
    advance(world, "5s")
    answer = poll(world, given, grant_type=grant_type)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert set(tokens) == {"access_token", "refresh_token", "expires_in", "token_type"}
    assert answer.headers["accesstoken"] == tokens["access_token"]
    assert last_violations(world) == {}
    profile = world.http.get("/user/v1/my/profile", headers=bearer(tokens["access_token"])).json()
    assert profile["handle"] == "@olivia"
    v2_refused(poll(world, given), 400, "invalid_grant", 4008, "works once")
    renewal = {
        "grant_type": "refresh_token",
        "client_id": world.plugin["client_id"],
        "refresh_token": tokens["refresh_token"],
    }
    assert world.http.post("/oauth/v2/token", data=renewal).status_code == 200


def test_asking_too_early_slows_a_device_down_by_five_seconds_each_time(world: Live):
    given = begin(world)
    steps = [("0s", "authorization_pending"), ("4s", "slow_down"), ("9s", "slow_down")]
    steps += [("15s", "authorization_pending"), ("14s", "slow_down"), ("20s", "authorization_pending")]
    for wait, error in steps:
        if wait != "0s":
            advance(world, wait)
        v2_refused(poll(world, given), 400, error, 4001)
    assert world.documents("motar.device_grants")[0]["interval"] == 20


def test_a_device_that_keeps_its_interval_is_never_slowed_down(world: Live):
    given = begin(world)
    for _ in range(5):
        pending(poll(world, given))
        advance(world, "5s")


def test_an_approved_device_need_not_wait(world: Live):
    given = begin(world)
    pending(poll(world, given))
    world.act("motar.approve_device", user="@olivia")
    assert poll(world, given).status_code == 200


def test_a_denied_device_is_told_so_for_good(world: Live):
    given = begin(world)
    assert world.act("motar.deny_device")["decision"] == "denied"
    for _ in range(2):
        v2_refused(poll(world, given), 400, "access_denied", 4019)
    action_refused(world.try_act("motar.approve_device", user="@olivia"), "denied already", hint="device/authorize")


@pytest.mark.parametrize("approved", [False, True])
def test_a_device_may_wait_for_ten_minutes(world: Live, approved: bool):
    given = begin(world)
    advance(world, "599s")
    pending(poll(world, given))
    if approved:
        world.act("motar.approve_device", user="@olivia")
    advance(world, "1s")
    v2_refused(poll(world, given), 400, "expired_token", 4015, "2026-01-01T00:10:00.000Z")
    assert world.documents("motar.sessions") == []
    assert world.try_act("motar.approve_device", user="@olivia").status_code == 409


@pytest.mark.parametrize(
    ("changes", "status", "error", "number", "words"),
    [
        ({"grant_type": None}, 400, "invalid_request", 4001, VENDORS),
        ({"grant_type": "device_code"}, 400, "unsupported_grant_type", 4003, RFCS),
        ({"device_code": None}, 400, "invalid_request", 4001, "device_code is missing"),
        ({"device_code": "x"}, 400, "invalid_grant", 4015, "not issued"),
        ({"client_id": None}, 400, "invalid_request", 4001, "client_id is missing"),
        ({"client_id": "iok-cid-nobody"}, 401, "client_id_error", 4013, "iok-cid-nobody"),
        ({"client_secret": "x"}, 401, "invalid_client", 4012, "client_secret"),
    ],
)
def test_asking_wrongly_is_refused(
    world: Live, changes: dict[str, str | None], status: int, error: str, number: int, words: str
):
    given = begin(world)
    v2_refused(poll(world, given, **changes), status, error, number, words)
    pending(poll(world, given))


def test_a_device_code_is_good_for_its_own_client_only(world: Live):
    given = begin(world)
    other = world.act("motar.create_plugin", organization="Harbor Assurance", redirect_uris=["x:/y"])
    world.act("motar.configure_plugin", plugin=other["name"], request_endpoint="http://127.0.0.1:9/")
    world.act("motar.activate_plugin", plugin=other["name"])
    v2_refused(poll(world, given, client_id=other["client_id"]), 400, "invalid_grant", 4015)


@pytest.mark.parametrize("place", ["params", "data", "json"])
def test_parameters_travel_in_query_form_or_json(world: Live, place: str):
    sent: dict[str, Any] = {place: {"client_id": world.plugin["client_id"], "scope": "profile"}}
    given = world.http.post("/oauth/v2/device/authorize", **sent).json()
    asked: dict[str, Any] = {
        place: {
            "grant_type": VENDORS,
            "device_code": given["device_code"],
            "client_id": world.plugin["client_id"],
        }
    }
    pending(world.http.post("/oauth/v2/device/token", **asked))


def test_without_prefix_client_id_and_codes_lead_to_their_worlds(new_world: Callable[..., Live], server: str):
    for world in (new_world(), new_world()):
        with httpx2.Client(base_url=server, trust_env=False) as client:
            answer = client.post("/oauth/v2/device/authorize", json={"client_id": world.plugin["client_id"]})
            given = answer.json()
            assert given["verification_uri"] == f"{world.url}/activate"
            page = open_page(client, given["verification_uri_complete"])
            assert "Harbor ATO" in page.text
            by_code = client.get("/activate", params={"user_code": given["user_code"]})
            assert given["user_code"] in by_code.text
            page.press("Continue as Olivia Marsh").press("Allow")
            only_code = {"grant_type": VENDORS, "device_code": given["device_code"]}
            v2_refused(client.post("/oauth/v2/device/token", json=only_code), 400, "invalid_request", 4001)
            assert world.journal(kind="inbound")[-1]["addressed_by"] == "credential: device_code"
            tokens = client.post(
                "/oauth/v2/device/token", json={**only_code, "client_id": world.plugin["client_id"]}
            ).json()
            assert client.get("/user/v1/my/profile", headers=bearer(tokens["access_token"])).status_code == 200


# The actions


def test_without_a_code_the_actions_mean_the_device_that_asked_last(world: Live):
    action_refused(world.try_act("motar.approve_device", user="@olivia"), "No device waits", hint="device/authorize")
    first, last = begin(world), begin(world)
    assert world.act("motar.deny_device")["user_code"] == last["user_code"]
    typed = f"{first['user_code'][:4].lower()}-{first['user_code'][4:]}"
    assert world.act("motar.approve_device", user="marco", user_code=typed)["user"] == "@marco"


def test_the_actions_name_what_they_do_not_know(world: Live):
    given = begin(world)
    answer = world.try_act("motar.deny_device", user_code=given["user_code"][:-1])
    assert answer.status_code == 404
    assert given["user_code"] in answer.text
    assert world.try_act("motar.approve_device", user="@nobody").status_code == 404
    assert world.try_act("motar.approve_device").status_code == 400
    pending(poll(world, given))


# The page


def activate(world: Live, path: str = "/activate") -> Page:
    return open_page(world.http, f"{world.url}{path}")


def test_a_person_types_the_code_in_picks_somebody_and_allows(world: Live):
    given = begin(world)
    page = activate(world)
    assert (page.status, page.scripts, page.buttons) == (200, 0, ["Go on"])
    typed = " " + given["user_code"][:4].lower() + "-" + given["user_code"][4:] + " "
    page = page.press("Go on", user_code=typed)
    assert given["user_code"] in page.text
    assert "Harbor ATO" in page.text
    asked = page.press("Continue as Marco Silva")
    assert "Harbor ATO on a device" in asked.text
    pending(poll(world, given))
    done = asked.press("Allow")
    assert (done.status, done.forms) == (200, [])
    assert "Connected" in done.text
    tokens = poll(world, given).json()
    assert world.http.get("/user/v1/my/profile", headers=bearer(tokens["access_token"])).json()["handle"] == "@marco"


def test_the_complete_uri_saves_the_typing_and_a_password_does_as_well(world: Live):
    given = begin(world)
    page = open_page(world.http, given["verification_uri_complete"])
    assert last_violations(world) == {}
    wrong = page.press("Sign in", handle="@olivia", password="wrong")
    assert wrong.status == 401
    assert "do not belong together" in wrong.text
    assert 'value="@olivia"' in wrong.answer.text
    wrong.press("Sign in", handle="olivia", password="offline").press("Allow")
    assert poll(world, given).status_code == 200


@pytest.mark.parametrize(("after", "button"), [("nobody", "Do not connect"), ("somebody", "Cancel")])
def test_a_person_can_say_no_before_and_after_signing_in(world: Live, after: str, button: str):
    given = begin(world)
    page = open_page(world.http, given["verification_uri_complete"])
    if after == "somebody":
        page = page.press("Continue as Olivia Marsh")
    done = page.press(button)
    assert "Not connected" in done.text
    v2_refused(poll(world, given), 400, "access_denied", 4019)


def test_another_account_can_be_chosen(world: Live):
    given = begin(world)
    asked = open_page(world.http, given["verification_uri_complete"]).press("Continue as Olivia Marsh")
    back = next(link for link in asked.links if "activate" in link)
    page = open_page(world.http, str(httpx2.URL(asked.url).join(back)))
    page.press("Continue as Marco Silva").press("Allow")
    assert world.documents("motar.device_grants")[0]["user"] == world.user("@marco")["id"]


def test_a_question_is_always_asked_whoever_has_consented_before(world: Live):
    world.act("motar.approve_device", user="@olivia", user_code=begin(world)["user_code"])
    page = open_page(world.http, begin(world)["verification_uri_complete"]).press("Continue as Olivia Marsh")
    assert page.buttons == ["Allow", "Cancel"]


def test_one_request_is_enough_for_who_says_everything(world: Live):
    given = begin(world)
    form = {"user_code": given["user_code"], "user": "@olivia", "decision": "allow"}
    assert world.http.post("/activate", data=form).status_code == 200
    assert poll(world, given).status_code == 200


def test_a_code_that_nothing_waits_for_brings_the_page_back(world: Live):
    late = begin(world)
    page = activate(world)
    unknown = page.press("Go on", user_code="<b>AAAA</b>")
    assert (unknown.status, unknown.buttons) == (400, ["Go on"])
    assert "No device shows this code" in unknown.text
    assert "<b>" not in unknown.answer.text
    advance(world, "10m")
    assert "too old" in page.press("Go on", user_code=late["user_code"]).text
    assert "too old" in open_page(world.http, late["verification_uri_complete"]).text


def test_a_question_can_be_answered_once_and_for_ten_minutes(new_world: Callable[..., Live]):
    world = new_world(clock={"mode": "frozen"}, settings={"motar": {"device_lifetime": "1h"}})
    given = begin(world)
    asked = open_page(world.http, given["verification_uri_complete"]).press("Continue as Olivia Marsh")
    advance(world, "10m")
    late = asked.press("Allow")
    assert late.status == 401
    assert "too old" in late.text
    answered = late.press("Continue as Olivia Marsh")
    assert "will go on by itself" in answered.press("Allow").text


@pytest.mark.parametrize(("action", "told"), [("approve", "will go on by itself"), ("deny", "was not let in")])
def test_a_code_that_was_decided_on_shows_what_was_decided_whatever_is_said_then(world: Live, action: str, told: str):
    given = begin(world)
    form = {"user_code": given["user_code"], "user": "@devon"}
    world.act(
        f"motar.{action}_device", user_code=given["user_code"], **({} if action == "deny" else {"user": "@olivia"})
    )
    shown = [
        open_page(world.http, given["verification_uri_complete"]).text,
        activate(world).press("Go on", user_code=form["user_code"]).text,
    ]
    for decision in ("allow", "cancel"):
        answer = world.http.post("/activate", data={**form, "decision": decision})
        assert answer.status_code == 200
        shown.append(answer.text)
    assert [told in text for text in shown] == [True] * 4
    assert poll(world, given).status_code == (200 if action == "approve" else 400)


@pytest.mark.parametrize("form", [{"ticket": "x"}, {"user": "@nobody"}, {"handle": "@olivia"}, {"handle": "\x00"}])
def test_nobody_is_let_in_who_is_not_proved(world: Live, form: dict[str, str]):
    given = begin(world)
    answer = world.http.post("/activate", data={"user_code": given["user_code"], "decision": "allow", **form})
    assert answer.status_code == 401
    pending(poll(world, given))


def test_nothing_but_allow_lets_a_device_in(world: Live):
    given = begin(world)
    form = {"user_code": given["user_code"], "user": "@olivia"}
    refused(world.http.post("/activate", data={**form, "decision": "maybe"}), 400, "4003", "allow or cancel")
    world.http.post("/activate", data=form)
    ticket = world.documents("motar.signin_tickets")[0]["id"]
    assert world.http.post("/activate", data={"user_code": given["user_code"], "ticket": ticket}).status_code == 200
    pending(poll(world, given))


def test_the_page_takes_forms_only_and_says_what_it_does_not_know(world: Live):
    given = begin(world)
    refused(world.http.post("/activate", json={"user_code": given["user_code"]}), 400, "4005", "form-urlencoded")
    refused(world.http.put("/activate"), 405, "4006", "GET, POST")
    page = world.http.post("/activate", json={}, headers={"accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert world.http.get("/activate", params={"usercode": given["user_code"]}).status_code == 200
    assert last_violations(world)["usercode"]["did_you_mean"] == "user_code"


@pytest.mark.parametrize(
    "body", [b"", b"%", b"user_code=%ff", b"user_code=" + b"A" * 100_000, b"decision=allow&user=x"]
)
def test_rubbish_brings_the_page_back(world: Live, body: bytes):
    begin(world)
    answer = world.http.post("/activate", content=body, headers=FORM)
    assert answer.status_code == 400
    assert "No device shows this code" in answer.text


def test_an_inactive_plugin_lets_nobody_in(world: Live):
    given = begin(world)
    page = open_page(world.http, given["verification_uri_complete"])
    world.act("motar.deactivate_plugin")
    assert page.press("Continue as Olivia Marsh").status == 401
    assert world.documents("motar.device_grants")[0]["decision"] == "pending"


def test_the_same_world_gives_the_same_codes(new_world: Callable[..., Live]):
    world = new_world(clock={"mode": "frozen"}, seed=7)
    first = begin(world)
    world.control.post("reset")
    assert begin(world) == first
