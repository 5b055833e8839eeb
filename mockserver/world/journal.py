"""What happened in a world, in order: requests in, deliveries out, actions, moves of the clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace
from typing import Any, Literal, cast
from urllib.parse import parse_qsl

import msgspec

from mockserver.world.headers import Packed, unpack
from mockserver.world.headers import Pairs as Pairs
from mockserver.world.matchers import too_deep

ExchangeKind = Literal["inbound", "delivery", "action", "clock"]
MAX_EXCHANGES = 10_000
MAX_BYTES = 32 * 1024 * 1024
MAX_SERVER_BYTES = 128 * 1024 * 1024
MAX_DEPTH = 100
"""Levels to which JSON is taken apart; deeper ones would exhaust the stack of whoever looks at them."""


class Violation(msgspec.Struct, frozen=True):
    """Something a client did that nobody documents: tolerated and told, or refused under `strict`."""

    field: str
    reason: str
    did_you_mean: str | None = None


class Exchange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One finished thing that happened.

    `id` counts finished exchanges; `began` counts them in the order they began, which is the order
    of cause and effect when a plugin calls back from inside a webhook. `at` is the world's time,
    `wall` the machine's, `seconds` how long it took. For a delivery the request is what we sent and
    the response what the plugin answered; `sent_to` is the URL that was really called, where hosts
    are mapped and it differs. For an action `path` is its name, the request body its
    arguments and the response body its result, as JSON. The heads are header fields as `headers`
    packs them, and like the query they are taken apart when somebody looks. The garbage collector does
    not look at exchanges: there are thousands, and nothing in one can lead back to it.
    """

    id: int
    began: int
    kind: ExchangeKind
    at: datetime
    wall: datetime
    seconds: float
    method: str = ""
    path: str = ""
    url: str = ""
    query_string: str = ""
    request_head: Packed = b""
    request_body: bytes = b""
    status: int | None = None
    response_head: Packed = b""
    response_body: bytes = b""
    route: str | None = None
    addressed_by: str | None = None
    authenticated_by: str | None = None
    delivery: str | None = None
    sent_to: str | None = None
    error: str | None = None
    violations: tuple[Violation, ...] = ()
    _facts: dict[str, Any] | None = None

    @property
    def query(self) -> Pairs:
        """The parameters of the URL."""
        return tuple(parse_qsl(self.query_string, keep_blank_values=True)) if self.query_string else ()

    @property
    def request_headers(self) -> Pairs:
        """The header fields of the request, in order; names in lower case."""
        return unpack(self.request_head)

    @property
    def response_headers(self) -> Pairs:
        """The same of the response."""
        return unpack(self.response_head)

    @property
    def facts(self) -> dict[str, Any]:
        """The exchange as plain data: what matches, expressions and reports look at. Made when first asked for."""
        if self._facts is None:
            msgspec.structs.force_setattr(self, "_facts", self._told())
        return cast(dict[str, Any], self._facts)

    def _told(self) -> dict[str, Any]:
        request_headers, response_headers = self.request_headers, self.response_headers
        return {
            "id": self.id,
            "began": self.began,
            "kind": self.kind,
            "method": self.method,
            "path": self.path,
            "url": self.url,
            "query": multi(self.query),
            "status": self.status,
            "error": self.error,
            "headers": multi(request_headers),
            "body": readable(request_headers, self.request_body),
            "response": {
                "headers": multi(response_headers),
                "body": readable(response_headers, self.response_body),
            },
        }

    @property
    def size(self) -> int:
        """Roughly the bytes it keeps in memory."""
        return (
            700
            + len(self.url)
            + len(self.query_string)
            + len(self.request_head)
            + len(self.request_body)
            + len(self.response_head)
            + len(self.response_body)
            + 200 * len(self.violations)
        )


def multi(pairs: Pairs) -> dict[str, Any]:
    """Name/value pairs as a mapping; a name that repeats becomes a list."""
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            earlier = result[name]
            result[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            result[name] = value
    return result


def readable(headers: Pairs, body: bytes) -> Any:
    """A body as data: JSON (unless nested past reason) or form fields by content type, else text, None when empty."""
    if not body:
        return None
    content_type = (
        next((value for name, value in headers if name == "content-type"), "").partition(";")[0].strip().lower()
    )
    if content_type == "application/x-www-form-urlencoded":
        return multi(tuple(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)))
    if content_type.endswith("json") or body[:1] in b"{[":
        try:
            data = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            pass
        else:
            if not too_deep(data, MAX_DEPTH):
                return data
    return body.decode("utf-8", "replace")


