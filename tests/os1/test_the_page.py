"""The vendor's page on onboarding as a checklist: each test is one of its sentences, in our words and its order."""

from __future__ import annotations

import json
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
    SOLUTION_TO_LIVE,
    TO_LIVE,
    YARD,
    YARD_NEXT,
    Os1,
    refused,
)

READ = ("container-reader", "get", "/core/api/v1/containers/4711")
SWEEP = ("container-sweeper", "delete", "/core/api/v1/containers")
OTHER_PERMISSIONS = """
appId: containers
resources:
  - {name: yard, resourcePath: /yard, allowedHttpMethods: [get], description: Yard}
"""


def test_it_brings_an_apps_permission_file_to_tenants(os1: Os1):
    os1.onboarded("@dev", CONTAINERS, tenantIds="yarddev")
    assert os1.may("yarddev", *READ)


def test_or_those_of_all_apps_of_a_solution(os1: Os1):
    os1.onboarded("@dev", YARD, tenantIds="yarddev")
    assert os1.held("yarddev") == {"containers": CONTAINERS, "locations": LOCATIONS}


def test_to_all_tenants_of_a_stack_or_to_selected_ones(os1: Os1):
    os1.onboarded("@dev", CONTAINERS, stackId="sandbox")
    os1.onboarded("@dev", GATES, tenantIds=["lanedev", "staging"])
    assert [set(os1.held(each)) for each in ("yarddev", "lanedev", "staging")] == [
        {"containers"},
        {"containers", "gates"},
        {"containers", "gates"},
    ]


def test_it_is_repeated_whenever_permission_files_change(os1: Os1):
    os1.onboarded("@dev", CONTAINERS, tenantIds="yarddev")
    os1.upload("@dev", CONTAINERS, OTHER_PERMISSIONS)
    assert os1.may("yarddev", *READ)

    os1.onboarded("@dev", CONTAINERS, tenantIds="yarddev")
    assert not os1.may("yarddev", *READ)


def test_development_tenants_come_from_sandbox_stacks_and_take_apps_that_are_being_tested(os1: Os1):
    os1.onboarded("@dev", CONTAINERS_NEXT, tenantIds="yarddev")
    assert os1.may("yarddev", *SWEEP)


def test_without_a_permission_file_an_app_cannot_be_tested_there(os1: Os1):
    refused(os1.onboard("@lea", LANEMAP, tenantIds="lanedev"), 400, "lanemap 0.1.0", "POST /developer/artifacts")


def test_a_shared_stack_has_tenants_of_production(os1: Os1):
    told = os1.get("@dev", "/developer/tenants", stackId="shared")["data"]
    assert {each["tenantId"]: each["type"] for each in told} == {
        "acme": "production",
        "globex": "production",
        "pilot": "development",
    }


@pytest.mark.parametrize(("user", "status"), [("@dev", 403), ("@omar", 403), ("@asha", 200), ("@paul", 200)])
def test_only_dev_admins_and_product_admins_onboard_to_production(user: str, status: int, os1: Os1):
    assert os1.onboard(user, CONTAINERS, tenantIds="globex").status_code == status


def test_only_live_apps_reach_production(os1: Os1):
    refused(os1.onboard("@asha", GATES, tenantIds="acme"), 400, "gates 0.9.0 is READY_TO_PUBLISH", "not LIVE")
    assert os1.onboard("@asha", CONTAINERS, tenantIds="acme").status_code == 200


def test_only_live_solutions_reach_production(os1: Os1):
    refused(os1.onboard("@asha", YARD_NEXT, tenantIds="acme"), 400, "yard 2.0.0 is DRAFT")
    assert os1.onboard("@asha", YARD, tenantIds="acme").status_code == 202


