"""The world's time, and the work that waits for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mockserver.errors import Refused
from mockserver.world.clock import CLOCKS, EARLIEST, FROZEN_START, LATEST, ClockMode, Timer, iso
from mockserver.world.world import World
from mockserver.world.worlds import ClockSpec
from tests.toy import NOTES, toy_worlds

NOON = datetime(2030, 6, 1, 12, tzinfo=UTC)


class Wall:
    """A wall clock that tests move."""

    def __init__(self) -> None:
        self.now = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


def world(mode: ClockMode = "frozen", now: datetime | None = None, wall: Wall | None = None) -> World:
    return toy_worlds(wall or Wall()).create("alpha", clock=ClockSpec(mode, now))


def set_clock(world: World, mode: ClockMode, now: datetime | None = None) -> None:
    with world.transaction():
        world.clock.set(mode, now)


@pytest.mark.parametrize(
    ("mode", "given", "shown"),
    [
        ("live", None, NOON),
        ("frozen", None, FROZEN_START),
        ("auto", None, FROZEN_START),
        ("live", FROZEN_START, FROZEN_START),
        ("frozen", NOON, NOON),
        ("auto", NOON, NOON),
        ("frozen", NOON.astimezone(timezone(timedelta(hours=5))), NOON),
        ("frozen", NOON + timedelta(microseconds=1999), NOON + timedelta(milliseconds=1)),
    ],
)
def test_where_a_new_clock_starts(mode: ClockMode, given: datetime | None, shown: datetime):
    here = world(mode, given)
    assert here.clock.now() == shown
    assert here.clock.mode == mode


def test_a_live_clock_goes_with_the_wall_and_keeps_its_distance():
    wall = Wall()
    here = world("live", FROZEN_START, wall)
    wall.now += 90
    assert here.clock.now() == FROZEN_START + timedelta(seconds=90)
    with here.transaction():
        here.clock.move_to(here.clock.now() + timedelta(days=1))
    wall.now += 10
    assert here.clock.now() == FROZEN_START + timedelta(days=1, seconds=100)


@pytest.mark.parametrize("mode", ["frozen", "auto"])
def test_a_standing_clock_does_not(mode: ClockMode):
    wall = Wall()
    here = world(mode, None, wall)
    wall.now += 90
    assert here.clock.now() == FROZEN_START


def test_freezing_keeps_the_instant_and_thawing_goes_on_from_it():
    wall = Wall()
    here = world("live", None, wall)
    wall.now += 5
    set_clock(here, "frozen")
    wall.now += 100
    assert here.clock.now() == NOON + timedelta(seconds=5)
    set_clock(here, "live")
    assert here.clock.now() == NOON + timedelta(seconds=5)
    wall.now += 1
    assert here.clock.now() == NOON + timedelta(seconds=6)
    set_clock(here, "live")
    assert here.clock.now() == NOON + timedelta(seconds=6)
    set_clock(here, "auto")
    wall.now += 1
    assert here.clock.now() == NOON + timedelta(seconds=6)


@pytest.mark.parametrize("mode", ["frozen", "auto"])
def test_the_state_of_a_standing_clock_does_not_tell_when_it_was_made(mode: ClockMode):
    def states(seconds: float) -> list[object]:
        wall = Wall()
        wall.now += seconds
        given, frozen_later, moved = world(mode, NOON, wall), world("live", NOON, wall), world(mode, None, wall)
        set_clock(frozen_later, mode, NOON)
        with moved.transaction():
            moved.clock.move_to(NOON)
        return [list(each[CLOCKS]) for each in (given, frozen_later, moved)]

    assert states(0) == states(12345)


def test_moving_goes_forward_only():
    here = world()
    with here.transaction():
        here.clock.move_to(here.clock.now())
    with pytest.raises(Refused, match="Time only goes forward"), here.transaction():
        here.clock.move_to(here.clock.now() - timedelta(milliseconds=1))
    assert here.clock.now() == FROZEN_START


@pytest.mark.parametrize(
    "instant",
    [
        LATEST + timedelta(milliseconds=1),
        EARLIEST - timedelta(milliseconds=1),
        datetime.max.replace(tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    ],
)
@pytest.mark.parametrize("mode", ["live", "frozen", "auto"])
def test_no_clock_shows_an_instant_that_cannot_be_reckoned_with(mode: ClockMode, instant: datetime):
    here = world(mode)
    was = here.clock.now()
    with pytest.raises(Refused, match="A clock shows instants"):
        set_clock(here, mode, instant)
    with pytest.raises(Refused, match="A clock shows instants"):
        world(mode, instant)
    assert here.clock.now() == was


@pytest.mark.parametrize("instant", [EARLIEST, LATEST])
def test_the_first_and_the_last_instant_are_shown(instant: datetime):
    assert world("frozen", instant).clock.now() == instant
    assert world("live", instant).clock.now() == instant


def test_an_instant_is_written_with_milliseconds_in_utc():
    assert iso(NOON + timedelta(microseconds=1234)) == "2030-06-01T12:00:00.001Z"
    assert iso(datetime(2030, 1, 1, tzinfo=timezone(timedelta(hours=1)))) == "2029-12-31T23:00:00.000Z"


def after(world: World, *seconds: float) -> list[Timer]:
    with world.transaction():
        return [world.timers.after(timedelta(seconds=each), "toy.write", text=f"{each}") for each in seconds]


def drain(world: World) -> list[str]:
    texts = []
    while (timer := world.timers.next()) is not None:
        texts.append(timer.arguments["text"])
        world.fire(timer)
    return texts


def test_timers_come_in_the_order_they_fall_due_and_then_were_made():
    here = world()
    after(here, 3, 1, 2, 1)
    after(here, 1, 0)
    assert drain(here) == ["0", "1", "1", "1", "2", "3"]
    assert [note.text for note in here[NOTES]] == ["0", "1", "1", "1", "2", "3"]


def test_a_cancelled_timer_does_not_come_and_cancelling_it_again_is_no_error():
    here = world()
    first, _ = after(here, 1, 2)
    for _ in range(2):
        with here.transaction():
            here.timers.cancel(first.id)
    assert drain(here) == ["2"]


def test_a_rolled_back_cancel_and_a_rolled_back_timer_leave_the_order():
    here = world()
    first, _ = after(here, 1, 2)
    with pytest.raises(KeyError):
        _cancel_and_fail(here, first)
    after(here, 1)
    assert drain(here) == ["1", "1", "2"]


def _cancel_and_fail(world: World, timer: Timer) -> None:
    with world.transaction():
        world.timers.cancel(timer.id)
        # Whoever looks now must not lose the cancelled one for good.
        assert world.timers.next() != timer
        world.timers.after(timedelta(0), "toy.write", text="never")
        raise KeyError


def test_timers_survive_a_reset_and_a_restore_in_their_order():
    worlds = toy_worlds(clock=ClockSpec("frozen"))
    here = worlds.create("alpha")
    after(here, 3, 1, 2)
    restored = worlds.restore("beta", worlds.snapshot("alpha"))
    after(restored, 1, 0)
    assert drain(restored) == ["0", "1", "1", "2", "3"]
    assert worlds.reset("alpha").timers.next() is None


def test_a_timer_whose_action_is_refused_is_journalled_and_gone():
    here = world()
    with here.transaction():
        here.timers.after(timedelta(0), "toy.wrote", text="x")
    assert drain(here) == ["x"]
    entry = next(iter(here.journal))
    assert entry.addressed_by == "timer"
    assert "Did you mean 'toy.write'?" in (entry.error or "")
