from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import Invalid
from mockserver.world.matchers import MAX_SUBJECT
from mockserver.world.matching import Match, closest, differences, in_words, label, matches, path_parameters

STATUS: dict[str, Any] = {
    "id": 7,
    "kind": "inbound",
    "method": "POST",
    "path": "/plugin/v1/ato/status",
    "query": {"page": "2", "dry": "true", "tag": ["a", "b"]},
    "status": 400,
    "headers": {"authorization": "Bearer t-1", "content-length": "57"},
    "body": {
        "requestId": "r1",
        "status": "in-progress",
        "completed": False,
        "progress": 40,
        "note": None,
        "type": "error",
        "steps": [{"id": 1, "name": "scan"}, {"id": 2, "name": "sign"}],
    },
    "response": {"headers": {"content-type": "application/json"}, "body": {"error_code": "4001"}},
}
SILENT: dict[str, Any] = {
    "id": 8,
    "kind": "delivery",
    "method": "POST",
    "path": "/ato",
    "query": {},
    "status": None,
    "headers": {},
    "body": None,
    "response": {"headers": {}, "body": None},
}


def match(**fields: Any) -> Match:
    return msgspec.convert(fields, Match)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "inbound"},
        {"method": "post"},
        {"method": {"one_of": ["put", "post"]}},
        {"method": {"not": "get"}},
        {"method": {"matches": r"^P\w+$"}},
        {"path": "/plugin/v1/ato/status"},
        {"path": "/w/blue-1/plugin/v1/ato/status"},
        {"path": "/plugin/v1/{service}/status"},
        {"path": "/plugin/*/ato/*"},
        {"path": {"matches": "/ato/"}},
        {"query": {"page": "2"}},
        {"query": {"page": 2, "dry": True}},
        {"query": {"page": {"gte": 2, "lt": 3}}},
        {"query": {"tag": ["a", "b"]}},
        {"query": {"tag": {"contains": "b"}}},
        {"query": {"missing": {"absent": True}}},
        {"status": 400},
        {"status": "400"},
        {"status": "4xx"},
        {"status": "4XX"},
        {"status": {"gte": 400}},
        {"status": {"any": True}},
        {"headers": {"Authorization": {"matches": "^Bearer "}}},
        {"headers": {"Content-Length": 57}},
        {"headers": {"x-mock-world": {"absent": True}}},
        {"body": {"status": "in-progress"}},
        {"body": {"progress": 40.0}},
        {"body": {"progress": {"gt": 39, "lte": 40}}},
        {"body": {"completed": False, "note": None}},
        {"body": {"contains": {"type": "error"}}},
        {"body": {"requestId": "r1", "type": "error"}},
        {"body": {"type": "object"}},
        {"body": {"any": True}},
        {"body": {"steps": [{"id": 1}, {"name": {"contains": "ig"}}]}},
        {"body": {"steps": {"contains": {"id": 2}}}},
        {"body": {"steps": {"type": "array"}, "note": {"type": "null"}, "progress": {"type": "integer"}}},
        {"body": {"steps": {"equals": [{"id": 1, "name": "scan"}, {"id": 2, "name": "sign"}]}}},
        {"body": {"other": {"not": "x"}}},
        {"body": {"note": {"not": {"absent": True}}}},
        {"body": {"status": {"one_of": ["not-started", {"matches": "progress$"}]}}},
        {"response": {"body": {"error_code": "4001"}, "headers": {"Content-Type": {"contains": "json"}}}},
    ],
)
def test_an_exchange_matches_what_asks_for_no_more_than_it_has(fields: dict[str, Any]) -> None:
    assert differences(match(**fields), STATUS) == []
    assert matches(match(**fields), STATUS)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"kind": "delivery"}, 'kind: expected "delivery", got "inbound"'),
        ({"method": "GET"}, 'method: expected "GET", got "POST"'),
        ({"path": "/plugin/v1/ato/alert"}, 'path: expected "/plugin/v1/ato/alert", got "/plugin/v1/ato/status"'),
        ({"path": "/plugin/v1/{a}"}, 'path: expected "/plugin/v1/{a}", got "/plugin/v1/ato/status"'),
        ({"query": {"page": 3}}, 'query.page: expected 3, got "2"'),
        ({"query": {"tag": "a"}}, 'query.tag: expected "a", got ["a", "b"]'),
        ({"status": 200}, "status: expected 200, got 400"),
        ({"status": "2xx"}, 'status: expected "2xx", got 400'),
        ({"status": {"gte": 200, "lt": 300}}, "status: expected a number >= 200 and < 300, got 400"),
        ({"status": {"absent": True}}, "status: expected nothing, got 400"),
        (
            {"headers": {"Autorization": {"any": True}}},
            "headers.autorization: expected anything, got nothing (there is authorization, content-length)"
            " (did you mean 'authorization'?)",
        ),
        (
            {"body": {"complete": True}},
            "body.complete: expected true, got nothing (there is requestId, status, completed, progress, note, type, "
            "steps) (did you mean 'completed'?)",
        ),
        ({"body": {"completed": 0}}, "body.completed: expected 0, got false"),
        ({"body": {"progress": True}}, "body.progress: expected true, got 40"),
        ({"body": {"progress": "40"}}, 'body.progress: expected "40", got 40'),
        ({"body": {"note": {"absent": True}}}, "body.note: expected nothing, got null"),
        ({"body": {"steps": [{"id": 1}]}}, 'body.steps: expected [{"id": 1}], got'),
        ({"body": {"steps": [{"id": 1}, {"id": 3}]}}, "body.steps[1].id: expected 3, got 2"),
        ({"body": {"steps": {"contains": {"id": 9}}}}, 'body.steps: expected something that contains {"id": 9}, got'),
        ({"body": {"steps": {"equals": [{"id": 1}, {"id": 2, "name": "sign"}]}}}, "body.steps[0].name: expected noth"),
        ({"body": {"status": {"matches": "^done$"}}}, "body.status: expected a text that matches '^done$', got"),
        ({"body": {"status": {"not": {"contains": "in"}}}}, "body.status: expected not something that contains"),
        ({"body": {"status": {"one_of": ["a", "b"]}}}, 'body.status: expected "a" or "b", got "in-progress"'),
        ({"body": {"progress": {"type": "string"}}}, "body.progress: expected a value of type string, got 40"),
        ({"body": {"completed": {"type": "number"}}}, "body.completed: expected a value of type number, got false"),
        ({"body": {"status": {"gt": 1}}}, "body.status: expected a number > 1, got"),
        ({"body": ["r1"]}, 'body: expected ["r1"], got {'),
        ({"response": {"body": {"error_code": 4001}}}, 'response.body.error_code: expected 4001, got "4001"'),
        ({"response": {"headers": {"location": {"any": True}}}}, "response.headers.location: expected anything, got n"),
    ],
)
def test_a_difference_says_where_what_was_expected_and_what_came(fields: dict[str, Any], told: str) -> None:
    (difference,) = differences(match(**fields), STATUS)
    assert str(difference).startswith(told)
    assert not matches(match(**fields), STATUS)


