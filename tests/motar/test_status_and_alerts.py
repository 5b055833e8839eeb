"""`POST /plugin/v1/ato/status` and `/alert`: every field, every caller, every stage of a request."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.motar.helpers import (
    STATUSES,
    accepted,
    alert,
    ato_call,
    bearer,
    last_violations,
    plugin_basic,
    refused,
    state,
    status,
    tokens_for,
)
from tests.support import Live

MISSING = object()
CALLS = ("status", "alert")


@pytest.fixture
def started(world: Live) -> str:
    request_id: str = world.act("motar.start_ato_request")["request_id"]
    world.settle()
    return request_id


# Fields


@pytest.mark.parametrize(
    ("body", "after"),
    [
        ({}, ("in-progress", False, False)),
        ({"status": "under-review"}, ("under-review", False, False)),
        ({"complete": True}, ("in-progress", True, False)),
        ({"cancellable": True}, ("in-progress", False, True)),
        ({"status": "completed", "complete": True}, ("completed", True, False)),
        ({"status": "completed", "complete": True, "cancellable": True}, ("completed", True, True)),
    ],
)
def test_only_request_id_is_mandatory_and_absent_fields_keep_their_value(
    world: Live, started: str, body: dict[str, Any], after: tuple[str, bool, bool]
):
    caller = plugin_basic(world)
    accepted(status(world, caller, requestId=started, status="in-progress", cancellable=False))
    accepted(status(world, caller, requestId=started, **body))
    assert state(world) == after


def test_a_call_that_changes_nothing_is_told(world: Live, started: str):
    accepted(status(world, plugin_basic(world), requestId=started))
    assert "nothing to change" in last_violations(world)["body"]["reason"]


STATUS_REFUSALS = [
    ("requestId", MISSING, "4001", ["requestId", "missing"]),
    ("requestId", None, "4005", ["requestId", "string", "null"]),
    ("requestId", 17, "4005", ["requestId", "string", "17"]),
    ("status", "completd", "4003", ["status", "did you mean completed"]),
    ("status", "in_progress", "4003", ["Did you mean in-progress"]),
    ("status", None, "4005", ["status", "null"]),
    ("status", 3, "4005", ["status", "3"]),
    ("complete", "yes", "4005", ["complete", "true or false"]),
    ("complete", "true", "4005", ["Did you mean true"]),
    ("complete", 1, "4005", ["complete"]),
    ("complete", None, "4005", ["complete", "null"]),
    ("cancellable", "no", "4005", ["cancellable"]),
    ("cancellable", None, "4005", ["cancellable", "null"]),
]
ALERT_REFUSALS = [
    ("requestId", MISSING, "4001", ["requestId"]),
    ("title", MISSING, "4001", ["title", "missing"]),
    ("text", MISSING, "4001", ["text", "missing"]),
    ("title", None, "4005", ["title", "null"]),
    ("text", 5, "4005", ["text"]),
    ("providerId", 17, "4005", ["providerId"]),
    ("status", "done", "4003", ["status", "not-started"]),
    ("status", "Under-Review", "4003", ["Did you mean under-review"]),
    ("type", "Warning", "4003", ["Did you mean warning"]),
    ("type", "critical", "4003", ["info", "success", "warning", "error"]),
    ("type", None, "4005", ["type", "null"]),
    ("type", ["info"], "4005", ["type"]),
]


@pytest.mark.parametrize(
    ("what", "field", "value", "code", "words"),
    [("status", *each) for each in STATUS_REFUSALS] + [("alert", *each) for each in ALERT_REFUSALS],
)
def test_a_field_that_does_not_fit_is_refused_with_what_was_expected(
    world: Live, started: str, what: str, field: str, value: object, code: str, words: list[str]
):
    body: dict[str, Any] = {"requestId": started, "title": "T", "text": "t"} if what == "alert" else {}
    body |= {"requestId": started}
    if value is MISSING:
        del body[field]
    else:
        body[field] = value
    told = refused(world.http.post(f"/plugin/v1/ato/{what}", json=body, headers=plugin_basic(world)), 400, code)
    for word in words:
        assert word.lower() in told.lower(), told
    assert state(world) == ("not-started", False, True)
    assert world.act("motar.view_progress")["alerts"] == []


def test_every_problem_is_told_at_once(world: Live, started: str):
    told = refused(alert(world, plugin_basic(world), title=1, type="warn", status="done"), 400, "4005")
    for field in ("requestId", "title", "text", "type", "status"):
        assert field in told


@pytest.mark.parametrize(
    ("what", "field", "value", "meant"),
    [
        ("status", "completed", True, "complete"),
        ("status", "canCancel", True, "cancellable"),
        ("status", "cancelable", True, "cancellable"),
        ("status", "request_id", "x", None),
        ("alert", "provider_id", "p", "providerId"),
        ("alert", "Type", "error", "type"),
        ("alert", "priority", 1, None),
        ("alert", "it's", [[1]], None),
    ],
)
def test_an_unknown_field_is_told_and_does_nothing(
    world: Live, started: str, what: str, field: str, value: object, meant: str | None
):
    accepted(ato_call(world, what, plugin_basic(world), started, **{field: value}))
    (told,) = world.journal(kind="inbound")[-1]["violations"]
    assert field.replace("'", "") in told["field"].replace("'", "").replace('"', "")
    assert told.get("did_you_mean") == meant
    assert world.act("motar.view_progress")["complete"] is False
    shown = world.act("motar.view_progress")["alerts"]
    assert [(each["type"], each["providerId"]) for each in shown] in ([], [("info", None)])


def test_a_strict_world_refuses_what_is_otherwise_told(world: Live, started: str):
    world.control.put("settings", json={"core": {"strict": True}})
    told = refused(status(world, plugin_basic(world), requestId=started, completed=True), 400, "4003", "strict")
    assert "completed" in told
    assert "complete" in told.replace("completed", "")
    assert state(world) == ("not-started", False, True)


@pytest.mark.parametrize("field", ["providerId", "status"])
def test_an_alerts_optional_fields_may_be_null(world: Live, started: str, field: str):
    accepted(alert(world, plugin_basic(world), requestId=started, title="T", text="t", **{field: None}))
    assert world.act("motar.view_progress")["alerts"][0][field] is None


# Statuses


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATUSES, STATUSES)))
def test_any_status_may_follow_any(world: Live, started: str, before: str, after: str):
    caller = plugin_basic(world)
    for value in (before, after):
        accepted(status(world, caller, requestId=started, status=value))
    assert state(world)[0] == after


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"status": "completed"}, "complete is false while status is completed"),
        ({"complete": True}, "complete is true while status is not-started"),
        ({"status": "under-review", "complete": True}, "complete is true while status is under-review"),
        ({"status": "completed", "complete": False}, "complete is false while status is completed"),
        ({"status": "completed", "complete": True}, None),
        ({"cancellable": False}, None),
    ],
)
def test_complete_and_status_are_independent_but_told_when_they_disagree(
    world: Live, started: str, body: dict[str, Any], told: str | None
):
    accepted(status(world, plugin_basic(world), requestId=started, **body))
    reasons = [each["reason"] for each in last_violations(world).values()]
    assert reasons == ([] if told is None else [told])


@pytest.mark.parametrize("what", CALLS)
def test_calls_after_completion_are_taken_and_told(world: Live, started: str, what: str):
    caller = plugin_basic(world)
    accepted(status(world, caller, requestId=started, status="completed", complete=True))
    accepted(ato_call(world, what, caller, started, status="completed"))
    assert "complete already" in last_violations(world)["body.requestId"]["reason"]


@pytest.mark.parametrize("what", CALLS)
def test_a_strict_world_refuses_calls_after_completion(world: Live, started: str, what: str):
    caller = plugin_basic(world)
    world.control.put("settings", json={"core": {"strict": True}})
    accepted(status(world, caller, requestId=started, status="completed", complete=True))
    refused(ato_call(world, what, caller, started, status="completed"), 400, "4003", "strict", "complete already")
    accepted(status(world, caller, requestId=started, status="in-progress", complete=False))
    accepted(ato_call(world, what, caller, started))


@pytest.mark.parametrize("what", CALLS)
def test_calls_after_cancellation_are_refused(world: Live, started: str, what: str):
    world.act("motar.cancel_ato_request")
    for caller in (plugin_basic(world), bearer(tokens_for(world)["access_token"])):
        refused(ato_call(world, what, caller, started), 400, "4006", started, "cancelled at")
    assert state(world) == ("not-started", False, True)


# Alerts


def test_alerts_are_shown_in_the_order_in_which_they_came(world: Live, started: str):
    for n in range(5):
        accepted(alert(world, plugin_basic(world), requestId=started, title=f"T{n}", text="t"))
    assert [each["title"] for each in world.act("motar.view_progress")["alerts"]] == ["T0", "T1", "T2", "T3", "T4"]


@pytest.mark.parametrize(("setting", "titles"), [("append", ["One", "Other", "Two"]), ("update", ["Two", "Other"])])
def test_a_repeated_provider_id_is_another_alert_or_replaces_the_first(
    world: Live, started: str, setting: str, titles: list[str]
):
    world.control.put("settings", json={"motar": {"repeated_provider_id": setting}})
    caller = plugin_basic(world)
    accepted(alert(world, caller, requestId=started, title="One", text="1", providerId="p", type="error"))
    accepted(alert(world, caller, requestId=started, title="Other", text="o", providerId="q"))
    accepted(alert(world, caller, requestId=started, title="Two", text="2", providerId="p"))
    assert "providerId" in last_violations(world)["body.providerId"]["reason"]
    shown = world.act("motar.view_progress")["alerts"]
    assert [each["title"] for each in shown] == titles
    assert next(each for each in shown if each["title"] == "Two")["type"] == "info"


@pytest.mark.parametrize("setting", ["append", "update"])
def test_a_provider_id_repeats_only_within_a_request_and_only_when_there_is_one(
    world: Live, started: str, setting: str
):
    world.control.put("settings", json={"motar": {"repeated_provider_id": setting}})
    other = world.act("motar.start_ato_request")["request_id"]
    for request_id in (started, other):
        accepted(alert(world, plugin_basic(world), requestId=request_id, title="T", text="t", providerId="p"))
        assert last_violations(world) == {}
    for _ in range(2):
        accepted(alert(world, plugin_basic(world), requestId=started, title="T", text="t"))
        assert last_violations(world) == {}
    assert len(world.act("motar.view_progress", request=started)["alerts"]) == 3
