"""Contracts: by the built-in rules, under an app version's workflow, and under a workflow of their own."""

from __future__ import annotations

import httpx2
import pytest

from tests.akana.portal import AMY, BEN, CARA, DORA, EVE, Portal, items, refused
from tests.akana.test_edits import governed, ran, role
from tests.akana.workflow.written import action, call, step, workflow


def act(portal: Portal, who: str, contract: str, name: str) -> httpx2.Response:
    body = {"ActionName": f"apicontract.action.{name}", "Comments": "so"}
    return portal[who].send("POST", f"/api/contracts/{contract}/actions", json=body)


def ask(portal: Portal, who: str, version: str, api: str = "Payments", environment: str = "Sandbox") -> httpx2.Response:
    body = {"APIVersionID": portal.api_version(api), "RuntimeID": version, "Environment": environment}
    return portal[who].send("POST", "/api/contracts", json=body)


# Built-in rules


def test_a_contract_is_asked_for_and_approved(portal: Portal):
    version = portal.new_app()
    contract = portal.connect(version)
    shown = portal[AMY].read(f"/api/contracts/{contract}")
    assert (shown["RuntimeID"], shown["Environment"]) == (version, "Sandbox")
    assert (shown["State"], shown["Status"]) == ("apicontract.status.pending_approval", "Not Yet Active")
    assert act(portal, CARA, contract, "approve").text == contract
    shown = portal[AMY].read(f"/api/contracts/{contract}")
    assert (shown["State"], shown["Status"]) == ("apicontract.status.activated", "Active")
    assert shown["UpdatedInMillis"] == 1767225600000
    assert portal[CARA].read(f"/api/contracts/{contract}/appdetails")["Name"] == "Teller"
    assert portal[AMY].read(f"/api/contracts/{contract}/apidetails")["Name"] == "Payments"


@pytest.mark.parametrize(
    ("environment", "live", "auto", "approved"),
    [
        ("Sandbox", False, "activated", "activated"),
        ("Production", False, "approved", "approved"),
        ("Production", True, "activated", "activated"),
    ],
)
def test_where_approval_leads(portal: Portal, environment: str, live: bool, auto: str, approved: str):
    version = portal.new_app()
    if live:
        portal.act("switch_to_production", app_version=version)
    assert portal.state(portal.connect(version, "Rates", environment)) == auto
    contract = portal.connect(version, "Payments", environment)
    assert portal.state(contract) == "pending_approval"
    assert act(portal, CARA, contract, "approve").status_code == 200
    assert portal.state(contract) == approved


PATHS = [
    ([("approve", CARA), ("suspend", CARA), ("resume", CARA), ("cancel", AMY)], "cancelled"),
    ([("reject", CARA), ("resubmit", AMY), ("approve", CARA)], "activated"),
    ([("reject", CARA), ("resubmit", AMY), ("reject", CARA), ("cancel", CARA)], "cancelled"),
    ([("cancel", CARA)], "cancelled"),
]


@pytest.mark.parametrize(("path", "end"), PATHS)
def test_the_ways_of_a_contract(portal: Portal, path: list[tuple[str, str]], end: str):
    contract = portal.connect(portal.new_app())
    for name, who in path:
        assert act(portal, who, contract, name).status_code == 200, name
    assert portal.state(contract) == end


@pytest.mark.parametrize(
    ("who", "name", "status", "code", "words"),
    [
        (AMY, "approve", 403, "NotAuthorized", "who looks after the API"),
        (CARA, "activate", 400, "InvalidAction", "does not lead on from apicontract.status.pending_approval"),
        (CARA, "aprove", 400, "InvalidAction", "Did you mean 'apicontract.action.approve'?"),
        (EVE, "cancel", 403, "NotAuthorized", "neither side"),
    ],
)
def test_a_wrong_action_changes_nothing(portal: Portal, who: str, name: str, status: int, code: str, words: str):
    contract = portal.connect(portal.new_app())
    before = portal.snapshot()
    refused(act(portal, who, contract, name), status, code, words)
    assert portal.snapshot() == before


