"""What a port answers while the server behind it still reads its data: that it lives, and is not ready.

It has a thread and an event loop of its own, because reading worlds takes those of the server. Where
there is little to read nothing is started, so that a server without data starts as fast as ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

log = logging.getLogger("mockserver.server")

WORTH_IT = 1024 * 1024
"""Bytes of data that are read so fast that connections may as well wait: about 30 ms."""
RETRY_AFTER = 1
PATIENCE = 5.0
"""Seconds that a connection has to send a request, and to take the answer."""
MOST_HEAD = 64 * 1024

Door = tuple[socket.socket, ssl.SSLContext | None]


@contextlib.contextmanager
def answering(directory: Path, doors: Mapping[str, Door]) -> Iterator[None]:
    """Answer on listening sockets, by their URLs, as long as the block runs, if there is much to read in the directory.

    `/_mock/health/live` is 200, everything else 503 with `Retry-After`. The sockets are left as they
    were; who connected before the end gets this answer, who comes later waits for the server.
    """
    if _size(directory) < WORTH_IT:
        yield
        return
    log.info("reading the worlds in %s; until that is done 503 is answered at %s", directory, " and ".join(doors))
    room = _Room(directory, tuple(doors.values()))
    room.start()
    try:
        yield
    finally:
        room.close()


def _size(directory: Path) -> int:
    kept = (*directory.glob("*.log"), *directory.glob("*.json"), *directory.glob("worlds/*.json"))
    with contextlib.suppress(OSError):
        return sum(path.stat().st_size for path in kept)
    return 0


class _Room(threading.Thread):
    def __init__(self, directory: Path, doors: Sequence[Door]) -> None:
        super().__init__(name="mockserver-loading", daemon=True)
        self._doors = doors
        self._reason = f"The server is reading the worlds in {directory}."
        self._release = version("motar-mockserver")
        self._answers: set[asyncio.Task[None]] = set()
        self._loop = asyncio.SelectorEventLoop()
        self._over = asyncio.Event()
        self._closed = threading.Event()

    def run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._serve())
        finally:
            self._closed.set()

    def close(self) -> None:
        """Take no connections any more. Those there are have their answer without anybody waiting for them."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._over.set)
        self._closed.wait(PATIENCE)

    async def _serve(self) -> None:
        # Not asyncio's own server: closing, it drops whom it has just let in, and its sockets, which are needed yet.
        for sock, context in self._doors:
            sock.setblocking(False)
            self._loop.add_reader(sock, self._take, sock, context)
        await self._over.wait()
        for sock, _ in self._doors:
            self._loop.remove_reader(sock)
        self._closed.set()
        while self._answers:
            await asyncio.wait(self._answers)

    def _take(self, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        try:
            connection, _ = sock.accept()
        except OSError:
            # It was gone again, or there is no descriptor left for it.
            return
        task = self._loop.create_task(self._answer(connection, context))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _answer(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(PATIENCE):
                reader = asyncio.StreamReader(MOST_HEAD)
                protocol = asyncio.StreamReaderProtocol(reader)
                transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
                with contextlib.closing(transport):
                    transport.write(self._told(await reader.readuntil(b"\r\n\r\n")))
                    if transport.can_write_eof():
                        transport.write_eof()
                    # A body still on its way would make the system cut the connection under the answer.
                    while await reader.read(MOST_HEAD):
                        pass

    def _told(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path == b"/_mock/health/live":
            return _response(b"200 OK", b"application/json", {"status": "live", "version": self._release}, method)
        if path == b"/_mock/health":
            told = {"status": "starting", "reason": self._reason, "version": self._release, "worlds": 0}
            return _response(b"503 Service Unavailable", b"application/json", told, method)
        told = {"title": "Starting", "status": 503, "detail": f"{self._reason} Try again in a moment."}
        return _response(b"503 Service Unavailable", b"application/problem+json", told, method)


def _response(status: bytes, content_type: bytes, told: object, method: bytes) -> bytes:
    body = msgspec.json.encode(told)
    lines = [
        b"HTTP/1.1 " + status,
        b"content-type: " + content_type,
        b"content-length: %d" % len(body),
        b"cache-control: no-store",
        b"connection: close",
    ]
    if not status.startswith(b"200"):
        lines.append(b"retry-after: %d" % RETRY_AFTER)
    return b"\r\n".join(lines) + b"\r\n\r\n" + (b"" if method == b"HEAD" else body)
