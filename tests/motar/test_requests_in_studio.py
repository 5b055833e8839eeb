"""A request as Studio's people see it: handed over, revoked, cancelled, looked at."""

from __future__ import annotations

from tests.motar.conftest import Plugin
from tests.motar.helpers import (
    HARBOR,
    SKYLINE,
    accepted,
    action_refused,
    alert,
    basic,
    bearer,
    plugin_basic,
    query_of,
    refresh,
    refused,
    signin_query,
    signin_url,
    status,
    tokens_for,
)
from tests.support import Live

# Handing over, signing in, revoking


def test_a_handoff_repeats_with_the_same_state_and_ends_with_cancellation(plugin: Plugin, started: str):
    handed = [plugin.world.act("motar.hand_off") for _ in range(3)]
    assert handed == [handed[0]] * 3
    asked = query_of(handed[0]["url"])
    assert asked == {
        "client_id": plugin.world.plugin["client_id"],
        "response_type": "code",
        "redirect_uri": handed[0]["redirect_uri"],
        "state": started,
    }
    accepted(status(plugin.world, plugin_basic(plugin.world), requestId=started, status="completed", complete=True))
    assert plugin.world.act("motar.hand_off") == handed[0]
    accepted(status(plugin.world, plugin_basic(plugin.world), requestId=started, complete=False))
    plugin.world.act("motar.cancel_ato_request")
    action_refused(plugin.world.try_act("motar.hand_off"), "was cancelled", hint="motar.start_ato_request")


def test_signing_in_answers_the_redirect_and_what_it_carries(plugin: Plugin, started: str):
    signed = plugin.world.act("motar.sign_in", user="@marco")
    assert query_of(signed["redirect_url"]) == {"code": signed["code"], "state": started}
    cancelled = plugin.world.act("motar.sign_in", user="@marco", decision="cancel")
    assert query_of(cancelled["redirect_url"]) == {"error": "User cancelled request.", "state": started}


def test_signing_in_can_go_on_to_visit_the_redirect(plugin: Plugin, started: str):
    plugin.server.expect_request("/callback").respond_with_data("welcome")
    signed = plugin.world.act("motar.sign_in", user="@marco", visit=True)
    (visit,) = plugin.came("/callback")
    assert visit.args["code"] == signed["code"]
    assert "authorization" not in visit.headers


def test_signing_in_for_a_handoff_takes_a_member(plugin: Plugin, started: str):
    action_refused(plugin.world.try_act("motar.sign_in", user="@sam"), "does not belong to Skyline Training")


def test_a_sign_in_url_that_the_page_refuses_is_refused_with_its_words(world: Live):
    answer = world.try_act("motar.sign_in", user="@sam", url=signin_url(world, redirect_uri="http://x.test/"))
    action_refused(answer, "400/4003", "redirect_uri is not registered", hint="motar.hand_off")


def test_revoking_ends_every_open_session_of_that_user_with_that_plugin(world: Live):
    mine, other = [tokens_for(world) for _ in range(2)], tokens_for(world, "@devon")
    assert world.act("motar.revoke_session", user="@olivia") == {"user": "@olivia", "sessions": 2}
    assert world.act("motar.revoke_session", user="@olivia")["sessions"] == 0
    for tokens in mine:
        refused(
            world.http.get("/oauth/session/validate", headers=bearer(tokens["access_token"])), 403, "4034", "revoked"
        )
        refused(refresh(world, tokens["refresh_token"]), 403, "4034", "revoked")
    accepted(world.http.get("/oauth/session/validate", headers=bearer(other["access_token"])))
    assert tokens_for(world)["access_token"]


def test_withdrawn_consent_is_its_own_error_and_the_next_sign_in_asks_again(world: Live):
    tokens = tokens_for(world)
    form = {**signin_query(world), "user": "@olivia"}
    assert world.http.post("/oauth/signin", data=form).status_code == 302
    world.act("motar.revoke_session", user="@olivia", withdraw_consent=True)
    refused(world.http.get("/oauth/session/validate", headers=bearer(tokens["access_token"])), 401, "4019", "consent")
    refused(refresh(world, tokens["refresh_token"]), 401, "4019", "consent")
    asked = world.http.post("/oauth/signin", data=form)
    assert asked.status_code == 200
    assert "Allow" in asked.text


