"""The world's time, and the work that waits for it."""

from __future__ import annotations

import copy
import heapq
import itertools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import msgspec

from mockserver.errors import Refused
from mockserver.world.collection import Collection, Kind
from mockserver.world.minter import Minter

ClockMode = Literal["live", "frozen", "auto"]

FROZEN_START = datetime(2026, 1, 1, tzinfo=UTC)
"""Where a frozen or auto clock starts when nobody says otherwise."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""No clock may show an instant outside these: what is computed from it must still be a date, and a number."""


class ClockState(msgspec.Struct, frozen=True):
    """`now` is the instant a standing clock shows; `offset` is what a live one adds to the wall's, in seconds."""

    id: str
    mode: ClockMode
    now: datetime
    offset: float


class Timer(msgspec.Struct, frozen=True):
    """Work that is due at an instant: the action's name and its arguments, so that it survives a restart."""

    id: str
    due: datetime
    action: str
    arguments: Mapping[str, Any]


CLOCKS: Kind[ClockState] = Kind("core.clock", ClockState)
TIMERS: Kind[Timer] = Kind("core.timers", Timer)


def iso(instant: datetime) -> str:
    """An instant as the vendors write it: ISO 8601 in UTC with milliseconds and `Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def to_milliseconds(instant: datetime) -> datetime:
    """The same instant without what the wire cannot show."""
    instant = instant.astimezone(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@lru_cache(maxsize=8)
def _at_millisecond(millisecond: int) -> datetime:
    """The instant so long after 1970; most that ask within one millisecond ask for the same, whatever their world."""
    seconds, rest = divmod(millisecond, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


class Clock:
    """The one source of time for everything in a world.

    `live` follows the wall clock plus an offset, `frozen` moves only when told, `auto` stands still
    until the world is idle and then jumps to the next timer (the driver does the jumping).
    """

    def __init__(self, states: Collection[ClockState], wall: Callable[[], float]) -> None:
        self._states = states
        self._wall = wall

    @property
    def mode(self) -> ClockMode:
        return self._states["clock"].mode

    def now(self) -> datetime:
        """The current instant, in UTC, to the millisecond."""
        state = self._states["clock"]
        if state.mode != "live":
            return state.now
        return _at_millisecond(int((self._wall() + state.offset) * 1000))

    def set(self, mode: ClockMode, now: datetime | None = None) -> None:
        """Choose mode and instant; without `now` the current instant is kept. Raises `Refused` outside all dates."""
        instant = _possible(now) if now is not None else self.now()
        offset = self._offset() if mode == "live" and now is None else self._distance(mode, instant)
        self._states.put(ClockState("clock", mode, instant, offset))

    def start(self, mode: ClockMode, now: datetime | None) -> None:
        """The clock of a new world; raises as `set` does."""
        standing = _possible(now) if now is not None else FROZEN_START
        offset = self._distance(mode, standing) if now is not None else 0.0
        self._states.put(ClockState("clock", mode, standing, offset))

    def move_to(self, instant: datetime) -> None:
        """Go forward to `instant`; raises `Refused` for a step back."""
        now = self.now()
        if instant < now:
            raise Refused(f"Time only goes forward: it is {iso(now)}, not yet {iso(instant)}.")
        self.set(self.mode, instant)

    def _offset(self) -> float:
        """What a clock that runs on from the current instant adds to the wall's."""
        state = self._states["clock"]
        return state.offset if state.mode == "live" else self._distance("live", state.now)

    def _distance(self, mode: ClockMode, instant: datetime) -> float:
        # A standing clock's state must not depend on when it was made: snapshots are compared.
        return instant.timestamp() - self._wall() if mode == "live" else 0.0


def _possible(instant: datetime) -> datetime:
    """The instant to the millisecond; raises `Refused` for one that no clock can show."""
    try:
        instant = to_milliseconds(instant)
    except OverflowError:
        instant = datetime.max.replace(tzinfo=UTC)
    if not EARLIEST <= instant <= LATEST:
        raise Refused(f"A clock shows instants from {iso(EARLIEST)} to {iso(LATEST)}, no others.")
    return instant


class Timers:
    """Work that waits for its time, in the order it falls due; looking at the next costs nothing that grows."""

    def __init__(self, timers: Collection[Timer], clock: Clock, mint: Minter) -> None:
        self._timers = timers
        self._clock = clock
        self._mint = mint
        self._heap: list[tuple[datetime, int, str]] = []
        self._order = itertools.count()

    def after(self, delay: timedelta, action: str, **arguments: Any) -> Timer:
        """Run `action` once `delay` has passed on the world's clock."""
        due = self._clock.now() + delay
        # Copied, so that nobody who goes on using what they gave changes a document.
        timer = Timer(f"timer-{self._mint.count('timer')}", due, action, copy.deepcopy(arguments))
        self._timers.insert(timer)
        heapq.heappush(self._heap, (timer.due, next(self._order), timer.id))
        return timer

    def cancel(self, timer_id: str) -> None:
        """Forget a timer; one that has run already is no error."""
        if timer_id in self._timers:
            self._timers.delete(timer_id)

    def next(self) -> Timer | None:
        """The timer that falls due first, or None when there is no work."""
        while self._heap:
            due, _, timer_id = self._heap[0]
            timer = self._timers.get(timer_id)
            # Entries of rolled-back, cancelled or finished timers stay in the heap until they surface.
            if timer is not None and timer.due == due:
                return timer
            heapq.heappop(self._heap)
        return None

    def reload(self) -> None:
        """Rebuild the order after documents were replaced as a whole."""
        self._heap = [(timer.due, next(self._order), timer.id) for timer in self._timers]
        heapq.heapify(self._heap)
