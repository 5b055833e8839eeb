"""XML from people, safely: nothing is fetched, nothing explodes, and every element knows its line and column.

The document type may declare entities inside; those a caller predefines count where the file declares none of the
name. What lies outside (the type's own address, external and parameter entities) is never read.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec

from mockserver.checking.words import quote
from mockserver.errors import InvalidFile, Problem, nearest

if TYPE_CHECKING:
    from xml.parsers.expat import ExpatError

MAX_BYTES: Final = 1 << 20
MAX_EXPANDED: Final = 4 << 20
"""Characters that entities may come to, were the largest used wherever one is."""

MAX_DEPTH: Final = 60
MAX_ENTITIES: Final = 500
MAX_NESTED: Final = 20

_REFERENCE: Final = re.compile(r"&([^#;&\s][^;&\s]*);")
_BUILT_IN: Final = frozenset(("amp", "lt", "gt", "quot", "apos"))
_DECLARATION: Final = re.compile(r"\A\s*<\?xml\s.*?\?>", re.DOTALL)
_ENCODING: Final = re.compile(rb"""^<\?xml\b[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_KNOWN: Final = re.compile(
    r"utf-?(8|16(le|be)?)|(us-)?ascii|latin-?1|iso-?8859-\d\d?|(windows-|cp)125\d", re.IGNORECASE
)
"""Encodings that are read: Python knows others, some of which take for ever or do not decode to text."""

_BOMS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_START: Final = re.compile(rb"""<[^\s/>]+(?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*""")
_WRAPPER: Final = "fragment"


class Element(msgspec.Struct):
    """An element; `text` is that between its own tags, entities filled in, comments left out."""

    tag: str
    attributes: dict[str, str] = {}
    line: int = 0
    column: int = 0
    path: str = ""
    children: list[Element] = []
    parts: list[str] = []

    @property
    def text(self) -> str:
        """All of its own text."""
        return "".join(self.parts)

    def each(self, tag: str) -> Iterator[Element]:
        """The children of that tag."""
        return (child for child in self.children if child.tag == tag)


def parse(text: bytes | str, source: str, entities: Mapping[str, str] | None = None) -> list[Element]:
    """The elements a file consists of: one where it is a document, several where it is a piece of one.

    Raises `InvalidFile` for what is too large, not well-formed, or reaches for something outside.
    """
    if len(text) > MAX_BYTES:
        raise InvalidFile(source, [Problem("/", f"at most {MAX_BYTES} bytes", f"{len(text)} bytes")])
    decoded = (text if isinstance(text, str) else _decode(text, source)).removeprefix("\ufeff")
    try:
        return _Reading(source, decoded, entities or {}).read()
    except _JunkAfterwardsError:
        bare = _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), decoded, count=1)
        return _Reading(source, bare, entities or {}, wrapper=f"<{_WRAPPER}>".encode()).read()


def _decode(data: bytes, source: str) -> str:
    declared = _ENCODING.match(data)
    told = declared[1].decode() if declared else "utf-8"
    encoding = next((name for bom, name in _BOMS.items() if data.startswith(bom)), told)
    if not _KNOWN.fullmatch(told):
        raise InvalidFile(source, [Problem("/", "UTF-8, UTF-16 or a Latin encoding", repr(told), None, 1, 1)])
    try:
        return data.decode(encoding)
    except LookupError:
        raise InvalidFile(source, [Problem("/", "an encoding that exists", repr(told), None, 1, 1)]) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        got = f"the byte 0x{data[error.start]:02X}"
        raise InvalidFile(source, [Problem("/", f"{encoding} text", got, None, line, column)]) from None


class _JunkAfterwardsError(Exception):
    """There is more after the first element: the file is a piece of a document."""


