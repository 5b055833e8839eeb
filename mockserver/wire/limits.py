"""How large a request may be; what is larger is refused in the vendor's dialect."""

from __future__ import annotations

import msgspec

from mockserver.world.journal import MAX_DEPTH


class Limits(msgspec.Struct, frozen=True):
    """Bounds of a vendor request in bytes, but `headers` (how many) and `depth` (levels of a JSON body).

    `body` is for routes that declare no bound of their own, `url` for path and query together.
    """

    body: int = 1024 * 1024
    url: int = 16 * 1024
    headers: int = 100
    header_bytes: int = 64 * 1024
    depth: int = MAX_DEPTH
