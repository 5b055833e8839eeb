"""A plugin's configuration, and what stops while the plugin is inactive or its permission gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.motar.conftest import Plugin
from tests.motar.helpers import (
    HARBOR,
    accepted,
    action_refused,
    alert,
    bearer,
    code_for,
    exchange,
    plugin_basic,
    refresh,
    refused,
    signin_query,
    signin_refused,
    signin_url,
    status,
    tokens_for,
)
from tests.support import Live

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


@pytest.mark.parametrize("rest", ["motar.deactivate_plugin", "motar.revoke_ato_permission"])
def test_no_webhook_leaves_again_while_the_plugin_rests(
    new_world: Callable[..., Live], httpserver: HTTPServer, rest: str
):
    """Neither a retry that falls due nor a redelivery; once the plugin works again, a redelivery goes out."""
    httpserver.expect_request("/requests").respond_with_data("", status=500)
    world = new_world(
        clock={"mode": "frozen"},
        settings={
            "motar": {"request_endpoint": httpserver.url_for("/requests")},
            "core": {"retry_webhooks_after": ["10s"]},
        },
    )
    world.act("motar.start_ato_request")
    world.settle()
    owner = {"organization": "Harbor Assurance"} if rest == "motar.revoke_ato_permission" else {}
    world.act(rest, **owner)
    world.control.post("clock/advance", json={"by": "20s"})
    delivery = world.control.get("deliveries/delivery-1").json()
    assert delivery["state"] == "failed"
    assert delivery["attempts"][1]["error"].startswith("not sent again: ")
    refused = world.control.post("deliveries/delivery-1/redeliver")
    assert (refused.status_code, "first" in refused.json()["hint"] or "grants" in refused.json()["hint"]) == (409, True)
    assert len(httpserver.log) == 1
    world.act("motar.activate_plugin" if not owner else "motar.grant_ato_permission", **owner)
    assert world.control.post("deliveries/delivery-1/redeliver").status_code == 201
    world.settle()
    assert len(httpserver.log) == 2
