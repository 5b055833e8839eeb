"""What a failed test's report shows of its worlds: what happened, what was odd about it, and no secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.client import Exchange, ServerSaidNo, WorldClient
from mockserver.client.errors import differences
from mockserver.world.redaction import Redaction

MOST_EXCHANGES = 40
MOST_UNADDRESSED = 5
LONGEST_LINE = 220
LONGEST_SECTION = 12_000

_LONG_TOKEN = re.compile(r"(?=[\w.~-]*\d)([\w.~-]{10})[\w.~-]{18,}")


@dataclass(frozen=True, slots=True)
class Remembered:
    """A world that a test uses; `unaddressed` is how many requests had led to no world by then."""

    world: WorldClient
    unaddressed: int
    repeat_with: str = ""


def sections(worlds: list[Remembered], error: BaseException | None) -> Iterator[tuple[str, str]]:
    """Title and text for each world; a server that does not answer any more is said, and hides no failure."""
    near = _near_misses(error)
    redaction = Redaction()
    for each in worlds:
        title = f"world {each.world.name} of the emulator"
        try:
            text = "\n".join(
                line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]}…"
                for line in _lines(each, near, redaction)
            )
        except Exception as gone:  # whatever it is, the test's own failure must be seen
            text = f"Nothing can be told: {gone}"
        text = _LONG_TOKEN.sub(r"\1…", text)
        if len(text) > LONGEST_SECTION:
            text = f"… (the beginning is left out)\n{text[-LONGEST_SECTION:]}"
        yield title, text


def _lines(remembered: Remembered, near: Mapping[int, Mapping[str, Any]], redaction: Redaction) -> Iterator[str]:
    world = remembered.world
    view = world.show()
    clock = view["clock"]
    repeat = f"  {remembered.repeat_with}" if remembered.repeat_with else ""
    yield f"{view['base_url']}  {clock['mode']} at {clock['now']}{repeat}"
    exchanges = world.journal.exchanges(limit=10_000)
    if not exchanges:
        yield "Nothing happened."
    if len(exchanges) > MOST_EXCHANGES:
        yield f"… {len(exchanges) - MOST_EXCHANGES} earlier ones left out"
    for exchange in exchanges[-MOST_EXCHANGES:]:
        for line in _told(exchange, near.get(exchange.id), redaction):
            yield redaction.text(line)
    pending = [each for each in world.deliveries() if each.state not in ("delivered", "failed")]
    for each in pending:
        yield f"      still to be delivered: {each.method} {each.url} ({each.state})"
    yield from _unaddressed(remembered)


def _told(exchange: Exchange, near: Mapping[str, Any] | None, redaction: Redaction) -> Iterator[str]:
    if exchange.kind in ("action", "clock"):
        arguments = " ".join(
            f"{key}={_short(redaction.data(value, key))}" for key, value in (exchange.body or {}).items()
        )
        yield f"#{exchange.id:<4} {exchange.kind:<9} {exchange.path} {arguments}".rstrip()
    else:
        where = exchange.url if exchange.kind == "delivery" else exchange.path
        status = "no answer" if exchange.status is None else exchange.status
        kind = "call" if exchange.kind == "inbound" else exchange.kind
        yield f"#{exchange.id:<4} {kind:<9} {exchange.method} {where.partition('?')[0]} -> {status}"
    refused = exchange.error is not None or (exchange.status or 0) >= 400
    if refused:
        yield f"      refused   {exchange.error or _short(redaction.data(exchange.response.body))}"
    for violation in exchange.violations:
        yield f"      violation {violation}"
    if near is not None:
        for each in differences(near):
            yield f"      near miss {each}"
    if (refused or exchange.violations or near is not None) and exchange.kind in ("inbound", "delivery"):
        yield f"      sent      {_short(redaction.data(exchange.body))}"


def _unaddressed(remembered: Remembered) -> Iterator[str]:
    told = remembered.world.server.unaddressed()
    new = told["count"] - remembered.unaddressed
    if new <= 0:
        return
    # The server is everybody's: under xdist these may be another worker's.
    yield f"{new} request{'s' if new != 1 else ''} led to no world meanwhile:"
    for each in told["exchanges"][-new:][-MOST_UNADDRESSED:]:
        yield f"      {each['method']} {each['path']} -> {each['status']}: {each['reason']}"


def _near_misses(error: BaseException | None) -> dict[int, Mapping[str, Any]]:
    """By exchange, from the error or what led to it."""
    found: dict[int, Mapping[str, Any]] = {}
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, ServerSaidNo):
            found |= {miss["id"]: miss for miss in error.near_misses}
        error = error.__cause__ or error.__context__
    return found


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    return " ".join((value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).split())
