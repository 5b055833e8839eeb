"""Which world a request is for: by prefix, header, host, the credential it carries, else `default`."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec

from mockserver.errors import Full, MockserverError
from mockserver.wire import Call, Carrier
from mockserver.wire.routes import MOST_SPECIFIC_FIRST, CredentialKind
from mockserver.world.store import StoreError
from mockserver.world.world import World
from mockserver.world.worlds import DEFAULT, Worlds

PREFIX = "/w/"
ENVIRONMENTS = ("sandbox", "api")

Credential = tuple[CredentialKind, str]

_RULES = {kind: f"credential: {kind}" for kind in MOST_SPECIFIC_FIRST}


class Place(msgspec.Struct, frozen=True):
    """Where a request goes: its world, the rule that found it, and what is odd about that.

    Without a world, `lost` says why with `status`: which name led nowhere, or that there is no room.
    `stray` says that it carries a credential nobody knows; `contradiction` names the other world that a
    carried credential belongs to.
    """

    world: World | None
    rule: str
    lost: str | None = None
    stray: str | None = None
    contradiction: str | None = None
    status: int = 404


def split_prefix(path: str) -> tuple[str | None, str]:
    """`/w/alpha/oauth/token` as (`alpha`, `/oauth/token`); a path without prefix as (None, path)."""
    if not path.startswith(PREFIX):
        return None, path
    name, slash, rest = path[len(PREFIX) :].partition("/")
    return name, slash + rest if slash else "/"


@lru_cache(maxsize=256)
def world_of_host(host: str) -> str | None:
    """The world that `[sandbox.|api.][world.]localhost` names, or None."""
    name = host.partition(":")[0].lower()
    if not name.endswith(".localhost"):
        return None
    labels = name.removesuffix(".localhost").split(".")
    if labels[0] in ENVIRONMENTS:
        labels = labels[1:]
    return ".".join(labels) or None


def place(
    worlds: Worlds, call: Call, carriers: Sequence[Carrier], prefix: str | None, host: str | None, *, auto: bool
) -> Place:
    """Find the world for a call to a `host`, in the order of the module's first line.

    A name that leads nowhere is an error, never silently `default`; with `auto` it is created.
    """
    credentials = _credentials(call, carriers)
    name, rule = prefix, "prefix"
    if name is None:
        name, rule = call.header("x-mock-world") if b"x-mock-world" in call.first else None, "header"
    if name is None:
        name, rule = world_of_host(host or ""), "host"
    if name is not None:
        return _named(worlds, name, rule, credentials, auto=auto)
    stray = None
    for kind, value in credentials:
        owner = worlds.owner_of(value)
        if owner is not None:
            return Place(worlds.find(owner), _RULES[kind])
        dropped = worlds.last_owner_of(value)
        if dropped is not None:
            stray = f"its {kind} belonged to the world {dropped!r}, which {worlds.fate(dropped)}"
        stray = stray or f"its {kind} belongs to no world"
    return Place(worlds.find(DEFAULT), "default", stray=stray)


def _named(worlds: Worlds, name: str, rule: str, credentials: Iterable[Credential], *, auto: bool) -> Place:
    if name not in worlds:
        try:
            if auto:
                worlds.create(name)
            else:
                worlds.find(name)
        except (Full, StoreError) as error:
            return Place(None, rule, lost=str(error), status=503)
        except MockserverError as error:
            return Place(None, rule, lost=str(error))
    for kind, value in credentials:
        if worlds.holds(name, value):
            break
        owner = worlds.owner_of(value)
        if owner is not None:
            told = f"its {kind} belongs to the world {owner!r}, not to {name!r}"
            return Place(worlds.find(name), rule, contradiction=told)
    return Place(worlds.find(name), rule)


def _credentials(call: Call, carriers: Sequence[Carrier]) -> Iterable[Credential]:
    """Every credential a call carries, the most specific kind first, a token's unproved audience last."""
    if len(carriers) == 1:
        found = carriers[0].values(call)
    else:
        found = sorted((pair for carrier in carriers for pair in carrier.values(call)), key=_specificity)
    return chain(found, _audiences(found))


def _audiences(found: Iterable[Credential]) -> Iterator[Credential]:
    for kind, value in found:
        if kind == "access_token" and (audience := _audience(value)):
            yield "client_id", audience


def _specificity(credential: Credential) -> int:
    return MOST_SPECIFIC_FIRST.index(credential[0])


def _audience(token: str) -> str | None:
    """The `aud` a JWT claims, unverified: enough to place a request, never to trust it."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims: Any = msgspec.json.decode(base64.urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return None
    found = claims.get("aud") if isinstance(claims, dict) else None
    return found if isinstance(found, str) else None
