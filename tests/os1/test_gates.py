"""The gates: who may do what, one test for each cell of the table, and in which order they refuse."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import get_args

import pytest

from mockserver.platforms.os1.models import Role
from mockserver.platforms.os1.rights import COLUMNS, ONBOARD, PUBLISH, UPLOAD, Column
from tests.os1.helpers import (
    CONTAINERS,
    CONTAINERS_NEXT,
    GATES,
    LEGACY,
    LOCATIONS,
    NEW,
    TO_LIVE,
    YARD,
    YARD_NEXT,
    Os1,
    refused,
)

ROLES = get_args(Role)
PERMISSIONS = "appId: containers\nrolesRequired: []\n"

NOT_LIVE = [
    (GATES, "gates 0.9.0 is READY_TO_PUBLISH", "SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW"),
    (CONTAINERS_NEXT, "containers 1.1.0 is DEVELOPMENT", "SUBMIT_FOR_TECH_REVIEW"),
]


@pytest.fixture(scope="module")
def people(module_os1: Os1) -> Os1:
    """Somebody of each role in the owning organization and in another one, named after both."""
    for role, organization in itertools.product(ROLES, ("Yardworks", "Lanefleet")):
        handle = f"@{role}-{organization}"
        teams = ["Containers"] if organization == "Yardworks" else ["Maps"]
        module_os1.world.act("os1.create_user", handle=handle, organization=organization, roles=[role], teams=teams)
    return module_os1


def somebody(role: str, *, owner: bool) -> str:
    return f"@{role}-{'Yardworks' if owner else 'Lanefleet'}"


def test_the_table_has_every_cell():
    assert len(COLUMNS) == len(set(COLUMNS)) == 8
    assert set(ONBOARD) == set(UPLOAD) == set(PUBLISH) == set(ROLES)
    assert {len(row) for row in ONBOARD.values()} == {8}


@pytest.mark.parametrize("column", COLUMNS, ids=str)
@pytest.mark.parametrize("role", ROLES)
def test_who_may_onboard(role: Role, column: Column, people: Os1):
    tenant = {"production": "globex", "development": "yarddev"}[column.tenants]
    before = people.held(tenant)
    body = {"tenantIds": tenant} if column.gated else {"tenantIds": tenant, "initSequence": [CONTAINERS]}

    answer = people.onboard(
        somebody(role, owner=column.owner), CONTAINERS, path=NEW if column.gated else LEGACY, **body
    )

    match ONBOARD[role][COLUMNS.index(column)]:
        case "yes":
            assert answer.status_code == 200, answer.text
            people.advance()
            assert people.held(tenant)["containers"] == CONTAINERS
        case "role":
            info = refused(answer, 403, "Onboarding containers 1.0.0", role, "Let one of them call")
            assert (info["gate"], people.held(tenant)) == ("role", before)
        case "ownership":
            info = refused(answer, 403, "only its owners may", "Yardworks", "Lanefleet")
            assert (info["gate"], info["owner"], people.held(tenant)) == ("ownership", "Yardworks", before)


@pytest.mark.parametrize("owner", [True, False], ids=["owner", "other"])
@pytest.mark.parametrize("role", ROLES)
def test_who_may_upload_a_permission_file(role: Role, owner: bool, people: Os1):
    before = people.get("@paul", "/developer/artifacts", appVersionId=CONTAINERS_NEXT, artifactType="ALL")

    answer = people.upload(somebody(role, owner=owner), CONTAINERS_NEXT, PERMISSIONS)

    after = people.get("@paul", "/developer/artifacts", appVersionId=CONTAINERS_NEXT, artifactType="ALL")
    match UPLOAD[role][0 if owner else 1]:
        case "yes":
            assert answer.status_code == 201, answer.text
            assert len(after["data"]) == len(before["data"]) + 1
        case gate:
            assert refused(answer, 403, "Permission files of containers")["gate"] == gate
            assert after == before


@pytest.mark.parametrize("owner", [True, False], ids=["owner", "other"])
@pytest.mark.parametrize("role", ROLES)
def test_who_may_publish(role: Role, owner: bool, people: Os1):
    version = f"appversion:to-publish-{role}-{owner}"
    answer = people.call(
        "@asha",
        "POST",
        "/developer/apps",
        params={"organizationId": people.organization("Yardworks"), "teamId": people.team("Containers")},
        json={
            "displayName": "P",
            "type": "WEB",
            "listingId": f"publish-{role}-{owner}",
            "version": "1.0.0",
            "isConsoleCompatible": True,
            "visibility": {},
        },
    )
    version = answer.json()["appVersionId"]
    people.move(version, *TO_LIVE[:3])

    answer = people.command(somebody(role, owner=owner), version, "APPROVE_MARKETPLACE_PUBLISH")

    if PUBLISH[role][0 if owner else 1] == "yes":
        assert (answer.status_code, answer.json()["status"]) == (200, "LIVE")
    else:
        assert answer.status_code == 403, answer.text


@pytest.mark.parametrize(("version", "words", "command"), NOT_LIVE)
def test_what_is_not_live_stays_out_of_production_and_says_what_to_do(version: str, words: str, command: str, os1: Os1):
    info = refused(
        os1.onboard("@asha", version, tenantIds=["globex"]), 400, "globex", words, "not LIVE", command, version
    )

    assert (info["gate"], info["tenantId"], info["nextCommand"]) == ("state", "globex", command)
    assert info["blockers"][0]["call"] == f"PUT /developer/apps/versions/{version}/states"
    os1.advance()
    assert os1.held("globex") == {}
    assert os1.world.documents("os1.onboardings") == []


def test_a_solution_names_each_of_its_apps_that_is_not_live(os1: Os1):
    info = refused(os1.onboard("@asha", YARD_NEXT, tenantIds=["acme"]), 400)

    assert [(each["name"], each["state"], each["nextCommand"]) for each in info["blockers"]] == [
        ("yard 2.0.0", "DRAFT", "SUBMIT_FOR_TECH_REVIEW"),
        ("gates 0.9.0", "READY_TO_PUBLISH", "SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW"),
    ]


def test_following_the_hints_leads_to_production(os1: Os1):
    by = {"developer-admin": "@asha", "product-admin": "@paul"}
    for _ in range(10):
        answer = os1.onboard("@asha", CONTAINERS_NEXT, tenantIds=["globex"])
        if answer.status_code == 200:
            break
        (blocker,) = answer.json()["error"]["additionalInfo"]["blockers"]
        method, path = blocker["call"].split()
        moved = os1.call(by[blocker["roles"][0]], method, path, json={"action": blocker["nextCommand"]})
        assert moved.status_code == 200, moved.text
    os1.advance()

    assert os1.held("globex") == {"containers": CONTAINERS_NEXT}


@pytest.mark.parametrize("version", [CONTAINERS_NEXT, GATES])
def test_development_tenants_take_any_state(version: str, os1: Os1):
    assert os1.onboarded("@dev", version, tenantIds=["yarddev"])["tenants"]["completed"] == 1


@pytest.mark.parametrize("status", [400, 403, 409])
def test_the_status_of_the_state_gate_is_a_setting(status: int, new_os1: Callable[..., Os1]):
    refused(new_os1(state_gate_status=status).onboard("@asha", GATES, tenantIds=["globex"]), status, "LIVE")


def test_all_tenants_are_checked_before_any_is_changed(os1: Os1):
    refused(os1.onboard("@asha", GATES, tenantIds=["yarddev", "staging", "globex"]), 400, "globex", "LIVE")
    os1.advance()

    assert [os1.held(each) for each in ("yarddev", "staging", "globex")] == [{}, {}, {}]


def test_a_tenant_is_judged_by_its_own_type_not_its_stacks(os1: Os1):
    assert os1.onboarded("@dev", GATES, tenantIds=["pilot"])["tenants"]["completed"] == 1
    refused(os1.onboard("@asha", GATES, stackId="shared"), 400, "acme", "LIVE")


@pytest.mark.parametrize(
    ("user", "version", "tenants", "status", "words"),
    [
        (None, "nothing", ["nobody"], 401, "x-developerplatform-access"),
        ("@lea", "nothing", ["nobody"], 404, "versionId"),
        ("@lea", GATES, ["nobody", "globex"], 400, "unknown are 'nobody'"),
        ("@lea", GATES, ["globex"], 403, "takes a developer-admin of Yardworks or product-admin"),
        ("@lars", GATES, ["globex"], 403, "only its owners"),
        ("@asha", GATES, ["globex"], 400, "not LIVE"),
    ],
)
def test_the_order_of_the_checks(user: str | None, version: str, tenants: list[str], status: int, words: str, os1: Os1):
    answer = os1.call(user, "POST", NEW, json={"versionId": version, "tenantIds": tenants})

    refused(answer, status, words)


def test_with_the_overwrite_a_development_tenant_is_gated_like_production(os1: Os1):
    info = refused(
        os1.onboard("@asha", CONTAINERS_NEXT, tenantIds=["yarddev"], stackCredentialOverwrite="production"), 400, "LIVE"
    )
    assert info["gate"] == "state"
    refused(
        os1.onboard("@dev", CONTAINERS, tenantIds=["yarddev"], stackCredentialOverwrite="production"), 403, "developer"
    )


@pytest.mark.parametrize("value", ["production", "PRODUCTION", "Production"])
@pytest.mark.parametrize("place", ["query", "body"])
def test_the_overwrite_uses_production_credentials(value: str, place: str, os1: Os1):
    assert os1.client_token("containers", "yarddev", "development").status_code == 200
    given = {"query": {"stackCredentialOverwrite": value}} if place == "query" else {"stackCredentialOverwrite": value}

    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev", **given)

    assert os1.client_token("containers", "yarddev", "production").status_code == 200
    refused(os1.client_token("containers", "yarddev", "development"), 401, "production credentials")


@pytest.mark.parametrize("place", ["query", "body"])
def test_any_other_overwrite_is_refused(place: str, os1: Os1):
    given = (
        {"query": {"stackCredentialOverwrite": "sandbox"}}
        if place == "query"
        else {"stackCredentialOverwrite": "sandbox"}
    )
    refused(os1.onboard("@asha", CONTAINERS, tenantIds="yarddev", **given), 400, "production", "'sandbox'")


def test_production_credentials_exist_only_after_tech_review(os1: Os1):
    refused(
        os1.onboard(
            "@lars",
            "appversion:lanemap-draft",
            path=LEGACY,
            tenantIds="lanedev",
            initSequence=["lanemap"],
            stackCredentialOverwrite="production",
        ),
        400,
        "no production credentials",
        "APPROVE_TECH_REVIEW",
    )


def test_lets_any_state_through_and_says_that_it_is_deprecated(os1: Os1):
    answer = os1.onboard("@dev", CONTAINERS_NEXT, path=LEGACY, tenantIds="globex", initSequence=["containers"])
    os1.advance()

    assert answer.status_code == 200
    assert answer.headers["deprecation"] == "@1706745600"
    assert NEW in answer.headers["link"]
    assert os1.held("globex") == {"containers": CONTAINERS_NEXT}


def test_notes_each_skipped_gate_in_the_journal_and_the_listings_log(os1: Os1):
    os1.onboard("@lea", CONTAINERS_NEXT, path=LEGACY, tenantIds="globex", initSequence=["containers"])

    noted = {each["field"]: each["reason"] for each in os1.world.journal(kind="inbound")[-1]["violations"]}
    assert set(noted) == {"gates.role", "gates.state"}
    assert all(reason.startswith("skipped by the legacy API") for reason in noted.values())
    log = os1.get("@asha", "/developer/logs/containers", type="APP")["data"]["events"]
    assert "skipped by the legacy API" in log[-1]["eventData"]


def test_passes_in_a_strict_world_too(new_world: Callable[..., object]):
    os1 = Os1(
        new_world(clock={"mode": "frozen"}, fixtures=["os1/quickstart"], settings={"core": {"strict": True}})  # type: ignore[arg-type]
    )
    answer = os1.onboard("@dev", CONTAINERS_NEXT, path=LEGACY, tenantIds="globex", initSequence=["containers"])

    assert answer.status_code == 200


def test_notes_nothing_where_no_gate_would_have_been_shut(os1: Os1):
    os1.onboard("@asha", LOCATIONS, path=LEGACY, tenantIds="yarddev", initSequence=["locations"])

    assert "violations" not in os1.world.journal(kind="inbound")[-1]


def test_is_gated_where_the_world_says_that_there_is_none(new_os1: Callable[..., Os1]):
    os1 = new_os1(legacy_api="none")

    answer = os1.onboard("@asha", GATES, path=LEGACY, tenantIds="globex", initSequence=["gates"])

    refused(answer, 400, "not LIVE")
    assert (
        os1.onboard("@asha", CONTAINERS, path=LEGACY, tenantIds="globex", initSequence=["containers"]).headers.get(
            "deprecation"
        )
        is None
    )


def test_a_version_that_is_no_longer_live_fails_where_its_turn_comes_later(os1: Os1):
    status_id = os1.onboard("@asha", YARD, tenantIds=["acme", "globex"]).json()["data"]
    os1.advance("2s")
    os1.move(YARD, ("@paul", "DEPRECIATE"))
    os1.advance()

    status = os1.status(status_id)
    assert status["tenants"] == {"total": 2, "completed": 1, "failed": 1}
    assert "DEPRECIATED" in status["failure"]["reason"]
    assert os1.held("globex") == {}
