"""From YAML text to plain data with positions.

This reads PyYAML's *events*: its composer, which would build nodes from them, recurses in C and crashes the process
on deep nesting, and does not tell an alias from the value it stands for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml

from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.checking.paths import item, member
from mockserver.checking.words import quote, show
from mockserver.checking.yaml_scalars import resolve
from mockserver.checking.yaml_syntax import told
from mockserver.errors import Problem, nearest

MOST_EXPANDED = 100_000
MOST_PROBLEMS = 1000

# What YAML does not call printable, and the line breaks that only YAML 1.1 takes for such. A set of all the others
# would compile ten times as long.
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


@dataclass
class Reading:
    """What came of a text: `whole` means that `value` is all there, so that its own problems can be told as well."""

    value: object = None
    positions: dict[str, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    whole: bool = True


@dataclass(frozen=True)
class _Anchor:
    value: object
    path: str
    below: list[str]
    height: int


class _StopError(Exception):
    pass


def read_text(text: str | bytes, bounds: FileBounds = FILE_BOUNDS) -> Reading:
    """Reads `text`; raises nothing, all that is wrong is in the `problems` of the result."""
    reading = Reading()
    decoded = _decode(text, bounds.bytes)
    if isinstance(decoded, Problem):
        return Reading(problems=[decoded], whole=False)
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        events = loader(decoded)
        try:
            _Reader(events, reading, bounds).document()
        finally:
            events.dispose()
    except _StopError:
        reading.whole = False
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The two built-in ones: what PyYAML's own scanner lets through for an escape beyond Unicode.
        reading.problems.append(told(error, decoded))
        reading.whole = False
    return reading


def _decode(text: str | bytes, most: int) -> str | Problem:
    """`text` as characters that YAML can read, or why that is impossible."""
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(data) > most:
        return Problem("$", f"at most {most} bytes", f"{len(data)} bytes", None, 1, 1)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            before = data[: error.start].decode("utf-8")
            return Problem("$", "UTF-8 text", f"the byte 0x{data[error.start]:02x}", None, *_place(before))
    text = text.removeprefix("\ufeff")
    if found := _INVISIBLE.search(text):
        escape = f"\\u{ord(found[0]):04x}"
        expected = f'no invisible characters; in double quotes "{escape}" can be written'
        return Problem("$", expected, f"the character {escape}", None, *_place(text[: found.start()]))
    return _join_pairs(text)


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _join_pairs(text: str) -> str:
    """JSON escapes a character beyond U+FFFF as two halves, which YAML does not know."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return text

    def joined(found: re.Match[str]) -> str:
        character = bytes.fromhex(found[2] + found[3]).decode("utf-16-be")
        return f"{found[1]}\\U{ord(character):08X}"

    return _ESCAPED_PAIR.sub(joined, text)


