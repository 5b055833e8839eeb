"""The journal over HTTP: read, wait for, verify."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver import checking
from mockserver.control import views
from mockserver.control.answers import Stop, json, problem, read_as, unless_client_leaves
from mockserver.control.worlds import Body, Seconds
from mockserver.delivery.runtime import Runtime
from mockserver.recordings.har import har
from mockserver.world.journal import Exchange
from mockserver.world.matching import Match, closest, in_words, matches
from mockserver.world.redaction import Redaction, held_by
from mockserver.world.world import World

Count = Annotated[int, msgspec.Meta(ge=0)]
FILTERS = ("kind", "method", "path", "status")


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET …/journal`."""

    kind: Literal["inbound", "delivery", "action", "clock"] | None = None
    method: str | None = None
    path: str | None = None
    status: str | None = None
    after: Count = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1000
    view: Literal["full", "summary", "canonical"] = "full"


class Wait(Body, frozen=True):
    match: Match = Match()
    count: Annotated[int, msgspec.Meta(ge=1)] = 1
    timeout: Seconds = 10.0


class Verify(Body, frozen=True):
    match: Match
    count: Count | None = None
    at_least: Count | None = None
    at_most: Count | None = None


class JournalApi:
    """The part of the control API that is about what happened."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._worlds = runtime.worlds
        journal = "/worlds/{world}/journal"
        self.routes = [
            Route(journal, self.read, methods=["GET"]),
            Route(journal, self.clear, methods=["DELETE"]),
            Route(f"{journal}.har", self.har, methods=["GET"]),
            Route(f"{journal}/wait", self.wait, methods=["POST"]),
            Route(f"{journal}/verify", self.verify, methods=["POST"]),
            Route("/unaddressed", self.unaddressed, methods=["GET"]),
        ]

    async def read(self, request: Request) -> Response:
        world = self._world(request)
        query = _query(request)
        wanted = {name: value for name in FILTERS if (value := getattr(query, name)) is not None}
        match = checking.convert(wanted, Match, what="The filter")
        found = [each for each in _after(world, query.after) if not wanted or matches(match, each.facts)]
        found = found[: query.limit]
        shown: Sequence[Mapping[str, Any]]
        match query.view:
            case "canonical":
                # This view is for comparing bytes: neither counts nor ids, and a fixed order of keys.
                body = msgspec.json.encode({"exchanges": views.canonical(world, found)}, order="deterministic")
                return Response(msgspec.json.format(body, indent=2) + b"\n", media_type="application/json")
            case "summary":
                shown = [views.summary(each) for each in found]
            case _:
                shown = [views.exchange(each) for each in found]
        return json({"exchanges": shown, "last_id": world.journal.last_id, "dropped": world.journal.dropped})

    async def har(self, request: Request) -> Response:
        world = self._world(request)
        return json(har(world.journal, Redaction(held_by([world])), title=f"World {world.name}"))

    async def clear(self, request: Request) -> Response:
        self._world(request).journal.forget()
        return Response(status_code=204)

    async def wait(self, request: Request) -> Response:
        world = self._world(request)
        body: Wait = await read_as(request, Wait, "A wait")
        found: list[Exchange] = []
        seen = 0

        def enough() -> bool | None:
            nonlocal seen
            for each in _after(world, seen):
                seen = each.id
                if matches(body.match, each.facts):
                    found.append(each)
            return True if len(found) >= body.count else None

        if await unless_client_leaves(request, self._runtime.wait(world, enough, body.timeout)) is None:
            if self._runtime.closing:
                raise Stop(503, "Closing", "The server is shutting down.")
            raise Stop(
                408,
                "Not seen",
                f"After {body.timeout:g} s {len(found)} of {body.count} exchanges match {in_words(body.match)}.",
                matched=len(found),
                near_misses=_near_misses(world, body.match, found),
            )
        return json({"matched": len(found), "exchanges": [views.exchange(each) for each in found]})

    async def verify(self, request: Request) -> Response:
        world = self._world(request)
        body: Verify = await read_as(request, Verify, "A verification")
        found = [each for each in world.journal if matches(body.match, each.facts)]
        n = len(found)
        at_least = 1 if body.count is None and body.at_least is None and body.at_most is None else body.at_least
        wrong = [
            wanted
            for wanted, right in (
                (f"exactly {body.count}", body.count is None or n == body.count),
                (f"at least {at_least}", at_least is None or n >= at_least),
                (f"at most {body.at_most}", body.at_most is None or n <= body.at_most),
            )
            if not right
        ]
        if not wrong:
            return json({"matched": n})
        return problem(
            422,
            "Not as expected",
            f"Expected {' and '.join(wrong)} of {in_words(body.match)}, found {n}.",
            matched=n,
            exchanges=[each.id for each in found],
            near_misses=_near_misses(world, body.match, found),
        )

    async def unaddressed(self, request: Request) -> Response:
        shown = [{"reason": each.reason, **views.exchange(each.exchange)} for each in self._worlds.unaddressed]
        return json({"count": self._worlds.unaddressed_count, "exchanges": shown})

    def _world(self, request: Request) -> World:
        return self._worlds.find(request.path_params["world"])


def _query(request: Request) -> Query:
    raw: dict[str, Any] = dict(request.query_params)
    for name in ("after", "limit"):
        if name in raw and raw[name].isdecimal() and len(raw[name]) < 18:
            raw[name] = int(raw[name])
    return checking.convert(raw, Query, what="The query")


def _after(world: World, exchange_id: int) -> Iterable[Exchange]:
    journal = world.journal
    if exchange_id <= 0:
        return journal
    newer = []
    for each in reversed(journal):
        if each.id <= exchange_id:
            break
        newer.append(each)
    return reversed(newer)


def _near_misses(world: World, match: Match, found: list[Exchange]) -> list[dict[str, Any]]:
    matched = {each.id for each in found}
    others = (each.facts for each in world.journal if each.id not in matched)
    return [msgspec.to_builtins(each) for each in closest(match, others)]