def test_the_actions_of_a_contract_are_listed_for_who_may_do_them(portal: Portal):
    contract = portal.connect(portal.new_app())

    def names(who: str) -> list[str]:
        listed = portal[who].read(f"/api/workflow/objects/{contract}/actions")["Action"]
        return [each["ActionName"].rpartition(".")[2] for each in listed]

    assert names(CARA) == ["approve", "reject", "cancel"]
    assert names(AMY) == ["cancel"]
    assert names(DORA) == ["approve", "reject", "cancel"]


def test_who_asks_must_be_on_the_team_and_see_the_api(portal: Portal):
    version = portal.new_app()
    refused(ask(portal, EVE, version), 403, "NotAuthorized")
    refused(ask(portal, AMY, version, "Vault"), 404, "NotFound")
    refused(ask(portal, AMY, "nothing"), 404, "NotFound")
    body = {"APIVersionID": "x", "RuntimeID": version, "Environment": "Live"}
    refused(portal[AMY].send("POST", "/api/contracts", json=body), 400, "InvalidInput", "Sandbox", "Live")


def test_a_second_request_revises_and_a_third_is_too_many(portal: Portal):
    version = portal.new_app()
    first = portal.connect(version)
    act(portal, CARA, first, "approve")
    second = portal.connect(version)
    assert (portal.state(first), portal.state(second)) == ("activated", "pending_approval")
    refused(ask(portal, AMY, version), 400, "Conflict", second)
    act(portal, CARA, second, "approve")
    assert (portal.state(first), portal.state(second)) == ("cancelled", "activated")
    assert ask(portal, AMY, version).status_code == 200


def test_contracts_are_listed_by_environment_and_state(portal: Portal):
    version = portal.new_app()
    url = f"/api/apps/versions/{version}/contracts"
    assert items(portal[AMY].read(url)) == []
    portal.connect(version, "Rates")
    portal.connect(version, "Payments", "Production")
    assert len(items(portal[AMY].read(url))) == 2
    (item,) = items(portal[AMY].read(url, params={"Environment": "production"}))
    assert item["category"][1]["value"] == "apicontract.status.pending_approval"
    assert item["EntityReferences"]["EntityReference"][0]["Guid"] == version
    (active,) = items(portal[AMY].read(url, params={"ActivatedOnly": ""}))
    assert active["description"] == "Sandbox"
    vendor = {"accept": "application/vnd.soa.v81+json"}
    assert [each["Environment"] for each in portal[AMY].read(url, headers=vendor)["Contract"]] == [
        "Sandbox",
        "Production",
    ]
    assert portal[AMY].read(url, headers=vendor, params={"start": "5"}) == {}
    refused(portal[AMY].get(url, params={"Environment": "live"}), 400, "InvalidInput", "Production")


def test_a_scope_can_be_changed_until_the_contract_is_over(portal: Portal):
    contract = portal.connect(portal.new_app())
    assert portal[AMY].do("PUT", f"/api/contracts/{contract}", {"Scope": ["read"]}).json()["Scope"] == ["read"]
    act(portal, AMY, contract, "cancel")
    refused(portal[AMY].send("PUT", f"/api/contracts/{contract}", json={"Scope": []}), 400, "InvalidAction")


def test_deleting_either_end_ends_the_contract(portal: Portal):
    version = portal.new_app()
    one, other = portal.connect(version), portal.connect(version, "Rates")
    portal.act("delete_api_version", api_version="Payments")
    assert portal.state(one) == "api.deleted"
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert portal.state(other) == "app.deleted"
    assert portal.state(one) == "api.deleted"


def test_going_live_cancels_the_sandbox_and_activates_production(portal: Portal):
    version = portal.new_app()
    sandbox, production = portal.connect(version, "Rates"), portal.connect(version, "Rates", "Production")
    assert portal.state(production) == "approved"
    portal.act("switch_to_production", app_version=version)
    assert (portal.state(sandbox), portal.state(production)) == ("cancelled", "activated")
    assert portal[AMY].read(f"/api/apps/versions/{version}")["CurrentEnvironment"] == "Production"


