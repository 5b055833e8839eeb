from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest

from mockserver.client import ServerClient, WorldClient

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def emulated(server: str) -> Iterator[ServerClient]:
    """The session's server by its client."""
    with ServerClient(server) as client:
        yield client


@pytest.fixture
def made(emulated: ServerClient) -> Iterator[Callable[..., WorldClient]]:
    """Makes frozen worlds that are dropped after the test, unless the test did."""
    worlds: list[str] = []

    def make(**given: object) -> WorldClient:
        name = f"client-{next(_numbers)}"
        worlds.append(name)
        return emulated.create_world(name, **{"clock": "frozen", **given})

    yield make
    there = {each["name"] for each in emulated.worlds()}
    for name in there.intersection(worlds):
        emulated.world(name).drop()


@pytest.fixture
def own(made: Callable[..., WorldClient]) -> WorldClient:
    """A fresh world whose plugin does not answer."""
    nowhere = {
        "request_endpoint": "http://127.0.0.1:9/requests",
        "distribution_endpoint": "http://127.0.0.1:9/distributions",
        "redirect_uri": "http://127.0.0.1:9/callback",
    }
    return made(settings={"motar": nowhere})
