"""YAML files that people write, without YAML's traps, with the line and column of everything.

What is read is the core of YAML 1.2 (so JSON, too): `true` and `false` are the only booleans, dates, `12:30`
and `010` stay strings. Merge keys, tags, keys that are no strings, and keys given twice are told, not guessed at.
Size, nesting and aliases are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.checking.conversion import attempt
from mockserver.checking.paths import ancestors, position
from mockserver.checking.yaml_reader import Reading, read_text
from mockserver.errors import InvalidFile, Problem

T = TypeVar("T")


@dataclass(frozen=True)
class Document:
    """What a file says: plain `value`, and where in the `source` each part of it stands.

    `positions` gives line and column, from 1, by path (`$.steps[2].with`): of the key in an object, of the
    item in a list. What stands behind an alias has the position where it was written.
    """

    value: object
    positions: dict[str, tuple[int, int]]
    source: str


def read(text: str | bytes, source: str, bounds: FileBounds = FILE_BOUNDS) -> Document:
    """The one document in `text`, which people know as `source`.

    Raises InvalidFile with every problem that can be told at once; a syntax error ends the reading.
    """
    reading = read_text(text, bounds)
    if reading.problems:
        raise InvalidFile(source, _in_order(reading.problems))
    return Document(reading.value, reading.positions, source)


def load(
    text: str | bytes,
    type_: type[T],
    source: str,
    *,
    bounds: FileBounds = FILE_BOUNDS,
    consistent: Callable[[T], Iterable[Problem]] = lambda value: (),
) -> T:
    """The one document in `text` as a `type_`; a file that fits is walked once, by the YAML reader.

    `consistent` says what types cannot, once they fit. Raises InvalidFile with every problem of the YAML and of the
    values, in the order of the file; TypeError for types that msgspec does not support.
    """
    reading = read_text(text, bounds)
    if not reading.whole:
        raise InvalidFile(source, _in_order(reading.problems))
    value, problems = attempt(reading.value, type_, reading.positions)
    if problems or reading.problems:
        raise InvalidFile(source, _in_order([*reading.problems, *_beside(reading, problems)]))
    if told := [_placed(problem, reading) for problem in consistent(value)]:
        raise InvalidFile(source, _in_order(told))
    return value


def repeated(what: str, named: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    """The names among (path, name) that were used at an earlier path; `what` they are, such as "a handle"."""
    first: dict[str, str] = {}
    for path, name in named:
        if name in first:
            yield Problem(path, f"{what} not used at {first[name]}", repr(name))
        first.setdefault(name, path)


def _placed(problem: Problem, reading: Reading) -> Problem:
    line, column = position(problem.path, reading.positions)
    return replace(problem, line=line, column=column)


def _beside(reading: Reading, problems: list[Problem]) -> list[Problem]:
    """The problems of values that the reader did not refuse already."""
    refused = {problem.path for problem in reading.problems}
    return [problem for problem in problems if refused.isdisjoint(ancestors(problem.path))]


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
