"""OAuth clients that people use, unmodified: their credentials alone lead them to their worlds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from requests_oauthlib import OAuth2Session as OauthlibSession

from tests.motar.browser import open_page
from tests.support import PLAIN, Live

AUTH_METHODS = ("client_secret_basic", "client_secret_post")


@pytest.fixture(autouse=True)
def loopback_without_tls_or_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("NO_PROXY", "*")


@pytest.fixture
def two_worlds(new_world: Callable[..., Live]) -> tuple[Live, Live]:
    """Two worlds whose tokens live a number of seconds, which these clients insist on."""
    one, two = (new_world(settings={"motar": {"expires_in": 3600}}) for _ in range(2))
    assert one.plugin["client_id"] != two.plugin["client_id"]
    return one, two


def allow_as(name: str, url: str) -> str:
    """What the browser does in between: where it is redirected to."""
    with httpx2.Client(**PLAIN) as client:
        page = open_page(client, url).press(name)
        location = page.location or page.press("Allow").location
    assert location is not None
    return location


def use_and_leave(session: Any, server: str, world: Live, token: dict[str, Any]) -> None:
    profile = session.get(f"{server}/user/v1/my/profile").json()
    assert profile["userId"] == world.user("@olivia")["id"]
    left = session.post(f"{server}/oauth/logout", json={"refresh_token": token["refresh_token"]})
    assert (left.status_code, left.json()) == (200, {"success": True})
    assert session.get(f"{server}/oauth/token/validate").status_code == 403


@pytest.mark.parametrize("method", AUTH_METHODS)
def test_authlib_signs_in_refreshes_and_logs_out_in_two_worlds_at_once(
    two_worlds: tuple[Live, Live], server: str, method: str
):
    sessions = []
    for world in two_worlds:
        plugin = world.plugin
        session = AuthlibSession(
            plugin["client_id"],
            plugin["client_secret"],
            redirect_uri=plugin["redirect_uris"][0],
            token_endpoint_auth_method=method,
        )
        url, state = session.create_authorization_url(f"{server}/oauth/signin")
        sessions.append((world, session, url, state))
    tokens = []
    for _, session, url, state in sessions:
        back = allow_as("Olivia Marsh", url)
        tokens.append(session.fetch_token(f"{server}/oauth/token", authorization_response=back, state=state))
    for (world, session, _, _), token in zip(sessions, tokens, strict=True):
        renewed = session.refresh_token(f"{server}/oauth/token", refresh_token=token["refresh_token"])
        assert renewed["access_token"] != token["access_token"]
        use_and_leave(session, server, world, renewed)


@pytest.mark.parametrize("in_body", [False, True])
def test_requests_oauthlib_signs_in_refreshes_and_logs_out_in_two_worlds_at_once(
    two_worlds: tuple[Live, Live], server: str, in_body: bool
):
    sessions = []
    for world in two_worlds:
        plugin = world.plugin
        session = OauthlibSession(plugin["client_id"], redirect_uri=plugin["redirect_uris"][0])
        url, _ = session.authorization_url(f"{server}/oauth/signin")
        sessions.append((world, session, url, plugin["client_secret"]))
    for _, session, url, secret in sessions:
        back = allow_as("Olivia Marsh", url)
        how = {"include_client_id": True} if in_body else {}
        session.fetch_token(f"{server}/oauth/token", authorization_response=back, client_secret=secret, **how)
    for world, session, _, secret in sessions:
        old = session.token
        renewed = session.refresh_token(
            f"{server}/oauth/token", client_id=world.plugin["client_id"], client_secret=secret
        )
        assert renewed["refresh_token"] != old["refresh_token"]
        use_and_leave(session, server, world, renewed)


def test_a_strict_world_is_fine_with_a_client_that_posts_its_secret(new_world: Callable[..., Live], server: str):
    world = new_world(settings={"motar": {"expires_in": 3600}, "core": {"strict": True}})
    plugin = world.plugin
    session = OauthlibSession(plugin["client_id"], redirect_uri=plugin["redirect_uris"][0])
    back = allow_as("Olivia Marsh", session.authorization_url(f"{server}/oauth/signin")[0])
    token = session.fetch_token(
        f"{server}/oauth/token",
        authorization_response=back,
        client_secret=plugin["client_secret"],
        include_client_id=True,
    )
    use_and_leave(session, server, world, token)


def test_the_vendors_own_1d_is_what_these_clients_cannot_read(world: Live, server: str):
    plugin = world.plugin
    session = OauthlibSession(plugin["client_id"], redirect_uri=plugin["redirect_uris"][0])
    back = allow_as("Olivia Marsh", session.authorization_url(f"{server}/oauth/signin")[0])
    with pytest.raises(ValueError, match="expires_in"):
        session.fetch_token(f"{server}/oauth/token", authorization_response=back, client_secret=plugin["client_secret"])
