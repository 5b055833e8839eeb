"""Values that come again: each becomes a reference to the step that gave it first.

What is secret never gets into a scenario, and what differs from run to run is matched by its type.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

from mockserver.recordings.values import ANY_TEXT, is_identifier, is_volatile, leaves, unambiguous
from mockserver.scenarios.expressions import without_expressions
from mockserver.world.secrets import label_of, plain

Step = dict[str, Any]

_OF_A_PATH: Final = "!$&'()*+,;=:@~"
"""What a segment of a path holds as it is, besides letters, digits and `-._` (RFC 3986, 3.3)."""

LONGEST_TEXT: Final = 200
"""Characters of a text that is compared as it is; a longer one (a page, a file) only has to be a text."""

_HEAD: Final = 5
"""Characters by which known values are looked up within a text; no id and no placeholder is shorter."""

_WHO: Final = frozenset(("clientid",))
"""Names of values that say who calls: another plugin has others."""


@dataclass(slots=True)
class _Origin:
    """Where a value was first seen: the step that gave it, and the expression by which that step knows it."""

    step: Step
    expression: str
    name: str


@dataclass(slots=True)
class Binder:
    """Knows which step gave which value. Steps are told in order: what each gave is learned after it was made.

    `inputs` are those of the scenario, for what a recording must not hold.
    """

    inputs: dict[str, Any] = field(default_factory=dict)
    _origins: dict[str, _Origin] = field(default_factory=dict)
    _lengths: dict[str, list[int]] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)

    def message(self, facts: Mapping[str, Any]) -> Step:
        """Query and body of a request, as a later one must have them."""
        message: Step = {}
        if facts["query"]:
            message["query"] = {name: self.expected(name, value) for name, value in facts["query"].items()}
        body = facts["body"]
        if isinstance(body, Mapping | list):
            message["body"] = self.expected("", body)
        return message

    def expected(self, name: str, value: Any) -> Any:
        """What a value of another run must be like."""
        if isinstance(value, Mapping):
            return unambiguous({key: self.expected(str(key), part) for key, part in value.items()})
        if isinstance(value, list | tuple):
            return [self.expected(name, part) for part in value]
        if not isinstance(value, str):
            return value
        if (reference := self.reference(value)) is not None:
            return reference
        if label_of(name, value) or plain(name) in _WHO or len(value) > LONGEST_TEXT:
            return ANY_TEXT.copy()
        text = self.with_references(value)
        return ANY_TEXT.copy() if is_volatile(without_expressions(text, " ")) else text

    def argument(self, name: str, value: Any) -> Any:
        """What an action is given again."""
        if isinstance(value, Mapping):
            return {key: self.argument(str(key), part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.argument(name, part) for part in value]
        if not isinstance(value, str):
            return value
        if (reference := self.reference(value)) is not None:
            return reference
        if label_of(name, value):
            self.inputs[name] = {"description": f"The {name}, which the recording does not hold"}
            return f"$inputs.{name}"
        return self.with_references(value)

    def path(self, path: str) -> str:
        """A path as an `await` writes it: its ids are references, or stand for any where nobody gave them."""
        segments = []
        for number, segment in enumerate(path.split("/")):
            reference = self.reference(segment)
            if reference is not None:
                segments.append(f"{{{reference}}}")
            else:
                segments.append(f"{{id{number}}}" if is_identifier(segment) else quote(segment, safe=_OF_A_PATH))
        return "/".join(segments)

    def reference(self, value: str) -> str | None:
        """The expression for a value that an earlier step gave."""
        origin = self._origins.get(value)
        if origin is None:
            return None
        outputs: dict[str, str] = origin.step.setdefault("outputs", {})
        for known, expression in outputs.items():
            if expression == origin.expression:
                return f"$steps.{self._id_of(origin)}.outputs.{known}"
        name = _free(_last_word(origin.expression), outputs)
        outputs[name] = origin.expression
        return f"$steps.{self._id_of(origin)}.outputs.{name}"

    def with_references(self, text: str) -> str:
        """A text in which the parts that earlier steps gave are references."""
        parts: list[str] = []
        rest = at = 0
        while at < len(text):
            value = self._known_at(text, at)
            if value is None:
                at += 1
                continue
            parts += [_without_braces(text[rest:at]), f"{{{self.reference(value)}}}"]
            rest = at = at + len(value)
        written = "".join([*parts, _without_braces(text[rest:])])
        return f"${written}" if text.startswith("$") else written

    def literal(self, text: str) -> str:
        """A text that is no expression, whatever it looks like."""
        written = _without_braces(text)
        return f"${written}" if text.startswith("$") else written

    def _known_at(self, text: str, at: int) -> str | None:
        """The longest known value that begins there. How many there are does not matter to what this costs."""
        for length in self._lengths.get(text[at : at + _HEAD], ()):
            if (value := text[at : at + length]) in self._origins:
                return value
        return None

    def _id_of(self, origin: _Origin) -> str:
        if "id" not in origin.step:
            name = _plain(origin.name)
            number, id_ = self._numbers.get(name, 1), name
            while id_ in self._ids:
                number += 1
                id_ = f"{name}-{number}"
            self._numbers[name] = number
            self._ids.add(id_)
            origin.step["id"] = id_
        known: str = origin.step["id"]
        return known

    def learn(self, step: Step, name: str, root: str, body: Any) -> None:
        """Remember the ids and tokens of a body; `root` is the expression for all of it, `name` that of the step."""
        for pointer, value in leaves(body):
            if is_identifier(value):
                self._remember(value, _Origin(step, root + pointer, name))

    def learn_query(self, step: Step, name: str, query: Mapping[str, Any]) -> None:
        """The same of a request's query."""
        for key, value in query.items():
            if is_identifier(value) and re.fullmatch(r"[^\s{}#]+", key):
                self._remember(value, _Origin(step, f"$request.query.{key}", name))

    def _remember(self, value: str, origin: _Origin) -> None:
        if value in self._origins:
            return
        self._origins[value] = origin
        lengths = self._lengths.setdefault(value[:_HEAD], [])
        if len(value) not in lengths:
            lengths.append(len(value))
            lengths.sort(reverse=True)


def _without_braces(text: str) -> str:
    """A text in which no expression stands in braces, whatever it looks like."""
    return text.replace("{$", "{$$")


def _last_word(expression: str) -> str:
    """What a value is called where it stands: the last part of the expression, or what `value` is the value of."""
    *before, last = re.split(r"[/.#]", expression)
    return before[-1] if last == "value" and before and before[-1] else last


def _plain(name: str) -> str:
    """A name of letters, digits, `_` and `-`."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_") or "value"


def _free(wanted: str, taken: Iterable[str]) -> str:
    """A name like the wanted one that nothing has yet."""
    name = _plain(wanted)
    known, number = set(taken), 2
    free = name
    while free in known:
        free, number = f"{name}-{number}", number + 1
    return free
