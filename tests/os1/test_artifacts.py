"""Files of versions, and permission files that are checked line by line on their way in."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.os1.helpers import CONTAINERS, CONTAINERS_NEXT, GATES, YARD, Os1, refused

GOOD = """\
appId: containers
resources:
  - name: seals
    resourcePath: /seals
    allowedHttpMethods: [get]
    description: All seals
permissions:
  - {action: read-seals, resource: seals, httpMethod: get, description: Read them}
roles:
  - {roleName: seal-reader, description: Reads seals, permissions: [read-seals]}
"""


def problems(answer: httpx2.Response, status: int = 400) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = refused(answer, status)["problems"]
    return found


def test_a_file_is_uploaded_listed_downloaded_replaced_and_removed(os1: Os1):
    made = os1.upload("@asha", CONTAINERS_NEXT, b"\x89PNG", "ICON", "icon ü.png").json()["data"]
    assert made["fileUrl"].startswith("https://cdn.getos1.com/")
    query = {"appVersionId": CONTAINERS_NEXT, "artifactType": "ICON"}
    assert [each["fileName"] for each in os1.get("@asha", "/developer/artifacts", **query)["data"]] == ["icon ü.png"]

    path = f"/developer/artifacts/{made['fileId']}"
    got = os1.call("@dev", "GET", path)
    assert (got.content, got.headers["content-type"]) == (b"\x89PNG", "application/octet-stream")
    changed = os1.call("@dev", "PUT", path, files={"file": ("new.png", b"new")}, data={"fileDescription": "Better"})
    assert (changed.json()["data"]["fileId"], changed.json()["data"]["fileDescription"]) == (made["fileId"], "Better")
    assert os1.call("@dev", "GET", path).content == b"new"
    assert os1.call("@dev", "DELETE", path).status_code == 200
    refused(os1.call("@dev", "GET", path), 404, made["fileId"])
    assert os1.get("@asha", "/developer/artifacts", **query)["data"] == []


def test_all_asks_for_every_type(os1: Os1):
    os1.upload("@asha", CONTAINERS_NEXT, b"1", "ICON")
    os1.upload("@asha", CONTAINERS_NEXT, GOOD, "PERMFILE_WEB_CLIENT")
    query = {"appVersionId": CONTAINERS_NEXT, "artifactType": "ALL"}
    types = [each["artifactType"] for each in os1.get("@asha", "/developer/artifacts", **query)["data"]]
    assert types == ["PERMFILE", "ICON", "PERMFILE_WEB_CLIENT"]


def test_ten_megabytes_are_taken_and_a_byte_more_is_not(os1: Os1):
    most = 10 * 1024 * 1024
    assert os1.upload("@asha", GATES, b"x" * most, "DOCS").status_code == 201
    refused(os1.upload("@asha", GATES, b"x" * (most + 1), "DOCS"), 413, "10 MB")
    assert os1.upload("@asha", GATES, b"x" * (most + 200_000), "DOCS").status_code == 413


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"artifactType": "ICON"}, 400, "either appVersionId or solutionVersionId"),
        ({"artifactType": "ICON", "appVersionId": GATES, "solutionVersionId": YARD}, 400, "either"),
        ({"appVersionId": GATES}, 400, "artifactType is missing"),
        ({"artifactType": "ICNO", "appVersionId": GATES}, 400, "Did you mean ICON?"),
        ({"artifactType": "ALL", "appVersionId": GATES}, 400, "one of"),
        ({"artifactType": "PERMFILE", "solutionVersionId": YARD}, 400, "is for apps"),
        ({"artifactType": "MANIFEST", "appVersionId": GATES}, 400, "is for solutions"),
        ({"artifactType": "ICON", "appVersionId": YARD}, 404, "no app version"),
        ({"artifactType": "ICON", "solutionVersionId": "none"}, 404, "no solution version"),
    ],
)
def test_what_cannot_be_uploaded_where(query: dict[str, str], status: int, words: str, os1: Os1):
    answer = os1.call("@asha", "POST", "/developer/artifacts", params=query, files={"file": ("f", b"x")})
    refused(answer, status, words)


def test_a_form_without_the_file_and_a_body_that_is_no_form(os1: Os1):
    query = {"artifactType": "ICON", "appVersionId": GATES}
    answer = os1.call("@asha", "POST", "/developer/artifacts", params=query, files={"other": ("f", b"x")})
    refused(answer, 400, "no part named file")
    refused(os1.call("@asha", "POST", "/developer/artifacts", params=query, json={}), 400, "multipart/form-data")


def test_other_files_are_for_the_team(os1: Os1):
    refused(os1.upload("@lars", GATES, b"x", "ICON"), 403, "Yardworks")
    refused(os1.upload("@dev", GATES, b"x", "ICON"), 403, "team")
    refused(os1.upload("@mina", CONTAINERS, b"x", "ICON"), 403, "takes a developer")
    query = {"artifactType": "ALL", "appVersionId": GATES}
    refused(os1.call("@lars", "GET", "/developer/artifacts", params=query), 403, "Yardworks")


@pytest.mark.parametrize(
    ("wrong", "right", "line", "path", "meant"),
    [
        ("appId: containers", "appId: gates", 1, "$.appId", None),
        ("appId: containers", "apId: containers", 1, "$.apId", "appId"),
        ("name: seals", "name: s", 3, "$.resources[0].name", None),
        ("name: seals", "name: seals seals", 3, "$.resources[0].name", None),
        ("resourcePath: /seals", "resourcePath: seals", 4, "$.resources[0].resourcePath", None),
        ("[get]", "[gte]", 5, "$.resources[0].allowedHttpMethods[0]", "get"),
        ("[get]", "[post]", 8, "$.permissions[0].httpMethod", None),
        ("description: All seals", "description: A", 6, "$.resources[0].description", None),
        ("resource: seals", "resource: seasl", 8, "$.permissions[0].resource", "seals"),
        ("permissions: [read-seals]", "permissions: [raed-seals]", 10, "$.roles[0].permissions[0]", "read-seals"),
        ("description: Reads seals", "securityLevel: SECRET, description: Reads", 10, "$.roles[0].securityLevel", None),
    ],
)
def test_each_slip_in_a_permission_file_is_told_with_its_line(
    wrong: str, right: str, line: int, path: str, meant: str | None, os1: Os1
):
    found = problems(os1.upload("@asha", CONTAINERS_NEXT, GOOD.replace(wrong, right, 1)))

    told = {(each["path"], each["line"]): each["didYouMean"] for each in found}
    assert (path, line) in told, told
    assert told[path, line] == meant


def test_all_problems_are_told_at_once_and_nothing_is_kept(os1: Os1):
    before = os1.world.documents("os1.artifacts")
    text = GOOD.replace("name: seals", "name: s", 1).replace("[get]", "[gte]").replace("description: Reads", "descr: R")
    assert len(problems(os1.upload("@asha", CONTAINERS_NEXT, text))) >= 3
    assert os1.world.documents("os1.artifacts") == before


@pytest.mark.parametrize("text", ["a: [", "\t", "x" * 10, "- 1\n", "a: &x 1\nb: *y\n", "\x00"])
def test_what_is_no_permission_file_at_all(text: str, os1: Os1):
    assert problems(os1.upload("@asha", CONTAINERS_NEXT, text))


def test_375_kilobytes_are_the_most_for_a_permission_file(os1: Os1):
    refused(os1.upload("@asha", CONTAINERS_NEXT, GOOD + "#" + "x" * 390_000), 413, "375 KB")
    assert os1.upload("@asha", CONTAINERS_NEXT, GOOD + "#" + "x" * 370_000).status_code == 201


def test_a_file_with_required_roles_only_is_enough(os1: Os1):
    assert os1.upload("@asha", GATES, "appId: gates\nrolesRequired: [container-reader]\n").status_code == 201
    assert os1.onboarded("@asha", GATES, tenantIds="yarddev")["status"] == "completed"


def test_two_permission_files_of_a_version_count_together(os1: Os1):
    os1.upload("@asha", CONTAINERS, GOOD, "PERMFILE_WEB_CLIENT")
    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    assert os1.may("yarddev", "seal-reader", "get", "/seals")
    assert os1.may("yarddev", "container-reader", "get", "/core/api/v1/containers")


def test_a_removed_permission_file_takes_nothing_from_tenants(os1: Os1):
    os1.onboarded("@asha", CONTAINERS, tenantIds="yarddev")
    query = {"appVersionId": CONTAINERS, "artifactType": "PERMFILE"}
    (file,) = os1.get("@asha", "/developer/artifacts", **query)["data"]
    assert os1.call("@asha", "DELETE", f"/developer/artifacts/{file['fileId']}").status_code == 200
    assert os1.may("yarddev", "container-reader", "get", "/core/api/v1/containers")
    refused(os1.onboard("@asha", CONTAINERS, tenantIds="yarddev"), 400, "no permission file")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("solution: yrad\n", "$.solution"),
        ("solution: yard\nuserGroups:\n  - {name: G-G, roles: [reader]}\n", "$.userGroups[0].roles[0]"),
        ("solution: yard\nuserGroups:\n  - {name: GG}\n  - {name: GG}\n", "$.userGroups[1]"),
        ("solution: yard\ngroups: []\n", "$.groups"),
    ],
)
def test_a_solutions_manifest_is_checked_too(text: str, path: str, os1: Os1):
    assert path in [each["path"] for each in problems(os1.upload("@asha", YARD, text, "MANIFEST"))]
