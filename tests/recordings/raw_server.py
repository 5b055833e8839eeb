"""A server and a client that say exactly what a test wants, byte for byte: no library puts anything right."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Handler = Callable[["Received", socket.socket], None]


@dataclass
class Received:
    """A request as it came."""

    head: bytes
    body: bytes

    @property
    def line(self) -> bytes:
        return self.head.partition(b"\r\n")[0]

    @property
    def fields(self) -> list[tuple[bytes, bytes]]:
        return fields_of(self.head)

    def field(self, name: bytes) -> list[bytes]:
        return [value for each, value in self.fields if each == name]


@dataclass
class RawServer:
    """Answers each request by `handler`; remembers what came, and that a client left while `watch` looked."""

    url: str
    received: list[Received] = field(default_factory=list)


@contextmanager
def raw_server(handler: Handler) -> Iterator[RawServer]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = RawServer(f"http://127.0.0.1:{listening.getsockname()[1]}")
        open_ones: list[socket.socket] = []

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while (request := read_message(connection)) is not None:
                    server.received.append(request)
                    handler(request, connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    open_ones.append(connection)
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            for each in open_ones:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


def answering(*parts: bytes) -> Handler:
    """Answers everything with the same bytes."""

    def handler(request: Received, connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return handler


def answer(status: str = "200 OK", *fields: str, body: bytes = b"", length: bool = True) -> bytes:
    lines = [f"HTTP/1.1 {status}", *fields, *([f"Content-Length: {len(body)}"] if length else [])]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def fields_of(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = head.split(b"\r\n")[1:]
    return [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]


def read_message(connection: socket.socket) -> Received | None:
    """A request or an answer whose length is told or which is chunked; None when there is none any more."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (more := connection.recv(65536)):
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    told = dict(fields_of(head))
    if told.get(b"transfer-encoding", b"").lower() == b"chunked":
        while not body.endswith(b"0\r\n\r\n"):
            body += connection.recv(65536)
        return Received(head, _unchunked(body))
    length = int(told.get(b"content-length", b"0"))
    while len(body) < length:
        if not (more := connection.recv(65536)):
            return None
        body += more
    return Received(head, body)


def _unchunked(data: bytes) -> bytes:
    body = b""
    while data:
        size, _, rest = data.partition(b"\r\n")
        length = int(size, 16)
        body, data = body + rest[:length], rest[length + 2 :]
        if not length:
            break
    return body


def say(url: str, *parts: bytes) -> Received:
    """Send bytes as they are and read one answer."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        for part in parts:
            connection.sendall(part)
        came = read_message(connection)
        assert came is not None, "no answer"
        return came
