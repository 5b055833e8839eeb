"""Webhooks that go wrong on purpose: what the plugin sees of them, and what becomes of the delivery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from tests.support import PLAIN, Live, toy_server_running


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with toy_server_running(fixture=("motar/quickstart",)) as url:
        yield url


@pytest.fixture
def world(server: str, httpserver: HTTPServer) -> Iterator[Live]:
    httpserver.expect_request("/hook").respond_with_json({"ok": True})
    settings = {"motar": {"request_endpoint": httpserver.url_for("/hook")}, "core": {"retry_webhooks_after": ["1m"]}}
    with httpx2.Client(base_url=f"{server}/_mock/", **PLAIN) as control:
        body = {"clock": {"mode": "frozen"}, "settings": settings}
        name = control.post("worlds", json=body).json()["name"]
    with (
        httpx2.Client(base_url=f"{server}/w/{name}", **PLAIN) as http,
        httpx2.Client(base_url=f"{server}/_mock/worlds/{name}/", **PLAIN) as control,
    ):
        live = Live(name, server, http, control)
        yield live
        live.drop()


def sent(world: Live, **fault: Any) -> dict[str, Any]:
    """The first attempt of a webhook under a fault."""
    world.control.post("faults", json={"direction": "delivery", **fault}).raise_for_status()
    world.act("motar.start_ato_request")
    world.settle()
    delivery = world.control.get("deliveries").json()["deliveries"][0]["id"]
    return world.control.get(f"deliveries/{delivery}").json()["attempts"][0]


@pytest.mark.parametrize(
    ("wire", "told"),
    [("reset", "the connection was reset"), ("timeout", "no answer within"), ("empty", "closed without an answer")],
)
@pytest.mark.parametrize("processed", [False, True])
def test_a_webhook_that_is_lost_is_tried_again(
    world: Live, httpserver: HTTPServer, wire: str, told: str, processed: bool
) -> None:
    attempt = sent(world, wire=wire, processed=processed)
    assert attempt["response"] is None
    assert told in attempt["error"]
    assert "fault-1" in attempt["error"]
    assert len(httpserver.log) == (1 if processed else 0)
    world.control.post("clock/advance", json={"by": "1m"}).raise_for_status()
    assert len(httpserver.log) == (2 if processed else 1)
    assert world.control.get("deliveries").json()["deliveries"][0]["state"] == "delivered"


def test_a_plugin_can_be_made_to_answer_otherwise_than_it_does(world: Live, httpserver: HTTPServer) -> None:
    attempt = sent(world, status=500, body={"error": "down"}, headers={"x-down": "1"}, processed=True)
    assert (attempt["response"]["status"], attempt["error"], len(httpserver.log)) == (500, None, 1)
    exchange = next(each for each in world.journal() if each["kind"] == "delivery")
    assert exchange["response"]["body"] == {"error": "down"}
    assert exchange["response"]["headers"]["x-down"] == "1"


def test_a_webhook_that_is_held_too_long_is_given_up(world: Live, httpserver: HTTPServer) -> None:
    world.control.put("settings", json={"core": {"webhook_timeout": 0.2}}).raise_for_status()
    attempt = sent(world, delay="1s")
    assert "no answer within 0.2 s" in attempt["error"]
    assert httpserver.log == []


def test_a_webhook_that_is_held_a_little_arrives(world: Live, httpserver: HTTPServer) -> None:
    attempt = sent(world, delay="100ms")
    assert (attempt["response"]["status"], len(httpserver.log)) == (200, 1)
    assert attempt["seconds"] >= 0.1


def test_only_what_fits_goes_wrong(world: Live, httpserver: HTTPServer) -> None:
    attempt = sent(world, wire="reset", when={"path": "/elsewhere"})
    assert (attempt["response"]["status"], len(httpserver.log)) == (200, 1)
