"""Where a value is: `$.steps[2].with.app`, and `$['odd key']` for a key that is no identifier."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_SEGMENT = re.compile(r"""\.[^.\[]+|\['(?:[^'\\]|\\.)*'\]|\["(?:[^"\\]|\\.)*"\]|\[[^\]]*\]""")


def member(path: str, key: object) -> str:
    """The path of the value under `key` of the object at `path`."""
    return f"{path}.{key}" if isinstance(key, str) and key.isidentifier() else f"{path}[{key!r}]"


def item(path: str, index: int) -> str:
    """The path of the item at `index` of the list at `path`."""
    return f"{path}[{index}]"


def ancestors(path: str) -> Iterator[str]:
    """The path itself, then what it lies in, up to the root."""
    segments = list(_SEGMENT.finditer(path))
    yield from (path[: segment.end()] for segment in reversed(segments))
    yield path[: segments[0].start()] if segments else path


def position(path: str, positions: Mapping[str, tuple[int, int]]) -> tuple[int, int] | tuple[None, None]:
    """Line and column of the value at `path`, or of the nearest thing around it that has a known one."""
    if positions:
        for candidate in ancestors(path):
            if candidate in positions:
                return positions[candidate]
    return None, None
