"""Requests that are answered inside the read that brought them, and those that cannot be."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mockserver.edge import protocol
from mockserver.edge.rehearsal import fits
from mockserver.server import in_background


class App:
    """Answers with what it read, at once below `/echo`; fails at `/fail`, and at once at `/broken`."""

    def __init__(self) -> None:
        self.tasks: list[bool] = []
        self.asked: list[tuple[Any, ...]] = []
        self.was_asked = threading.Event()

    def at_once(
        self, method: str, path: str, query: str, fields: list[tuple[bytes, bytes]], body: bytes, scheme: str
    ) -> bytes | None:
        if path == "/broken":
            raise RuntimeError("as asked")
        if not path.startswith("/echo"):
            return None
        self.tasks.append(_in_task())
        self.asked.append((method, path, query, dict(fields), body, scheme))
        head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
        return head if method == "HEAD" else head + body

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.tasks.append(_in_task())
        self.was_asked.set()
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message["body"]
            if not message["more_body"]:
                break
        path = scope["path"]
        if path == "/wait":
            await asyncio.sleep(0)
            await asyncio.sleep(0.01)
        elif path == "/fail":
            raise RuntimeError("as asked")
        headers = [(b"content-length", b"%d" % len(body))]
        if path == "/close":
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        sent = b"" if scope["method"] == "HEAD" else body
        if path == "/parts":
            await send({"type": "http.response.body", "body": sent[:1], "more_body": True})
            sent = sent[1:]
        await send({"type": "http.response.body", "body": sent})


def _in_task() -> bool:
    try:
        return asyncio.current_task() is not None
    except RuntimeError:
        return False


@contextmanager
def connected(app: App) -> Iterator[socket.socket]:
    with in_background(app) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            yield connection


def request(path: str, body: bytes = b"", method: str = "POST", *more: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "host: here", f"content-length: {len(body)}", *more, "", "")
    return "\r\n".join(lines).encode() + body


def answer(connection: socket.socket, *, to_head: bool = False) -> tuple[int, bytes]:
    """One answer off a connection: its status and body."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(1)
        assert chunk, received
        received += chunk
    head = received.partition(b"\r\n\r\n")[0].lower()
    length = 0 if to_head else int(head.partition(b"content-length:")[2].split()[0])
    body = b""
    while len(body) < length:
        body += connection.recv(length - len(body))
    return int(head.split()[1]), body


@pytest.mark.parametrize("path", ["/echo", "/wait", "/parts"])
def test_what_came_is_answered_whether_or_not_the_app_waits(path):
    with connected(App()) as connection:
        for n in range(3):
            connection.sendall(request(path, b"body %d" % n))
            assert answer(connection) == (200, b"body %d" % n)


def test_a_request_that_came_whole_needs_no_task():
    app = App()
    with connected(app) as connection:
        connection.sendall(request("/echo", b"x"))
        answer(connection)
        connection.sendall(request("/_mock/echo", b"x"))
        answer(connection)
    assert app.tasks == [False, True]


def test_an_app_that_only_speaks_asgi_is_asked_by_asgi():
    app = App()
    app.at_once = None  # type: ignore[assignment, method-assign]
    with connected(app) as connection:
        connection.sendall(request("/echo", b"x"))
        assert answer(connection) == (200, b"x")
    assert app.tasks == [True]


def test_what_is_answered_at_once_is_read_as_uvicorn_reads_it():
    app = App()
    with connected(app) as connection:
        connection.sendall(request("/echo/%7Eca%C3%A7a?of=%7E&of=b#part", b"x", "PUT", "X-More: 1", "x-more: 2"))
        answer(connection)
        connection.sendall(b"DELETE http://there/echo/" + b"long" * 100 + b" HTTP/1.1\r\nHost: here\r\n\r\n")
        answer(connection)
    (method, path, query, fields, body, scheme), (other, long, *_) = app.asked
    assert (method, path, query, body, scheme) == ("PUT", "/echo/~caça", "of=%7E&of=b", b"x", "http")
    assert fields == {b"host": b"here", b"content-length": b"1", b"x-more": b"2"}
    assert (other, long) == ("DELETE", "/echo/" + "long" * 100)


@pytest.mark.parametrize(
    "sent",
    [request("/echo", b"x")[:-1], b"POST /echo HTTP/1.0\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n"],
    ids=["in two parts", "HTTP/1.0"],
)
def test_what_did_not_come_whole_or_is_no_http_1_1_is_left_to_uvicorn(sent):
    app = App()
    with connected(app) as connection:
        connection.sendall(sent)
        if sent.endswith(b"\r\n\r\n") and b"1.1" in sent:
            assert app.was_asked.wait(10)
            connection.sendall(b"x")
        assert answer(connection)[0] == 200
    assert app.tasks == [True]


