"""The vendor's ATO page as a checklist: a test for each of its statements, in the page's order, in our words."""

from __future__ import annotations

import json

import pytest

from tests.motar.browser import open_page
from tests.motar.conftest import Plugin
from tests.motar.helpers import (
    STATUSES,
    accepted,
    action_refused,
    alert,
    basic,
    bearer,
    exchange,
    plugin_basic,
    query_of,
    refused,
    status,
    tokens_for,
)
from tests.support import Live

PLUGIN = {
    "name": "Quick ATO",
    "request_endpoint": "http://127.0.0.1:9/requests",
    "redirect_uris": ["http://127.0.0.1:9/callback"],
}


# What has to be there first


def test_the_plugin_is_for_organizations_that_were_authorized(world: Live):
    action_refused(
        world.try_act("motar.create_plugin", organization="Skyline Training"),
        "no ATO plugin permission",
        hint="motar.grant_ato_permission",
    )
    world.act("motar.grant_ato_permission", organization="Skyline Training")
    assert world.act("motar.create_plugin", organization="Skyline Training")["active"] is False


def test_first_the_organization_is_registered(world: Live):
    unknown = world.try_act("motar.create_plugin", organization="Newcomers")
    assert unknown.status_code == 404
    assert "motar.register_organization" in unknown.json()["hint"]
    assert world.act("motar.register_organization", name="Newcomers")["ato_permission"] is False


def test_then_a_motar_administrator_gives_the_permission(world: Live):
    world.act("motar.register_organization", name="Newcomers")
    action_refused(
        world.try_act("motar.grant_ato_permission", organization="Newcomers", by="@vera"), "no MOTAR administrator"
    )
    granted = world.act("motar.grant_ato_permission", organization="Newcomers", by="@admin")
    assert granted["ato_permission"] is True


def test_then_the_plugin_is_created_and_configured(world: Live):
    plugin = world.act("motar.create_plugin", organization="Harbor Assurance", name="Quick ATO")
    assert plugin["client_id"].startswith("iok-cid-")
    assert plugin["client_secret"].startswith("iok-cse-")
    action_refused(
        world.try_act("motar.activate_plugin", plugin="Quick ATO"),
        "a request endpoint and a redirect URI",
        hint="motar.configure_plugin",
    )
    settings = {name: value for name, value in PLUGIN.items() if name != "name"}
    configured = world.act("motar.configure_plugin", plugin="Quick ATO", **settings)
    assert configured["request_endpoint"] == PLUGIN["request_endpoint"]


def test_then_the_plugin_is_activated(world: Live):
    world.act("motar.create_plugin", organization="Harbor Assurance", **PLUGIN)
    action_refused(
        world.try_act("motar.start_ato_request", plugin="Quick ATO"), "not active", hint="motar.activate_plugin"
    )
    assert world.act("motar.activate_plugin", plugin="Quick ATO")["active"] is True
    assert world.act("motar.start_ato_request", plugin="Quick ATO")["status"] == "not-started"


# A request starts


def test_when_an_app_owner_starts_a_request_data_goes_to_the_endpoint_in_the_plugins_configuration(plugin: Plugin):
    started = plugin.world.act("motar.start_ato_request", by="@olivia")
    (request,) = plugin.requests
    assert request.url == plugin.world.plugin["request_endpoint"]
    assert json.loads(request.data)["requestId"] == started["request_id"]


def test_only_an_owner_of_the_app_starts_one(plugin: Plugin):
    action_refused(plugin.world.try_act("motar.start_ato_request", by="@devon"), "does not own", hint="@olivia")
    assert plugin.requests == []


def test_a_new_requests_document_has_every_field_and_many_are_not_set(plugin: Plugin, started: str):
    (document,) = plugin.documents
    assert document == {
        "requestId": started,
        "companyId": next(
            each["id"] for each in plugin.world.documents("motar.organizations") if each["name"] == "Skyline Training"
        ),
        "companyName": "Skyline Training",
        "companyPhone": None,
        "requestingUserFirstName": "Olivia",
        "requestingUserLastName": "Marsh",
        "requestingUserEmail": "olivia@skyline.example",
        "appName": "Flight Deck Trainer",
        "packageName": "Flight Deck Trainer ATO Package",
        "reportUri": None,
        "status": "not-started",
        "completed": False,
    }
    assert list(document) == [
        *("requestId", "companyId", "companyName", "companyPhone", "requestingUserFirstName"),
        *("requestingUserLastName", "requestingUserEmail", "appName", "packageName", "reportUri"),
        *("status", "completed"),
    ]


