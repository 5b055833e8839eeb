"""Who may edit what under a workflow, and what runs when somebody does."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.akana.portal import AMY, BEN, CARA, DORA, SID, Portal, refused
from tests.akana.test_apps import save
from tests.akana.workflow.written import action, call, goes, restrict, step, workflow


def role(name: str) -> str:
    """A restriction to a role."""
    return restrict("AND", call("condition", "authorizeByAtmosphereRole", role=name))


def note(id: int, name: str, role_name: str | None = None, to: int = -1) -> str:
    """An action that writes its own name into the workflow log."""
    told = f"<pre-functions>{call('function', 'log', message=name)}</pre-functions>"
    return action(id, name, (role(role_name) if role_name else "") + told, goes(to))


def governed(portal: Portal, *actions: str, more: str = "") -> str:
    portal.upload(workflow(step(10, *actions), *([more] if more else [])))
    return portal.new_app(workflow="own")


def ran(portal: Portal, version: str) -> list[str]:
    log: list[str] = portal.act("view_workflow", app_version=version)["log"]
    return log


def edit(portal: Portal, who: str, version: str, what: str) -> httpx2.Response:
    url = f"/api/apps/versions/{version}"
    match what:
        case "edit app":
            return portal[who].send("PUT", url, json={"Description": who})
        case "save certificate":
            return save(portal, who, version)
        case "remove certificate":
            return portal[who].send("DELETE", f"{url}/keyinfo")
        case "regenerate secret":
            return portal[who].send("PUT", f"{url}/secret")
        case "add version":
            app = portal[SID].read(url)["AppID"]
            return portal[who].send("POST", f"/api/apps/{app}/versions", json={"Name": f"by {who}"})
        case "edit public profile":
            return portal[who].send("PUT", f"{url}/publicprofile", json={"Title": who})
    return portal[who].send("PUT", f"{url}/oauthprofile", json={"RedirectURIs": ["https://a.test"]})


GRANULAR = {
    "edit app": "@EditApp",
    "save certificate": "@ModifyCert",
    "regenerate secret": "@RegenerateSecret",
    "add version": "@AddVersion",
    "edit public profile": "@EditPublicProfile",
    "edit OAuth details": "@EditOAuthDetails",
}


@pytest.mark.parametrize("what", GRANULAR)
def test_without_modify_each_edit_has_its_own_action(portal: Portal, what: str):
    version = governed(portal, action(11, GRANULAR[what], role("BusinessAdmin")))
    assert edit(portal, DORA, version, what).status_code == 200
    before = portal.snapshot()
    told = refused(edit(portal, AMY, version, what), 403, "ActionNotAvailable", GRANULAR[what])
    assert "authorizeByAtmosphereRole(role=BusinessAdmin) is false" in told
    for other in GRANULAR:
        if other != what:
            refused(edit(portal, DORA, version, other), 403, "ActionNotAvailable", GRANULAR[other], "no action of")
    assert portal.snapshot() == before


@pytest.mark.parametrize("what", GRANULAR)
def test_modify_anywhere_in_the_definition_decides_alone(portal: Portal, what: str):
    elsewhere = step(20, action(21, "@Modify"))
    version = governed(portal, action(11, GRANULAR[what]), action(12, "go", results=goes(20)), more=elsewhere)
    refused(edit(portal, AMY, version, what), 403, "ActionNotAvailable", "@Modify")
    portal.act("perform_action", app_version=version, action="go", by="amy")
    assert edit(portal, AMY, version, what).status_code == 200


def test_a_workflow_may_let_those_edit_who_could_not_otherwise(portal: Portal):
    connect = action(12, "reserved-connect-to-api")
    version = governed(portal, action(11, "@EditApp", role("ApiAdmin")), connect)
    refused(edit(portal, CARA, version, "edit app"), 403, "NotAuthorized", "may not see")
    portal.connect(version)
    assert edit(portal, CARA, version, "edit app").status_code == 200
    refused(edit(portal, SID, version, "edit app"), 403, "ActionNotAvailable")


def test_uploading_a_certificate_may_be_allowed_by_itself(portal: Portal):
    version = governed(portal, action(11, "reserved-allow-cert-upload", role("AppAdmin")))
    assert edit(portal, AMY, version, "save certificate").status_code == 200
    refused(edit(portal, AMY, version, "remove certificate"), 403, "ActionNotAvailable", "@RemoveCert")


@pytest.mark.parametrize(
    ("what", "events"),
    [
        ("save certificate", ["@KeyInfoSaved"]),
        ("remove certificate", ["@RemoveCert", "@KeyInfoRemoved"]),
        ("regenerate secret", ["@RegeneratedSecret"]),
        ("edit OAuth details", ["@EditOAuthDetails"]),
        ("edit app", []),
        ("add version", []),
        ("edit public profile", []),
    ],
)
def test_each_event_runs_once_after_what_happened(portal: Portal, what: str, events: list[str]):
    names = ("@KeyInfoSaved", "@KeyInfoRemoved", "@RegeneratedSecret", "@EditOAuthDetails", "@RemoveCert")
    version = governed(portal, note(11, "@Modify"), *(note(20 + n, name) for n, name in enumerate(names)))
    if what == "remove certificate":
        save(portal, AMY, version)
    before = ran(portal, version)
    assert edit(portal, AMY, version, what).status_code == 200
    assert ran(portal, version) == [*before, *events]


def test_an_event_that_is_not_available_is_skipped(portal: Portal):
    version = governed(portal, action(11, "@Modify"), note(12, "@KeyInfoSaved", "BusinessAdmin"))
    assert edit(portal, AMY, version, "save certificate").status_code == 200
    assert ran(portal, version) == []
    assert edit(portal, DORA, version, "save certificate").status_code == 200
    assert ran(portal, version) == ["@KeyInfoSaved"]


def test_an_event_sees_what_happened_and_may_undo_it_by_failing(portal: Portal):
    fails = action(12, "@KeyInfoSaved", f"<pre-functions>{call('function', 'nonsense')}</pre-functions>")
    version = governed(portal, action(11, "@Modify"), fails)
    before = portal.snapshot()
    refused(edit(portal, AMY, version, "save certificate"), 400, "WorkflowFailed", "nonsense")
    assert portal.snapshot() == before


def test_events_can_be_done_by_name(portal: Portal):
    version = governed(portal, note(11, "@RegeneratedSecret"))
    body = {"ActionName": "@RegeneratedSecret", "Comments": "why not"}
    portal[AMY].do("POST", f"/api/apps/versions/{version}/action", body)
    assert ran(portal, version) == ["@RegeneratedSecret"]


def test_reserved_action_modify_grants_every_edit_and_runs_with_it(portal: Portal):
    elsewhere = step(20, action(21, "@Modify"))
    version = governed(portal, note(11, "reserved-action-modify", "AppAdmin"), more=elsewhere)
    for runs, what in enumerate((*GRANULAR, "remove certificate"), 1):
        assert edit(portal, AMY, version, what).status_code == 200, what
        assert ran(portal, version) == ["reserved-action-modify"] * runs, what
    refused(edit(portal, DORA, version, "edit app"), 403, "ActionNotAvailable", "reserved-action-modify", "AppAdmin")


def test_reserved_action_modify_runs_before_the_event(portal: Portal):
    version = governed(portal, note(11, "@RegeneratedSecret"), note(12, "reserved-action-modify"))
    assert edit(portal, AMY, version, "regenerate secret").status_code == 200
    assert ran(portal, version) == ["reserved-action-modify", "@RegeneratedSecret"]


@pytest.mark.parametrize("allowed", [True, False])
def test_the_authorization_section_opens_to_developers_by_its_action(portal: Portal, allowed: bool):
    extra = [action(12, "reserved-allow-oauth-auz-details-update", role("Admin"))] if allowed else []
    version = governed(portal, action(11, "@Modify"), *extra)
    body = {"Authorization": {"GrantTypes": ["client_credentials"]}}
    answer = portal[AMY].send("PUT", f"/api/apps/versions/{version}/oauthprofile", json=body)
    assert answer.status_code == (200 if allowed else 403)
    if not allowed:
        refused(answer, 403, "ActionNotAvailable", "reserved-allow-oauth-auz-details-update")
    portal[DORA].do("PUT", f"/api/apps/versions/{version}/oauthprofile", {"Authorization": {"TokenLifetime": 60}})


def test_permissions_list_everything_with_what_decides(portal: Portal):
    version = governed(portal, action(11, "@EditApp", role("AppAdmin")), action(12, "@Delete", role("BusinessAdmin")))
    listed = portal[AMY].read(f"/api/apps/versions/{version}/permissions")
    found: dict[str, dict[str, Any]] = {each["Name"]: each for each in listed["Permission"]}
    assert [name for name, each in found.items() if each["Allowed"]] == [
        "edit app",
        "approve connections in Sandbox",
        "approve connections in Production",
        "cancel connections in Sandbox",
        "cancel connections in Production",
    ]
    assert found["edit app"]["DecidedBy"] == "@EditApp"
    assert found["delete"]["DecidedBy"] == "@Delete"
    assert "authorizeByAtmosphereRole(role=BusinessAdmin) is false" in found["delete"]["Reason"]
    assert "no action of the current step" in found["connect in Sandbox"]["Reason"]
    assert found["edit OAuth authorization"]["Allowed"] is False


def test_permissions_without_a_workflow_are_plain(portal: Portal):
    version = portal.new_app()
    mine = portal[AMY].read(f"/api/apps/versions/{version}/permissions")["Permission"]
    assert [each["Name"] for each in mine if not each["Allowed"]] == ["edit OAuth authorization"]
    assert {each["DecidedBy"] for each in mine} == {"plain permission", "the contract"}
    hers = portal.act("view_permissions", app_version=version, by="dora")
    assert all(each["Allowed"] for each in hers)


@pytest.mark.parametrize(
    ("admin_role", "who", "holds"),
    [
        ("senior", AMY, True),
        ("senior", DORA, True),
        ("senior", SID, True),
        ("senior", BEN, False),
        ("team", AMY, True),
        ("team", DORA, False),
        ("team", SID, False),
    ],
)
def test_who_holds_the_role_admin_is_a_setting(new_portal: Any, admin_role: str, who: str, holds: bool):
    portal = new_portal(admin_role=admin_role)
    version = governed(portal, action(11, "@Delete", role("Admin")))
    answer = portal.world.try_act("akana.perform_action", app_version=version, action="@Delete", by=who)
    assert (answer.status_code == 200) is holds, answer.text


@pytest.mark.parametrize(
    ("name", "holders"),
    [
        ("AppAdmin", {AMY}),
        ("ApiAdmin", {CARA}),
        ("BusinessAdmin", {DORA, SID}),
        ("SiteAdmin", {SID}),
        ("ApiInvitedUser", {AMY, BEN, CARA, DORA, SID}),
        ("Admin", {AMY, DORA, SID}),
    ],
)
def test_who_holds_each_role_for_an_app_version(portal: Portal, name: str, holders: set[str]):
    version = governed(portal, action(11, "@Delete", role(name)), action(12, "reserved-connect-to-api"))
    portal.connect(version)
    for who in (AMY, BEN, CARA, DORA, SID):
        answer = portal.world.try_act("akana.perform_action", app_version=version, action="@Delete", by=who)
        assert (answer.status_code == 200) is (who in holders), (who, answer.text)


def test_a_role_nobody_knows_is_told(portal: Portal):
    version = governed(portal, action(11, "@Delete", role("AppAdmn")))
    refused(portal[AMY].send("DELETE", f"/api/apps/versions/{version}"), 400, "InvalidInput", "AppAdmn", "AppAdmin")


def test_what_runs_after_an_edit_may_delete_the_version(portal: Portal):
    deletes = f"<pre-functions>{call('function', 'deleteAppVersion')}</pre-functions>"
    version = governed(portal, action(11, "reserved-action-modify", deletes))
    assert edit(portal, AMY, version, "edit app").json()["Description"] == AMY
    refused(portal[AMY].get(f"/api/apps/versions/{version}"), 404, "NotFound")
