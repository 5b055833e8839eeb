"""Ids in the vendor's forms: something unique, a dot, and the tenant."""

from __future__ import annotations

import string

from mockserver.platforms.akana.settings import AkanaSettings
from mockserver.world.world import World

ALPHANUMERIC = string.digits + string.ascii_letters
FIRST_NUMBER = 10_000


def tenant(world: World) -> str:
    """How this world's tenant is called."""
    return world.settings(AkanaSettings).tenant


def root_business(world: World) -> str:
    """The id of the tenant's own business."""
    return f"tenantbusiness.{tenant(world)}"


def uuid(world: World, kind: str, parent: str = "") -> str:
    """A fresh UUID."""
    digits = world.mint.hex(32, f"akana.{kind}", parent)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def unique(world: World, kind: str) -> str:
    """A fresh id of the newer form, `{uuid}.{tenant}`: apps, APIs, their versions, contracts, users, businesses."""
    return f"{uuid(world, kind)}.{tenant(world)}"


def numbered(world: World, kind: str) -> str:
    """A fresh id of the older form, such as `group10001.{tenant}`: groups, discussions, notifications."""
    return f"{kind}{FIRST_NUMBER + world.mint.count(f'akana.{kind}')}.{tenant(world)}"


def alphanumeric(world: World, length: int, kind: str, parent: str = "") -> str:
    """Fresh letters and digits, for ids of app versions and for secrets."""
    # Two octets for each character, so that 62 characters come out evenly enough.
    octets = world.mint.octets(2 * length, f"akana.{kind}", parent)
    return "".join(ALPHANUMERIC[int.from_bytes(octets[n : n + 2]) % 62] for n in range(0, 2 * length, 2))


def app_version(world: World) -> str:
    """A fresh app version id, which is also its RuntimeID: 24 letters and digits."""
    return f"{alphanumeric(world, 24, 'app_version')}.{tenant(world)}"


def identity(world: World) -> str:
    """A fresh run-time identity, which screens call App ID."""
    return f"{tenant(world)}-{alphanumeric(world, 24, 'identity')}"
