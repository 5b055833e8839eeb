"""HTTP on a connection as uvicorn speaks it, but for a request that came whole and can be answered at once.

A vendor's route waits for nothing. So such a request is answered inside the read that brought it, by a
plain call: making a scope, a cycle and a task for it would cost more than answering does. What is still
on its way, what has to wait for something, and our own pages take uvicorn's way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from mockserver.wire import Limits

TRANSPORT = "mockserver.transport"
"""The ASGI extension by which a connection is handed over to who breaks it on purpose."""

AtOnce = Callable[[str, str, str, Sequence[tuple[bytes, bytes]], bytes, str], bytes | None]
"""`App.at_once`: method, path, query, header fields, body and scheme; the whole response, or None to ask by ASGI."""

_CLOSES: Final = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"
_MEMORABLE = 200
"""Bytes of a request's target that is worth remembering: what is longer will hardly come again."""


class Protocol(HttpToolsProtocol):
    """One connection; of a request's head, and of what comes after its body, it takes in about `most_head` bytes.

    What is no HTTP, or too large, is refused in its turn: after what came before it is answered.
    Its idle timer is made once and looks at the clock when it fires: one for each request costs more
    than finding the route, the world and the token together.
    """

    most_head = Limits().head

    _at_once: AtOnce | None
    _extensions: dict[str, Any]
    _part: str | None = None
    """What is coming of a request: its head, its body, or None between two."""
    _is_short = False
    """Whether the request that is coming takes the short way, as far as one can tell by now."""
    _without_upgrade: bytes | None = None
    """The head of a request that asks to upgrade, as the parser is to read it."""
    _path = _query = ""
    _body = b""
    _head = 0
    """Bytes of a head, or of trailers, that have come; negative while other things came in the same read."""
    _running: RequestResponseCycle | None = None
    """What uvicorn's way is answering, or answered last; its `cycle` is the one that came last."""
    _last_words: bytes | None = None
    """What is to be said before the connection closes; whatever else comes is not looked at any more."""
    _idle_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.flow = _Flow(transport, self.pipeline)
        self._extensions = {TRANSPORT: transport}
        # Headers of uvicorn's own are for the other way only; our server asks for none.
        self.most_head = getattr(self.app, "most_head", self.most_head)
        self._at_once = None if self.server_state.default_headers else getattr(self.app, "at_once", None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.pipeline.clear()
        if self._running is not None and not self._running.response_complete:
            # Uvicorn tells the one that came last, which is another where requests were sent together.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()

    def shutdown(self) -> None:
        if self._part == "body" and not self.pipeline:
            # Whose body is still to come may never send it, and would be told of a failure in the end.
            self.transport.close()
        else:
            super().shutdown()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def on_response_complete(self) -> None:
        if self.transport.is_closing() or self.pipeline:
            super().on_response_complete()
        elif self._last_words is not None:
            self._end(self._last_words)
        else:
            self._answered()
        if not self.transport.is_closing():
            self.flow.resume_reading()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _answered(self) -> None:
        self.server_state.total_requests += 1
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
        if self._last_words is not None:
            return
        self._unset_keepalive_if_required()
        self._parse(data)
        if self._part is not None and not self.transport.is_closing():
            if self._is_short:
                self._take_the_long_way()
            # The parser alone would take in a head without end, or trailers.
            self._head = 0 if self._head < 0 else self._head + len(data)
            if self._head > self.most_head:
                self._refuse(431, b"The head of the request is larger than %d bytes." % self.most_head)

    def _parse(self, data: bytes | memoryview) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # Nobody here changes to what it asks for, so that HTTP is what follows it.
                data = memoryview(data)[upgrade.args[0] :]
                if (head := self._without_upgrade) is not None:
                    self._without_upgrade = None
                    self._parse(head)
                    if self._last_words is not None or self.transport.is_closing():
                        return
            except httptools.HttpParserError:
                # Where the app failed the connection is closed by now.
                if not self.transport.is_closing():
                    self.logger.warning("Invalid HTTP request received.")
                    self._refuse(400, b"Invalid HTTP request received.")
                return
            else:
                return

    def _refuse(self, status: int, told: bytes) -> None:
        """Answer what came last so, once what came before it is answered, and close the connection."""
        answer = STATUS_LINE[status] + _CLOSES % (len(told), told)
        if self._part == "body" and not self._is_short:
            # Uvicorn has begun with this very request.
            if self.pipeline:
                self.pipeline.popleft()
                self._last_words = answer
            else:
                self._end(b"" if self.cycle.response_started else answer)
        elif self.cycle is None or self.cycle.response_complete:
            self._end(answer)
        else:
            self._last_words = answer

    def _end(self, words: bytes) -> None:
        self.transport.write(words)
        self.transport.close()

    def on_message_begin(self) -> None:
        self._part = "head"
        self._head = -1
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade() and (method := self.parser.get_method()) != b"CONNECT":
            # The parser takes it for one without a body, which is what Java's client sends when it may speak HTTP/2.
            self._without_upgrade = self._head_without_upgrade(method)
            return
        if (
            self._at_once is not None
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
        ):
            target = self.url
            self._path, self._query = _split(target) if len(target) > _MEMORABLE else _split_again(target)
            self._is_short = True
            self._body = b""
        else:
            self._take_the_long_way()
        self._part = "body"

    def on_chunk_header(self) -> None:
        # There trailers are kept apart from the head.
        if self._is_short:
            self._take_the_long_way()

    def on_body(self, body: bytes) -> None:
        self._head = -1
        if self._is_short:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._without_upgrade is not None:
            return
        self._part = None
        if self._is_short:
            answer = self._answer()
            if answer is not None:
                self._is_short = False
                self.transport.write(answer)
                self._answered()
                return
            self._take_the_long_way()
        super().on_message_complete()

    def _answer(self) -> bytes | None:
        assert self._at_once is not None
        method = self.parser.get_method().decode("ascii")
        try:
            return self._at_once(method, self._path, self._query, self.headers, self._body, self.scheme or "http")
        except Exception:
            self.logger.exception("answering %s %s failed", method, self._path)
            self._refuse(500, b"Internal Server Error")
            # Nothing that follows is to be done, as there will be no answer to it.
            raise

    def _head_without_upgrade(self, method: bytes) -> bytes:
        lines = [b"%b %b HTTP/%b" % (method, self.url, self.parser.get_http_version().encode())]
        for name, value in self.headers:
            if name == b"connection":
                value = b", ".join(each for each in value.split(b",") if each.strip().lower() != b"upgrade")
            lines.append(b"%b: %b" % (name, value))
        return b"\r\n".join((*lines, b"", b""))

    def _take_the_long_way(self) -> None:
        """Let uvicorn have the request, as far as it has come."""
        self._is_short = False
        target, fields, expects, body = self.url, self.headers, self.expect_100_continue, self._body
        super().on_message_begin()
        self.url, self.expect_100_continue = target, expects
        # The list itself is in the scope already.
        self.headers.extend(fields)
        self.scope["extensions"] = self._extensions
        # A request before it may have been answered in the same read.
        self._idle_since = None
        super().on_headers_complete()
        # Trailers are no part of the head, and come too late to be told.
        self.headers = fields
        if body:
            self._body = b""
            super().on_body(body)


class _Flow(FlowControl):
    """Reads no further while requests wait for their turn: who sends and sends would have all of it kept."""

    def __init__(self, transport: Any, waiting: deque[Any]) -> None:
        super().__init__(transport)
        self._waiting = waiting

    def resume_reading(self) -> None:
        if not self._waiting:
            super().resume_reading()


def _split(target: bytes) -> tuple[str, str]:
    """Path and query of a request's target, as uvicorn reads it; raises httptools' error for what is none."""
    parsed = httptools.parse_url(target)
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, (parsed.query or b"").decode("latin-1")


_split_again = lru_cache(maxsize=512)(_split)
