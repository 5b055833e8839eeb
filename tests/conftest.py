from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import hypothesis
import pytest

from mockserver.app import build_app
from mockserver.server import running
from mockserver.settings import Settings
from tests.support import PLAIN, Live, toy_server_running

# On a busy machine a deadline fails tests that are right; what must be fast is measured as a ratio instead.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.load_profile("suite")

_numbers = itertools.count(1)

SLOW = (
    *("tests/browser/", "tests/container/", "tests/fuzz/", "tests/store/test_killed.py"),
    *("tests/docs/test_examples.py", "tests/pytest_plugin/test_plugin_workers.py", "tests/benchmarks/"),
    *("tests/offline/", "tests/recordings/test_hundred_replays.py"),
)
"""What starts browsers, environments and servers by the dozen: left to `make test-slow`, and run by CI."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(place in item.path.as_posix() for place in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of an emulator on a real port, shared by the whole session; tests take worlds of their own."""
    with running(build_app(Settings())) as url:
        yield url


@pytest.fixture
def new_world(server: str) -> Iterator[Callable[..., Live]]:
    """Makes worlds that are dropped after the test: `new_world(clock={"mode": "frozen"}, settings={...})`."""
    with world_maker(server) as make:
        yield make


@pytest.fixture(scope="session")
def toy_server() -> Iterator[str]:
    """The URL of an emulator that plays the toy platform besides MOTAR."""
    with toy_server_running() as url:
        yield url


@pytest.fixture
def new_toy_world(toy_server: str) -> Iterator[Callable[..., Live]]:
    """`new_world` on the toy's server, with a frozen clock unless told otherwise."""
    with world_maker(toy_server, clock={"mode": "frozen"}) as make:
        yield make


@pytest.fixture
def toy_world(new_toy_world: Callable[..., Live]) -> Live:
    """A fresh and empty world on the toy's server, with a frozen clock."""
    return new_toy_world()


@contextmanager
def world_maker(server: str, **defaults: Any) -> Iterator[Callable[..., Live]]:
    made: list[Live] = []

    def make(**given: Any) -> Live:
        spec = {"name": f"test-{next(_numbers)}", **defaults, **given}
        answer = httpx2.post(f"{server}/_mock/worlds", json=spec, **PLAIN)
        assert answer.status_code == 201, answer.text
        url = answer.json()["base_url"]
        live = Live(
            spec["name"],
            url,
            httpx2.Client(base_url=url, **PLAIN),
            httpx2.Client(base_url=f"{server}/_mock/worlds/{spec['name']}", timeout=30, **PLAIN),
        )
        made.append(live)
        return live

    try:
        yield make
    finally:
        for live in made:
            live.drop()
            live.http.close()
            live.control.close()


@pytest.fixture
def world(new_world: Callable[..., Live]) -> Live:
    """A fresh world with the quickstart fixture and a frozen clock."""
    return new_world(clock={"mode": "frozen"})


@pytest.fixture
def plugin_world(new_world: Callable[..., Live], httpserver: Any) -> Live:
    """A fresh frozen world whose plugin is `httpserver`: /requests, /distributions and /callback on it."""
    return new_world(
        clock={"mode": "frozen"},
        settings={
            "motar": {
                "request_endpoint": httpserver.url_for("/requests"),
                "distribution_endpoint": httpserver.url_for("/distributions"),
                "redirect_uri": httpserver.url_for("/callback"),
            }
        },
    )
