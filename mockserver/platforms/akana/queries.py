"""Query parameters, read as leniently as clients write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.models import ENVIRONMENTS, Environment
from mockserver.wire import Call

T = TypeVar("T")

MOST_ON_A_PAGE = 500


def environment(call: Call) -> Environment | None:
    """The parameter Environment in any case; raises `Rejected` for one that is none."""
    given = call.query_value("Environment", "environment")
    if not given:
        return None
    found = next((each for each in ENVIRONMENTS if each.lower() == given.lower()), None)
    if found is None:
        raise Fault.INVALID.stop(f"Environment: expected {' or '.join(ENVIRONMENTS)}, got {given!r}.")
    return found


def flag(call: Call, name: str) -> bool:
    """A yes-or-no parameter: absent is no, there without a value is yes."""
    given = call.query_value(name)
    if given is None:
        return False
    if given.lower() not in ("", "true", "false"):
        raise Fault.INVALID.stop(f"{name}: expected true or false, got {given!r}.")
    return given.lower() != "false"


def comment(call: Call) -> str:
    """The comment that comes with an action in the query."""
    return call.query_value("Comments", "Comment") or ""


def paged(call: Call, items: Sequence[T]) -> Sequence[T]:
    """The part of a list that `start` and `count` ask for; at most 500 at once."""
    start, count = _number(call, "start", 0), _number(call, "count", MOST_ON_A_PAGE)
    return items[start : start + min(count, MOST_ON_A_PAGE)]


def _number(call: Call, name: str, default: int) -> int:
    given = call.query_value(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10):
        raise Fault.INVALID.stop(f"{name}: expected a whole number from 0, got {given!r}.")
    return int(given)
