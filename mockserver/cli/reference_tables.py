"""Types as people read them: the fields of a Struct, or the properties of a JSON Schema, as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET

Schema = dict[str, Any]

_PLAIN = {"integer": "integer", "number": "number", "string": "text", "boolean": "true or false", "null": "null"}


def row(*cells: str) -> str:
    """One line of a table."""
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def fields_table(struct: type[msgspec.Struct], heading: str = "Field") -> Iterator[str]:
    """The fields of a Struct as lines: name, what it may be, default."""
    yield row(heading, "What it may be", "Default")
    yield row("---", "---", "---")
    for name, what, default in table(struct):
        yield row(f"`{name}`", what, default)


def table(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str, str]]:
    """Each field of a Struct: name, what it may be, default."""
    schema, definitions = _schema_of(struct)
    for field in msgspec.structs.fields(struct):
        name = field.encode_name
        what = in_words(schema["properties"][name], definitions)
        yield name, what, _default_of(field)


def arguments_table(schema: Schema) -> Iterator[str]:
    """The arguments of an action as lines, from its JSON Schema."""
    properties = schema.get("properties", {})
    if not properties:
        yield "It takes no arguments."
        return
    yield row("Argument", "What it may be", "Default")
    yield row("---", "---", "---")
    for name, each in properties.items():
        default = "required" if name in schema.get("required", ()) else _default(each.get("default"))
        yield row(f"`{name}`", in_words(each, schema.get("$defs", {})), default)


def in_words(schema: Schema, definitions: Schema) -> str:
    """What a JSON Schema lets through, in a few words."""
    if "$ref" in schema:
        return in_words(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in schema:
        kinds = list(dict.fromkeys(in_words(each, definitions) for each in schema["anyOf"]))
        if len([kind for kind in kinds if kind.split(",")[0] in ("text", "integer", "number")]) == 3:
            kinds = ["duration", *(kind for kind in kinds if kind.split(",")[0] not in ("text", "integer", "number"))]
        return " or ".join(sorted(kinds, key=lambda kind: kind == "null"))
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type")
    if kind == "array":
        each = list(dict.fromkeys(in_words(part, definitions) for part in schema.get("prefixItems", ())))
        return f"list of {' and '.join(each) or in_words(schema.get('items', {}), definitions)}"
    if kind == "object":
        names = list(schema.get("properties", {}))
        return f"object: {', '.join(f'`{name}`' for name in names)}" if names else "object"
    if isinstance(kind, str):
        return _PLAIN[kind] + _bounds(schema)
    return "anything"


def _bounds(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        return f", more than {schema['exclusiveMinimum']}" + (f", at most {most}" if most is not None else "")
    if least is not None and most is not None:
        return f", {least} to {most}"
    if least is not None:
        return f", at least {least}"
    if "minLength" in schema and "maxLength" not in schema:
        return ", not empty" if schema["minLength"] == 1 else f", at least {schema['minLength']} characters"
    if "minLength" in schema:
        return f", {schema['minLength']} to {schema['maxLength']} characters"
    return ""


def _schema_of(struct: type[msgspec.Struct]) -> tuple[Schema, Schema]:
    (schema,), definitions = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    name = schema.get("$ref", "").rpartition("/")[2]
    return (definitions[name] if name else schema), definitions


def _default_of(field: Any) -> str:
    if field.required:
        return "required"
    value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
    return "" if value is UNSET else _default(msgspec.to_builtins(value))


def _default(value: object) -> str:
    return "" if value in (None, {}, [], (), "") else f"`{msgspec.json.encode(value).decode()}`"
