"""What is too large is refused in the vendor's dialect, before anything is done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import httpx2
import pytest
from msgspec.structs import replace

from mockserver.app import build_app
from mockserver.platforms.motar.platform import MOTAR
from mockserver.server import running
from mockserver.settings import Settings
from tests.conftest import world_maker
from tests.support import PLAIN, Live, send_raw
from tests.toy import TOY

SMALL = {"max_url": 300, "max_headers": 16, "max_header_bytes": 1024, "max_body": 2048, "max_depth": 8}


@pytest.fixture(scope="module")
def small() -> Iterator[str]:
    """A server with small bounds, on which one route takes more, and one less, than the others."""
    own = {"POST /toy/notes": 10_000, "POST /toy/whoami": 10}
    toy = replace(TOY, routes=tuple(replace(each, max_body=own.get(each.name)) for each in TOY.routes))
    with mock.patch("mockserver.app.load_platforms", return_value=(MOTAR, toy)):
        app = build_app(Settings(max_worlds=2, max_unaddressed=5, max_control_body=1024, auto_worlds=True, **SMALL))
    with running(app) as url:
        yield url


def ask(server: str, **request: Any) -> httpx2.Response:
    return httpx2.request(**{"method": "GET", "url": f"{server}/toy/whoami", **request}, **PLAIN)


@pytest.mark.parametrize(
    ("request_", "status", "told"),
    [
        ({"params": {"q": "x" * 300}}, 414, "The URL is longer than 300 bytes."),
        ({"headers": {f"x-{n}": "a" for n in range(20)}}, 431, "headers, more than 16."),
        ({"headers": {"x-a": "a" * 1100}}, 431, "The headers are larger than 1024 bytes together."),
    ],
)
def test_a_head_that_is_too_large_is_refused(request_: dict[str, Any], status: int, told: str, small: str):
    answer = ask(small, **request_)
    assert answer.status_code == status
    assert told in answer.json()["toy"]
    assert ask(small).status_code == 200


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/toy/notes", 10_000, 200),
        ("/toy/notes", 10_001, 413),
        ("/toy/whoami", 10, 200),
        ("/toy/whoami", 11, 413),
        ("/toy/elsewhere", 2_049, 413),
        ("/toy/elsewhere", 2_048, 404),
        ("/oauth/token", 2_049, 413),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_may_be_as_large_as_its_route_says(path: str, size: int, status: int, chunked: bool, small: str):
    body = b"x" * size
    answer = ask(small, method="POST", url=small + path, content=iter([body]) if chunked else body)
    assert answer.status_code == status
    if status == 413:
        assert "The body is larger than" in answer.text


def test_json_may_be_as_deep_as_the_setting_says(small: str):
    def deep(levels: int) -> dict[str, Any]:
        return {"content": b"[" * levels + b"]" * levels, "headers": {"content-type": "application/json"}}

    for levels, told in ((9, False), (10, True)):
        answer = ask(small, method="PUT", url=f"{small}/_mock/worlds/default/settings", **deep(levels))
        assert answer.status_code == 400
        assert ("nested deeper than 8 levels" in answer.text) is told


def test_a_control_body_is_bounded_by_its_own_setting(small: str):
    answer = ask(small, method="POST", url=f"{small}/_mock/worlds", json={"name": "x" * 1100})
    assert answer.status_code == 413
    assert "--max-control-body" in answer.json()["detail"]


def test_too_many_worlds_are_503_on_either_side(small: str):
    with world_maker(small) as make:
        make(name="the-second")
        answers = [
            ask(small, method="POST", url=f"{small}/_mock/worlds", json={"name": "one-more"}),
            ask(small, url=f"{small}/w/one-more/toy/whoami"),
            ask(small, url=f"{small}/w/one-more/oauth/token/validate"),
        ]
    for answer in answers:
        assert answer.status_code == 503
        assert "There are 2 worlds" in answer.text
        assert "--max-worlds" in answer.text
    assert ask(small, url=f"{small}/w/one-more/toy/whoami").status_code == 200


def test_so_many_unaddressed_requests_are_kept(small: str):
    for n in range(12):
        ask(small, url=f"{small}/w/not--a--name--{'x' * 40}/toy/whoami", params={"n": n})
    told = httpx2.get(f"{small}/_mock/unaddressed", **PLAIN).json()
    assert told["count"] >= 12
    assert [each["query"]["n"] for each in told["exchanges"]] == ["7", "8", "9", "10", "11"]


def test_a_head_without_end_is_cut_off(toy_server: str):
    endless = b"GET /toy/whoami HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 2_000_000
    received = send_raw(toy_server, endless)
    assert received.startswith(b"HTTP/1.1 431 ")
    assert b"connection: close" in received.lower()
    line = b"GET /" + b"a" * 2_000_000
    assert send_raw(toy_server, line).startswith(b"HTTP/1.1 431 ")
    assert ask(toy_server).status_code == 200


def test_large_bodies_and_many_requests_are_no_head(new_toy_world: Callable[..., Live], toy_server: str):
    world = new_toy_world()
    for _ in range(3):
        assert world.http.post("/toy/notes", content=b"x" * 900_000).status_code == 200
    head = f"GET /w/{world.name}/toy/whoami HTTP/1.1\r\nHost: x\r\nX-A: {'a' * 20_000}\r\n\r\n".encode()
    assert send_raw(toy_server, head * 8).count(b"HTTP/1.1 200") >= 1
