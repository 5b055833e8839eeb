"""What tests share: a handle on one world of a server that runs on a real port."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

import httpx2

from mockserver.app import App, build_app
from mockserver.server import running
from mockserver.settings import Settings

CLIENT_ID = "iok-cid-" + "facade00" * 6
CLIENT_SECRET = "iok-cse-" + "decade00" * 6

PLAIN: dict[str, Any] = {"trust_env": False, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)}
"""How tests make clients: untouched by the machine, and without reading every certificate anew (25 ms each)."""


@dataclass
class Live:
    """One world: `http` speaks to the vendors' side below its prefix, the methods to the control API."""

    name: str
    url: str
    http: httpx2.Client
    control: httpx2.Client

    def act(self, action: str, /, **arguments: Any) -> Any:
        """Run an action; asserts that it was not refused."""
        answer = self.try_act(action, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def try_act(self, action: str, /, **arguments: Any) -> httpx2.Response:
        return self.control.post(f"actions/{action}", json=arguments)

    def drop(self) -> None:
        """Drop the world; one that is gone already is no error."""
        self.control.delete(str(self.control.base_url).rstrip("/"))

    def code(self) -> str:
        """An authorization code of a user who was handed over for a fresh ATO request."""
        self.act("motar.start_ato_request")
        return self.act("motar.sign_in", user="@olivia")["code"]

    def settle(self) -> None:
        answer = self.control.post("settle", json={"timeout": 10})
        assert answer.status_code == 200, answer.text

    def journal(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.control.get("journal", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["exchanges"]

    def documents(self, collection: str) -> list[dict[str, Any]]:
        answer = self.control.get(f"documents/{collection}")
        assert answer.status_code == 200, answer.text
        return answer.json()["documents"]

    @property
    def plugin(self) -> dict[str, Any]:
        """The fixture's plugin, with the credentials it has in this world."""
        return self.documents("motar.plugins")[0]

    def user(self, handle: str) -> dict[str, Any]:
        return next(each for each in self.documents("motar.users") if each["handle"] == handle)


@contextmanager
def toy_app(*, wall: Callable[[], float] = time.time, **settings: Any) -> Iterator[App]:
    """An app that plays the toy platform besides MOTAR and starts without fixtures."""
    from mockserver.platforms.motar.platform import MOTAR
    from tests.toy import TOY

    with mock.patch("mockserver.app.load_platforms", return_value=(MOTAR, TOY)):
        app = build_app(Settings(**{"fixture": (), **settings}), wall=wall)
    yield app


@contextmanager
def toy_server_running(**settings: Any) -> Iterator[str]:
    """The URL of such an app on a real port, for as long as the block runs."""
    with toy_app(**settings) as app, running(app) as url:
        yield url


def send_raw(url: str, data: bytes, *, close_at_once: bool = False) -> bytes:
    """Bytes to the server as they are; answers everything that comes until the server is done or falls silent."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        if close_at_once:
            return b""
        received = b""
        while not _is_complete(received):
            chunk = connection.recv(65536)
            if not chunk:
                break
            received += chunk
        return received


def _is_complete(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), None)
    return bool(end) and length is not None and len(body) >= int(length.partition(b":")[2])


@dataclass
class Sent:
    """What an ASGI app sent back."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    app: Any,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: Iterable[bytes] = (b"",),
    leave: bool = False,
) -> Sent | None:
    """Call an ASGI app directly; `leave` drops the connection after the last part of the body. None: no answer."""
    parts = list(body)
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": part, "more_body": leave or n < len(parts) - 1} for n, part in enumerate(parts)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query,
        "root_path": "",
        "headers": [(name, value) for name, value in headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8600),
    }
    await app(scope, receive, send)
    if not sent:
        return None
    start = sent[0]
    told = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return Sent(start["status"], told, b"".join(each.get("body", b"") for each in sent[1:]))


async def eventually(check: Callable[[], Any], *, within: float = 5.0) -> Any:
    """What `check` answers as soon as it is true; fails when it does not become so in time."""
    async with asyncio.timeout(within):
        while not (found := check()):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return found