def test_a_solution_is_made_live_only_when_all_its_apps_are(os1: Os1):
    os1.move(YARD_NEXT, *SOLUTION_TO_LIVE[:3])
    refused(os1.command("@paul", YARD_NEXT, "APPROVE_INTERNAL_PUBLISH"), 400, "gates 0.9.0 is READY_TO_PUBLISH")
    os1.move(GATES, *TO_LIVE[2:])
    os1.move(YARD_NEXT, SOLUTION_TO_LIVE[3])
    assert os1.get("@asha", f"/developer/solutions/versions/{YARD_NEXT}")["phase"] == "LIVE"


def test_the_error_says_what_to_move_to_live(os1: Os1):
    info = refused(os1.onboard("@asha", CONTAINERS_NEXT, tenantIds="acme"), 400, "next: PUT")
    assert info["nextCommand"] == "SUBMIT_FOR_TECH_REVIEW"


@pytest.mark.parametrize("user", ["@asha", "@dev", "@omar", "@lars"])
def test_publishing_is_for_product_admins(user: str, os1: Os1):
    os1.move(GATES, TO_LIVE[2])
    assert os1.command(user, GATES, "APPROVE_MARKETPLACE_PUBLISH").status_code == 403
    os1.move(GATES, ("@paul", "APPROVE_MARKETPLACE_PUBLISH"))


def test_onboarding_to_production_is_for_the_apps_owners(os1: Os1):
    refused(os1.onboard("@lars", CONTAINERS, tenantIds="acme"), 403, "only its owners may")


def test_permission_files_are_for_the_apps_owners(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, tenantIds="acme")

    info = refused(os1.upload("@lars", CONTAINERS, "appId: containers\n"), 403, "belongs to Yardworks")

    assert info["gate"] == "ownership"
    os1.onboarded("@asha", CONTAINERS, tenantIds="acme")
    assert os1.may("acme", *READ)


def test_the_legacy_api_takes_any_state(os1: Os1):
    answer = os1.onboard("@dev", CONTAINERS_NEXT, path=LEGACY, tenantIds="acme", initSequence=["containers"])
    assert (answer.status_code, "deprecation" in answer.headers) == (200, True)


def test_in_the_pages_order_where_the_world_lets_them(new_os1: Callable[..., Os1]):
    os1 = new_os1(production_states="page-order")
    os1.onboarded("@asha", LOCATIONS, path=LEGACY, tenantIds="globex", initSequence=["locations"])
    os1.onboarded("@asha", CONTAINERS, tenantIds="globex")
    os1.world.act("os1.subscribe", tenant="globex", listing="containers")

    # Onboard app.
    answer = os1.onboard("@asha", CONTAINERS_NEXT, tenantIds=["globex"])
    assert os1.status(answer.json()["data"])["status"] == "started"
    os1.advance()
    assert os1.status(answer.json()["data"])["status"] == "completed"
    # Automatic subscription update.
    assert os1.subscribed("globex") == {"containers": CONTAINERS_NEXT}
    # App approval.
    os1.move(GATES, *TO_LIVE[2:])
    # Solution approval: tech review is enough.
    os1.move(YARD_NEXT, *SOLUTION_TO_LIVE[:2])
    # Onboard solution.
    answer = os1.onboard("@asha", YARD_NEXT, tenantIds=["globex"])
    assert answer.status_code == 202, answer.text
    os1.advance()
    assert os1.status(answer.json()["data"])["status"] == "completed"
    # Automatic subscription update.
    assert os1.subscribed("globex") == {
        "containers": CONTAINERS,
        "locations": LOCATIONS,
        "gates": GATES,
        "yard": YARD_NEXT,
    }


def test_in_the_pages_order_where_the_state_gate_holds(os1: Os1):
    refused(os1.onboard("@asha", GATES, tenantIds=["globex"]), 400, "not LIVE")


