"""What Akana declares about itself: evidence of every route, summaries of every action, settings that are told."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
import pytest

from mockserver.platforms.akana.platform import AKANA
from mockserver.platforms.akana.settings import AkanaSettings
from mockserver.wire import Route
from mockserver.world.actions import Action
from tests.world.test_documents import mutable_parts

PUBLIC = [action for action in AKANA.actions if not action.internal]


@pytest.mark.parametrize("route", AKANA.routes, ids=lambda route: route.name)
def test_each_route_says_how_sure_we_are_and_where_from(route: Route):
    for each in (route.evidence.request, route.evidence.answer, route.evidence.errors):
        assert each in ("documented", "observed", "assumed")
    assert route.evidence.note.endswith(".")
    assert route.source
    assert route.summary
    assert inspect.getdoc(route.handler)
    assert route.carriers
    assert route.replies


def test_the_routes_of_the_vendors_index_are_there():
    assert {route.name for route in AKANA.routes} >= {
        *("POST /api/login", "GET /api/login/status", "POST /api/login/renewToken", "POST /api/login/ssoLogin"),
        *("POST /api/apps", "GET /api/apps", "GET /api/apps/{app}", "DELETE /api/apps/{app}"),
        *("POST /api/apps/{app}/versions", "GET /api/apps/{app}/versions", "GET /api/apps/versions"),
        *(f"{method} /api/apps/versions/{{id}}" for method in ("GET", "PUT", "DELETE")),
        *(f"{method} /api/apps/versions/{{id}}/keyinfo" for method in ("GET", "POST", "DELETE")),
        *("GET /api/apps/versions/{id}/secret", "PUT /api/apps/versions/{id}/secret"),
        *("POST /api/apps/versions/{id}/action", "POST /api/contracts/{id}/actions"),
        *("GET /api/workflow/objects/{id}/actions", "POST /api/workflow/objects/{id}/actions"),
        *("POST /api/workflow/definitions", "GET /api/workflow/definitions", "POST /api/contracts"),
        *("GET /api/contracts/{id}", "PUT /api/contracts/{id}", "GET /api/users/{user}/notifications"),
        *("GET /api/boards/{id}/board", "GET /api/apps/versions/{id}/permissions"),
    }


@pytest.mark.parametrize("action", PUBLIC, ids=lambda action: action.name)
def test_each_action_has_a_summary_and_a_schema(action: Action[msgspec.Struct, object]):
    assert action.name.startswith("akana.")
    assert action.summary.endswith(".")
    schema = action.schema()
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("name", [field.name for field in msgspec.structs.fields(AkanaSettings)])
def test_each_setting_is_told_in_the_docstring(name: str):
    assert f"`{name}`" in (AkanaSettings.__doc__ or "")


@pytest.mark.parametrize("kind", AKANA.kinds, ids=lambda kind: kind.name)
def test_documents_are_frozen_through_and_through(kind: Any):
    assert list(mutable_parts(kind.type, kind.name)) == []
    assert {kind.key, *kind.indexes, *kind.credentials} <= set(kind.type.__struct_fields__)


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"tenant": "Acme Payments"}, "tenant"),
        ({"mail_from": "nobody"}, "mail_from"),
        ({"registration_endpoint": "ftp://x"}, "registration_endpoint"),
        ({"registration_token": "a b"}, "registration_token"),
        ({"admin_role": "everybody"}, "admin_role"),
    ],
)
def test_settings_that_cannot_be_are_refused(world: Any, wrong: dict[str, Any], word: str):
    answer = world.control.put("settings", json={"akana": wrong})
    assert answer.status_code == 400
    assert word in answer.text
