"""Every problem of a value at once: the value is walked beside its type."""

from __future__ import annotations

import contextlib
import re
import typing
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from mockserver.checking.paths import item, member, position
from mockserver.checking.types import accepts_key, bare, inspected, python_type
from mockserver.checking.unions import arms_for, by_tag
from mockserver.checking.words import choices, describe, keys, literals, quote, show
from mockserver.errors import Problem, nearest

MOST_PROBLEMS = 1000
"""More are not listed: a body of a megabyte must not cost seconds to refuse."""

DEEPEST = 40
"""Structs within Structs that are walked; below, msgspec's own first complaint has to do."""

_MEANT_BOOLEAN = dict.fromkeys(("yes", "y", "on", "true"), "true") | dict.fromkeys(("no", "n", "off", "false"), "false")
_FROM_MSGSPEC = re.compile(r"(?P<what>.*?)(?: - at (?:`key` in )?`\$(?P<below>[^`]*)`)?", re.DOTALL)

_KINDS = re.compile(r"Expected `(?P<expected>[^`]*)`, got `(?P<got>[^`]*)`")
_NAMES = {"str": "a string", "int": "a whole number", "float": "a number", "bool": "true or false"}
_NAMES |= {"array": "a list", "object": "an object"}

_Object = inspect.StructType | inspect.TypedDictType
_Array = inspect.ListType | inspect.SetType | inspect.FrozenSetType | inspect.VarTupleType


def find_problems(
    value: object, type_: Any, *, path: str = "$", positions: Mapping[str, tuple[int, int]] | None = None
) -> list[Problem]:
    """Everything that keeps plain `value` from being a `type_`, in the order of the value; empty when it fits.

    It fits exactly when `msgspec.convert(value, type_, strict=True, str_keys=True)` takes it, but for `msgspec.Raw`,
    which stands for any JSON here. Unknown keys are a problem where the Struct forbids them. `path` is where
    `value` itself lies; `positions` gives line and column by path. The list ends after 1000 problems.
    Raises TypeError for types that msgspec does not support.
    """
    walk = _Walk(positions or {})
    with contextlib.suppress(_EnoughError):
        walk.check(value, inspected(type_), path)
    return walk.problems


def from_msgspec(
    error: Exception, value: object, *, path: str = "$", positions: Mapping[str, tuple[int, int]] | None = None
) -> Problem:
    """The one problem that msgspec told, for what the walk cannot explain; `value` lies at `path`."""
    found = _FROM_MSGSPEC.fullmatch(str(error))
    what, below = (found["what"], found["below"] or "") if found else (str(error), "")
    if isinstance(error, RecursionError):
        what = "nested less deep"
    line, column = position(path + below, positions or {})
    if kinds := _KINDS.fullmatch(what):
        expected, kind = (_NAMES.get(name, name) for name in kinds.group("expected", "got"))
        return Problem(path + below, expected, kind, None, line, column)
    got = "something else" if below else show(value)
    return Problem(path + below, f"a value that fits ({what})", got, None, line, column)


def unknown_key(path: str, key: str, known: Collection[str], present: Collection[object]) -> Problem:
    """The problem of a `key` that none of the Structs an object can be knows."""
    meant = nearest(key, [name for name in known if name not in present])
    return Problem(member(path, key), keys(known), f"the key {quote(key)}", meant)


def _meant(value: object, info: inspect.Type) -> str | None:
    if not isinstance(value, str):
        return None
    arms = info.types if isinstance(info, inspect.UnionType) else (info,)
    if any(isinstance(bare(arm), inspect.BoolType) for arm in arms) and value.casefold() in _MEANT_BOOLEAN:
        return _MEANT_BOOLEAN[value.casefold()]
    return nearest(value, literals(info))


class _EnoughError(Exception):
    pass


