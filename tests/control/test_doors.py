"""Who may use the control API."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockserver.app import build_app
from mockserver.settings import Settings
from tests.support import ask

APPS = {
    "open": build_app(Settings(fixture=())),
    "hosts": build_app(Settings(fixture=(), allow_host=("Emulator",))),
    "token": build_app(Settings(fixture=(), control_token="sesame")),
}


def status(app: str, path: str = "/_mock/worlds", **headers: Any) -> int:
    sent = {"host": "127.0.0.1:8600", **{name.replace("_", "-"): value for name, value in headers.items()}}
    pairs = [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in sent.items()
        if value is not None
    ]
    answer = asyncio.run(ask(APPS[app], "GET", path, headers=pairs))
    assert answer is not None
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "LOCALHOST:1"}, 200),
        ({"host": "[::1]:8600"}, 200),
        ({"host": "alpha.localhost:8600"}, 200),
        ({"host": "host.docker.internal:8600"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example:8600"}, 403),
        ({"host": "localhost.evil.example"}, 403),
        ({"host": "evillocalhost"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "[::1"}, 200),
        ({"host": b"\xff"}, 403),
        ({"host": ""}, 403),
        ({"host": None}, 403),
        ({"origin": "http://127.0.0.1:8600"}, 200),
        ({"origin": "HTTP://127.0.0.1:8600"}, 200),
        ({"origin": "http://127.0.0.1:3000"}, 403),
        ({"origin": "http://localhost:8600"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": b"\xff\xfe"}, 403),
        ({"origin": "http://evil.example", "host": "evil.example"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none"}, 200),
    ],
)
def test_programs_on_this_machine_come_in_and_pages_of_others_do_not(headers: dict[str, Any], expected: int):
    assert status("open", **headers) == expected


@pytest.mark.parametrize(("host", "expected"), [("emulator:8600", 200), ("EMULATOR", 200), ("other", 403)])
def test_further_hosts_can_be_allowed(host: str, expected: int):
    assert status("hosts", host=host) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 401),
        ({"authorization": "Bearer sesame"}, 200),
        ({"authorization": "Bearer sesam"}, 401),
        ({"authorization": "Bearer sesame "}, 401),
        ({"authorization": "Basic sesame"}, 401),
        ({"authorization": b"Bearer \xff"}, 401),
        ({"authorization": "Bearer sesame", "host": "anything.example"}, 200),
        ({"authorization": "Bearer sesame", "origin": "http://evil.example"}, 403),
        ({"authorization": "Bearer sesame", "sec_fetch_site": "cross-site"}, 403),
    ],
)
def test_with_a_token_the_token_decides(headers: dict[str, Any], expected: int):
    assert status("token", **headers) == expected


@pytest.mark.parametrize("app", APPS)
def test_health_is_open_to_everybody(app: str):
    assert status(app, "/_mock/health", host="evil.example", origin="http://evil.example") == 200


@pytest.mark.parametrize("path", ["/_mock/health/", "/_mock//health", "/_mock/worlds/../health", "/_mock/health%2f"])
def test_nothing_else_passes_for_health(path: str):
    assert status("open", path, host="evil.example") == 403


@pytest.mark.parametrize("app", APPS)
def test_the_vendors_side_is_open_to_everybody(app: str):
    answer = asyncio.run(
        ask(APPS[app], "GET", "/oauth/token", headers=[(b"host", b"api.motar.io"), (b"origin", b"http://x")])
    )
    assert answer is not None
    assert answer.status == 405
