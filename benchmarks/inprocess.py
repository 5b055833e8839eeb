"""Without a socket: what worlds cost to make, and where a request's time goes."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import bare
from benchmarks.figures import Figure, middle
from benchmarks.ground import Fill, Prepare, fill, prepare
from benchmarks.servers import installed_ground
from benchmarks.throughput import STATUSES, Bench, request
from mockserver.app import App, build_app, load_platforms
from mockserver.edge.addressing import place
from mockserver.edge.messages import DateLine, on_the_wire, whole_answer
from mockserver.settings import Settings
from mockserver.wire import Call, RouteTable, json_answer
from mockserver.world.headers import pack
from mockserver.world.journal import Exchange


@contextmanager
def app(work: Path, data: str | None = None) -> Generator[App]:
    """An app with the platform of `benchmarks.ground` beside the vendors."""
    site = str(installed_ground(work))
    sys.path.insert(0, site)
    try:
        built = build_app(Settings(data=data))
    finally:
        sys.path.remove(site)
    try:
        yield built
    finally:
        asyncio.run(_close(built))


async def _close(built: App) -> None:
    """Let an app that never ran let go of its files, which it does at the end of its life."""

    async def receive() -> dict[str, Any]:
        return {}

    async def send(message: dict[str, Any]) -> None:
        pass

    await built({"type": "lifespan"}, receive, send)


def lifecycle(bench: Bench) -> list[Figure]:
    """Figure 6: creating, resetting and dropping a world with the quickstart fixture; snapshots."""
    times = 20 if bench.quick else 500
    documents = 200 if bench.quick else 10_000
    spent: dict[str, list[float]] = {"create": [], "reset": [], "drop": [], "snapshot": [], "restore": []}

    def clocked(what: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        result = work()
        spent[what].append((time.perf_counter() - began) * 1e3)
        return result

    with app(bench.work) as built:
        worlds = built.worlds
        for number in range(times):
            name = f"bench-{number}"
            clocked("create", partial(worlds.create, name))
            clocked("reset", partial(worlds.reset, name))
            clocked("drop", partial(worlds.drop, name))
        full = worlds.create("full")
        with full.transaction():
            fill(full, Fill(documents=documents))
        for _ in range(2 if bench.quick else 7):
            snapshot = clocked("snapshot", partial(worlds.snapshot, "full"))
            clocked("restore", partial(worlds.restore, "full", snapshot))
    return [
        *(
            Figure(f"{what} a world with the quickstart fixture", middle(spent[what]), "ms", target="<= 1 ms")
            for what in ("create", "reset", "drop")
        ),
        *(Figure(f"{what} {documents:,} documents", middle(spent[what]), "ms") for what in ("snapshot", "restore")),
    ]


def path(bench: Bench) -> list[Figure]:
    """A status report and a validation through the whole app, as a connection asks it; the parts of the first."""
    times = 50 if bench.quick else 2_000
    figures = []
    for title, data in (("in memory", None), ("with --data", str(bench.work / "path"))):
        with app(bench.work, data) as built:
            world = built.worlds.find("default")
            with world.transaction():
                granted = prepare(world, Prepare(plugins=4, requests=25))
            reports = [
                request("POST", bare.STATUS, token, {"requestId": id, "status": status, "cancellable": True})
                for status in STATUSES
                for token, id in granted
            ]
            checks = [request("GET", bare.VALIDATE, token) for token, _ in granted]
            for name, requests in (("POST /plugin/v1/ato/status", reports), ("GET /oauth/token/validate", checks)):
                spent, wrong = _drive(built, [_asked(each) for each in requests], times)
                figures.append(Figure(f"{name}, {title}", spent, "µs", wrong=wrong))
            if data is None:
                parts = _parts(built, [_asked(each) for each in reports], times)
            else:
                kept = _parts(built, [_asked(each) for each in reports], times)[COMMITTED]
    figures += [Figure(f"  {name}", spent, "µs") for name, spent in parts.items()]
    figures.append(Figure(f"  {COMMITTED}, with --data", kept, "µs"))
    return figures


COMMITTED = "the vendor's part: token, body, change, commit"


def _parts(built: App, calls: list[Asked], times: int) -> dict[str, float]:
    """The median microseconds of processor time of what the edge does one after the other for a status report."""
    worlds, world = built.worlds, built.worlds.find("default")
    table = RouteTable(load_platforms())
    found = table.find("POST", bare.STATUS)
    assert found.route is not None
    handler = found.route.handler
    sent = [(fields, body) for *_, fields, body in calls]

    def call_of(number: int) -> Call:
        headers, body = sent[number % len(sent)]
        return Call(method="POST", path=bare.STATUS, headers=headers, body=body)

    read = [call_of(number) for number in range(times)]
    answer = json_answer({"success": True})
    lines, head = on_the_wire(answer.headers)
    date = DateLine()
    now = datetime.now(UTC)

    def vendor(number: int) -> None:
        with world.transaction():
            handler(world, read[number])

    def write_down(number: int) -> None:
        call = read[number]
        world.journal.append(
            Exchange(
                id=world.journal.last_id + 1,
                began=world.journal.begin(),
                kind="inbound",
                at=world.clock.now(),
                wall=now,
                seconds=0.0,
                method="POST",
                path=call.path,
                url=bare.STATUS,
                request_head=pack(sent[number % len(sent)][0]),
                request_body=call.body,
                status=200,
                response_head=head,
                response_body=answer.body,
            )
        )

    steps: dict[str, Callable[[int], Any]] = {
        "look the route up": lambda number: table.find("POST", bare.STATUS),
        "read the head": call_of,
        "find the world by its credential": lambda number: place(
            worlds, read[number], found.carriers, None, "127.0.0.1:8600", auto=False
        ),
        COMMITTED: vendor,
        "write it into the journal": write_down,
        "answer": lambda number: whole_answer("POST", 200, lines, answer.body, date.line(now)),
    }
    return {name: middle([_per_call(step, times) for _ in range(9)]) for name, step in steps.items()}


def _per_call(step: Callable[[int], Any], times: int) -> float:
    began = time.process_time()
    for number in range(times):
        step(number)
    return (time.process_time() - began) / times * 1e6


Asked = tuple[str, str, str, list[tuple[bytes, bytes]], bytes]
"""Method, path, query, header fields and body."""


def _asked(request: bytes) -> Asked:
    """What a connection makes of a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    method, target, _ = first.decode().split(" ")
    fields = [(name.lower(), value) for name, _, value in (line.partition(b": ") for line in lines)]
    return method, target, "", fields, body


def _drive(built: App, calls: list[Asked], times: int) -> tuple[float, int]:
    """The median microseconds of processor time of a call, in batches, and how many were not answered with 200."""
    wrong = 0
    batches = []
    gc.collect()
    for _ in range(9):
        began = time.process_time()
        for number in range(times):
            answer = built.at_once(*calls[number % len(calls)], "http")
            wrong += answer is None or not answer.startswith(b"HTTP/1.1 200 OK\r\n")
        batches.append((time.process_time() - began) / times * 1e6)
    return middle(batches), wrong