ALERTS = [
    {"title": "Package opened", "type": "info", "text": "Welcome " * 40, "requestId": "r1"},
    {"title": "Distribution rejected", "type": "error", "text": "No release notes: 2.0.1", "requestId": "r1"},
    {"title": "Package is empty", "type": "warning", "text": "Add one", "requestId": "r1"},
]


def differs(wanted: object, body: object) -> list[str]:
    return [str(each) for each in differences(match(body=wanted), {**STATUS, "body": body})]


def test_a_list_without_the_element_is_told_as_far_as_it_was_asked_for_and_how_the_closest_differs() -> None:
    wanted = {"contains": {"requestId": "r1", "type": "error", "text": {"contains": "2.0.0"}}}
    whole, field = differs({"alerts": wanted}, {"alerts": ALERTS})
    assert whole.startswith("body.alerts: expected something that contains {")
    assert whole.endswith(", of which body.alerts[1] comes closest")
    assert field == 'body.alerts[1].text: expected something that contains "2.0.0", got "No release notes: 2.0.1"'
    assert differs({"contains": {"type": "success"}}, ALERTS) == [
        'body: expected something that contains {"type": "success"}, '
        'got [{"type": "info"}, {"type": "error"}, {"type": "warning"}]'
    ]
    assert differs({"contains": {"type": "info"}}, []) == [
        'body: expected something that contains {"type": "info"}, got []'
    ]
    assert differs({"contains": {"a": 1}}, [5, {"b": 2}]) == [
        'body: expected something that contains {"a": 1}, got [5, {"b": 2}]'
    ]
    assert differs({"contains": "gama"}, ["alpha", "gamma"]) == [
        'body: expected something that contains "gama", got ["alpha", "gamma"] (did you mean \'gamma\'?)'
    ]


def test_a_missing_field_is_told_with_all_there_are_or_with_those_spelled_most_like_it() -> None:
    many = {f"field_{number}": number for number in range(30)} | {"cancellable": True}
    (told,) = differs({"cancelable": True}, many)
    assert "got nothing (there is cancellable, " in told
    assert told.endswith(" … and 11 more) (did you mean 'cancellable'?)")
    (told,) = differs({"x": 1}, {f"field_{number}": number for number in range(20)})
    assert told.endswith("field_18, field_19)")


