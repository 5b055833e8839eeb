"""Bodies without the content codings they were sent in, as far as the standard library can unpack them.

Source: RFC 9110 (8.4 Content-Encoding).
"""

from __future__ import annotations

import zlib
from typing import Final

CODINGS: Final = ("gzip", "x-gzip", "deflate", "identity")


def unpack(body: bytes, codings: str, limit: int) -> bytes | None:
    """At most `limit` bytes of what is in a body; None when it cannot be unpacked.

    `codings` is what Content-Encoding says. Of a body that was cut off comes what there is.
    """
    for coding in reversed([each.strip().lower() for each in codings.split(",") if each.strip()]):
        try:
            match coding:
                case "gzip" | "x-gzip":
                    body = _inflated(body, zlib.MAX_WBITS | 16, limit)
                case "deflate":
                    body = _deflated(body, limit)
                case "identity":
                    pass
                case _:
                    return None
        except zlib.error:
            return None
    return body[:limit]


def _deflated(body: bytes, limit: int) -> bytes:
    try:
        return _inflated(body, zlib.MAX_WBITS, limit)
    except zlib.error:
        # Many a server leaves the wrapper out that the RFC asks for.
        return _inflated(body, -zlib.MAX_WBITS, limit)


def _inflated(body: bytes, bits: int, limit: int) -> bytes:
    """Bounded, for a kilobyte may hold a megabyte; gzip may consist of several members."""
    unpacked = b""
    while body and len(unpacked) < limit:
        member = zlib.decompressobj(bits)
        unpacked += member.decompress(body, limit - len(unpacked))
        body = member.unused_data
    return unpacked
