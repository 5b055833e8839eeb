"""The reference of the control API: each endpoint is called on a real server, and what it answers is shown."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import httpx2
import msgspec
from starlette.routing import Mount, Route

from mockserver.app import App, build_app
from mockserver.cli.reference_tables import fields_table
from mockserver.control.journal import Query
from mockserver.errors import MockserverError
from mockserver.settings import Settings

BASE: Final = "http://127.0.0.1:8600"
VOLATILE: Final = {"seconds": 0.001, "wall": "2026-01-01T00:00:00Z"}
DEEPEST, LONGEST = 5, 90

SCENARIO: Final = """\
name: tutorial/start
steps:
  - action: motar.start_ato_request
"""

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


@dataclass(frozen=True)
class Endpoint:
    """One endpoint as the reference tells it: what it is for, and an example (path parameters and body)."""

    method: str
    path: str
    about: str
    parameters: Mapping[str, str]
    body: Any
    query: str
    deepest: int


WORLD: Final = {"world": "checkout"}


def _endpoint(
    method: str,
    path: str,
    about: str,
    *,
    body: Any = None,
    query: str = "",
    deepest: int = DEEPEST,
    **parameters: str,
) -> Endpoint:
    return Endpoint(method, path, about, {**WORLD, **parameters}, body, query, deepest)


SECTIONS: Final[Mapping[str, tuple[Endpoint, ...]]] = {
    "Server": (
        _endpoint(
            "GET",
            "/_mock/health",
            "Whether requests are accepted; needs no token. `mockserver wait` asks for `ready`.",
        ),
    ),
    "Worlds": (
        _endpoint(
            "POST",
            "/_mock/worlds",
            "Make a world. Everything may be left out: the name is made up, the rest is the server's. "
            "`clock.now` is ISO 8601 or `wall`; a frozen clock starts at 2026-01-01T00:00:00Z unless told otherwise.",
            body={
                "name": "checkout",
                "clock": {"mode": "frozen"},
                "settings": {"motar": {"request_endpoint": "http://localhost:3000/ato/requests"}},
            },
        ),
        _endpoint("GET", "/_mock/worlds", "All worlds.", deepest=4),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}",
            "One world, with what each platform has in it: credentials, users.",
            deepest=2,
        ),
        _endpoint("GET", "/_mock/worlds/{world}/settings", "Every setting with its value."),
        _endpoint(
            "PUT",
            "/_mock/worlds/{world}/settings",
            "Change settings; what is not given stays. The names are in [settings of a world](world-settings.md).",
            body={"motar": {"expires_in": 3600}},
        ),
    ),
    "Actions": (
        _endpoint(
            "GET",
            "/_mock/actions",
            "All actions with the JSON Schema of their arguments. [The list](actions.md).",
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/actions/{name}",
            "Run an action; the body is an object of its arguments, or empty. Answers what the action answers. "
            "Webhooks leave afterwards: `delivery` is their id.",
            name="motar.start_ato_request",
            body={"app": "Flight Deck Trainer", "by": "@olivia"},
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/settle",
            "Wait until no request is being answered and every delivery that is due has ended; 408 when time is up.",
            body={"timeout": 5},
        ),
    ),
    "Clock": (
        _endpoint("GET", "/_mock/worlds/{world}/clock", "Mode and instant."),
        _endpoint(
            "PUT",
            "/_mock/worlds/{world}/clock",
            "Set the mode (`live`, `frozen`, `auto`), the instant, or both; also to an earlier instant.",
            body={"mode": "frozen", "now": "2026-02-01T09:00:00Z"},
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/clock/advance",
            "Let time pass, and do what falls due meanwhile, in order. `by` is seconds, `90s`, `2d`, or ISO 8601.",
            body={"by": "25h"},
        ),
    ),
    "Journal": (
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/journal",
            "What happened, oldest first: requests in (`inbound`), webhooks out (`delivery`), actions, moves of the "
            "clock. `view=canonical` leaves out what differs from run to run, for comparing bytes.",
            query="kind=delivery&limit=1",
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/journal/wait",
            "Wait until that many exchanges match, those included that happened before; 408 with the nearest misses "
            "when they do not come within `timeout` seconds.",
            body={"match": {"kind": "delivery", "status": "2xx"}, "count": 1, "timeout": 5},
            deepest=2,
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/journal/verify",
            "Check how many exchanges match; at least one when neither `count`, `at_least` nor `at_most` is given. "
            "422 with the nearest misses, field by field, when it is another number.",
            body={"match": {"method": "POST", "path": "/ato/requests", "status": 200}, "count": 1},
        ),
        _endpoint("DELETE", "/_mock/worlds/{world}/journal", "Forget what happened; data and deliveries stay."),
        _endpoint(
            "GET", "/_mock/unaddressed", "Requests that led to no world, or carried a credential of none, and why."
        ),
    ),
    "Deliveries": (
        _endpoint("GET", "/_mock/worlds/{world}/deliveries", "Every webhook, in short."),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/deliveries/{id}",
            "One webhook with each attempt: what was sent, and what came back or why nothing did.",
            id="{delivery}",
        ),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/deliveries/{id}/redeliver",
            "Send the same bytes again, as a new delivery.",
            id="{delivery}",
        ),
    ),
    "Documents": (
        _endpoint("GET", "/_mock/worlds/{world}/documents", "The collections, and how much is in each."),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/documents/{collection}",
            "All documents of a collection.",
            collection="motar.apps",
        ),
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/documents/{collection}/{key}",
            "One document.",
            collection="motar.ato_requests",
            key="{request}",
        ),
    ),
    "Snapshots, reset, drop": (
        _endpoint(
            "GET",
            "/_mock/worlds/{world}/snapshot",
            "The whole world as JSON: documents, clock, counters, timers, outbox, and its credentials.",
            deepest=1,
        ),
        _endpoint(
            "PUT",
            "/_mock/worlds/{world}/snapshot",
            "Make the world what a snapshot says. The body is a snapshot.",
            body="{snapshot}",
            deepest=1,
        ),
        _endpoint("POST", "/_mock/worlds/{world}/reset", "Back to the moment after creation.", deepest=1),
    ),
    "Scenarios and runs": (
        _endpoint(
            "POST",
            "/_mock/scenarios",
            "Keep a scenario in the library, by its name; 400 with every problem, line and column.",
            body={"text": SCENARIO, "source": "start.yaml"},
        ),
        _endpoint("GET", "/_mock/scenarios", "The scenarios that ship and those that were kept."),
        _endpoint("GET", "/_mock/scenarios/{name}", "One scenario's file.", name="tutorial/start"),
        _endpoint(
            "POST",
            "/_mock/worlds/{world}/runs",
            "Run a scenario, by `scenario` (its name) or `text`, in the world, which starts over for it. Answers the "
            "report; with `Accept: application/x-ndjson` each step as it starts and ends, a line each.",
            body={"scenario": "tutorial/start", "inputs": {}},
        ),
        _endpoint("GET", "/_mock/runs", "The runs that were kept, in short."),
        _endpoint("GET", "/_mock/runs/{id}", "One run's report.", id="run-1", deepest=3),
        _endpoint("DELETE", "/_mock/scenarios/{name}", "Forget a scenario of the library.", name="tutorial/start"),
        _endpoint("DELETE", "/_mock/worlds/{world}", "Drop a world. `default` cannot be dropped."),
    ),
}


def page() -> str:
    """The page; raises `MockserverError` when an endpoint is missing in it or does not answer as it should."""
    return "\n".join(asyncio.run(_record()))


async def _record() -> list[str]:
    app = build_app(
        Settings(public_url=BASE, clock="frozen", log_level="critical"),
        transport=httpx2.MockTransport(lambda request: httpx2.Response(200, json={"accepted": True})),
        wall=lambda: 1_767_225_600.0,
    )
    routes = {(method, path): route for method, path, route in _routes(app)}
    told = {(each.method, each.path) for section in SECTIONS.values() for each in section}
    if told != set(routes):
        raise MockserverError(f"The reference differs from the routes in {sorted(told ^ set(routes))}.")
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
                lines += await _told(client, each, routes[each.method, each.path], known)
    finally:
        await client.aclose()
        await app.runtime.stop()
    return lines


def _routes(app: App) -> Iterator[tuple[str, str, Route]]:
    """Every endpoint of the API; pages and their assets are none."""
    for outer in app._own.routes:
        inner = outer.routes if isinstance(outer, Mount) else [outer]
        prefix = outer.path if isinstance(outer, Mount) else ""
        for route in inner:
            if isinstance(route, Route) and type(getattr(route.endpoint, "__self__", None)).__name__ != "Console":
                for method in (route.methods or set()) - {"HEAD"}:
                    yield method, re.sub(r":\w+\}", "}", prefix + route.path), route


async def _told(client: httpx2.AsyncClient, each: Endpoint, route: Route, known: dict[str, Any]) -> list[str]:
    parameters = {name: known.get(value.strip("{}"), value) for name, value in each.parameters.items()}
    path = each.path.format(**parameters) + (f"?{each.query}" if each.query else "")
    body = known["snapshot"] if each.body == "{snapshot}" else each.body
    answer = await (client.request(each.method, path) if body is None else client.request(each.method, path, json=body))
    if answer.status_code >= 400:
        raise MockserverError(f"{each.method} {path} answered {answer.status_code}: {answer.text}")
    data = answer.json() if answer.content else None
    _remember(known, each, data)
    lines = [f"### {each.method} {each.path}\n", f"{each.about}\n"]
    if struct := _body_of(route):
        lines += [*fields_table(struct, "Body"), ""]
    if each.path.endswith("/journal") and each.method == "GET":
        lines += [*fields_table(Query, "Query"), ""]
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


def _body_of(route: Route) -> type[msgspec.Struct] | None:
    """The Struct that an endpoint reads its body as."""
    found = re.search(r"read_as\(request, (\w+),", inspect.getsource(route.endpoint))
    return getattr(inspect.getmodule(route.endpoint), found[1]) if found else None


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
