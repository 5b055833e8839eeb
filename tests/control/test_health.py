"""Is the server alive, is it ready, and if not, why not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mockserver.app import App, build_app
from mockserver.settings import Settings
from tests.support import ask

HOST = [(b"host", b"localhost")]


def get(app: App, path: str) -> tuple[int, dict[str, Any]]:
    answer = asyncio.run(ask(app, "GET", path, headers=HOST))
    assert answer is not None
    return answer.status, json.loads(answer.body)


def in_its_life(app: App, *paths: str, while_it: Any = None) -> list[tuple[int, dict[str, Any]]]:
    """What a started app answers, after `while_it` was done to it."""

    async def live() -> list[tuple[int, dict[str, Any]]]:
        await app.runtime.start()
        try:
            if while_it is not None:
                while_it(app)
            answers = [await ask(app, "GET", path, headers=HOST) for path in paths]
            return [(each.status, json.loads(each.body)) for each in answers if each is not None]
        finally:
            await app.runtime.stop()

    return asyncio.run(live())


@pytest.fixture
def app() -> App:
    return build_app(Settings(fixture=()))


def test_it_is_ready_once_it_has_started(app: App):
    status, told = get(app, "/_mock/health")
    assert (status, told["status"]) == (503, "starting")
    [(status, told)] = in_its_life(app, "/_mock/health")
    assert (status, told["status"], told["worlds"]) == (200, "ready", 1)
    assert "reason" not in told


def test_it_is_not_ready_while_it_closes(app: App):
    [(status, told)] = in_its_life(app, "/_mock/health", while_it=lambda app: app.runtime.close())
    assert (status, told["status"], told["reason"]) == (503, "closing", "The server is shutting down.")


def test_it_is_not_ready_when_nothing_can_be_kept_any_more(app: App, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(type(app.worlds), "read_only", "commit.log cannot be brought to the disk")
    [(status, told)] = in_its_life(app, "/_mock/health")
    assert (status, told["status"]) == (503, "read-only")
    assert "commit.log cannot be brought to the disk" in told["reason"]


@pytest.mark.parametrize("how", ["starting", "ready", "closing"])
def test_it_is_alive_whether_it_is_ready_or_not(app: App, how: str):
    if how == "starting":
        answer = get(app, "/_mock/health/live")
    else:
        close = (lambda app: app.runtime.close()) if how == "closing" else None
        [answer] = in_its_life(app, "/_mock/health/live", while_it=close)
    assert (answer[0], answer[1]["status"]) == (200, "live")


@pytest.mark.parametrize("path", ["/_mock/health", "/_mock/health/live"])
def test_probes_need_no_token(path: str):
    app = build_app(Settings(fixture=(), control_token="sesame"))
    assert get(app, path)[0] in (200, 503)
    answer = asyncio.run(ask(app, "GET", "/_mock/metrics", headers=HOST))
    assert answer is not None
    assert answer.status == 401
