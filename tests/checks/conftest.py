from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from mockserver.app import build_app
from mockserver.checks import Bench, Waits
from mockserver.cli.run import PATHS, quickstart_credentials
from mockserver.client import ServerClient
from mockserver.reference_plugin import Settings as PluginSettings
from mockserver.server import bind, in_background, running, url_of
from mockserver.settings import Settings
from tests.checks.variants import Variant

OpenBench = Callable[..., Any]

GOOD = Variant("")


@pytest.fixture(scope="module")
def server() -> Iterator[ServerClient]:
    with running(build_app(Settings(port=0))) as url, ServerClient(url) as client:
        yield client


@pytest.fixture
def bench_of(server: ServerClient, caplog: pytest.LogCaptureFixture) -> OpenBench:
    """Opens a bench for a plugin that runs on a port of its own, in a world of its own."""
    caplog.set_level(logging.CRITICAL, "reference_plugin")
    seeds = count(1_000, 1_000)

    @contextmanager
    def open_bench(
        variant: Variant = GOOD,
        *,
        claims_origin: bool = True,
        verify_origin: str | None = "https://api.motar.io",
        distributions: bool = True,
    ) -> Generator[Bench]:
        world = server.create_world()
        sock = bind("127.0.0.1", 0)
        endpoints = {name: url_of(sock) + path for name, path in PATHS.items()}
        if not distributions:
            del endpoints["distribution_endpoint"]
        client_id, client_secret = quickstart_credentials()
        settings = PluginSettings(world.base_url, client_id, client_secret, endpoints["redirect_uri"], verify_origin)
        # The reference plugin is done when it has answered, so nothing has to be waited for.
        waits = Waits(**{"patience": 0.2, "quiet": 0.0, "retry_after": 0, **variant.waits})
        with in_background(variant.build(settings), sock):
            yield Bench(server, world.name, endpoints, seed=next(seeds), waits=waits, claims_origin=claims_origin)
        world.drop()

    return open_bench
