"""The language in which people say what a value must look like.

- a plain value matches an equal one: numbers by value, and `true` is not 1;
- a mapping matches when every key it lists matches, and a list element by element, with equal length;
- a mapping whose one key names a matcher is that matcher:

  | matcher | matches |
  |---|---|
  | `equals: value` | exactly this and nothing more |
  | `matches: pattern` | a text in which the regular expression finds something |
  | `contains: x` | a text with that part, a list with such an element, an object with those keys |
  | `type: name` | `string number integer boolean object array null` |
  | `any: true`, `absent: true` | whatever is there; nothing there |
  | `one_of: [..]`, `not: x` | any of these; anything else (nothing there included) |
  | `gt` `gte` `lt` `lte` | numbers; two of them make a range |

A mapping is a matcher only when that key stands alone: `{requestId: 5, type: error}` lists two fields.
A mapping right below `contains` always lists keys, so that `contains: {type: error}` finds a field
that is called like a matcher and is asked for alone; `headers` and `query` always list names.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import Any, Final, TypeGuard

import msgspec

from mockserver.errors import nearest

MAX_SUBJECT: Final = 64 * 1024
"""Characters of a text that a pattern may be tried on; a longer text never matches, and the difference says so.

Python's regular expressions cannot be interrupted: the bound keeps patterns of quadratic cost cheap,
not those of exponential cost (`(a+)+$`).
"""

MAX_DEPTH: Final = 64
"""Levels that a match may be nested."""

MOST_NAMES: Final = 20
"""Names told of an object that lacks one."""

_RANGES: Final[Mapping[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "gt": (operator.gt, ">"),
    "gte": (operator.ge, ">="),
    "lt": (operator.lt, "<"),
    "lte": (operator.le, "<="),
}
TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda value: isinstance(value, str),
    "number": lambda value: is_number(value),
    "integer": lambda value: is_number(value) and value == value // 1,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, Mapping),
    "array": lambda value: isinstance(value, list | tuple),
    "null": lambda value: value is None,
}
MATCHERS: Final = frozenset({"equals", "matches", "contains", "type", "any", "absent", "one_of", "not", *_RANGES})


class Nothing:
    """What stands for a value that is not there."""


MISSING: Final = Nothing()
"""A key that an object does not have."""

EMPTY: Final = Nothing()
"""A part that every exchange has, such as a body, left empty; `null` means it as well."""


class Difference(msgspec.Struct, frozen=True):
    """One field in which an exchange is not what was expected.

    `field` reads like `body.items[0].status`; `expected` and `got` are text for people.
    """

    field: str
    expected: str
    got: str
    did_you_mean: str | None = None

    def __str__(self) -> str:
        hint = f" (did you mean {self.did_you_mean!r}?)" if self.did_you_mean else ""
        return f"{self.field}: expected {self.expected}, got {self.got}{hint}"


class Tally:
    """What agreed and what did not, counted in leaves of the match; `explain=False` only counts, which is cheap."""

    def __init__(self, *, explain: bool = True) -> None:
        self.explain = explain
        self.agreed = 0.0
        self.missed = 0.0
        self.differences: list[Difference] = []

    @property
    def score(self) -> float:
        """The part that agreed, from 0 to 1."""
        asked = self.agreed + self.missed
        return self.agreed / asked if asked else 1.0

    def judge(self, agrees: bool, field: str, expected: object, actual: object) -> None:
        """Count one comparison. A whole that is not there at all misses as much as all its leaves."""
        if agrees:
            self.agreed += 1
        else:
            self.missed += max(1, sum(1 for _ in leaves(field, expected)))
            if self.explain:
                self.differences.append(Difference(field, words(expected), show(actual)))


def compare(tally: Tally, field: str, expected: object, actual: object, *, text: bool = False) -> None:
    """Compare one value. `text` says that the actual one travelled as text, where numbers have no type."""
    name = matcher_of(expected)
    if name is not None:
        assert isinstance(expected, Mapping)
        argument = expected[name]
        if name == "equals" and isinstance(argument, Mapping | list | tuple):
            _compare_exactly(tally, field, argument, actual)
        elif name == "contains" and isinstance(argument, Mapping) and isinstance(actual, Mapping):
            compare_keys(tally, field, argument, actual)
        elif name == "contains" and isinstance(actual, list | tuple):
            _compare_elements(tally, field, argument, actual)
        elif name == "matches" and isinstance(actual, str) and len(actual) > MAX_SUBJECT:
            tally.missed += 1
            got = f"a text of {len(actual):,} characters, too long for a pattern (at most {MAX_SUBJECT:,})"
            tally.differences.append(Difference(field, words(expected), got))
        else:
            tally.judge(_holds(name, expected, actual, text=text), field, expected, actual)
    elif isinstance(expected, Mapping) and isinstance(actual, Mapping):
        compare_keys(tally, field, expected, actual, text=text)
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple) and len(expected) == len(actual):
        for index, (want, got) in enumerate(zip(expected, actual, strict=True)):
            compare(tally, f"{field}[{index}]", want, got, text=text)
    else:
        tally.judge(_equal(expected, actual, text=text), field, expected, actual)


def compare_keys(
    tally: Tally, field: str, expected: Mapping[str, Any], actual: Mapping[str, Any], *, text: bool = False
) -> None:
    """Compare the values of every key that `expected` lists."""
    for key, want in expected.items():
        compare(tally, join(field, key), want, actual.get(key, MISSING), text=text)
        if key not in actual and tally.differences and (missing := tally.differences[-1]).field == join(field, key):
            listed = f"nothing (there is {_listed(str(key), list(map(str, actual)))})" if actual else missing.got
            if key in MATCHERS and len(expected) > 1:
                listed += f", and {key!r} is a matcher only where nothing stands beside it"
            hint = nearest(str(key), [str(name) for name in actual if name not in expected])
            tally.differences[-1] = Difference(missing.field, missing.expected, listed, hint)


def _listed(wanted: str, names: list[str]) -> str:
    """The names, or where they are many the ones that are spelled most like the one that is wanted."""
    if len(names) <= MOST_NAMES:
        return ", ".join(names)
    alike = SequenceMatcher(b=wanted)

    def unlikeness(name: str) -> float:
        alike.set_seq1(name)
        return -alike.ratio()

    return f"{', '.join(sorted(names, key=unlikeness)[:MOST_NAMES])} … and {len(names) - MOST_NAMES} more"


def _compare_elements(tally: Tally, field: str, wanted: object, actual: Sequence[object]) -> None:
    """Whether a list has such an element; of those it has, what was asked for is told, and how the closest differs."""
    if any(_is_element(wanted, element) for element in actual):
        tally.agreed += 1
        return
    tally.missed += 1
    if not tally.explain:
        return
    scores = [_compare_element(Tally(explain=False), "", wanted, element).score for element in actual]
    best = max(range(len(actual)), key=lambda index: (scores[index], index), default=-1)
    got, hint = show([_as_far_as_asked(wanted, element) for element in actual], 300), None
    if best < 0 or not scores[best]:
        hint = nearest(wanted, [each for each in actual if isinstance(each, str)]) if isinstance(wanted, str) else None
        tally.differences.append(Difference(field, words({"contains": wanted}), got, hint))
        return
    got += f", of which {field}[{best}] comes closest"
    tally.differences.append(Difference(field, words({"contains": wanted}), got))
    _compare_element(told := Tally(), f"{field}[{best}]", wanted, actual[best])
    tally.differences += told.differences


def _compare_element(tally: Tally, field: str, wanted: object, element: object) -> Tally:
    if not isinstance(wanted, Mapping):
        compare(tally, field, wanted, element)
    elif isinstance(element, Mapping):
        compare_keys(tally, field, wanted, element)
    else:
        tally.judge(False, field, wanted, element)
    return tally


def _as_far_as_asked(wanted: object, element: object) -> object:
    """The fields of an element that are asked for; the whole where it has none of them, or is no object."""
    if not isinstance(wanted, Mapping) or not isinstance(element, Mapping):
        return element
    return {key: part for key, part in element.items() if key in wanted} or element


def words(expected: object) -> str:
    """What is expected of one value, as part of a sentence."""
    name = matcher_of(expected)
    if name is None:
        return show(expected)
    assert isinstance(expected, Mapping)
    argument = expected[name]
    match name:
        case "equals":
            return f"exactly {show(argument)}" if isinstance(argument, Mapping | list | tuple) else show(argument)
        case "matches":
            return f"a text that matches {argument!r}"
        case "contains":
            return f"something that contains {show(argument)}"
        case "type":
            return f"a value of type {argument}"
        case "any":
            return "anything"
        case "absent":
            return "nothing"
        case "one_of":
            return " or ".join(words(choice) for choice in argument)
        case "not":
            return f"not {words(argument)}"
        case _:
            return "a number " + " and ".join(f"{_RANGES[bound][1]} {show(limit)}" for bound, limit in expected.items())


def is_of_type(name: str, value: object) -> bool:
    """Whether a value is of the type that the matcher `type` calls by that name."""
    return TYPES[name](value)


def leaves(field: str, expected: object) -> Iterator[tuple[str, str]]:
    """Each single thing a match asks for: its field and the words for it."""
    if isinstance(expected, Mapping) and matcher_of(expected) is None and expected:
        for key, part in expected.items():
            yield from leaves(join(field, key), part)
    elif isinstance(expected, list | tuple) and expected:
        for index, part in enumerate(expected):
            yield from leaves(f"{field}[{index}]", part)
    else:
        yield field, words(expected)


def show(value: object, limit: int = 120) -> str:
    """A value as a person reads it in a message: JSON, cut where it gets long."""
    if isinstance(value, Nothing):
        return "nothing"
    if isinstance(value, str) and len(value) > limit:
        return f"{json.dumps(value[:limit] + '…', ensure_ascii=False)} ({len(value):,} characters)"
    text = json.dumps(_pruned(value, levels=5, width=limit), ensure_ascii=False, default=str)
    return text if len(text) <= limit else f"{text[:limit]}…"


def join(field: str, key: object) -> str:
    """The field under `key`, in the words of a `Difference`."""
    if isinstance(key, str) and re.fullmatch(r"[\w$-]+", key):
        return f"{field}.{key}" if field else key
    return f"{field}[{show(key)}]"


def too_deep(value: object, levels: int) -> bool:
    """Whether `value` is nested deeper than that."""
    parts = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    return levels < 0 or any(too_deep(part, levels - 1) for part in parts)


def _compare_exactly(tally: Tally, field: str, expected: object, actual: object) -> None:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            _compare_exactly(tally, join(field, key), expected.get(key, MISSING), actual.get(key, MISSING))
    elif isinstance(expected, list | tuple) and isinstance(actual, list | tuple) and len(expected) == len(actual):
        for index, (want, got) in enumerate(zip(expected, actual, strict=True)):
            _compare_exactly(tally, f"{field}[{index}]", want, got)
    else:
        tally.judge(_equal(expected, actual), field, {"equals": expected}, actual)


def _matches(expected: object, actual: object, *, text: bool = False) -> bool:
    tally = Tally(explain=False)
    compare(tally, "", expected, actual, text=text)
    return not tally.missed


def _holds(name: str, matcher: Mapping[str, Any], actual: object, *, text: bool) -> bool:
    argument = matcher[name]
    match name:
        case "any" | "absent":
            return isinstance(actual, Nothing) == (name == "absent")
        case "one_of":
            return any(_matches(choice, actual, text=text) for choice in argument)
        case "not":
            return not _matches(argument, actual, text=text)
        case "equals":
            return _equal(argument, actual, text=text)
        case "matches":
            return isinstance(actual, str) and len(actual) <= MAX_SUBJECT and re.search(argument, actual) is not None
        case "contains":
            return isinstance(actual, str) and isinstance(argument, str) and argument in actual
        case "type":
            return TYPES[argument](None if actual is EMPTY else actual)
        case _:
            number = _as_number(actual) if text else actual
            return is_number(number) and all(_RANGES[bound][0](number, limit) for bound, limit in matcher.items())


def _is_element(wanted: object, element: object) -> bool:
    return not _compare_element(Tally(explain=False), "", wanted, element).missed


def _equal(expected: object, actual: object, *, text: bool = False) -> bool:
    """Whether two values that are not both objects, nor both lists of one length, are the same."""
    if actual is EMPTY:
        return expected is None
    if text and isinstance(actual, str) and isinstance(expected, bool):
        return actual.lower() == str(expected).lower()
    if text and is_number(expected):
        return bool(expected == _as_number(actual))
    return expected == actual and isinstance(expected, bool) == isinstance(actual, bool)


def matcher_of(value: object) -> str | None:
    """The name of the matcher that `value` is; the first one for a range of two."""
    if not isinstance(value, Mapping) or not 1 <= len(value) <= 2:
        return None
    name = next(iter(value))
    is_matcher = name in MATCHERS if len(value) == 1 else all(key in _RANGES for key in value)
    return name if is_matcher else None


def is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_number(value: object) -> object:
    """The number a text means; the value itself when it means none."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _pruned(value: object, levels: int, width: int) -> object:
    """The value without what lies too deep or too far out to be seen in a message."""
    if isinstance(value, Nothing):
        return None
    if isinstance(value, Mapping):
        shown = islice(value.items(), width)
        return {str(key): _pruned(part, levels - 1, width) for key, part in shown} if levels else "…"
    if isinstance(value, list | tuple):
        return [_pruned(part, levels - 1, width) for part in value[:width]] if levels else "…"
    return value
