"""What OS1 declares about itself: evidence of every route, summaries of every action, settings that are told."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from mockserver.platforms.os1.platform import OS1
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Route
from mockserver.world.actions import Action
from tests.os1.helpers import Os1

ISSUE_ACTIONS = (
    *("create_organization", "create_team", "create_tenant", "create_stack", "create_user", "subscribe"),
    *("issue_access_token", "fail_step", "slow_tenant", "set_tenant_down", "rotate_credentials", "retry_onboarding"),
)


@pytest.mark.parametrize("route", OS1.routes, ids=lambda route: route.name)
def test_each_route_says_how_sure_we_are_and_where_from(route: Route):
    assert route.evidence.note.endswith(".")
    assert route.source
    assert route.summary
    assert route.replies
    assert route.refused
    assert inspect.getdoc(route.handler)


def test_every_action_of_the_issue_is_there():
    names = {action.name for action in OS1.actions}
    assert names >= {f"os1.{name}" for name in ISSUE_ACTIONS}


@pytest.mark.parametrize("action", OS1.actions, ids=lambda action: action.name)
def test_each_action_has_a_summary_and_a_schema(action: Action[msgspec.Struct, object]):
    assert action.summary.endswith(".")
    assert action.schema()["type"] == "object"


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(Os1Settings)])
def test_each_setting_is_told_in_the_docstring(name: str):
    assert f"`{name}`" in (Os1Settings.__doc__ or "")


@pytest.mark.parametrize("name", ["app_duration", "upload_duration", "token_lifetime", "core_token_lifetime"])
def test_a_duration_that_is_none_is_refused(name: str, os1: Os1):
    answer = os1.world.control.put("settings", json={"os1": {name: "soon"}})
    assert answer.status_code == 400
    assert name in answer.text


def test_a_call_to_what_is_not_there_is_refused_in_os1s_shape(os1: Os1):
    answer = os1.world.http.get("/developer/nothing")
    assert (answer.status_code, set(answer.json())) == (404, {"error", "request"})
    wrong = os1.world.http.delete("/developer/orgs")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET")