# Cancelling


def test_a_new_request_can_be_cancelled_once(world: Live):
    world.act("motar.start_ato_request")
    world.act("motar.cancel_ato_request")
    assert world.act("motar.view_progress")["cancelled"] is True
    action_refused(world.try_act("motar.cancel_ato_request"), "cancelled already", hint="motar.start_ato_request")


def test_a_complete_request_is_not_cancelled(world: Live):
    started = world.act("motar.start_ato_request")["request_id"]
    accepted(status(world, plugin_basic(world), requestId=started, status="completed", complete=True, cancellable=True))
    action_refused(world.try_act("motar.cancel_ato_request"), "is complete", hint="complete: false")


# The progress view


def test_the_progress_view_shows_all_there_is_in_order(plugin: Plugin, started: str):
    world, caller = plugin.world, plugin_basic(plugin.world)
    assert world.act("motar.view_progress") == {
        "request_id": started,
        "app_name": "Flight Deck Trainer",
        "package_name": "Flight Deck Trainer ATO Package",
        "company": SKYLINE,
        "status": "not-started",
        "complete": False,
        "cancellable": True,
        "cancelled": False,
        "report_uri": None,
        "distributions": [],
        "alerts": [],
    }
    accepted(alert(world, caller, requestId=started, title="First", text="1", type="warning", providerId="p-1"))
    at = world.control.get("clock").json()["now"]
    world.control.post("clock/advance", json={"by": "1h"})
    accepted(alert(world, caller, requestId=started, title="Second", text="2", status="under-review"))
    for version in ("1.1.0", "1.0.0"):
        world.act("motar.add_distribution", distribution=version)
    world.act("motar.set_report", report_uri="https://reports.example/1")
    accepted(status(world, caller, requestId=started, status="under-review", cancellable=False))
    seen = world.act("motar.view_progress")
    assert (seen["status"], seen["cancellable"]) == ("under-review", False)
    assert seen["report_uri"] == "https://reports.example/1"
    assert [each["version"] for each in seen["distributions"]] == ["1.1.0", "1.0.0"]
    first, second = seen["alerts"]
    assert first == {"title": "First", "text": "1", "type": "warning", "status": None, "providerId": "p-1", "at": at}
    assert (second["title"], second["status"], second["providerId"]) == ("Second", "under-review", None)
    assert second["at"] > at


def test_the_overview_tells_a_newcomer_what_to_use(world: Live):
    seen = world.control.get(str(world.control.base_url).rstrip("/")).json()["motar"]
    (plugin,) = seen["plugins"]
    assert (plugin["name"], plugin["active"]) == ("Harbor ATO", True)
    assert basic(plugin["client_id"], plugin["client_secret"]) == plugin_basic(world)["authorization"]
    assert [each["handle"] for each in seen["users"]] == [
        *("@vera", "@dmitri", "@noor", "@olivia", "@devon", "@marco", "@sam", "@admin")
    ]
    assert seen["ato_requests"] == []


def test_a_refused_action_changes_nothing(world: Live):
    world.act("motar.start_ato_request")
    before = world.control.get("snapshot").json()["collections"]
    for act, arguments in (
        ("motar.start_ato_request", {"by": "@devon"}),
        ("motar.create_plugin", {"organization": HARBOR, "redirect_uris": ["nonsense"]}),
        ("motar.create_user", {"handle": "@olivia"}),
        ("motar.add_distribution", {"distribution": "1.0.0", "by": "@marco"}),
        ("motar.add_distribution", {"distribution": "9.9.9"}),
    ):
        assert world.try_act(act, **arguments).status_code in (404, 409)
    world.settle()
    after = world.control.get("snapshot").json()["collections"]
    for kind in before:
        if kind.startswith("motar.") or kind == "core.counters":
            assert after[kind] == before[kind], kind
