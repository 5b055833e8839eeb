from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast

import httpx2
import pytest
import requests
import schemathesis.pytest.plugin

from mockserver.app import App, build_app
from mockserver.server import running
from mockserver.settings import Settings
from tests.fuzz.described import Known


def pytest_configure(config: pytest.Config) -> None:
    # pyproject.toml keeps it out of all other processes.
    if not config.pluginmanager.is_registered(schemathesis.pytest.plugin):
        config.pluginmanager.register(schemathesis.pytest.plugin, "schemathesis-of-fuzz")


class Watched:
    """An app, and the loop that it runs on."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.loop: asyncio.AbstractEventLoop

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.loop = asyncio.get_running_loop()
        await self._app(scope, receive, send)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)


@pytest.fixture(scope="session")
def fuzzed_app() -> Watched:
    """An app of its own for what comes in here; what it sends out goes nowhere."""
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json={}))
    return Watched(build_app(Settings(log_level="critical"), transport=transport))


@pytest.fixture(scope="session")
def fuzzed(fuzzed_app: Watched) -> Iterator[str]:
    """The URL of that app on a real port."""
    with running(cast(App, fuzzed_app)) as url:
        yield url


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        # A case says itself who it is from: a cookie that an earlier answer set would sign it in all the same.
        made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield made


@pytest.fixture
def known(fuzzed: str) -> Iterator[Known]:
    """A world in which something has happened, and the names of what is in it."""
    made = Known.make(fuzzed)
    yield made
    made.drop()
