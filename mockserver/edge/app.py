"""The vendors' front door as one pure ASGI application."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from typing import Any

from mockserver import pages
from mockserver.edge import cors, faults
from mockserver.edge.addressing import Place, place, split_prefix
from mockserver.edge.messages import DateLine, Scope, encoded, read_body, send_answer, sendable
from mockserver.errors import Full, MockserverError
from mockserver.wire import Answer, Call, Limits, Page, Platform, Refusal, Rejected, Route, RouteTable, json_answer
from mockserver.wire.routes import Found
from mockserver.world.faults import changed
from mockserver.world.headers import pack
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
        self._limits = limits or Limits()
        self._assets = assets
        self._date = DateLine()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        started, wall = time.perf_counter(), self._worlds.wall()
        prefix, path = split_prefix(scope["path"])
        query = scope["query_string"].decode("latin-1")
        method: str = scope["method"]
        fields = scope["headers"]
        found = self._table.find(method, path)
        call = Call(
            method=method,
            path=path,
            query_string=query,
            headers=fields,
            params=found.params,
            max_depth=self._limits.depth,
        )
        max_body = self._limits.body if found.route is None else found.route.max_body or self._limits.body
        read = await read_body(receive, call.header("content-length"), max_body)
        if read is None:
            return
        call.body, too_long = read
        placed = place(self._worlds, call, found.carriers, prefix, auto=self._auto_worlds)
        call.base_url = self._base_url(scope, call, prefix, placed)
        world = placed.world
        began = world.journal.begin() if world is not None else 0
        at = world.clock.now() if world is not None else datetime.fromtimestamp(wall, UTC)
        request_head = pack(fields)
        unfit = self._unfit(scope, len(request_head), max_body if too_long else None)
        hit = override = None
        if world is not None and (world.faults or world.interceptors):
            facts = _facts(call, request_head, at)
            hit = world.faults.take("inbound", facts, at)
            if hit is not None and not hit.fault.processed:
                await _hold(world, hit.delay)
            hidden = hit is not None and faults.hides(hit.fault)
            override = Answer(200) if hidden else _overridden(world, call, facts)
        answer, error = (override, None) if override is not None else self._answer(call, found, placed, unfit)
        if (kept := self._worlds.durable()) is not None:
            answer, error = await self._once_durable(kept, call, found, placed) or (answer, error)
        if world is not None and (settings := world.settings(CoreSettings)).cors_origins:
            answer = Answer(answer.status, (*answer.headers, *cors.headers(call, settings)), answer.body)
        if world is not None and hit is not None:
            if hit.fault.processed:
                await _hold(world, hit.delay)
            answer = sendable(Answer(*changed(hit.fault, answer.status, answer.headers, answer.body)))
            call.note("fault", f"{hit.id}: {hit.fault.in_words()}")
        sent, response_head = encoded(answer.headers)
        nothing_left = hit is not None and hit.fault.wire in ("reset", "empty", "timeout")
        exchange = Exchange(
            id=world.journal.last_id + 1 if world is not None else 0,
            began=began,
            kind="inbound",
            at=at,
            wall=datetime.fromtimestamp(wall, UTC),
            seconds=time.perf_counter() - started,
            method=method,
            path=path,
            url=f"{call.base_url}{path}?{query}" if query else call.base_url + path,
            query_string=query,
            request_head=request_head,
            request_body=call.body,
            status=None if nothing_left else answer.status,
            response_head=b"" if nothing_left else response_head,
            response_body=b"" if nothing_left else answer.body,
            route=found.name,
            addressed_by=placed.rule,
            authenticated_by=call.authenticated_by,
            error=error,
            violations=(*call.violations, *call.notes),
        )
        if world is None:
            self._worlds.record_unaddressed(error or "", exchange)
            await send_answer(send, method, answer.status, sent, answer.body, self._date.of(at))
            return
        world.inflight += 1
        try:
            # Before the answer leaves, so that whoever has it finds the exchange in the journal.
            world.journal.append(exchange)
            if placed.stray:
                self._worlds.record_unaddressed(placed.stray, exchange)
            date = self._date.of(at)
            if hit is not None and hit.fault.wire is not None:
                await faults.break_off(hit.fault, scope, receive, answer.status, [*sent, date], answer.body)
            elif hit is not None and hit.fault.drip is not None:
                await faults.drip(send, hit.fault, answer.status, [*sent, date], answer.body)
            else:
                await send_answer(send, method, answer.status, sent, answer.body, date)
        finally:
            world.inflight -= 1
            world.stir()

    async def _once_durable(
        self, kept: Awaitable[None], call: Call, found: Found, placed: Place
    ) -> tuple[Answer, str] | None:
        """Wait until what was committed is safe; what to answer instead where it cannot be."""
        if placed.world is not None:
            placed.world.inflight += 1
        try:
            await kept
        except StoreError as error:
            return self._render(_problem(found, call, 503, str(error)), placed.world), str(error)
        finally:
            if placed.world is not None:
                placed.world.inflight -= 1
        return None

    def _unfit(self, scope: Scope, header_bytes: int, max_body: int | None) -> tuple[int, str] | None:
        """Status and reason for a request that is too large somewhere; `max_body` is the bound its body is over."""
        limits = self._limits
        if max_body is not None:
            return 413, f"The body is larger than {max_body} bytes."
        if len(scope["path"]) + len(scope["query_string"]) > limits.url:
            return 414, f"The URL is longer than {limits.url} bytes."
        headers = scope["headers"]
        if len(headers) > limits.headers:
            return 431, f"There are {len(headers)} headers, more than {limits.headers}."
        if header_bytes > limits.header_bytes:
            return 431, f"The headers are larger than {limits.header_bytes} bytes together."
        return None

    def _answer(
        self, call: Call, found: Found, placed: Place, unfit: tuple[int, str] | None
    ) -> tuple[Answer, str | None]:
        """What to send, and for the journal why it was refused. Whatever breaks in here is our fault, and a 500."""
        try:
            if unfit is not None:
                outcome = _problem(found, call, *unfit)
                return self._render(outcome, placed.world), unfit[1]
            if placed.world is None:
                lost = placed.lost or ""
                return self._render(_problem(found, call, placed.status, lost), None), lost
            if found.platform is None or found.route is None:
                settings = placed.world.settings(CoreSettings)
                if settings.cors_origins and found.allowed and cors.is_preflight(call):
                    told = cors.preflight(call, settings, found.allowed)
                    if isinstance(told, str):
                        return self._render(_problem(found, call, 403, told), placed.world), told
                    return self._render(told, placed.world), None
                outcome, reason = _no_route(found, call)
                return self._render(outcome, placed.world), reason
            return self._run(placed.world, call, found.platform, found.route, placed.contradiction)
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

    def _base_url(self, scope: Scope, call: Call, prefix: str | None, placed: Place) -> str:
        if self._public_url:
            origin = self._public_url
        elif host := call.header("host"):
            origin = f"{scope['scheme']}://{host}"
        else:
            origin = self._worlds.address
        if placed.world is None or placed.rule == "host" or (prefix is None and placed.world.name == DEFAULT):
            return origin
        return f"{origin}/w/{placed.world.name}"


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


def _overridden(world: World, call: Call, facts: dict[str, Any]) -> Answer | None:
    """The answer of the first that wants to give one in the platform's place."""
    for intercept in tuple(world.interceptors):
        override = intercept(facts)
        if override is not None:
            call.note("answer", f"given by {override.by}")
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
