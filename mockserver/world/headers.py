"""Header fields kept as one string: nobody may ever look at them, and apart they take five times the memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

Pairs = tuple[tuple[str, str], ...]

Packed = bytes | str
"""Names and values in turn, a line each: as bytes where they came off the wire, else as text."""


def pack(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Header fields as they came; HTTP allows no line break in them."""
    return b"\n".join(chain.from_iterable(fields))


def pack_text(fields: Iterable[tuple[str, str]]) -> str:
    """The same for fields that are text already, and that perhaps could not be sent."""
    return "\n".join(part.replace("\n", " ") for part in chain.from_iterable(fields))


def unpack(packed: Packed) -> Pairs:
    """The fields again, as text."""
    if not packed:
        return ()
    lines = (packed if isinstance(packed, str) else packed.decode("latin-1")).split("\n")
    return tuple(zip(lines[::2], lines[1::2], strict=False))


JSON = pack_text([("content-type", "application/json")])
"""What goes with a body that is JSON and never was on any wire."""