class Journals:
    """What the journals of one server's worlds may keep: each for itself, and all together.

    When all together are over `max_server_bytes`, exchanges of the world give way in which nothing
    has happened for longest.
    """

    def __init__(
        self,
        *,
        max_exchanges: int = MAX_EXCHANGES,
        max_bytes: int = MAX_BYTES,
        max_server_bytes: int = MAX_SERVER_BYTES,
    ) -> None:
        self.max_exchanges = max_exchanges
        self.max_bytes = max_bytes
        self.max_server_bytes = max_server_bytes
        self.bytes = 0
        self._uses = 0
        self._kept: dict[int, Journal] = {}
        """The journals that hold something, each by the use at which it began to."""
        self._by_use: list[tuple[int, int]] = []
        """A heap of a use, which was a journal's last when somebody looked, and of its key in `_kept`."""

    def open(self) -> Journal:
        """A journal for a new world; closed, it counts no more."""
        return Journal(max_exchanges=self.max_exchanges, max_bytes=self.max_bytes, shelf=self)

    def used(self, journal: Journal) -> None:
        """Something was added to a journal: make room (called by the journal)."""
        self._uses += 1
        if journal.last_use == 0:
            journal.first_use = self._uses
            self._kept[self._uses] = journal
            heappush(self._by_use, (self._uses, self._uses))
        journal.last_use = self._uses
        while self.bytes > self.max_server_bytes:
            use, key = self._by_use[0]
            oldest = self._kept.get(key)
            if oldest is None:
                heappop(self._by_use)
            elif oldest.last_use != use:
                heapreplace(self._by_use, (oldest.last_use, key))
            elif oldest is journal and len(journal) == 1:
                return
            elif len(oldest):
                oldest.drop_oldest()
            else:
                self._forget(oldest)

    def closed(self, journal: Journal) -> None:
        """A journal counts no more (called by the journal)."""
        self.bytes -= journal.bytes
        if journal.last_use:
            self._forget(journal)

    def _forget(self, journal: Journal) -> None:
        del self._kept[journal.first_use]
        journal.last_use = 0
        if len(self._by_use) > 2 * len(self._kept) + 100:
            self._by_use = [(each.last_use, key) for key, each in self._kept.items()]
            heapify(self._by_use)


class Journal:
    """A bounded record of exchanges; the oldest give way, and `dropped` says how many did.

    A `shelf` bounds it together with the journals of other worlds; `first_use` and `last_use` are the shelf's.
    """

    def __init__(
        self, *, max_exchanges: int = MAX_EXCHANGES, max_bytes: int = MAX_BYTES, shelf: Journals | None = None
    ) -> None:
        self.max_exchanges = max_exchanges
        self.max_bytes = max_bytes
        self._shelf = shelf
        self.listeners: list[Callable[[Exchange], None]] = []
        self._exchanges: deque[Exchange] = deque()
        self._sizes: deque[int] = deque()
        self._bytes = 0
        self._began = 0
        self._last = 0
        self.dropped = 0
        self.first_use = self.last_use = 0

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._exchanges)

    def __reversed__(self) -> Iterator[Exchange]:
        return reversed(self._exchanges)

    @property
    def bytes(self) -> int:
        """Roughly what it keeps in memory."""
        return self._bytes

    @property
    def last_id(self) -> int:
        """The id of the newest exchange; 0 when there was none."""
        return self._last

    def begin(self) -> int:
        """Reserve the place in the order of beginnings for something that starts now."""
        self._began += 1
        return self._began

    def add(self, **fields: Any) -> Exchange:
        """Record a finished exchange (every field but `id`) and tell the listeners."""
        return self.append(Exchange(id=self._last + 1, **fields))

    def append(self, exchange: Exchange) -> Exchange:
        """Record a finished exchange that has the next id, and tell the listeners."""
        self._last = exchange.id
        self._exchanges.append(exchange)
        size = exchange.size
        self._sizes.append(size)
        self._count(size)
        while len(self._exchanges) > self.max_exchanges or (self._bytes > self.max_bytes and len(self._exchanges) > 1):
            self.drop_oldest()
        if self._shelf is not None:
            self._shelf.used(self)
        for listener in tuple(self.listeners):
            listener(exchange)
        return exchange

    def get(self, exchange_id: int) -> Exchange | None:
        """The exchange with this id, or None when it was dropped or never was."""
        if not self._exchanges:
            return None
        position = exchange_id - self._exchanges[0].id
        return self._exchanges[position] if 0 <= position < len(self._exchanges) else None

    def after(self, exchange_id: int) -> list[Exchange]:
        """The exchanges that were recorded after the one with this id, oldest first; costs what it finds."""
        found: list[Exchange] = []
        for exchange in reversed(self._exchanges):
            if exchange.id <= exchange_id:
                break
            found.append(exchange)
        return found[::-1]

    def drop_oldest(self) -> None:
        """Let the oldest exchange go."""
        self._exchanges.popleft()
        self._count(-self._sizes.popleft())
        self.dropped += 1

    def forget(self) -> None:
        """Empty the record but keep counting, so that whoever reads on from an id is not fooled."""
        self._exchanges.clear()
        self._sizes.clear()
        self._count(-self._bytes)

    def close(self) -> None:
        """Leave the shelf: the world has ended."""
        if self._shelf is not None:
            shelf, self._shelf = self._shelf, None
            shelf.closed(self)

    def _count(self, size: int) -> None:
        self._bytes += size
        if self._shelf is not None:
            self._shelf.bytes += size