def test_with_approval_first_the_state_gate_lets_them(os1: Os1):
    os1.move(GATES, *TO_LIVE[2:])
    assert os1.onboarded("@asha", GATES, tenantIds=["globex"])["status"] == "completed"
    os1.move(YARD_NEXT, *SOLUTION_TO_LIVE[:2])
    refused(os1.onboard("@asha", YARD_NEXT, tenantIds=["globex"]), 400, "yard 2.0.0 is READY_TO_PUBLISH")
    os1.move(YARD_NEXT, *SOLUTION_TO_LIVE[2:])
    assert os1.onboarded("@asha", YARD_NEXT, tenantIds=["globex"])["status"] == "completed"
    assert os1.subscribed("globex")["yard"] == YARD_NEXT


def test_tenants_are_selected_by_listing_or_a_whole_stack_is_taken(os1: Os1):
    subscribed = os1.get("@lars", "/developer/tenants", listingId="locations")["data"]
    tenants = [each["tenantId"] for each in subscribed]
    assert tenants == ["acme"]
    assert os1.onboarded("@lars", LOCATIONS, tenantIds=tenants)["tenants"]["completed"] == 1
    assert os1.onboarded("@lars", LOCATIONS, stackId="shared")["tenants"]["completed"] == 3


def test_subscriptions_of_production_and_development_tenants_move(os1: Os1):
    for tenant in ("acme", "yarddev"):
        os1.onboarded("@asha", CONTAINERS, tenantIds=tenant)
        os1.world.act("os1.subscribe", tenant=tenant, listing="containers")
    os1.move(CONTAINERS_NEXT, *TO_LIVE)

    os1.onboarded("@asha", CONTAINERS_NEXT, tenantIds=["acme", "yarddev"])

    assert os1.subscribed("acme")["containers"] == CONTAINERS_NEXT
    assert os1.subscribed("yarddev") == {"containers": CONTAINERS_NEXT}


def test_a_solutions_success_enables_subscriptions(os1: Os1):
    assert os1.subscribed("globex") == {}
    os1.onboarded("@asha", YARD, stackId="shared")
    assert os1.subscribed("globex") == {"yard": YARD, "containers": CONTAINERS, "locations": LOCATIONS}


def test_one_call_iterates_its_tenants(os1: Os1):
    status = os1.onboarded("@dev", CONTAINERS, stackId="sandbox")
    assert [each["tenantId"] for each in status["logs"]] == ["yarddev", "lanedev", "staging"]


def test_a_tenant_that_is_added_later_is_onboarded_too(os1: Os1):
    os1.onboarded("@dev", CONTAINERS, stackId="sandbox")
    os1.world.act("os1.create_tenant", id="late", stack="sandbox")
    os1.advance()
    assert os1.held("late") == {"containers": CONTAINERS}


def test_an_unknown_stack_is_refused_with_the_known_ones(os1: Os1):
    info = refused(os1.onboard("@dev", CONTAINERS, stackId="sandbx"), 400, "did you mean 'sandbox'", "shared")
    assert info["stackIds"] == ["sandbox", "shared"]


def test_production_credentials_are_used_in_development_tenants(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, tenantIds="staging", query={"stackCredentialOverwrite": "PRODUCTION"})
    assert os1.client_token("containers", "staging", "production").status_code == 200
    assert os1.client_token("containers", "staging", "development").status_code == 401


def test_production_rules_can_be_rehearsed_in_staging(os1: Os1):
    answer = os1.onboard("@asha", GATES, tenantIds="staging", query={"stackCredentialOverwrite": "production"})
    refused(answer, 400, "not LIVE")


def test_v2_finds_the_init_sequence_in_the_permission_files(os1: Os1):
    status = os1.onboarded("@asha", YARD, tenantIds="yarddev")
    assert [each["listingId"] for each in status["initSequence"]] == ["locations", "containers"]
    assert [each["listingId"] for each in status["logs"]] == ["locations", "containers"]


