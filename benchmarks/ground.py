"""A platform that only benchmarks load, by its entry point: ground to measure on, and routes to get lost in.

Its actions prepare in one call what would take thousands of requests; its routes fill the table, so
that it holds more than 150 with MOTAR's alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import msgspec

from mockserver.platforms.motar import tokens
from mockserver.platforms.motar.makers import make_plugin
from mockserver.platforms.motar.models import APPS, ORGANIZATIONS, REQUESTS, USERS, AtoRequest
from mockserver.wire import Answer, Call, Evidence, Platform, Refusal, Route, json_answer
from mockserver.world.actions import action
from mockserver.world.world import World

PADDING = 136

Count = Annotated[int, msgspec.Meta(ge=0)]


class Prepare(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    plugins: Count = 1
    requests: Count = 1


@action("bench.prepare")
def prepare(world: World, args: Prepare) -> list[tuple[str, str]]:
    """Make plugins with ATO requests, each with a user signed in for it; no webhook leaves.

    Answers an access token and the request's ID for each.
    """
    vendor = world[ORGANIZATIONS].first("name", "Harbor Assurance")
    owner = world[USERS].first("handle", "@olivia")
    assert vendor is not None
    assert owner is not None
    made = []
    for number in range(args.plugins):
        plugin = make_plugin(
            world,
            organization=vendor,
            name=f"Bench {world.mint.count('bench.plugin')}.{number}",
            redirect_uris=("http://127.0.0.1:9/callback",),
            request_endpoint="http://127.0.0.1:9/requests",
            active=True,
        )
        for request in _requests(world, plugin.id, args.requests):
            session = tokens.open_session(world, plugin.client_id, owner.id, None)
            made.append((session.access_token, request))
    return made


class Fill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    documents: Count


@action("bench.fill")
def fill(world: World, args: Fill) -> int:
    """Add so many ATO requests of a plugin that nobody uses."""
    return len(_requests(world, "bench", args.documents))


def _requests(world: World, plugin: str, count: int) -> list[str]:
    app = next(iter(world[APPS]))
    now = world.clock.now()
    made = []
    for _ in range(count):
        request = AtoRequest(
            id=world.mint.hex(24, "motar.ato_request"),
            app=app.id,
            plugin=plugin,
            requested_by=app.owners[0],
            package_name=f"{app.name} ATO Package",
            created=now,
            updated=now,
        )
        world[REQUESTS].insert(request)
        made.append(request.id)
    return made


class Send(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    urls: tuple[str, ...]
    times: Count
    body: str


@action("bench.send")
def send(world: World, args: Send) -> int:
    """Queue webhooks, going round the URLs."""
    for number in range(args.times):
        world.outbox.send(
            "bench.event",
            about="bench",
            url=args.urls[number % len(args.urls)],
            headers=(("content-type", "application/json"),),
            body=args.body,
            retry_after=(timedelta(seconds=1),),
        )
    return args.times


def _nothing(world: World, call: Call) -> Answer:
    return json_answer({"params": call.params})


def _refuse(call: Call, route: Route | None, refusal: Refusal) -> Answer:
    return json_answer({"error": refusal.description}, status=refusal.status, headers=refusal.headers)


_SHAPES = (("GET", ""), ("POST", ""), ("GET", "/{id}"), ("POST", "/{id}/parts"))
_EVIDENCE = Evidence("assumed", "assumed", "assumed")


def _no_fixture(text: str, source: str) -> Any:
    raise NotImplementedError("benchmarks bring no fixtures")


BENCH = Platform(
    name="bench",
    title="Bench",
    routes=tuple(
        Route(method, f"/bench/things-{number // 4}{tail}", _nothing, "Nothing", _EVIDENCE)
        for number in range(PADDING)
        for method, tail in [_SHAPES[number % 4]]
    ),
    actions=(prepare, fill, send),
    kinds=(),
    refuse=_refuse,
    problem=lambda status, reason: Refusal(status, str(status), reason),
    strictness=lambda violations: Refusal(400, "strict", "strict"),
    fixture=_no_fixture,
    overview=lambda world: {},
)
