"""Recordings of different lengths: what an exchange costs to write down, to load and to replay."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks.figures import Figure, middle, ratio
from benchmarks.throughput import Bench
from mockserver.app import App, build_app
from mockserver.recordings import record, write
from mockserver.recordings.recorder import Beginning
from mockserver.scenarios import RunReport, Scenario, load_scenario, run
from mockserver.scenarios.stage import LiveStage
from mockserver.settings import Settings
from mockserver.world.header import ClockSpec
from mockserver.world.world import World

T = TypeVar("T")

SIZES = (200, 2_000)
FIXTURES = ("os1/quickstart",)
SIGN_IN = {"client_id": "app::developerplatform", "redirect_uri": "https://client.example/signed-in"}
NEW_APP = {"type": "WEB", "version": "1.0.0", "isConsoleCompatible": True, "visibility": {}, "url": {}}


def replay(bench: Bench) -> list[Figure]:
    """Writing, loading and replaying a recording of 2,000 exchanges, an exchange, against those of one of 200."""
    sizes = (10, 40) if bench.quick else SIZES
    return asyncio.run(_measured(sizes, 1 if bench.quick else bench.rounds))


async def _measured(sizes: tuple[int, int], rounds: int) -> list[Figure]:
    short, long = sizes
    # As much work of both: what the garbage collector takes falls on both alike.
    times = {long: 1, short: long // short}
    spent: dict[tuple[str, int], list[float]] = {}
    failed = 0

    async def clocked(what: str, size: int, work: Callable[[], Awaitable[T]]) -> T:
        gc.collect()
        began = time.process_time()
        for _ in range(times[size]):
            result = await work()
        spent.setdefault((what, size), []).append((time.process_time() - began) / size / times[size] * 1e6)
        return result

    async with running() as app:
        tapes = {size: await live_through(app, size) for size in sizes}

        async def round_of(size: int) -> bool:
            async def written() -> str:
                return tapes[size].text()

            async def loaded() -> Scenario:
                return load_scenario(text, "recorded.yaml")

            async def replayed() -> RunReport:
                return await perform(app, scenario, size)

            text = await clocked("write down", size, written)
            scenario = await clocked("load", size, loaded)
            return (await clocked("replay strictly, calls answered", size, replayed)).outcome == "passed"

        for _ in range(rounds):
            failed += sum([not await round_of(size) for size in (long, short)])
    return list(_figures(spent, sizes, failed))


def _figures(spent: dict[tuple[str, int], list[float]], sizes: tuple[int, int], failed: int) -> Iterator[Figure]:
    short, long = sizes
    for what in dict.fromkeys(what for what, _ in spent):
        yield Figure(f"{what}: an exchange of {short:,}", middle(spent[what, short]), "µs", wrong=failed)
        yield Figure(
            f"{what}: an exchange of {long:,}",
            middle(spent[what, long]),
            "µs",
            ratio=ratio(spent[what, long], spent[what, short]),
            against=f"{short:,}",
            target="<= 1.2",
            wrong=failed,
        )


@asynccontextmanager
async def running() -> Any:
    """An app whose worlds live in this loop, without a socket."""
    app = build_app(Settings())
    await app.runtime.start()
    try:
        yield app
    finally:
        await app.runtime.stop()


class Tape:
    """What happened in a world, to be written down again and again."""

    def __init__(self, world: World) -> None:
        self._exchanges = world.journal.after(0)
        self._beginning = Beginning(at=world.clock.now(), mode="frozen", fixtures=FIXTURES)

    def scenario(self) -> dict[str, Any]:
        """The recording as plain data."""
        return record("bench/long", self._exchanges, self._beginning)

    def text(self) -> str:
        """The file of the recording."""
        return write(self.scenario())


async def live_through(app: App, exchanges: int) -> Tape:
    """So many exchanges in a fresh world: a program signs in at OS1, registers apps and looks at each."""
    world = app.worlds.remake("default", clock=ClockSpec("frozen"), fixtures=FIXTURES, seed=1)
    await Program(app).work(exchanges)
    return Tape(world)


async def perform(app: App, scenario: Scenario, exchanges: int) -> RunReport:
    """Replay a recording with the program that was recorded, which begins when it is waited for."""
    waits = asyncio.Event()

    async def begin() -> None:
        await waits.wait()
        await Program(app).work(exchanges)

    client = asyncio.create_task(begin())
    stage = LiveStage(app.runtime, "default", seed=2, scenarios=_none)
    try:
        return await run(scenario, stage, {}, on_event=lambda event: waits.set())
    finally:
        client.cancel()
        await asyncio.wait([client])


def _none(name: str) -> Scenario:
    raise LookupError(name)


class Program:
    """A client of the app's OS1, without a socket."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._headers: list[tuple[bytes, bytes]] = [(b"host", b"127.0.0.1:8600")]

    async def work(self, calls: int) -> None:
        """Make so many calls, two for the sign-in, then two for each app."""
        form = urlencode({"handle": "@asha", "password": "offline"}).encode()
        head, _ = await self._call(
            "POST", "/developer/auth/authorize", SIGN_IN, form, b"application/x-www-form-urlencoded"
        )
        token = parse_qs(urlsplit(dict(head)[b"location"].decode()).fragment)["access_token"][0]
        self._headers.append((b"x-developerplatform-access", token.encode()))
        [organization] = json.loads((await self._call("GET", "/developer/orgs"))[1])["data"]
        where = {"organizationId": organization["organizationId"], "teamId": organization["teams"][0]["teamId"]}
        for number in range((calls - 2) // 2):
            sent = json.dumps({**NEW_APP, "displayName": f"App {number}", "listingId": f"app-{number}"}).encode()
            made = json.loads((await self._call("POST", "/developer/apps", where, sent, b"application/json"))[1])
            await self._call("GET", f"/developer/apps/{made['appId']}")

    async def _call(
        self, method: str, path: str, query: dict[str, str] | None = None, body: bytes = b"", type: bytes = b""
    ) -> tuple[list[tuple[bytes, bytes]], bytes]:
        # Others get their turn, as they do while a request is on its way.
        await asyncio.sleep(0)
        head: list[dict[str, Any]] = []
        answered = b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal answered
            if "status" in message:
                head.append(message)
            answered += message.get("body", b"")

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "server": ("127.0.0.1", 8600),
            "client": ("127.0.0.1", 50000),
            "scheme": "http",
            "method": method,
            "root_path": "",
            "path": path,
            "raw_path": path.encode(),
            "query_string": urlencode(query or {}).encode(),
            "headers": [*self._headers, *([(b"content-type", type)] if type else [])],
            "state": {},
        }
        await self._app(scope, receive, send)
        if head[0]["status"] >= 400:
            raise RuntimeError(f"{method} {path} was answered with {head[0]['status']}: {answered.decode()}")
        return head[0]["headers"], answered
