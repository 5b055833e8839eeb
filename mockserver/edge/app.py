"""The vendors' front door as one pure ASGI application."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

from mockserver import pages
from mockserver.edge import cors, faults
from mockserver.edge.addressing import Place, place, split_prefix
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
from mockserver.errors import Full, MockserverError
from mockserver.wire import Answer, Call, Limits, Page, Platform, Refusal, Rejected, Route, RouteTable, json_answer
from mockserver.wire.routes import Found
from mockserver.world.faults import changed
from mockserver.world.headers import Packed, pack
from mockserver.world.journal import Exchange
from mockserver.world.settings import CoreSettings
from mockserver.world.store import StoreError
from mockserver.world.world import World
from mockserver.world.worlds import DEFAULT, Worlds

log = logging.getLogger("mockserver.edge")

FAILED = "The emulator failed; its log says why. Please report it."
HTML_HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    # Not no-store: who went back to a page that answered a form would find the browser's error page in its place.
    ("cache-control", "no-cache"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


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
        self._assets = assets
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
        answer, error = self._answer(visit)
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
            facts = _facts(call, visit.head, at)
            hit = world.faults.take("inbound", facts, at)
            if hit is not None and not hit.fault.processed:
                await _hold(world, hit.delay)
            hidden = hit is not None and faults.hides(hit.fault)
            override = Answer(200) if hidden else await _overridden(world, call, facts)
        answer, error = (override, None) if override is not None else self._answer(visit)
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

    def _arrive(self, method: str, path: str, query: str, fields: Fields, scheme: str) -> _Visit:
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
        return _Visit(call, found, prefix, scheme, max_body, started, wall)

    def _place(self, visit: _Visit) -> None:
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

    def _record(self, visit: _Visit, status: int | None, head: Packed, body: bytes, error: str | None) -> None:
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

    async def _once_durable(self, kept: Awaitable[None], visit: _Visit) -> tuple[Answer, str] | None:
        """Wait until what was committed is safe; what to answer instead where it cannot be."""
        world = visit.world
        if world is not None:
            world.inflight += 1
        try:
            await kept
        except StoreError as error:
            return self._render(_problem(visit.found, visit.call, 503, str(error)), world), str(error)
        finally:
            if world is not None:
                world.inflight -= 1
        return None

    def _unfit(self, visit: _Visit) -> tuple[int, str] | None:
        """Status and reason for a request that is too large somewhere."""
        limits, call = self.limits, visit.call
        if visit.too_long:
            return 413, f"The body is larger than {visit.max_body} bytes."
        if len(call.path) + len(call.query_string) > limits.url:
            return 414, f"The URL is longer than {limits.url} bytes."
        fields = call.fields
        if len(fields) > limits.headers:
            return 431, f"There are {len(fields)} headers, more than {limits.headers}."
        if len(visit.head) > limits.header_bytes:
            return 431, f"The headers are larger than {limits.header_bytes} bytes together."
        return None

    def _answer(self, visit: _Visit) -> tuple[Answer, str | None]:
        """What to send, and for the journal why it was refused. Whatever breaks in here is our fault, and a 500."""
        call, found, placed, world = visit.call, visit.found, visit.placed, visit.world
        try:
            if (unfit := self._unfit(visit)) is not None:
                return self._render(_problem(found, call, *unfit), world), unfit[1]
            if world is None:
                lost = placed.lost or ""
                return self._render(_problem(found, call, placed.status, lost), None), lost
            if found.platform is not None and found.route is not None:
                return self._run(world, call, found.platform, found.route, placed.contradiction)
            settings = world.settings(CoreSettings)
            if settings.cors_origins and found.allowed and cors.is_preflight(call):
                told = cors.preflight(call, settings, found.allowed)
                if isinstance(told, str):
                    return self._render(_problem(found, call, 403, told), world), told
                return self._render(told, world), None
            outcome, reason = _no_route(found, call)
            return self._render(outcome, world), reason
        except Exception:
            log.exception("answering %s %s failed", call.method, call.path)
            return json_answer({"error": FAILED}, status=500), FAILED

    def _run(
        self, world: World, call: Call, platform: Platform, route: Route, contradiction: str | None
    ) -> tuple[Answer, str | None]:
        """Run the route. The answer is rendered inside the transaction: what cannot be answered did not happen."""
        if contradiction:
            call.violate("credential", contradiction)
        try:
            with world.transaction():
                outcome = route.handler(world, call)
                if isinstance(outcome, Refusal):
                    return self._render(platform.refuse(call, route, outcome), world), outcome.description
                if call.violations and world.settings(CoreSettings).strict:
                    raise Rejected(platform.strictness(call.violations))
                return self._render(outcome, world), None
        except Rejected as rejected:
            refusal = rejected.refusal
        except (StoreError, Full) as error:
            refusal = platform.problem(503, str(error))
        except MockserverError as error:
            refusal = platform.problem(400, str(error))
        except Exception:
            log.exception("%s failed in the world %s", route.name, world.name)
            refusal = platform.problem(500, FAILED)
        return self._render(platform.refuse(call, route, refusal), world), refusal.description

    def _render(self, outcome: Answer | Page, world: World | None) -> Answer:
        if isinstance(outcome, Answer):
            return sendable(outcome)
        body = pages.render(
            outcome.template,
            **outcome.context,
            assets=self._assets,
            world=world.name if world else "",
            public_url=self._public_url or "",
        )
        targets = " ".join(("'self'", *outcome.form_targets))
        policy = (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; "
            f"frame-ancestors 'none'; form-action {targets}"
        )
        headers = (*outcome.headers, *HTML_HEADERS, ("content-security-policy", policy))
        return sendable(Answer(outcome.status, headers, body))

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


class _Visit:
    """A request on its way through the edge: what came, where it leads, and when it began."""

    __slots__ = (
        *("at", "began", "call", "found", "head", "max_body"),
        *("placed", "prefix", "scheme", "started", "too_long", "wall", "world"),
    )

    at: datetime
    placed: Place
    world: World | None

    def __init__(
        self, call: Call, found: Found, prefix: str | None, scheme: str, max_body: int, started: float, wall: float
    ) -> None:
        self.call = call
        self.found = found
        self.prefix = prefix
        self.scheme = scheme
        self.max_body = max_body
        self.started = started
        self.wall = wall
        self.began = 0
        self.too_long = False
        self.head = pack(call.fields)


def _facts(call: Call, head: bytes, at: datetime) -> dict[str, Any]:
    """A request as far as it is known before it is answered."""
    return Exchange(
        id=0,
        began=0,
        kind="inbound",
        at=at,
        wall=at,
        seconds=0.0,
        method=call.method,
        path=call.path,
        url=call.base_url + call.path,
        query_string=call.query_string,
        request_head=head,
        request_body=call.body,
    ).facts


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


def _problem(found: Found, call: Call, status: int, reason: str) -> Answer | Page:
    if found.platform is None:
        return json_answer({"error": reason}, status=status)
    return found.platform.refuse(call, found.route, found.platform.problem(status, reason))


def _no_route(found: Found, call: Call) -> tuple[Answer | Page, str]:
    if found.platform is None:
        reason = f"Nothing is emulated at {call.path}; `mockserver fidelity` lists what is."
        if "text/html" in (call.header("accept") or ""):
            context = {
                "title": "Nothing here",
                "text": reason,
                "hints": [],
                "status": 404,
            }
            return Page("message.html", context, 404), reason
        return json_answer({"error": reason}, status=404), reason
    if found.allowed:
        allowed = ", ".join(found.allowed)
        reason = f"{call.path} takes {allowed}, not {call.method}."
        refusal = found.platform.problem(405, reason)
        refusal = Refusal(refusal.status, refusal.code, reason, headers=(("allow", allowed),))
    else:
        reason = (
            f"{found.platform.title} has nothing at {call.path} that is emulated; `mockserver fidelity` lists what is."
        )
        refusal = found.platform.problem(404, reason)
    return found.platform.refuse(call, None, refusal), reason
