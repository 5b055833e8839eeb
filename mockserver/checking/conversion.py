"""Plain data into typed data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from mockserver.checking.problems import find_problems, from_msgspec
from mockserver.errors import Invalid, Problem

T = TypeVar("T")


def convert(value: object, type_: type[T], *, what: str) -> T:
    """Plain `value` as a `type_`, decoded strictly; keys of a `dict[int, ...]` may be strings, as in JSON.

    Raises Invalid, which calls the value `what` and lists every problem; TypeError for types that msgspec does
    not support.
    """
    converted, problems = attempt(value, type_)
    if problems:
        raise Invalid(f"{what} cannot be used", problems)
    return converted


def attempt(
    value: object, type_: type[T], positions: Mapping[str, tuple[int, int]] | None = None
) -> tuple[T, list[Problem]]:
    """`value` as a `type_` and no problem, or nothing of use and at least one problem."""
    try:
        return msgspec.convert(value, type_, strict=True, str_keys=True), []
    except (msgspec.ValidationError, ValueError, TypeError, RecursionError) as error:
        problems = find_problems(value, type_, positions=positions)
        nothing: Any = None
        return nothing, problems or [from_msgspec(error, value, positions=positions)]
