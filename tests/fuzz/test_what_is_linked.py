"""Along the links of the description: make a world, do something in it, look, drop it, in any order."""

from __future__ import annotations

import os
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case, checks
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks as of_openapi

from mockserver.app import load_platforms
from mockserver.control.openapi.document import describe

TORTURE = bool(os.environ.get("TORTURE"))
HELD = [
    checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.response_schema_conformance,
    of_openapi.use_after_free,
    of_openapi.ensure_resource_availability,
]


@pytest.mark.timeout(1800 if TORTURE else 120)
def test_a_world_does_what_the_links_promise(fuzzed: str, session: requests.Session):
    load_all_checks()
    linked = schemathesis.openapi.from_dict(describe(load_platforms(), "0", fuzzed)).include(
        operation_id=["create_world", "get_world", "set_clock", "reset_world", "read_journal", "drop_world"]
    )
    came: set[tuple[str, int]] = set()

    class Machine(linked.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"session": session, "base_url": fuzzed}

        def validate_response(self, response: Any, case: Case, **kwargs: Any) -> None:
            came.add((case.operation.definition.raw["operationId"], response.status_code))
            case.validate_response(response, checks=HELD)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=500 if TORTURE else 12,
            stateful_step_count=8,
            derandomize=not TORTURE,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert {("create_world", 201), ("get_world", 200), ("drop_world", 204)} <= came
