"""The scenario language as a JSON Schema, with which editors complete and check files while they are written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from mockserver.scenarios.model import Draft
from mockserver.scenarios.steps import KINDS, ExpectDocumentStep
from mockserver.world.actions import Action

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_EXPRESSION: Final[Schema] = {
    "type": "string",
    "pattern": r"^\$|\{\$",
    "description": "A runtime expression, such as $inputs.name or $steps.id.outputs.name.",
}


def json_schema(actions: Iterable[Action[Any, Any]]) -> Schema:
    """The schema of a scenario file in which these actions can be named.

    It takes every file that `load_scenario` takes. What only a reader can know (references, durations,
    patterns) it does not check; `mockserver scenarios validate` does.
    """
    (draft, *_), definitions = msgspec.json.schema_components(
        [Draft, *KINDS.values(), ExpectDocumentStep], ref_template="#/$defs/{name}"
    )
    head = definitions.pop(draft["$ref"].rpartition("/")[2])
    head["properties"]["steps"] = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Step"}}
    definitions["ExpectStep"]["properties"]["expect"] = {"const": "delivery"}
    definitions["ExpectDocumentStep"]["properties"]["expect"] = {"const": "document"}
    listed = sorted((action for action in actions if not action.internal), key=lambda each: each.name)
    if listed:
        definitions["ActionStep"]["properties"]["action"] = {
            "oneOf": [{"const": action.name, "description": action.summary} for action in listed]
        }
        definitions["ActionStep"]["allOf"] = [_arguments(action, definitions) for action in listed]
    kinds: list[type] = [*KINDS.values(), ExpectDocumentStep]
    definitions["Step"] = {"oneOf": [{"$ref": f"#/$defs/{kind.__name__}"} for kind in kinds]}
    return {"$schema": DIALECT, **head, "title": "Scenario", "$defs": dict(sorted(definitions.items()))}


def _arguments(action: Action[Any, Any], definitions: Schema) -> Schema:
    """That a step which does `action` has its arguments; the types these need join the `definitions`."""
    own = action.schema()
    prefix = action.name.replace(".", "_")
    for name, definition in own.pop("$defs", {}).items():
        definitions[f"{prefix}_{name}"] = _renamed(definition, prefix)
    own = _renamed(own, prefix)
    own["properties"] = {
        name: {"anyOf": [each, _EXPRESSION], **{key: each[key] for key in ("description", "default") if key in each}}
        for name, each in own.get("properties", {}).items()
    }
    definitions[f"{prefix}_arguments"] = own
    then: Schema = {"properties": {"with": {"$ref": f"#/$defs/{prefix}_arguments"}}}
    if own.get("required"):
        then["required"] = ["with"]
    return {"if": {"properties": {"action": {"const": action.name}}, "required": ["action"]}, "then": then}


def _renamed(schema: Any, prefix: str) -> Any:
    """A schema with its references led to the definitions of one action: two actions may use one name."""
    if isinstance(schema, dict):
        return {
            key: value.replace("#/$defs/", f"#/$defs/{prefix}_") if key == "$ref" else _renamed(value, prefix)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [_renamed(each, prefix) for each in schema]
    return schema