# Under an app version's workflow


@pytest.mark.parametrize(
    ("names", "environments"),
    [
        ((), []),
        (("reserved-connect-to-api",), ["Sandbox", "Production"]),
        (("reserved-connect-to-api.Sandbox",), ["Sandbox"]),
        (("reserved-connect-to-api.Production",), ["Production"]),
    ],
)
def test_where_one_may_connect_is_the_workflows_to_say(portal: Portal, names: tuple[str, ...], environments: list[str]):
    version = governed(portal, *(action(11 + n, name) for n, name in enumerate(names)), action(20, "other"))
    url = f"/api/apps/versions/{version}/contracts/environments"
    assert portal[AMY].read(url) == {"Environment": environments}
    for environment in ("Sandbox", "Production"):
        answer = ask(portal, AMY, version, environment=environment)
        assert answer.status_code == (200 if environment in environments else 400), answer.text
    assert portal[AMY].read(f"/api/apps/versions/{portal.new_app('Plain')}/contracts/environments") == {
        "Environment": environments
    }


def test_a_refused_connection_says_which_condition_failed(portal: Portal):
    version = portal.new_app(workflow="promotion")
    before = portal.snapshot()
    told = refused(ask(portal, DORA, version), 403, "ActionNotAvailable", "reserved-connect-to-api.Sandbox")
    assert "authorizeByAtmosphereRole(role=AppAdmin) is false" in told
    assert portal.snapshot() == before


def test_from_setup_to_approved_and_live(portal: Portal):
    version = portal.new_app(workflow="promotion")
    refused(ask(portal, AMY, version, environment="Production"), 400, "InvalidAction")
    sandbox = portal.connect(version)
    assert portal.step(version) == "Sandbox"
    act(portal, CARA, sandbox, "approve")
    portal.act("perform_action", app_version=version, action="promote", by="amy")
    assert portal.step(version) == "Review"
    assert portal.states(version, "Production") == ["pending_approval"]
    production = portal.world.documents("akana.contracts")[-1]["id"]
    told = refused(act(portal, CARA, production, "approve"), 403, "ActionNotAvailable", "role=BusinessAdmin")
    assert "allAPIContracts" not in told
    assert portal.states(version, "Production") == ["pending_approval"]
    permissions = portal[DORA].read(f"/api/apps/versions/{version}/permissions")["Permission"]
    found = {each["Name"]: each for each in permissions}["approve connections in Production"]
    assert (found["Allowed"], found["DecidedBy"]) == (True, "reserved-approve-api-connection.Production")
    assert act(portal, DORA, production, "approve").status_code == 200
    assert (portal.step(version), portal.states(version, "Production")) == ("Approved", ["approved"])
    portal.act("perform_action", app_version=version, action="go live", by="amy")
    assert portal.states(version, "Production") == ["activated"]
    assert portal.states(version, "Sandbox") == []


def test_each_connection_that_waits_keeps_the_others_from_being_approved(portal: Portal):
    portal.act("create_api", name="Notes", admins=["cara"])
    version = portal.new_app(workflow="promotion")
    portal.connect(version)
    portal.connect(version, "Notes")
    portal.act("perform_action", app_version=version, action="promote", by="amy")
    first, second = (each["id"] for each in portal.world.documents("akana.contracts")[-2:])
    condition = "allAPIContractsInEnvironmentApproved(Environment=Production) is false"
    refused(act(portal, DORA, first, "approve"), 403, "ActionNotAvailable", condition)
    act(portal, CARA, second, "reject")
    refused(act(portal, DORA, first, "approve"), 403, "ActionNotAvailable", condition)
    act(portal, CARA, second, "cancel")
    told = "existAPIContractsForAllAPIsInEnvironments(EnvFrom=Sandbox, EnvTo=Production) is false"
    refused(act(portal, DORA, first, "approve"), 403, "ActionNotAvailable", told)


