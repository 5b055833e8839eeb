"""What a tenant costs does not grow with their number, and what was begun survives a restart."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from mockserver.app import build_app
from mockserver.platforms.os1.callers import Caller
from mockserver.platforms.os1.directory import version_with
from mockserver.platforms.os1.models import USERS
from mockserver.platforms.os1.models_onboarding import PROGRESS
from mockserver.platforms.os1.onboarding import Order, accept, stack_tenants
from mockserver.server import running
from mockserver.settings import Settings
from tests.os1.helpers import CONTAINERS_NEXT, LEGACY, NEW, YARD, Os1
from tests.os1.test_properties import new_world, new_worlds
from tests.support import PLAIN


def most_touched(tenants: int) -> int:
    """The most documents that one step of an onboarding to a stack of so many tenants changes."""
    worlds = new_worlds()
    world = worlds.find("alpha")
    world.act("os1.create_tenants", {"count": tenants, "stack": "sandbox"})
    user, version = world[USERS].first("handle", "@asha"), version_with(world, YARD)
    assert user is not None
    assert version is not None
    order = Order(version=version, tenants=stack_tenants(world, "sandbox"), stack="sandbox", api="v2", overwrite=False)
    with world.transaction():
        onboarding = accept(world, Caller(user), order, lambda field, reason: None)
    touched: list[int] = []
    worlds.on_change = lambda changed, keys: touched.append(len(keys or ()))
    while world[PROGRESS][onboarding.id].phase == "initialising":
        timer = world.timers.next()
        assert timer is not None
        world.fire(timer)
    assert world[PROGRESS][onboarding.id].completed == tenants + 3
    return max(touched)


def test_a_step_changes_as_many_documents_in_a_large_stack_as_in_a_small_one():
    assert most_touched(300) == most_touched(3)


def test_tenants_of_a_stack_share_one_set_of_permissions():
    world = new_world()
    before = len(world.collections["os1.permission_sets"])
    worlds_tenants = stack_tenants(world, "sandbox")
    assert len(worlds_tenants) == 3
    user, version = world[USERS].first("handle", "@asha"), version_with(world, YARD)
    assert user is not None
    assert version is not None
    with world.transaction():
        order = Order(version=version, tenants=worlds_tenants, stack="sandbox", api="v2", overwrite=False)
        accept(world, Caller(user), order, lambda field, reason: None)
    while (timer := world.timers.next()) is not None:
        with world.transaction():
            world.clock.move_to(max(timer.due, world.clock.now()))
        world.fire(timer)
    # Those of containers; those of locations the fixture's tenant has already.
    assert len(world.collections["os1.permission_sets"]) == before + 1
    assert len(world.collections["os1.holdings"]) == 1 + 2 * 3


@pytest.mark.timeout(120)
def test_files_and_onboardings_under_way_survive_a_restart(tmp_path: Path):
    settings = Settings(data=str(tmp_path / "data"), fixture=("os1/quickstart",), clock="frozen")
    icon = bytes(range(256))
    with running(build_app(settings)) as url, httpx2.Client(base_url=url, **PLAIN) as http:
        issued = http.post("/_mock/worlds/default/actions/os1.issue_access_token", json={"user": "@asha"})
        http.headers["x-developerplatform-access"] = token = issued.json()["access_token"]
        query = {"appVersionId": CONTAINERS_NEXT, "artifactType": "ICON"}
        made = http.post("/developer/artifacts", params=query, files={"file": ("icon", icon)}).json()["data"]
        status_id = http.post(NEW, json={"versionId": YARD, "stackId": "shared"}).json()["data"]
        http.post("/_mock/worlds/default/clock/advance", json={"by": "2s"})
        before = http.get(f"{NEW}/{status_id}").json()
    assert before["data"]["status"] == "started"

    with running(build_app(settings)) as url, httpx2.Client(base_url=url, **PLAIN) as http:
        http.headers["x-developerplatform-access"] = token
        assert http.get(f"/developer/artifacts/{made['fileId']}").content == icon
        assert http.get(f"{NEW}/{status_id}").json() == before
        http.post("/_mock/worlds/default/clock/advance", json={"by": "1m"})
        assert http.get(f"{NEW}/{status_id}").json()["data"]["tenants"]["completed"] == 3


def test_the_steps_of_a_large_stack_do_not_push_the_call_out_of_the_journal(os1: Os1):
    os1.world.act("os1.create_tenants", count=40, stack="shared")
    os1.onboarded("@asha", YARD, path=LEGACY, stackId="shared", initSequence=["containers", "locations"])
    acted = [each["name"] for each in os1.world.journal(kind="action")]
    assert acted == ["os1.create_tenants", "os1.issue_access_token"]


def test_a_stack_of_many_tenants_is_answered_at_once_and_finished_tenant_by_tenant(os1: Os1):
    os1.world.act("os1.create_tenants", count=500, stack="sandbox")
    status_id = os1.onboard("@dev", CONTAINERS_NEXT, stackId="sandbox").json()["data"]
    assert os1.status(status_id)["tenants"] == {"total": 503, "completed": 0, "failed": 0}
    os1.advance("100s")
    assert os1.status(status_id)["tenants"] == {"total": 503, "completed": 100, "failed": 0}
    os1.advance("403s")
    assert os1.status(status_id)["tenants"] == {"total": 503, "completed": 503, "failed": 0}
    assert len(os1.world.documents("os1.permission_sets")) == 2
