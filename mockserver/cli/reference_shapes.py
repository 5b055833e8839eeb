"""What actions answer and what documents hold, as tables: one line for each field, those of nested objects included."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from datetime import datetime
from types import NoneType
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from mockserver.cli.reference_tables import Schema, in_words, row
from mockserver.world.collection import Kind

DEEPEST: Final = 3
"""Levels of nested objects whose fields have lines of their own."""

DOCUMENTS: Final = """\
# Documents

What a world holds, by collection. A [scenario](../scenarios.md) waits for one with `expect: document`, `of` its
collection; `GET /_mock/worlds/{world}/documents/{collection}` lists them, and `world.expect_document` waits for one in
Python. They are the emulator's own view of things and not a vendor's wire: names and shapes are ours.
"""


def documents_page(kinds: tuple[Kind[Any], ...]) -> str:
    """Every collection with the fields of its documents."""
    lines = [DOCUMENTS]
    for kind in kinds:
        lines += [f"## {kind.name}\n", *_about(kind.type), f"Its key is `{kind.key}`.\n"]
        lines += [*_table(kind.type), ""]
    return "\n".join(lines)


def result_told(result: Any, kinds: dict[Any, str]) -> Iterator[str]:
    """What an action answers, as lines; documents of the `kinds` (names by type) are told on their own page."""
    several = get_origin(result) is tuple
    of = get_args(result)[0] if several else result
    if of in kinds:
        link = f"[`{kinds[of]}`](documents.md#{kinds[of].replace('.', '')})"
        yield f"It answers {'a list of documents' if several else 'a document'} of {link}."
    elif of is NoneType:
        yield "It answers `null`."
    elif _is_object(of):
        yield f"It answers {'a list of objects' if several else 'an object'}:\n"
        yield from _about(of)
        yield from _table(of)
    else:
        schema, definitions = _schema(result)
        yield f"It answers {in_words(schema, definitions)}."


def _about(type_: Any) -> Iterator[str]:
    # Not by `inspect.getdoc`, which answers for a TypedDict what is said of dict.
    if type_.__doc__:
        yield f"{inspect.cleandoc(type_.__doc__)}\n"


def _table(type_: Any) -> Iterator[str]:
    yield row("Field", "What it is")
    yield row("---", "---")
    schema, definitions = _schema(type_)
    instants = _instants(type_)
    for name, what in _fields(schema, definitions, "", DEEPEST):
        yield row(f"`{name}`", what.replace("text", "instant, as ISO 8601") if name in instants else what)


def _instants(type_: Any) -> set[str]:
    """The fields that hold an instant, which a schema does not tell from any text."""
    hints = get_type_hints(type_)
    return {name for name, hint in hints.items() if datetime in (hint, *get_args(hint))}


def _fields(schema: Schema, definitions: Schema, prefix: str, levels: int) -> Iterator[tuple[str, str]]:
    schema = _resolved(schema, definitions)
    for name, each in schema.get("properties", {}).items():
        there = "" if name in schema.get("required", ()) or "default" in each else ", may be missing"
        inner, place = _nested(each, definitions, f"{prefix}{name}")
        if inner is None or levels == 0:
            yield f"{prefix}{name}", in_words(each, definitions) + there
            continue
        yield f"{prefix}{name}", ("list of objects" if place.endswith("[]") else "object") + _nullable(each) + there
        yield from _fields(inner, definitions, f"{place}.", levels - 1)


def _nested(schema: Schema, definitions: Schema, place: str) -> tuple[Schema | None, str]:
    """The object that a field holds, or each of its list, if it is one that names its fields; and where it lies."""
    arms = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    found = _resolved(arms[0], definitions) if len(arms) == 1 else {}
    if found.get("type") == "array" and isinstance(found.get("items"), dict):
        found, place = _resolved(found["items"], definitions), f"{place}[]"
    return (found if found.get("properties") else None), place


def _nullable(schema: Schema) -> str:
    return " or null" if any(each.get("type") == "null" for each in schema.get("anyOf", ())) else ""


def _resolved(schema: Schema, definitions: Schema) -> Schema:
    return definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _schema(type_: Any) -> tuple[Schema, Schema]:
    (schema,), definitions = msgspec.json.schema_components([type_], ref_template="#/$defs/{name}")
    return schema, definitions


def _is_object(type_: Any) -> bool:
    schema, definitions = _schema(type_)
    return bool(_resolved(schema, definitions).get("properties"))