class _Reader:
    """Recursive descent over events; `path` is where the value lies, `depth` how many containers hold it."""

    def __init__(self, events: Any, reading: Reading, bounds: FileBounds) -> None:
        self.events = events
        self.bounds = bounds
        self.reading = reading
        self.positions = reading.positions
        self.placed: list[str] = []
        self.anchors: dict[str, _Anchor | None] = {}
        self.aliases = 0
        self.expanded = 0
        self.deepest = 0

    def document(self) -> None:
        self.events.get_event()
        if not isinstance(start := self.events.get_event(), yaml.DocumentStartEvent):
            self._stop(start, "$", "a document", "an empty file")
        root = self.events.get_event()
        if isinstance(root, yaml.ScalarEvent) and root.value == "" and root.implicit[0]:
            self._stop(root, "$", "a document", "an empty file")
        self._put("$", root)
        self.reading.value = self._value(root, "$", 0)
        self.events.get_event()
        if not isinstance(after := self.events.get_event(), yaml.StreamEndEvent):
            self._stop(after, "$", "a single document", "another one after ---")

    def _tell(self, event: Any, path: str, expected: str, got: str, meant: str | None = None) -> None:
        mark = event.start_mark
        self.reading.problems.append(Problem(path, expected, got, meant, mark.line + 1, mark.column + 1))
        if len(self.reading.problems) >= MOST_PROBLEMS:
            raise _StopError

    def _stop(self, event: Any, path: str, expected: str, got: str) -> NoReturn:
        self._tell(event, path, expected, got)
        raise _StopError

    def _put(self, path: str, event: Any) -> None:
        mark = event.start_mark
        self.positions[path] = (mark.line + 1, mark.column + 1)
        self.placed.append(path)

    def _value(self, event: Any, path: str, depth: int) -> object:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path, depth)
        if event.tag is not None:
            self._tell(event, path, "no tag; quotes make a string of anything", f"the tag {quote(event.tag)}")
        if event.anchor is None:
            return self._plain(event, path, depth)
        self.anchors[event.anchor] = None
        before, deepest, self.deepest = len(self.placed), self.deepest, depth
        value = self._plain(event, path, depth)
        self.anchors[event.anchor] = _Anchor(value, path, self.placed[before:], self.deepest - depth)
        self.deepest = max(self.deepest, deepest)
        return value

    def _plain(self, event: Any, path: str, depth: int) -> object:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        self._enter(event, path, depth + 1)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth + 1)
        return self._sequence(path, depth + 1)

    def _enter(self, event: Any, path: str, depth: int) -> None:
        if depth > self.bounds.depth:
            self._stop(event, path, f"at most {self.bounds.depth} levels of nesting", "more")
        self.deepest = max(self.deepest, depth)

    def _scalar(self, event: Any, path: str) -> object:
        text: str = event.value
        if event.implicit[0] or (event.tag is not None and not event.style):
            try:
                return resolve(text)
            except ValueError:
                self._tell(event, path, "a number of fewer digits, or quotes around it", f"{len(text)} digits")
                return 0
        if not text.isascii() and _SURROGATE.search(text):
            # Only PyYAML's own scanner, the slow one, lets these through.
            self._tell(event, path, "a character that exists", show(text))
        return text

    def _sequence(self, path: str, depth: int) -> list[object]:
        values: list[object] = []
        while not isinstance(event := self.events.get_event(), yaml.SequenceEndEvent):
            below = item(path, len(values))
            self._put(below, event)
            values.append(self._value(event, below, depth))
        return values

    def _mapping(self, path: str, depth: int) -> dict[str, object]:
        values: dict[str, object] = {}
        lines: dict[str, int] = {}
        while not isinstance(event := self.events.get_event(), yaml.MappingEndEvent):
            key = self._key(event, path, depth)
            below = member(path, key)
            if key in lines:
                got = f"{quote(key)} again; it stands on line {lines[key]} already"
                self._tell(event, below, "every key once", got)
            else:
                lines[key] = event.start_mark.line + 1
            self._put(below, event)
            values[key] = self._value(self.events.get_event(), below, depth)
        return values

    def _key(self, event: Any, path: str, depth: int) -> str:
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and event.value == "<<":
            self._tell(event, member(path, "<<"), "keys written out: merge keys are not read", "the merge key <<")
            self.reading.whole = False
            return "<<"
        value = self._value(event, f"{path}[?]", depth)
        if isinstance(value, str):
            return value
        if isinstance(value, (dict, list)):
            self._tell(event, f"{path}[?]", "a string as key", show(value))
            return "?"
        written = event.value if isinstance(event, yaml.ScalarEvent) else show(value)
        expected = f'a string as key, so put it in quotes: "{written}"' if written else "a key before the colon"
        self._tell(event, member(path, written), expected, written or "nothing")
        return str(written)

    def _alias(self, event: Any, path: str, depth: int) -> object:
        name = event.anchor
        if name not in self.anchors:
            meant = nearest(name, self.anchors)
            self._tell(event, path, f"an anchor &{name} further up", f"the alias *{name}", meant and f"*{meant}")
            self.reading.whole = False
            return None
        anchor = self.anchors[name]
        if anchor is None:
            self._stop(event, path, f"a value that does not hold itself, as &{name} does", f"the alias *{name}")
        self.aliases += 1
        if self.aliases > self.bounds.aliases:
            self._stop(event, path, f"at most {self.bounds.aliases} aliases", f"*{name} as one more")
        self.expanded += len(anchor.below) + 1
        if self.expanded > MOST_EXPANDED:
            self._stop(event, path, f"at most {MOST_EXPANDED} values through aliases", f"more, with *{name}")
        self._enter(event, path, depth + anchor.height)
        for below in anchor.below:
            copied = path + below[len(anchor.path) :]
            self.positions[copied] = self.positions[below]
            self.placed.append(copied)
        return _copy(anchor.value)


def _copy(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return [_copy(part) for part in value] if isinstance(value, list) else value