def test_ids_look_like_the_vendors(plugin: Plugin, started: str):
    (document,) = plugin.documents
    for name in ("requestId", "companyId"):
        assert len(document[name]) == 24
        int(document[name], 16)


def test_it_is_a_post_of_json_with_basic_made_of_the_plugins_id_and_secret(plugin: Plugin, started: str):
    (request,) = plugin.requests
    configured = plugin.world.plugin
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == basic(configured["client_id"], configured["client_secret"])


def test_a_plugin_can_verify_that_header_before_it_accepts(plugin: Plugin, started: str):
    plugin.world.act("motar.forge_webhook", forge="credentials")
    genuine, forged = plugin.requests
    assert forged.headers["authorization"] != genuine.headers["authorization"]
    assert forged.headers["origin"] == genuine.headers["origin"]
    assert forged.data == genuine.data


def test_a_plugin_can_verify_too_that_the_call_came_from_the_vendors_domain(plugin: Plugin, started: str):
    plugin.world.act("motar.forge_webhook", forge="origin")
    genuine, forged = plugin.requests
    assert genuine.headers["origin"] == "https://api.motar.io"
    assert forged.headers["origin"] == "https://evil.example"
    assert forged.headers["authorization"] == genuine.headers["authorization"]


@pytest.mark.parametrize("value", STATUSES)
def test_any_status_field_takes_each_of_the_five_values(plugin: Plugin, started: str, value: str):
    caller = plugin_basic(plugin.world)
    accepted(status(plugin.world, caller, requestId=started, status=value, complete=value == "completed"))
    accepted(alert(plugin.world, caller, requestId=started, title="T", text="t", status=value))
    seen = plugin.world.act("motar.view_progress")
    assert (seen["status"], seen["alerts"][0]["status"]) == (value, value)


@pytest.mark.parametrize("value", ["done", "Completed", "in_progress", "", 1, True, None, ["completed"]])
def test_a_status_field_takes_no_other_value(plugin: Plugin, started: str, value: object):
    answer = status(plugin.world, plugin_basic(plugin.world), requestId=started, status=value)
    assert answer.status_code == 400
    assert "status" in answer.json()["error_description"]
    assert plugin.world.act("motar.view_progress")["status"] == "not-started"


# The handoff


@pytest.mark.parametrize("user", ["@olivia", "@devon", "@marco"])
@pytest.mark.parametrize("at", STATUSES)
def test_any_member_of_the_owning_organization_begins_or_continues_at_any_time(
    plugin: Plugin, started: str, user: str, at: str
):
    accepted(status(plugin.world, plugin_basic(plugin.world), requestId=started, status=at))
    for _ in range(2):
        handed = plugin.world.act("motar.hand_off", by=user)
        assert (handed["state"], handed["user"]) == (started, user)


@pytest.mark.parametrize("user", ["@vera", "@noor", "@sam", "@admin"])
def test_nobody_else_is_handed_over(plugin: Plugin, started: str, user: str):
    action_refused(plugin.world.try_act("motar.hand_off", by=user), "does not belong to Skyline Training")


def test_the_handoff_goes_through_single_sign_on(plugin: Plugin, started: str):
    url = plugin.world.act("motar.hand_off")["url"]
    assert url.startswith(f"{plugin.world.url}/oauth/signin?")
    page = open_page(plugin.world.http, url)
    assert page.status == 200
    assert "Flight Deck Trainer ATO Package" in page.text


def test_a_redirect_uri_must_be_configured_for_it(world: Live):
    world.act("motar.create_plugin", organization="Harbor Assurance", **{**PLUGIN, "redirect_uris": []})
    action_refused(world.try_act("motar.activate_plugin", plugin="Quick ATO"), "a redirect URI")


def test_after_the_login_the_browser_is_at_the_redirect_uri_with_an_authorization_code(plugin: Plugin, started: str):
    page = open_page(plugin.world.http, plugin.world.act("motar.hand_off")["url"])
    done = page.press("Continue as Olivia Marsh").press("Allow")
    assert done.status == 302
    assert done.location is not None
    assert done.location.startswith(plugin.world.plugin["redirect_uris"][0] + "?code=")


