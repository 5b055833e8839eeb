"""Studio's and the administrators' actions: what each does, who may, and what a refusal says to do first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.motar.conftest import Plugin
from tests.motar.helpers import (
    accepted,
    action_refused,
    alert,
    basic,
    bearer,
    code_for,
    exchange,
    plugin_basic,
    query_of,
    refresh,
    refused,
    signin_query,
    signin_refused,
    signin_url,
    status,
    tokens_for,
)
from tests.support import Live

HARBOR, SKYLINE = "Harbor Assurance", "Skyline Training"
READY = {"request_endpoint": "http://127.0.0.1:9/requests", "redirect_uris": ["http://127.0.0.1:9/callback"]}


@pytest.fixture
def empty(new_world: Callable[..., Live]) -> Live:
    """A frozen world without a fixture."""
    return new_world(clock={"mode": "frozen"}, fixtures=[])


def test_from_nothing_to_an_alert_in_the_order_of_the_vendors_page(empty: Live):
    empty.act("motar.register_organization", name="Vendor")
    empty.act("motar.register_organization", name="Owner")
    empty.act("motar.create_user", organization="Vendor", role="developer")
    empty.act("motar.create_user", organization="Owner", role="owner", handle="boss")
    empty.act("motar.create_app", organization="Owner", name="App")
    empty.act("motar.create_distribution", version="1.0")
    empty.act("motar.grant_ato_permission", organization="Vendor")
    plugin = empty.act("motar.create_plugin", organization="Vendor", name="Plug", **READY)
    empty.act("motar.activate_plugin")
    started = empty.act("motar.start_ato_request")
    empty.act("motar.add_distribution")
    code = empty.act("motar.sign_in", user="@boss")["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": READY["redirect_uris"][0],
        "client_id": plugin["client_id"],
        "client_secret": plugin["client_secret"],
    }
    token = empty.http.post("/oauth/token", data=form).json()["access_token"]
    accepted(alert(empty, bearer(token), requestId=started["request_id"], title="Hello", text="It works."))
    seen = empty.act("motar.view_progress")
    assert [each["title"] for each in seen["alerts"]] == ["Hello"]
    assert [each["version"] for each in seen["distributions"]] == ["1.0"]


EMPTY_REFUSALS = [
    ("motar.create_user", {"role": "owner"}, "of which organization", "organization=NAME"),
    ("motar.create_app", {}, "no organization yet", "motar.register_organization"),
    ("motar.create_distribution", {}, "no app yet", "motar.create_app"),
    ("motar.grant_ato_permission", {}, "no organization yet", "motar.register_organization"),
    ("motar.create_plugin", {}, "no organization yet", "motar.register_organization"),
    ("motar.configure_plugin", {}, "no plugin yet", "motar.create_plugin"),
    ("motar.activate_plugin", {}, "no plugin yet", "motar.create_plugin"),
    ("motar.deactivate_plugin", {}, "no plugin yet", "motar.create_plugin"),
    ("motar.start_ato_request", {}, "no app yet", "motar.create_app"),
    ("motar.hand_off", {}, "no ATO request yet", "motar.start_ato_request"),
    ("motar.add_distribution", {}, "no ATO request yet", "motar.start_ato_request"),
    ("motar.remove_distribution", {}, "no ATO request yet", "motar.start_ato_request"),
    ("motar.cancel_ato_request", {}, "no ATO request yet", "motar.start_ato_request"),
    ("motar.view_progress", {}, "no ATO request yet", "motar.start_ato_request"),
    ("motar.set_report", {}, "no ATO request yet", "motar.start_ato_request"),
    ("motar.forge_webhook", {}, "no ATO request yet", "motar.start_ato_request"),
]


@pytest.mark.parametrize(("act", "arguments", "reason", "first"), EMPTY_REFUSALS)
def test_in_an_empty_world_each_action_says_what_to_do_first(
    empty: Live, act: str, arguments: dict[str, Any], reason: str, first: str
):
    action_refused(empty.try_act(act, **arguments), reason, hint=first)


def test_an_organization_without_people_cannot_do_what_takes_some(empty: Live):
    empty.act("motar.register_organization", name="Empty")
    empty.act("motar.grant_ato_permission")
    action_refused(empty.try_act("motar.create_plugin"), "no owner or developer", hint="motar.create_user")
    action_refused(empty.try_act("motar.create_app"), "no owner", hint="motar.create_user")
    action_refused(empty.try_act("motar.create_app", owners=[]), "no owner", hint="motar.create_user")


NAMES_OF_NOBODY = [
    ("motar.hand_off", {"by": "@olivio"}, "@olivia"),
    ("motar.hand_off", {"request": "nonsense"}, None),
    ("motar.sign_in", {"user": "olivias"}, "@olivia"),
    ("motar.start_ato_request", {"app": "Flight Deck Traner"}, "Flight Deck Trainer"),
    ("motar.start_ato_request", {"plugin": "Harbour ATO"}, "Harbor ATO"),
    ("motar.start_ato_request", {"by": "nobody@nowhere.example"}, None),
    ("motar.add_distribution", {"distribution": "1.0.1"}, "1.0.0"),
    ("motar.create_user", {"organization": "Skyline Trainings"}, "Skyline Training"),
    ("motar.revoke_session", {"user": "@oliva"}, "@olivia"),
]


@pytest.mark.parametrize(("act", "arguments", "meant"), NAMES_OF_NOBODY)
def test_a_name_that_leads_nowhere_is_unknown_with_the_nearest(
    world: Live, act: str, arguments: dict[str, str], meant: str | None
):
    world.act("motar.start_ato_request")
    answer = world.try_act(act, **arguments)
    assert answer.status_code == 404, answer.text
    if meant is not None:
        assert answer.json()["did_you_mean"] == meant


@pytest.mark.parametrize("reference", ["@olivia", "olivia", "olivia@skyline.example"])
def test_people_go_by_handle_or_mail(world: Live, reference: str):
    world.act("motar.start_ato_request")
    assert world.act("motar.hand_off", by=reference)["user"] == "@olivia"


def test_people_and_things_go_by_id(world: Live):
    olivia, plugin = world.user("@olivia"), world.plugin
    app = world.documents("motar.apps")[0]
    started = world.act("motar.start_ato_request", app=app["id"], plugin=plugin["id"], by=olivia["id"])
    again = world.act("motar.start_ato_request", plugin=plugin["client_id"])
    assert world.act("motar.hand_off", request=started["request_id"])["state"] == started["request_id"]
    assert world.act("motar.hand_off")["state"] == again["request_id"]


def test_a_name_that_several_have_is_refused_with_their_ids(world: Live):
    for organization in (HARBOR, SKYLINE):
        world.act("motar.create_app", organization=organization, name="Twin")
    twins = [each["id"] for each in world.documents("motar.apps") if each["name"] == "Twin"]
    action_refused(world.try_act("motar.start_ato_request", app="Twin"), "More than one app", hint=", ".join(twins))
    world.act("motar.create_distribution", app="Flight Deck Trainer", version="1.0.0", name="Other")
    world.act("motar.start_ato_request", app="Flight Deck Trainer")
    action_refused(world.try_act("motar.add_distribution", distribution="1.0.0"), "More than one distribution")


@pytest.mark.parametrize(
    ("act", "arguments"),
    [
        ("motar.register_organization", {"name": SKYLINE}),
        ("motar.create_user", {"handle": "@olivia"}),
        ("motar.create_user", {"handle": "olivia"}),
        ("motar.create_app", {"organization": SKYLINE, "name": "Flight Deck Trainer"}),
        ("motar.create_plugin", {"organization": HARBOR, "name": "Harbor ATO"}),
    ],
)
def test_a_name_that_is_taken_is_a_conflict(world: Live, act: str, arguments: dict[str, str]):
    answer = world.try_act(act, **arguments)
    assert answer.status_code == 409
    assert "already" in answer.json()["detail"]


WHO_MAY = [
    ("motar.start_ato_request", {}, {"@olivia"}),
    ("motar.create_distribution", {"app": "Flight Deck Trainer"}, {"@olivia", "@devon"}),
    ("motar.add_distribution", {"distribution": "1.0.0"}, {"@olivia", "@devon"}),
    ("motar.hand_off", {}, {"@olivia", "@devon", "@marco"}),
    ("motar.cancel_ato_request", {}, {"@olivia", "@devon", "@marco"}),
    ("motar.create_plugin", {"organization": HARBOR}, {"@vera", "@dmitri"}),
    ("motar.configure_plugin", {"distribution_endpoint": None}, {"@vera", "@dmitri"}),
    ("motar.deactivate_plugin", {}, {"@vera", "@dmitri"}),
    ("motar.activate_plugin", {}, {"@vera", "@dmitri"}),
    ("motar.grant_ato_permission", {"organization": SKYLINE}, {"@admin"}),
    ("motar.revoke_ato_permission", {"organization": SKYLINE}, {"@admin"}),
]
EVERYBODY = ("@olivia", "@devon", "@marco", "@vera", "@dmitri", "@noor", "@sam", "@admin")


@pytest.mark.parametrize(("act", "arguments", "may"), WHO_MAY, ids=[each[0] for each in WHO_MAY])
def test_only_those_act_who_may(world: Live, act: str, arguments: dict[str, Any], may: set[str]):
    world.act("motar.start_ato_request")
    for user in EVERYBODY:
        if user in may:
            continue
        answer = world.try_act(act, by=user, **arguments)
        assert answer.status_code == 409, (user, answer.text)
        assert user in answer.json()["detail"]
        assert answer.json()["hint"], user
    for user in sorted(may)[:1]:
        world.act(act, by=user, **arguments)


@pytest.mark.parametrize("user", ["@olivia", "@devon", "@marco"])
def test_each_member_may_cancel(world: Live, user: str):
    world.act("motar.start_ato_request")
    assert world.act("motar.cancel_ato_request", by=user)["cancelled"] is True


def test_whoever_made_the_app_theirs_may_start(world: Live):
    world.act("motar.create_app", organization=SKYLINE, name="Shared", owners=["@devon", "@marco", "@devon"])
    world.act("motar.start_ato_request", app="Shared", by="@marco")
    action_refused(
        world.try_act("motar.start_ato_request", app="Shared", by="@olivia"), "does not own", hint="@devon, @marco"
    )


@pytest.mark.parametrize("owner", ["@vera", "@sam"])
def test_an_app_is_owned_by_its_own_people(world: Live, owner: str):
    action_refused(world.try_act("motar.create_app", organization=SKYLINE, owners=[owner]), "does not belong")


# What people would have to invent


def invent(world: Live) -> list[Any]:
    made = [world.act("motar.register_organization") for _ in range(2)]
    people = [world.act("motar.create_user", organization=made[0]["name"], role="owner") for _ in range(3)]
    app = world.act("motar.create_app", organization=made[0]["name"])
    return [made, people, app]


def test_invented_names_are_the_same_for_the_same_world_and_seed(new_world: Callable[..., Live]):
    first = new_world(name="invented", seed=7, fixtures=[])
    made = invent(first)
    first.control.post("reset", json={})
    assert invent(first) == made
    first.drop()
    assert invent(new_world(name="invented", seed=7, fixtures=[])) == made


def test_invented_names_differ_between_seeds_and_worlds(new_world: Callable[..., Live]):
    made = [
        invent(new_world(name=name, seed=seed, fixtures=[])) for name, seed in (("one", 1), ("two", 1), ("three", 2))
    ]
    assert len({each[0][0]["name"] for each in made}) == 3
    assert len({each[1][0]["id"] for each in made}) == 3


def test_inventing_one_thing_never_shifts_another(new_world: Callable[..., Live]):
    plain = new_world(name="shift", seed=3, fixtures=[])
    wanted = plain.act("motar.create_user")
    plain.control.post("reset", json={})
    plain.act("motar.register_organization")
    assert plain.act("motar.create_user") == wanted


def test_invented_people_are_whole(empty: Live):
    user = empty.act("motar.create_user")
    assert user["handle"].startswith("@")
    assert user["first_name"]
    assert user["last_name"]
    assert user["email"].endswith("@example.test")
    assert user["phone"].startswith("+1-555-01")
    assert user["password"]
    assert empty.act("motar.register_organization")["phone"] is None


def test_two_people_of_one_name_get_two_handles(empty: Live):
    handles = [empty.act("motar.create_user", first_name="Ann", last_name="Lee")["handle"] for _ in range(3)]
    assert handles == ["@ann.lee", "@ann.lee2", "@ann.lee3"]


def test_invented_handles_and_mails_are_plain_whatever_the_name(empty: Live):
    user = empty.act("motar.create_user", first_name="Zoë Ann", last_name="O'Hára")
    assert (user["handle"], user["email"]) == ("@zoeann.ohara", "zoeann.ohara@example.test")
    assert empty.act("motar.create_user", first_name="李", last_name="明")["handle"] == "@user.user"


@pytest.mark.parametrize("handle", ["two words", "@", "@two@signs", "@line\nbreak"])
def test_what_cannot_be_a_handle_is_refused(empty: Live, handle: str):
    action_refused(empty.try_act("motar.create_user", handle=handle), "cannot be a handle", hint="@olivia")


@pytest.mark.parametrize("uri", ["nonsense", "javascript:alert(1)", "", "https://a b/"])
def test_what_cannot_be_a_reports_uri_is_refused(world: Live, uri: str):
    world.act("motar.start_ato_request")
    action_refused(world.try_act("motar.set_report", report_uri=uri), "cannot be a report's URI")
    assert world.act("motar.view_progress")["report_uri"] is None


@pytest.mark.parametrize("origin", ["https://x\r\nevil: 1", "☃", " x"])
def test_what_cannot_be_in_a_header_is_refused(world: Live, origin: str):
    world.act("motar.start_ato_request")
    action_refused(world.try_act("motar.forge_webhook", origin=origin), "cannot be sent in a header")
    answer = world.control.put("settings", json={"motar": {"origin_mark": origin}})
    assert answer.status_code == 400
    assert "origin_mark" in answer.text


def test_a_distribution_gets_the_next_free_version(world: Live):
    versions = [world.act("motar.create_distribution")["version"] for _ in range(2)]
    world.act("motar.create_distribution", version="6.0.0")
    assert [*versions, world.act("motar.create_distribution")["version"]] == ["3.0.0", "4.0.0", "7.0.0"]


# A plugin's URLs


@pytest.mark.parametrize(
    "uri",
    [
        *("", "/callback", "127.0.0.1:9/callback", "http://", "http:///callback", "http://127.0.0.1:99999/x"),
        *("http://127.0.0.1:9/callback#fragment", "http://127.0.0.1:9/callback#", "javascript:alert(1)"),
        *("JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://127.0.0.1:9/call back"),
        *("http://127.0.0.1:9/\r\nset-cookie:x", "http://exämple.test/", "http://[::1/callback", " http://x.test/"),
    ],
)
def test_what_cannot_be_a_redirect_uri_is_refused_with_the_reason(world: Live, uri: str):
    before = world.plugin
    answer = world.try_act("motar.configure_plugin", redirect_uris=["http://127.0.0.1:9/fine", uri])
    action_refused(answer, "cannot be a redirect URI", hint="http://127.0.0.1:8700")
    assert world.plugin == before
    create = world.try_act("motar.create_plugin", organization=HARBOR, redirect_uris=[uri])
    action_refused(create, "cannot be a redirect URI")


@pytest.mark.parametrize(
    "uri",
    [
        *("http://127.0.0.1:9/callback", "http://localhost/", "https://plugin.example:8443/a/b?tenant=7"),
        *("myapp://callback", "com.example.app:/callback", "http://[::1]:9/callback", "http://x.test/%C3%A9"),
    ],
)
def test_what_can_be_a_redirect_uri_is_registered_as_it_is(world: Live, uri: str):
    assert world.act("motar.configure_plugin", redirect_uris=[uri, uri])["redirect_uris"] == [uri]
    redirect = world.act("motar.sign_in", user="@vera", url=signin_url(world))["redirect_url"]
    assert redirect.startswith(f"{uri}{'&' if '?' in uri else '?'}code=")


@pytest.mark.parametrize("endpoint", ["request_endpoint", "distribution_endpoint"])
@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x.test/", "http://", "http://x.test:port/", "http://a b/"])
def test_what_cannot_be_an_endpoint_is_refused_with_the_reason(world: Live, endpoint: str, url: str):
    action_refused(world.try_act("motar.configure_plugin", **{endpoint: url}), f"cannot be the {endpoint}", hint="http")
    action_refused(world.try_act("motar.create_plugin", organization=HARBOR, **{endpoint: url}), endpoint)


def test_configuring_changes_what_is_given_and_null_unsets(world: Live):
    before = world.plugin
    after = world.act("motar.configure_plugin", distribution_endpoint=None)
    assert after == {**before, "distribution_endpoint": None}
    both = ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]
    assert world.act("motar.configure_plugin", redirect_uris=both) == {**after, "redirect_uris": both}


@pytest.mark.parametrize("missing", [{"request_endpoint": None}, {"redirect_uris": []}])
def test_an_active_plugin_keeps_what_it_needs(world: Live, missing: dict[str, Any]):
    before = world.plugin
    action_refused(world.try_act("motar.configure_plugin", **missing), "An active plugin needs", hint="deactivate")
    assert world.plugin == before
    world.act("motar.deactivate_plugin")
    world.act("motar.configure_plugin", **missing)
    action_refused(world.try_act("motar.activate_plugin"), "Before it is activated", hint="motar.configure_plugin")


def test_without_the_permission_no_plugin_is_activated(world: Live):
    world.act("motar.deactivate_plugin")
    world.act("motar.revoke_ato_permission", organization=HARBOR)
    action_refused(world.try_act("motar.activate_plugin"), "no ATO plugin permission", hint="grant_ato_permission")


# While a plugin rests nothing works


@pytest.mark.parametrize("how", ["deactivated", "permission revoked"])
def test_a_plugin_that_rests_does_nothing_until_it_works_again(plugin: Plugin, started: str, how: str):
    world = plugin.world
    tokens, code = tokens_for(world), code_for(world)
    url, own = signin_url(world), plugin_basic(world)
    world.act("motar.add_distribution", distribution="1.0.0")
    came = (len(plugin.requests), len(plugin.distributions))
    if how == "deactivated":
        world.act("motar.deactivate_plugin")
        reason, first = "not active", "motar.activate_plugin"
    else:
        world.act("motar.revoke_ato_permission", organization=HARBOR)
        reason, first = "no ATO plugin permission", "motar.grant_ato_permission"

    for act, arguments in (
        ("motar.start_ato_request", {}),
        ("motar.hand_off", {}),
        ("motar.add_distribution", {"distribution": "1.1.0"}),
        ("motar.remove_distribution", {}),
        ("motar.forge_webhook", {}),
    ):
        action_refused(world.try_act(act, **arguments), reason, hint=first)
    action_refused(world.try_act("motar.sign_in", user="@olivia", url=url), "401/4013", reason)
    signin_refused(world.http.get(url), 401, 4013, reason, first)
    signin_refused(world.http.post("/oauth/signin", data={**signin_query(world), "user": "@olivia"}), 401, 4013, reason)
    refused(exchange(world, code), 401, "4013", reason, first)
    refused(refresh(world, tokens["refresh_token"]), 401, "4013", reason)
    for caller in (own, bearer(tokens["access_token"])):
        refused(status(world, caller, requestId=started, status="in-progress"), 401, "4013", reason, first)
        refused(alert(world, caller, requestId=started, title="T", text="t"), 401, "4013", reason, first)
    for path in ("/oauth/token/validate", "/oauth/session/validate", "/user/v1/my/profile"):
        refused(world.http.get(path, headers=bearer(tokens["access_token"])), 401, "4013", reason)
    refused(world.http.post("/oauth/logout", json={"refresh_token": tokens["refresh_token"]}), 401, "4013", reason)
    assert (len(plugin.requests), len(plugin.distributions)) == came
    seen = world.act("motar.view_progress")
    assert (seen["status"], seen["alerts"], len(seen["distributions"])) == ("not-started", [], 1)

    if how == "deactivated":
        world.act("motar.activate_plugin")
    else:
        world.act("motar.grant_ato_permission", organization=HARBOR)
    world.act("motar.hand_off")
    world.act("motar.add_distribution", distribution="1.1.0")
    assert world.http.get(url).status_code == 200
    assert exchange(world, code).status_code == 200
    assert refresh(world, tokens["refresh_token"]).status_code == 200
    accepted(status(world, own, requestId=started, status="in-progress"))
    accepted(alert(world, bearer(tokens["access_token"]), requestId=started, title="T", text="t"))
    world.act("motar.start_ato_request")
    assert (len(plugin.requests), len(plugin.distributions)) == (came[0] + 1, came[1] + 1)


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