class _Reading:
    def __init__(self, source: str, text: str, entities: Mapping[str, str], wrapper: bytes = b"") -> None:
        self.source = source
        self.data = text.encode("utf-8", "replace")
        self.predefined = entities
        self.wrapper = wrapper
        self.declared: dict[str, str] = {}
        self.roots: list[Element] = []
        self.stack: list[Element] = []

    def read(self) -> list[Element]:
        from xml.parsers import expat

        parser = expat.ParserCreate("utf-8")
        self.parser: Any = parser
        parser.buffer_text = True
        # The one way to give entities to a document that declares none: its "foreign" type is ours.
        parser.UseForeignDTD(True)
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_ALWAYS)
        parser.ExternalEntityRefHandler = self._foreign
        parser.EntityDeclHandler = self._declare
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.SkippedEntityHandler = self._skipped
        try:
            if self.wrapper:
                parser.Parse(self.wrapper, False)
            parser.Parse(self.data, not self.wrapper)
            if self.wrapper:
                parser.Parse(f"</{_WRAPPER}>".encode(), True)
        except expat.ExpatError as error:
            self._not_well_formed(error)
        return self.roots[0].children if self.wrapper else self.roots

    def _foreign(self, context: str | None, base: str | None, system: str | None, public: str | None) -> int:
        """Stands in for the document type outside: what is declared here counts after the file's own."""
        if context is not None:
            self._stop("no entity from outside", f"one at {system or public!r}")
        own = self.parser.ExternalEntityParserCreate(context, "utf-8")
        own.EntityDeclHandler = None
        own.Parse("".join(f'<!ENTITY {name} "{value}">' for name, value in self.predefined.items()).encode(), True)
        return 1

    def _declare(
        self,
        name: str,
        parameter: bool,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        if parameter:
            self._stop("entities of text only", f"the parameter entity %{name};")
        if value is None:
            self._stop("entities declared in the file only", f"{name!r} from {system or public!r}, which is not read")
        if "<" in value:
            self._stop("entities of text only", f"{name!r}, which holds elements")
        self.declared.setdefault(name, value)
        if len(self.declared) > MAX_ENTITIES:
            self._stop(f"at most {MAX_ENTITIES} entities", "more")

    def _check_entities(self) -> None:
        """Refuse a bomb before any of it goes off."""
        sizes: dict[str, int] = {}

        def size(name: str, outer: tuple[str, ...]) -> int:
            if name in outer:
                self._stop("entities that end", f"&{name};, which contains itself")
            if len(outer) > MAX_NESTED:
                self._stop(f"at most {MAX_NESTED} entities within each other", "more")
            if name not in sizes:
                value = self.declared.get(name, "")
                sizes[name] = len(value) + sum(size(each, (*outer, name)) for each in _REFERENCE.findall(value))
            return sizes[name]

        largest = max((size(name, ()) for name in self.declared), default=0)
        if largest * self.data.count(b"&") > MAX_EXPANDED:
            self._stop(f"entities of at most {MAX_EXPANDED} characters in all", f"one of {largest}, used often")
        for value in self.declared.values():
            self._check_references(value)

    def _check_references(self, text: str) -> None:
        for name in _REFERENCE.findall(text):
            if name not in _BUILT_IN and name not in self.declared and name not in self.predefined:
                self._skipped(name, False)

    def _skipped(self, name: str, parameter: bool) -> None:
        """Nothing is outside, so an entity that is not known here is not known at all."""
        known = {**self.predefined, **self.declared}
        self._stop("an entity that is declared in the file or predefined", f"&{name};", nearest(name, known))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if not self.stack and not self.roots:
            self._check_entities()
        line, column = self._position()
        outer = self.stack[-1] if self.stack else None
        named = attributes.get("id") or attributes.get("name")
        path = f"{outer.path if outer is not None and outer.tag != _WRAPPER else ''}/{tag}"
        element = Element(tag, attributes, line, column, f"{path}[{named}]" if named else path)
        if len(self.stack) >= MAX_DEPTH:
            self._stop(f"at most {MAX_DEPTH} levels of elements", "more")
        if attributes and (raw := _START.match(self.data, self.parser.CurrentByteIndex - len(self.wrapper))):
            # Of entities in attributes the parser says nothing when it does not know them.
            self._check_references(raw[0].decode())
        (self.roots if outer is None else outer.children).append(element)
        self.stack.append(element)

    def _end(self, tag: str) -> None:
        self.stack.pop()

    def _characters(self, data: str) -> None:
        self.stack[-1].parts.append(data)

    def _position(self) -> tuple[int, int]:
        line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber
        return line, max(1, column + 1 - (len(self.wrapper) if line == 1 else 0))

    def _stop(self, expected: str, got: str, meant: str | None = None) -> NoReturn:
        line, column = self._position()
        self._refuse(expected, got, meant, line, column)

    def _refuse(self, expected: str, got: str, meant: str | None, line: int, column: int) -> NoReturn:
        innermost = self._innermost()
        path = innermost.path if innermost is not None else "/"
        raise InvalidFile(self.source, [Problem(path, expected, got, meant, line, column)]) from None

    def _innermost(self) -> Element | None:
        """The element that is open, but for the one we put around a piece."""
        return self.stack[-1] if len(self.stack) > bool(self.wrapper) else None

    def _not_well_formed(self, error: ExpatError) -> NoReturn:
        from xml.parsers.expat import errors

        said = errors.messages[error.code]
        if said == errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT and self.roots[0].tag != "workflow":
            raise _JunkAfterwardsError
        column = error.offset - (len(self.wrapper) if error.lineno == 1 else 0)
        rest = self._text_at(error.lineno, column)
        open_ = self._innermost()
        closing = f"</{open_.tag}> for the <{open_.tag}> of line {open_.line}" if open_ is not None else None
        expected, got = "well-formed XML", said
        if said == errors.XML_ERROR_TAG_MISMATCH:
            tag = re.match(r"(?:</)?([^\s>]*)", rest)
            got = f"</{tag[1]}>" if tag and tag[1] else "the end of the file"
            expected = closing or "no end tag"
        elif said == errors.XML_ERROR_NO_ELEMENTS:
            expected, got = closing or "a workflow", "the end of the file"
        elif said == errors.XML_ERROR_SYNTAX:
            expected, got = "an element", quote(rest)
        elif said == errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
            expected, got = "the end of the file", quote(rest)
        self._refuse(expected, got, None, error.lineno, max(1, column + 1))

    def _text_at(self, line: int, column: int) -> str:
        lines = self.data.split(b"\n")
        return lines[line - 1][max(0, column) :].decode(errors="replace") if line <= len(lines) else ""
