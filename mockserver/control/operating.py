"""What those ask who run a server: is it alive, is it ready, what goes on."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.control.answers import json
from mockserver.control.metrics import Metrics
from mockserver.delivery.runtime import Runtime
from mockserver.watching.watcher import Watcher


class OperatingApi:
    """The part of the control API that is about the server itself."""

    def __init__(self, runtime: Runtime, metrics: Metrics, release: str, watcher: Watcher | None) -> None:
        self._runtime = runtime
        self._metrics = metrics
        self._release = release
        self._watcher = watcher
        self.routes = [
            Route("/health", self.health, methods=["GET"]),
            Route("/health/live", self.live, methods=["GET"]),
            Route("/metrics", self.metrics, methods=["GET"]),
        ]

    async def health(self, request: Request) -> Response:
        why = self._runtime.why_not_ready
        told = {"status": why[0], "reason": why[1]} if why else {"status": "ready"}
        shown: dict[str, Any] = {**told, "version": self._release, "worlds": len(self._runtime.worlds)}
        if self._watcher is not None:
            # It works, with what the files were before.
            shown["broken_files"] = [each.file for each in self._watcher.broken]
        return json(shown, 503 if why else 200)

    async def live(self, request: Request) -> Response:
        # Whoever can say so is.
        return json({"status": "live", "version": self._release})

    async def metrics(self, request: Request) -> Response:
        body, content_type = self._metrics.render(request.headers.get("accept", ""))
        return Response(body, headers={"content-type": content_type, "cache-control": "no-store"})
