from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
import requests

from mockserver.app import App, build_app
from mockserver.server import running
from mockserver.settings import Settings
from tests.fuzz.described import Known


@pytest.fixture(scope="session")
def fuzzed_app() -> App:
    """An app of its own for what comes in here; what it sends out goes nowhere."""
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json={}))
    return build_app(Settings(log_level="critical"), transport=transport)


@pytest.fixture(scope="session")
def fuzzed(fuzzed_app: App) -> Iterator[str]:
    """The URL of that app on a real port."""
    with running(fuzzed_app) as url:
        yield url


@pytest.fixture(scope="session")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


@pytest.fixture
def known(fuzzed: str) -> Iterator[Known]:
    """A world in which something has happened, and the names of what is in it."""
    made = Known.make(fuzzed)
    yield made
    made.drop()
