"""Faults as a client meets them: answers held, changed, spread out, or broken off on the wire."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Final

from mockserver.edge.messages import Fields
from mockserver.edge.protocol import TRANSPORT
from mockserver.world.durations import parse_duration
from mockserver.world.faults import LONGEST_DELAY, Fault

_PIECES: Final = 10
_GARBAGE: Final = b"\x16\x03\x01lorem \xff\xfe ipsum\r\n\x00\x00\r\n\r\n"
_BROKEN_CHUNK: Final = b"5\r\nwhole\r\nnot-a-size\r\n"


def hides(fault: Fault) -> bool:
    """Whether a call that this happens to never reaches the emulator."""
    return not fault.processed and (fault.replaces or fault.wire in ("reset", "empty", "garbage", "timeout"))


async def break_off(fault: Fault, scope: Any, receive: Any, status: int, fields: Fields, body: bytes) -> None:
    """Do to the connection what `fault.wire` says, and return when the connection is gone.

    Raises RuntimeError for a server that does not hand over its connections.
    """
    transport = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        raise RuntimeError("faults on the wire need mockserver's own server")
    match fault.wire:
        case "reset":
            _reset(transport)
        case "empty":
            transport.close()
        case "garbage":
            transport.write(_GARBAGE)
            transport.close()
        case "malformed_chunk":
            transport.write(_head(status, [*fields, (b"transfer-encoding", b"chunked")]) + _BROKEN_CHUNK)
            transport.close()
        case "truncate":
            length = (b"content-length", b"%d" % max(len(body), 1))
            transport.write(_head(status, [*fields, length]) + body[: len(body) // 2])
            transport.close()
    try:
        async with asyncio.timeout(LONGEST_DELAY):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        transport.close()


async def drip(send: Any, fault: Fault, status: int, fields: Fields, body: bytes) -> None:
    """Send an answer whose body comes in pieces over the duration that the fault says."""
    pause = parse_duration(fault.drip or 0).total_seconds() / _PIECES
    await send({"type": "http.response.start", "status": status, "headers": fields})
    size = max(1, -(-len(body) // _PIECES))
    for start in range(0, len(body), size):
        await asyncio.sleep(pause)
        await send({"type": "http.response.body", "body": body[start : start + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _reset(transport: Any) -> None:
    """Close so that the other side gets a TCP reset instead of an end."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _head(status: int, fields: Fields) -> bytes:
    lines = [b"HTTP/1.1 %d Fault\r\n" % status]
    lines += [b"%b: %b\r\n" % (name, value) for name, value in fields if name != b"content-length"]
    lines += [b"content-length: %b\r\n" % value for name, value in fields if name == b"content-length"]
    return b"".join([*lines, b"connection: close\r\n\r\n"])
