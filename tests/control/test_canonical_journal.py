"""The same calls in a world of the same name and seed give the same bytes, wherever and whenever they are made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from pytest_httpserver import HTTPServer

from tests.support import Live

PLUGIN = {"request_endpoint": "/requests", "distribution_endpoint": "/distributions", "redirect_uri": "/callback"}


@contextmanager
def plugin_server() -> Iterator[HTTPServer]:
    with HTTPServer() as httpserver:
        httpserver.expect_request("/requests").respond_with_json({"taken": True})
        httpserver.expect_request("/distributions").respond_with_data("", status=500)
        yield httpserver


@contextmanager
def another_process(hash_seed: str) -> Iterator[str]:
    """An emulator in a process of its own; yields its URL."""
    code = (
        "from mockserver.app import build_app; from mockserver.server import bind, run, url_of\n"
        "from mockserver.settings import Settings\n"
        "sock = bind('127.0.0.1', 0)\n"
        "run(build_app(Settings()), sock, on_ready=lambda: print(url_of(sock), flush=True))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.communicate(timeout=10)


@contextmanager
def prepared(server: str, plugin: HTTPServer) -> Iterator[Live]:
    spec = {
        "name": "canonical",
        "seed": 7,
        "clock": {"mode": "frozen"},
        "settings": {
            "core": {"retry_webhooks_after": [60]},
            "motar": {name: plugin.url_for(path) for name, path in PLUGIN.items()},
        },
    }
    made = httpx2.post(f"{server}/_mock/worlds", json=spec, trust_env=False)
    assert made.status_code == 201, made.text
    url = made.json()["base_url"]
    with (
        httpx2.Client(base_url=url, trust_env=False) as http,
        httpx2.Client(base_url=f"{server}/_mock/worlds/canonical", trust_env=False) as control,
    ):
        live = Live("canonical", url, http, control)
        yield live
        live.drop()


def play(world: Live) -> bytes:
    """A story with everything in it that could differ; answers the canonical journal."""
    plugin = world.plugin
    basic = (plugin["client_id"], plugin["client_secret"])
    started = world.act("motar.start_ato_request")
    world.settle()
    code = world.act("motar.sign_in", user="@olivia")["code"]
    form: dict[str, Any] = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": plugin["redirect_uris"][0],
        "client_id": basic[0],
        "client_secret": basic[1],
    }
    tokens = world.http.post("/oauth/token", data=form, headers={"Referer": plugin["redirect_uris"][0]}).json()
    world.http.post("/oauth/token", data=form)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    status = {"requestId": started["request_id"], "status": "in-progress", "reprotUri": f"{world.url}/x"}
    assert world.http.post("/plugin/v1/ato/status", json=status, headers=bearer).status_code == 200
    alert = {"requestId": started["request_id"], "title": "t", "text": "t", "providerId": "p", "type": "info"}
    world.http.post("/plugin/v1/ato/alert", json=alert, auth=basic)
    world.act("motar.add_distribution", distribution="1.0.0")
    world.settle()
    world.act("motar.add_distribution", distribution="1.1.0")
    world.settle()
    world.control.post("clock/advance", json={"by": "2m"})
    world.act("motar.register_organization")
    world.act("motar.create_user", role="member")
    world.try_act("motar.no_such_action")
    page = world.http.get("/oauth/signin", params={"client_id": basic[0]}, headers={"Accept": "text/html"})
    assert page.status_code == 400
    answer = world.control.get("journal", params={"view": "canonical"})
    assert answer.status_code == 200
    return answer.content


def test_the_canonical_journal_is_the_same_bytes_everywhere(server: str):
    with plugin_server() as plugin, plugin_server() as another_plugin:
        assert plugin.port != another_plugin.port
        with prepared(server, plugin) as here:
            first = play(here)
            here.control.post("reset")
            assert play(here) == first
        for hash_seed, target in (("1", another_plugin), ("2", plugin)):
            with another_process(hash_seed) as url, prepared(url, target) as elsewhere:
                assert play(elsewhere) == first
    assert b'"{base}' in first
    assert b"{plugin-1}" in first
    assert b"127.0.0.1" not in first
    assert first.count(b'"kind": "delivery"') >= 5


def test_another_seed_makes_another_journal(new_world):
    def told(live: Live) -> bytes:
        live.act("motar.register_organization")
        return live.control.get("journal", params={"view": "canonical"}).content

    one = new_world(name="seeded", seed=1, clock={"mode": "frozen"})
    first = told(one)
    one.drop()
    assert told(new_world(name="seeded", seed=2, clock={"mode": "frozen"})) != first
