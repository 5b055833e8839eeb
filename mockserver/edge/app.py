"""The vendors' front door as one pure ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from mockserver.edge import cors, faults
from mockserver.edge.addressing import Place, place, split_prefix
from mockserver.edge.answering import Answering
from mockserver.edge.messages import (
    DateLine,
    Fields,
    Scope,
    encoded,
    on_the_wire,
    read_body,
    send_answer,
    sendable,
    whole_answer,
)
from mockserver.edge.visit import Visit
from mockserver.wire import Answer, Call, Limits, Platform, RouteTable
from mockserver.world.faults import changed
from mockserver.world.headers import Packed
from mockserver.world.journal import Exchange
from mockserver.world.settings import CoreSettings
from mockserver.world.store import StoreError
from mockserver.world.world import World
from mockserver.world.worlds import DEFAULT, Worlds


class Edge:
    """Finds world and route of a request, runs the route in a transaction, answers, and writes it down.

    `public_url` replaces what the Host header says in links; `auto_worlds` creates a world when a
    request first names it; `limits` bound the size of a request.
    """

    def __init__(
        self,
        worlds: Worlds,
        platforms: tuple[Platform, ...],
        *,
        public_url: str | None = None,
        auto_worlds: bool = False,
        limits: Limits | None = None,
        assets: str = "/_mock/assets",
    ) -> None:
        self._worlds = worlds
        self._table = RouteTable(platforms)
        self._public_url = public_url
        self._auto_worlds = auto_worlds
        self.limits = limits or Limits()
        self._answering = Answering(self.limits, assets=assets, public_url=self._public_url or "")
        self._date = DateLine()

    def at_once(self, method: str, path: str, query: str, fields: Fields, body: bytes, scheme: str) -> bytes | None:
        """The whole response to a request that came whole, as it goes on the wire.

        None where somebody has to wait before it leaves: for the disk, or for what a world's faults and scenarios do
        with its requests. Then nothing has happened yet, and the request is to be had by ASGI.
        """
        if self._worlds.waits_for_disk:
            return None
        visit = self._arrive(method, path, query, fields, scheme)
        if len(body) > visit.max_body:
            visit.too_long = True
        else:
            visit.call.body = body
        self._place(visit)
        world = visit.world
        if world is not None:
            if world.faults or world.interceptors:
                return None
            visit.began = world.journal.begin()
        answer, error = self._answering.answer(visit)
        answer = _with_cors(answer, world, visit.call)
        head, packed = on_the_wire(answer.headers)
        # Before the answer leaves, so that whoever has it finds the exchange in the journal.
        self._record(visit, answer.status, packed, answer.body, error)
        return whole_answer(method, answer.status, head, answer.body, self._date.line(visit.at))

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        method: str = scope["method"]
        query = scope["query_string"].decode("latin-1")
        visit = self._arrive(method, scope["path"], query, scope["headers"], scope["scheme"])
        call = visit.call
        read = await read_body(receive, call.header("content-length"), visit.max_body)
        if read is None:
            return
        call.body, visit.too_long = read
        self._place(visit)
        world, at = visit.world, visit.at
        hit = override = None
        if world is not None:
            visit.began = world.journal.begin()
        if world is not None and (world.faults or world.interceptors):
            facts = visit.facts()
            hit = world.faults.take("inbound", facts, at)
            if hit is not None and not hit.fault.processed:
                await _hold(world, hit.delay)
            hidden = hit is not None and faults.hides(hit.fault)
            override = Answer(200) if hidden else await _overridden(world, call, facts)
        answer, error = (override, None) if override is not None else self._answering.answer(visit)
        if (kept := self._worlds.durable()) is not None:
            answer, error = await self._once_durable(kept, visit) or (answer, error)
        answer = _with_cors(answer, world, call)
        if world is not None and hit is not None:
            if hit.fault.processed:
                await _hold(world, hit.delay)
            answer = sendable(Answer(*changed(hit.fault, answer.status, answer.headers, answer.body)))
            call.note("fault", f"{hit.id}: {hit.fault.in_words()}")
        sent, packed = encoded(answer.headers)
        date = self._date.of(at)
        if world is None:
            self._record(visit, answer.status, packed, answer.body, error)
            await send_answer(send, method, answer.status, sent, answer.body, date)
            return
        world.inflight += 1
        try:
            # Before the answer leaves, so that whoever has it finds the exchange in the journal.
            if hit is not None and hit.fault.wire in ("reset", "empty", "timeout"):
                self._record(visit, None, b"", b"", error)
            else:
                self._record(visit, answer.status, packed, answer.body, error)
            if hit is not None and hit.fault.wire is not None:
                await faults.break_off(hit.fault, scope, receive, answer.status, [*sent, date], answer.body)
            elif hit is not None and hit.fault.drip is not None:
                await faults.drip(send, hit.fault, answer.status, [*sent, date], answer.body)
            else:
                await send_answer(send, method, answer.status, sent, answer.body, date)
        finally:
            world.inflight -= 1
            world.stir()

    def _arrive(self, method: str, path: str, query: str, fields: Fields, scheme: str) -> Visit:
        """Take in a request's head and find its route."""
        started, wall = perf_counter(), self._worlds.wall()
        prefix, path = split_prefix(path)
        found = self._table.find(method, path)
        limits = self.limits
        call = Call(
            method=method,
            path=path,
            query_string=query,
            headers=fields,
            params=found.params,
            max_depth=limits.depth,
        )
        max_body = limits.body if found.route is None else found.route.max_body or limits.body
        return Visit(call, found, prefix, scheme, max_body, started, wall)

    def _place(self, visit: Visit) -> None:
        """Find the world of a request that was read."""
        call, prefix = visit.call, visit.prefix
        host = call.header("host")
        visit.placed = placed = place(self._worlds, call, visit.found.carriers, prefix, host, auto=self._auto_worlds)
        visit.world = world = placed.world
        call.base_url = self._base_url(visit.scheme, host, prefix, placed)
        if world is None:
            visit.at = datetime.fromtimestamp(visit.wall, UTC)
        else:
            visit.at = world.clock.now()

    def _record(self, visit: Visit, status: int | None, head: Packed, body: bytes, error: str | None) -> None:
        """Write down what came, and this answer."""
        call, placed, world, query = visit.call, visit.placed, visit.world, visit.call.query_string
        exchange = Exchange(
            id=world.journal.last_id + 1 if world is not None else 0,
            began=visit.began,
            kind="inbound",
            at=visit.at,
            wall=datetime.fromtimestamp(visit.wall, UTC),
            seconds=perf_counter() - visit.started,
            method=call.method,
            path=call.path,
            url=f"{call.base_url}{call.path}?{query}" if query else call.base_url + call.path,
            query_string=query,
            request_head=visit.head,
            request_body=call.body,
            status=status,
            response_head=head,
            response_body=body,
            route=visit.found.name,
            addressed_by=placed.rule,
            authenticated_by=call.authenticated_by,
            error=error,
            violations=(*call.violations, *call.notes),
        )
        if world is None:
            self._worlds.record_unaddressed(error or "", exchange)
            return
        world.journal.append(exchange)
        if placed.stray:
            self._worlds.record_unaddressed(placed.stray, exchange)

    async def _once_durable(self, kept: Awaitable[None], visit: Visit) -> tuple[Answer, str] | None:
        """Wait until what was committed is safe; what to answer instead where it cannot be."""
        world = visit.world
        if world is not None:
            world.inflight += 1
        try:
            await kept
        except StoreError as error:
            return self._answering.problem(visit, 503, str(error))
        finally:
            if world is not None:
                world.inflight -= 1
        return None

    def _base_url(self, scheme: str, host: str | None, prefix: str | None, placed: Place) -> str:
        if self._public_url:
            origin = self._public_url
        elif host:
            origin = f"{scheme}://{host}"
        else:
            origin = self._worlds.address
        if placed.world is None or placed.rule == "host" or (prefix is None and placed.world.name == DEFAULT):
            return origin
        return f"{origin}/w/{placed.world.name}"


async def _overridden(world: World, call: Call, facts: dict[str, Any]) -> Answer | None:
    """The answer of the first that wants to give one in the platform's place."""
    for intercept in tuple(world.interceptors):
        override = intercept(facts)
        if override is not None:
            call.note("answer", f"given by {override.by}")
            await _hold(world, override.delay)
            return sendable(Answer(override.status, override.headers, override.body))
    return None


async def _hold(world: World, seconds: float) -> None:
    """Let a request wait; whoever settles the world waits with it."""
    if seconds:
        world.inflight += 1
        try:
            await asyncio.sleep(seconds)
        finally:
            world.inflight -= 1


def _with_cors(answer: Answer, world: World | None, call: Call) -> Answer:
    if world is None or not (settings := world.settings(CoreSettings)).cors_origins:
        return answer
    return Answer(answer.status, (*answer.headers, *cors.headers(call, settings)), answer.body)
