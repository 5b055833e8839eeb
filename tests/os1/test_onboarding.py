"""How onboardings work over time: order, failures, retries, later tenants, and what they refuse."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.os1.helpers import (
    CONTAINERS,
    CONTAINERS_NEXT,
    GATES,
    LANEMAP,
    LEGACY,
    LOCATIONS,
    NEW,
    TO_LIVE,
    YARD,
    YARD_NEXT,
    Os1,
    refused,
)
from tests.support import Live

READ = ("container-reader", "get", "/core/api/v1/containers")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"versionId": CONTAINERS}, "neither came"),
        ({"versionId": CONTAINERS, "tenantIds": ["yarddev"], "stackId": "sandbox"}, "not both"),
        ({"versionId": CONTAINERS, "tenantIds": []}, "tenantIds is empty"),
        ({"versionId": CONTAINERS, "tenantIds": ["yarddev", "yardde", "x"]}, "unknown are 'yardde', 'x'"),
        ({"versionId": CONTAINERS, "tenantIds": "yarddv"}, "Did you mean 'yarddev'?"),
        ({"versionId": CONTAINERS, "stackId": "nowhere"}, "Known: sandbox, shared"),
        ({"versionId": 7, "tenantIds": 8}, "versionId: expected a string"),
        ({"versionId": LANEMAP, "tenantIds": "lanedev"}, "has no permission file"),
    ],
)
def test_what_cannot_be_onboarded_is_refused_and_leaves_no_trace(body: dict[str, object], words: str, os1: Os1):
    refused(os1.call("@asha", "POST", NEW, json=body), 400, words)
    assert os1.world.documents("os1.onboardings") == []


def test_an_empty_stack_has_nobody_to_onboard(os1: Os1):
    os1.world.act("os1.create_stack", id="empty")
    refused(os1.onboard("@asha", CONTAINERS, stackId="empty"), 400, "no tenants yet")


def test_a_body_that_is_no_json(os1: Os1):
    refused(os1.call("@asha", "POST", NEW, content=b"{", headers={"content-type": "application/json"}), 400, "not JSON")
    refused(os1.call("@asha", "POST", NEW, content=b"a=b", headers={"content-type": "text/plain"}), 400, "text/plain")
    refused(os1.call("@asha", "POST", NEW), 400, "empty")


def test_an_unknown_field_is_told_with_the_one_that_was_meant(os1: Os1):
    os1.onboard("@asha", CONTAINERS, tenantIds="yarddev", stackid="sandbox")
    (told,) = os1.world.journal(kind="inbound")[-1]["violations"]
    assert (told["field"], told["did_you_mean"]) == ("body.stackid", "stackId")


@pytest.mark.parametrize(
    ("sequence", "words"),
    [
        (None, "initSequence is missing"),
        ([], "lacks containers, locations"),
        (["locations"], "lacks containers"),
        (["locations", "containers", "gates"], "'gates' is no app of yard 1.0.0"),
        (["locations", "containers", "locations"], "there twice"),
        ([{"sequence": 1}], "give appId or appVersionId"),
    ],
)
def test_a_manual_sequence_names_each_app_once(sequence: list[object] | None, words: str, os1: Os1):
    body = {} if sequence is None else {"initSequence": sequence}
    refused(os1.onboard("@asha", YARD, path=LEGACY, tenantIds="yarddev", **body), 400, words)


@pytest.mark.parametrize(
    "sequence",
    [
        ["containers", "locations"],
        [CONTAINERS, LOCATIONS],
        [{"appVersionId": LOCATIONS, "sequence": 2}, {"appId": "containers", "sequence": 1}],
        ["platform:app:containers", {"appId": "locations"}],
    ],
)
def test_a_manual_sequence_is_followed_exactly_however_apps_are_named(sequence: list[object], os1: Os1):
    status = os1.onboarded("@asha", YARD, path=LEGACY, tenantIds="yarddev", initSequence=sequence)
    assert [each["listingId"] for each in status["logs"]] == ["containers", "locations"]


def test_apps_that_require_each_other_in_a_ring_are_refused_with_the_ring(os1: Os1):
    ring = """
