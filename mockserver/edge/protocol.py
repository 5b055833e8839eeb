"""HTTP on a connection as uvicorn speaks it, but without a task for a request that can be answered at once.

A vendor's route waits for nothing, so a request that came whole is answered inside the read that
brought it: its app runs up to where it first waits, which mostly is its end. One that does wait goes
on in a task; up to there it has none, so it cannot begin with `asyncio.timeout`. What is still on its
way, and our own pages, which do wait, are left to uvicorn.
"""

from __future__ import annotations

import types
from collections.abc import Coroutine, Generator
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

TRANSPORT = "mockserver.transport"
"""The ASGI extension by which a connection is handed over to who breaks it on purpose."""

MOST_HEAD = 1024 * 1024
"""Bytes of a request's head, or after its body, that are taken in: far more than the edge takes, which says so in
the vendor's words."""

_HEAD_TOO_LARGE = b"The head of the request is larger than %d bytes." % MOST_HEAD


class Protocol(HttpToolsProtocol):
    """One connection.

    Its idle timer is made once and looks at the clock when it fires: one for each request costs more
    than finding the route, the world and the token together.
    """

    _extensions: dict[str, Any]
    _held: tuple[RequestResponseCycle, Any] | None = None
    _head = 0
    _idle_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._extensions = {TRANSPORT: transport}

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def on_response_complete(self) -> None:
        if self.transport.is_closing():
            super().on_response_complete()
            return
        self.server_state.total_requests += 1
        self.flow.resume_reading()
        if self.pipeline:
            # In a task: each answered within the answer before it, a long row of them would exhaust the stack.
            cycle, app = self.pipeline.pop()
            cycle.scope["extensions"] = self._extensions
            super()._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._look_again_in(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        since = self._idle_since
        left = self.timeout_keep_alive if since is None else since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._look_again_in(left)
        else:
            super().timeout_keep_alive_handler()

    def _look_again_in(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # The parser alone would take in a head without end, or trailers.
        if self._is_midway():
            self._count_head(len(data))
        elif self._head:
            self._head = 0
        if self._held is not None:
            held, self._held = self._held, None
            if not self.transport.is_closing():
                super()._start_asgi_task(*held)

    def _is_midway(self) -> bool:
        """Whether a request has begun to come and not come whole; a scope has its method when its head is complete."""
        return self.scope is not None and ("method" not in self.scope or self.cycle.more_body)

    def on_body(self, body: bytes) -> None:
        self._head = 0
        super().on_body(body)

    def _count_head(self, more: int) -> None:
        self._head += more
        if self._head <= MOST_HEAD or self.transport.is_closing():
            return
        if "method" not in self.scope:
            lines = (
                STATUS_LINE[431],
                b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\n",
                b"content-length: %d\r\n\r\n" % len(_HEAD_TOO_LARGE),
                _HEAD_TOO_LARGE,
            )
            self.transport.write(b"".join(lines))
        self.transport.close()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        if self._held is not None:
            held, self._held = self._held, None
            self._run(*held)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cycle.scope["extensions"] = self._extensions
        # The request before it may have been answered in the same read.
        self._idle_since = None
        path = cycle.scope["path"]
        if path.startswith("/_mock") or path == "/" or cycle.waiting_for_100_continue:
            super()._start_asgi_task(cycle, app)
        elif cycle.more_body:
            # Its head has come; until the end of this read its body may as well.
            self._held = (cycle, app)
        else:
            self._run(cycle, app)

    def _run(self, cycle: RequestResponseCycle, app: Any) -> None:
        # An app that was awaited would answer through these two as well.
        whole = _Whole(cycle)
        cycle.receive, cycle.send = whole.receive, whole.send  # type: ignore[method-assign]
        running = cycle.run_asgi(app)
        try:
            waiting = running.send(None)
        except StopIteration:
            # They lead back to the cycle: left there, every request would wait for the garbage collector.
            del cycle.receive, cycle.send
            return
        task = self.loop.create_task(_go_on(running, waiting))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)


class _Whole:
    """A request that is there as a whole, and its answer, written at once when it is there as a whole."""

    __slots__ = ("_cycle", "_is_read", "_start")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._is_read = False
        self._start: Any = None

    async def receive(self) -> Any:
        cycle = self._cycle
        if self._is_read or cycle.disconnected:
            return await RequestResponseCycle.receive(cycle)
        self._is_read = True
        cycle.message_event.clear()
        body, cycle.body = bytes(cycle.body), bytearray()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        cycle, start = self._cycle, self._start
        if start is None:
            await RequestResponseCycle.send(cycle, message)
            return
        self._start = None
        if message.get("more_body") or cycle.disconnected or not cycle.keep_alive or cycle.flow.write_paused:
            await self._send_apart(start, message)
            return
        lines = [STATUS_LINE[start["status"]]]
        for name, value in (*cycle.default_headers, *start["headers"]):
            if name == b"connection":
                # An answer may say that the connection closes, as that for an app that failed does.
                await self._send_apart(start, message)
                return
            lines += (name, b": ", value, b"\r\n")
        lines += (b"\r\n", message["body"])
        cycle.transport.write(b"".join(lines))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        cycle.on_response()

    async def _send_apart(self, start: Any, message: Any) -> None:
        await RequestResponseCycle.send(self._cycle, start)
        await RequestResponseCycle.send(self._cycle, message)


async def _go_on(running: Coroutine[Any, Any, None], waiting: Any) -> None:
    # A task takes no generator since Python 3.12.
    await _resume(running, waiting)


@types.coroutine
def _resume(running: Coroutine[Any, Any, None], waiting: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine that was stopped where it waits for something."""
    while True:
        try:
            try:
                found = yield waiting
            except BaseException as error:
                waiting = running.throw(error)
            else:
                waiting = running.send(found)
        except StopIteration:
            return
