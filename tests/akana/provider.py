"""An OAuth provider that takes client registrations, as far as tests need one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response


@dataclass
class Provider:
    """A provider by RFC 7591 and RFC 7592, as `httpserver` plays it; `failing` is what it answers instead."""

    server: HTTPServer
    failing: int | None = None

    @property
    def calls(self) -> list[tuple[str, str]]:
        return [(request.method, request.path) for request, _ in self.server.log]

    def body(self, n: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.server.log[n][0].data)
        return found

    def answer(self, request: Request) -> Response:
        if self.failing is not None:
            return Response("no", self.failing)
        if request.method == "DELETE":
            return Response(status=204)
        told = {
            **json.loads(request.data),
            "client_id": "c1",
            "client_secret": "s1",
            "registration_client_uri": self.server.url_for("/register/c1"),
            "registration_access_token": "t1",
        }
        return Response(json.dumps(told), 201 if request.method == "POST" else 200, content_type="application/json")
