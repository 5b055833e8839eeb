"""The load: keep-alive connections that ask, check every answer, and ask again; in a process of its own.

`python -m benchmarks.load` takes pickled orders on its standard input and answers each on its
standard output, so that making the load costs the measured server nothing but the machine's cores.
"""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from statistics import median, quantiles
from typing import Any, NamedTuple

CONCURRENCY = 16


class Ask(NamedTuple):
    """A request as bytes, and the answer that is right: its status line's code and its body (None: any)."""

    request: bytes
    status: bytes = b"200"
    body: bytes | None = None


Plan = list[list[Ask]]
"""For each connection what it asks, over and over."""


class Run(NamedTuple):
    """One round against one server; it ends after `seconds`, or when `requests` were answered."""

    name: str
    port: int
    seconds: float | None = None
    requests: int | None = None


@dataclass
class Load:
    """What came of a round: answers, wrong ones among them, and how long each took, in seconds."""

    answers: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)
    seconds: float = 0.0
    median: float = 0.0
    p99: float = 0.0

    @property
    def rate(self) -> float:
        """Right answers in a second."""
        return (self.answers - self.wrong) / self.seconds if self.seconds else 0.0


class _Round:
    """What the connections of one round share."""

    def __init__(self, run: Run) -> None:
        self.load = Load()
        self.left = run.requests
        self.stop = False
        self.open = 0
        self.times: list[float] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self) -> bool:
        """Whether one more request may be sent."""
        if self.stop:
            return False
        if self.left is None:
            return True
        self.left -= 1
        return self.left >= 0


class _Connection(asyncio.Protocol):
    def __init__(self, shared: _Round, asks: list[Ask], position: int) -> None:
        self._shared = shared
        self._asks = asks
        self.position = position
        self._received = b""
        self._sent = 0.0
        self._waiting = False
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def ask(self) -> None:
        """Send the next request, or hang up when the round is over."""
        if not self._shared.take():
            self._transport.close()
            return
        self._waiting = True
        self._sent = time.perf_counter()
        self._transport.write(self._asks[self.position % len(self._asks)].request)

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._received = data
            return
        size = _body_size(data[:end])
        if size is None:
            # Chunked: the answer ends with the empty chunk. Our peers do this, we do not.
            whole = data.endswith(b"\r\n0\r\n\r\n") or data[end:] == b"\r\n\r\n0\r\n\r\n"
        else:
            whole = len(data) >= end + 4 + size
        if not whole:
            self._received = data
            return
        self._received = b""
        shared = self._shared
        shared.times.append(time.perf_counter() - self._sent)
        shared.load.answers += 1
        ask = self._asks[self.position % len(self._asks)]
        body = data[end + 4 :] if size is not None else _join_chunks(data[end + 4 :])
        if data[9:12] != ask.status or (ask.body is not None and body != ask.body):
            shared.load.wrong += 1
            if len(shared.load.examples) < 3:
                shared.load.examples.append(f"{ask.request[:30]!r} was answered {data[:12]!r} {body[:200]!r}")
        else:
            # After a wrong answer the same is asked again, so that one lost step counts once.
            self.position += 1
        self._waiting = False
        self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        shared = self._shared
        if self._waiting:
            shared.load.answers += 1
            shared.load.wrong += 1
            shared.load.examples.append(f"the server hung up: {error}")
            self.position += 1
        shared.open -= 1
        if shared.open == 0 and not shared.done.done():
            shared.done.set_result(None)


def _body_size(head: bytes) -> int | None:
    at = head.find(b"content-length: ")
    if at < 0:
        head = head.lower()
        at = head.find(b"content-length:")
        if at < 0:
            return None
        at -= 1
    end = head.find(b"\r\n", at)
    return int(head[at + 16 : end if end > 0 else len(head)])


def _join_chunks(data: bytes) -> bytes:
    body = b""
    while True:
        line, _, rest = data.partition(b"\r\n")
        size = int(line, 16)
        if size == 0:
            return body
        body += rest[:size]
        data = rest[size + 2 :]


async def _run(run: Run, plan: Plan, positions: list[int]) -> Load:
    shared = _Round(run)
    loop = asyncio.get_running_loop()
    connections = []
    for number, asks in enumerate(plan):
        _, connection = await loop.create_connection(
            partial(_Connection, shared, asks, positions[number]), "127.0.0.1", run.port
        )
        connections.append(connection)
        shared.open += 1
    started = time.perf_counter()
    for connection in connections:
        connection.ask()
    if run.seconds is not None:
        loop.call_later(run.seconds, lambda: setattr(shared, "stop", True))
    async with asyncio.timeout((run.seconds or 0) + 120):
        await shared.done
    load = shared.load
    load.seconds = time.perf_counter() - started
    positions[:] = [connection.position for connection in connections]
    if len(shared.times) > 1:
        load.median = median(shared.times)
        load.p99 = quantiles(shared.times, n=100)[98]
    return load


def _work() -> None:
    import gc

    import uvloop

    # Nothing in here makes cycles; a collection in the middle of a round would count against the server.
    gc.disable()
    plans: dict[str, Plan] = {}
    positions: dict[str, list[int]] = {}
    orders, answers = sys.stdin.buffer, sys.stdout.buffer
    while True:
        try:
            order = pickle.load(orders)
        except EOFError:
            return
        if isinstance(order, Run):
            answer: Any = uvloop.run(_run(order, plans[order.name], positions[order.name])), positions[order.name]
            gc.collect()
        else:
            name, plan = order
            plans[name], positions[name] = plan, [0] * len(plan)
            answer = None
        pickle.dump(answer, answers)
        answers.flush()


class Client:
    """The other end: one load process for a whole benchmark, the same for every server."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.positions: dict[str, list[int]] = {}

    def plan(self, name: str, plan: Plan) -> None:
        """Teach it what to ask under a name; a connection goes on where its last round ended."""
        self._order((name, plan))

    def run(self, run: Run) -> Load:
        """One round."""
        load: Load
        load, self.positions[run.name] = self._order(run)
        return load

    def _order(self, order: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(order, self._process.stdin)
        self._process.stdin.flush()
        return pickle.load(self._process.stdout)

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


if __name__ == "__main__":
    # Under this name pickle would not find the classes again.
    from benchmarks import load

    load._work()
