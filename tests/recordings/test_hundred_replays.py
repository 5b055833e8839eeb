"""One recording, replayed in a hundred worlds of one server at the same time: a hundred times the same comes of it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import httpx2
import pytest
import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from mockserver.app import build_app
from mockserver.cli.run import PATHS
from mockserver.reference_plugin import Settings as PluginSettings
from mockserver.reference_plugin import build_plugin
from mockserver.server import bind, running, url_of
from mockserver.settings import Settings
from tests.support import PLAIN

WORLDS = 100
SEED = 21
LONG = "60s"
"""How long anything is waited for: a hundred worlds share the machine with whatever else runs on it."""


class Plugins:
    """Reference plugins in one process, each at a port of its own."""

    def __init__(self) -> None:
        self.built: dict[int, Starlette] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await Starlette(lifespan=self._lives)(scope, receive, send)
        else:
            await self.built[scope["server"][1]](scope, receive, send)

    @asynccontextmanager
    async def _lives(self, app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for plugin in self.built.values():
                await stack.enter_async_context(plugin.router.lifespan_context(plugin))
            yield


@contextmanager
def plugins(server: str, control: httpx2.Client, count: int) -> Iterator[dict[str, dict[str, Any]]]:
    """So many worlds by name, with the settings that lead each to a plugin of its own.

    The plugins call the server without a prefix: their credentials say which world they mean.
    """
    sockets = [bind("127.0.0.1", 0) for _ in range(count)]
    settings: dict[str, dict[str, Any]] = {}
    together = Plugins()
    for number, sock in enumerate(sockets):
        world = f"replay-{number}"
        endpoints = {name: url_of(sock) + path for name, path in PATHS.items()}
        settings[world] = {"motar": endpoints, "core": {"webhook_timeout": 60}}
        made = control.post("worlds", json={"name": world, "seed": SEED, "settings": settings[world]})
        assert made.status_code == 201, made.text
        found = control.get(f"worlds/{world}/documents/motar.plugins").json()["documents"][0]
        together.built[sock.getsockname()[1]] = build_plugin(
            PluginSettings(
                motar_url=server,
                client_id=found["client_id"],
                client_secret=found["client_secret"],
                redirect_uri=endpoints["redirect_uri"],
            ),
            transport=httpx2.AsyncHTTPTransport(**PLAIN),
        )
    config = uvicorn.Config(together, lifespan="on", log_config=None, access_log=False)
    process = uvicorn.Server(config)
    thread = threading.Thread(target=process.run, args=(sockets,))
    thread.start()
    try:
        yield settings
    finally:
        process.should_exit = True
        thread.join()


def record(control: httpx2.Client, world: str) -> str:
    """The demo in that world, as it is recorded: what people do, each time until the plugin is done with it."""

    def call(path: str, **body: Any) -> Any:
        answer = control.post(f"worlds/{world}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def act(name: str, **arguments: Any) -> Any:
        result = call(f"actions/{name}", **arguments)
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < 0.3:
            now = len(control.get(f"worlds/{world}/journal").json()["exchanges"])
            seen, since = now, since if now == seen else time.monotonic()
            time.sleep(0.02)
        return result

    control.put(f"worlds/{world}/clock", json={"mode": "frozen", "now": "2026-03-01T09:00:00Z"})
    call("recording", name="recorded/hundred")
    request = act("motar.start_ato_request", by="@olivia")["request_id"]
    act("motar.sign_in", user="@olivia", request=request, visit=True)
    act("motar.add_distribution", request=request, distribution="1.0.0", by="@devon")
    call("clock/advance", by="2h")
    act("motar.sign_in", user="@olivia", request=request, visit=True)
    text: str = call("recording/stop")["text"]
    scenario = yaml.safe_load(text)
    for step in scenario["steps"]:
        if "await" in step or "expect" in step:
            step["within"] = LONG
    return yaml.safe_dump({**scenario, "settings": {}}, sort_keys=False)


def canonical(run: dict[str, Any]) -> list[Any]:
    """What came of each step, with what was bound numbered in the order in which it appeared."""
    bound: dict[str, str] = {}
    told = []
    for step in run["steps"]:
        for value in step["outputs"].values():
            bound.setdefault(str(value), f"<{len(bound) + 1}>")
        plain = json.dumps({name: step[name] for name in SHOWN}, sort_keys=True)
        for value, number in sorted(bound.items(), key=lambda pair: len(pair[0]), reverse=True):
            plain = plain.replace(value, number)
        told.append(json.loads(plain))
    return told


SHOWN = ("index", "id", "kind", "title", "asks", "outcome", "reason", "outputs", "details")


@pytest.fixture(scope="module")
def runs() -> Iterator[list[dict[str, Any]]]:
    with (
        running(build_app(Settings(port=0, max_worlds=WORLDS + 10))) as server,
        httpx2.Client(base_url=f"{server}/_mock/", timeout=60, **PLAIN) as control,
        plugins(server, control, WORLDS) as worlds,
    ):
        text = record(control, "replay-0")

        async def replay_all() -> list[dict[str, Any]]:
            limits = httpx2.Limits(max_connections=None)
            async with httpx2.AsyncClient(timeout=120, limits=limits, **PLAIN) as client:

                async def replay(world: str) -> dict[str, Any]:
                    # The credentials stay, which the plugins know. Of ids the one that was recorded knows some already.
                    body = {"text": text, "settings": worlds[world], "seed": SEED, "ids_from": SEED + 1}
                    return (await client.post(f"{server}/_mock/worlds/{world}/runs", json=body)).json()

                return await asyncio.gather(*map(replay, worlds))

        began = time.monotonic()
        reports = asyncio.run(replay_all())
        # One after the other they would take what they took together.
        assert sum(report["seconds"] for report in reports) > 10 * (time.monotonic() - began)
        yield reports


def test_every_replay_passes(runs):
    failed = [step for run in runs for step in run["steps"] if step["outcome"] == "failed"]
    assert failed == []
    assert [run["outcome"] for run in runs] == ["passed"] * WORLDS


def test_the_same_comes_of_every_step_in_every_world(runs):
    first = canonical(runs[0])
    assert len([step for step in first if step["kind"] == "await"]) >= 8
    assert any("<1>" in json.dumps(step["outputs"]) for step in first)
    for run in runs[1:]:
        assert canonical(run) == first


def test_each_world_bound_ids_of_its_own(runs):
    bound = [run["steps"][0]["outputs"]["request_id"] for run in runs]
    assert len(set(bound)) == WORLDS
