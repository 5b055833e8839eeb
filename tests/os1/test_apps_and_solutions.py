"""Registering, reading and changing apps, solutions and what surrounds them."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from tests.os1.helpers import (
    CONTAINERS,
    CONTAINERS_NEXT,
    LANEFLEET,
    YARD,
    YARD_NEXT,
    YARDWORKS,
    Os1,
    refused,
)

APP = {
    "displayName": "Seals",
    "type": "BACKEND",
    "listingId": "seals",
    "version": "1.0.0",
    "isConsoleCompatible": True,
    "visibility": {"isPrivate": True, "permissionType": "ALLOW", "orgIdentifiers": [LANEFLEET]},
    "url": {"relativePath": "/seals", "stackId": "*"},
}
SOLUTION = {
    "displayName": "Sealed yard",
    "solnListingId": "sealed-yard",
    "type": "APP",
    "version": "0.1.0",
    "shortDescription": "Short",
    "longDescription": "Long",
    "isConsoleCompatible": False,
    "visibility": {},
}


def register(os1: Os1, user: str = "@asha", team: str = "Containers", **changes: Any) -> httpx2.Response:
    body = {name: value for name, value in {**APP, **changes}.items() if value is not None}
    query = {"organizationId": YARDWORKS, "teamId": os1.team(team)}
    return os1.call(user, "POST", "/developer/apps", params=query, json=body)


def test_an_app_is_registered_and_found_by_all_its_names(os1: Os1):
    made = register(os1)
    assert made.status_code == 201, made.text
    app = made.json()
    assert app["appId"].startswith("app:")
    assert app["urn"] == "platform:app:" + app["appId"].removeprefix("app:")
    (client,) = app["clients"]
    assert (client["environment"], app["isSubscriptionCredentialsAvailable"]) == ("development", False)
    by_listing = os1.get("@asha", "/developer/apps", listingId="seals")
    assert by_listing == os1.get("@asha", f"/developer/apps/{app['appId']}")
    assert [each["listingId"] for each in os1.get("@asha", f"/developer/orgs/{YARDWORKS}/apps")["data"]] == [
        "containers",
        "gates",
        "seals",
    ]
    version = os1.get("@asha", f"/developer/apps/versions/{app['appVersionId']}")
    assert (version["status"], version["version"], version["displayName"]) == ("DEVELOPMENT", "1.0.0", "Seals")
    assert set(version["state"]) == {"createApp", "subscribeApp", "grantPerimssions"}
    (event,) = os1.get("@asha", "/developer/logs/seals", type="APP")["data"]["events"]
    assert set(event) == {"aggregateId", "timestamp", "type", "eventData"}
    assert (event["type"], json.loads(event["eventData"])["coreosAppUrn"]) == ("AppRegistered", app["urn"])


@pytest.mark.parametrize(
    ("user", "changes", "status", "words"),
    [
        ("@asha", {"displayName": None}, 400, "displayName is missing"),
        ("@asha", {"type": "DESKTOP"}, 400, "type"),
        ("@asha", {"version": "one"}, 400, "no semantic version"),
        ("@asha", {"listingId": "a b"}, 400, "cannot be a listing id"),
        ("@asha", {"listingId": "yard"}, 400, "taken"),
        ("@lars", {}, 403, "does not belong to Yardworks"),
        ("@mina", {}, 403, "takes a developer"),
        ("@asha", {"team": "Nobody"}, 404, "no team"),
    ],
)
def test_what_cannot_be_registered(user: str, changes: dict[str, Any], status: int, words: str, os1: Os1):
    if "team" in changes:
        query = {"organizationId": YARDWORKS, "teamId": "none"}
        answer = os1.call(user, "POST", "/developer/apps", params=query, json=APP)
    else:
        answer = register(os1, user, **changes)
    refused(answer, status, words)
    refused(os1.call("@asha", "GET", "/developer/apps", params={"listingId": "seals"}), 404, "seals")


def test_an_app_is_shown_to_its_team_its_admins_and_product_admins(os1: Os1):
    seen = {
        user: os1.call(user, "GET", "/developer/apps", params={"listingId": "gates"}).status_code
        for user in ("@asha", "@omar", "@paul", "@dev", "@lars")
    }
    assert seen == {"@asha": 200, "@omar": 200, "@paul": 200, "@dev": 403, "@lars": 403}


def test_a_version_is_a_copy_of_its_parent_in_development(os1: Os1):
    app = register(os1).json()
    os1.move(app["appVersionId"], ("@asha", "SUBMIT_FOR_TECH_REVIEW"), ("@paul", "APPROVE_TECH_REVIEW"))
    path = f"/developer/apps/{app['appId']}/versions"
    refused(os1.call("@asha", "POST", path, json={"version": "1.0.0"}), 400, "has a version 1.0.0 already")
    refused(os1.call("@asha", "POST", path, json={"version": "2.0.0", "parentVersion": "9"}), 404, "no version '9'")
    made = os1.call("@asha", "POST", path, json={"version": "2.0.0"})
    assert made.status_code == 201
    version = os1.get("@asha", f"/developer/apps/versions/{made.json()['id']}")
    assert (version["status"], version["displayName"], version["appId"]) == ("DEVELOPMENT", "Seals", app["appId"])


def test_a_patch_changes_deletes_and_keeps(os1: Os1):
    path = f"/developer/apps/versions/{CONTAINERS_NEXT}"
    os1.call("@dev", "PATCH", path, json={"shortDescription": "Boxes", "longDescription": "Many boxes"})
    changed = os1.call("@dev", "PATCH", path, json={"longDescription": None, "displayName": "Boxes"}).json()
    assert (changed["displayName"], changed["shortDescription"], "longDescription" in changed) == (
        "Boxes",
        "Boxes",
        False,
    )
    refused(os1.call("@dev", "PATCH", path, json={"displayName": None}), 400, "displayName")
    refused(os1.call("@mina", "PATCH", path, json={"displayName": "X"}), 403, "takes a developer")


def test_only_a_version_in_development_that_nobody_holds_can_be_removed(os1: Os1):
    path = f"/developer/apps/versions/{CONTAINERS_NEXT}"
    refused(os1.call("@asha", "DELETE", f"/developer/apps/versions/{CONTAINERS}"), 400, "only versions in DEVELOPMENT")
    os1.onboard("@asha", CONTAINERS_NEXT, tenantIds="yarddev")
    refused(os1.call("@asha", "DELETE", path), 409, "containers is being onboarded; wait")
    os1.advance()
    refused(os1.call("@asha", "DELETE", path), 409, "onboarded to tenants")
    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    assert os1.call("@asha", "DELETE", path).status_code == 200
    refused(os1.call("@asha", "GET", path), 404, CONTAINERS_NEXT)


def test_a_solution_from_its_registration_to_its_apps(os1: Os1):
    query = {"organizationId": YARDWORKS}
    made = os1.call("@dev", "POST", "/developer/solutions", params=query, json=SOLUTION)
    assert made.status_code == 201, made.text
    version = made.json()["solutionVersionId"]
    shown = os1.get("@dev", f"/developer/solutions/versions/{version}")
    assert (shown["phase"], shown["apps"]) == ("DRAFT", [])
    assert os1.get("@dev", "/developer/solutions", solnListingId="sealed-yard") == os1.get(
        "@dev", f"/developer/solutions/{made.json()['solutionId']}"
    )
    refused(os1.onboard("@dev", version, tenantIds="yarddev"), 400, "has no apps")
    path = f"/developer/solutions/versions/{version}/apps"
    assert os1.call("@dev", "PUT", path, json={"apps": [{"appVersionId": CONTAINERS}]}).status_code == 200
    os1.call("@dev", "PUT", path, json={"apps": [{"appVersionId": CONTAINERS_NEXT}]})
    assert [each["appVersionId"] for each in os1.get("@dev", path)["data"]] == [CONTAINERS_NEXT]
    refused(os1.call("@dev", "DELETE", path, json={"appVersionIds": [CONTAINERS]}), 404, "does not contain")
    assert os1.call("@dev", "DELETE", path, json={"appVersionIds": [CONTAINERS_NEXT]}).json()["data"] == []
    refused(os1.call("@dev", "PUT", path, json={"apps": [{"appVersionId": "none"}]}), 404, "no app version")


def test_the_apps_of_a_reviewed_solution_stay_and_a_new_version_takes_them_along(os1: Os1):
    body = {"apps": [{"appVersionId": CONTAINERS_NEXT}]}
    refused(os1.call("@asha", "PUT", f"/developer/solutions/versions/{YARD}/apps", json=body), 400, "in DRAFT only")
    solution = os1.get("@asha", "/developer/solutions", solnListingId="yard")["solutionId"]
    path = f"/developer/solutions/{solution}/versions"
    made = os1.call("@asha", "POST", path, json={"version": "3.0.0", "parentVersion": "1.0.0"}).json()["id"]
    apps = os1.get("@asha", f"/developer/solutions/versions/{made}/apps")["data"]
    assert [each["listingId"] for each in apps] == ["containers", "locations"]


@pytest.mark.parametrize(
    ("user", "body", "status"),
    [
        ("@mina", {"displayName": "Y"}, 200),
        ("@mina", {"visibility": {}}, 403),
        ("@pia", {"visibility": {}}, 200),
        ("@pia", {"isConsoleCompatible": True}, 403),
        ("@paul", {"isConsoleCompatible": True, "api": {"a": 1}}, 200),
        ("@asha", {"categories": []}, 400),
        ("@asha", {"categories": None}, 200),
        ("@lars", {"displayName": "Y"}, 403),
    ],
)
def test_who_may_change_what_of_a_reviewed_solution(user: str, body: dict[str, Any], status: int, os1: Os1):
    answer = os1.call(
        user,
        "PATCH",
        f"/developer/solutions/versions/{YARD}",
        content=json.dumps(body),
        headers={"content-type": "application/merge-patch+json"},
    )
    assert answer.status_code == status, answer.text


def test_a_draft_is_its_developers_to_change(os1: Os1):
    path = f"/developer/solutions/versions/{YARD_NEXT}"
    assert os1.call("@dev", "PATCH", path, json={"supportedCountries": ["IN"]}).json()["supportedCountries"] == ["IN"]
    refused(os1.call("@mina", "PATCH", path, json={"displayName": "Y"}), 403, "takes a developer")


def test_the_organizations_assigned_to_somebody(os1: Os1):
    (own,) = os1.get("@dev", "/developer/orgs")["data"]
    assert (own["organizationId"], own["roles"], [each["name"] for each in own["teams"]]) == (
        YARDWORKS,
        ["developer"],
        ["Containers"],
    )
    assert [each["name"] for each in os1.get("@paul", "/developer/orgs")["data"]] == ["Yardworks", "Lanefleet"]


def test_stacks_tenants_and_logs_that_are_not_there(os1: Os1):
    assert [each["stackId"] for each in os1.get("@dev", "/developer/stacks")["data"]] == ["sandbox", "shared"]
    refused(os1.call("@dev", "GET", "/developer/tenants", params={"stackId": "x"}), 400, "Known: sandbox, shared")
    refused(os1.call("@dev", "GET", "/developer/tenants", params={"listingId": "x"}), 404, "no listing")
    refused(os1.call("@dev", "GET", "/developer/tenants/nobody/subscriptions"), 404, "nobody")
    refused(os1.call("@dev", "GET", "/developer/logs/none"), 404, "no listing")
    refused(os1.call("@dev", "GET", "/developer/logs/containers", params={"type": "X"}), 400, "APP or SOLUTION")
    refused(os1.call("@lars", "GET", "/developer/logs/containers"), 403, "Yardworks")


def test_every_developer_route_needs_its_header(os1: Os1):
    from mockserver.platforms.os1.platform import OS1

    asked = 0
    for route in OS1.routes:
        if not route.path.startswith("/developer/") or route.path == "/developer/auth/authorize":
            continue
        path = route.path.replace("{", "").replace("}", "")
        refused(os1.world.http.request(route.method, path), 401, "x-developerplatform-access")
        bad = {"x-developerplatform-access": "nobody"}
        refused(os1.world.http.request(route.method, path, headers=bad), 401, "no access token")
        asked += 1
    assert asked > 30


def test_a_token_expires_and_follows_its_users_roles(os1: Os1):
    refused(
        os1.call("@mina", "PATCH", f"/developer/apps/versions/{CONTAINERS_NEXT}", json={}), 403, "takes a developer"
    )
    os1.world.act("os1.set_roles", user="@mina", roles=["developer"])
    assert os1.call("@mina", "PATCH", f"/developer/apps/versions/{CONTAINERS_NEXT}", json={}).status_code == 200
    os1.advance("25h")
    refused(os1.call("@mina", "GET", "/developer/orgs"), 401, "expired")
