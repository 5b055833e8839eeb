"""A request's body out of ASGI, and an answer back into it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from mockserver.wire import JSON_HEADERS, Answer
from mockserver.world.headers import Packed, Pairs, pack_text

Scope = dict[str, Any]
Fields = Sequence[tuple[bytes, bytes]]
"""Header fields as ASGI has them, names in lower case."""

_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset({"content-length", "date", "transfer-encoding"})
"""What `send_answer` says itself."""


def encoded(headers: Pairs) -> tuple[Fields, Packed]:
    """Header fields for ASGI, and for the journal."""
    if headers is JSON_HEADERS:
        return _JSON
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], pack_text(headers)


def on_the_wire(headers: Pairs) -> tuple[bytes, Packed]:
    """Header fields as lines of a response, and for the journal."""
    if headers is JSON_HEADERS:
        return _JSON_LINES, _JSON[1]
    return _lines(headers), pack_text(headers)


def whole_answer(method: str, status: int, lines: bytes, body: bytes, date: bytes) -> bytes:
    """A response as it goes on the wire: `lines` first, then its date, its length and its body."""
    length = b"content-length: %d\r\n\r\n" % len(body)
    return b"".join((_status_line(status), lines, date, length, b"" if method == "HEAD" else body))


@lru_cache(maxsize=64)
def _status_line(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return f"HTTP/1.1 {status} {phrase}\r\n".encode()


def _lines(headers: Pairs) -> bytes:
    return "".join([f"{name}: {value}\r\n" for name, value in headers]).encode("latin-1")


_JSON_LINES = _lines(JSON_HEADERS)
_JSON = ([(name.encode(), value.encode()) for name, value in JSON_HEADERS], pack_text(JSON_HEADERS))


def sendable(answer: Answer) -> Answer:
    """The same answer with headers that HTTP can carry, and that are sent once.

    What clients send finds its way into descriptions; scenarios and faults give headers as their authors write them.
    """
    if answer.headers is JSON_HEADERS or all(
        value.isascii() and value.isprintable() and name not in _OURS for name, value in answer.headers
    ):
        return answer
    headers = tuple(
        (name, _UNSENDABLE.sub(" ", value).encode("latin-1", "replace").decode("latin-1"))
        for name, value in answer.headers
        if name not in _OURS
    )
    return Answer(answer.status, headers, answer.body)


class DateLine:
    """The `date` header of an instant; most requests come in the second of the one before."""

    def __init__(self) -> None:
        self._second = datetime.fromtimestamp(0, UTC)
        self._value = b"Thu, 01 Jan 1970 00:00:00 GMT"
        self._instant: datetime | None = None
        self._line = b""

    def of(self, instant: datetime) -> tuple[bytes, bytes]:
        """Name and value for an instant."""
        second = instant.replace(microsecond=0)
        if second != self._second:
            self._second = second
            self._value = format_datetime(second, usegmt=True).encode()
        return b"date", self._value

    def line(self, instant: datetime) -> bytes:
        """The same as a line of a response."""
        # A clock that is asked within the same millisecond, or that stands, answers the same object.
        if instant is not self._instant:
            self._instant = instant
            self._line = b"%b: %b\r\n" % self.of(instant)
        return self._line


async def read_body(receive: Any, declared: str | None, limit: int) -> tuple[bytes, bool] | None:
    """The body, or nothing of it and True when it is over the limit; None when the client left before its end.

    `declared` is what Content-Length says.
    """
    if declared is not None and declared.isdigit() and int(declared) > limit:
        return b"", True
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            return b"", True
        if not message.get("more_body"):
            return (b"".join(chunks) + chunk if chunks else chunk), False
        chunks.append(chunk)


async def send_answer(
    send: Any, method: str, status: int, fields: Fields, body: bytes, date: tuple[bytes, bytes]
) -> None:
    """Send a whole answer: `fields` first, then its date and length."""
    headers = [*fields, date, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})
