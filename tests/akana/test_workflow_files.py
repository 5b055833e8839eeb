"""Workflow files: uploaded, refused, listed, chosen."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.akana.portal import AMY, DORA, FILES, SID, TENANT, Portal, items, refused
from tests.akana.workflow.written import action, step, workflow

ROOT = f"/api/businesses/tenantbusiness.{TENANT}"
GOOD = workflow(step(10, action(11)))


def upload(portal: Portal, xml: str | bytes = GOOD, who: str = SID, **fields: str) -> httpx2.Response:
    data = {"Name": "mine", "Description": "d", "ObjectType": "appversion", **fields}
    files = {"File": ("w.xml", xml, "application/xml")}
    return portal[who].send("POST", "/api/workflow/definitions", data=data, files=files)


def test_an_uploaded_workflow_is_listed_and_can_be_read(portal: Portal):
    made = upload(portal).json()
    assert {name: made[name] for name in ("Name", "ObjectType", "State", "ObjectReferenceCount")} == {
        "Name": "mine",
        "ObjectType": "appversion",
        "State": "active",
        "ObjectReferenceCount": 0,
    }
    listed = items(portal[DORA].read("/api/workflow/definitions", params={"ObjectType": "Application"}))
    assert [each["title"] for each in listed] == ["deletion", "promotion", "mine"]
    assert items(portal[SID].read("/api/workflow/definitions", params={"BusinessID": "x"})) == []
    shown = portal[SID].get(f"/api/workflow/definitions/{made['Key']}")
    assert shown.text == GOOD
    assert shown.headers["content-security-policy"] == "default-src 'none'; sandbox"
    refused(portal[AMY].get("/api/workflow/definitions"), 403, "NotAuthorized")
    refused(portal[AMY].get(f"/api/workflow/definitions/{made['Key']}"), 403, "NotAuthorized")


def test_a_plain_form_does_as_well(portal: Portal):
    form = {"Name": "mine", "Description": "d", "ObjectType": "apicontract", "Content": GOOD}
    assert portal[SID].send("POST", "/api/workflow/definitions", data=form).json()["ObjectType"] == "apicontract"


def test_only_site_admins_upload(portal: Portal):
    refused(upload(portal, who=DORA), 403, "NotAuthorized", "Site Admin")


@pytest.mark.parametrize(
    ("xml", "words"),
    [
        ("<workflow", ("1:",)),
        (b"\xff\xfe", ("UTF-8",)),
        ("", ("mine",)),
        ("<steps/>", ("<workflow>",)),
        (GOOD.replace("@Create", "@Creat"), ("@Create", "did you mean")),
        (GOOD.replace('step="10"', 'step="nowhere"'), ("nowhere",)),
        ("<workflow><initial-actions/><steps/></workflow>", ("initial-actions",)),
        (
            '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
            '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">'
            '<!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;"><!ENTITY f "&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;">'
            "]><workflow>&f;&f;&f;&f;</workflow>",
            ("mine",),
        ),
        ('<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]><workflow>&x;</workflow>', ("mine",)),
    ],
)
def test_a_workflow_that_cannot_work_is_refused(portal: Portal, xml: str | bytes, words: tuple[str, ...]):
    before = portal.snapshot()
    told = refused(upload(portal, xml), 400, "InvalidInput", *words)
    assert "root:" not in told
    assert portal.snapshot() == before


@pytest.mark.parametrize("missing", ["Name", "Description", "ObjectType"])
def test_what_is_missing_is_told(portal: Portal, missing: str):
    refused(upload(portal, **{missing: ""}), 400, "InvalidInput", missing)


def test_what_is_not_emulated_is_told(portal: Portal):
    refused(upload(portal, ObjectType="ticket"), 400, "InvalidInput", "ticket", "appversion and apicontract")
    url = "/api/workflow/definitions"
    refused(
        portal[SID].send("POST", url, data={"Name": "n", "Description": "d", "ObjectType": "appversion"}),
        400,
        "InvalidInput",
        "one file",
    )


def test_a_workflow_is_chosen_by_key_or_name_and_taken_back(portal: Portal):
    key = upload(portal).json()["Key"]
    sid = portal[SID]
    for chosen in (key, "mine"):
        sid.do("PUT", f"{ROOT}/appsettings", {"AppVersionWorkflowDefKey": chosen})
        assert sid.read(f"{ROOT}/appsettings") == {"AppVersionWorkflowDefKey": key}
    assert portal.step(portal.new_app()) == "Step 10"
    assert (
        next(each for each in portal.world.documents("akana.workflow_definitions") if each["key"] == key)["references"]
        == 1
    )
    sid.do("PUT", f"{ROOT}/appsettings", {"AppVersionWorkflowDefKey": None})
    assert portal.step(portal.new_app("Other")) is None
    refused(
        portal[DORA].send("PUT", f"{ROOT}/appsettings", json={"AppVersionWorkflowDefKey": None}), 403, "NotAuthorized"
    )


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("appsettings", {"AppVersionWorkflowDefKey": "mien"}, ("mien", "Did you mean 'mine'?")),
        ("appsettings", {"AppVersionWorkflowDefKey": "contract"}, ("apicontract", "appversion")),
        ("appsettings", {}, ("AppVersionWorkflowDefKey",)),
        ("connectionsettings", {"WorkflowSetting": [{"WorkflowDefinitionKey": "mine"}]}, ("Environment",)),
    ],
)
def test_a_choice_that_cannot_be_is_refused(portal: Portal, path: str, body: dict[str, Any], words: tuple[str, ...]):
    upload(portal)
    before = portal.snapshot()
    answer = portal[SID].send("PUT", f"{ROOT}/{path}", json=body)
    assert answer.status_code in (400, 403)
    for word in words:
        assert word in answer.json()["faultstring"]
    assert portal.snapshot() == before


def test_workflows_for_connections_are_chosen_for_each_environment(portal: Portal):
    sid = portal[SID]
    chosen = [{"WorkflowDefinitionKey": "contract", "Environment": "Sandbox"}]
    sid.do("PUT", f"{ROOT}/connectionsettings", {"WorkflowSetting": chosen})
    first, second = sid.read(f"{ROOT}/connectionsettings")["WorkflowSetting"]
    assert first["WorkflowDefinitionKey"] is not None
    assert second["WorkflowDefinitionKey"] is None
    version = portal.new_app()
    sandbox, production = portal.connect(version), portal.connect(version, environment="Production")
    governed = {each["id"] for each in portal.world.documents("akana.workflow_instances")}
    assert sandbox in governed
    assert production not in governed


def test_a_business_chooses_for_itself_and_else_follows_the_one_above(portal: Portal):
    businesses = {each["name"]: each["id"] for each in portal.world.documents("akana.businesses")}
    portal.govern("promotion")
    portal[DORA].do(
        "PUT", f"/api/businesses/{businesses['Harbor']}/appsettings", {"AppVersionWorkflowDefKey": "deletion"}
    )
    mine = portal.new_app()
    theirs = portal.new_app("Orchardist", by="cara")
    assert "delete.approve" in (FILES / "deletion.xml").read_text()
    definitions = {each["key"]: each["name"] for each in portal.world.documents("akana.workflow_definitions")}
    chosen = {
        each["id"]: definitions[each["definition"]] for each in portal.world.documents("akana.workflow_instances")
    }
    assert (chosen[mine], chosen[theirs]) == ("deletion", "promotion")
    assert portal[AMY].read(f"/api/businesses/{businesses['Harbor']}")["Name"] == "Harbor"
    refused(
        portal[DORA].send(
            "PUT", f"/api/businesses/{businesses['Orchard']}/appsettings", json={"AppVersionWorkflowDefKey": None}
        ),
        403,
        "NotAuthorized",
    )


def test_who_may_start_is_the_initial_actions_to_say(portal: Portal):
    from tests.akana.test_edits import role

    initial = action(1, "@Create", role("BusinessAdmin"), '<unconditional-result old-status="" status="S" step="10"/>')
    portal.upload(workflow(step(10, action(11)), initial=initial))
    portal.govern("own")
    before = portal.snapshot()
    body = {"Name": "Teller", "ApplicationVersion": {"Name": "1"}}
    told = refused(portal[AMY].send("POST", "/api/apps", json=body), 403, "ActionNotAvailable", "@Create")
    assert "role=BusinessAdmin" in told
    assert portal.snapshot() == before
    assert portal[DORA].send("POST", "/api/apps", json=body).status_code == 200