class _Walk:
    def __init__(self, positions: Mapping[str, tuple[int, int]]) -> None:
        self.problems: list[Problem] = []
        self.positions = positions
        self.depth = 0
        self.python_types: dict[int, Any] = {}

    def check(self, value: object, info: inspect.Type, path: str) -> None:
        info = bare(info)
        match info:
            case inspect.StrType() | inspect.IntType() | inspect.BoolType() | inspect.LiteralType():
                self._scalar(value, info, path)
            case inspect.StructType(array_like=False) | inspect.TypedDictType():
                self._object(value, info, path)
            case inspect.UnionType():
                self._union(value, info, path)
            case inspect.ListType() | inspect.SetType() | inspect.FrozenSetType() | inspect.VarTupleType():
                self._array(value, info, path)
            case inspect.DictType():
                self._dict(value, info, path)
            case inspect.TupleType(item_types=items):
                self._tuple(value, info, items, path)
            case inspect.StructType() | inspect.NamedTupleType() | inspect.DataclassType():
                self._leave_to_msgspec(value, info, path)
            case inspect.AnyType() | inspect.RawType():
                pass
            case _:
                self._scalar(value, info, path)

    def _add(self, path: str, expected: str, got: str, did_you_mean: str | None = None) -> None:
        line, column = position(path, self.positions)
        self._append(Problem(path, expected, got, did_you_mean, line, column))

    def _append(self, problem: Problem) -> None:
        self.problems.append(problem)
        if len(self.problems) >= MOST_PROBLEMS:
            raise _EnoughError

    def _refuse(self, value: object, info: inspect.Type, path: str) -> None:
        self._add(path, describe(info), show(value), _meant(value, info))

    def _scalar(self, value: object, info: inspect.Type, path: str) -> None:
        if self._complaint(value, info) is not None:
            self._refuse(value, info, path)

    def _object(self, value: object, info: _Object, path: str) -> None:
        if not isinstance(value, dict):
            if not isinstance(value, typing.get_origin(info.cls) or info.cls):
                self._refuse(value, info, path)
            return
        complaint = self._complaint(value, info)
        if complaint is None:
            return
        before = len(self.problems)
        if self.depth < DEEPEST:
            self.depth += 1
            self._members(value, info, path)
            self.depth -= 1
        # With a cause it came from __post_init__; without, the walk has seen it, or it is about a Raw.
        if len(self.problems) == before and (complaint.__cause__ is not None or self.depth >= DEEPEST):
            self._append(from_msgspec(complaint, value, path=path, positions=self.positions))

    def _members(self, value: dict[Any, object], info: _Object, path: str) -> None:
        fields = {field.encode_name: field for field in info.fields}
        tag_field, tag, forbids = None, None, False
        if isinstance(info, inspect.StructType):
            tag_field, tag, forbids = info.tag_field, info.tag, info.forbid_unknown_fields
        for key, part in value.items():
            if not isinstance(key, str):
                self._add(member(path, key), "a string as key", show(key))
            elif (field := fields.get(key)) is not None:
                self.check(part, field.type, member(path, key))
            elif key == tag_field:
                if type(part) is not type(tag) or part != tag:
                    meant = nearest(part, [str(tag)]) if isinstance(part, str) else None
                    self._add(member(path, key), show(tag), show(part), meant)
            elif forbids:
                known = [*([tag_field] if tag_field else []), *fields]
                problem = unknown_key(path, key, known, value)
                self._add(problem.path, problem.expected, problem.got, problem.did_you_mean)
        for name, field in fields.items():
            if field.required and name not in value:
                self._add(member(path, name), describe(field.type), "nothing")

    def _union(self, value: object, info: inspect.UnionType, path: str) -> None:
        arms = arms_for(value, info)
        structs = [arm for arm in arms if isinstance(arm, inspect.StructType)]
        if any(isinstance(arm, inspect.AnyType | inspect.RawType) for arm in arms):
            return
        if isinstance(value, dict) and len(structs) > 1:
            self._tagged(value, structs, path)
        elif isinstance(value, (dict, list, tuple, set, frozenset)) and len(arms) == 1:
            self.check(value, arms[0], path)
        elif not any(self._fits(value, arm) for arm in arms):
            self._refuse(value, info, path)

    def _fits(self, value: object, info: inspect.Type) -> bool:
        attempt = _Walk({})
        attempt.depth = self.depth
        attempt.check(value, info, "$")
        return not attempt.problems

    def _tagged(self, value: dict[Any, object], structs: Sequence[inspect.StructType], path: str) -> None:
        tag_field, by = by_tag(structs)
        if tag_field not in value:
            self._add(member(path, tag_field), choices(by), "nothing")
            return
        tag = value[tag_field]
        struct = next((struct for known, struct in by.items() if type(known) is type(tag) and known == tag), None)
        if struct is not None:
            self.check(value, struct, path)
            return
        meant = nearest(tag, [str(known) for known in by]) if isinstance(tag, str) else None
        self._add(member(path, tag_field), choices(by), show(tag), meant)

    def _array(self, value: object, info: _Array, path: str) -> None:
        if not isinstance(value, (list, tuple, set, frozenset)):
            self._refuse(value, info, path)
            return
        self._length(value, info, path)
        hashed = isinstance(info, (inspect.SetType, inspect.FrozenSetType))
        for index, part in enumerate(value):
            self.check(part, info.item_type, item(path, index))
            if hashed and isinstance(info.item_type, inspect.AnyType) and isinstance(part, (list, dict, set)):
                self._add(item(path, index), "a value without parts", show(part))

    def _tuple(self, value: object, info: inspect.Type, items: Sequence[inspect.Type], path: str) -> None:
        if not isinstance(value, (list, tuple)) or len(value) != len(items):
            self._refuse(value, info, path)
            return
        for index, (part, part_info) in enumerate(zip(value, items, strict=True)):
            self.check(part, part_info, item(path, index))

    def _dict(self, value: object, info: inspect.DictType, path: str) -> None:
        if not isinstance(value, dict):
            self._refuse(value, info, path)
            return
        self._length(value, info, path)
        plain_keys = info.key_type == inspect.StrType()
        for key, part in value.items():
            if not (isinstance(key, str) if plain_keys else accepts_key(info.key_type, key)):
                got = f"the key {quote(key)}" if isinstance(key, str) else show(key)
                self._add(member(path, key), f"{describe(info.key_type)} as key", got, _meant(key, info.key_type))
            self.check(part, info.value_type, member(path, key))

    def _length(self, value: Collection[object], info: _Array | inspect.DictType, path: str) -> None:
        if (info.min_length is not None and len(value) < info.min_length) or (
            info.max_length is not None and len(value) > info.max_length
        ):
            self._refuse(value, info, path)

    def _leave_to_msgspec(self, value: object, info: inspect.Type, path: str) -> None:
        complaint = self._complaint(value, info)
        if complaint is not None:
            self._append(from_msgspec(complaint, value, path=path, positions=self.positions))

    def _complaint(self, value: object, info: inspect.Type) -> Exception | None:
        """What msgspec has against `value`: asked first, so that what fits is not walked and we never disagree."""
        python = self.python_types.get(id(info))
        if python is None:
            python = self.python_types[id(info)] = python_type(info)
        try:
            msgspec.convert(value, python, strict=True, str_keys=True)
        except (msgspec.ValidationError, ValueError, TypeError, RecursionError) as error:
            return error
        return None
