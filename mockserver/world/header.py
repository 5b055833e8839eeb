"""How a world was made: its name, and what it takes to make it again."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec

from mockserver.errors import Invalid, Problem
from mockserver.world.clock import ClockMode

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class ClockSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock of a new world; without `now` a live one shows the wall's time, others `FROZEN_START`."""

    mode: ClockMode = "live"
    now: datetime | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to make a world again as it was at its creation."""

    name: str
    seed: int
    clock: ClockSpec
    fixtures: tuple[str, ...]
    settings: dict[str, Any]


def check_name(name: str) -> None:
    """Raise `Invalid` for what cannot be a world's name."""
    if not NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be a world's name.",
            [Problem("$.name", "1 to 40 of a-z, 0-9 and -, not starting with -", repr(name))],
        )
