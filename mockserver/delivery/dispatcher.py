"""Sends what worlds leave in their outboxes; one lane per world and target keeps the order."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import msgspec

from mockserver.delivery.forbidden import Forbidden, TargetRefused
from mockserver.delivery.slots import Slots
from mockserver.delivery.targets import DEFAULT_PORTS, Targets
from mockserver.errors import Gone, MockserverError
from mockserver.world.faults import changed
from mockserver.world.headers import pack_text
from mockserver.world.journal import Violation, multi, readable
from mockserver.world.outbox import DELIVERIES, Attempt, Delivery
from mockserver.world.settings import CoreSettings
from mockserver.world.store import StoreError
from mockserver.world.world import World
from mockserver.world.worlds import Touched

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger("mockserver.delivery")

USER_AGENT = "motar-mockserver"
STORE_AGAIN = 1.0
"""Seconds after which what could not be stored is tried again: a disk that is full may have room then."""
INTERRUPTED = "interrupted: the emulator ended while this attempt was under way"


class Bounds(msgspec.Struct, frozen=True):
    """How much of an answer is read, in bytes; how many attempts are under way at once, in all and to one target."""

    response: int = 256 * 1024
    attempts: int = 128
    attempts_per_target: int = 16


class _Lane(msgspec.Struct):
    waiting: deque[str] = msgspec.field(default_factory=deque)
    known: set[str] = set()
    task: asyncio.Task[None] | None = None


class Dispatcher:
    """Takes pending deliveries out into the world and brings their outcome back, each in its own transaction.

    Deliveries of one world to one URL go one after the other, so that a plugin sees them in the
    order in which they were decided; everything else goes at once, up to `bounds`. A target that is
    down, slow or wrong costs nobody but itself. `targets` says which hosts are reached under another
    name; the Host header stays that of the URL the delivery is for. Nothing is sent where it is
    `forbidden`.
    """

    def __init__(
        self,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        targets: Targets | None = None,
        forbidden: Forbidden | None = None,
        bounds: Bounds | None = None,
    ) -> None:
        self._transport = transport
        self.targets = targets or Targets()
        self.forbidden = forbidden or Forbidden()
        self._bounds = bounds or Bounds()
        self._cut = Violation("answer", f"only its first {self._bounds.response} bytes were read (--max-response)")
        self._client: httpx2.AsyncClient | None = None
        self._lanes: dict[tuple[World, str], _Lane] = {}
        self._cut_off: set[tuple[World, str]] = set()
        self._slots = Slots(self._bounds.attempts, self._bounds.attempts_per_target)
        self._running = False

    async def start(self) -> None:
        """Begin to send what the worlds wake it for."""
        self._running = True

    async def stop(self) -> None:
        """Cut attempts short and close the connections; what was not sent stays pending."""
        self._running = False
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def take_up(self, world: World) -> None:
        """Take over from an earlier process: attempts that its end cut off count, whether they arrived or not."""
        self._cut_off.update((world, each.id) for each in world.pending_deliveries() if each.begun is not None)

    def wake(self, world: World, touched: Touched = None) -> None:
        """Send the deliveries of this world that are pending: those among `touched`, or all."""
        if not self._running:
            return
        for delivery in world.pending_deliveries(touched):
            lane = self._lanes.setdefault((world, delivery.url), _Lane())
            if delivery.id in lane.known:
                continue
            lane.known.add(delivery.id)
            lane.waiting.append(delivery.id)
            world.inflight += 1
            if lane.task is None:
                lane.task = asyncio.create_task(self._work(world, delivery.url, lane))

    async def _work(self, world: World, url: str, lane: _Lane) -> None:
        target = _target(self.targets.reach(url))
        try:
            while lane.waiting:
                delivery_id = lane.waiting.popleft()
                try:
                    async with self._slots.taken(target):
                        await self._attempt(world, delivery_id)
                except Gone:
                    pass
                except StoreError as error:
                    log.error("%s of the world %s was not sent: %s", delivery_id, world.name, error)
                except Exception:
                    # A delivery that breaks us must not hold up those behind it; it stays pending.
                    log.exception("sending %s of the world %s failed", delivery_id, world.name)
                finally:
                    lane.known.discard(delivery_id)
                    world.inflight -= 1
                    world.stir()
        finally:
            world.inflight -= len(lane.waiting)
            self._lanes.pop((world, url), None)

    async def _attempt(self, world: World, delivery_id: str) -> None:
        world.check_alive()
        delivery = world[DELIVERIES].get(delivery_id)
        if delivery is None or delivery.state != "pending":
            return
        n = len(delivery.attempts) + 1
        if (world, delivery_id) in self._cut_off:
            self._cut_off.discard((world, delivery_id))
            cut_off = Attempt(
                n=n, at=delivery.begun or world.clock.now(), seconds=0.0, error=INTERRUPTED, interrupted=True
            )
            await _keep(world, lambda: _record(world, delivery_id, cut_off))
            return
        # Kept before anything leaves, so that a crash cannot make an attempt unhappened.
        await _keep(world, lambda: _begin(world, delivery_id))
        if (kept := world.durable()) is not None:
            await kept
        began = world.journal.begin()
        at, wall, started = world.clock.now(), world.wall(), time.perf_counter()
        outcome = await self._send_or_fail(world, delivery)
        seconds = time.perf_counter() - started
        world.check_alive()
        parts = _split(delivery.url)
        exchange = world.journal.add(
            began=began,
            kind="delivery",
            at=at,
            wall=datetime.fromtimestamp(wall, UTC),
            seconds=seconds,
            method=delivery.method,
            path=parts.path or "/",
            url=delivery.url,
            query_string=parts.query,
            request_head=pack_text(outcome.sent),
            request_body=delivery.body.encode(),
            status=outcome.status,
            response_head=pack_text(outcome.headers),
            response_body=outcome.body,
            route=delivery.event,
            delivery=delivery.id,
            sent_to=outcome.sent_to,
            error=outcome.error,
            violations=(self._cut,) if outcome.is_cut else (),
        )
        attempt = Attempt(
            n=n,
            at=at,
            seconds=round(seconds, 6),
            status=outcome.status,
            headers=outcome.headers,
            body=outcome.body.decode("utf-8", "replace"),
            error=outcome.error,
            exchange=exchange.id,
        )
        await _keep(world, lambda: _record(world, delivery_id, attempt))

    async def _send_or_fail(self, world: World, delivery: Delivery) -> _Outcome:
        """Send, unless a fault of the world says that it goes otherwise."""
        timeout = world.settings(CoreSettings).webhook_timeout
        hit = world.faults.take("delivery", _facts(delivery), world.clock.now()) if world.faults else None
        if hit is None:
            return await self._send(delivery, timeout)
        fault = hit.fault
        await asyncio.sleep(min(hit.delay, timeout))
        if hit.delay >= timeout:
            return _Outcome(delivery.headers, error=f"no answer within {timeout:g} s ({hit.id}: {fault.in_words()})")
        loses = fault.wire is not None or fault.replaces
        outcome = _Outcome(delivery.headers) if loses and not fault.processed else await self._send(delivery, timeout)
        if fault.wire is not None:
            what = {"reset": "the connection was reset", "timeout": f"no answer within {timeout:g} s"}
            error = what.get(fault.wire, "the connection was closed without an answer")
            return msgspec.structs.replace(
                outcome, status=None, headers=(), body=b"", error=f"{error} ({hit.id}: {fault.in_words()})"
            )
        if not loses and outcome.status is None:
            return outcome
        status, headers, body = changed(fault, outcome.status or 200, outcome.headers, outcome.body)
        return msgspec.structs.replace(outcome, status=status, headers=headers, body=body, error=None)

    async def _send(self, delivery: Delivery, timeout: float) -> _Outcome:
        from http.cookiejar import CookieJar, DefaultCookiePolicy

        import httpx2

        from mockserver.delivery.network import GuardedTransport, read_bounded

        client = self._client
        if client is None:
            client = self._client = httpx2.AsyncClient(
                transport=self._transport or GuardedTransport(self.forbidden, connections=self._bounds.attempts),
                trust_env=False,
                # The world's own setting bounds an attempt as a whole; httpx's five seconds would come first.
                timeout=None,
                # Plugins of different worlds share this client: a cookie of one must not reach another.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                follow_redirects=False,
                headers={"user-agent": USER_AGENT, "accept-encoding": "gzip"},
            )
        sent: tuple[tuple[str, str], ...] = delivery.headers
        url = self.targets.reach(delivery.url)
        sent_to = url if url != delivery.url else None
        place = _where(delivery.url) + (f" (sent to {_where(url)})" if sent_to else "")
        reached = _split(url)
        try:
            if reached.scheme not in DEFAULT_PORTS:
                raise TargetRefused(f"webhooks go to http and https URLs only, not to {_where(url)!r}")
            self.forbidden.check_name(reached.hostname or "")
            request = client.build_request(
                delivery.method, delivery.url, headers=list(delivery.headers), content=delivery.body.encode() or None
            )
            if sent_to is not None:
                # Only the connection leads elsewhere: Host, and the name a certificate must have, stay.
                request.extensions = {**request.extensions, "sni_hostname": request.url.host}
                request.url = httpx2.URL(sent_to)
            sent = tuple((name.lower(), value) for name, value in request.headers.items())
            async with asyncio.timeout(timeout):
                response = await client.send(request, stream=True)
                try:
                    body, more = await read_bounded(response, self._bounds.response)
                finally:
                    await response.aclose()
        except TargetRefused as error:
            return _Outcome(sent, sent_to, error=str(error))
        except TimeoutError:
            return _Outcome(sent, sent_to, error=f"no answer from {place} within {timeout:g} s")
        except httpx2.ConnectError as error:
            # Whoever maps a host to loopback means it.
            advice = (None if sent_to else self.targets.advice(url)) or "is it running?"
            return _Outcome(sent, sent_to, error=f"cannot connect to {place}: {error or 'refused'}; {advice}")
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, OSError) as error:
            return _Outcome(sent, sent_to, error=f"{type(error).__name__} at {place}: {error}")
        headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return _Outcome(sent, sent_to, status=response.status_code, headers=headers, body=body, is_cut=more)


class _Outcome(msgspec.Struct, frozen=True):
    sent: tuple[tuple[str, str], ...]
    sent_to: str | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: str | None = None
    is_cut: bool = False


def _facts(delivery: Delivery) -> dict[str, Any]:
    """A webhook as far as it is known before it is sent."""
    parts = _split(delivery.url)
    headers = tuple((name.lower(), value) for name, value in delivery.headers)
    return {
        "kind": "delivery",
        "method": delivery.method,
        "path": parts.path or "/",
        "query": multi(tuple(parse_qsl(parts.query, keep_blank_values=True))),
        "headers": multi(headers),
        "body": readable(headers, delivery.body.encode()),
    }


async def _keep(world: World, change: Callable[[], None]) -> None:
    """Make a change to a world; while it cannot be stored, try again. Raises `Gone` when the world ends meanwhile."""
    refused = False
    while True:
        try:
            change()
            return
        except StoreError as error:
            if not refused:
                log.warning("the deliveries of the world %s wait until they can be stored: %s", world.name, error)
            refused = True
        await asyncio.sleep(STORE_AGAIN)


def _begin(world: World, delivery_id: str) -> None:
    with world.transaction():
        world.outbox.begin(delivery_id)


def _record(world: World, delivery_id: str, attempt: Attempt) -> None:
    """Note an attempt and hand a final one to the delivery's outcome action, both or neither.

    An outcome action that refuses would be asked for ever, so its refusal is noted instead.
    """
    try:
        with world.transaction():
            recorded = world.outbox.record(delivery_id, attempt)
            if recorded.outcome is not None and recorded.state in ("delivered", "failed"):
                arguments = {**recorded.outcome_arguments, "delivery": recorded.id}
                world.schema.actions.run(world, recorded.outcome, arguments)
    except Gone:
        raise
    except MockserverError as error:
        log.warning("the outcome of %s of the world %s was refused: %s", delivery_id, world.name, error)
        told = "; ".join(filter(None, (attempt.error, f"its outcome was refused: {error}")))
        with world.transaction():
            world.outbox.record(delivery_id, msgspec.structs.replace(attempt, error=told))


def _where(url: str) -> str:
    parts = _split(url)
    # Without the login and the query: this goes into errors and logs.
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}" if parts.netloc else url


def _target(url: str) -> str:
    """Scheme, host and port of a URL: who must bear what goes there."""
    parts = _split(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")
