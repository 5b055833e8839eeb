"""Types as the JSON Schemas of an OpenAPI document: bodies by reference, parameters one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

Schema = dict[str, Any]


class Schemas:
    """Collects types and responses; answers schemas that are complete once `components` was called.

    The names of components begin with `prefix`, so that two platforms can each have an `Error`. `tolerant` lets
    through members that nobody declares, as the vendors' sides do. `examples` are values by the name of a property.
    """

    def __init__(self, prefix: str, *, tolerant: bool = False, examples: Mapping[str, object] | None = None) -> None:
        self._prefix = prefix
        self._tolerant = tolerant
        self._examples = examples or {}
        self._wanted: list[tuple[Any, Schema]] = []
        self._shared: dict[object, tuple[str, Schema]] = {}

    def of(self, type_: Any) -> Schema:
        """The schema of a type, mostly a reference; filled in by `components`."""
        schema: Schema = {}
        self._wanted.append((type_, schema))
        return schema

    def shared(self, name: str, key: object, make: Callable[[], Schema]) -> Schema:
        """A reference to a response that many operations have: made once for a key, `name` told apart by a number."""
        if key not in self._shared:
            same = sum(1 for known, _ in self._shared.values() if known.rstrip("0123456789") == name)
            self._shared[key] = (f"{name}{same + 1}" if same else name, make())
        return {"$ref": f"#/components/responses/{self._prefix}{self._shared[key][0]}"}

    def responses(self) -> dict[str, Schema]:
        """Every response that `shared` referred to, by name; complete once `components` was called."""
        return {f"{self._prefix}{name}": response for name, response in self._shared.values()}

    def components(self) -> dict[str, Schema]:
        """Every component that a schema refers to, by name."""
        types = [type_ for type_, _ in self._wanted]
        made, components = msgspec.json.schema_components(
            types, ref_template=f"#/components/schemas/{self._prefix}{{name}}"
        )
        for (_, placeholder), schema in zip(self._wanted, made, strict=True):
            placeholder.update(self._finished(schema))
        return {f"{self._prefix}{name}": self._finished(schema) for name, schema in components.items()}

    def properties(self, struct: Any) -> dict[str, tuple[Schema, bool]]:
        """The fields of a Struct as parameters: schema, and whether it is required."""
        (schema,), components = msgspec.json.schema_components([struct], ref_template="{name}")
        schema = components.get(schema.get("$ref", ""), schema)
        required = schema.get("required", ())
        return {
            name: (self._example(name, self._finished(_textual(each, components))), name in required)
            for name, each in schema.get("properties", {}).items()
        }

    def form(self, struct: Any) -> Schema:
        """A form of the fields of a Struct."""
        fields = self.properties(struct)
        schema: Schema = {"type": "object", "properties": {name: each for name, (each, _) in fields.items()}}
        required = [name for name, (_, needed) in fields.items() if needed]
        return {**schema, "required": required} if required else schema

    def _finished(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._finished(each) for each in schema]
        if not isinstance(schema, dict):
            return schema
        done = {key: self._finished(each) for key, each in schema.items()}
        if self._tolerant and done.get("additionalProperties") is False:
            del done["additionalProperties"]
        if isinstance(properties := done.get("properties"), dict):
            done["properties"] = {name: self._example(name, each) for name, each in properties.items()}
        return done

    def _example(self, name: str, schema: Any) -> Any:
        # Beside a reference, an enumeration or an example of its own another one would only confuse.
        known = self._examples.get(name)
        if known is None or {"$ref", "enum", "const", "examples"} & set(schema) or "string" not in _types(schema):
            return schema
        return {**schema, "examples": [known]}


def _types(schema: Schema) -> set[object]:
    return {schema.get("type"), *(each.get("type") for each in schema.get("anyOf", ()))}


def _textual(schema: Schema, components: Mapping[str, Schema]) -> Schema:
    """A schema for where only texts travel: no null, and nothing by reference."""
    if "$ref" in schema:
        return _textual(components[schema["$ref"]], components)
    schema = {key: each for key, each in schema.items() if not (key == "default" and each is None)}
    if "enum" in schema:
        schema["enum"] = [each for each in schema["enum"] if each is not None]
    kinds = [_textual(each, components) for each in schema.pop("anyOf", ()) if each.get("type") != "null"]
    if len(kinds) == 1:
        return {**schema, **kinds[0]}
    return {**schema, "anyOf": kinds} if kinds else schema