def test_v2_ignores_a_sequence_that_is_given_and_the_journal_says_so(os1: Os1):
    status = os1.onboarded("@asha", YARD, tenantIds="yarddev", initSequence=["containers", "locations"])
    assert [each["listingId"] for each in status["logs"]] == ["locations", "containers"]
    posted = [each for each in os1.world.journal(kind="inbound") if each["method"] == "POST"]
    assert [each["field"] for each in posted[-1]["violations"]] == ["body.initSequence"]


def test_v1_follows_the_sequence_that_is_given(os1: Os1):
    status = os1.onboarded("@asha", YARD, path=LEGACY, tenantIds="yarddev", initSequence=["containers", "locations"])
    assert [each["listingId"] for each in status["logs"]] == ["containers", "locations"]


@pytest.mark.parametrize("body", [{"tenantIds": "yarddev"}, {"tenantIds": ["yarddev"]}, {"stackId": "sandbox"}])
@pytest.mark.parametrize("path", [NEW, LEGACY])
def test_both_take_one_tenant_a_list_or_a_stack(path: str, body: dict[str, object], os1: Os1):
    extra = {"initSequence": ["containers"]} if path == LEGACY else {}
    assert os1.onboard("@asha", CONTAINERS, path=path, **body, **extra).status_code == 200


def test_the_log_says_started_then_completed(os1: Os1):
    status_id = os1.onboard("@asha", YARD, tenantIds="yarddev").json()["data"]
    seen = []
    for _ in range(4):
        status = os1.status(status_id)
        seen.append((status["status"], [each["status"] for each in status["logs"]]))
        os1.advance("1s")
    assert seen == [
        ("started", ["started"]),
        ("started", ["completed", "started"]),
        ("completed", ["completed", "completed"]),
        ("completed", ["completed", "completed"]),
    ]


@pytest.mark.parametrize("form", ["{path}/{id}", "{path}?statusId={id}"])
@pytest.mark.parametrize("path", [NEW, LEGACY])
def test_it_is_asked_for_on_the_posts_path(path: str, form: str, os1: Os1):
    status_id = os1.onboard("@asha", CONTAINERS, tenantIds="yarddev").json()["data"]
    assert os1.get("@asha", form.format(path=path, id=status_id))["data"]["statusId"] == status_id


def test_an_unknown_one_is_not_found(os1: Os1):
    refused(os1.call("@asha", "GET", f"{NEW}/nothing"), 404, "'nothing'")


def test_version_id_is_required(os1: Os1):
    refused(os1.call("@asha", "POST", NEW, json={"tenantIds": "yarddev"}), 400, "versionId is missing")


def test_version_ids_need_not_be_uuids(os1: Os1):
    odd = "appversion:0f77dbcd-56vtb-5e12-90d8-6990e3a82b"
    refused(os1.onboard("@asha", odd, tenantIds="yarddev"), 404, odd)
    assert CONTAINERS == "appversion:containers-one"
    assert os1.onboard("@asha", CONTAINERS, tenantIds="yarddev").status_code == 200


def test_an_app_is_answered_200_and_a_solution_202(os1: Os1):
    assert os1.onboard("@asha", GATES, tenantIds="yarddev").status_code == 200
    assert os1.onboard("@asha", YARD, tenantIds="yarddev").status_code == 202


@pytest.mark.parametrize(("form", "type_"), [("id", str), ("object", dict)])
def test_data_leads_to_the_status(form: str, type_: type, new_os1: Callable[..., Os1]):
    os1 = new_os1(onboarding_data=form)
    data = os1.onboard("@asha", CONTAINERS, tenantIds="yarddev").json()["data"]
    assert isinstance(data, type_)
    assert os1.status(data if isinstance(data, str) else data["id"])["status"] == "started"


def test_what_the_log_of_the_listing_tells(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    events = os1.get("@asha", "/developer/logs/containers", type="APP")["data"]["events"]
    assert [each["type"] for each in events] == ["OnboardingAccepted", "OnboardingCompleted"]
    assert json.loads(events[1]["eventData"])["completed"] == 1
