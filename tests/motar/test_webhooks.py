"""What MOTAR sends to a plugin, when, and what becomes of it when the plugin does not take it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.motar.conftest import Plugin
from tests.motar.helpers import (
    SKYLINE,
    accepted,
    action_refused,
    basic,
    plugin_basic,
    status,
)
from tests.support import Live


def deliveries(world: Live) -> list[dict[str, Any]]:
    world.settle()
    found: list[dict[str, Any]] = world.control.get("deliveries").json()["deliveries"]
    return found


def change(world: Live, **motar: Any) -> None:
    answer = world.control.put("settings", json={"motar": motar})
    assert answer.status_code == 200, answer.text


# Request started


def test_a_package_name_can_be_given(plugin: Plugin):
    plugin.world.act("motar.start_ato_request", package_name="Release 2")
    assert plugin.documents[0]["packageName"] == "Release 2"


def test_company_and_requester_are_the_app_owners(plugin: Plugin):
    world = plugin.world
    company = world.act("motar.register_organization", name="Zwölf & Söhne", phone="+1-555-0100-777")
    world.act(
        "motar.create_user",
        organization=company["name"],
        role="owner",
        first_name="Zoë",
        last_name="O'Hara",
        email="zoe@zwolf.example",
    )
    world.act("motar.create_app", organization=company["name"], name="Näh-App")
    started = world.act("motar.start_ato_request", app="Näh-App")
    assert plugin.documents == [
        {
            "requestId": started["request_id"],
            "companyId": company["id"],
            "companyName": "Zwölf & Söhne",
            "companyPhone": "+1-555-0100-777",
            "requestingUserFirstName": "Zoë",
            "requestingUserLastName": "O'Hara",
            "requestingUserEmail": "zoe@zwolf.example",
            "appName": "Näh-App",
            "packageName": "Näh-App ATO Package",
            "reportUri": None,
            "status": "not-started",
            "completed": False,
        }
    ]


def test_the_basic_header_is_of_the_plugin_that_is_asked(plugin: Plugin):
    world = plugin.world
    made = world.act(
        "motar.create_plugin",
        organization="Harbor Assurance",
        name="Second",
        request_endpoint=plugin.server.url_for("/requests"),
        redirect_uris=["http://127.0.0.1:9/"],
    )
    world.act("motar.activate_plugin", plugin="Second")
    world.act("motar.start_ato_request", plugin="Second")
    world.act("motar.start_ato_request", plugin="Harbor ATO")
    assert [request.headers["authorization"] for request in plugin.requests] == [
        basic(made["client_id"], made["client_secret"]),
        plugin_basic(world)["authorization"],
    ]


@pytest.mark.parametrize(
    ("mark", "sent"),
    [
        ("https://api.motar.io", "https://api.motar.io"),
        ("https://sandbox.motar.io", "https://sandbox.motar.io"),
        (None, None),
    ],
)
def test_the_origin_mark_is_a_setting(plugin: Plugin, mark: str | None, sent: str | None):
    change(plugin.world, origin_mark=mark)
    plugin.world.act("motar.start_ato_request")
    plugin.world.act("motar.add_distribution", distribution="1.0.0")
    (request,), (distribution,) = plugin.requests, plugin.distributions
    assert request.headers.get("origin") == distribution.headers.get("origin") == sent


def test_a_forged_origin_is_sent_even_where_the_mark_is_off(plugin: Plugin, started: str):
    change(plugin.world, origin_mark=None)
    plugin.world.act("motar.forge_webhook", origin="https://api.motar.io.evil.example")
    assert plugin.requests[-1].headers["origin"] == "https://api.motar.io.evil.example"
    assert deliveries(plugin.world)[-1]["event"] == "motar.ato.forged"


def test_forged_credentials_keep_the_client_id(plugin: Plugin, started: str):
    plugin.world.act("motar.forge_webhook", forge="credentials")
    assert plugin.requests[-1].headers["authorization"] == basic(
        plugin.world.plugin["client_id"], "iok-cse-" + "0" * 48
    )


@pytest.mark.parametrize("answer", [400, 401, 404, 500, 302])
def test_a_refused_webhook_leaves_the_request_and_a_failed_delivery_that_can_be_sent_again(
    plugin_world: Live, httpserver: HTTPServer, answer: int
):
    httpserver.expect_ordered_request("/requests").respond_with_data("no", status=answer)
    httpserver.expect_ordered_request("/requests").respond_with_data("yes")
    started = plugin_world.act("motar.start_ato_request")
    (failed,) = deliveries(plugin_world)
    assert (failed["id"], failed["state"], failed["status"], failed["attempts"]) == (
        started["delivery"],
        "failed",
        answer,
        1,
    )
    assert plugin_world.act("motar.view_progress")["request_id"] == started["request_id"]
    assert plugin_world.control.post(f"deliveries/{failed['id']}/redeliver").status_code == 201
    _, again = deliveries(plugin_world)
    assert (again["state"], again["redelivery_of"]) == ("delivered", failed["id"])
    first, second = (request for request, _ in httpserver.log)
    assert first.data == second.data
    for name in ("authorization", "origin", "content-type"):
        assert first.headers[name] == second.headers[name]


def test_redelivery_sends_the_old_bytes_though_the_request_has_moved_on(plugin: Plugin, started: str):
    accepted(status(plugin.world, plugin_basic(plugin.world), requestId=started, status="under-review"))
    (delivery,) = deliveries(plugin.world)
    plugin.world.control.post(f"deliveries/{delivery['id']}/redeliver")
    first, second = plugin.requests
    assert first.data == second.data


def test_nobody_at_the_endpoint_leaves_the_request_too(world: Live):
    started = world.act("motar.start_ato_request")
    (failed,) = deliveries(world)
    assert (failed["state"], failed["status"]) == ("failed", None)
    assert "cannot connect" in failed["error"]
    assert world.act("motar.view_progress")["request_id"] == started["request_id"]


def test_a_retry_schedule_is_a_setting_on_the_worlds_clock(new_world: Callable[..., Live], httpserver: HTTPServer):
    httpserver.expect_ordered_request("/requests").respond_with_data("no", status=503)
    httpserver.expect_ordered_request("/requests").respond_with_data("yes")
    world = new_world(
        clock={"mode": "frozen"},
        settings={
            "core": {"retry_webhooks_after": ["5m"]},
            "motar": {"request_endpoint": httpserver.url_for("/requests")},
        },
    )
    world.act("motar.start_ato_request")
    assert deliveries(world)[0]["state"] == "waiting"
    world.control.post("clock/advance", json={"by": "299s"})
    assert deliveries(world)[0]["attempts"] == 1
    world.control.post("clock/advance", json={"by": "1s"})
    assert (deliveries(world)[0]["state"], deliveries(world)[0]["attempts"]) == ("delivered", 2)


# What is set later


def test_a_phone_set_later_shows_in_documents_from_then_on(plugin: Plugin, started: str):
    changed = plugin.world.act("motar.update_organization", organization=SKYLINE, phone="+1-555-0100-300")
    assert changed["deliveries"] == []
    assert len(plugin.requests) == 1
    plugin.world.act("motar.start_ato_request")
    assert [each["companyPhone"] for each in plugin.documents] == [None, "+1-555-0100-300"]


def test_with_the_setting_what_is_set_later_sends_the_document_again(plugin: Plugin, started: str):
    change(plugin.world, resend_on_change=True)
    accepted(status(plugin.world, plugin_basic(plugin.world), requestId=started, status="in-progress"))
    plugin.world.act("motar.update_organization", organization=SKYLINE, phone="+1-555-0100-300")
    report = plugin.world.act("motar.set_report", report_uri="https://reports.example/1")
    plugin.world.act("motar.set_report", report_uri=None)
    plugin.world.act("motar.update_organization", organization=SKYLINE, phone=None)
    assert len(report["deliveries"]) == 1
    first, *later = plugin.documents
    assert [(each["companyPhone"], each["reportUri"], each["status"]) for each in later] == [
        ("+1-555-0100-300", None, "in-progress"),
        ("+1-555-0100-300", "https://reports.example/1", "in-progress"),
        ("+1-555-0100-300", None, "in-progress"),
        (None, None, "in-progress"),
    ]
    assert {each["requestId"] for each in later} == {first["requestId"]}


def test_without_the_setting_a_report_sends_nothing_and_shows_in_the_progress_view(plugin: Plugin, started: str):
    assert plugin.world.act("motar.set_report", report_uri="https://reports.example/1")["deliveries"] == []
    assert plugin.world.act("motar.view_progress")["report_uri"] == "https://reports.example/1"
    assert len(plugin.requests) == 1


def test_only_open_requests_of_working_plugins_are_sent_again(plugin: Plugin, started: str):
    world = plugin.world
    change(world, resend_on_change=True)
    cancelled = world.act("motar.start_ato_request")["request_id"]
    world.act("motar.cancel_ato_request", request=cancelled)
    complete = world.act("motar.start_ato_request")["request_id"]
    accepted(status(world, plugin_basic(world), requestId=complete, status="completed", complete=True))
    world.act("motar.update_organization", organization=SKYLINE, phone="1")
    assert [each["requestId"] for each in plugin.documents[3:]] == [started]
    world.act("motar.deactivate_plugin")
    assert world.act("motar.update_organization", organization=SKYLINE, phone="2")["deliveries"] == []


# Distributions changed


def test_a_duplicate_is_refused_and_nothing_is_sent(plugin: Plugin, started: str):
    plugin.world.act("motar.add_distribution", distribution="1.0.0")
    action_refused(plugin.world.try_act("motar.add_distribution", distribution="1.0.0"), "already", hint="progress")
    assert plugin.packages == [["1.0.0"]]


def test_another_apps_distribution_is_refused_and_nothing_is_sent(plugin: Plugin, started: str):
    world = plugin.world
    world.act("motar.create_app", organization=SKYLINE, name="Other")
    foreign = world.act("motar.create_distribution", app="Other", version="7.0.0")
    for reference in (foreign["id"], "7.0.0"):
        answer = world.try_act("motar.add_distribution", distribution=reference, request=started)
        assert answer.status_code in (404, 409)
        assert "Flight Deck Trainer" in answer.json()["detail"]
    assert plugin.packages == []


def test_what_is_not_in_the_package_is_not_removed(plugin: Plugin, started: str):
    plugin.world.act("motar.add_distribution", distribution="1.0.0")
    action_refused(plugin.world.try_act("motar.remove_distribution", distribution="1.1.0"), "not in the package")
    assert plugin.packages == [["1.0.0"]]


def test_which_distribution_must_be_said_unless_there_is_one(plugin: Plugin, started: str):
    action_refused(plugin.world.try_act("motar.add_distribution"), "1.0.0, 1.1.0")
    plugin.world.act("motar.add_distribution", distribution="1.1.0")
    plugin.world.act("motar.remove_distribution")
    assert plugin.packages == [["1.1.0"], []]


def test_distributions_go_by_id_version_or_name(plugin: Plugin, started: str):
    one = next(each for each in plugin.world.documents("motar.distributions") if each["version"] == "1.0.0")
    for reference in (one["id"], one["version"], one["name"]):
        plugin.world.act("motar.add_distribution", distribution=reference)
        plugin.world.act("motar.remove_distribution", distribution=reference)
    assert plugin.packages == [["1.0.0"], []] * 3


def test_without_a_distribution_endpoint_the_change_is_kept_and_nothing_is_sent(plugin: Plugin, started: str):
    plugin.world.act("motar.configure_plugin", distribution_endpoint=None)
    changed = plugin.world.act("motar.add_distribution", distribution="1.0.0")
    assert changed["delivery"] is None
    assert [each["version"] for each in changed["distributions"]] == ["1.0.0"]
    assert [each["event"] for each in deliveries(plugin.world)] == ["motar.ato.request_started"]
    plugin.world.act("motar.configure_plugin", distribution_endpoint=plugin.server.url_for("/distributions"))
    plugin.world.act("motar.add_distribution", distribution="1.1.0")
    assert plugin.packages == [["1.0.0", "1.1.0"]]


def test_a_cancelled_requests_package_is_closed(plugin: Plugin, started: str):
    plugin.world.act("motar.cancel_ato_request")
    for act in ("motar.add_distribution", "motar.remove_distribution"):
        action_refused(plugin.world.try_act(act, distribution="1.0.0"), "was cancelled", hint="start_ato_request")
    assert plugin.packages == []


def test_a_complete_requests_package_is_closed_until_it_is_opened_again(plugin: Plugin, started: str):
    caller = plugin_basic(plugin.world)
    accepted(status(plugin.world, caller, requestId=started, status="completed", complete=True))
    action_refused(
        plugin.world.try_act("motar.add_distribution", distribution="1.0.0"), "is complete", hint="complete: false"
    )
    accepted(status(plugin.world, caller, requestId=started, status="in-progress", complete=False))
    plugin.world.act("motar.add_distribution", distribution="1.0.0")
    assert plugin.packages == [["1.0.0"]]


def test_each_request_has_a_package_of_its_own(plugin: Plugin, started: str):
    other = plugin.world.act("motar.start_ato_request")["request_id"]
    plugin.world.act("motar.add_distribution", request=started, distribution="1.0.0")
    plugin.world.act("motar.add_distribution", request=other, distribution="1.1.0")
    sent = [json.loads(request.data) for request in plugin.distributions]
    assert [(each["requestId"], [one["version"] for one in each["distributions"]]) for each in sent] == [
        (started, ["1.0.0"]),
        (other, ["1.1.0"]),
    ]
