"""Faults: what goes wrong on purpose, with which calls, how often, and when.

The rules of a world are looked at in the order in which they were made; the first one that fits counts.
They live outside transactions and snapshots: a call that is rolled back was hit all the same.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mockserver.errors import Invalid, Problem, Unknown
from mockserver.world.durations import parse_duration
from mockserver.world.headers import Pairs
from mockserver.world.matching import Match, matches

Direction = Literal["inbound", "delivery"]
Wire = Literal["reset", "empty", "garbage", "malformed_chunk", "truncate", "timeout"]
Duration = str | int | float
Facts = Mapping[str, Any]

MAX_FAULTS: Final = 1_000
LONGEST_DELAY: Final = 300.0
"""Wall seconds that a fault may hold a call."""


class Uniform(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="uniform", tag_field="kind"):
    """A delay anywhere between two durations."""

    least: Duration
    most: Duration


class Lognormal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="lognormal", tag_field="kind"):
    """A delay as networks have it: half are below the `median`, and few are far above; `sigma` says how far."""

    median: Duration
    sigma: Annotated[float, Meta(ge=0, le=3)] = 0.5


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time on the world's clock, counted from when the fault was made; without `until` it never ends."""

    since: Duration = 0
    until: Duration | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What goes wrong, and with which calls.

    `direction` says whether the plugin's calls are meant or the webhooks it is sent, `when` what they
    look like, `client` the client ID that they carry. Of the calls that fit, `after` are let through
    first, then `times` are hit (once when not said, null for ever), each with this `probability`, and
    only within the `window`.

    `delay` holds a call, `status`, `headers`, `body` (JSON) or `text` are answered in place of what
    would have been, a header that is null is taken away, and `drip` spreads the answer's body over a
    while. `wire` breaks the connection: `reset`, `empty` (closed without a byte), `garbage` (no HTTP),
    `malformed_chunk`, `truncate` (half of the body), `timeout` (never answered; a webhook counts as not
    answered in time). With `processed` the emulator does its work before the answer goes wrong; else a
    call whose answer is replaced, or that gets none, has not happened for it.
    """

    direction: Direction = "inbound"
    when: Match = Match()
    client: str | None = None
    after: Annotated[int, Meta(ge=0)] = 0
    times: Annotated[int, Meta(ge=1)] | None = 1
    probability: Annotated[float, Meta(gt=0, le=1)] = 1.0
    window: Window | None = None
    delay: Duration | Uniform | Lognormal | None = None
    status: Annotated[int, Meta(ge=200, le=599)] | None = None
    headers: dict[str, str | None] = {}
    body: Any = UNSET
    text: str | UnsetType = UNSET
    drip: Duration | None = None
    wire: Wire | None = None
    processed: bool = False
    title: str | None = None

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise Invalid("This fault cannot be used:", problems)

    def _problems(self) -> Iterator[Problem]:
        does = (self.delay, self.status, self.headers or None, self.drip, self.wire)
        if all(each is None for each in does) and self.body is UNSET and self.text is UNSET:
            yield Problem("$", "something that goes wrong: delay, status, headers, body, text, drip or wire", "nothing")
        if self.body is not UNSET and self.text is not UNSET:
            yield Problem("$.text", "one body, and this fault has 'body' already", "'text'")
        if self.direction == "delivery":
            if self.drip is not None:
                yield Problem("$.drip", "nothing: only the emulator's own answers can be spread", repr(self.drip))
            if self.wire not in (None, "reset", "timeout", "empty"):
                yield Problem("$.wire", "reset, empty or timeout, for a webhook", repr(self.wire))
        if self.when.kind is not UNSET or self.when.status is not UNSET or self.when.response is not UNSET:
            yield Problem("$.when", "method, path, query, headers and body: the answer is not known yet", "more")
        for name, duration in self._durations():
            try:
                seconds = parse_duration(duration).total_seconds()
            except Invalid as refusal:
                yield from (Problem(f"$.{name}", each.expected, each.got) for each in refusal.problems)
                continue
            if seconds > LONGEST_DELAY and not name.startswith("window"):
                yield Problem(f"$.{name}", f"at most {LONGEST_DELAY:g} seconds", repr(duration))

    def _durations(self) -> Iterator[tuple[str, Duration]]:
        match self.delay:
            case Uniform(least, most):
                yield from (("delay.least", least), ("delay.most", most))
            case Lognormal(median, _):
                yield "delay.median", median
            case None:
                pass
            case duration:
                yield "delay", duration
        if self.drip is not None:
            yield "drip", self.drip
        if self.window is not None:
            yield "window.since", self.window.since
            if self.window.until is not None:
                yield "window.until", self.window.until

    @property
    def replaces(self) -> bool:
        """Whether something else is answered than would have been."""
        return self.status is not None or self.body is not UNSET or self.text is not UNSET

    def in_words(self) -> str:
        """What it does, in a few words."""
        parts = [self.wire.replace("_", " ")] if self.wire else []
        parts += [str(self.status)] if self.status is not None else []
        parts += ["another body"] if self.body is not UNSET or self.text is not UNSET else []
        parts += ["other headers"] if self.headers else []
        parts += ["a delay"] if self.delay is not None else []
        parts += ["a slow drip"] if self.drip is not None else []
        return self.title or " and ".join(parts)


class _Claims(msgspec.Struct):
    aud: str | None = None


class Hit(msgspec.Struct, frozen=True):
    """A fault that one call gets: its id, and how many wall seconds the call is held."""

    id: str
    fault: Fault
    delay: float


class Armed(msgspec.Struct):
    """A fault in its world: how many calls fitted by now, and how many were hit."""

    id: str
    fault: Fault
    made: datetime
    seen: int = 0
    hits: int = 0

    @property
    def spent(self) -> bool:
        """Whether it will never hit again."""
        return self.fault.times is not None and self.hits >= self.fault.times


class Faults:
    """The faults of one world; chance depends on the world's seed and on nothing else.

    Not on its name as ids do, for a run in another world of the same seed must go the same way.
    """

    def __init__(self, seed: int) -> None:
        self._key = f"{seed}\0fault\0"
        self._armed: dict[str, Armed] = {}
        self._made = 0

    def __bool__(self) -> bool:
        return bool(self._armed)

    def __iter__(self) -> Iterator[Armed]:
        return iter(tuple(self._armed.values()))

    def add(self, fault: Fault, now: datetime) -> Armed:
        """Let something go wrong from now on. Raises `Invalid` when there are too many."""
        if len(self._armed) >= MAX_FAULTS:
            raise Invalid(f"A world has at most {MAX_FAULTS} faults.", hint="Remove some.")
        self._made += 1
        armed = Armed(f"fault-{self._made}", fault, now)
        self._armed[armed.id] = armed
        return armed

    def get(self, id_: str) -> Armed:
        """The fault with this id; raises `Unknown`."""
        if id_ not in self._armed:
            raise Unknown("fault", id_, self._armed)
        return self._armed[id_]

    def remove(self, id_: str) -> None:
        """Let it go right again; raises `Unknown`."""
        del self._armed[self.get(id_).id]

    def clear(self) -> None:
        """Let everything go right again."""
        self._armed.clear()

    def take(self, direction: Direction, facts: Facts, now: datetime) -> Hit | None:
        """What goes wrong with this call: the first fault that fits and hits, which is counted."""
        for armed in self._armed.values():
            fault = armed.fault
            if fault.direction != direction or armed.spent or not _is_open(armed, now):
                continue
            if not matches(fault.when, facts) or (fault.client is not None and client_of(facts) != fault.client):
                continue
            armed.seen += 1
            if armed.seen <= fault.after:
                continue
            if fault.probability < 1 and self._chance(armed, "hit") >= fault.probability:
                continue
            armed.hits += 1
            return Hit(armed.id, fault, self._delay(armed))
        return None

    def _delay(self, armed: Armed) -> float:
        match armed.fault.delay:
            case None:
                return 0.0
            case Uniform(least, most):
                low, high = _seconds(least), _seconds(most)
                return low + (high - low) * self._chance(armed, "delay")
            case Lognormal(median, sigma):
                from statistics import NormalDist

                drawn = NormalDist().inv_cdf(min(max(self._chance(armed, "delay"), 1e-9), 1 - 1e-9))
                return min(_seconds(median) * math.exp(sigma * drawn), LONGEST_DELAY)
            case duration:
                return _seconds(duration)

    def _chance(self, armed: Armed, what: str) -> float:
        """A number from 0 to below 1 that is the same on every run."""
        octets = hashlib.shake_256(f"{self._key}{armed.id}\0{what}\0{armed.seen}".encode()).digest(8)
        return int.from_bytes(octets) / 2**64


def changed(fault: Fault, status: int, headers: Pairs, body: bytes) -> tuple[int, Pairs, bytes]:
    """An answer with what the fault puts in its place."""
    if fault.replaces:
        headers, body = (), b""
    if fault.body is not UNSET:
        headers, body = (("content-type", "application/json"),), msgspec.json.encode(fault.body)
    elif isinstance(fault.text, str):
        headers, body = (("content-type", "text/plain; charset=utf-8"),), fault.text.encode()
    if fault.headers:
        given = {name.lower(): value for name, value in fault.headers.items()}
        headers = tuple(pair for pair in headers if pair[0].lower() not in given)
        headers += tuple((name, value) for name, value in given.items() if value is not None)
    return fault.status if fault.status is not None else status, headers, body


def client_of(facts: Facts) -> str | None:
    """The client ID that a call carries.

    It is the user name of Basic, the `aud` of a JWT, which is believed here, or `client_id` in query, form or JSON.
    """
    import base64
    import binascii

    authorization = str((facts.get("headers") or {}).get("authorization", ""))
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return None
    if (token := credentials or authorization).count(".") == 2:
        payload = token.split(".")[1]
        try:
            claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=_Claims)
        except (binascii.Error, ValueError):  # which msgspec's errors are, too
            return None
        return claims.aud
    for part in (facts.get("query"), facts.get("body")):
        if isinstance(part, Mapping) and isinstance(part.get("client_id"), str):
            found: str = part["client_id"]
            return found
    return None


def _is_open(armed: Armed, now: datetime) -> bool:
    window = armed.fault.window
    if window is None:
        return True
    passed = (now - armed.made).total_seconds()
    return _seconds(window.since) <= passed and (window.until is None or passed < _seconds(window.until))


def _seconds(duration: Duration) -> float:
    return parse_duration(duration).total_seconds()
