"""Studio's and the administrators' actions: what each does, who may, and what a refusal says to do first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.motar.helpers import (
    HARBOR,
    SKYLINE,
    accepted,
    action_refused,
    alert,
    bearer,
)
from tests.support import Live

READY = {"request_endpoint": "http://127.0.0.1:9/requests", "redirect_uris": ["http://127.0.0.1:9/callback"]}


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
    shared = world.act("motar.create_app", organization=SKYLINE, name="Shared", owners=["@devon", "@marco", "@devon"])
    assert shared["owners"] == [world.user(handle)["id"] for handle in ("@devon", "@marco")]
    world.act("motar.start_ato_request", app="Shared", by="@marco")
    action_refused(
        world.try_act("motar.start_ato_request", app="Shared", by="@olivia"), "does not own", hint="@devon, @marco"
    )


@pytest.mark.parametrize("owner", ["@vera", "@sam"])
def test_an_app_is_owned_by_its_own_people(world: Live, owner: str):
    action_refused(world.try_act("motar.create_app", organization=SKYLINE, owners=[owner]), "does not belong")
