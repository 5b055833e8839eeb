"""Faults of worlds over HTTP."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.control.answers import json, read_as
from mockserver.delivery.runtime import Runtime
from mockserver.world.faults import Armed, Fault
from mockserver.world.world import World


class FaultsApi:
    """The part of the control API that lets things go wrong."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        path = "/worlds/{world}/faults"
        self.routes = [
            Route(path, self.add, methods=["POST"]),
            Route(path, self.list, methods=["GET"]),
            Route(path, self.clear, methods=["DELETE"]),
            Route(f"{path}/{{id}}", self.remove, methods=["DELETE"]),
        ]

    async def add(self, request: Request) -> Response:
        world = self._world(request)
        fault: Fault = await read_as(request, Fault, "A fault")
        return json(_shown(world.faults.add(fault, world.clock.now())), 201)

    async def list(self, request: Request) -> Response:
        return json({"faults": [_shown(armed) for armed in self._world(request).faults]})

    async def clear(self, request: Request) -> Response:
        self._world(request).faults.clear()
        return Response(status_code=204)

    async def remove(self, request: Request) -> Response:
        self._world(request).faults.remove(request.path_params["id"])
        return Response(status_code=204)

    def _world(self, request: Request) -> World:
        return self._runtime.worlds.find(request.path_params["world"])


def _shown(armed: Armed) -> dict[str, Any]:
    return {
        "id": armed.id,
        "does": armed.fault.in_words(),
        "fault": msgspec.to_builtins(armed.fault),
        "seen": armed.seen,
        "hits": armed.hits,
        "spent": armed.spent,
    }
