from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import Invalid, MockserverError, Unknown
from mockserver.scenarios.expressions import Scope, evaluate, is_dynamic, references

EXCHANGE: dict[str, Any] = {
    "id": 3,
    "kind": "inbound",
    "method": "POST",
    "path": "/plugin/v1/ato/r1",
    "query": {"code": "c-1"},
    "status": 201,
    "headers": {"authorization": "Bearer t"},
    "body": {"status": "completed", "tags": ["a", "b"], "a/b": {"c~d": 1}},
    "response": {"headers": {"location": "/x"}, "body": {"ok": True}},
}
SCOPE = Scope(
    inputs={"app": "a1", "count": 3, "user": {"handle": "@ada", "roles": ["owner"]}, "none": None},
    steps={"start": {"request_id": "r1", "request": {"id": "r1", "n": [1, 2]}}},
    exchange=EXCHANGE,
    path_parameters={"id": "r1"},
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("$inputs.app", "a1"),
        ("$inputs.count", 3),
        ("$inputs.none", None),
        ("$inputs.user", {"handle": "@ada", "roles": ["owner"]}),
        ("$inputs.user.handle", "@ada"),
        ("$inputs.user.roles.0", "owner"),
        ("$inputs.user#/roles/0", "owner"),
        ("$steps.start.outputs.request_id", "r1"),
        ("$steps.start.outputs.request.id", "r1"),
        ("$steps.start.outputs.request#/n/1", 2),
        ("$request.body", EXCHANGE["body"]),
        ("$request.body#", EXCHANGE["body"]),
        ("$request.body#/status", "completed"),
        ("$request.body#/tags/1", "b"),
        ("$request.body#/a~1b/c~0d", 1),
        ("$request.header.Authorization", "Bearer t"),
        ("$request.query.code", "c-1"),
        ("$request.path.id", "r1"),
        ("$response.body#/ok", True),
        ("$response.header.location", "/x"),
        ("$statusCode", 201),
        ("$method", "POST"),
        ("$url", "/plugin/v1/ato/r1"),
        ("https://x/{$inputs.app}?n={$inputs.count}", "https://x/a1?n=3"),
        ("{$inputs.count}", "3"),
        ("{$response.body} and {$inputs.none}", '{"ok": true} and null'),
        ("$$inputs.app", "$inputs.app"),
        ("$${$inputs.app}", "$a1"),
        ("$$", "$"),
        ("{$$inputs.app}", "{$inputs.app}"),
        ("costs 5$", "costs 5$"),
        ("^a{2}$", "^a{2}$"),
        (
            {"a": ["$inputs.app", {"b": "{$method}!"}], "$inputs.app": 1},
            {"a": ["a1", {"b": "POST!"}], "$inputs.app": 1},
        ),
    ],
)
def test_an_expression_becomes_what_it_refers_to(written: Any, value: Any) -> None:
    assert evaluate(written, SCOPE) == value


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "$inputs.ap",
            "There is no input named 'ap'. Did you mean 'app'? $inputs.ap finds only: app, count, user, none.",
        ),
        ("$inputs.user.handel", "There is no field named 'handel'. Did you mean 'handle'?"),
        ("$steps.strat.outputs.request_id", "There is no finished step named 'strat'. Did you mean 'start'?"),
        ("$steps.start.outputs.id", "There is no output of step 'start' named 'id'."),
        ("$request.body#/stauts", "Did you mean 'status'? $request.body#/stauts finds only: status, tags, a/b."),
        ("$request.body#/tags/2", "leads into a list of 2"),
        ("$request.body#/tags/01", "leads into a list of 2"),
        ("$request.body#/status/x", 'leads into "completed"'),
        ("$inputs.none#/x", "leads into an empty body or null"),
        ("$response.header.locaton", "There is no header named 'locaton'. Did you mean 'location'?"),
        ("$request.query.state", "There is no query parameter named 'state'."),
        ("$request.path.name", "There is no path parameter named 'name'."),
        ("see {$inputs.nobody}", "There is no input named 'nobody'."),
    ],
)
def test_an_expression_that_leads_nowhere_says_what_is_there(written: str, told: str) -> None:
    with pytest.raises(Unknown) as refusal:
        evaluate(written, SCOPE)
    assert told in str(refusal.value)


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("$input.app", "Did you mean '$inputs.app'?"),
        ("$status", "Did you mean '$statusCode'?"),
        ("$response.status", "Did you mean '$response.body#/status'?"),
        ("$response.headers.location", "Did you mean '$response.header.location'?"),
        ("$steps.start.request_id", "Did you mean '$steps.start.outputs.request_id'?"),
        ("$inputs.app is fine", "Expressions look like"),
        ("$inputs", "Expressions look like"),
        ("$inputs..app", "Expressions look like"),
        ("$steps.start.outputs", "Expressions look like"),
        ("$100", "write $$"),
        ("$", "write $$"),
        ("a {$nonsense} b", "Expressions look like"),
    ],
)
def test_what_is_no_expression_is_refused_with_what_could_be_meant(written: str, hint: str) -> None:
    with pytest.raises(Invalid) as refusal:
        evaluate(written, SCOPE)
    assert hint in str(refusal.value)


@pytest.mark.parametrize("written", ["$response.body", "$request.body#/x", "$statusCode", "$method"])
def test_where_there_was_no_exchange_none_can_be_referred_to(written: str) -> None:
    with pytest.raises(Invalid, match="has no meaning here"):
        evaluate(written, Scope())


def test_all_references_are_found_where_they_stand() -> None:
    value = {"a": ["$inputs.x", 1, "{$steps.s.outputs.y} and {$nope}"], "odd key": "$$inputs.z", "b": "{$$inputs.z}"}
    found = references(value, "$.with")
    assert [(r.path, r.text, r.expression is not None) for r in found] == [
        ("$.with.a[0]", "$inputs.x", True),
        ("$.with.a[2]", "$steps.s.outputs.y", True),
        ("$.with.a[2]", "$nope", False),
    ]
    assert found[1].expression is not None
    assert (found[1].expression.root, found[1].expression.names) == ("steps", ("s", "outputs", "y"))


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def strip_dollars(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("$", "")
    if isinstance(value, dict):
        return {key: strip_dollars(part) for key, part in value.items()}
    return [strip_dollars(part) for part in value] if isinstance(value, list) else value


@given(values.map(strip_dollars))
def test_without_a_dollar_a_value_stays_as_it_is(value: Any) -> None:
    assert evaluate(value, Scope()) == value
    assert references(value) == []


@given(st.text(alphabet="${}.#/ainputs"))
def test_any_text_is_either_understood_or_refused_in_words(text: str) -> None:
    readable = all(found.problem is None for found in references(text))
    try:
        evaluate(text, SCOPE)
    except Unknown:
        assert readable
    except MockserverError:
        assert not readable
    else:
        assert readable
    assert is_dynamic(text) == bool(references(text))
