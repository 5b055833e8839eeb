"""The vendors' front door as one pure ASGI application."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from mockserver import pages
from mockserver.edge.addressing import Place, place, split_prefix
from mockserver.errors import Gone, MockserverError
from mockserver.wire import Answer, Call, Page, Platform, Refusal, Rejected, RouteTable, json_answer
from mockserver.wire.routes import Found
from mockserver.world.journal import Exchange
from mockserver.world.settings import CoreSettings
from mockserver.world.store import StoreError
from mockserver.world.world import World
from mockserver.world.worlds import DEFAULT, Worlds

Scope = dict[str, Any]

log = logging.getLogger("mockserver.edge")

MAX_BODY = 1024 * 1024
MAX_URL = 16 * 1024
HTML_HEADERS = (
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
)


class Edge:
    """Finds world and route of a request, runs the route in a transaction, answers, and writes it down.

    `public_url` replaces what the Host header says in links; `auto_worlds` creates a world when a
    request first names it; `max_body` bounds a request's body in bytes.
    """

    def __init__(
        self,
        worlds: Worlds,
        platforms: tuple[Platform, ...],
        *,
        public_url: str | None = None,
        auto_worlds: bool = False,
        max_body: int = MAX_BODY,
        assets: str = "/_mock/assets",
    ) -> None:
        self._worlds = worlds
        self._table = RouteTable(platforms)
        self._public_url = public_url
        self._auto_worlds = auto_worlds
        self._max_body = max_body
        self._assets = assets

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        started, wall = time.perf_counter(), self._worlds.wall()
        body, too_long = await _read_body(scope, receive, self._max_body)
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        prefix, path = split_prefix(scope["path"])
        query = scope["query_string"].decode("latin-1")
        call = Call(
            method=scope["method"],
            path=path,
            query=tuple(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            body=body,
            base_url="",
        )
        found = self._table.find(call.method, path)
        call.params = found.params
        placed = place(self._worlds, call, found.route, prefix, auto=self._auto_worlds)
        call.base_url = self._base_url(scope, call, prefix, placed)
        world = placed.world
        if world is not None:
            world.inflight += 1
        began = world.journal.begin() if world is not None else 0
        at = world.clock.now() if world is not None else datetime.fromtimestamp(wall, UTC)
        error = None
        try:
            if too_long:
                outcome = _refuse(found, call, 413, f"The body is larger than {self._max_body} bytes.")
            elif len(path) + len(query) > MAX_URL:
                outcome = _refuse(found, call, 414, f"The URL is longer than {MAX_URL} bytes.")
            elif world is None:
                outcome = _refuse(found, call, 404, placed.lost or "")
            else:
                outcome, error = self._answer(world, call, found, placed)
            answer = self._render(outcome, world)
            await _send(send, call.method, answer, at)
        finally:
            if world is not None:
                world.inflight -= 1
        fields = {
            "began": began,
            "kind": "inbound",
            "at": at,
            "wall": datetime.fromtimestamp(wall, UTC),
            "seconds": time.perf_counter() - started,
            "method": call.method,
            "path": path,
            "url": call.base_url + path + (f"?{query}" if query else ""),
            "query": call.query,
            "request_headers": headers,
            "request_body": body,
            "status": answer.status,
            "response_headers": answer.headers,
            "response_body": answer.body,
            "route": found.route.name if found.route else None,
            "addressed_by": placed.rule,
            "authenticated_by": call.authenticated_by,
            "error": error,
            "violations": tuple(call.violations),
        }
        self._write_down(world, placed, fields)

    def _answer(self, world: World, call: Call, found: Found, placed: Place) -> tuple[Answer | Page, str | None]:
        """Run the route; answers what to send, and for the journal why it was refused."""
        platform, route = found.platform, found.route
        if platform is None or route is None:
            return _no_route(found, call)
        if placed.contradiction:
            call.violate("credential", placed.contradiction)
        try:
            with world.transaction():
                outcome = route.handler(world, call)
                if call.violations and not isinstance(outcome, Refusal) and world.settings(CoreSettings).strict:
                    raise Rejected(platform.strictness(call.violations))
        except Rejected as rejected:
            outcome = rejected.refusal
        except StoreError as error:
            outcome = platform.problem(503, str(error))
        except Gone as error:
            outcome = platform.problem(503, str(error))
        except MockserverError as error:
            outcome = platform.problem(400, str(error))
        except Exception:
            log.exception("%s failed in the world %s", route.name, world.name)
            outcome = platform.problem(500, "The emulator failed; its log says why. Please report it.")
        if isinstance(outcome, Refusal):
            return platform.refuse(call, route, outcome), outcome.description
        return outcome, None

    def _render(self, outcome: Answer | Page, world: World | None) -> Answer:
        if isinstance(outcome, Answer):
            return outcome
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
        return Answer(outcome.status, headers, body)

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

    def _write_down(self, world: World | None, placed: Place, fields: dict[str, Any]) -> None:
        if world is None:
            self._worlds.record_unaddressed(placed.lost or "", Exchange(id=0, **fields))
            return
        exchange = world.journal.add(**fields) if world.ended is None else Exchange(id=0, **fields)
        if placed.stray:
            self._worlds.record_unaddressed(placed.stray, exchange)


def _refuse(found: Found, call: Call, status: int, reason: str) -> Answer | Page:
    if found.platform is None:
        return json_answer({"error": reason}, status=status)
    return found.platform.refuse(call, found.route, found.platform.problem(status, reason))


def _no_route(found: Found, call: Call) -> tuple[Answer | Page, str]:
    if found.platform is None:
        reason = f"Nothing is emulated at {call.path}; docs/fidelity.md lists what is."
        if "text/html" in (call.header("accept") or ""):
            context = {
                "title": "Nothing here",
                "text": reason,
                "hints": ["The emulator's own page is at /"],
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
        reason = f"{found.platform.title} has nothing at {call.path} that is emulated; docs/fidelity.md lists what is."
        refusal = found.platform.problem(404, reason)
    return found.platform.refuse(call, None, refusal), reason


async def _read_body(scope: Scope, receive: Any, limit: int) -> tuple[bytes, bool]:
    """The body, or as much as the limit allows and True when there is more."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            return b"", True
    message = await receive()
    if not message.get("more_body"):
        body: bytes = message.get("body", b"")
        return body, len(body) > limit
    chunks = [message.get("body", b"")]
    size = len(chunks[0])
    while message.get("more_body"):
        message = await receive()
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            return b"", True
    return b"".join(chunks), False


async def _send(send: Any, method: str, answer: Answer, at: datetime) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    headers.append((b"date", format_datetime(at, usegmt=True).encode()))
    headers.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})
