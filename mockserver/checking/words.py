"""Types and values in words for people."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence

from msgspec import inspect

from mockserver.checking.types import bare

_MOST_CHOICES = 12
_MOST_CHARACTERS = 60
_MOST_BITS = 256

_NAMES: dict[type[inspect.Type], str] = {
    inspect.AnyType: "anything",
    inspect.RawType: "anything",
    inspect.NoneType: "null",
    inspect.BoolType: "true or false",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.StrType: "a string",
    inspect.BytesType: "base64 text",
    inspect.ByteArrayType: "base64 text",
    inspect.MemoryViewType: "base64 text",
    inspect.DateType: 'a date such as "2025-01-31"',
    inspect.TimeDeltaType: 'a duration such as "PT30S"',
    inspect.UUIDType: "a UUID",
    inspect.DecimalType: "a decimal number",
    inspect.DictType: "an object",
    inspect.ListType: "a list",
    inspect.VarTupleType: "a list",
    inspect.SetType: "a list",
    inspect.FrozenSetType: "a list",
    inspect.NamedTupleType: "a list",
}


def quote(text: str) -> str:
    """`text` in double quotes on one line, cut when long, safe to print anywhere."""
    cut = text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"
    return json.dumps(cut, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()


def show(value: object) -> str:
    """A value as a person would name it, shortened: `"compleet"`, `12`, `a list of 3`, `null`."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return quote(value)
        case int():
            # Python refuses to write out a huge number, and nobody would read it.
            return str(int(value)) if value.bit_length() <= _MOST_BITS else "a number of very many digits"
        case float():
            return repr(float(value))
        case list() | tuple() | set() | frozenset():
            return f"a list of {len(value)}" if value else "an empty list"
        case dict():
            return f"an object with {_count(len(value), 'key')}" if value else "an empty object"
        case _:
            return f"a value of type {type(value).__name__}"


def choices(values: Iterable[object], *, last: str = "") -> str:
    """`one of "a", "b"`, or the value itself when there is but one; `last` is one more way out, in words."""
    shown = [show(value) for value in values]
    if len(shown) > _MOST_CHOICES:
        shown[_MOST_CHOICES - 1 :] = [f"{len(shown) - _MOST_CHOICES + 1} more"]
    listed = ", ".join(shown) if len(shown) == 1 else f"one of {', '.join(shown)}"
    return f"{listed} or {last}" if last else listed


def keys(names: Collection[str]) -> str:
    """`one of the keys "name", "with"`, for what an object may hold."""
    if not names:
        return "no keys at all"
    listed = choices(names).removeprefix("one of ")
    return f"one of the keys {listed}" if len(names) > 1 else f"the key {listed}"


def describe(info: inspect.Type) -> str:
    """What a value of this type looks like: `a whole number, at least 1`, `an object with "name"`."""
    info = bare(info)
    match info:
        case inspect.LiteralType(values=values):
            written = [value for value in values if value is not None]
            return choices(written, last="null" if len(written) < len(values) else "") if written else "null"
        case inspect.EnumType(cls=cls):
            return choices(choice.value for choice in cls)
        case inspect.UnionType(types=arms):
            return _describe_union([bare(arm) for arm in arms])
        case inspect.StructType(array_like=True):
            return "a list"
        case inspect.StructType() | inspect.TypedDictType() | inspect.DataclassType():
            required = [field.encode_name for field in info.fields if field.required]
            return f"an object with {_names(required)}" if required else "an object"
        case inspect.TupleType(item_types=items):
            return f"a list of exactly {_count(len(items), 'item')}"
        case inspect.DateTimeType(tz=tz):
            return _timed("a date and time", "2025-01-31T09:30:00", tz)
        case inspect.TimeType(tz=tz):
            return _timed("a time", "09:30:00", tz)
    name = _NAMES.get(type(info)) or f"a value of type {getattr(info, 'cls', type(info)).__name__}"
    limits = _limits(info)
    return f"{name}, {' and '.join(limits)}" if limits else name


def literals(info: inspect.Type) -> list[str]:
    """The strings that this type takes literally, for telling which one was meant."""
    info = bare(info)
    match info:
        case inspect.LiteralType(values=values):
            return [value for value in values if isinstance(value, str)]
        case inspect.EnumType(cls=cls):
            return [choice.value for choice in cls if isinstance(choice.value, str)]
        case inspect.UnionType(types=arms):
            return [word for arm in arms for word in literals(arm)]
    return []


def _describe_union(arms: Sequence[inspect.Type]) -> str:
    structs = [arm for arm in arms if isinstance(arm, inspect.StructType) and not arm.array_like]
    words: list[str] = []
    values: list[object] = []
    for arm in arms:
        match arm:
            case inspect.NoneType():
                continue
            case inspect.LiteralType():
                values.extend(value for value in arm.values if value is not None)
            case inspect.StructType(array_like=False) if len(structs) > 1:
                if arm is structs[0]:
                    tags = choices(struct.tag for struct in structs)
                    words.append(f"an object whose {quote(arm.tag_field or 'type')} is {tags}")
            case _:
                words.append(describe(arm))
    if values:
        words.insert(0, choices(values))
    if any(_takes_null(arm) for arm in arms):
        words.append("null")
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _takes_null(arm: inspect.Type) -> bool:
    return isinstance(arm, inspect.NoneType) or (isinstance(arm, inspect.LiteralType) and None in arm.values)


def _names(names: Sequence[str]) -> str:
    shown = [quote(name) for name in names[:_MOST_CHOICES]]
    more = len(names) - len(shown)
    return ", ".join([*shown, f"{more} more"] if more else shown)


def _timed(what: str, example: str, tz: bool | None) -> str:
    if tz is False:
        return f'{what} without time zone such as "{example}"'
    return f'{what}{" with time zone" if tz else ""} such as "{example}Z"'


def _limits(info: inspect.Type) -> list[str]:
    unit = {inspect.StrType: "character", inspect.BytesType: "byte", inspect.DictType: "key"}.get(type(info), "item")
    written = {
        "ge": "at least {}",
        "gt": "more than {}",
        "le": "at most {}",
        "lt": "less than {}",
        "multiple_of": "a multiple of {}",
        "pattern": "matching {}",
    }
    limits = [text.format(limit) for name, text in written.items() if (limit := getattr(info, name, None)) is not None]
    for name, words in (("min_length", "at least"), ("max_length", "at most")):
        if (length := getattr(info, name, None)) is not None:
            limits.append(f"{words} {_count(length, unit)}")
    return limits


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
