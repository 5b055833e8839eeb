"""A target that takes every connection and never answers: it holds nobody up but itself."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from mockserver.delivery.slots import Slots
from tests.conftest import world_maker
from tests.support import PLAIN, Live, eventually, toy_server_running


class Tarpit:
    """Takes connections, reads whatever comes, says nothing; `open` is how many it holds."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listening.getsockname()[1]
        self.most = 0
        self._held: list[socket.socket] = []
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._held.append(connection)
                self.most = len(self._held)

    def close(self) -> None:
        self._listening.close()
        for each in self._held:
            each.close()


@pytest.fixture
def tarpit() -> Iterator[Tarpit]:
    tarpit = Tarpit()
    yield tarpit
    tarpit.close()


@pytest.fixture
def stuck(tarpit: Tarpit) -> Iterator[tuple[Live, Live, Tarpit]]:
    """A world with 300 webhooks to 300 URLs of a tarpit, more than may be under way at all, and one beside it."""
    with toy_server_running(max_attempts=24, max_attempts_per_target=8) as url, world_maker(url) as make:
        slow = make(clock={"mode": "frozen"}, settings={"core": {"webhook_timeout": 300}})
        for n in range(300):
            slow.act("toy.send", url=f"http://127.0.0.1:{tarpit.port}/{n}")
        yield slow, make(clock={"mode": "frozen"}), tarpit


def wait_until_held(tarpit: Tarpit, count: int) -> None:
    deadline = time.monotonic() + 20
    while tarpit.most < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert tarpit.most >= count


def test_other_deliveries_and_requests_go_on(stuck: tuple[Live, Live, Tarpit], httpserver: HTTPServer):
    slow, other, tarpit = stuck
    wait_until_held(tarpit, 8)
    httpserver.expect_request("/hook").respond_with_data("ok")

    for world in (slow, other):
        assert world.http.post("/toy/notes").status_code == 200
        world.act("toy.send", url=httpserver.url_for("/hook"), body=world.name)
    other.control.post("settle", json={"timeout": 20})

    assert [each["state"] for each in other.control.get("deliveries").json()["deliveries"][1:]] == ["delivered"]
    arrived = {request.data.decode() for request, _ in httpserver.log}
    deadline = time.monotonic() + 20
    while slow.name not in arrived and time.monotonic() < deadline:
        arrived = {request.data.decode() for request, _ in httpserver.log}
    assert arrived == {slow.name, other.name}
    assert tarpit.most == 8


def test_the_server_stops_at_once(tarpit: Tarpit):
    with toy_server_running() as url, world_maker(url) as make:
        world = make(settings={"core": {"webhook_timeout": 300}})
        for n in range(40):
            world.act("toy.send", url=f"http://127.0.0.1:{tarpit.port}/{n}")
        wait_until_held(tarpit, 16)
        began = time.monotonic()
    # The webhooks had five minutes; a thread that is not joined within ten seconds would let this end later, too.
    assert time.monotonic() - began < 9
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(url, **PLAIN)


def test_slots_bound_all_and_each_and_keep_nothing():
    async def crowd() -> tuple[int, int]:
        slots, running, most_of_a, most = Slots(5, 3), [], 0, 0
        release = asyncio.Event()

        async def work(target: str) -> None:
            nonlocal most_of_a, most
            async with slots.taken(target):
                running.append(target)
                most_of_a, most = max(most_of_a, running.count("a")), max(most, len(running))
                await release.wait()
                running.remove(target)

        tasks = [asyncio.create_task(work(target)) for target in [*"aaaaaaaa", *"bbbb"]]
        await eventually(lambda: len(running) == 5)
        assert sorted(running) == [*"aaabb"]
        tasks[4].cancel()
        release.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert slots._targets == {}
        return most_of_a, most

    assert asyncio.run(crowd()) == (3, 5)
