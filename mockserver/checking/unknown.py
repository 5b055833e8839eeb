"""Keys that nothing in a type knows, for telling people whose client is let through all the same.

This may run on every request, so a type is boiled down once to its `_Shape`: where there are keys to look at.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from msgspec import inspect

from mockserver.checking.paths import item, member
from mockserver.checking.problems import MOST_PROBLEMS, unknown_key
from mockserver.checking.types import bare, hashable, inspected
from mockserver.errors import Problem

_DEEPEST = 100


def unknown_fields(value: object, type_: Any) -> list[Problem]:
    """The keys in `value` that no Struct of `type_` at their place knows, forbidden or not, each with what was meant.

    Parts of a wrong type are passed over, so that any value is fine. What lies under an unknown key, in an object
    whose tag tells no Struct, or more than 100 levels deep is not looked at. The list ends after 1000 keys.
    Raises TypeError for types that msgspec does not support.
    """
    shape = _shape_once(type_) if hashable(type_) else _shape(inspected(type_), {})
    problems: list[Problem] = []
    if shape is not None:
        _walk(value, shape, "$", problems, 0)
    return problems[:MOST_PROBLEMS]


@dataclass(slots=True, eq=False)
class _Shape:
    """What to look at in an object (one of the first four) and in a list (`items` or `places`)."""

    members: dict[str, _Shape | None] | None = None
    struct: _Shape | None = None
    values: _Shape | None = None
    tag_field: str | None = None
    by_tag: dict[str | int, _Shape] | None = None
    items: _Shape | None = None
    places: tuple[_Shape | None, ...] = ()


@functools.lru_cache(maxsize=512)
def _shape_once(type_: Any) -> _Shape | None:
    return _shape(inspected(type_), {})


def _shape(info: inspect.Type, known: dict[int, _Shape]) -> _Shape | None:
    """The shape of a type, None when it holds no keys to look at; `known` ends the recursion of recursive types."""
    info = bare(info)
    match info:
        case inspect.StructType(array_like=False) | inspect.TypedDictType() | inspect.DataclassType():
            if id(info) not in known:
                shape = known[id(info)] = _Shape()
                shape.members = {field.encode_name: _shape(field.type, known) for field in info.fields}
                if isinstance(info, inspect.StructType) and info.tag_field is not None:
                    shape.members = {info.tag_field: None, **shape.members}
            return known[id(info)]
        case inspect.DictType():
            below = _shape(info.value_type, known)
            return below and _Shape(values=below)
        case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
            below = _shape(info.item_type, known)
            return below and _Shape(items=below)
        case inspect.TupleType(item_types=items):
            places = tuple(_shape(part, known) for part in items)
            return _Shape(places=places) if any(places) else None
        case inspect.UnionType(types=arms):
            return _merged([bare(arm) for arm in arms], known)
    return None


def _merged(arms: Iterable[inspect.Type], known: dict[int, _Shape]) -> _Shape | None:
    """The shape of a union, which has at most one arm for lists, and one for objects but for tagged Structs."""
    shapes = [(arm, shape) for arm in arms if (shape := _shape(arm, known)) is not None]
    if len(shapes) < 2:
        return shapes[0][1] if shapes else None
    merged = _Shape()
    structs: list[tuple[inspect.Type, _Shape]] = []
    for arm, shape in shapes:
        if shape.items or shape.places:
            merged.items, merged.places = shape.items, shape.places
        elif shape.values:
            merged.values = shape.values
        else:
            structs.append((arm, shape))
    if len(structs) == 1:
        # Not its members: those of a Struct that holds itself are not known yet.
        merged.struct = structs[0][1]
    elif structs:
        tagged = [(arm, shape) for arm, shape in structs if isinstance(arm, inspect.StructType)]
        merged.tag_field = tagged[0][0].tag_field
        merged.by_tag = {arm.tag: shape for arm, shape in tagged if arm.tag is not None}
    return merged


def _walk(value: object, shape: _Shape, path: str, problems: list[Problem], depth: int) -> None:
    if depth > _DEEPEST or len(problems) >= MOST_PROBLEMS:
        return
    if isinstance(value, dict):
        _walk_object(value, shape, path, problems, depth)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            below = shape.items or (shape.places[index] if index < len(shape.places) else None)
            if below is not None:
                _walk(part, below, item(path, index), problems, depth + 1)


def _walk_object(value: dict[Any, object], shape: _Shape, path: str, problems: list[Problem], depth: int) -> None:
    if shape.by_tag is not None:
        tag = value.get(shape.tag_field)
        chosen = shape.by_tag.get(tag) if isinstance(tag, (str, int)) else None
        if chosen is not None:
            _walk_object(value, chosen, path, problems, depth)
    elif shape.struct is not None:
        _walk_object(value, shape.struct, path, problems, depth)
    elif shape.members is not None:
        for key, part in value.items():
            below = shape.members.get(key)
            if below is not None:
                _walk(part, below, member(path, key), problems, depth + 1)
            elif isinstance(key, str) and key not in shape.members:
                problems.append(unknown_key(path, key, shape.members, value))
    elif shape.values is not None:
        for key, part in value.items():
            _walk(part, shape.values, member(path, key), problems, depth + 1)