@pytest.mark.parametrize("connections", [1, 2])
def test_a_connection_that_is_being_cancelled_still_counts(portal: Portal, connections: int):
    version = portal.new_app(workflow="promotion")
    contracts = [portal.connect(version, api) for api in ("Payments", "Rates")[:connections]]
    assert act(portal, AMY, contracts[0], "cancel").status_code == 200
    assert portal.state(contracts[0]) == "cancelled"
    assert portal.step(version) == "Setup"


def test_approving_where_the_workflow_has_it_elsewhere_is_refused(portal: Portal):
    elsewhere = step(20, action(21, "reserved-approve-api-connection.Sandbox"))
    version = governed(portal, action(11, "reserved-connect-to-api"), more=elsewhere)
    contract = portal.connect(version)
    refused(act(portal, CARA, contract, "approve"), 400, "InvalidAction", "reserved-approve-api-connection")
    assert portal.state(contract) == "pending_approval"
    assert act(portal, CARA, contract, "cancel").status_code == 200


def test_the_general_name_suffices_for_cancelling(portal: Portal):
    version = governed(
        portal, action(11, "reserved-connect-to-api"), action(12, "reserved-cancel-api-connection", role("AppAdmin"))
    )
    contract = portal.connect(version)
    refused(act(portal, CARA, contract, "cancel"), 403, "ActionNotAvailable", "role=AppAdmin")
    assert act(portal, AMY, contract, "cancel").status_code == 200


def test_a_cancellation_may_cancel_everything(portal: Portal):
    everything = function("cancelAllAPIContractsInEnvironment", Environment="Sandbox")
    portal.govern("contract", "Sandbox contracts")
    version = governed(
        portal, action(11, "reserved-connect-to-api"), action(12, "reserved-cancel-api-connection", everything)
    )
    first, second = portal.connect(version), portal.connect(version, "Rates")
    assert act(portal, AMY, first, "cancel").status_code == 200
    assert (portal.state(first), portal.state(second)) == ("cancelled", "cancelled")


def test_a_workflow_that_deletes_what_it_connects_is_told(portal: Portal):
    version = governed(portal, action(11, "reserved-connect-to-api", function("deleteAppVersion")))
    before = portal.snapshot()
    refused(ask(portal, AMY, version), 403, "NotAuthorized", "deletes the app version")
    assert portal.snapshot() == before


def function(name: str, **args: str) -> str:
    return f"<pre-functions>{call('function', name, **args)}</pre-functions>"


def test_cloning_skips_what_is_there_and_activating_leaves_what_was_turned_down(portal: Portal):
    version = governed(
        portal,
        action(11, "reserved-connect-to-api"),
        action(12, "clone", function("cloneAllAPIContracts", EnvFrom="Sandbox", EnvTo="Production")),
        action(13, "activate", function("activateAllAPIContractsInEnvironment", Environment="Production")),
        action(14, "cancel", function("cancelAllAPIContractsInEnvironment", Environment="Production")),
    )

    def do(name: str) -> list[str]:
        portal.act("perform_action", app_version=version, action=name, by="amy")
        return portal.states(version, "Production")

    portal.connect(version)
    portal.connect(version, "Rates")
    assert do("clone") == ["pending_approval", "approved"]
    assert do("clone") == ["pending_approval", "approved"]
    first = portal.world.documents("akana.contracts")[-2]["id"]
    act(portal, CARA, first, "reject")
    assert do("activate") == ["rejected", "activated"]
    act(portal, AMY, first, "resubmit")
    assert do("activate") == ["activated", "activated"]
    act(portal, CARA, first, "suspend")
    assert do("activate") == ["suspended", "activated"]
    assert do("cancel") == []
    assert do("clone") == ["pending_approval", "approved"]


