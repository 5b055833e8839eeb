"""What a world and a server keep is bounded, and what is over a bound is told."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest

from mockserver.errors import Full, Gone, Unknown
from mockserver.world.outbox import DELIVERIES, Attempt, Delivery
from mockserver.world.world import World
from mockserver.world.worlds import Worlds
from tests.toy import toy_worlds


class Wall:
    """A wall clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def send(world: World, *, over: bool = True) -> Delivery:
    with world.transaction():
        delivery = world.outbox.send("toy.event", about="toy", url="http://127.0.0.1:9/", retry_after=[])
        if over:
            world.outbox.record(delivery.id, Attempt(n=1, at=world.clock.now(), seconds=0.0, status=200))
    return delivery


def kept(world: World) -> list[int]:
    return [int(each.id.removeprefix("delivery-")) for each in world[DELIVERIES]]


@pytest.fixture
def small() -> World:
    return toy_worlds().create("small", settings={"core": {"max_deliveries": 10}})


def test_the_oldest_deliveries_that_are_over_give_way(small: World):
    for _ in range(25):
        send(small)
        assert len(small[DELIVERIES]) <= 10
    assert kept(small) == list(range(16, 26))


def test_deliveries_that_are_not_over_stay(small: World):
    for n in range(25):
        send(small, over=n % 5 != 0)
    assert [each.id for each in small[DELIVERIES].find("state", "pending")] == [
        f"delivery-{n}" for n in (1, 6, 11, 16, 21)
    ]
    assert len(small[DELIVERIES]) == 10


def test_waiting_for_a_retry_is_not_over(small: World):
    for _ in range(10):
        with small.transaction():
            delivery = small.outbox.send("toy.event", about="", url="http://x/", retry_after=[timedelta(hours=1)])
            small.outbox.record(delivery.id, Attempt(n=1, at=small.clock.now(), seconds=0.0, status=500))
    with pytest.raises(Full, match="10 webhooks of this world are not over yet"):
        send(small)


def test_when_all_are_under_way_nothing_is_queued_and_nothing_else_changes(small: World):
    for _ in range(10):
        send(small, over=False)
    with pytest.raises(Full, match=r"core\.max_deliveries"):
        send(small)
    assert kept(small) == list(range(1, 11))
    with small.transaction():
        small.outbox.record("delivery-4", Attempt(n=1, at=small.clock.now(), seconds=0.0, status=200))
    send(small)
    assert kept(small) == [1, 2, 3, *range(5, 12)]


def test_a_delivery_that_gave_way_cannot_be_sent_again(small: World):
    for _ in range(11):
        send(small)
    with pytest.raises(Unknown), small.transaction():
        small.outbox.redeliver("delivery-1")
    with small.transaction():
        assert small.outbox.redeliver("delivery-11").id == "delivery-12"


def test_what_gave_way_comes_back_when_the_transaction_fails(small: World):
    for _ in range(10):
        send(small)
    with contextlib.suppress(ZeroDivisionError), small.transaction():
        small.outbox.send("toy.event", about="", url="http://x/")
        assert len(small[DELIVERIES]) == 10
        assert 1 / 0
    assert kept(small) == list(range(1, 11))


def test_there_are_as_many_worlds_as_may_be():
    worlds = toy_worlds(max_worlds=3)
    for name in ("default", "a", "b"):
        worlds.create(name)
    snapshot = worlds.snapshot("a")
    for attempt in (lambda: worlds.create("c"), worlds.create, lambda: worlds.restore("c", snapshot)):
        with pytest.raises(Full, match="--max-worlds"):
            attempt()
    assert {world.name for world in worlds} == {"default", "a", "b"}
    worlds.reset("a")
    worlds.restore("a", snapshot)
    worlds.drop("b")
    assert worlds.restore("c", snapshot).name == "c"


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def timed(wall: Wall) -> Worlds:
    worlds = toy_worlds(wall)
    for name in ("default", "idle", "used"):
        worlds.create(name)
    return worlds


def test_a_world_that_nobody_touches_expires_and_default_does_not(timed: Worlds, wall: Wall):
    idle = timed.find("idle")
    wall.now += 40
    timed.find("used")
    assert timed.expire(60) == []
    wall.now += 20
    assert timed.expire(60) == ["idle"]
    wall.now += 1_000
    assert timed.expire(60) == ["used"]
    assert {world.name for world in timed} == {"default"}
    with pytest.raises(Gone):
        idle.check_alive()


def test_an_expired_world_is_remembered_as_a_dropped_one_is(timed: Worlds, wall: Wall):
    timed.find("idle").act("toy.write", {"text": "a", "secret": "s3cret"})
    wall.now += 60
    timed.expire(60)
    assert timed.owner_of("s3cret") is None
    assert timed.last_owner_of("s3cret") == "idle"
    with pytest.raises(Unknown, match=r"It expired: nobody had touched it for 60 s \(--world-ttl\)"):
        timed.find("idle")
    timed.create("idle")
    timed.drop("idle")
    with pytest.raises(Unknown, match="It was dropped"):
        timed.find("idle")


@pytest.mark.parametrize("busy", ["inflight", "waits"])
def test_a_world_in_which_something_is_under_way_does_not_expire(timed: Worlds, wall: Wall, busy: str):
    idle = timed.find("idle")
    setattr(idle, busy, 1)
    wall.now += 1_000
    assert timed.expire(60) == ["used"]
    setattr(idle, busy, 0)
    assert timed.expire(60) == ["idle"]


@pytest.mark.parametrize("again", ["reset", "remake"])
def test_starting_a_world_over_is_touching_it(timed: Worlds, wall: Wall, again: str):
    wall.now += 1_000
    getattr(timed, again)("idle")
    assert timed.expire(60) == ["used"]
