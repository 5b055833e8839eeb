"""Whatever bytes arrive on a connection: answers or an end, never a 5xx, never a hang, and nothing that grows."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, example, given, settings

from mockserver.world.worlds import MAX_UNADDRESSED
from tests.fuzz.conftest import Watched
from tests.fuzz.wire import CONVERSATIONS, converse
from tests.support import PLAIN

TORTURE = bool(os.environ.get("TORTURE"))
RIGHT = b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"
HALF = b"POST /_mock/worlds HTTP/1.1\r\nHost: localhost\r\n" + JSON + b"Content-Length: 9\r\n\r\n{"


@given(CONVERSATIONS)
@example([RIGHT + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nhello"])
@example([RIGHT + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
@example([(RIGHT + b"\r\n") * 200])
@example([RIGHT + b"X: " + b"a" * 2_000_000 + b"\r\n\r\n"])
@example([b"GET /" + b"a" * 2_000_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"])
@example([RIGHT + b"".join(b"X-%d: 1\r\n" % n for n in range(20_000)) + b"\r\n"])
@example(
    [b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\na\r\n" * 5000]
)
@example([HALF, b"}"])
@settings(
    max_examples=20_000 if TORTURE else 300,
    derandomize=not TORTURE,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@pytest.mark.timeout(3600 if TORTURE else 180)
def test_any_bytes_are_answered_or_the_connection_ends(fuzzed: str, parts: list[bytes]):
    conversation = converse(fuzzed, *parts)
    assert conversation.over, f"no end after {conversation.received!r}"
    assert [status for status in conversation.statuses if status >= 500] == []
    assert b"Traceback" not in conversation.received


def test_nothing_is_left_of_hundreds_of_odd_connections(fuzzed: str, fuzzed_app: Watched):
    odd = [
        b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nonly this",
        HALF,
        b"GET /oauth/signin HTTP/1.1\r\nHost: localhost\r\n\r\nGET /oauth/signin HTT",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        RIGHT + b"\r\n",
    ]
    for data in odd:
        converse(fuzzed, data)
    before = _left(fuzzed, fuzzed_app)
    for n in range(300):
        converse(fuzzed, odd[n % len(odd)])
    _until(lambda: all(now <= then for now, then in zip(_left(fuzzed, fuzzed_app), before, strict=True)))


def _left(url: str, app: Watched) -> tuple[int, int, int]:
    """Tasks on the server's loop, threads of the process, worlds."""
    tasks = asyncio.run_coroutine_threadsafe(_count_tasks(), app.loop).result(30)
    worlds = httpx2.get(f"{url}/_mock/health", **PLAIN).json()["worlds"]
    return tasks, threading.active_count(), worlds


async def _count_tasks() -> int:
    return len(asyncio.all_tasks())


def _until(check: Callable[[], Any]) -> None:
    end = time.monotonic() + 30
    while not check():
        assert time.monotonic() < end, "what was there before has grown, and stays"
        time.sleep(0.05)


def test_what_led_nowhere_is_kept_within_bounds(fuzzed: str):
    for _ in range(50):
        converse(fuzzed, b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nX-Mock-World: no-such-world\r\n\r\n" * 20)
    kept = httpx2.get(f"{fuzzed}/_mock/unaddressed", **PLAIN).json()
    assert kept["count"] >= 1000
    assert len(kept["exchanges"]) <= MAX_UNADDRESSED
