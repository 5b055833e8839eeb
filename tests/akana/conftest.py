from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.akana.portal import FIXTURE, Portal
from tests.akana.provider import Provider
from tests.support import Live


@pytest.fixture
def new_portal(new_world: Callable[..., Live]) -> Iterator[Callable[..., Portal]]:
    """Makes worlds with the tests' portal: `new_portal(admin_role="team")` sets Akana's settings."""
    made: list[Portal] = []

    def make(**akana: Any) -> Portal:
        world = new_world(clock={"mode": "frozen"}, fixtures=[FIXTURE], settings={"akana": akana})
        made.append(Portal(world))
        return made[-1]

    yield make
    for portal in made:
        portal.close()


@pytest.fixture
def portal(new_portal: Callable[..., Portal]) -> Portal:
    """A fresh frozen world with the tests' portal."""
    return new_portal()


@pytest.fixture
def provider(httpserver: HTTPServer) -> Provider:
    provider = Provider(httpserver)
    for path in ("/register", "/register/c1"):
        httpserver.expect_request(path).respond_with_handler(provider.answer)
    return provider


@pytest.fixture
def registering(new_portal: Callable[..., Portal], httpserver: HTTPServer) -> Iterator[Portal]:
    """A portal that registers clients at `provider`; what it sends late does not meet the next test's."""
    portal = new_portal(registration_endpoint=httpserver.url_for("/register"), registration_token="initial")
    yield portal
    portal.world.settle()
