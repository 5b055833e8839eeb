"""Query parameters of the developer API."""

from __future__ import annotations

from mockserver.platforms.os1.errors import Error
from mockserver.wire import Call


def required(call: Call, *names: str) -> str:
    """A parameter that must be there, by any of its names; raises the refusal when it is not."""
    value = call.query_value(*names)
    if not value:
        raise Error.MISSING.stop(f"The query parameter {names[0]} is missing.")
    return value


def whole_number(call: Call, name: str, default: int) -> int:
    """A parameter that is a whole number, not negative; raises the refusal for anything else."""
    value = call.query_value(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise Error.UNUSABLE.stop(f"The query parameter {name} must be a whole number, not {value[:60]!r}.")
    return int(value)
