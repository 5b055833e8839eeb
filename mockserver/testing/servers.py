"""The emulator of a session: given, shared by the controller, or our own."""

from __future__ import annotations

import contextlib
from collections.abc import Generator

import pytest

from mockserver.client import ServerClient
from mockserver.errors import MockserverError
from mockserver.testing.given import given_token, given_url, shared_url


@contextlib.contextmanager
def server_of(config: pytest.Config) -> Generator[ServerClient]:
    """The session's emulator, started unless there is one. Fails when one that was given does not answer."""
    with contextlib.ExitStack() as stack:
        token = None
        if (given := given_url(config)) is not None:
            url, token = given, given_token(config)
        else:
            url = shared_url(config) or stack.enter_context(_own())
        server = stack.enter_context(ServerClient(url, token))
        if silent := _why_silent(server):
            # Outside of any `except`, or pytest would show where httpx2 gave up.
            pytest.fail(silent, pytrace=False)
        yield server


def _why_silent(server: ServerClient) -> str | None:
    try:
        server.health()
    except MockserverError as error:
        return str(error)
    return None


@contextlib.contextmanager
def _own() -> Generator[str]:
    from mockserver.app import build_app
    from mockserver.server import running
    from mockserver.settings import Settings

    with running(build_app(Settings(port=0))) as url:
        yield url
