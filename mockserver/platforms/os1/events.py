"""The log of a listing: what happened to an app or a solution, for `GET /developer/logs/{listingId}`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from mockserver.platforms.os1.makers import uuid
from mockserver.platforms.os1.models import EVENTS, App, Event, Solution
from mockserver.world.clock import iso
from mockserver.world.world import World


def day_of(instant: datetime) -> str:
    """The day by which logs are found."""
    return iso(instant)[:10]


def note_event(world: World, subject: App | Solution, type: str, data: Mapping[str, object]) -> Event:
    """Add a line to the log of an app's or a solution's listing."""
    now = world.clock.now()
    return world[EVENTS].insert(
        Event(
            id=uuid(world, "event"),
            listing=subject.listing,
            aggregate=subject.id,
            at=now,
            day=day_of(now),
            type=type,
            data=msgspec.json.encode(data).decode(),
        )
    )
