"""What makes a match unusable, told before anything is compared with it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from mockserver.checking.paths import item, member
from mockserver.errors import Problem, nearest
from mockserver.world.matchers import TYPES, is_number, matcher_of, show

_LISTING: Final = frozenset({"contains", "equals"})
"""Matchers below which people list the fields of an object."""


def check(
    value: object, path: str, later: Callable[[object], bool], problems: list[Problem], beside: str | None = None
) -> None:
    """Add what makes the matchers in `value` unusable; a value for which `later` is true is left alone.

    `beside` is what stands next to `value` where that would be a matcher's if it stood alone.
    """
    name = matcher_of(value)
    if name is None:
        check_parts(value, path, later, problems)
        return
    assert isinstance(value, Mapping)
    for key, argument in value.items():
        if not later(argument) and (expected := _unusable(key, argument, beside)):
            hint = nearest(argument, TYPES) if key == "type" and isinstance(argument, str) else None
            problems.append(Problem(member(path, key), expected, show(argument), hint))
    if name in ("contains", "one_of"):
        check_parts(value[name], member(path, name), later, problems)
    elif name == "not":
        check(value[name], member(path, name), later, problems)


def check_parts(value: object, path: str, later: Callable[[object], bool], problems: list[Problem]) -> None:
    """The same for each part of `value`, which is no matcher itself."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            others = (show(other) for other in value if other != key)
            check(part, member(path, key), later, problems, next(others, None) if key in _LISTING else None)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            check(part, item(path, index), later, problems)


def _unusable(name: str, argument: object, beside: str | None) -> str | None:
    """What the argument of a matcher should be, or None when it is that; `beside` as `check` has it."""
    match name:
        case "matches":
            return _bad_pattern(argument)
        case "any" | "absent":
            wanted = None if argument is True else "true"
        case "one_of":
            wanted = None if isinstance(argument, list | tuple) and argument else "a list of choices"
        case "type":
            wanted = None if isinstance(argument, str) and argument in TYPES else f"one of {', '.join(TYPES)}"
        case "gt" | "gte" | "lt" | "lte":
            wanted = None if is_number(argument) and not math.isnan(argument) else "a number"
        case _:
            wanted = None
    if wanted is None:
        return None
    if beside is not None:
        return (
            f"{wanted}; where others stand, a field that is called {name!r} needs no matcher around it: "
            f"write {name}: {show(argument)} beside {beside}"
        )
    return (
        f"{wanted}; a field that is called {name!r} is found by contains: {{{name}: ..}}, "
        f"or with another field beside it, by {name}: .."
    )


def _bad_pattern(pattern: object) -> str | None:
    if not isinstance(pattern, str):
        return "a regular expression"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"a regular expression, but this is none ({error})"
    return None
