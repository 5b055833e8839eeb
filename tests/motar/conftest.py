from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request

from tests.support import Live


@dataclass
class Plugin:
    """A plugin that takes whatever is sent: `requests` and `distributions` are what came, in order."""

    server: HTTPServer
    world: Live

    def came(self, path: str) -> list[Request]:
        self.world.settle()
        return [request for request, _ in self.server.log if request.path == path]

    @property
    def requests(self) -> list[Request]:
        return self.came("/requests")

    @property
    def distributions(self) -> list[Request]:
        return self.came("/distributions")

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(request.data) for request in self.requests]

    @property
    def packages(self) -> list[list[str]]:
        """The versions in each distributions document that came."""
        return [
            [each["version"] for each in json.loads(request.data)["distributions"]] for request in self.distributions
        ]


@pytest.fixture
def plugin(plugin_world: Live, httpserver: HTTPServer) -> Plugin:
    """A plugin at work: `plugin.world` is configured to send everything to it."""
    for path in ("/requests", "/distributions"):
        httpserver.expect_request(path).respond_with_json({})
    return Plugin(httpserver, plugin_world)


@pytest.fixture
def started(plugin: Plugin) -> str:
    """The id of an ATO request that `plugin` has been told of."""
    request_id: str = plugin.world.act("motar.start_ato_request")["request_id"]
    plugin.world.settle()
    return request_id


@pytest.fixture
def empty(new_world: Callable[..., Live]) -> Live:
    """A frozen world without a fixture."""
    return new_world(clock={"mode": "frozen"}, fixtures=[])
