"""Running an app on a socket: bound first, ready when it says so, gone at once when told."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import uvicorn

from mockserver.errors import Unreachable

if TYPE_CHECKING:
    from mockserver.app import App

KEEP_ALIVE = 120
"""Seconds an idle connection is kept: longer than pooled clients hold on to one."""


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `Unreachable` when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        raise Unreachable(
            f"Cannot listen on {host}:{port}: {error.strerror or error}.",
            hint="Is another mockserver running? --port 0 takes a free port.",
        ) from None
    return sock


def url_of(sock: socket.socket) -> str:
    """The URL at which a socket is reached from this machine."""
    host, port = sock.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


class Server(uvicorn.Server):
    """Uvicorn that answers long polls before it closes, and ends quietly on SIGINT and SIGTERM."""

    def __init__(self, app: Any, sock: socket.socket, *, on_ready: Any = None, on_close: Any = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=2,
                lifespan="on",
            )
        )
        self._sock = sock
        self._on_ready = on_ready
        self._on_close = on_close

    async def run_on_socket(self) -> None:
        """Serve until told to stop."""
        await self.serve(sockets=[self._sock])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._on_close is not None:
            self._on_close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        try:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._stop_now)
        except NotImplementedError:
            # Windows' loops have no signal handlers; there uvicorn's own way is good enough.
            with super().capture_signals():
                yield
            return
        yield

    def _stop_now(self) -> None:
        # A second Ctrl-C does not wait for anybody.
        self.force_exit = self.should_exit
        self.should_exit = True


def run(app: App, sock: socket.socket, *, on_ready: Any = None) -> None:
    """Serve an app on a bound socket in this thread until SIGINT or SIGTERM."""
    if not app.has_public_url:
        app.worlds.address = url_of(sock)
    server = Server(app, sock, on_ready=on_ready, on_close=app.runtime.close)
    uvicorn_loop(server.run_on_socket())


def uvicorn_loop(main: Any) -> None:
    """Run a coroutine on uvloop where there is one, else on asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
        return
    uvloop.run(main)


@contextlib.contextmanager
def in_background(app: Any, sock: socket.socket | None = None, *, on_close: Any = None) -> Generator[str]:
    """Serve any ASGI app in a thread of its own for as long as the block runs; yields its URL.

    Raises `Unreachable` when it does not start.
    """
    sock = sock or bind("127.0.0.1", 0)
    ready = threading.Event()
    server = Server(app, sock, on_ready=ready.set, on_close=on_close)
    failed: list[BaseException] = []

    def work() -> None:
        try:
            uvicorn_loop(server.run_on_socket())
        except BaseException as error:
            failed.append(error)
        finally:
            ready.set()

    thread = threading.Thread(target=work, name="mockserver", daemon=True)
    thread.start()
    ready.wait(15)
    if failed or not server.started:
        raise Unreachable(f"The server did not start: {failed[0] if failed else 'it ended at once'}")
    try:
        yield url_of(sock)
    finally:
        server.should_exit = True
        thread.join(10)


@contextlib.contextmanager
def running(app: App, sock: socket.socket | None = None) -> Generator[str]:
    """`in_background` for an emulator: its worlds learn their address, its long polls end with it."""
    sock = sock or bind("127.0.0.1", 0)
    if not app.has_public_url:
        app.worlds.address = url_of(sock)
    with in_background(app, sock, on_close=app.runtime.close) as url:
        yield url
