"""HTTP on a connection as uvicorn speaks it, but for a request that came whole and can be answered at once.

A vendor's route waits for nothing. So such a request is answered inside the read that brought it, by a
plain call: making a scope, a cycle and a task for it would cost more than answering does. What is still
on its way, what has to wait for something, and our own pages take uvicorn's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from mockserver.wire import Limits

TRANSPORT = "mockserver.transport"
"""The ASGI extension by which a connection is handed over to who breaks it on purpose."""

AtOnce = Callable[[str, str, str, Sequence[tuple[bytes, bytes]], bytes, str], bytes | None]
"""`App.at_once`: method, path, query, header fields, body and scheme; the whole response, or None to ask by ASGI."""

_FAILED = b"Internal Server Error"
_CLOSES: Final = b"content-type: text/plain; charset=utf-8\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"
_MEMORABLE = 200
"""Bytes of a request's target that is worth remembering: what is longer will hardly come again."""


class Protocol(HttpToolsProtocol):
    """One connection; of a request's head, and of what comes after its body, it takes in `most_head` bytes.

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
    _body = b""
    _head = 0
    _idle_since: float | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._extensions = {TRANSPORT: transport}
        # Headers of uvicorn's own are for the other way only; our server asks for none.
        self.most_head = getattr(self.app, "most_head", self.most_head)
        self._at_once = None if self.server_state.default_headers else getattr(self.app, "at_once", None)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        super()._unset_keepalive_if_required()

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def on_response_complete(self) -> None:
        if self.transport.is_closing() or self.pipeline:
            super().on_response_complete()
            return
        self.flow.resume_reading()
        self._answered()

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
        super().data_received(data)
        if self._part is None:
            self._head = 0
        elif not self.transport.is_closing():
            if self._is_short:
                self._take_the_long_way()
            # The parser alone would take in a head without end, or trailers.
            self._count_head(len(data))

    def _count_head(self, more: int) -> None:
        self._head += more
        if self._head <= self.most_head:
            return
        if self._part == "head":
            told = b"The head of the request is larger than %d bytes." % self.most_head
            self.transport.write(STATUS_LINE[431] + _CLOSES % (len(told), told))
        self.transport.close()

    def on_message_begin(self) -> None:
        self._part = "head"
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self._part = "body"
        if (
            self._at_once is not None
            and not self.expect_100_continue
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and self.parser.should_keep_alive()
            and self.parser.get_http_version() == "1.1"
        ):
            self._is_short = True
            self._body = b""
        else:
            self._take_the_long_way()

    def on_body(self, body: bytes) -> None:
        self._head = 0
        if self._is_short:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
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
        target = self.url
        path, query = _split(target) if len(target) > _MEMORABLE else _split_again(target)
        method = self.parser.get_method().decode("ascii")
        try:
            return self._at_once(method, path, query, self.headers, self._body, self.scheme or "http")
        except Exception:
            # In here it would be taken for rubbish from the client.
            self.logger.exception("answering %s %s failed", method, path)
            self.transport.write(STATUS_LINE[500] + _CLOSES % (len(_FAILED), _FAILED))
            self.transport.close()
            return b""

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
        if body:
            self._body = b""
            super().on_body(body)


def _split(target: bytes) -> tuple[str, str]:
    """Path and query of a request's target, as uvicorn reads it; raises httptools' error for what is none."""
    parsed = httptools.parse_url(target)
    path = parsed.path.decode("ascii")
    return unquote(path) if "%" in path else path, (parsed.query or b"").decode("latin-1")


_split_again = lru_cache(maxsize=512)(_split)
