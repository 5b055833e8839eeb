"""Running an app on a socket: bound first, ready when it says so, gone at once when told."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import ssl
import threading
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mockserver.edge.rehearsal import fits
from mockserver.errors import Unreachable

if TYPE_CHECKING:
    from mockserver.app import App

log = logging.getLogger("mockserver.server")

KEEP_ALIVE = 120
"""Seconds an idle connection is kept: longer than pooled clients hold on to one."""


@dataclass(frozen=True, slots=True)
class Secure:
    """A second door to the same app: a listening socket and what it shows to its clients."""

    sock: socket.socket
    context: ssl.SSLContext


def bind(host: str, port: int, *, flag: str = "--port") -> socket.socket:
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
            hint=f"Is another mockserver running? {flag} 0 takes a free port.",
        ) from None
    return sock


def url_of(sock: socket.socket, scheme: str = "http") -> str:
    """The URL at which a socket is reached from this machine."""
    host, port = sock.getsockname()[:2]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{scheme}://{name}:{port}"


def _protocol() -> type[HttpToolsProtocol]:
    """Ours, or uvicorn's own where that has not what ours is made of."""
    try:
        from mockserver.edge.protocol import Protocol
    except ImportError:
        return _fallback()
    return Protocol


def _fallback() -> type[HttpToolsProtocol]:
    log.warning("uvicorn %s is not known here: requests are answered as it does, slower", uvicorn.__version__)
    return HttpToolsProtocol


class Server(uvicorn.Server):
    """Uvicorn that answers long polls before it closes, and ends quietly on SIGINT and SIGTERM.

    With `secure` it serves the same app by TLS as well, on the same loop; which of the two a request
    came by is in its scope's scheme.
    """

    def __init__(
        self,
        app: Any,
        sock: socket.socket,
        *,
        secure: Secure | None = None,
        on_ready: Any = None,
        on_close: Any = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                # An app that only speaks ASGI, such as a recording proxy's, has nothing to gain from it.
                http=_protocol() if hasattr(app, "at_once") else "httptools",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=2,
                lifespan="on",
                # Nobody here speaks WebSocket, whatever library for it is installed beside us.
                ws="none",
                # Any program here could send headers that change scheme and client; for proxies there is `public_url`.
                proxy_headers=False,
            )
        )
        self._sock = sock
        self._secure = secure
        self._on_ready = on_ready
        self._on_close = on_close

    async def run_on_socket(self) -> None:
        """Serve until told to stop."""
        await self.serve(sockets=[self._sock])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        protocol: Any = self.config.http_protocol_class
        if protocol is not HttpToolsProtocol and not await fits(protocol):
            self.config.http_protocol_class = _fallback()
        await super().startup(sockets)
        if self.started and self._secure is not None:
            await self._listen_securely(self._secure)
        if self.started and self._on_ready is not None:
            self._on_ready()

    async def _listen_securely(self, secure: Secure) -> None:
        # Uvicorn knows one context for all its sockets, or none; this is what it does for each.
        protocol: Any = self.config.http_protocol_class
        server = await asyncio.get_running_loop().create_server(
            lambda: protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state),
            sock=secure.sock,
            ssl=secure.context,
            backlog=self.config.backlog,
        )
        self.servers.append(server)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._on_close is not None:
            self._on_close()
        hanging_up = asyncio.create_task(self._hang_up())
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()

    async def _hang_up(self) -> None:
        """Cut TLS connections that have nothing to say any more.

        They close when the client agrees, and a client in whose pool one idles does not look.
        """
        while True:
            await asyncio.sleep(0.05)
            if self.server_state.tasks:
                continue
            for connection in tuple(self.server_state.connections):
                transport = connection.transport
                if transport.get_extra_info("sslcontext") is not None and transport.get_write_buffer_size() == 0:
                    transport.abort()

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


def run(app: App, sock: socket.socket, *, secure: Secure | None = None, on_ready: Any = None) -> None:
    """Serve an app on a bound socket in this thread until SIGINT or SIGTERM."""
    app.runtime.address = url_of(sock)
    if not app.has_public_url:
        app.worlds.address = url_of(sock)
    server = Server(app, sock, secure=secure, on_ready=on_ready, on_close=app.runtime.close)
    # What was imported and read stays; a request makes dozens of objects and hardly a cycle among them.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
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
def in_background(
    app: Any, sock: socket.socket | None = None, *, secure: Secure | None = None, on_close: Any = None
) -> Generator[str]:
    """Serve any ASGI app in a thread of its own for as long as the block runs; yields its URL.

    Raises `Unreachable` when it does not start.
    """
    sock = sock or bind("127.0.0.1", 0)
    ready = threading.Event()
    server = Server(app, sock, secure=secure, on_ready=ready.set, on_close=on_close)
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
def running(app: App, sock: socket.socket | None = None, *, secure: Secure | None = None) -> Generator[str]:
    """`in_background` for an emulator: its worlds learn their address, its long polls end with it."""
    sock = sock or bind("127.0.0.1", 0)
    app.runtime.address = url_of(sock)
    if not app.has_public_url:
        app.worlds.address = url_of(sock)
    with in_background(app, sock, secure=secure, on_close=app.runtime.close) as url:
        yield url
