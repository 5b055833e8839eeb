"""App versions as OAuth clients: registered, updated and deleted at a provider, over the network."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from tests.akana.portal import AMY, DORA, Portal
from tests.akana.provider import Provider
from tests.akana.workflow.written import action, call, functions, goes, step, workflow


def sync(value: str) -> str:
    return call("function", "syncAppVersionOAuthClient", action=value)


def governed(portal: Portal, *actions: str) -> str:
    modify, keep = (
        action(11, "@Modify"),
        action(12, "@EditOAuthDetails", f"<pre-functions>{sync('Reset')}</pre-functions>"),
    )
    portal.upload(workflow(step(10, modify, keep, *actions), step(20)))
    return portal.new_app(workflow="own")


def edit(portal: Portal, version: str, uri: str = "https://a.test/cb") -> None:
    portal[AMY].do("PUT", f"/api/apps/versions/{version}/oauthprofile", {"RedirectURIs": [uri]})


def registration(portal: Portal, version: str) -> dict[str, Any]:
    portal.world.settle()
    seen: dict[str, Any] = portal.act("view_client_registration", app_version=version)
    return seen


def deliveries(portal: Portal) -> list[dict[str, Any]]:
    portal.world.settle()
    found: list[dict[str, Any]] = portal.world.control.get("deliveries").json()["deliveries"]
    return found


def test_a_client_is_registered_and_then_kept_up_to_date(registering: Portal, provider: Provider):
    version = governed(registering)
    edit(registering, version)
    assert registration(registering, version)["state"] == "registered"
    assert registration(registering, version)["client_id"] == "c1"
    request = provider.server.log[0][0]
    assert request.headers["authorization"] == "Bearer initial"
    assert provider.body(0) == {
        "client_name": "Teller 1.0",
        "application_type": "web",
        "redirect_uris": ["https://a.test/cb"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "client_secret_basic",
        "contacts": ["amy@harbor.test"],
        "software_id": registering[AMY].read(f"/api/apps/versions/{version}")["Identity"],
        "software_version": "1.0",
    }
    edit(registering, version, "https://b.test/cb")
    assert registration(registering, version)["state"] == "registered"
    assert provider.calls == [("POST", "/register"), ("PUT", "/register/c1")]
    assert provider.server.log[1][0].headers["authorization"] == "Bearer t1"
    again = provider.body(1)
    assert (again["client_id"], again["client_secret"]) == ("c1", "s1")
    assert again["redirect_uris"] == ["https://b.test/cb"]
    assert "t1" not in json.dumps(registration(registering, version))


def test_a_deletion_goes_out_once_though_the_version_is_gone(registering: Portal, provider: Provider):
    both = sync("Delete") + call("function", "notifyAppVersionDeleteToOAuthClient")
    delete = f"<pre-functions>{both}{call('function', 'deleteAppVersion')}{both}</pre-functions>"
    version = governed(registering, action(13, "@Delete", delete, goes(20)))
    edit(registering, version)
    assert registration(registering, version)["state"] == "registered"
    registering[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert registration(registering, version) == {
        "state": "deleted",
        "client_id": None,
        "error": None,
        "updated": "2026-01-01T00:00:00.000Z",
    }
    assert provider.calls == [("POST", "/register"), ("DELETE", "/register/c1")]
    assert provider.server.log[1][0].data == b""


def test_what_was_never_registered_is_not_deleted(registering: Portal, provider: Provider):
    delete = functions("pre", "notifyAppVersionDeleteToOAuthClient", "deleteAppVersion")
    version = governed(registering, action(13, "@Delete", delete, goes(20)))
    registering[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert deliveries(registering) == []


def test_without_an_endpoint_nothing_is_registered(portal: Portal):
    version = governed(portal)
    edit(portal, version)
    assert deliveries(portal) == []
    assert registration(portal, version) == {"state": "none"}


@pytest.mark.parametrize(
    ("value", "method"),
    [
        *((value, "PUT") for value in ("Reset", "EditOAuthDetails", "@KeyInfoRemoved", "@KeyInfoSaved")),
        *((value, "PUT") for value in ("@RegeneratedSecret", "reserved-action-modify")),
        *((value, "DELETE") for value in ("Delete", "com.soa.appversion.delete.approve")),
        ("com.soa.appversion.delete.auto", "DELETE"),
    ],
)
def test_each_value_of_the_argument_resets_or_deletes(registering: Portal, provider: Provider, value: str, method: str):
    version = governed(registering, action(13, "sync", f"<pre-functions>{sync(value)}</pre-functions>"))
    edit(registering, version)
    registering.world.settle()
    registering.act("perform_action", app_version=version, action="sync", by="amy")
    registering.world.settle()
    assert provider.calls[1:] == [(method, "/register/c1")]


@pytest.mark.parametrize("value", ["reset", "Nonsense", ""])
def test_other_values_are_refused(registering: Portal, value: str):
    version = governed(registering, action(13, "sync", f"<pre-functions>{sync(value)}</pre-functions>"))
    answer = registering.world.try_act("akana.perform_action", app_version=version, action="sync", by="amy")
    assert answer.status_code == 400, answer.text
    assert "Reset" in answer.text


def test_a_provider_that_fails_changes_nothing_else_and_is_asked_anew(registering: Portal, provider: Provider):
    version = governed(registering)
    provider.failing = 500
    edit(registering, version)
    (delivery,) = deliveries(registering)
    assert delivery["state"] == "failed"
    seen = registration(registering, version)
    assert (seen["state"], seen["error"]) == ("failed", "the provider answered 500")
    assert registering[AMY].read(f"/api/apps/versions/{version}/oauthprofile")["RedirectURIs"] == ["https://a.test/cb"]
    provider.failing = None
    edit(registering, version)
    assert registration(registering, version)["state"] == "registered"
    assert provider.calls == [("POST", "/register")] * 2


def test_a_provider_that_is_not_there_is_a_failure(new_portal: Callable[..., Portal]):
    portal = new_portal(registration_endpoint="http://127.0.0.1:9/register")
    version = governed(portal)
    edit(portal, version)
    assert registration(portal, version)["state"] == "failed"
    assert registration(portal, version)["error"]


def test_a_provider_that_does_not_answer_in_time_is_a_failure(
    new_portal: Callable[..., Portal], httpserver: HTTPServer
):
    over = threading.Event()
    httpserver.expect_request("/register").respond_with_handler(lambda _: Response(status=over.wait(30) and 500))
    portal = new_portal(registration_endpoint=httpserver.url_for("/register"))
    portal.world.control.put("settings", json={"core": {"webhook_timeout": 0.2}}).raise_for_status()
    version = governed(portal)
    try:
        edit(portal, version)
        assert "within 0.2 s" in registration(portal, version)["error"]
        (delivery,) = deliveries(portal)
    finally:
        over.set()
        # The answer that nobody waits for any more is not to be found in the next test's log.
        waited = time.monotonic() + 10
        while not httpserver.log and time.monotonic() < waited:
            time.sleep(0.01)
    assert (delivery["state"], delivery["status"]) == ("failed", None)
    assert "within 0.2 s" in delivery["error"]


def test_a_deletion_that_fails_can_be_repeated(registering: Portal, provider: Provider):
    version = governed(registering, action(13, "drop", f"<pre-functions>{sync('Delete')}</pre-functions>"))
    edit(registering, version)
    registering.world.settle()
    provider.failing = 503
    registering.act("perform_action", app_version=version, action="drop", by="amy")
    assert registration(registering, version)["state"] == "failed"
    provider.failing = None
    registering.act("perform_action", app_version=version, action="drop", by="amy")
    assert registration(registering, version)["state"] == "deleted"
    assert [method for method, _ in provider.calls] == ["POST", "DELETE", "DELETE"]


@pytest.mark.parametrize(
    ("status", "methods"), [(401, "PUT POST"), (404, "PUT POST"), (410, "PUT POST"), (400, "PUT PUT")]
)
def test_a_client_that_the_provider_does_not_know_is_registered_anew(
    registering: Portal, provider: Provider, status: int, methods: str
):
    version = governed(registering)
    edit(registering, version)
    registering.world.settle()
    provider.failing = status
    edit(registering, version)
    assert registration(registering, version)["error"] == f"the provider answered {status}"
    provider.failing = None
    edit(registering, version)
    assert registration(registering, version)["state"] == "registered"
    assert [method for method, _ in provider.calls[1:]] == methods.split()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"nonsense", "no client_id"),
        (b"[]", "no client_id"),
        (b'{"client_id": 1}', "no client_id"),
        (b'{"client_id": "c"}', "registration_client_uri"),
    ],
)
def test_an_answer_that_cannot_be_used_is_a_failure(
    registering: Portal, httpserver: HTTPServer, body: bytes, words: str
):
    httpserver.expect_request("/register").respond_with_data(body, status=201)
    version = governed(registering)
    edit(registering, version)
    seen = registration(registering, version)
    assert (seen["state"], words in seen["error"]) == ("failed", True), seen


def test_what_is_asked_while_a_call_is_under_way_is_done_after_it(registering: Portal, provider: Provider):
    """Both calls of one transition: the first is not out yet when the second is asked for."""
    twice = f"<pre-functions>{sync('Reset')}{sync('Reset')}{sync('Delete')}</pre-functions>"
    version = governed(registering, action(13, "twice", twice))
    registering.act("perform_action", app_version=version, action="twice", by="amy")
    assert registration(registering, version)["state"] == "deleted"
    assert provider.calls == [("POST", "/register"), ("DELETE", "/register/c1")]


def test_an_action_that_fails_registers_nothing(registering: Portal, provider: Provider):
    fails = f"<pre-functions>{sync('Reset')}{call('function', 'nonsense')}</pre-functions>"
    version = governed(registering, action(13, "fails", fails))
    assert registering.world.try_act("akana.perform_action", app_version=version, action="fails", by="amy").is_error
    assert deliveries(registering) == []
    assert provider.calls == []


def test_a_public_client_is_told_as_one(registering: Portal, provider: Provider):
    version = governed(registering)
    body = {"Confidential": False, "ApplicationType": "native", "Authorization": {"Scopes": ["a", "b"]}}
    registering[DORA].do("PUT", f"/api/apps/versions/{version}/oauthprofile", body)
    registering.world.settle()
    told = provider.body(0)
    assert (told["token_endpoint_auth_method"], told["application_type"], told["scope"]) == ("none", "native", "a b")
