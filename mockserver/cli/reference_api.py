"""The reference of the control API: each endpoint is called on a real server, and what it answers is shown."""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator
from typing import Any, Final, cast

import httpx2
import msgspec
from starlette.routing import Mount, Route

from mockserver.app import App, build_app
from mockserver.cli.reference_tables import fields_table
from mockserver.control.endpoints import DEEPEST, SECTIONS, Endpoint
from mockserver.errors import MockserverError
from mockserver.settings import Settings
from mockserver.world.snapshots import Snapshot

BASE: Final = "http://127.0.0.1:8600"
VOLATILE: Final = {"seconds": 0.001, "wall": "2026-01-01T00:00:00Z"}
LONGEST: Final = 90

HEAD: Final = f"""\
# Control API

JSON under `/_mock`, our own; no vendor has it. It is for programs on your machine: web pages of other origins are
refused, and on an address other than loopback it asks for `Authorization: Bearer` with the control token. Bodies are
sent as `application/json`. An unknown member of a body is an error.

Everything wrong is a problem document (RFC 9457, `application/problem+json`) with `title`, `status`, `detail`, and
where they help `hint`, `did_you_mean`, `problems` (each with `path`, `expected`, `got`), `near_misses`;
`docs` is the command that prints the page which helps:

| Status | When |
|---|---|
| 400 | the body cannot be read, or does not fit |
| 401, 403 | the control token is missing; a web page of another origin, or a foreign host, asks |
| 404, 405 | a name that leads nowhere; another method |
| 408 | a wait or settle in vain |
| 409 | refused as the vendor's own screens would, or the name is taken |
| 410 | the world was reset, restored or dropped meanwhile |
| 413, 415 | the body is over 16 MiB; it is not `application/json` |
| 422 | a verification that fails |
| 503 | the server is shutting down |

In the examples long lists and texts are cut (`…`); they were recorded on a server at {BASE}. Journal matches
are described in the [scenario language](scenario-language.md#matches).
"""


def page() -> str:
    """The page; raises `MockserverError` when an endpoint is missing in it or does not answer as it should."""
    with tempfile.TemporaryDirectory() as data:
        return "\n".join(asyncio.run(_record(data)))


async def _record(data: str) -> list[str]:
    app = build_app(
        Settings(public_url=BASE, clock="frozen", log_level="critical", data=data),
        transport=httpx2.MockTransport(lambda request: httpx2.Response(200, json={"accepted": True})),
        wall=lambda: 1_767_225_600.0,
    )
    routes = set(_routes(app))
    told = {(each.method, each.path) for section in SECTIONS.values() for each in section}
    if told != routes:
        raise MockserverError(f"The reference differs from the routes in {sorted(told ^ routes)}.")
    await app.runtime.start()
    client = httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=cast(Any, app)),
        base_url=BASE,
        headers={"user-agent": "reference"},
        trust_env=False,
    )
    known: dict[str, Any] = {}
    lines = [HEAD]
    try:
        for heading, endpoints in SECTIONS.items():
            lines.append(f"## {heading}\n")
            for each in endpoints:
                lines += await _told(client, each, known)
    finally:
        await client.aclose()
        await app.stop()
    return lines


def _routes(app: App) -> Iterator[tuple[str, str]]:
    """Every endpoint of the API; pages and their assets are none."""
    for outer in app._own.routes:
        inner = outer.routes if isinstance(outer, Mount) else [outer]
        prefix = outer.path if isinstance(outer, Mount) else ""
        for route in inner:
            if isinstance(route, Route) and type(getattr(route.endpoint, "__self__", None)).__name__ != "Console":
                for method in (route.methods or set()) - {"HEAD"}:
                    yield method, re.sub(r":\w+\}", "}", prefix + route.path)


async def _told(client: httpx2.AsyncClient, each: Endpoint, known: dict[str, Any]) -> list[str]:
    parameters = {name: known.get(value.strip("{}"), value) for name, value in each.parameters.items()}
    path = each.path.format(**parameters) + (f"?{each.query}" if each.query else "")
    body = known["snapshot"] if each.body == "{snapshot}" else each.body
    answer = await (client.request(each.method, path) if body is None else client.request(each.method, path, json=body))
    if answer.status_code >= 400:
        raise MockserverError(f"{each.method} {path} answered {answer.status_code}: {answer.text}")
    if not answer.headers.get("content-type", "application/json").endswith("json"):
        told = f"`{each.method} {path}` answers {answer.status_code} with {each.media[0]}.\n"
        return [f"### {each.method} {each.path}\n", f"{each.about}\n", told]
    data = answer.json() if answer.content else None
    _remember(known, each, data)
    lines = [f"### {each.method} {each.path}\n", f"{each.about}\n"]
    for heading, struct in (("Body", each.takes), ("Query", each.asks)):
        if isinstance(struct, type) and issubclass(struct, msgspec.Struct) and struct is not Snapshot:
            lines += [*fields_table(struct, heading), ""]
    if body is not None:
        lines += ["Body:\n", _shown(body, each.deepest if each.body == "{snapshot}" else DEEPEST)]
    example = f"`{each.method} {path}`"
    if data is None:
        return [*lines, f"{example} answers {answer.status_code} without a body.\n"]
    return [*lines, f"{example} answers {answer.status_code}:\n", _shown(data, each.deepest)]


def _remember(known: dict[str, Any], each: Endpoint, data: Any) -> None:
    if each.path.endswith("/actions/{name}"):
        known |= {"request": data["request_id"], "delivery": data["delivery"]}
    if each.method == "GET" and each.path.endswith("/snapshot"):
        known["snapshot"] = data


def _shown(value: Any, deepest: int) -> str:
    shown = msgspec.json.encode(_cut(value, deepest))
    text = json.dumps(msgspec.json.decode(shown), ensure_ascii=False)
    if len(text) > LONGEST:
        text = msgspec.json.format(shown, indent=2).decode()
    return f"```json\n{text}\n```\n"


def _cut(value: Any, levels: int) -> Any:
    """The value as an example: long and deep parts cut, what differs from run to run replaced."""
    if isinstance(value, dict):
        if value and levels <= 0:
            return "…"
        return {key: VOLATILE.get(key, _cut(part, levels - 1)) for key, part in value.items()}
    if isinstance(value, list):
        shown = [_cut(part, levels - 1) for part in value[:1]]
        return [*shown, "…"] if len(value) > 1 else shown
    return f"{value[:LONGEST]}…" if isinstance(value, str) and len(value) > LONGEST else value
