"""What MOTAR declares about itself: evidence of every route, summaries of every action, settings that are told."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from mockserver.platforms.motar.models import KINDS
from mockserver.platforms.motar.platform import MOTAR
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.wire import Route
from mockserver.world.actions import Action

ISSUE_ACTIONS = (
    *("register_organization", "create_user", "create_app", "grant_ato_permission", "revoke_ato_permission"),
    *("create_plugin", "configure_plugin", "activate_plugin", "deactivate_plugin", "start_ato_request", "hand_off"),
    *("sign_in", "add_distribution", "remove_distribution", "cancel_ato_request", "revoke_session", "view_progress"),
)


def test_the_routes_of_the_ato_flow_are_there():
    assert {route.name for route in MOTAR.routes} >= {
        *("GET /oauth/signin", "POST /oauth/signin", "POST /oauth/token", "POST /oauth/logout"),
        *("GET /oauth/token/validate", "GET /oauth/session/validate", "GET /user/v1/my/profile"),
        *("POST /plugin/v1/ato/status", "POST /plugin/v1/ato/alert"),
    }


@pytest.mark.parametrize("route", MOTAR.routes, ids=lambda route: route.name)
def test_each_route_says_how_sure_we_are_and_where_from(route: Route):
    evidence = route.evidence
    for each in (evidence.request, evidence.answer, evidence.errors):
        assert each in ("documented", "observed", "assumed")
    assert evidence.note.endswith(".")
    assert route.source
    assert route.summary
    assert inspect.getdoc(route.handler)
    assert route.carriers
    if "assumed" in (evidence.request, evidence.answer, evidence.errors):
        assert len(evidence.note) > 40


def test_every_action_of_the_issue_is_there():
    names = {action.name for action in MOTAR.actions}
    assert names >= {f"motar.{name}" for name in ISSUE_ACTIONS}


@pytest.mark.parametrize("action", MOTAR.actions, ids=lambda action: action.name)
def test_each_action_has_a_summary_and_a_schema(action: Action[msgspec.Struct, object]):
    assert action.summary.endswith((".", ":")) or ":" in action.summary
    schema = action.schema()
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(MotarSettings)])
def test_each_setting_is_told_in_the_docstring(name: str):
    assert f"`{name}`" in (MotarSettings.__doc__ or "")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_documents_are_frozen_and_their_indexes_exist(kind: object):
    struct = kind.type  # type: ignore[attr-defined]
    assert struct.__struct_config__.frozen
    for name in (kind.key, *kind.indexes, *kind.credentials):  # type: ignore[attr-defined]
        assert name in struct.__struct_fields__