CONDITIONS = [
    ("atleastOneValidAPIContractInEnvironment", {"Environment": "Sandbox"}, [False, True, True, False]),
    ("allAPIContractsInEnvironmentApproved", {"Environment": "Sandbox"}, [True, False, True, True]),
    (
        "existAPIContractsForAllAPIsInEnvironments",
        {"EnvFrom": "Sandbox", "EnvTo": "Production"},
        [True, False, False, True],
    ),
    (
        "existAPIContractsForAllAPIsInEnvironments",
        {"EnvFrom": "Production", "EnvTo": "Sandbox"},
        [True, True, True, True],
    ),
]


@pytest.mark.parametrize(("name", "arguments", "answers"), CONDITIONS)
def test_conditions_about_contracts(portal: Portal, name: str, arguments: dict[str, str], answers: list[bool]):
    """With no contract, one that waits, one that is approved, one that is cancelled."""
    asked = f"<restrict-to><conditions type='AND'>{call('condition', name, **arguments)}</conditions></restrict-to>"
    version = governed(portal, action(11, "reserved-connect-to-api"), action(12, "asked", asked))

    def holds() -> bool:
        listed = portal[AMY].read(f"/api/workflow/objects/{version}/actions")["Action"]
        return [each["ActionName"] for each in listed] == ["asked"]

    found = [holds()]
    contract = portal.connect(version)
    found.append(holds())
    act(portal, CARA, contract, "approve")
    found.append(holds())
    act(portal, CARA, contract, "cancel")
    found.append(holds())
    assert found == answers


@pytest.mark.parametrize(("who", "leads"), [(BEN, True), (AMY, False), (DORA, False)])
def test_the_condition_about_leaders(portal: Portal, who: str, leads: bool):
    asked = call("condition", "isAppTeamMemberUserLeaderOfAnyOtherGroup")
    version = governed(
        portal, action(11, "asked", f"<restrict-to><conditions type='AND'>{asked}</conditions></restrict-to>")
    )
    portal.act("add_team_member", app="Teller", user="ben", leader=True)
    answer = portal.world.try_act("akana.perform_action", app_version=version, action="asked", by=who)
    assert (answer.status_code == 200) is leads


def test_variables_are_what_the_page_says(portal: Portal):
    names = (
        *("app.dn", "app.team.group.dn", "app.version.dn", "app.version.name", "business.dn", "caller"),
        *("connected.apis.admin.groups", "connected.apiversion.ids", "connected.apis.id", "connected.apis.ids"),
        "action.comment",
    )
    told = function("log", message="|".join(f"${{{name}}}" for name in names))
    version = governed(portal, action(11, "reserved-connect-to-api"), action(12, "tell", told))
    portal.connect(version)
    portal.connect(version, "Rates")
    portal.act("perform_action", app_version=version, action="tell", by="amy", comment="hm")
    (line,) = ran(portal, version)
    app, team, id, name, business, caller, groups, versions, apis, same, comment = line.split("|")
    stored = portal[AMY].read(f"/api/apps/{app}")
    assert (team, business) == (stored["AdminGroupID"], stored["BusinessID"])
    assert (id, name, caller, comment) == (version, "1.0", "amy", "hm")
    documents = portal.world.documents("akana.apis")[:2]
    assert apis == same == ",".join(each["id"] for each in documents)
    assert groups == ",".join(each["admins"] for each in documents)
    assert versions == ",".join((portal.api_version("Payments"), portal.api_version("Rates")))


# Under a workflow of their own


@pytest.fixture
def routed(portal: Portal) -> str:
    """An ungoverned app version whose contracts in both environments have a workflow."""
    portal.govern("contract", "Sandbox contracts")
    portal.govern("contract", "Production contracts")
    return portal.new_app()


