"""Which arms of a union a value can mean.

msgspec allows at most one arm per kind of JSON value (beside tagged Structs and Literals), so that the kind of
the value settles which arm is meant, and its problems can be told instead of "none of these".
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import inspect

from mockserver.checking.types import bare

_STRINGS = (
    inspect.StrType,
    inspect.BytesType,
    inspect.ByteArrayType,
    inspect.MemoryViewType,
    inspect.DateTimeType,
    inspect.DateType,
    inspect.TimeType,
    inspect.TimeDeltaType,
    inspect.UUIDType,
)
_ARRAYS = (
    inspect.ListType,
    inspect.SetType,
    inspect.FrozenSetType,
    inspect.VarTupleType,
    inspect.TupleType,
    inspect.NamedTupleType,
)
_OBJECTS = (inspect.DictType, inspect.TypedDictType, inspect.DataclassType)


def kind(value: object) -> str:
    """The kind of JSON value this is: null, bool, int, float, string, array, object; other when it is none."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case enum.Enum():
            return "other"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "string"
        case list() | tuple() | set() | frozenset():
            return "array"
        case dict():
            return "object"
        case _:
            return "other"


def kinds(info: inspect.Type) -> frozenset[str]:
    """The kinds of JSON value that this type is written as; empty when it may be any."""
    match info:
        case inspect.NoneType():
            return frozenset({"null"})
        case inspect.BoolType():
            return frozenset({"bool"})
        case inspect.IntType():
            return frozenset({"int"})
        case inspect.FloatType():
            return frozenset({"float", "int"})
        case inspect.DecimalType():
            return frozenset({"string", "float", "int"})
        case inspect.LiteralType(values=values):
            return frozenset(kind(value) for value in values)
        case inspect.EnumType(cls=cls):
            return frozenset(kind(choice.value) for choice in cls)
        case inspect.StructType(array_like=array_like):
            return frozenset({"array" if array_like else "object"})
    if isinstance(info, _STRINGS):
        return frozenset({"string"})
    if isinstance(info, _ARRAYS):
        return frozenset({"array"})
    if isinstance(info, _OBJECTS):
        return frozenset({"object"})
    return frozenset()


def arms_for(value: object, union: inspect.UnionType) -> list[inspect.Type]:
    """The arms of `union` that a value of this kind can mean, none when it can mean none of them."""
    arms = [bare(arm) for arm in union.types]
    wanted = kind(value)
    if wanted == "other":
        return arms
    fitting = [arm for arm in arms if wanted in kinds(arm) or not kinds(arm)]
    if wanted == "int":
        whole = [arm for arm in fitting if not isinstance(arm, (inspect.FloatType, inspect.DecimalType))]
        return whole or fitting
    return fitting


def by_tag(structs: Sequence[inspect.StructType]) -> tuple[str, Mapping[Any, inspect.StructType]]:
    """The tag field that tells these Structs of one union apart, and each Struct by its tag."""
    return structs[0].tag_field or "type", {struct.tag: struct for struct in structs}
