"""A proxy that keeps what passes: between a plugin and the vendor, and between the vendor and the plugin.

Bytes go through as they are, while they come; what is kept of them is unpacked, and bounded.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

import httpx2
import msgspec

from mockserver.edge.messages import Scope, read_body
from mockserver.recordings.fitting import Target, back, onward, unchanged
from mockserver.recordings.reel import Passed, Reel
from mockserver.recordings.unpacking import unpack
from mockserver.world.headers import pack
from mockserver.world.journal import Exchange

MAX_BODY: Final = 10 * 1024 * 1024
TIMEOUT: Final = 60.0
_OF_A_WORD: Final = bytes(set(range(256)).difference(b" \t\r\n\"'<>&;,(){}[]"))
_HOST: Final = re.compile(rb"[A-Za-z0-9._-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")


class Door:
    """One way through the proxy: an ASGI app that hands everything on to one `target`, whatever it is asked for.

    `kind` says who calls here: a plugin (`inbound`) or the vendor (`delivery`). `max_body` bounds the body
    of a request, and what is kept of an answer's; `timeout` is how many seconds the target may be silent.
    """

    def __init__(
        self,
        kind: Literal["inbound", "delivery"],
        target: Target,
        reel: Reel,
        *,
        max_body: int = MAX_BODY,
        timeout: float = TIMEOUT,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._kind = kind
        self._target = target
        self._reel = reel
        self._max_body = max_body
        self._timeout = timeout
        self._transport = transport or httpx2.AsyncHTTPTransport()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live([self], receive, send)
            return
        call = _Call(scope, self._kind, self._target, self._reel)
        read = await read_body(receive, call.declared, self._max_body)
        if read is None:
            call.leave_out("the client went away before its request was whole")
            return
        call.body, too_long = read
        if too_long:
            await call.refuse(send, 413, f"The body is larger than {self._max_body} bytes, which is as much as passes.")
            return
        passing = asyncio.create_task(self._pass(call, send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            # The server cancels what is left when it closes; there is nobody to hand that on to.
            with suppress(asyncio.CancelledError):
                await asyncio.wait({passing, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if not passing.done() and not call.is_over:
                    call.leave_out("the client went away before the answer was whole")
                    passing.cancel()
                await passing
        finally:
            call.leave_out("it was still under way when the recording ended")
            passing.cancel()
            leaving.cancel()

    async def close(self) -> None:
        """Let go of the connections to the target."""
        await self._transport.aclose()

    async def _pass(self, call: _Call, send: Any) -> None:
        silent = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        request = httpx2.Request(
            call.method,
            self._target.origin,
            headers=onward(call.fields, self._target, call.here),
            content=call.body,
            # Letter by letter: an httpx2.URL would spell it its own way.
            extensions={"target": self._target.base.encode() + call.asked_for, "timeout": silent},
        )
        try:
            response = await self._transport.handle_async_request(request)
        except httpx2.TimeoutException:
            told = f"{self._target.origin} did not answer within {self._timeout:g} s."
            await call.refuse(send, 504, told)
            return
        except httpx2.ConnectError as error:
            advice = "SSL_CERT_FILE names whom to trust" if "CERTIFICATE" in str(error) else "is it running?"
            told = f"Cannot connect to {self._target.origin}: {error or 'refused'}; {advice}"
            await call.refuse(send, 502, told)
            return
        except httpx2.HTTPError as error:
            await call.refuse(send, 502, f"{self._target.origin} gave no answer: {error or type(error).__name__}.")
            return
        try:
            await self._answer(call, response, send)
        except httpx2.TimeoutException:
            # The client has the beginning: that it is not whole, only a closed connection can say.
            call.leave_out(f"its answer stopped for more than {self._timeout:g} s")
        except httpx2.HTTPError as error:
            call.leave_out(f"its answer broke off: {error or type(error).__name__}")
        finally:
            await response.aclose()

    async def _answer(self, call: _Call, response: httpx2.Response, send: Any) -> None:
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        call.waited = call.elapsed
        status, raw = response.status_code, response.headers.raw
        if status > 599:
            await call.refuse(send, 502, f"{self._target.origin} answered with {status}, which is no status of HTTP.")
            return
        fields = back(raw, self._target, call.here) if self._kind == "inbound" else unchanged(raw)
        if status in (204, 304):
            # Nothing follows, and a server that promised something would wait for it.
            fields = [(name, value) for name, value in fields if name != b"content-length"]
        length = next((int(value) for name, value in fields if name == b"content-length" and value.isdigit()), None)
        if call.method == "HEAD" or status in (204, 304):
            length = 0
        kept, size = bytearray(), 0
        if length == 0:
            call.keep(status, fields, b"", 0, self._max_body)
        await send({"type": "http.response.start", "status": status, "headers": fields})
        async for chunk in response.stream:
            size += len(chunk)
            kept += chunk[: max(self._max_body - len(kept), 0)]
            is_last = length is not None and size >= length
            if is_last:
                # Before it leaves, so that whoever has the answer finds it in the recording.
                call.keep(status, fields, bytes(kept), size, self._max_body)
            await send({"type": "http.response.body", "body": chunk, "more_body": not is_last})
        if length is None or length == 0:
            call.keep(status, fields, bytes(kept), size, self._max_body)
            await send({"type": "http.response.body", "body": b""})


class Proxy:
    """Several doors, each behind a port of its own."""

    def __init__(self, doors: Mapping[int, Door]) -> None:
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _live(list(self._doors.values()), receive, send)
        else:
            await self._doors[scope["server"][1]](scope, receive, send)


class _Call:
    """One request on its way, and what becomes of it: it is kept or left out, once."""

    def __init__(self, scope: Scope, kind: Literal["inbound", "delivery"], target: Target, reel: Reel) -> None:
        self.method: str = scope["method"]
        self.fields = scope["headers"]
        query: bytes = scope["query_string"]
        path: bytes = scope["raw_path"]
        self.asked_for = path + b"?" + query if query else path
        self.body = b""
        self.waited = 0.0
        self.is_over = False
        self._reel = reel
        self._kind = kind
        self._started = time.perf_counter()
        self._wall = datetime.now(UTC)
        self._began = reel.begin()
        host = self._field(b"host") or b""
        address, port = scope["server"]
        self.here = f"http://{host.decode()}" if _HOST.fullmatch(host) else f"http://{address}:{port}"
        # A plugin's calls are kept as it made them, which is how it will make them again.
        origin = self.here if kind == "inbound" else target.origin + target.base
        self._url = origin + self.asked_for.decode("latin-1")
        self._path = ("" if kind == "inbound" else target.base) + path.decode("latin-1")
        self._sent_to = target.origin + target.base + path.decode("latin-1")
        self._query = query.decode("latin-1")

    @property
    def declared(self) -> str | None:
        """The length that the request's head tells."""
        value = self._field(b"content-length")
        return None if value is None else value.decode("latin-1")

    @property
    def elapsed(self) -> float:
        """Seconds since the request came."""
        return time.perf_counter() - self._started

    def keep(self, status: int, fields: list[tuple[bytes, bytes]], sent: bytes, size: int, most: int) -> None:
        """It came through: `sent` is what is known of the answer's body, which has `size` bytes."""
        request_head, request_body, unread = _readable(self.fields, self.body, most)
        head, body, unpacked = _readable(fields, sent, most + 1)
        why, cut_off = None, None
        if request_body is None or body is None:
            # Packed, its secrets could not be found.
            why = f"its {'answer' if body is None else 'body'} is {unpacked or unread}, which cannot be unpacked here"
        elif size > len(sent) or len(body) > most:
            # A word that was cut in two may be half of a secret, which nothing would recognize.
            body = body[:most].rstrip(_OF_A_WORD)
            cut_off = f"its answer is longer than {most} bytes, and only its beginning was kept"
        self._end(
            Passed(
                exchange=self._exchange(
                    status=status,
                    request_head=request_head,
                    request_body=request_body or b"",
                    response_head=head,
                    response_body=body or b"",
                ),
                waited=self.waited,
                cut_off=cut_off,
                why=why,
            )
        )

    def leave_out(self, why: str, status: int | None = None) -> None:
        """It did not come through, or not whole."""
        self._end(Passed(exchange=self._exchange(status=status), why=why))

    async def refuse(self, send: Any, status: int, told: str) -> None:
        """Answer in the target's place."""
        self.leave_out(told.rstrip("."), status)
        body = msgspec.json.encode({"error": f"mockserver record: {told}"})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if self.method == "HEAD" else body})

    def _end(self, passed: Passed) -> None:
        if not self.is_over:
            self.is_over = True
            self._reel.add(passed)

    def _exchange(self, **fields: Any) -> Exchange:
        return Exchange(
            id=self._began,
            began=self._began,
            kind=self._kind,
            at=self._wall,
            wall=self._wall,
            seconds=self.elapsed,
            method=self.method,
            path=self._path,
            url=self._url,
            query_string=self._query,
            sent_to=self._sent_to,
            **fields,
        )

    def _field(self, name: bytes) -> bytes | None:
        return next((value for each, value in self.fields if each == name), None)


def _readable(fields: Any, body: bytes, most: int) -> tuple[bytes, bytes | None, str]:
    """Head and body as they are kept, not packed; no body, and its codings, where it cannot be unpacked."""
    codings = ", ".join(value.decode("latin-1") for name, value in fields if name == b"content-encoding")
    if not codings or not body:
        return pack(fields), body[:most], codings
    bare = [pair for pair in fields if pair[0] not in (b"content-encoding", b"content-length")]
    return pack(bare), unpack(body, codings, most), codings


async def _gone(receive: Any) -> None:
    """Return when the client has gone away, or has its answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _live(doors: list[Door], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    for door in doors:
        await door.close()
    await send({"type": "lifespan.shutdown.complete"})
