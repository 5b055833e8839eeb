"""YAML files that people write, without YAML's traps, with the line and column of everything.

What is read is the core of YAML 1.2 (so JSON, too): `true` and `false` are the only booleans, dates, `12:30`
and `010` stay strings. Merge keys, tags, keys that are no strings, and keys given twice are told, not guessed at.
Size, nesting and aliases are bounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from mockserver.checking.conversion import attempt
from mockserver.checking.paths import ancestors
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


def read(text: str | bytes, source: str) -> Document:
    """The one document in `text`, which people know as `source`.

    Raises InvalidFile with every problem that can be told at once; a syntax error ends the reading.
    """
    reading = read_text(text)
    if reading.problems:
        raise InvalidFile(source, _in_order(reading.problems))
    return Document(reading.value, reading.positions, source)


def load(text: str | bytes, type_: type[T], source: str) -> T:
    """The one document in `text` as a `type_`; a file that fits is walked once, by the YAML reader.

    Raises InvalidFile with every problem of the YAML and of the values, in the order of the file; TypeError for types
    that msgspec does not support.
    """
    reading = read_text(text)
    if not reading.whole:
        raise InvalidFile(source, _in_order(reading.problems))
    value, problems = attempt(reading.value, type_, reading.positions)
    if problems or reading.problems:
        raise InvalidFile(source, _in_order([*reading.problems, *_beside(reading, problems)]))
    return value


def _beside(reading: Reading, problems: list[Problem]) -> list[Problem]:
    """The problems of values that the reader did not refuse already."""
    refused = {problem.path for problem in reading.problems}
    return [problem for problem in problems if refused.isdisjoint(ancestors(problem.path))]


def _in_order(problems: list[Problem]) -> list[Problem]:
    return sorted(problems, key=lambda problem: (problem.line or 0, problem.column or 0))