def test_a_contract_workflow_routes_by_itself(portal: Portal, routed: str):
    auto, waiting = portal.connect(routed, "Rates"), portal.connect(routed)
    assert (portal.state(auto), portal.state(waiting)) == ("activated", "pending_approval")
    assert portal.act("view_workflow", contract=auto)["step"] == "Active"
    assert portal[AMY].read(f"/api/contracts/{auto}")["Status"] == "Active"
    told = refused(act(portal, AMY, waiting, "approve"), 403, "ActionNotAvailable", "role=ApiAdmin")
    assert "apicontract.action.approve" in told
    refused(act(portal, CARA, waiting, "suspend"), 400, "InvalidAction", "Pending Approval")
    assert act(portal, CARA, waiting, "approve").status_code == 200
    assert portal[AMY].read(f"/api/contracts/{waiting}")["Status"] == "Active"


def test_functions_for_all_contracts_use_the_contracts_own_workflow(portal: Portal):
    portal.govern("contract", "Sandbox contracts")
    version = governed(
        portal,
        action(11, "reserved-connect-to-api"),
        action(12, "activate", function("activateAllAPIContractsInEnvironment", Environment="Sandbox")),
        action(13, "cancel", function("cancelAllAPIContractsInEnvironment", Environment="Sandbox")),
    )
    contract, other = portal.connect(version), portal.connect(version, "Rates")
    portal.act("perform_action", app_version=version, action="activate", by="amy")
    assert portal.act("view_workflow", contract=contract)["step"] == "Active"
    assert portal.states(version, "Sandbox") == ["activated", "activated"]
    portal.act("perform_action", app_version=version, action="cancel", by="amy")
    # The step Active knows no way to cancel: it is cancelled all the same.
    assert (portal.state(contract), portal.state(other)) == ("cancelled", "cancelled")


def test_a_contract_hears_of_the_deletion_of_its_app_version(portal: Portal, routed: str):
    contract = portal.connect(routed, "Rates")
    portal[AMY].do("DELETE", f"/api/apps/versions/{routed}")
    assert portal.state(contract) == "app.deleted"
    assert portal[CARA].read(f"/api/contracts/{contract}")["Status"] == "Archived"
    assert portal.act("view_workflow", contract=contract)["history"][-1]["action"] == "@AppDeleted"


def test_changing_a_governed_contract_runs_modify(portal: Portal, routed: str):
    contract, waiting = portal.connect(routed, "Rates"), portal.connect(routed)
    portal[AMY].do("PUT", f"/api/contracts/{contract}", {"Scope": ["read"]})
    assert portal.act("view_workflow", contract=contract)["history"][-1]["action"] == "@modify"
    refused(portal[AMY].send("PUT", f"/api/contracts/{waiting}", json={"Scope": []}), 400, "InvalidAction", "@modify")


def test_conditions_about_the_contract(portal: Portal):
    asked = {
        "isAtmosphereSandboxApiContract": True,
        "isAtmosphereProductionApiContract": False,
        "isAtmosphereSandboxAutoApprove": True,
        "isAtmosphereProductionAutoApprove": True,
        "isAPIContractFromSandboxApp": True,
        "isAPIContractFromProductionApp": False,
        "isAPIContractScopeNotEmpty": False,
        "isRemoteFedMemberApp": False,
        "apiContractUsesRestrictedScope": False,
        "apiVersionSupportsResourceLevelPermissions": False,
    }
    actions = [
        action(
            100 + n, name, f"<restrict-to><conditions type='AND'>{call('condition', name)}</conditions></restrict-to>"
        )
        for n, name in enumerate(asked)
    ]
    told = function("log", message="${contract.dn}|${contract.oldstate}|${contract.api.version.dn}|${contract.app.dn}")
    portal.upload(workflow(step(10, *actions, action(90, "tell", told))), "contracts", "apicontract")
    portal.govern("contracts", "Sandbox contracts")
    contract = portal.connect(portal.new_app(), "Rates")
    listed = portal[AMY].read(f"/api/workflow/objects/{contract}/actions")["Action"]
    assert {each["ActionName"] for each in listed} == {name for name, holds in asked.items() if holds} | {"tell"}
    portal.act("act_on_contract", contract=contract, action="tell", by="amy")
    (line,) = portal.act("view_workflow", contract=contract)["log"]
    assert line.startswith(f"{contract}||{portal.api_version('Rates')}|")
