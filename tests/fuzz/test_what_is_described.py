"""Requests made from our own OpenAPI description: whatever comes, the answer is one that the description has."""

from __future__ import annotations

import os

import hypothesis
import pytest
import requests
import schemathesis
from schemathesis import Case, checks
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi import checks as of_openapi

from mockserver.app import load_platforms
from mockserver.control.openapi.document import describe
from tests.fuzz.described import Known

TORTURE = bool(os.environ.get("TORTURE"))
HELD = [
    checks.not_a_server_error,
    of_openapi.status_code_conformance,
    of_openapi.content_type_conformance,
    of_openapi.response_headers_conformance,
    of_openapi.response_schema_conformance,
    of_openapi.unsupported_method,
    of_openapi.negative_data_rejection,
]

load_all_checks()
described = schemathesis.openapi.from_dict(describe(load_platforms(), "0", "http://127.0.0.1:8600"))
if not TORTURE:
    # The phase that goes through every boundary of every schema makes ten thousand requests, and takes its time.
    described.config.phases.update(phases=["examples", "fuzzing"])


@described.parametrize()
@hypothesis.settings(
    max_examples=300 if TORTURE else 6,
    derandomize=not TORTURE,
    database=None,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@pytest.mark.timeout(1800 if TORTURE else 120)
def test_whatever_comes_the_answer_is_one_that_is_described(case: Case, known: Known, session: requests.Session):
    answer = case.call(session=session, **known.place(case))
    # On the vendors' side a path may fit several routes, whose methods Allow tells together.
    ours = [of_openapi.allow_header_conformance] if case.path.startswith("/_mock") else []
    case.validate_response(answer, checks=[*HELD, *ours])