def test_the_application_makes_a_token_of_the_code_and_uses_it_for_further_calls(plugin: Plugin, started: str):
    code = plugin.world.act("motar.sign_in", user="@olivia")["code"]
    token = exchange(plugin.world, code).json()["access_token"]
    accepted(status(plugin.world, bearer(token), requestId=started, status="in-progress"))
    assert plugin.world.http.get("/user/v1/my/profile", headers=bearer(token)).json()["firstName"] == "Olivia"


def test_the_redirects_state_is_the_requests_id_that_the_calls_take(plugin: Plugin, started: str):
    redirect = query_of(plugin.world.act("motar.sign_in", user="@devon")["redirect_url"])
    assert redirect["state"] == started
    token = exchange(plugin.world, redirect["code"]).json()["access_token"]
    accepted(status(plugin.world, bearer(token), requestId=redirect["state"], status="under-review"))


# Update request status


def test_a_post_updates_the_requests_overall_status(plugin: Plugin, started: str):
    accepted(status(plugin.world, plugin_basic(plugin.world), requestId=started, status="action-required"))
    assert plugin.world.act("motar.view_progress")["status"] == "action-required"
    assert plugin.world.http.get("/plugin/v1/ato/status").status_code == 405


def test_status_is_authorized_by_the_token_of_the_sign_on(plugin: Plugin, started: str):
    refused(status(plugin.world, {}, requestId=started, status="in-progress"), 401, "4016", "Authorization")
    token = tokens_for(plugin.world)["access_token"]
    accepted(status(plugin.world, bearer(token), requestId=started, status="in-progress"))


def test_cancellable_says_whether_the_user_can_cancel_in_studio(plugin: Plugin, started: str):
    caller = plugin_basic(plugin.world)
    accepted(status(plugin.world, caller, requestId=started, cancellable=False))
    action_refused(plugin.world.try_act("motar.cancel_ato_request"), "cannot be cancelled now", hint="cancellable")
    accepted(status(plugin.world, caller, requestId=started, cancellable=True))
    assert plugin.world.act("motar.cancel_ato_request") == {"request_id": started, "cancelled": True}


def test_status_is_the_new_status(plugin: Plugin, started: str):
    caller = plugin_basic(plugin.world)
    for value in STATUSES:
        accepted(status(plugin.world, caller, requestId=started, status=value))
        assert plugin.world.act("motar.view_progress")["status"] == value


def test_complete_says_whether_the_request_is_complete(plugin: Plugin, started: str):
    caller = plugin_basic(plugin.world)
    for value in (True, False):
        accepted(status(plugin.world, caller, requestId=started, complete=value))
        assert plugin.world.act("motar.view_progress")["complete"] is value


def test_request_id_is_the_one_made_when_the_request_was_started(plugin: Plugin, started: str):
    other = plugin.world.act("motar.start_ato_request")["request_id"]
    accepted(status(plugin.world, plugin_basic(plugin.world), requestId=started, status="in-progress"))
    assert plugin.world.act("motar.view_progress", request=started)["status"] == "in-progress"
    assert plugin.world.act("motar.view_progress", request=other)["status"] == "not-started"


# Create alert


def test_a_post_creates_an_alert_that_the_package_progress_view_shows(plugin: Plugin, started: str, server: str):
    accepted(alert(plugin.world, plugin_basic(plugin.world), requestId=started, title="Scan", text="Two findings."))
    (shown,) = plugin.world.act("motar.view_progress")["alerts"]
    assert (shown["title"], shown["text"]) == ("Scan", "Two findings.")
    page = open_page(plugin.world.http, f"{server}/_mock/ui/{plugin.world.name}/ato/{started}")
    assert page.status == 200
    assert "Two findings." in page.text
    assert "None" not in page.text


def test_an_alert_is_authorized_by_the_token_of_the_sign_on(plugin: Plugin, started: str):
    refused(alert(plugin.world, {}, requestId=started, title="T", text="t"), 401, "4016")
    token = tokens_for(plugin.world)["access_token"]
    accepted(alert(plugin.world, bearer(token), requestId=started, title="T", text="t"))


