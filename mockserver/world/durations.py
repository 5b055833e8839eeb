"""How people write a length of time, read and written back."""

from __future__ import annotations

import re
from datetime import timedelta

from mockserver.errors import Invalid, Problem

LONGEST = timedelta(days=36_525)
"""A hundred years; more than that is a slip of the pen, and soon no date any more."""

_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,12})?"
_COMPACT = re.compile(
    rf"(?:(?P<w>{_NUMBER})w)?\s*(?:(?P<d>{_NUMBER})d)?\s*(?:(?P<h>{_NUMBER})h)?"
    rf"\s*(?:(?P<m>{_NUMBER})m(?!s))?\s*(?:(?P<s>{_NUMBER})s)?\s*(?:(?P<ms>{_NUMBER})ms)?",
    re.IGNORECASE,
)
_ISO = re.compile(
    rf"P(?:(?P<w>{_NUMBER})W)?(?:(?P<d>{_NUMBER})D)?"
    rf"(?:T(?=[0-9])(?:(?P<h>{_NUMBER})H)?(?:(?P<m>{_NUMBER})M)?(?:(?P<s>{_NUMBER})S)?)?",
    re.IGNORECASE,
)
_SECONDS = re.compile(_NUMBER)

_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds"}
_SECONDS_IN = {unit: timedelta(**{unit: 1}).total_seconds() for unit in _UNITS.values()}

_EXPECTED = "a duration: seconds as a number (90), '90s', '25h', '1h30m', '2d', '500ms', or ISO 8601 ('PT1H30M')"


def parse_duration(value: str | int | float) -> timedelta:
    """The length of time that `value` says.

    A number is seconds. A text is a number of seconds, `w d h m s ms` with numbers from large to
    small (`1h30m`), or an ISO 8601 duration without years and months, which have no fixed length.
    Raises `Invalid` for anything else, for negative and non-finite numbers and for more than a
    hundred years.
    """
    if isinstance(value, str):
        parts = _read(value)
        if sum(part * _SECONDS_IN[unit] for unit, part in parts.items()) > LONGEST.total_seconds():
            raise _invalid("a duration of at most a hundred years", _shown(value))
        return timedelta(**parts)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise _invalid(_EXPECTED, repr(value))
    if value < 0:
        raise _invalid("a duration that is not negative", _shown(value))
    if value > LONGEST.total_seconds():
        raise _invalid("a duration of at most a hundred years", _shown(value))
    return timedelta(seconds=value)


def format_duration(length: timedelta) -> str:
    """A duration as people write it (`25h`, `2d`, `1h30m`, `500ms`); `parse_duration` reads it back exactly."""
    sign = "-" if length < timedelta(0) else ""
    length = abs(length)
    if length and length % timedelta(days=1) == timedelta(0):
        return f"{sign}{length.days}d"
    hours, rest = divmod(length, timedelta(hours=1))
    minutes, rest = divmod(rest, timedelta(minutes=1))
    seconds, rest = divmod(rest, timedelta(seconds=1))
    milliseconds, microseconds = divmod(rest.microseconds, 1000)
    fraction = f".{microseconds:03d}".rstrip("0").rstrip(".")
    parts = [
        f"{hours}h" if hours else "",
        f"{minutes}m" if minutes else "",
        f"{seconds}s" if seconds else "",
        f"{milliseconds}{fraction}ms" if rest else "",
    ]
    return sign + ("".join(parts) or "0s")


def _read(text: str) -> dict[str, float]:
    written = text.strip()
    if _SECONDS.fullmatch(written):
        return {"seconds": float(written)}
    # Every part of both patterns is optional, so that nothing at all would pass as well.
    for pattern in (_COMPACT, _ISO):
        found = pattern.fullmatch(written)
        if found and any(found.groups()):
            return {_UNITS[unit]: float(part) for unit, part in found.groupdict().items() if part}
    raise _invalid(_EXPECTED, _shown(text))


def _invalid(expected: str, got: str) -> Invalid:
    return Invalid("That is no duration:", [Problem("$", expected, got)])


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:60]}…")
    return f"{value:g}" if abs(value) < 1e300 else "a number beyond all measure"
