"""Differences that were asked for and wait to be fetched."""

from __future__ import annotations

import msgspec

from mockserver.platforms.os1.diff import Line
from mockserver.world.collection import Kind


class Diff(msgspec.Struct, frozen=True):
    """What differs between two things, under a title."""

    id: str
    title: str
    lines: tuple[Line, ...]


DIFFS: Kind[Diff] = Kind("os1.diffs", Diff)

KINDS = (DIFFS,)
