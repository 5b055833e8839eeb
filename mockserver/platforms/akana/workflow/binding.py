"""From the arguments in a file to the typed arguments of what is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import inspect

from mockserver.checking import find_problems
from mockserver.errors import Problem
from mockserver.platforms.akana.workflow.context import Value
from mockserver.platforms.akana.workflow.variables import as_text


class Slot(msgspec.Struct, frozen=True):
    """One argument that something takes: `spelled` as the vendor does, `prefix` instead where it stands for many."""

    field: str
    spelled: str
    type: Any
    required: bool
    listed: bool
    nullable: bool
    prefix: str | None = None


@lru_cache(maxsize=256)
def slots(arguments: type[msgspec.Struct]) -> tuple[Slot, ...]:
    """What a Struct of arguments takes, in the order of its fields."""
    return tuple(_slot(each) for each in msgspec.structs.fields(arguments))


def _slot(field: msgspec.structs.FieldInfo) -> Slot:
    told = inspect.type_info(field.type)
    type_, prefix = field.type, None
    if isinstance(told, inspect.DictType):
        prefix, told, type_ = field.encode_name.removesuffix("*"), told.value_type, field.type.__args__[1]
    arms = told.types if isinstance(told, inspect.UnionType) else (told,)
    return Slot(
        field.name,
        field.encode_name,
        type_,
        field.required,
        listed=isinstance(told, inspect.VarTupleType),
        nullable=any(isinstance(arm, inspect.NoneType) for arm in arms),
        prefix=prefix,
    )


def slot_for(name: str, taken: Iterable[Slot]) -> Slot | None:
    """The slot an argument of that name goes to, without regard to case; a full name goes before a beginning."""
    folded = name.casefold()
    open_ended = None
    for slot in taken:
        if slot.prefix is None and slot.spelled.casefold() == folded:
            return slot
        if slot.prefix is not None and folded.startswith(slot.prefix.casefold()):
            open_ended = slot
    return open_ended


def bind(arguments: type[msgspec.Struct], given: Mapping[str, Value]) -> tuple[msgspec.Struct | None, list[Problem]]:
    """The typed arguments and no problem, or None and every problem. Names that nothing takes are passed over.

    Of one name in several spellings the last counts, as of one given twice.
    """
    taken = slots(arguments)
    values: dict[str, Any] = {slot.field: {} for slot in taken if slot.prefix is not None}
    problems: list[Problem] = []
    for name, value in given.items():
        slot = slot_for(name, taken)
        if slot is None:
            continue
        typed, found = typed_value(slot, name, value)
        problems += found
        if slot.prefix is None:
            values[slot.field] = typed
        else:
            values[slot.field][name[len(slot.prefix) :]] = typed
    problems += [missing(slot) for slot in taken if slot.required and slot.prefix is None and slot.field not in values]
    if problems:
        return None, problems
    try:
        return arguments(**values), []
    except ValueError as error:
        return None, [Problem("arguments", "values that go together", str(error))]


def missing(slot: Slot) -> Problem:
    """The problem of an argument that must be there and is not."""
    return Problem(slot.spelled, "an argument of this name", "nothing")


def typed_value(slot: Slot, name: str, value: Value) -> tuple[Any, list[Problem]]:
    """One value as its slot's type, and what keeps it from that; `name` is how the file spells the argument."""
    if slot.listed:
        parts = value if isinstance(value, tuple) else (value or "").split(",")
        return tuple(part.strip() for part in parts if part.strip()), []
    if value is None and slot.nullable:
        return None, []
    text = as_text(value)
    try:
        return msgspec.convert(text, slot.type, strict=False), []
    except msgspec.ValidationError:
        return None, find_problems(text, slot.type, path=name)