appId: locations
roles:
  - {roleName: location-reader, description: Reads}
rolesRequired: [container-reader]
"""
    assert os1.upload("@lars", LOCATIONS, ring).status_code == 201

    info = refused(os1.onboard("@asha", YARD, tenantIds="yarddev"), 400, "containers -> locations -> containers")

    assert info["cycle"] == ["containers", "locations", "containers"]
    assert os1.onboard(
        "@asha", YARD, path=LEGACY, tenantIds="yarddev", initSequence=["containers", "locations"]
    ).is_success


def test_tenants_are_done_one_after_the_other_and_each_app_takes_its_time(new_os1: Callable[..., Os1]):
    os1 = new_os1(app_duration="10m")
    status_id = os1.onboard("@asha", YARD, tenantIds=["yarddev", "lanedev"]).json()["data"]
    seen = []
    for _ in range(5):
        seen.append([(each["tenantId"], each["listingId"], each["status"]) for each in os1.status(status_id)["logs"]])
        os1.advance("10m")
    assert [len(each) for each in seen] == [1, 2, 3, 4, 4]
    assert seen[2] == [
        ("yarddev", "locations", "completed"),
        ("yarddev", "containers", "completed"),
        ("lanedev", "locations", "started"),
    ]


def test_a_failing_tenant_shows_its_reason_and_undoes_no_other(os1: Os1):
    os1.world.act("os1.fail_step", tenant="lanedev", reason="AAA was out for lunch.")

    status = os1.onboarded("@dev", CONTAINERS, stackId="sandbox")

    assert (status["status"], status["tenants"]) == ("completed", {"total": 3, "completed": 2, "failed": 1})
    assert status["failure"]["tenants"] == [{"tenantId": "lanedev", "reason": "AAA was out for lunch."}]
    failed = next(each for each in status["logs"] if each["tenantId"] == "lanedev")
    assert (failed["status"], failed["failure"]) == ("started", {"reason": "AAA was out for lunch."})
    assert [set(os1.held(each)) for each in ("yarddev", "lanedev", "staging")] == [
        {"containers"},
        set(),
        {"containers"},
    ]


def test_a_failed_tenant_is_retried_by_an_onboarding_of_its_own(os1: Os1):
    os1.world.act("os1.fail_step", nth=2)
    status = os1.onboarded("@dev", CONTAINERS, stackId="sandbox")

    again = os1.world.act("os1.retry_onboarding", onboarding=status["statusId"])
    os1.advance()

    assert again["tenants"] == ["lanedev"]
    assert os1.status(again["status_id"])["tenants"] == {"total": 1, "completed": 1, "failed": 0}
    assert os1.status(status["statusId"])["retries"] == [again["status_id"]]
    assert os1.status(status["statusId"])["tenants"]["failed"] == 1
    assert set(os1.held("lanedev")) == {"containers"}


def test_there_is_nothing_to_retry_before_the_end_nor_where_nothing_failed(os1: Os1):
    os1.onboard("@dev", CONTAINERS, stackId="sandbox")
    assert "still at work" in os1.world.try_act("os1.retry_onboarding").text
    os1.advance()
    assert "Nothing failed" in os1.world.try_act("os1.retry_onboarding").text


@pytest.mark.parametrize("which", [{"tenant": "staging"}, {"nth": 3}, {"app": "containers", "tenant": "staging"}])
def test_a_step_fails_where_it_was_told_to_and_once(which: dict[str, object], os1: Os1):
    os1.world.act("os1.fail_step", **which)
    first = os1.onboarded("@dev", CONTAINERS, stackId="sandbox")
    second = os1.onboarded("@dev", CONTAINERS, stackId="sandbox")
    assert [each["tenantId"] for each in first["failure"]["tenants"]] == ["staging"]
    assert "failure" not in second


def test_after_a_failed_app_the_tenants_remaining_apps_are_left_out(os1: Os1):
    os1.world.act("os1.fail_step", tenant="yarddev", app="locations")
    status = os1.onboarded("@asha", YARD, tenantIds=["yarddev", "lanedev"])
    assert [(each["tenantId"], each["listingId"]) for each in status["logs"]] == [
        ("yarddev", "locations"),
        ("lanedev", "locations"),
        ("lanedev", "containers"),
    ]


def test_a_tenant_that_is_down_fails_and_one_that_is_slow_takes_longer(os1: Os1):
    os1.world.act("os1.set_tenant_down", tenant="yarddev")
    os1.world.act("os1.slow_tenant", tenant="lanedev", delay="1h")
    status_id = os1.onboard("@dev", CONTAINERS, tenantIds=["yarddev", "lanedev"]).json()["data"]
    os1.advance("30m")
    assert os1.status(status_id)["status"] == "started"
    os1.advance("31m")
    status = os1.status(status_id)
    assert status["status"] == "completed"
    assert status["failure"]["reason"] == "The tenant yarddev is down."


def test_when_the_world_says_so_one_failure_undoes_every_tenant(new_os1: Callable[..., Os1]):
    os1 = new_os1(on_tenant_failure="undo")
    os1.onboarded("@dev", CONTAINERS, tenantIds="yarddev")
    os1.world.act("os1.subscribe", tenant="yarddev", listing="containers")
    os1.world.act("os1.fail_step", tenant="staging")

    status = os1.onboarded("@dev", CONTAINERS_NEXT, stackId="sandbox")

    assert status["failure"]["undone"] is True
    assert [os1.held(each) for each in ("yarddev", "lanedev", "staging")] == [{"containers": CONTAINERS}, {}, {}]
    assert os1.may("yarddev", *READ)
    assert os1.subscribed("yarddev") == {"containers": CONTAINERS}
    again = os1.world.act("os1.retry_onboarding")
    os1.advance()
    assert again["tenants"] == ["yarddev", "lanedev", "staging"]
    assert os1.held("staging") == {"containers": CONTAINERS_NEXT}


def test_while_one_is_at_work_another_of_the_same_app_to_the_same_tenant_is_refused(os1: Os1):
    first = os1.onboard("@dev", CONTAINERS, tenantIds=["yarddev", "lanedev"]).json()["data"]

    info = refused(os1.onboard("@dev", CONTAINERS_NEXT, tenantIds=["lanedev", "staging"]), 409, first, "lanedev")
    assert info["tenantIds"] == ["lanedev"]
    refused(os1.onboard("@dev", YARD, tenantIds=["lanedev"]), 409, first)
    assert os1.onboard("@dev", CONTAINERS_NEXT, tenantIds=["staging"]).status_code == 200
    assert os1.onboard("@dev", GATES, tenantIds=["lanedev"]).status_code == 200

    os1.advance()
    assert os1.onboarded("@dev", CONTAINERS_NEXT, tenantIds=["lanedev"])["status"] == "completed"
    assert os1.held("lanedev")["containers"] == CONTAINERS_NEXT


def test_what_was_accepted_is_what_arrives_whatever_is_uploaded_meanwhile(os1: Os1):
    os1.onboard("@dev", CONTAINERS, stackId="sandbox")
    os1.upload("@dev", CONTAINERS, "appId: containers\n")
    os1.advance()
    assert [os1.may(each, *READ) for each in ("yarddev", "staging")] == [True, True]


def test_a_later_tenant_of_the_stack_gets_everything_in_turn_and_the_activity_tells(os1: Os1):
    os1.onboarded("@dev", CONTAINERS, stackId="sandbox")
    os1.onboarded("@dev", GATES, stackId="sandbox")
    os1.onboarded("@dev", CONTAINERS_NEXT, stackId="sandbox")

    os1.world.act("os1.create_tenant", id="late", stack="sandbox")
    os1.advance()

    assert os1.held("late") == {"gates": GATES, "containers": CONTAINERS_NEXT}
    told = os1.get("@asha", f"{LEGACY}/activity", **{"from": "2026-01-01", "to": "2026-01-02"})["data"]
    later = [each for each in told["onboardings"] if each["why"] == "late joined the stack sandbox"]
    assert [each["versionId"] for each in later] == [CONTAINERS_NEXT, GATES]
    assert [each["status"] for each in told["logs"] if each["tenantId"] == "late"] == ["completed", "completed"]


def test_a_later_tenant_is_kept_out_by_a_gate_that_has_shut(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, stackId="shared")
    os1.move(CONTAINERS_NEXT, *TO_LIVE)
    os1.move(CONTAINERS, ("@paul", "DEPRECIATE"))

    os1.world.act("os1.create_tenant", id="late", stack="shared")
    os1.advance()

    assert os1.held("late") == {}
    told = os1.get("@asha", f"{LEGACY}/activity", **{"from": "2026-01-01", "to": "2026-01-01"})["data"]
    (refusal,) = told["refusedLaterTenants"]
    assert refusal["tenantId"] == "late"
    assert "DEPRECIATED" in refusal["reason"]


def test_a_tenant_of_another_stack_gets_nothing(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, stackId="shared")
    os1.world.act("os1.create_tenant", id="late", stack="sandbox")
    os1.advance()
    assert os1.held("late") == {}


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({}, "Give from and to"),
        ({"from": "2026-01-01", "to": "soon"}, "must be days"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "1 to 31 days"),
        ({"from": "2026-01-01", "to": "2026-12-31"}, "1 to 31 days"),
    ],
)
def test_the_activity_asks_for_days(query: dict[str, str], words: str, os1: Os1):
    refused(os1.call("@asha", "GET", f"{LEGACY}/activity", params=query), 400, words)


def test_the_activity_of_others_is_not_shown(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    days = {"from": "2026-01-01", "to": "2026-01-01"}
    assert os1.get("@lars", f"{LEGACY}/activity", **days)["data"] == {
        "onboardings": [],
        "logs": [],
        "refusedLaterTenants": [],
    }
    assert len(os1.get("@paul", f"{LEGACY}/activity", **days)["data"]["onboardings"]) == 1


def test_the_logs_of_many_tenants_come_in_pages(os1: Os1):
    os1.world.act("os1.create_tenants", count=12, stack="sandbox", prefix="many")
    status_id = os1.onboarded("@dev", CONTAINERS, stackId="sandbox")["statusId"]
    page = os1.get("@dev", f"{NEW}/{status_id}", offset=4, limit=5)["data"]
    assert (len(page["logs"]), page["nextOffset"]) == (5, 9)
    only = os1.get("@dev", f"{NEW}/{status_id}", tenantId="many7")["data"]
    assert [each["tenantId"] for each in only["logs"]] == ["many7"]
    refused(os1.call("@dev", "GET", f"{NEW}/{status_id}", params={"offset": "-1"}), 400, "whole number")


def test_subscriptions_move_only_at_the_end_and_not_where_it_failed(os1: Os1):
    for tenant in ("yarddev", "lanedev"):
        os1.onboarded("@dev", CONTAINERS, tenantIds=tenant)
        os1.world.act("os1.subscribe", tenant=tenant, listing="containers")
    os1.world.act("os1.fail_step", tenant="lanedev")
    os1.onboard("@dev", CONTAINERS_NEXT, tenantIds=["yarddev", "lanedev", "staging"])

    os1.advance("2s")
    assert os1.held("yarddev") == {"containers": CONTAINERS_NEXT}
    assert os1.subscribed("yarddev") == {"containers": CONTAINERS}
    os1.advance()

    assert os1.subscribed("yarddev") == {"containers": CONTAINERS_NEXT}
    assert os1.subscribed("lanedev") == {"containers": CONTAINERS}
    assert os1.subscribed("staging") == {}


def test_a_subscription_takes_an_onboarded_version(os1: Os1):
    assert (
        "No version of containers is onboarded"
        in os1.world.try_act("os1.subscribe", tenant="yarddev", listing="containers").text
    )
    os1.onboarded("@dev", YARD, tenantIds="yarddev")
    os1.world.act("os1.unsubscribe", tenant="yarddev", listing="yard")
    assert os1.world.act("os1.subscribe", tenant="yarddev", listing="yard")["version"] == YARD
    assert "already" in os1.world.try_act("os1.subscribe", tenant="yarddev", listing="yard").text


def test_an_app_of_another_organization_comes_with_a_solution_as_its_owners_left_it(os1: Os1):
    os1.onboarded("@asha", YARD, tenantIds="globex")
    assert os1.held("globex") == {"containers": CONTAINERS, "locations": LOCATIONS}
    refused(os1.onboard("@asha", LOCATIONS, tenantIds="globex"), 403, "Lanefleet")


def test_an_app_of_another_organization_joins_a_solution_once_it_is_live(os1: Os1):
    path = f"/developer/solutions/versions/{YARD_NEXT}/apps"
    refused(os1.call("@asha", "PUT", path, json={"apps": [{"appVersionId": LANEMAP}]}), 400, "once they are LIVE")
    os1.move(LANEMAP, ("@lars", "SUBMIT_FOR_TECH_REVIEW"), ("@paul", "APPROVE_TECH_REVIEW"))
    os1.move(LANEMAP, ("@lars", "SUBMIT_FOR_INTERNAL_PUBLISH_REVIEW"), ("@paul", "APPROVE_INTERNAL_PUBLISH"))
    answer = os1.call("@asha", "PUT", path, json={"apps": [{"appVersionId": LANEMAP, "sequence": 0}]})
    assert [each["listingId"] for each in answer.json()["data"]] == ["lanemap", "containers", "locations", "gates"]
    refused(os1.onboard("@asha", YARD_NEXT, tenantIds="yarddev"), 400, "lanemap 0.1.0 has no permission file")


def test_the_difference_can_be_read_before_and_is_gone_after(os1: Os1):
    os1.onboarded("@dev", CONTAINERS, tenantIds="yarddev")
    query = {"versionId": CONTAINERS_NEXT, "tenantId": "yarddev"}
    page = os1.call("@dev", "GET", "/developer/diff", params=query)
    assert page.headers["content-type"].startswith("text/html")
    assert "container-sweeper" in page.text
    assert ("OS1 emulator" in page.text, "MOTAR" in page.text) == (True, False)

    asked = {"params": query, "headers": {"accept": "application/json"}}
    lines = os1.call("@dev", "GET", "/developer/diff", **asked).json()["data"]["lines"]
    changes = {(each["part"], each["name"].removeprefix("containers: ")): each["change"] for each in lines}
    assert changes[("roles", "container-sweeper")] == "added"
    assert changes[("roles", "container-manager")] == "removed"
    assert changes[("roles", "container-reader")] == "changed"
    assert changes[("user_groups_required", "Container-Desk")] == "removed"

    os1.onboarded("@dev", CONTAINERS_NEXT, tenantIds="yarddev")
    assert os1.call("@dev", "GET", "/developer/diff", **asked).json()["data"]["lines"] == []
    assert os1.may("yarddev", "container-sweeper", "delete", "/core/api/v1/containers")
    assert not os1.may("yarddev", "container-manager", "post", "/core/api/v1/containers")


def test_the_difference_of_a_solution_waits_under_a_status_id(os1: Os1):
    answer = os1.call("@asha", "GET", "/developer/diff", params={"versionId": YARD, "tenantId": "yarddev"})
    assert answer.status_code == 202
    page = os1.call("@asha", "GET", f"/developer/diff/{answer.json()['data']['id']}")
    assert "location-reader" in page.text
    refused(os1.call("@asha", "GET", "/developer/diff/none"), 404, "NOT FOUND")
    versions = {"versionId": YARD_NEXT, "otherVersionId": YARD}
    answer = os1.call("@asha", "GET", "/developer/diff", params=versions)
    page = os1.call("@asha", "GET", f"/developer/diff/{answer.json()['data']['id']}")
    assert "gate-keeper" in page.text
    refused(os1.call("@asha", "GET", "/developer/diff", params={"versionId": YARD}), 400, "tenantId or otherVersionId")


def test_the_same_calls_in_the_same_order_give_the_same_log(new_os1: Callable[..., Os1]):
    def told() -> str:
        os1 = new_os1()
        os1.world.act("os1.fail_step", tenant="lanedev")
        status = os1.onboarded("@dev", YARD, stackId="sandbox")
        return json.dumps([status["logs"], status["tenants"], status["failure"]])

    assert told() == told()


def test_what_was_undone_is_not_repeated_for_later_tenants(new_os1: Callable[..., Os1]):
    os1 = new_os1(on_tenant_failure="undo")
    os1.world.act("os1.fail_step", tenant="staging")
    assert os1.onboarded("@dev", CONTAINERS, stackId="sandbox")["failure"]["undone"] is True
    os1.world.act("os1.create_tenant", id="late", stack="sandbox")
    os1.advance()
    assert os1.held("late") == {}

    os1.world.act("os1.retry_onboarding")
    os1.advance()
    os1.world.act("os1.create_tenant", id="later", stack="sandbox")
    os1.advance()
    assert os1.held("later") == {"containers": CONTAINERS}


def test_a_later_tenant_gets_the_rest_when_something_is_undone_while_it_catches_up(new_os1: Callable[..., Os1]):
    os1 = new_os1(on_tenant_failure="undo")
    os1.onboarded("@dev", GATES, stackId="sandbox")
    os1.world.act("os1.fail_step", tenant="staging", app="containers")
    os1.onboard("@dev", CONTAINERS, stackId="sandbox")
    os1.onboard("@lea", LOCATIONS, stackId="sandbox")
    os1.world.act("os1.create_tenant", id="late", stack="sandbox")
    os1.world.act("os1.slow_tenant", tenant="late", delay="10s")

    os1.advance()

    assert os1.held("late") == {"gates": GATES, "locations": LOCATIONS}


def test_an_onboarding_goes_on_where_a_snapshot_was_taken(os1: Os1):
    status_id = os1.onboard("@asha", YARD, tenantIds=["yarddev", "lanedev"]).json()["data"]
    os1.advance("1s")
    snapshot = os1.world.control.get("snapshot").json()
    os1.advance()
    finished = os1.status(status_id)

    assert os1.world.control.put("snapshot", json=snapshot).status_code == 200
    assert [each["status"] for each in os1.status(status_id)["logs"]] == ["completed", "started"]
    os1.advance()

    assert os1.status(status_id) == finished
    assert os1.may("lanedev", *READ)


def test_on_a_clock_that_jumps_an_onboarding_finishes_by_itself(new_world: Callable[..., Live]):
    os1 = Os1(new_world(clock={"mode": "auto"}, fixtures=["os1/quickstart"]))
    status_id = os1.onboard("@asha", YARD, stackId="sandbox").json()["data"]
    for _ in range(400):
        if os1.status(status_id)["status"] == "completed":
            break
        # Longer than an auto clock wants its world to be idle before it jumps.
        time.sleep(0.05)
    assert os1.held("staging") == {"containers": CONTAINERS, "locations": LOCATIONS}
