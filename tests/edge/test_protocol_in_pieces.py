"""Requests in any order, cut anywhere: each is answered once, in its turn, whichever way it takes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from mockserver.edge.protocol import Protocol


class Wire(asyncio.Transport):
    """A connection that takes down what is written, and says so when it is too much for a slow client."""

    def __init__(self, *, slow: bool) -> None:
        super().__init__()
        self.written = b""
        self.unread = 0
        self.slow = slow
        self.closed = self.paused = self.ended = False
        self.protocol: Any = None

    def write(self, data: Any) -> None:
        assert not self.closed
        self.written += data
        self.unread += len(data)
        if self.slow and self.unread > 150:
            self.protocol.pause_writing()

    def drain(self) -> None:
        self.unread = 0
        self.protocol.resume_writing()

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        assert not self.paused
        self.paused = True

    def resume_reading(self) -> None:
        assert self.paused
        self.paused = False


class Echo:
    """Answers with what it was asked: at once, but for what begins with `/wait`."""

    def at_once(self, method: str, path: str, query: str, fields: Any, body: bytes, scheme: str) -> bytes | None:
        if path.startswith("/wait"):
            return None
        told = self.answer(method, path, query, fields, body)
        return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(told), b"" if method == "HEAD" else told)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        if scope["path"].startswith("/wait"):
            for _ in range(3):
                await asyncio.sleep(0)
        told = self.answer(scope["method"], scope["path"], scope["query_string"].decode(), scope["headers"], body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(told))]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else told})

    def answer(self, method: str, path: str, query: str, fields: Any, body: bytes) -> bytes:
        numbers = b",".join(value for name, value in fields if name == b"x-n")
        return b"%b %b?%b %b %b" % (method.encode(), path.encode(), query.encode(), numbers, body)


async def spoken(sent: bytes, cuts: list[int], *, slow: bool = False) -> Wire:
    """What is on the wire once everything that was sent in these pieces is answered."""
    state = ServerState()
    config = uvicorn.Config(
        Echo(), http=Protocol, interface="asgi3", lifespan="off", ws="none", log_config=None, access_log=False
    )
    wire = Wire(slow=slow)
    connection: Any = Protocol(config=config, server_state=state, app_state={})
    wire.protocol = connection
    connection.connection_made(wire)
    ends = sorted({cut % (len(sent) + 1) for cut in cuts} | {len(sent)})
    for start, end in zip([0, *ends], ends, strict=False):
        for _ in range(10_000):
            if not wire.paused:
                break
            wire.drain()
            await asyncio.sleep(0)
        assert not wire.paused
        if not wire.closed:
            connection.data_received(sent[start:end])
        if end % 2:
            await asyncio.sleep(0)
    for _ in range(10_000):
        if not state.tasks or wire.closed:
            break
        wire.drain()
        await asyncio.sleep(0)
    wire.ended = wire.closed
    assert wire.ended or not state.tasks
    connection.connection_lost(None)
    for _ in range(5):
        await asyncio.sleep(0)
    assert (len(state.tasks), len(connection.pipeline)) == (0, 0)
    return wire


def answers(written: bytes, methods: list[str]) -> list[tuple[int, bytes]]:
    """The answers on the wire: their status and body."""
    found = []
    for method in [*methods, "GET"]:
        if not written:
            break
        head, _, written = written.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
        length = 0 if method == "HEAD" else int(head.lower().partition(b"content-length:")[2].split()[0])
        found.append((int(head.split()[1]), written[:length]))
        written = written[length:]
    assert not written
    return found


METHODS = st.sampled_from(["GET", "HEAD", "POST"])
PATHS = st.sampled_from(["/echo", "/wait", "http://other.test/echo/this", "/wait/%20/that?a=%20"])
BODIES = st.sampled_from([b"", b"x", b"GET /echo HTTP/1.1\r\n\r\n", b"0\r\n\r\n", b"y" * 300])
SHAPES = st.sampled_from(["plain", "chunked", "trailers", "expect", "upgrade", "HTTP/1.0", "close"])
ENDS = {"HTTP/1.0", "close"}
"""Shapes after which nothing is answered any more."""
RUBBISH = [
    b"\x00\x01\r\n\r\n",
    b"CONNECT here:443 HTTP/1.1\r\nhost: here\r\n\r\n",
    b"POST /echo HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
    b"POST /wait HTTP/1.1\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"POST http://other.test HTTP/1.1\r\nhost: here\r\ncontent-length: 5\r\n\r\nxx",
    b"GET http://other.test HTTP/1.1\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
]

Request = tuple[str, str, bytes, str]


def written_out(request: Request, n: int) -> bytes:
    method, target, body, shape = request
    fields = ["host: here", f"x-n: {n}"]
    if shape in ("chunked", "trailers"):
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:1], body[1:]) if part)
        body = chunks + (b"0\r\nx-n: trailer\r\n\r\n" if shape == "trailers" else b"0\r\n\r\n")
        fields.append("transfer-encoding: chunked")
    else:
        fields.append(f"content-length: {len(body)}")
    if shape == "expect":
        fields.append("expect: 100-continue")
    elif shape == "upgrade":
        fields += ["connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMA"]
    elif shape == "close":
        fields.append("connection: close")
    version = "HTTP/1.0" if shape == "HTTP/1.0" else "HTTP/1.1"
    return "\r\n".join((f"{method} {target} {version}", *fields, "", "")).encode() + body


def expected(request: Request, n: int) -> tuple[int, bytes]:
    method, target, body, _ = request
    path, _, query = target.removeprefix("http://other.test").partition("?")
    told = b"%b %b?%b %d %b" % (method.encode(), path.replace("%20", " ").encode(), query.encode(), n, body)
    return 200, b"" if method == "HEAD" else told


@settings(max_examples=300, deadline=None)
@given(
    row=st.lists(st.tuples(METHODS, PATHS, BODIES, SHAPES), min_size=1, max_size=6),
    rubbish=st.sampled_from([b"", b"", *RUBBISH]),
    cuts=st.lists(st.integers(0, 3000), max_size=8),
    slow=st.booleans(),
)
def test_each_request_is_answered_once_and_in_its_turn(row: list[Request], rubbish: bytes, cuts: list[int], slow: bool):
    wire = asyncio.run(spoken(b"".join(map(written_out, row, range(6))) + rubbish, cuts, slow=slow))
    last = next((n for n, request in enumerate(row) if request[3] in ENDS), None)
    answered = row if last is None else row[: last + 1]
    wanted = [expected(request, n) for n, request in enumerate(answered)]
    if last is None and rubbish:
        wanted.append((400, b"Invalid HTTP request received."))
    found = answers(wire.written, [request[0] for request in answered])
    assert found == wanted
    assert wire.ended is (last is not None or bool(rubbish))


@pytest.mark.parametrize("cut", range(0, 120, 7))
@pytest.mark.parametrize("path", ["/echo", "/wait"])
def test_a_body_is_not_lost_on_who_asks_to_upgrade(path, cut):
    request = ("POST", path, b"grant_type=none", "upgrade")
    wire = asyncio.run(spoken(written_out(request, 0) + written_out(("GET", "/echo", b"", "plain"), 1), [cut]))
    assert answers(wire.written, ["POST", "GET"]) == [expected(request, 0), expected(("GET", "/echo", b"", ""), 1)]