def test_an_alerts_request_id_says_which_request_it_is_about(plugin: Plugin, started: str):
    other = plugin.world.act("motar.start_ato_request")["request_id"]
    accepted(alert(plugin.world, plugin_basic(plugin.world), requestId=started, title="T", text="t"))
    assert plugin.world.act("motar.view_progress", request=other)["alerts"] == []
    assert len(plugin.world.act("motar.view_progress", request=started)["alerts"]) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Scan finished"),
        ("text", "Two findings to look at."),
        ("providerId", "their-own-17"),
        ("status", "action-required"),
    ],
)
def test_an_alert_keeps_its(plugin: Plugin, started: str, field: str, value: str):
    body = {"title": "T", "text": "t", field: value}
    accepted(alert(plugin.world, plugin_basic(plugin.world), requestId=started, **body))
    assert plugin.world.act("motar.view_progress")["alerts"][0][field] == value


@pytest.mark.parametrize("kind", ["info", "success", "warning", "error"])
def test_an_alerts_type_is_one_of_four(plugin: Plugin, started: str, kind: str):
    accepted(alert(plugin.world, plugin_basic(plugin.world), requestId=started, title="T", text="t", type=kind))
    assert plugin.world.act("motar.view_progress")["alerts"][0]["type"] == kind


def test_an_alert_has_no_fifth_type(plugin: Plugin, started: str):
    answer = alert(plugin.world, plugin_basic(plugin.world), requestId=started, title="T", text="t", type="warn")
    refused(answer, 400, "4003", "type", "warning")


def test_an_alert_without_a_type_is_an_info(plugin: Plugin, started: str):
    accepted(alert(plugin.world, plugin_basic(plugin.world), requestId=started, title="T", text="t"))
    assert plugin.world.act("motar.view_progress")["alerts"][0]["type"] == "info"


# Distributions


@pytest.mark.parametrize(("user", "may"), [("@olivia", True), ("@devon", True), ("@marco", False), ("@vera", False)])
def test_developers_of_the_app_add_and_remove_distributions_of_the_package(
    plugin: Plugin, started: str, user: str, may: bool
):
    for act in ("motar.add_distribution", "motar.remove_distribution"):
        answer = plugin.world.try_act(act, distribution="1.0.0", by=user)
        assert answer.status_code == (200 if may else 409), answer.text
    assert plugin.packages == ([["1.0.0"], []] if may else [])


def test_a_distribution_is_a_version_of_the_app(plugin: Plugin, started: str):
    plugin.world.act("motar.add_distribution", distribution="1.1.0")
    (request,) = plugin.distributions
    (entry,) = json.loads(request.data)["distributions"]
    assert entry == {
        "id": next(each["id"] for each in plugin.world.documents("motar.distributions") if each["version"] == "1.1.0"),
        "name": "Flight Deck Trainer 1.1.0",
        "version": "1.1.0",
        "packageName": "example.skyline.flightdeck",
        "releaseNotes": "Night landings",
        "supportedDevices": ["Windows", "Quest"],
    }


def test_they_go_to_the_endpoint_that_is_configured_for_them(plugin: Plugin, started: str):
    plugin.world.act("motar.add_distribution", distribution="1.0.0")
    (request,) = plugin.distributions
    assert request.url == plugin.world.plugin["distribution_endpoint"]
    assert len(plugin.requests) == 1


def test_a_json_document_is_sent_on_every_change(plugin: Plugin, started: str):
    plugin.world.act("motar.add_distribution", distribution="1.0.0")
    (request,) = plugin.distributions
    configured = plugin.world.plugin
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == basic(configured["client_id"], configured["client_secret"])
    assert list(json.loads(request.data)) == ["requestId", "companyId", "appName", "packageName", "distributions"]
    assert json.loads(request.data)["requestId"] == started


def test_adding_and_removing_call_the_same_endpoint_with_the_current_state(plugin: Plugin, started: str):
    for act, version in (("add", "1.0.0"), ("add", "1.1.0"), ("remove", "1.0.0"), ("remove", "1.1.0")):
        plugin.world.act(f"motar.{act}_distribution", distribution=version)
    assert plugin.packages == [["1.0.0"], ["1.0.0", "1.1.0"], ["1.1.0"], []]
