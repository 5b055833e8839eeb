from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mockserver.errors import Refused, Unknown
from mockserver.world.outbox import Attempt, Delivery
from mockserver.world.world import World
from mockserver.world.worlds import ClockSpec
from tests.toy import toy_worlds


def world() -> World:
    return toy_worlds(clock=ClockSpec("frozen")).create("alpha")


def send(world: World, *retries: float) -> Delivery:
    with world.transaction():
        return world.outbox.send(
            "e",
            about="x",
            url="http://plugin/hook",
            headers=(("authorization", "Basic x"),),
            body="body",
            retry_after=[timedelta(seconds=each) for each in retries],
        )


def attempt(world: World, delivery: Delivery, status: int | None, **fields: Any) -> str:
    with world.transaction():
        at = world.clock.now()
        made = Attempt(n=1, at=at, seconds=0.1, status=status, **fields)
        return world.outbox.record(delivery.id, made).state


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *((status, "delivered") for status in (200, 204, 299)),
        *((status, "failed") for status in (199, 300, 302, 400, 500, None)),
    ],
)
def test_one_attempt_is_all_there_is_by_default(status: int | None, state: str):
    here = world()
    delivery = send(here)
    assert here.pending_deliveries() == [delivery]
    assert attempt(here, delivery, status) == state
    assert here.pending_deliveries() == []
    assert here.timers.next() is None


def test_a_schedule_is_kept_until_it_is_used_up():
    here = world()
    delivery = send(here, 60, 600)
    for wait in (60, 600):
        assert attempt(here, delivery, 500) == "waiting"
        assert here.pending_deliveries() == []
        timer = here.timers.next()
        assert timer is not None
        assert timer.due == here.clock.now() + timedelta(seconds=wait)
        with here.transaction():
            here.clock.move_to(timer.due)
        here.fire(timer)
        assert [each.state for each in here.pending_deliveries()] == ["pending"]
    assert attempt(here, delivery, None) == "failed"
    assert here.timers.next() is None


def test_success_ends_a_schedule():
    here = world()
    delivery = send(here, 60, 60)
    attempt(here, delivery, 500)
    timer = here.timers.next()
    assert timer is not None
    here.fire(timer)
    assert attempt(here, delivery, 200) == "delivered"
    assert here.timers.next() is None


def test_a_late_retry_of_what_is_over_changes_nothing():
    here = world()
    delivery = send(here)
    attempt(here, delivery, 200)
    with here.transaction():
        here.outbox.retry(delivery.id)
        here.outbox.retry("delivery-99")
    assert here.pending_deliveries() == []


def test_a_redelivery_is_the_same_bytes_to_the_same_place_under_an_id_of_its_own():
    here = world()
    original = send(here)
    attempt(here, original, 500)
    with here.transaction():
        again = here.outbox.redeliver(original.id)
    assert again.id == "delivery-2"
    assert again.redelivery_of == original.id
    assert again.attempts == ()
    same = ("event", "about", "method", "url", "headers", "body")
    assert [getattr(again, name) for name in same] == [getattr(original, name) for name in same]
    attempt(here, again, 200)
    with here.transaction():
        assert here.outbox.redeliver(again.id).redelivery_of == original.id


def test_what_is_under_way_is_not_redelivered():
    here = world()
    pending, waiting = send(here), send(here, 60)
    attempt(here, waiting, 500)
    for delivery in (pending, waiting):
        with pytest.raises(Refused, match="is still"), here.transaction():
            here.outbox.redeliver(delivery.id)
    with pytest.raises(Unknown), here.transaction():
        here.outbox.redeliver("delivery-99")


def test_what_is_undone_is_never_pending():
    here = world()
    with pytest.raises(KeyError):
        _send_and_fail(here)
    assert here.pending_deliveries() == []
    assert send(here).id == "delivery-1"


def _send_and_fail(world: World) -> None:
    with world.transaction():
        world.outbox.send("e", about="x", url="http://x")
        raise KeyError
