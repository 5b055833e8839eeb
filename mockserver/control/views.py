"""What the control API shows of worlds, exchanges and deliveries, as plain data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from mockserver.control import shapes
from mockserver.world.clock import iso
from mockserver.world.journal import Exchange, multi
from mockserver.world.outbox import DELIVERIES, Delivery
from mockserver.world.world import World
from mockserver.world.worlds import Worlds

INCIDENTAL = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-length", "date"),
        *("host", "keep-alive", "server", "transfer-encoding", "upgrade-insecure-requests", "user-agent"),
        *("sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user"),
    }
)
"""Headers that tell about the client or the moment, not about what was said."""

_LOOPBACK_ORIGIN = re.compile(
    r"https?(?P<mark>://|%3A%2F%2F)(?P<host>127\.0\.0\.1|localhost|\[::1\]|[\w.-]+\.localhost)(?::|%3A)(?P<port>\d+)"
)


def clock(world: World) -> shapes.ClockReading:
    """Mode and instant."""
    return {"mode": world.clock.mode, "now": iso(world.clock.now())}


def world(worlds: Worlds, world: World) -> shapes.WorldInShort:
    """A world in short: how it was made, where it is reached, how much there is in it."""
    header = worlds.header(world.name)
    return {
        "name": world.name,
        "seed": world.seed,
        "base_url": world.base_url,
        "clock": clock(world),
        "fixtures": list(header.fixtures),
        "settings": settings(world),
        "exchanges": len(world.journal),
        "deliveries": len(world[DELIVERIES]),
        "unaddressed": worlds.unaddressed_count,
        "waits": world.waits,
    }


def settings(world: World) -> dict[str, dict[str, Any]]:
    """Every setting with its value, by section."""
    return {
        name: msgspec.to_builtins(world.settings(struct)) for name, struct in world.schema.settings.sections.items()
    }


def exchange(each: Exchange) -> dict[str, Any]:
    """An exchange in full."""
    shown: dict[str, Any] = {"id": each.id, "kind": each.kind}
    facts = each.facts
    if each.kind in ("action", "clock"):
        shown |= {"name": each.path, "arguments": facts["body"], "result": facts["response"]["body"]}
    else:
        shown |= {
            "method": each.method,
            "path": each.path,
            "url": each.url,
            "query": facts["query"],
            "status": each.status,
            "request": {"headers": facts["headers"], "body": facts["body"]},
            "response": facts["response"],
            "route": each.route,
        }
    optional = {
        "addressed_by": each.addressed_by,
        "authenticated_by": each.authenticated_by,
        "delivery": each.delivery,
        "sent_to": each.sent_to,
        "error": each.error,
        "violations": [msgspec.to_builtins(violation) for violation in each.violations],
    }
    shown |= {key: value for key, value in optional.items() if value}
    return {**shown, "at": iso(each.at), "wall": iso(each.wall), "seconds": round(each.seconds, 6)}


def summary(each: Exchange) -> shapes.ExchangeInShort:
    """An exchange in one line."""
    what = each.path if each.kind in ("action", "clock") else f"{each.method} {each.path}"
    return {
        "id": each.id,
        "kind": each.kind,
        "what": what,
        "status": each.status,
        "error": each.error,
        "at": iso(each.at),
    }


def canonical(world: World, exchanges: Iterable[Exchange]) -> list[dict[str, Any]]:
    """What happened without what differs from run to run.

    In the order in which things began; loopback addresses are `{base}` for this server and
    `{plugin-1}`, `{plugin-2}` … for others, in order of appearance; wall times, durations, ids of
    exchanges and incidental headers are left out. The same calls in a world of the same name and
    seed with a standing clock give the same bytes.
    """
    ordered = sorted(exchanges, key=lambda each: each.began)
    names = {world.base_url.partition("://")[2].partition("/")[0]: "{base}"}
    for each in ordered:
        if each.kind == "inbound":
            host = next((value for name, value in each.request_headers if name == "host"), "")
            names.setdefault(host, "{base}")
    shown = []
    for each in ordered:
        entry = exchange(each)
        for volatile in ("id", "wall", "seconds", "url", "sent_to"):
            entry.pop(volatile, None)
        if each.kind == "delivery":
            entry["url"] = each.url
        for side, headers in (("request", each.request_headers), ("response", each.response_headers)):
            if side in entry:
                kept = tuple(pair for pair in headers if pair[0] not in INCIDENTAL)
                entry[side] = {"headers": multi(tuple(sorted(kept))), "body": entry[side]["body"]}
        shown.append(_without_addresses(entry, names))
    return shown


def _without_addresses(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return _LOOPBACK_ORIGIN.sub(lambda found: _name(found, names), value)
    if isinstance(value, dict):
        return {key: _without_addresses(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_addresses(item, names) for item in value]
    return value


def _name(found: re.Match[str], names: dict[str, str]) -> str:
    netloc = f"{found['host']}:{found['port']}"
    known = sum(1 for name in names.values() if name != "{base}")
    return names.setdefault(netloc, f"{{plugin-{known + 1}}}")


def delivery(each: Delivery) -> shapes.DeliveryInShort:
    """A delivery in short."""
    last = each.attempts[-1] if each.attempts else None
    return {
        "id": each.id,
        "event": each.event,
        "about": each.about,
        "method": each.method,
        "url": each.url,
        "state": each.state,
        "created": iso(each.created),
        "attempts": len(each.attempts),
        "status": last.status if last else None,
        "error": last.error if last else None,
        "redelivery_of": each.redelivery_of,
    }


def delivery_in_full(each: Delivery) -> shapes.DeliveryInFull:
    """A delivery with what was sent and every attempt."""
    request: shapes.SentRequest = {
        "method": each.method,
        "url": each.url,
        "headers": multi(each.headers),
        "body": each.body,
    }
    return {
        **delivery(each),
        "request": request,
        "attempts": [
            {
                "n": attempt.n,
                "at": iso(attempt.at),
                "seconds": attempt.seconds,
                "request": request,
                "response": None
                if attempt.status is None
                else {"status": attempt.status, "headers": multi(attempt.headers), "body": attempt.body},
                "error": attempt.error,
                "interrupted": attempt.interrupted,
                "exchange": attempt.exchange,
            }
            for attempt in each.attempts
        ],
    }
