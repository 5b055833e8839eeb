"""Deliveries in a second: figure 7."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

import httpx2

from benchmarks import servers
from benchmarks.figures import Figure, middle, ratio
from benchmarks.throughput import Bench, Control

BODY = json.dumps({"requestId": "0" * 24, "companyName": "Skyline Training", "status": "not-started", "n": 0})


class Receiver(asyncio.Protocol):
    """A plugin that takes every webhook at once and remembers how many came."""

    received = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
            if len(self._data) < end + 4 + size:
                return
            self._data = self._data[end + 4 + size :]
            told = b""
            if head.startswith(b"get /count"):
                told = str(Receiver.received).encode()
            else:
                Receiver.received += 1
            self._transport.write(  # type: ignore[attr-defined]
                b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(told), told)
            )


async def receive() -> None:
    """Receive until the process ends; prints the port first."""
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def receiver() -> Generator[str]:
    """The URL of a receiver in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", "import uvloop; from benchmarks.webhooks import receive; uvloop.run(receive())"],
        stdout=subprocess.PIPE,
        cwd=servers.ROOT,
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close()


def webhooks(bench: Bench) -> list[Figure]:
    """A thousand webhooks to one address in order, and to sixteen at once, against a loop that posts."""
    times = 20 if bench.quick else 1_000
    plain: list[float] = []
    ordered: list[float] = []
    spread: list[float] = []
    with receiver() as url, servers.ours(bench.work, name="webhooks") as server:
        control = Control(server)
        expected = 0
        for number in range(2 if bench.quick else max(bench.rounds // 3, 3) + 1):
            rates = [
                times / asyncio.run(_plain(url, times)),
                times / _ours(control, [f"{url}/hook"], times),
                times / _ours(control, [f"{url}/hook/{n}" for n in range(16)], times),
            ]
            expected += 3 * times
            if number:
                for series, rate in zip((plain, ordered, spread), rates, strict=True):
                    series.append(rate)
        received = int(httpx2.get(f"{url}/count", trust_env=False).text)
    wrong = abs(expected - received)
    return [
        Figure("a loop of httpx2 posts", middle(plain), "/s"),
        Figure(
            f"{times:,} webhooks to one URL, in order", middle(ordered), "/s", ratio(ordered, plain), "loop", "", wrong
        ),
        Figure(f"{times:,} webhooks to 16 URLs", middle(spread), "/s", ratio(spread, plain), "loop", "", wrong),
    ]


async def _plain(url: str, times: int) -> float:
    async with httpx2.AsyncClient(trust_env=False) as client:
        began = time.perf_counter()
        for _ in range(times):
            answer = await client.post(f"{url}/hook", content=BODY, headers={"content-type": "application/json"})
            answer.raise_for_status()
        return time.perf_counter() - began


def _ours(control: Control, urls: list[str], times: int) -> float:
    began = time.perf_counter()
    control.act("bench.send", urls=urls, times=times, body=BODY)
    control.settle()
    return time.perf_counter() - began
