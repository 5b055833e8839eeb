"""Headers that a proxy adds are only headers: `--public-url` says how the server is reached from outside."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from mockserver.app import build_app
from mockserver.server import in_background, running
from mockserver.settings import Settings
from tests.support import CLIENT_ID, PLAIN

FORWARDED = {
    "x-forwarded-for": "203.0.113.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    "forwarded": "for=203.0.113.7;proto=https;host=evil.example",
}


@pytest.mark.parametrize("trusted", [None, "*"], ids=["by default", "with uvicorn's own variable"])
def test_they_change_neither_the_scheme_nor_the_client_of_a_request(trusted, monkeypatch):
    seen: list[dict[str, Any]] = []
    if trusted is not None:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        seen.append(scope)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})

    with in_background(app) as url:
        assert httpx2.get(url, headers=FORWARDED, **PLAIN).status_code == 204
    assert [(scope["scheme"], scope["client"][0]) for scope in seen] == [("http", "127.0.0.1")]


@pytest.mark.parametrize("public_url", [None, "https://mock.example/emulator"])
def test_links_have_the_address_that_was_asked_or_the_one_that_was_set(public_url):
    with running(build_app(Settings(public_url=public_url))) as url, httpx2.Client(base_url=url, **PLAIN) as client:
        answer = client.post("/oauth/v2/device/authorize", data={"client_id": CLIENT_ID}, headers=FORWARDED)
    assert answer.json()["verification_uri"] == f"{public_url or url}/activate"
