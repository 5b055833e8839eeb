"""One request on its way through the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mockserver.edge.addressing import Place
from mockserver.wire import Call
from mockserver.wire.routes import Found
from mockserver.world.headers import pack
from mockserver.world.journal import Exchange
from mockserver.world.world import World


class Visit:
    """What came, where it leads, and when it began.

    `at` is the instant on its world's clock, `wall` on the machine's; `started` and `began` are for
    measuring and for the journal. `placed` and `at` are there once its world was looked for.
    """

    __slots__ = (
        *("at", "began", "call", "found", "head", "max_body"),
        *("placed", "prefix", "scheme", "started", "too_long", "wall", "world"),
    )

    at: datetime
    placed: Place
    world: World | None

    def __init__(
        self, call: Call, found: Found, prefix: str | None, scheme: str, max_body: int, started: float, wall: float
    ) -> None:
        self.call = call
        self.found = found
        self.prefix = prefix
        self.scheme = scheme
        self.max_body = max_body
        self.started = started
        self.wall = wall
        self.began = 0
        self.too_long = False
        self.head = pack(call.fields)

    def facts(self) -> dict[str, Any]:
        """The request as far as it is known before it is answered, as matches and expressions see it."""
        call = self.call
        return Exchange(
            id=0,
            began=0,
            kind="inbound",
            at=self.at,
            wall=self.at,
            seconds=0.0,
            method=call.method,
            path=call.path,
            url=call.base_url + call.path,
            query_string=call.query_string,
            request_head=self.head,
            request_body=call.body,
        ).facts
