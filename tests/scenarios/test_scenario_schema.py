"""The JSON Schema of the language: it takes what can be run, and refuses what an editor should mark."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from mockserver import resources
from mockserver.app import load_platforms, schema_of
from mockserver.checking import yaml
from mockserver.scenarios import load_scenario
from mockserver.scenarios.schema import json_schema
from mockserver.scenarios.steps import KINDS

ACTIONS = [action for platform in load_platforms() for action in platform.actions]
OF_ALL = schema_of(load_platforms())
SCHEMA = json_schema(ACTIONS)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def errors(text: str) -> list[str]:
    value: Any = yaml.read(text, "x").value
    return [error.message for error in VALIDATOR.iter_errors(value)]


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", resources.shipped("scenarios"))
def test_it_takes_every_shipped_scenario(name: str) -> None:
    assert errors(resources.read("scenarios", name).text) == []


@pytest.mark.parametrize(
    "step",
    [
        "{action: motar.start_ato_request, with: {app: $inputs.a, by: '@olivia'}, returns: {status: {any: true}}}",
        "{action: motar.sign_in, with: {user: '@olivia', visit: $inputs.a}, expect_error: {contains: x}}",
        "{expect: delivery, where: {status: 2xx, body: {a: $inputs.a}}, within: $inputs.a}",
        "{expect: document, of: motar.ato_requests, where: {status: completed}}",
        "{await: 'POST /x/{id}', where: {headers: {a: {matches: x}}}, outputs: {x: $request.path.id}}",
        "{call: GET /x, as: vera, query: {a: 1}, where: {status: 404}, form: {a: 1}}",
        "{send: POST http://x/, body: [1]}",
        "{include: a/b, with: {x: 1}}",
        "{fault: {when: {path: /x}, status: 503, times: null}}",
        "{settle: 3}",
        "{advance: 25h}",
        "{verify: {kind: inbound}, count: 0}",
    ],
)
def test_it_takes_what_the_loader_takes(step: str) -> None:
    text = f"name: a\ninputs: {{a: {{default: 1, type: integer}}}}\nsteps:\n  - {step}\noutputs: {{b: $inputs.a}}\n"
    load_scenario(text, "x", schema=OF_ALL)
    assert errors(text) == []


@pytest.mark.parametrize(
    "step",
    [
        "{action: motar.start_ato_requst}",
        "{action: motar.sign_in, with: {usr: '@olivia'}}",
        "{action: motar.sign_in, with: {visit: 3}}",
        "{expect: delivry}",
        "{expect: document}",
        "{await: POST /x, were: {}}",
        "{call: GET /x, where: {path: /y}}",
        "{verify: {kind: outbound}}",
        "{verify: {}, count: -1}",
        "{title: nothing}",
        "{action: motar.start_ato_request, advance: 3}",
    ],
)
def test_it_refuses_what_an_editor_should_mark(step: str) -> None:
    assert errors(f"name: a\nsteps:\n  - {step}\n")


def test_every_kind_of_step_is_in_it() -> None:
    offered = {each["$ref"].rpartition("/")[2] for each in SCHEMA["$defs"]["Step"]["oneOf"]}
    assert offered >= {kind.__name__ for kind in KINDS.values()}


def test_every_action_that_can_be_named_is_offered_with_what_it_does() -> None:
    offered = SCHEMA["$defs"]["ActionStep"]["properties"]["action"]["oneOf"]
    assert {each["const"]: each["description"] for each in offered} == {
        action.name: action.summary for action in ACTIONS if not action.internal
    }