def test_a_matcher_beside_other_fields_is_told_to_be_none() -> None:
    assert differs({"requestId": "r1", "contains": {"title": "A"}}, {"requestId": "r1"}) == [
        'body.contains: expected {"title": "A"}, got nothing (there is requestId), '
        "and 'contains' is a matcher only where nothing stands beside it"
    ]


@pytest.mark.parametrize(
    "nothing", [None, {"absent": True}, {"type": "null"}, {"not": {"any": True}}, {"equals": None}]
)
def test_an_answer_that_never_came_is_nothing(nothing: Any) -> None:
    assert differences(match(body=nothing, response={"body": nothing}), SILENT) == []
    if isinstance(nothing, dict):
        assert differences(match(status=nothing), SILENT) == []


@pytest.mark.parametrize("something", [{"any": True}, {}, "", 0, False, {"not": {"absent": True}}])
def test_nothing_is_not_something(something: Any) -> None:
    assert len(differences(match(body=something), SILENT)) == 1


def test_every_field_that_differs_is_told_at_once() -> None:
    wanted = match(method="PUT", status=200, body={"requestId": "r2", "status": "in-progress", "progress": 41})
    assert [d.field for d in differences(wanted, STATUS)] == ["method", "status", "body.requestId", "body.progress"]


@pytest.mark.parametrize(
    ("fields", "path", "expected"),
    [
        ({"body": {"x": {"matches": "("}}}, "$.body.x.matches", "regular expression"),
        ({"body": {"x": {"matches": 3}}}, "$.body.x.matches", "regular expression"),
        ({"body": {"type": "error"}}, "$.body.type", "contains: {type: ..}"),
        ({"body": {"type": "error"}}, "$.body.type", "or with another field beside it, by type: .."),
        (
            {"body": {"requestId": 5, "contains": {"type": "error"}}},
            "$.body.contains.type",
            "null; where others stand, a field that is called 'type' needs no matcher around it: write type: \"error\" "
            'beside "requestId"',
        ),
        ({"body": {"x": {"type": "strng"}}}, "$.body.x.type", "string"),
        ({"body": {"x": {"any": False}}}, "$.body.x.any", "true"),
        ({"body": {"x": {"one_of": []}}}, "$.body.x.one_of", "a list of choices"),
        ({"body": {"x": {"gt": 1, "lt": "2"}}}, "$.body.x.lt", "a number"),
        ({"body": {"x": {"gt": float("nan")}}}, "$.body.x.gt", "a number"),
        ({"body": [{"not": {"matches": "["}}]}, "$.body[0].not.matches", "regular expression"),
        ({"body": {"one_of": [1, {"matches": "*"}]}}, "$.body.one_of[1].matches", "regular expression"),
        ({"body": {"contains": {"x-y": {"matches": "("}}}}, "$.body.contains['x-y'].matches", "regular expression"),
        ({"headers": {"a": {"matches": "("}}}, "$.headers.a.matches", "regular expression"),
        ({"response": {"body": {"matches": "("}}}, "$.response.body.matches", "regular expression"),
        ({"status": "20x"}, "$.status", "a status"),
        ({"status": "OK"}, "$.status", "a status"),
    ],
)
def test_a_matcher_that_cannot_be_used_is_refused_when_the_match_is_made(
    fields: dict[str, Any], path: str, expected: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        match(**fields)
    (problem,) = refusal.value.problems
    assert problem.path == path
    assert expected in problem.expected


def test_a_match_that_is_nested_without_end_is_refused() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"a": deep}
    with pytest.raises(Invalid, match="at most 64 levels"):
        Match(body=deep)


@pytest.mark.parametrize("field", ["equals", "one_of", "not", "gt"])
def test_headers_and_queries_list_names_even_ones_called_like_a_matcher(field: str) -> None:
    facts = {**STATUS, "headers": {field: "1"}, "query": {field: "1"}}
    assert matches(match(headers={field: "1"}, query={field: "1"}), facts)


def test_a_text_too_long_for_a_pattern_is_told_and_not_searched() -> None:
    facts = {**STATUS, "body": "a" * (MAX_SUBJECT + 1)}
    (difference,) = differences(match(body={"matches": "a"}), facts)
    assert difference.got == "a text of 65,537 characters, too long for a pattern (at most 65,536)"


def test_a_long_value_is_cut_where_it_is_told() -> None:
    (difference,) = differences(match(body="x"), {**STATUS, "body": "a" * 500})
    assert len(difference.got) < 160
    assert difference.got.endswith("(500 characters)")


@pytest.mark.parametrize(
    ("pattern", "path", "parameters"),
    [
        ("/a/{id}", "/a/7", {"id": "7"}),
        ("/a/{id}/b/{n}", "/a/7/b/x", {"id": "7", "n": "x"}),
        ("/w/blue/a/{id}", "/a/7", {"id": "7"}),
        ("/a/*", "/a/7", {}),
        ("/a", "/a", {}),
        ("/a/{id}", "/a/", None),
        ("/a/{id}", "/a/7/8", None),
        ("/a/{}", "/a/7", None),
        ("/a", "/a/", None),
        ("/w/Blue/a", "/a", None),
    ],
)
def test_segments_in_braces_stand_for_one_segment(pattern: str, path: str, parameters: dict[str, str] | None) -> None:
    assert path_parameters(pattern, path) == parameters


