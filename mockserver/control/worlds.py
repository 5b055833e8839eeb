"""Worlds, clocks, actions and documents over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver import checking
from mockserver.control import views
from mockserver.control.answers import Stop, json, read_as, read_json
from mockserver.control.expecting import ExpectDocument, document_as
from mockserver.delivery.runtime import Runtime
from mockserver.errors import Invalid, Problem, Unknown
from mockserver.world.clock import ClockMode
from mockserver.world.durations import parse_duration
from mockserver.world.header import ClockSpec
from mockserver.world.outbox import DELIVERIES
from mockserver.world.settings import Duration
from mockserver.world.snapshots import Snapshot
from mockserver.world.world import World

Seconds = Annotated[float, msgspec.Meta(ge=0, le=600)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all request bodies have in common: a member that nobody knows is an error."""


class ClockBody(Body, frozen=True):
    mode: ClockMode | None = None
    now: str | None = None


class NewWorld(Body, frozen=True):
    name: str | None = None
    seed: int | None = None
    clock: ClockBody | None = None
    fixtures: tuple[str, ...] | None = None
    settings: dict[str, Any] | None = None


class Advance(Body, frozen=True):
    by: Duration


class Settle(Body, frozen=True):
    timeout: Seconds = 10.0


class WorldsApi:
    """The part of the control API that is about worlds."""

    def __init__(self, runtime: Runtime, overview: Callable[[World], dict[str, Any]]) -> None:
        self._runtime = runtime
        self._worlds = runtime.worlds
        self._overview = overview
        each = "/worlds/{world}"
        self.routes = [
            Route("/worlds", self.list, methods=["GET"]),
            Route("/worlds", self.create, methods=["POST"]),
            Route(each, self.show, methods=["GET"]),
            Route(each, self.drop, methods=["DELETE"]),
            Route(f"{each}/reset", self.reset, methods=["POST"]),
            Route(f"{each}/snapshot", self.snapshot, methods=["GET"]),
            Route(f"{each}/snapshot", self.restore, methods=["PUT"]),
            Route(f"{each}/settings", self.settings, methods=["GET"]),
            Route(f"{each}/settings", self.change_settings, methods=["PUT"]),
            Route(f"{each}/clock", self.clock, methods=["GET"]),
            Route(f"{each}/clock", self.set_clock, methods=["PUT"]),
            Route(f"{each}/clock/advance", self.advance, methods=["POST"]),
            Route(f"{each}/settle", self.settle, methods=["POST"]),
            Route("/actions", self.actions, methods=["GET"]),
            Route(f"{each}/actions/{{name}}", self.act, methods=["POST"]),
            Route(f"{each}/documents", self.collections, methods=["GET"]),
            Route(f"{each}/documents/{{collection}}", self.documents, methods=["GET"]),
            Route(f"{each}/documents/{{collection}}/wait", self.expect_document, methods=["POST"]),
            Route(f"{each}/documents/{{collection}}/{{key:path}}", self.document, methods=["GET"]),
            Route(f"{each}/deliveries", self.deliveries, methods=["GET"]),
            Route(f"{each}/deliveries/{{id}}", self.delivery, methods=["GET"]),
            Route(f"{each}/deliveries/{{id}}/redeliver", self.redeliver, methods=["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        return json({"worlds": [views.world(self._worlds, world) for world in self._worlds]})

    async def create(self, request: Request) -> Response:
        body: NewWorld = await read_as(request, NewWorld, "A new world")
        clock = None if body.clock is None else self._clock_spec(body.clock)
        world = self._worlds.create(
            body.name, seed=body.seed, clock=clock, fixtures=body.fixtures, settings=body.settings
        )
        return json(self._view(world), 201)

    async def show(self, request: Request) -> Response:
        return json(self._view(self._world(request)))

    async def drop(self, request: Request) -> Response:
        self._worlds.drop(request.path_params["world"])
        return Response(status_code=204)

    async def reset(self, request: Request) -> Response:
        return json(self._view(self._worlds.reset(request.path_params["world"])))

    async def snapshot(self, request: Request) -> Response:
        snapshot = self._worlds.snapshot(request.path_params["world"])
        data = msgspec.json.format(msgspec.json.encode(snapshot), indent=2) + b"\n"
        return Response(data, media_type="application/json")

    async def restore(self, request: Request) -> Response:
        data = await read_json(request, "A snapshot")
        snapshot = checking.convert(data, Snapshot, what="The snapshot")
        return json(self._view(self._worlds.restore(request.path_params["world"], snapshot)))

    async def settings(self, request: Request) -> Response:
        return json(views.settings(self._world(request)))

    async def change_settings(self, request: Request) -> Response:
        world = self._world(request)
        values = await read_json(request, "Settings")
        with world.transaction():
            world.change_settings(checking.convert(values, dict[str, Any], what="Settings"))
        return json(views.settings(world))

    async def clock(self, request: Request) -> Response:
        return json(views.clock(self._world(request)))

    async def set_clock(self, request: Request) -> Response:
        world = self._world(request)
        body: ClockBody = await read_as(request, ClockBody, "A clock")
        await self._runtime.set_clock(world, body.mode or world.clock.mode, self._instant(body.now))
        return json(views.clock(world))

    async def advance(self, request: Request) -> Response:
        world = self._world(request)
        body: Advance = await read_as(request, Advance, "An advance")
        await self._runtime.advance(world, parse_duration(body.by))
        return json(views.clock(world))

    async def settle(self, request: Request) -> Response:
        world = self._world(request)
        body: Settle = await read_as(request, Settle, "Settle")
        if not await self._runtime.settle(world, body.timeout):
            if self._runtime.closing:
                raise Stop(503, "Closing", "The server is shutting down.")
            waiting = [f"{each.id} to {each.url}" for each in world.pending_deliveries()]
            told = "; ".join(waiting) or "a request is still being answered"
            raise Stop(408, "Not settled", f"After {body.timeout:g} s still open: {told}.")
        return json({"settled": True, "clock": views.clock(world)})

    async def actions(self, request: Request) -> Response:
        return json({"actions": self._worlds.schema.actions.listed()})

    async def act(self, request: Request) -> Response:
        world = self._world(request)
        arguments = await read_json(request, "The arguments of an action", default={})
        return json(world.act(request.path_params["name"], arguments))

    async def collections(self, request: Request) -> Response:
        world = self._world(request)
        return json({"collections": {name: len(collection) for name, collection in sorted(world.collections.items())}})

    async def documents(self, request: Request) -> Response:
        return json({"documents": list(self._collection(request))})

    async def document(self, request: Request) -> Response:
        return json(self._collection(request)[request.path_params["key"]])

    async def expect_document(self, request: Request) -> Response:
        body: ExpectDocument = await read_as(request, ExpectDocument, "What is expected")
        collection = request.path_params["collection"]
        found = await document_as(request, self._runtime, self._world(request), collection, body)
        return json({"document": found})

    async def deliveries(self, request: Request) -> Response:
        return json({"deliveries": [views.delivery(each) for each in self._world(request)[DELIVERIES]]})

    async def delivery(self, request: Request) -> Response:
        return json(views.delivery_in_full(self._delivery(request)))

    async def redeliver(self, request: Request) -> Response:
        world = self._world(request)
        original = self._delivery(request)
        with world.transaction():
            world.check_guard(original)
            delivery = world.outbox.redeliver(original.id)
        return json(views.delivery(delivery), 201)

    def _world(self, request: Request) -> World:
        return self._worlds.find(request.path_params["world"])

    def _view(self, world: World) -> dict[str, Any]:
        return {**views.world(self._worlds, world), **self._overview(world)}

    def _collection(self, request: Request) -> Any:
        world, name = self._world(request), request.path_params["collection"]
        if name not in world.collections:
            raise Unknown("collection", name, world.collections)
        return world.collections[name]

    def _delivery(self, request: Request) -> Any:
        deliveries, key = self._world(request)[DELIVERIES], request.path_params["id"]
        found = deliveries.get(key)
        if found is None:
            raise Unknown("delivery", key, (each.id for each in deliveries))
        return found

    def _clock_spec(self, body: ClockBody) -> ClockSpec:
        mode = body.mode or ("frozen" if body.now is not None else "live")
        return ClockSpec(mode, self._instant(body.now))

    def _instant(self, now: str | None) -> datetime | None:
        if now is None:
            return None
        if now == "wall":
            return datetime.fromtimestamp(self._worlds.wall(), UTC)
        try:
            instant = datetime.fromisoformat(now)
        except ValueError:
            expected = 'an ISO 8601 instant such as "2026-01-01T09:00:00Z", or "wall"'
            raise Invalid("A clock cannot be used", [Problem("$.now", expected, repr(now))]) from None
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
