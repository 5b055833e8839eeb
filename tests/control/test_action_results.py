"""What actions answer is of the type that they declare, and has no field that it does not."""

from __future__ import annotations

from typing import Any, get_type_hints, is_typeddict

import msgspec
import pytest

from mockserver import resources
from mockserver.app import build_app, load_platforms, schema_of
from mockserver.client import ServerClient
from mockserver.server import running
from mockserver.settings import Settings

ACTIONS = schema_of(load_platforms()).actions
SCENARIOS = [name for name in resources.shipped("scenarios") if name.startswith(("akana/", "os1/"))]
ACTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "motar/quickstart": [
        ("motar.start_ato_request", {"by": "@olivia"}),
        ("motar.set_report", {"report_uri": "https://reports.test/1"}),
        ("motar.update_organization", {"organization": "Skyline Training", "phone": "+1 555 0100"}),
        ("motar.add_distribution", {"distribution": "1.1.0"}),
        ("motar.hand_off", {"by": "@olivia"}),
        ("motar.sign_in", {"user": "@olivia"}),
        ("motar.sign_in", {"user": "@olivia", "decision": "cancel", "visit": True}),
        ("motar.launch_app", {"user": "@olivia"}),
        ("motar.view_progress", {}),
        ("motar.view_cac_associations", {}),
        ("motar.forge_webhook", {}),
        ("motar.revoke_session", {"user": "@olivia"}),
        ("motar.cancel_ato_request", {}),
    ],
}


@pytest.fixture(scope="module")
def server():
    with running(build_app(Settings(port=0))) as url, ServerClient(url) as client:
        yield client


def is_as_declared(name: str, result: Any) -> None:
    declared = ACTIONS[name].result
    msgspec.convert(result, declared, strict=True)
    if is_typeddict(declared):
        assert set(result) <= set(get_type_hints(declared)), name


@pytest.mark.parametrize("fixture", ACTS)
def test_what_an_action_answers_is_what_it_declares(server: ServerClient, fixture: str):
    world = server.create_world(fixtures=[fixture], settings={"motar": {"request_endpoint": "http://127.0.0.1:9/"}})
    for name, arguments in ACTS[fixture]:
        is_as_declared(name, world.act(name, **arguments))
    world.drop()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_what_actions_answer_in_a_scenario_is_what_they_declare(server: ServerClient, scenario: str):
    world = server.create_world()
    world.run(scenario)
    acts = [each for each in world.journal.exchanges(kind="action") if not (each.error or ACTIONS[each.path].internal)]
    assert acts
    for each in acts:
        is_as_declared(each.path, each.response.body)
    world.drop()