def test_a_body_may_come_in_pieces():
    with connected(App()) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        body = b"x" * 100_000
        connection.sendall(request("/echo", body)[: -len(body)])
        connection.sendall(body[:10])
        connection.sendall(body[10:])
        assert answer(connection) == (200, body)


@pytest.mark.parametrize(
    "paths", [("/echo", "/echo", "/echo"), ("/wait", "/echo", "/wait"), ("/echo", "/wait", "/echo")]
)
def test_requests_sent_together_are_answered_in_their_order(paths):
    with connected(App()) as connection:
        connection.sendall(b"".join(request(path, b"%d" % n) for n, path in enumerate(paths)))
        assert [answer(connection) for _ in paths] == [(200, b"%d" % n) for n in range(len(paths))]


def test_a_long_row_of_requests_behind_one_that_waits_is_answered_in_its_order():
    row = range(1000)
    with connected(App()) as connection:
        connection.sendall(request("/wait") + b"".join(request("/echo", b"%d" % n) for n in row))
        assert answer(connection) == (200, b"")
        assert [answer(connection) for _ in row] == [(200, b"%d" % n) for n in row]


def test_a_row_of_requests_is_not_taken_for_one_head_that_is_too_large(monkeypatch):
    monkeypatch.setattr(protocol.Protocol, "most_head", 1000)
    row = b"".join(request("/echo?" + "x" * (n % 97), b"", "GET") for n in range(1000))
    with connected(App()) as connection:
        for start in range(0, len(row), 700):
            connection.sendall(row[start : start + 700])
            time.sleep(0)
        assert [answer(connection) for _ in range(1000)] == [(200, b"")] * 1000


def test_a_client_that_sends_and_sends_is_not_read_ahead_of_what_is_answered(monkeypatch):
    waiting: list[int] = []

    class Counting(protocol.Protocol):
        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            waiting.append(len(self.pipeline))

    monkeypatch.setattr(protocol, "Protocol", Counting)
    one, sent, received = request("/_mock/echo", b"", "GET"), 15_000, 0
    with connected(App()) as connection:
        sender = threading.Thread(target=lambda: connection.sendall(one * sent))
        sender.start()
        while received < sent:
            received += connection.recv(10_000).count(b"H")
        sender.join()
    # No read brings more than 256 KiB.
    assert max(waiting) <= 256 * 1024 // len(one) + 1


def test_what_is_no_http_is_refused_after_what_came_before_it_is_answered():
    with connected(App()) as connection:
        connection.sendall(request("/wait", b"1") + request("/wait", b"2") + b"\0\r\n\r\n")
        assert answer(connection) == (200, b"1")
        assert answer(connection) == (200, b"2")
        assert answer(connection) == (400, b"Invalid HTTP request received.")
        assert connection.recv(1) == b""


def test_nothing_that_follows_a_failure_is_done(caplog):
    app = App()
    with connected(app) as connection:
        connection.sendall(request("/broken") + request("/echo"))
        assert answer(connection)[0] == 500
        assert connection.recv(1) == b""
    assert app.asked == []


@pytest.mark.parametrize("path", ["/fail", "/broken"])
def test_an_app_that_fails_is_a_500_that_closes_and_the_server_goes_on(path, caplog):
    app = App()
    with in_background(app) as url:
        host, port = url.removeprefix("http://").split(":")
        for sent, expected in ((path, 500), ("/echo", 200)):
            with socket.create_connection((host, int(port)), timeout=10) as connection:
                connection.sendall(request(sent, b"x"))
                assert answer(connection)[0] == expected
                if expected == 500:
                    assert connection.recv(1) == b""


def test_head_is_answered_without_a_body():
    with connected(App()) as connection:
        connection.sendall(request("/echo", b"12345", "HEAD") + request("/echo", b"after"))
        assert answer(connection, to_head=True) == (200, b"")
        assert answer(connection) == (200, b"after")


@pytest.mark.parametrize("path", ["/echo", "/wait"])
def test_a_client_that_wants_to_close_is_closed(path):
    with connected(App()) as connection:
        connection.sendall(request(path, b"x", "POST", "connection: close"))
        assert answer(connection) == (200, b"x")
        assert connection.recv(1) == b""


def test_an_answer_that_says_it_closes_the_connection_closes_it():
    with connected(App()) as connection:
        connection.sendall(request("/close", b"x"))
        assert answer(connection) == (200, b"x")
        assert connection.recv(1) == b""


def test_a_client_that_asks_whether_to_go_on_is_told_so():
    with connected(App()) as connection:
        whole = request("/echo", b"x", "POST", "expect: 100-continue")
        connection.sendall(whole[:-1])
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(whole[-1:])
        assert answer(connection) == (200, b"x")


def test_rubbish_after_a_head_is_a_400():
    with connected(App()) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")
        assert answer(connection)[0] == 400


