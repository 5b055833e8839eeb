"""`GET /_mock/openapi.json`: the control API and every platform as OpenAPI 3.1, made at the first request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.wire import Platform


class OpenApi:
    """Serves the description. `base_url` is asked at the first request, when the socket is bound.

    `overview` answers what a newcomer needs to know by platform: examples are taken from it.
    """

    def __init__(
        self,
        platforms: tuple[Platform, ...],
        version: str,
        *,
        base_url: Callable[[], str],
        overview: Callable[[], Mapping[str, Any]],
    ) -> None:
        self._platforms = platforms
        self._version = version
        self._base_url = base_url
        self._overview = overview
        self._made: tuple[bytes, str] | None = None
        self.routes = [Route("/openapi.json", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        body, tag = self._made = self._made or self._make()
        headers = {"etag": tag, "cache-control": "no-cache"}
        known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
        if known & {tag, "*"}:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    def _make(self) -> tuple[bytes, str]:
        # Imported at the first request: most servers are never asked.
        from mockserver.control.openapi.document import describe

        body = rendered(describe(self._platforms, self._version, self._base_url(), self._overview()))
        return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def rendered(document: dict[str, Any]) -> bytes:
    """The document as JSON that people can read."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
