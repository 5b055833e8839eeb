"""The layer underneath: tokens, uploads with their callbacks, and whether a role may call a path in a tenant."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from tests.os1.helpers import CONTAINERS, GATES, LOCATIONS, YARD, Os1, refused
from tests.support import PLAIN

AAA = "/core/api/v1/aaa"
ID = {"x-coreos-request-id": "request-7"}
FILE = """
appId: locations
resources:
  - {name: lanes, resourcePath: /core/api/v1/lanes/*, allowedHttpMethods: [get, patch], description: Lanes}
permissions:
  - {action: read-lanes, resource: lanes, httpMethod: get, description: Read lanes}
roles:
  - {roleName: lane-reader, description: Reads lanes, permissions: [read-lanes]}
"""


def app_headers(os1: Os1, listing: str, tenant: str) -> dict[str, str]:
    token = os1.client_token(listing, tenant).json()["data"]["accessToken"]
    return {**ID, "x-coreos-access": token, "x-coreos-tid": tenant}


def upload(
    os1: Os1, headers: dict[str, str], callback: str | None, content: str | bytes = FILE, path: str = "apps/upload"
) -> httpx2.Response:
    return os1.world.http.post(
        f"{AAA}/{path}",
        files={"file": ("perms.yaml", content, "application/yaml")},
        data={"callback": callback} if callback is not None else {},
        headers=headers,
    )


def test_a_token_for_client_credentials(os1: Os1):
    answer = os1.client_token("containers", "yarddev")

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert set(body) == {"data", "request"}
    assert body["data"].keys() == {"accessToken", "tokenType", "expiresIn"}
    assert (body["data"]["tokenType"], body["data"]["expiresIn"]) == ("Bearer", 86400)
    assert body["request"]["method"] == "POST"
    assert body["request"]["body"]["clientSecret"] == "***"


@pytest.mark.parametrize("key", ["client_key", "service_key"])
@pytest.mark.parametrize("audience", [None, "platform:app:coreos", "platform:app:locations"])
def test_either_key_and_an_optional_audience(key: str, audience: str | None, os1: Os1):
    client = os1.client("containers")
    body = {"clientId": client[key], "clientSecret": client["secret"], **({"audience": audience} if audience else {})}
    assert os1.world.http.post(f"{AAA}/auth/client-credentials", json=body, headers=ID).status_code == 200


@pytest.mark.parametrize(
    ("change", "headers", "status", "words"),
    [
        ({}, {}, 400, "X-COREOS-REQUEST-ID is missing"),
        ({"clientSecret": "wrong"}, ID, 401, "not those of an app"),
        ({"clientId": "wrong"}, ID, 401, "not those of an app"),
        ({"clientId": None}, ID, 400, "clientId: expected a string, got null"),
        ({"scope": "all"}, ID, 400, "No other properties are taken: scope"),
        ({"audience": "moon"}, ID, 400, "audience"),
        ({}, {**ID, "x-coreos-tid": "nobody"}, 404, "no tenant 'nobody'"),
    ],
)
def test_what_gets_no_token(change: dict[str, Any], headers: dict[str, str], status: int, words: str, os1: Os1):
    client = os1.client("containers")
    body = {"clientId": client["client_key"], "clientSecret": client["secret"], **change}
    answer = os1.world.http.post(f"{AAA}/auth/client-credentials", json=body, headers=headers)
    refused(answer, status, words)
    assert answer.headers.get("x-coreos-request-id") == headers.get("x-coreos-request-id")


def test_the_request_id_is_echoed_on_every_answer_and_codes_tell_service_and_method(os1: Os1):
    ok = os1.client_token("containers", "yarddev")
    assert ok.headers["x-coreos-request-id"] == "r-1"
    lost = os1.world.http.get(f"{AAA}/nothing", headers=ID)
    assert (lost.status_code, lost.headers["x-coreos-request-id"]) == (404, "request-7")
    bad = os1.world.http.post("/core/api/v1/ext-auth/token/validate", headers=ID)
    assert (bad.status_code, bad.json()["error"]["code"][:4]) == (401, "1002")
    assert lost.json()["error"]["code"][:8] == "10010000"


def test_tokens_end_with_time_and_with_the_rotation_of_credentials(os1: Os1):
    headers = app_headers(os1, "containers", "yarddev")
    validate = "/core/api/v1/ext-auth/token/validate"
    assert os1.world.http.post(validate, headers=headers).json()["data"] == {"response": "success"}

    told = os1.world.act("os1.rotate_credentials", app="containers")
    refused(os1.world.http.post(validate, headers=headers), 401, "no token of this world")
    assert told["ended_tokens"] == 1
    assert os1.client_token("containers", "yarddev").status_code == 200

    headers = app_headers(os1, "containers", "yarddev")
    os1.advance("25h")
    refused(os1.world.http.post(validate, headers=headers), 401, "expired")


def test_a_token_is_good_in_the_tenant_it_was_issued_in(os1: Os1):
    headers = app_headers(os1, "containers", "yarddev")
    answer = os1.world.http.post("/core/api/v1/ext-auth/token/validate", headers={**headers, "x-coreos-tid": "acme"})
    refused(answer, 403, "issued in the tenant yarddev")


def test_the_host_names_the_tenant(os1: Os1):
    headers = {**app_headers(os1, "containers", "yarddev"), "host": "yarddev.getos1.com"}
    del headers["x-coreos-tid"]
    assert os1.world.http.post("/core/api/v1/ext-auth/token/validate", headers=headers).status_code == 200
    other = {**headers, "host": "acme.getos1.com"}
    refused(os1.world.http.post("/core/api/v1/ext-auth/token/validate", headers=other), 403, "issued in the tenant")
    nowhere = {**headers, "host": "moon.sandbox.getos1.com"}
    refused(os1.world.http.post("/core/api/v1/ext-auth/token/validate", headers=nowhere), 404, "no tenant 'moon'")


def test_credentials_lead_to_their_world_without_a_prefix(os1: Os1, server: str):
    client = os1.client("containers")
    body = {"clientId": client["client_key"], "clientSecret": client["secret"]}
    with httpx2.Client(base_url=server, **PLAIN) as plain:
        token = plain.post(f"{AAA}/auth/client-credentials", json=body, headers=ID).json()["data"]["accessToken"]
        headers = {**ID, "x-coreos-access": token, "x-coreos-tid": "yarddev"}
        assert plain.post("/core/api/v1/ext-auth/token/validate", headers=headers).status_code == 200
        developer = {"x-developerplatform-access": os1.token("@asha")}
        assert plain.get("/developer/orgs", headers=developer).json()["data"][0]["name"] == "Yardworks"
    rules = [each["addressed_by"] for each in os1.world.journal(kind="inbound")[-3:]]
    assert rules == ["credential: client_id", "credential: access_token", "credential: access_token"]


def test_an_upload_takes_time_and_tells_its_callback_signed(os1: Os1, httpserver: HTTPServer):
    httpserver.expect_request("/told").respond_with_data("", status=202)
    headers = app_headers(os1, "locations", "yarddev")

    answer = upload(os1, headers, httpserver.url_for("/told"))

    assert answer.status_code == 202, answer.text
    status_id = answer.json()["data"]["id"]
    status = os1.world.http.get(f"{AAA}/apps/upload/{status_id}", headers=headers).json()["data"]
    assert status == [{"tenantId": "yarddev", "statusId": status_id, "status": "started", "reason": []}]
    assert not os1.may("yarddev", "lane-reader", "get", "/core/api/v1/lanes/7")
    os1.advance()
    status = os1.world.http.get(f"{AAA}/apps/upload/{status_id}", headers=headers).json()["data"]
    assert status[0]["status"] == "completed"
    assert os1.may("yarddev", "lane-reader", "get", "/core/api/v1/lanes/7/closures")

    os1.world.settle()
    ((told, _),) = httpserver.log
    document = json.loads(told.data)
    assert (document["tenantId"], document["status"], document["data"]["statusId"]) == ("yarddev", "success", status_id)
    secret = told.headers["x-coreos-callback-secret"]
    assert told.headers["x-coreos-hmac-signature"] == hashlib.sha256(told.data + secret.encode()).hexdigest()


def test_an_upload_to_a_tenant_that_is_down_fails_and_says_so(os1: Os1, httpserver: HTTPServer):
    httpserver.expect_request("/told").respond_with_data("")
    headers = app_headers(os1, "locations", "yarddev")
    os1.world.act("os1.set_tenant_down", tenant="yarddev")
    upload(os1, {**headers, "x-coreos-callback-secret": "mine"}, httpserver.url_for("/told"))
    os1.advance()
    os1.world.settle()
    ((told, _),) = httpserver.log
    assert json.loads(told.data)["reason"] == ["The tenant yarddev is down."]
    assert told.headers["x-coreos-callback-secret"] == "mine"


@pytest.mark.parametrize(
    ("content", "callback", "status", "words"),
    [
        (FILE, None, 400, "callback"),
        (FILE, "ftp://x", 400, "http or https"),
        ("appId: nobody\n", "http://x.example", 400, "the AAA id of an app"),
        ("a: [", "http://x.example", 400, "perms.yaml"),
        ("appId: locations\n#" + "x" * 390_000, "http://x.example", 413, "375 KB"),
    ],
)
def test_what_cannot_be_uploaded(content: str, callback: str | None, status: int, words: str, os1: Os1):
    refused(upload(os1, app_headers(os1, "locations", "yarddev"), callback, content), status, words)


def test_only_apps_of_the_owning_organization_upload_to_production(os1: Os1):
    os1.onboarded("@asha", YARD, tenantIds="globex")
    token = os1.client_token("containers", "globex", "production").json()["data"]["accessToken"]
    headers = {**ID, "x-coreos-access": token, "x-coreos-tid": "globex"}

    info = refused(upload(os1, headers, "http://x.example"), 403, "Lanefleet")

    assert info["gate"] == "ownership"
    os1.advance()
    assert os1.may("globex", "location-reader", "get", "/core/api/v1/locations")
    assert upload(os1, app_headers(os1, "containers", "yarddev"), "http://127.0.0.1:9/").status_code == 202


def test_the_admin_twin_works_at_once_with_the_tenants_key(os1: Os1):
    key = next(each for each in os1.world.documents("os1.tenants") if each["id"] == "staging")["auth_key"]
    headers = {**ID, "x-coreos-tid": "staging"}
    refused(upload(os1, headers, None, path="admin/apps/upload"), 401, "X-AUTH-KEY is missing")
    refused(upload(os1, {**headers, "x-auth-key": "no"}, None, path="admin/apps/upload"), 401, "not the key")
    answer = upload(os1, {**headers, "x-auth-key": key}, None, path="admin/apps/upload")
    assert answer.status_code == 200, answer.text
    assert os1.may("staging", "lane-reader", "get", "/core/api/v1/lanes/1")


ASKED = [
    ("container-reader", "get", "/core/api/v1/containers", True),
    ("container-reader", "get", "/core/api/v1/containers?limit=3", True),
    ("container-reader", "get", "/core/api/v1/containers/4711", True),
    ("container-reader", "get", "/core/api/v1/containers/4711/", True),
    ("container-reader", "get", "/core/api/v1/containers/4711/seals", False),
    ("container-reader", "post", "/core/api/v1/containers", False),
    ("container-reader", "delete", "/core/api/v1/containers/4711", False),
    ("container-reader", "patch", "/core/api/v1/containers/4711", False),
    ("container-manager", "post", "/core/api/v1/containers", True),
    ("container-manager", "put", "/core/api/v1/containers/4711", True),
    ("containers/container-manager", "put", "/core/api/v1/containers/4711", True),
    ("locations/container-manager", "put", "/core/api/v1/containers/4711", False),
    ("no-such-role", "get", "/core/api/v1/containers", False),
    ("container-manager", "get", "/core/api/v1/elsewhere", False),
]


@pytest.mark.parametrize(("role", "method", "path", "allowed"), ASKED)
def test_may_this_role_call_this_path_in_this_tenant(role: str, method: str, path: str, allowed: bool, module_os1: Os1):
    if not module_os1.held("yarddev"):
        module_os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    assert module_os1.may("yarddev", role, method, path) is allowed
    assert module_os1.may("lanedev", role, method, path) is False
    told = module_os1.world.act("os1.ask_access", tenant="yarddev", roles=[role], path=path, method=method)
    assert told["allowed"] is allowed


def test_a_refusal_says_which_role_would_do(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    token = os1.world.act("os1.sign_in_to_tenant", tenant="yarddev", roles=["container-reader"])["access_token"]
    answer = os1.authorize(token, "yarddev", "post", "/core/api/v1/containers")
    refused(answer, 403, "container-reader", "POST", "container-manager would")


def test_groups_of_the_app_give_their_roles(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    ask = {"tenant": "yarddev", "path": "/core/api/v1/containers", "method": "post"}
    assert os1.world.act("os1.ask_access", groups=["Container-Desk"], **ask)["allowed"]
    assert not os1.world.act("os1.ask_access", groups=["Yard-Team"], **ask)["allowed"]


def test_groups_of_a_solution_are_there_once_it_is_subscribed_and_the_administrator_joins(os1: Os1):
    ask = {"tenant": "globex", "path": "/core/api/v1/locations", "groups": ["Yard-Team"]}
    assert not os1.world.act("os1.ask_access", **ask)["allowed"]
    os1.onboarded("@asha", YARD, tenantIds="globex")
    assert os1.world.act("os1.ask_access", **ask)["allowed"]
    users = os1.world.documents("os1.tenant_users")
    assert [(each["name"], each["groups"]) for each in users if each["tenant"] == "globex"] == [
        ("hank", ["Solutions-Admin"])
    ]
    os1.upload("@asha", YARD, "solution: yard\nuserGroups: []\n", "MANIFEST")
    assert not os1.world.act("os1.ask_access", **ask)["allowed"]


def test_an_app_may_what_the_roles_it_requires_give_to_apps(os1: Os1):
    os1.onboarded("@asha", YARD, tenantIds="yarddev")
    os1.onboarded("@asha", GATES, tenantIds="yarddev")
    containers = os1.client_token("containers", "yarddev").json()["data"]["accessToken"]
    gates = os1.client_token("gates", "yarddev").json()["data"]["accessToken"]
    assert os1.authorize(containers, "yarddev", "get", "/core/api/v1/locations").status_code == 200
    assert os1.authorize(containers, "yarddev", "post", "/core/api/v1/containers").status_code == 403
    assert os1.authorize(gates, "yarddev", "get", "/core/api/v1/containers").status_code == 200
    assert os1.authorize(gates, "yarddev", "get", "/core/api/v1/locations").status_code == 403
    maps = os1.client_token("lanemap", "yarddev").json()["data"]["accessToken"]
    refused(os1.authorize(maps, "yarddev", "get", "/core/api/v1/locations"), 403, "not onboarded to yarddev")


@pytest.mark.parametrize("body", [{}, {"path": "/x"}, {"path": "", "method": "get"}, {"path": "/x", "method": "head"}])
def test_authorize_takes_a_path_and_a_method(body: dict[str, str], os1: Os1):
    headers = app_headers(os1, "containers", "yarddev")
    refused(os1.world.http.post("/core/api/v1/ext-auth/token/authorize", json=body, headers=headers), 400)


def test_parts_can_be_added_one_by_one(os1: Os1):
    headers = app_headers(os1, "locations", "yarddev")

    def add(part: str, **body: Any) -> httpx2.Response:
        return os1.world.http.post(f"{AAA}/{part}", json=body, headers=headers)

    resource = {"name": "depots", "resourcePath": "/depots", "allowedHttpMethods": ["get"], "description": "Depots"}
    made = add("apps/locations/resources", **resource)
    assert (made.status_code, made.json()["data"]) == (201, {"id": "resource:depots"})
    refused(add("apps/locations/resources", **resource), 409, "already")
    permission = {"action": "see-depots", "resourceId": "resource:depots", "httpMethod": "get", "description": "See"}
    refused(add("apps/locations/permissions", **{**permission, "httpMethod": "put"}), 400, "allows get")
    refused(add("apps/locations/permissions", **{**permission, "resourceId": "resource:x"}), 404, "no resource")
    assert add("apps/locations/permissions", **permission).status_code == 201
    role = {"roleName": "depot-viewer", "description": "Sees depots", "permissions": ["permission:see-depots"]}
    assert add("apps/locations/roles", **role).status_code == 201
    refused(add("apps/locations/roles", **{**role, "roleName": "other", "permissions": ["x"]}), 404, "no x there")
    group = {"name": "Depot-Crew", "description": "Crew", "roles": [{"appId": "locations", "roleName": "depot-viewer"}]}
    assert add("groups", **group).status_code == 201
    refused(add("groups", **group), 409, "already")
    refused(
        add("groups", **{**group, "name": "Other"} | {"roles": [{"appId": "gates", "roleName": "xx"}]}), 404, "gates"
    )
    refused(add("apps/locations/resources", **{**resource, "name": "a b"}), 400, "name")

    assert os1.world.act("os1.ask_access", tenant="yarddev", groups=["Depot-Crew"], path="/depots")["allowed"]
    names = [
        [each.get("name") or each.get("action") or each["roleName"] for each in answer.json()["data"]]
        for answer in (
            os1.world.http.get(f"{AAA}/{part}", headers=headers)
            for part in ("apps/locations/resources", "apps/locations/permissions", "apps/locations/roles", "groups")
        )
    ]
    assert names == [["depots"], ["see-depots"], ["depot-viewer"], ["Depot-Crew"]]


def test_aaa_takes_375_kilobytes_and_no_more(os1: Os1):
    headers = app_headers(os1, "locations", "yarddev")
    role = {"roleName": "depot-viewer", "description": "Sees depots", "permissions": []}
    answers = [
        os1.world.http.post(
            f"{AAA}/apps/locations/roles",
            content=json.dumps(role).ljust(size).encode(),
            headers={**headers, "content-type": "application/json"},
        )
        for size in (375 * 1024 + 1, 375 * 1024)
    ]
    refused(answers[0], 413)
    assert (answers[0].headers["x-coreos-request-id"], answers[1].status_code) == (headers["x-coreos-request-id"], 201)


def test_parts_of_others_in_production_are_theirs(os1: Os1):
    os1.onboarded("@asha", YARD, tenantIds="globex")
    token = os1.client_token("containers", "globex", "production").json()["data"]["accessToken"]
    headers = {**ID, "x-coreos-access": token, "x-coreos-tid": "globex"}
    role = {"roleName": "boss", "description": "Bosses around"}
    refused(os1.world.http.post(f"{AAA}/apps/locations/roles", json=role, headers=headers), 403, "Lanefleet")
    assert os1.world.http.post(f"{AAA}/apps/containers/roles", json=role, headers=headers).status_code == 201
    assert os1.held("globex") == {"containers": CONTAINERS, "locations": LOCATIONS}


def test_a_users_token_cannot_do_an_apps_work(os1: Os1):
    token = os1.world.act("os1.sign_in_to_tenant", tenant="yarddev")["access_token"]
    headers = {**ID, "x-coreos-access": token}
    refused(upload(os1, headers, "http://x.example"), 403, "an app's token")


def test_literal_credentials_of_the_fixture_are_the_default_worlds(os1: Os1):
    assert os1.client("containers")["client_key"] != "platform:app:client:00facade-0000-5000-8000-000000000001"
