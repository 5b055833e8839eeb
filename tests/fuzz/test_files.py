"""Files that people write, gone wrong in any way: read, or refused with every problem and where it is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver import resources
from mockserver.app import load_platforms, schema_of
from mockserver.errors import InvalidFile
from mockserver.scenarios import load_scenario
from tests.fuzz.described import Known
from tests.fuzz.mutations import ANYTHING, garbled, mutated
from tests.support import PLAIN

TORTURE = bool(os.environ.get("TORTURE"))
PLATFORMS = {platform.name: platform for platform in load_platforms()}
SCHEMA = schema_of(PLATFORMS.values())
FIXTURES = [name for name in resources.shipped("fixtures") if name.partition("/")[0] in PLATFORMS]

bounded = settings(
    max_examples=5000 if TORTURE else 60,
    derandomize=not TORTURE,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
patient = pytest.mark.timeout(3600 if TORTURE else 120)


def check(read: Callable[[str], Any], text: str) -> None:
    """Read it; a refusal has to say which file, and what is wrong where."""
    refusal = refused(read, text)
    if refusal is not None:
        assert refusal.source == "fuzz.yaml"
        assert refusal.problems
        assert all(problem.expected and problem.path for problem in refusal.problems)


def refused(read: Callable[[str], Any], text: str) -> InvalidFile | None:
    try:
        read(text)
    except InvalidFile as error:
        return error
    return None


def fixture_reader(name: str) -> Callable[[str], Any]:
    platform = PLATFORMS[name.partition("/")[0]]
    return lambda text: platform.fixture(text, "fuzz.yaml")


def read_scenario(text: str) -> Any:
    return load_scenario(text, "fuzz.yaml", schema=SCHEMA)


def texts(original: str) -> st.SearchStrategy[str]:
    """Texts like this one: garbled, or a document with some parts changed, or nothing of the kind."""
    data = yaml.safe_load(original)
    return st.one_of(garbled(original), mutated(data).map(written), ANYTHING.map(written), st.text(max_size=200))


def written(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True)


@patient
@pytest.mark.parametrize("name", FIXTURES)
def test_any_fixture_is_read_or_refused(name: str):
    text = resources.read("fixtures", name).text

    @bounded
    @given(texts(text))
    def each(changed: str) -> None:
        check(fixture_reader(name), changed)

    each()


@patient
@pytest.mark.parametrize("name", resources.shipped("scenarios"))
def test_any_scenario_is_read_or_refused(name: str):
    text = resources.read("scenarios", name).text

    @bounded
    @given(texts(text))
    def each(changed: str) -> None:
        check(read_scenario, changed)

    each()


@patient
def test_any_snapshot_is_restored_or_refused_and_the_world_goes_on(fuzzed: str, known: Known):
    came: set[int] = set()
    with httpx2.Client(base_url=f"{fuzzed}/_mock/worlds/", **PLAIN) as control:
        snapshot = control.get(f"{known.world}/snapshot").json()

        @bounded
        @given(mutated(snapshot))
        def each(changed: Any) -> None:
            # Escaped, so that half of a pair of surrogates can travel as well.
            body = json.dumps(changed).encode()
            answer = control.put(f"{known.world}/snapshot", content=body, headers={"content-type": "application/json"})
            came.add(answer.status_code)
            for path in ("", "/snapshot", "/journal", "/documents/motar.users", "/deliveries", "/clock"):
                assert control.get(known.world + path).status_code < 500, path
            acted = control.post(f"{known.world}/actions/motar.start_ato_request", json={})
            assert acted.status_code < 500, acted.text

        each()
    assert came == {200, 400}