@pytest.mark.parametrize("part", [b"\r\nx-more: " + b"y" * 100, b"z" * 100], ids=["many", "one"])
def test_trailers_without_end_are_cut_off(part, monkeypatch):
    monkeypatch.setattr(protocol.Protocol, "most_head", 100_000)
    with connected(App()) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nhost: here\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            connection.sendall(b"x-first: " + part * 200_000)


@pytest.mark.parametrize("path", ["/echo", "/_mock/echo"])
def test_a_connection_that_idles_too_long_is_closed(path, monkeypatch):
    monkeypatch.setattr("mockserver.server.KEEP_ALIVE", 0.01)
    with connected(App()) as connection:
        connection.sendall(request(path, b"x"))
        assert answer(connection) == (200, b"x")
        assert connection.recv(1) == b""


def test_an_answer_that_takes_longer_than_a_connection_may_idle_still_comes(monkeypatch):
    monkeypatch.setattr("mockserver.server.KEEP_ALIVE", 0.001)
    with connected(App()) as connection:
        connection.sendall(request("/echo", b"x") + request("/wait", b"x"))
        assert answer(connection) == (200, b"x")
        assert answer(connection) == (200, b"x")
        assert connection.recv(1) == b""


def test_a_client_that_reads_more_slowly_than_it_is_answered_gets_everything():
    body = b"x" * 4_000_000
    with connected(App()) as connection:
        sender = threading.Thread(target=lambda: connection.sendall(request("/echo", body) * 4))
        sender.start()
        assert [answer(connection) for _ in range(4)] == [(200, body)] * 4
        sender.join()


@pytest.mark.parametrize(
    "sent",
    [
        request("/wait", b"x"),
        request("/wait", b"x") * 9,
        request("/wait", b"xyz")[:-1],
        request("/wait", b"x") + request("/echo", b"xyz")[:-1],
        request("/echo", b"xyz")[:-1],
        b"POST /echo HT",
    ],
)
def test_a_client_may_leave_at_any_moment(sent, caplog):
    app = App()
    with in_background(app) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(sent)
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(request("/echo", b"x"))
            assert answer(connection) == (200, b"x")
    assert not [record for record in caplog.records if record.exc_info]


def test_a_server_that_stops_first_finishes_what_it_is_answering():
    app = App()
    with ExitStack() as open_until_here:
        with in_background(app) as url:
            host, port = url.removeprefix("http://").split(":")
            connection = open_until_here.enter_context(socket.create_connection((host, int(port)), timeout=10))
            connection.sendall(request("/wait", b"x"))
            assert app.was_asked.wait(10)
        assert answer(connection) == (200, b"x")
        assert connection.recv(1) == b""


@pytest.mark.parametrize("more", [(), ("expect: 100-continue",)], ids=["half a body", "no body yet"])
def test_a_server_that_stops_does_not_wait_for_the_rest_of_a_body(more, caplog):
    app = App()
    with ExitStack() as open_until_here:
        with in_background(app) as url:
            host, port = url.removeprefix("http://").split(":")
            connection = open_until_here.enter_context(socket.create_connection((host, int(port)), timeout=10))
            connection.sendall(request("/echo", b"xyz", "POST", *more)[:-3])
            assert app.was_asked.wait(10)
            since = time.monotonic()
        assert time.monotonic() - since < 1.5
        assert b"HTTP/1.1 500" not in connection.recv(100)
    assert not [record for record in caplog.records if record.exc_info]


def test_it_fits_the_uvicorn_that_is_installed():
    # Where this fails after an update of uvicorn, servers go on, slower: see what `Protocol` leans on.
    assert asyncio.run(fits(protocol.Protocol))


@pytest.mark.parametrize("change", ["on_headers_complete", "on_message_complete", "STATUS_LINE"])
def test_on_a_uvicorn_that_it_does_not_fit_the_server_answers_as_uvicorn_does(change, monkeypatch, caplog):
    if change == "STATUS_LINE":
        monkeypatch.setitem(sys.modules, "mockserver.edge.protocol", None)
    else:
        # A newer one that calls it otherwise: ours is never called.
        monkeypatch.setattr(protocol.Protocol, change, vars(HttpToolsProtocol)[change])
    app = App()
    with connected(app) as connection:
        connection.sendall(request("/echo", b"x"))
        assert answer(connection) == (200, b"x")
    assert app.tasks == [True]
    assert "is not known here" in caplog.text


def test_a_request_answered_at_once_leaves_nothing_for_the_garbage_collector():
    app = App()
    with connected(app) as connection:
        connection.sendall(request("/echo", b"x"))
        assert answer(connection) == (200, b"x")
        gc.collect()
        gc.disable()
        try:
            for _ in range(50):
                connection.sendall(request("/echo", b"x"))
                assert answer(connection) == (200, b"x")
            kept = [
                each
                for each in gc.get_objects()
                if isinstance(each, RequestResponseCycle) and each.scope["path"] == "/echo"
            ]
        finally:
            gc.enable()
    assert app.tasks == [False] * 51
    assert len(kept) <= 2