def near(**changes: Any) -> dict[str, Any]:
    return {**STATUS, **changes}


def test_the_closest_exchange_is_the_right_call_with_a_wrong_body() -> None:
    wanted = match(kind="inbound", method="POST", path=STATUS["path"], body={"requestId": "r1", "status": "completed"})
    exchanges = [
        near(id=1, path="/plugin/v1/ato/alert", body={"requestId": "r1", "status": "completed"}),
        near(id=2),
        near(id=3, path="/oauth/token", body={"requestId": "r1", "status": "completed"}),
        near(id=4, body={}),
        near(id=5, kind="delivery", method="GET", path="/", body={}),
    ]
    misses = closest(wanted, exchanges)
    assert [miss.id for miss in misses] == [2, 4, 1]
    assert misses[0].label == "POST /plugin/v1/ato/status -> 400"
    assert [str(d) for d in misses[0].differences] == ['body.status: expected "completed", got "in-progress"']
    assert 1 > misses[0].score > misses[1].score > misses[2].score > 0


def test_among_equals_the_most_recent_comes_first_and_a_stranger_not_at_all() -> None:
    exchanges = [near(id=1), near(id=2), near(id=3, path="/other")]
    assert [miss.id for miss in closest(match(path=STATUS["path"]), exchanges)] == [2, 1]
    assert [miss.id for miss in closest(match(path=STATUS["path"]), exchanges, limit=1)] == [2]


def test_one_that_matches_is_the_closest_and_has_no_differences() -> None:
    (miss,) = closest(match(status=400), [STATUS])
    assert miss.score == 1
    assert miss.differences == ()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (STATUS, "POST /plugin/v1/ato/status -> 400"),
        (SILENT, "delivery POST /ato -> no answer"),
        ({"kind": "action", "path": "motar.hand_off", "status": None}, "action motar.hand_off"),
        ({"kind": "clock"}, "clock"),
    ],
)
def test_an_exchange_is_told_in_a_few_words(facts: dict[str, Any], words: str) -> None:
    assert label(facts) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "exchange"),
        ({"kind": "delivery", "status": 503}, "delivery with status 503"),
        (
            {"kind": "inbound", "method": "POST", "path": "/x", "body": {"status": "done", "n": {"gt": 1}}},
            'request POST /x with body.status "done", body.n a number > 1',
        ),
        ({"response": {"body": {"ok": True}}}, "exchange with response.body.ok true"),
    ],
)
def test_a_match_is_told_as_part_of_a_sentence(fields: dict[str, Any], words: str) -> None:
    assert in_words(match(**fields)) == words


def test_looking_through_a_journal_costs_the_same_for_each_exchange() -> None:
    wanted = match(kind="inbound", path=STATUS["path"], body={"complete": "x", "other": 1})

    def cost(size: int) -> float:
        """Seconds for each exchange of a journal of that size: the best of some tries."""
        journal = [near(id=n, path=f"/p/{n}") for n in range(size)]
        spent = []
        for _ in range(3):
            began = time.perf_counter()
            assert not any(matches(wanted, facts) for facts in journal)
            closest(wanted, journal)
            spent.append(time.perf_counter() - began)
        return min(spent) / size

    assert cost(5_000) < 4 * cost(500)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
words = st.text(alphabet="abcdefgh_-", min_size=1).filter(
    lambda word: word not in {"any", "not", "one_of", "gt", "gte", "lt", "lte", "type"}
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4))


@given(values, values)
def test_what_an_exchange_is_always_matches_it(body: Any, answer: Any) -> None:
    facts = {**STATUS, "body": body, "response": {"headers": STATUS["headers"], "body": answer}}
    fields = {name: value for name, value in facts.items() if name != "id"}
    assert differences(match(**fields), facts) == []
    assert differences(match(body={"equals": body}, response={"body": {"equals": answer}}), facts) == []


@given(values, values)
def test_to_match_is_to_have_no_difference(expected: Any, actual: Any) -> None:
    facts = {**STATUS, "body": actual}
    wanted = match(body=expected, path=STATUS["path"])
    found = differences(wanted, facts)
    assert matches(wanted, facts) == (not found)
    (miss,) = closest(wanted, [facts])
    assert (miss.score == 1) == (not found)


@given(values)
def test_not_is_the_opposite(value: Any) -> None:
    assert matches(match(body={"not": value}), STATUS) != matches(match(body=value), STATUS)
