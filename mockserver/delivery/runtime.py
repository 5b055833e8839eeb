"""The running side of all worlds: waiting, settling, and the passage of time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

import msgspec

from mockserver.delivery.dispatcher import STORE_AGAIN, Dispatcher
from mockserver.delivery.expiry import Expiry
from mockserver.errors import Gone, Refused
from mockserver.world import headers
from mockserver.world.clock import CLOCKS, LATEST, TIMERS, ClockMode, Timer, iso
from mockserver.world.outbox import DELIVERIES
from mockserver.world.store import StoreError
from mockserver.world.world import World
from mockserver.world.worlds import DEFAULT, Touched, Worlds

T = TypeVar("T")

log = logging.getLogger("mockserver.delivery")

SETTLE_TIMEOUT = 10.0
IDLE_BEFORE_JUMP = 0.02
"""How long an auto clock's world must be idle before it jumps, in seconds: long enough for a client's next call."""


@dataclass(slots=True)
class _Watch:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wake: asyncio.TimerHandle | None = None
    forget: Callable[[], None] = lambda: None


class Runtime:
    """Drives the worlds of one server inside its event loop.

    Runs timers when a live clock reaches them, when an auto clock's world is idle, or when somebody
    advances; answers long polls before the server goes down; drops the worlds that nobody has touched for
    `world_ttl` seconds.
    """

    def __init__(self, worlds: Worlds, dispatcher: Dispatcher, *, world_ttl: float | None = None) -> None:
        self.worlds = worlds
        self.dispatcher = dispatcher
        self.closing = False
        self._expiry = Expiry(worlds, world_ttl)
        self.address: str | None = None
        self._watches: dict[World, _Watch] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        worlds.on_change = self._changed

    def address_of(self, name: str) -> str:
        """How this process itself reaches a world: by the socket that was bound, whatever browsers call it."""
        prefix = "" if name == DEFAULT else f"/w/{name}"
        return (self.address or self.worlds.address) + prefix

    @property
    def why_not_ready(self) -> tuple[Literal["starting", "closing", "read-only"], str] | None:
        """What keeps the server from its work, in a word and in a sentence; None when nothing does."""
        if self.closing:
            return "closing", "The server is shutting down."
        if self._loop is None:
            return "starting", "The server has not started yet."
        if (why := self.worlds.read_only) is not None:
            return "read-only", f"Nothing can change any more: {why}"
        return None

    async def start(self) -> None:
        """Begin: pending deliveries leave, timers run."""
        self._loop = asyncio.get_running_loop()
        await self.dispatcher.start()
        self._expiry.start()
        for world in self.worlds:
            self.dispatcher.take_up(world)
            self._changed(world, None)

    def close(self) -> None:
        """Let every long poll answer now, with what there is."""
        self.closing = True
        for world in self.worlds:
            world.stir()

    async def stop(self) -> None:
        """End everything that runs by itself."""
        self.close()
        self._expiry.stop()
        for watch in self._watches.values():
            if watch.wake is not None:
                watch.wake.cancel()
        await self.dispatcher.stop()

    async def until(self, world: World, check: Callable[[], T | None], timeout: float) -> T | None:
        """Wait until `check` answers something, looking again whenever anything happens in the world.

        Answers None after `timeout` seconds of wall time, or when the server closes. Raises `Gone`
        when the world is reset, restored or dropped meanwhile.
        """
        changed = asyncio.Event()
        unwatch = world.watch(changed.set)
        deadline = time.monotonic() + timeout
        # A world that somebody waits in does not expire before the wait does.
        world.touched = max(world.touched, world.wall() + timeout)
        try:
            while True:
                world.check_alive()
                found = check()
                if found is not None:
                    return found
                left = deadline - time.monotonic()
                if left <= 0 or self.closing:
                    return None
                changed.clear()
                try:
                    async with asyncio.timeout(left):
                        await changed.wait()
                except TimeoutError:
                    pass
        finally:
            unwatch()

    async def wait(self, world: World, check: Callable[[], T | None], timeout: float) -> T | None:
        """`until`, for a client's long poll: an auto clock stands still meanwhile."""
        world.waits += 1
        try:
            return await self.until(world, check, timeout)
        finally:
            world.waits -= 1
            world.stir()

    async def settle(self, world: World, timeout: float = SETTLE_TIMEOUT) -> bool:
        """Wait until no request is being answered and every delivery that is due was sent; False if not in time."""
        return bool(await self.until(world, lambda: _is_idle(world) or None, timeout))

    async def advance(self, world: World, by: timedelta) -> datetime:
        """Move time forward, running what falls due in order: the timers of an instant, then their deliveries.

        Raises `Refused` past the end of dates, `Gone` when the world ends meanwhile.
        """
        world.check_alive()
        async with self._watch(world).lock:
            world.check_alive()
            began = world.journal.begin()
            # What is due now belongs to now: its outcome, and the retry it may ask for.
            await self.settle(world)
            now = world.clock.now()
            if by > LATEST - now:
                raise Refused(f"It is {iso(now)}; the clock cannot go past {iso(LATEST)}.")
            target = now + by
            await self._run_timers(world, target)
            if target > world.clock.now():
                with world.transaction():
                    world.clock.move_to(target)
            self._journal_clock(world, began, "advance", {"by": by.total_seconds()})
        self._plan(world)
        return world.clock.now()

    async def set_clock(self, world: World, mode: ClockMode, now: datetime | None) -> None:
        """Choose a world's clock mode and instant, journal it, and run the timers that this makes due.

        Raises `Refused` outside all dates, `Gone` when the world ends meanwhile.
        """
        world.check_alive()
        async with self._watch(world).lock:
            world.check_alive()
            began = world.journal.begin()
            with world.transaction():
                world.clock.set(mode, now)
            self._journal_clock(world, began, "set", {"mode": mode, "now": iso(now) if now else None})
            await self._run_timers(world, world.clock.now())
        self._plan(world)

    async def _run_timers(self, world: World, until: datetime) -> None:
        while (timer := world.timers.next()) is not None and timer.due <= until:
            if timer.due > world.clock.now():
                with world.transaction():
                    world.clock.move_to(timer.due)
            self._fire(world, timer)
            await self.settle(world)
            world.check_alive()

    def _fire(self, world: World, timer: Timer) -> None:
        """Run a timer; one whose action breaks is gone all the same, and time goes on."""
        try:
            world.fire(timer)
        except (Gone, StoreError):
            raise
        except Exception:
            log.exception("the timer %s (%s) of the world %s failed", timer.id, timer.action, world.name)

    def _journal_clock(self, world: World, began: int, what: str, arguments: dict[str, Any]) -> None:
        now = world.clock.now()
        world.journal.add(
            began=began,
            kind="clock",
            at=now,
            wall=datetime.fromtimestamp(world.wall(), UTC),
            seconds=0.0,
            path=what,
            request_head=headers.JSON,
            request_body=msgspec.json.encode(arguments),
            response_head=headers.JSON,
            response_body=msgspec.json.encode({"mode": world.clock.mode, "now": iso(now)}),
        )

    def _watch(self, world: World) -> _Watch:
        watch = self._watches.get(world)
        if watch is None:
            watch = self._watches[world] = _Watch()
            watch.forget = world.watch(lambda: self._stirred(world))
        return watch

    def _changed(self, world: World, touched: Touched) -> None:
        if self._loop is None:
            return
        kinds = None if touched is None else {kind for kind, _ in touched}
        if kinds is None or DELIVERIES.name in kinds:
            self.dispatcher.wake(world, touched)
        if kinds is None or TIMERS.name in kinds or CLOCKS.name in kinds:
            self._watch(world)
            self._plan(world)

    def _stirred(self, world: World) -> None:
        if world.ended is not None:
            watch = self._watches.pop(world, None)
            if watch is not None:
                watch.forget()
                if watch.wake is not None:
                    watch.wake.cancel()
        elif world.clock.mode == "auto":
            self._plan(world)

    def _plan(self, world: World) -> None:
        """Wake up when this world's next timer should run by itself."""
        if world.ended is not None:
            return
        watch = self._watch(world)
        if watch.wake is not None:
            watch.wake.cancel()
            watch.wake = None
        timer = world.timers.next()
        if timer is None or self._loop is None or self.closing:
            return
        match world.clock.mode:
            case "live":
                delay = min((timer.due - world.clock.now()).total_seconds(), 3600.0)
                watch.wake = self._loop.call_later(max(delay, 0.0), self._wake, world)
            case "auto":
                watch.wake = self._loop.call_later(IDLE_BEFORE_JUMP, self._wake, world)

    def _wake(self, world: World) -> None:
        watch = self._watches.get(world)
        timer = world.timers.next()
        if watch is None or timer is None or world.ended is not None or watch.lock.locked():
            return
        watch.wake = None
        try:
            if world.clock.mode == "auto":
                if not _is_idle(world) or world.waits:
                    return
                if timer.due > world.clock.now():
                    with world.transaction():
                        world.clock.move_to(timer.due)
                self._fire(world, timer)
            elif world.clock.mode == "live" and timer.due <= world.clock.now():
                self._fire(world, timer)
        except Gone:
            return
        except StoreError as error:
            log.error("the timer %s of the world %s waits until it can be stored: %s", timer.id, world.name, error)
            if self._loop is not None and not self.closing:
                watch.wake = self._loop.call_later(STORE_AGAIN, self._wake, world)
            return
        self._plan(world)


def _is_idle(world: World) -> bool:
    return world.inflight == 0 and not world.pending_deliveries()
