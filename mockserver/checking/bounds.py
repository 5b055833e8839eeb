"""How large a file that people write may be."""

from __future__ import annotations

import msgspec


class FileBounds(msgspec.Struct, frozen=True):
    """What a YAML file may have: bytes, levels of nesting (at most 100, for each is a call), aliases."""

    bytes: int = 1024 * 1024
    depth: int = 100
    aliases: int = 64


FILE_BOUNDS = FileBounds()
