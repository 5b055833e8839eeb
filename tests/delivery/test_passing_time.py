"""Time that passes: retries and timers on a clock that stands, one that runs, and one that jumps."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from mockserver.app import App
from mockserver.errors import Gone
from tests.support import Live, eventually, toy_app
from tests.toy import NOTES

NINE = "2026-01-01T09:00:00Z"


def advance(world: Live, by: Any) -> dict[str, Any]:
    answer = world.control.post("clock/advance", json={"by": by})
    assert answer.status_code == 200, answer.text
    return answer.json()


def attempts(world: Live, n: int = 1) -> list[str]:
    return [each["at"][11:19] for each in world.control.get(f"deliveries/delivery-{n}").json()["attempts"]]


def texts(world: Live) -> list[str]:
    return [each["text"] for each in world.documents("toy.notes")]


@asynccontextmanager
async def started(app: App) -> AsyncIterator[App]:
    """An app whose runtime runs, without a server around it."""
    await app.runtime.start()
    try:
        yield app
    finally:
        await app.runtime.stop()


def test_retries_come_at_the_right_instants(new_toy_world: Callable[..., Live], httpserver: HTTPServer):
    world = new_toy_world(clock={"mode": "frozen", "now": NINE})
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    world.act("toy.send", url=httpserver.url_for("/hook"), retry_after=[60, 600])
    # No settling: what is due now is sent before time moves.
    advance(world, "59s")
    assert attempts(world) == ["09:00:00"]
    advance(world, 1)
    assert attempts(world) == ["09:00:00", "09:01:00"]
    assert advance(world, "PT1H")["now"] == "2026-01-01T10:01:00.000Z"
    assert attempts(world) == ["09:00:00", "09:01:00", "09:11:00"]
    assert world.control.get("deliveries/delivery-1").json()["state"] == "failed"
    advance(world, "1d")
    assert len(httpserver.log) == 3


def test_one_long_advance_is_as_good_as_many_short_ones(new_toy_world: Callable[..., Live], httpserver: HTTPServer):
    world = new_toy_world(clock={"mode": "frozen", "now": NINE})
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    for first in (60, 90):
        world.act("toy.send", url=httpserver.url_for("/hook"), retry_after=[first, first])
    advance(world, "2d")
    assert attempts(world, 1) == ["09:00:00", "09:01:00", "09:02:00"]
    assert attempts(world, 2) == ["09:00:00", "09:01:30", "09:03:00"]


def test_the_retry_schedule_is_a_setting_of_the_world(new_world: Callable[..., Live], httpserver: HTTPServer):
    httpserver.expect_request("/requests").respond_with_data("", status=500)
    world = new_world(
        clock={"mode": "frozen", "now": NINE},
        settings={
            "core": {"retry_webhooks_after": ["1m", "PT1H"]},
            "motar": {"request_endpoint": httpserver.url_for("/requests")},
        },
    )
    world.act("motar.start_ato_request")
    advance(world, "2h")
    assert attempts(world) == ["09:00:00", "09:01:00", "10:01:00"]
    assert len({request.data for request, _ in httpserver.log}) == 1


def test_timers_run_in_order_each_at_its_own_instant(new_toy_world: Callable[..., Live]):
    world = new_toy_world(clock={"mode": "frozen", "now": NINE})
    for seconds in (30, 10, 20, 10):
        world.act("toy.later", after=seconds, arguments={"text": f"{seconds}"})
    advance(world, 25)
    assert texts(world) == ["10", "10", "20"]
    ran = [(each["at"][17:19]) for each in world.journal() if each.get("addressed_by") == "timer"]
    assert ran == ["10", "10", "20"]
    moved = world.journal(kind="clock")[-1]
    assert (moved["name"], moved["arguments"]) == ("advance", {"by": 25.0})


def test_a_timer_that_makes_timers_runs_them_too(toy_world: Live):
    inner = {"after": 10, "arguments": {"text": "inner"}}
    toy_world.act("toy.later", after=10, action="toy.later", arguments=inner)
    advance(toy_world, 19)
    assert texts(toy_world) == []
    advance(toy_world, 1)
    assert texts(toy_world) == ["inner"]


def test_a_timer_that_breaks_is_gone_and_time_goes_on(toy_world: Live):
    toy_world.act("toy.later", after=1, arguments={"text": "broken", "crash": True})
    toy_world.act("toy.later", after=2, action="toy.no_such_action")
    toy_world.act("toy.later", after=3, arguments={"text": "whole"})
    advance(toy_world, 5)
    assert texts(toy_world) == ["whole"]
    assert toy_world.documents("core.timers") == []


def test_advances_of_one_world_take_turns(toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_handler(lambda _: time.sleep(0.02) or Response("", 500))
    toy_world.act("toy.send", url=httpserver.url_for("/hook"), retry_after=[1] * 10)

    async def at_once() -> list[str]:
        async with httpx2.AsyncClient(base_url=toy_world.control.base_url, trust_env=False) as client:
            answers = await asyncio.gather(*(client.post("clock/advance", json={"by": 2}) for _ in range(5)))
        return sorted(each.json()["now"] for each in answers)

    assert [now[17:19] for now in asyncio.run(at_once())] == ["02", "04", "06", "08", "10"]
    assert [at[6:] for at in attempts(toy_world)] == [f"{n:02d}" for n in range(11)]


@pytest.mark.parametrize("by", ["101y", "366000d", -1, 1e300, "nonsense", "", None, [], True])
def test_an_advance_that_is_none_is_refused(by: Any, toy_world: Live):
    answer = toy_world.control.post("clock/advance", json={"by": by})
    assert answer.status_code == 400
    assert answer.json()["problems"]


def test_an_advance_past_the_end_of_dates_changes_nothing(new_toy_world: Callable[..., Live]):
    world = new_toy_world(clock={"mode": "frozen", "now": "8999-12-31T00:00:00Z"})
    world.act("toy.later", after=1, arguments={"text": "x"})
    before = world.control.get("snapshot").json()
    answer = world.control.post("clock/advance", json={"by": "2d"})
    assert answer.status_code == 409
    assert "cannot go past" in answer.json()["detail"]
    assert world.control.get("snapshot").json() == before


def test_setting_the_clock_runs_what_is_due(toy_world: Live):
    toy_world.act("toy.later", after=60, arguments={"text": "due"})
    answer = toy_world.control.put("clock", json={"now": "2026-01-01T00:02:00Z"})
    assert answer.json() == {"mode": "frozen", "now": "2026-01-01T00:02:00.000Z"}
    assert texts(toy_world) == ["due"]


def test_a_live_clock_runs_timers_by_itself(new_toy_world: Callable[..., Live]):
    world = new_toy_world(clock={"mode": "live"})
    world.act("toy.later", after=0.05, arguments={"text": "by itself"})
    waited = world.control.post("journal/wait", json={"match": {"kind": "action", "path": "toy.write"}})
    assert waited.status_code == 200
    assert texts(world) == ["by itself"]


def test_a_live_clock_that_is_moved_forward_runs_what_comes_next(new_toy_world: Callable[..., Live]):
    world = new_toy_world(clock={"mode": "live"})
    for seconds in (3600, 7200.1):
        world.act("toy.later", after=seconds, arguments={"text": f"{seconds:.0f}"})
    advance(world, 7200)
    world.control.post("journal/wait", json={"match": {"kind": "action", "path": "toy.write"}, "count": 2})
    assert texts(world) == ["3600", "7200"]


def test_a_clock_that_is_thawed_runs_what_waits(toy_world: Live):
    toy_world.act("toy.later", after=0.05, arguments={"text": "thawed"})
    toy_world.control.put("clock", json={"mode": "live"})
    assert toy_world.control.post("journal/wait", json={"match": {"path": "toy.write"}}).status_code == 200


def test_an_auto_clock_jumps_from_timer_to_timer_when_nothing_happens(
    new_toy_world: Callable[..., Live], httpserver: HTTPServer
):
    world = new_toy_world(clock={"mode": "auto", "now": NINE})
    httpserver.expect_request("/hook").respond_with_data("", status=500)
    world.act("toy.send", url=httpserver.url_for("/hook"), retry_after=[3600, 7200], outcome="toy.heard")
    deadline = time.monotonic() + 5
    while not texts(world):
        assert time.monotonic() < deadline
    assert attempts(world) == ["09:00:00", "10:00:00", "12:00:00"]
    assert world.control.get("clock").json()["now"] == "2026-01-01T12:00:00.000Z"


def test_an_auto_clock_stands_still_while_somebody_waits_and_goes_on_when_they_leave(
    new_toy_world: Callable[..., Live], toy_server: str
):
    world = new_toy_world(clock={"mode": "auto"})
    body = b'{"match": {"path": "/never"}, "timeout": 600}'
    host, port = toy_server.removeprefix("http://").split(":")
    head = f"POST /_mock/worlds/{world.name}/journal/wait HTTP/1.1\r\nHost: localhost\r\n"
    with socket.create_connection((host, int(port))) as waiting:
        waiting.sendall(f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        world.act("toy.later", after=3600, arguments={"text": "jumped"})
        threading.Event().wait(0.15)
        assert texts(world) == []
    assert world.control.post("journal/wait", json={"match": {"path": "toy.write"}, "timeout": 0}).status_code == 408
    deadline = time.monotonic() + 5
    while not texts(world):
        assert time.monotonic() < deadline


def test_settling_waits_for_deliveries_and_says_what_is_still_open(toy_world: Live, httpserver: HTTPServer):
    go_on = threading.Event()

    def answer(_: Request) -> Response:
        go_on.wait(5)
        return Response("")

    httpserver.expect_request("/hook").respond_with_handler(answer)
    toy_world.act("toy.send", url=httpserver.url_for("/hook"))
    unsettled = toy_world.control.post("settle", json={"timeout": 0.1})
    assert unsettled.status_code == 408
    assert f"delivery-1 to {httpserver.url_for('/hook')}" in unsettled.json()["detail"]
    go_on.set()
    settled = toy_world.control.post("settle")
    assert settled.status_code == 200
    assert settled.json()["settled"] is True
    assert len(toy_world.journal(kind="delivery")) == 1


def test_settling_an_idle_world_takes_no_time(toy_world: Live):
    assert toy_world.control.post("settle", json={"timeout": 0}).status_code == 200


def test_nothing_is_kept_of_worlds_that_are_gone():
    async def story() -> None:
        with toy_app() as app:
            async with started(app):
                for n in range(20):
                    world = app.worlds.create(f"w{n}", clock=None)
                    world.act("toy.later", {"after": 60, "arguments": {"text": "x"}})
                    world.act("toy.send", {"url": "http://127.0.0.1:9/"})
                    world = app.worlds.reset(f"w{n}")
                    await app.runtime.settle(world)
                    app.worlds.drop(f"w{n}")
                    with pytest.raises(Gone):
                        await app.runtime.advance(world, timedelta(1))
                    with pytest.raises(Gone):
                        await app.runtime.set_clock(world, "frozen", None)
                await eventually(lambda: not app.runtime.dispatcher._lanes)
                assert {world.name for world in app.runtime._watches} <= {"default"}

    asyncio.run(story())


def test_a_world_that_ends_during_an_advance_ends_the_advance():
    async def story() -> None:
        with toy_app() as app:
            async with started(app):
                world = app.worlds.create("alpha")
                with socket.create_server(("127.0.0.1", 0)) as mute:
                    url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
                    world.act("toy.later", {"after": 1, "action": "toy.send", "arguments": {"url": url}})
                    advancing = asyncio.create_task(app.runtime.advance(world, timedelta(seconds=5)))
                    await eventually(lambda: world.inflight)
                    app.worlds.drop("alpha")
                    with pytest.raises(Gone):
                        await advancing

    asyncio.run(story())


def test_an_advance_that_meets_a_due_timer_of_a_live_clock_loses_nothing():
    async def story() -> None:
        with toy_app() as app:
            async with started(app):
                world = app.worlds.create("alpha")
                world.act("toy.later", {"after": 0.05, "arguments": {"text": "x"}})
                async with app.runtime._watch(world).lock:
                    # The timer falls due while somebody else holds the clock.
                    await asyncio.sleep(0.1)
                await app.runtime.set_clock(world, "live", None)
                await eventually(lambda: len(world[NOTES]))

    asyncio.run(story())


def test_what_was_pending_before_the_server_ran_leaves_when_it_does(httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("")

    async def story() -> None:
        with toy_app() as app:
            world = app.worlds.create("alpha")
            world.act("toy.send", {"url": httpserver.url_for("/hook")})
            assert len(world.pending_deliveries()) == 1
            for _ in range(2):
                async with started(app):
                    assert await app.runtime.settle(world)
                world.act("toy.send", {"url": httpserver.url_for("/hook")})
                app.runtime.closing = False

    asyncio.run(story())
    assert len(httpserver.log) == 2


def test_time_is_utc_to_the_millisecond(new_toy_world: Callable[..., Live]):
    world = new_toy_world(clock={"mode": "frozen", "now": "2026-01-01T01:00:00.123456+02:00"})
    assert world.control.get("clock").json()["now"] == "2025-12-31T23:00:00.123Z"
    assert datetime.fromisoformat(advance(world, "500ms")["now"]) == datetime(2025, 12, 31, 23, 0, 0, 623000, UTC)
