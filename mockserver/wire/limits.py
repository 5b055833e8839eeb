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

    @property
    def head(self) -> int:
        """Bytes of a head that are taken in before the connection is closed.

        Far more than `url` and `header_bytes`, so that who is over these is told in the vendor's words.
        """
        return max(1024 * 1024, 2 * (self.url + self.header_bytes))
