"""Types as `msgspec.inspect` sees them, and back again."""

from __future__ import annotations

import datetime
import decimal
import functools
import typing
import uuid
from typing import Annotated, Any, Literal

import msgspec
from msgspec import inspect

# Subscribed with types that are only known when running, which type checkers refuse under the plain names.
_UNION: Any = typing.Union
_DICT: Any = dict

_Orders = dict[frozenset[Any], tuple[Any, ...]]

_PYTHON: dict[type[inspect.Type], Any] = {
    inspect.NoneType: None,
    inspect.BoolType: bool,
    inspect.IntType: int,
    inspect.FloatType: float,
    inspect.StrType: str,
    inspect.BytesType: bytes,
    inspect.ByteArrayType: bytearray,
    inspect.MemoryViewType: memoryview,
    inspect.DateTimeType: datetime.datetime,
    inspect.DateType: datetime.date,
    inspect.TimeType: datetime.time,
    inspect.TimeDeltaType: datetime.timedelta,
    inspect.DecimalType: decimal.Decimal,
    inspect.UUIDType: uuid.UUID,
    inspect.ExtType: msgspec.msgpack.Ext,
}


def inspected(type_: Any) -> inspect.Type:
    """The tree of `type_`; the values of a Literal stand in the order their author wrote them.

    Raises TypeError for what msgspec does not support.
    """
    return _inspect_once(type_) if hashable(type_) else _inspect(type_)


def hashable(type_: Any) -> bool:
    """Whether `type_` can be remembered; one annotated with examples that are lists, say, cannot."""
    try:
        hash(type_)
    except TypeError:
        return False
    return True


def bare(info: inspect.Type) -> inspect.Type:
    """`info` without the titles and descriptions that may wrap it."""
    while isinstance(info, inspect.Metadata):
        info = info.type
    return info


def python_type(info: inspect.Type) -> Any:
    """The type that `info` was made from, as far as the walkers ask msgspec about it; Any for containers."""
    info = bare(info)
    if isinstance(info, inspect.UnionType):
        return _UNION[tuple(python_type(arm) for arm in info.types)]
    if isinstance(info, inspect.LiteralType):
        return Literal[info.values]
    if hasattr(info, "cls"):
        return info.cls
    python = _PYTHON.get(type(info), Any)
    limits = {name: limit for name in info.__struct_fields__ if (limit := getattr(info, name)) is not None}
    return Annotated[python, msgspec.Meta(**limits)] if limits and python is not Any else python


def accepts_key(info: inspect.Type, key: object) -> bool:
    """Whether msgspec takes `key` as a key of a dict with such keys, numbers being written as strings."""
    try:
        msgspec.convert({key: None}, _DICT[python_type(info), Any], strict=True, str_keys=True)
    except (msgspec.ValidationError, ValueError):
        return False
    return True


@functools.lru_cache(maxsize=512)
def _inspect_once(type_: Any) -> inspect.Type:
    return _inspect(type_)


def _inspect(type_: Any) -> inspect.Type:
    info = inspect.type_info(type_)
    orders: _Orders = {}
    _collect_literals(type_, orders, {})
    if orders:
        _restore_order(info, orders, {})
    return info


def _collect_literals(type_: Any, orders: _Orders, seen: dict[int, Any]) -> None:
    if id(type_) in seen:
        return
    seen[id(type_)] = type_
    arguments = typing.get_args(type_)
    if typing.get_origin(type_) is Literal:
        orders.setdefault(_fingerprint(arguments), arguments)
        return
    parts = [*arguments, typing.get_origin(type_), getattr(type_, "__supertype__", None)]
    parts.append(getattr(type_, "__value__", None))
    if isinstance(type_, type) and (hasattr(type_, "__struct_fields__") or typing.is_typeddict(type_)):
        parts.extend(typing.get_type_hints(type_, include_extras=True).values())
    for part in parts:
        if part is not None:
            _collect_literals(part, orders, seen)


def _restore_order(info: Any, orders: _Orders, seen: dict[int, Any]) -> None:
    if id(info) in seen:
        return
    seen[id(info)] = info
    if isinstance(info, inspect.LiteralType):
        info.values = orders.get(_fingerprint(info.values), info.values)
    elif isinstance(info, (inspect.Type, inspect.Field)):
        for name in info.__struct_fields__:
            if name not in {"cls", "default", "default_factory"}:
                _restore_order(getattr(info, name), orders, seen)
    elif isinstance(info, tuple):
        for part in info:
            _restore_order(part, orders, seen)


def _fingerprint(values: tuple[Any, ...]) -> frozenset[Any]:
    return frozenset((type(value), value) for value in values)
