"""The examples of the vendor's page on the app version workflow, run on the server: each does what the page says.

In the order of the page. Names and arguments of the pieces are the page's, ids and statuses are ours. What the page
says without an example is held where its subject is: `test_edits`, `test_connections`, `test_deletion`, `test_boards`
and `test_registration`.
"""

from __future__ import annotations

import httpx2
import pytest

from tests.akana.portal import AMY, BEN, CARA, DORA, EVE, Portal, items, refused
from tests.akana.provider import Provider
from tests.akana.test_apps import save
from tests.akana.test_edits import edit
from tests.akana.workflow.files import FRAGMENTS
from tests.akana.workflow.written import action, goes, step, workflow

CONNECT = action(90, "reserved-connect-to-api")


def piece(number: int) -> str:
    """The piece of that number on the page."""
    return next(path.read_text() for path in FRAGMENTS if path.name.startswith(f"{number:02}-"))


def of_an_action(id: int, name: str, number: int, to: int = -1, **attributes: str) -> str:
    """An action that holds the piece, in `pre-functions` where the page shows bare functions."""
    text = piece(number)
    inside = f"<pre-functions>{text}</pre-functions>" if text.startswith("<function") else text
    if inside.startswith("<post-functions>"):
        return action(id, name, results=goes(to), **attributes).replace("</results>", f"</results>{inside}")
    return action(id, name, inside, goes(to), **attributes)


def governed(portal: Portal, *actions: str, others: tuple[str, ...] = ()) -> str:
    """A version of Amy's in step 10 of a workflow with these actions."""
    portal.upload(workflow(step(10, *actions, name="Draft"), *others))
    return portal.new_app(workflow="own")


def run(portal: Portal, who: str, version: str, name: str = "run", comment: str = "") -> httpx2.Response:
    body = {"ActionName": name, "Comments": [comment]}
    return portal[who].send("POST", f"/api/apps/versions/{version}/action", json=body)


def act(portal: Portal, who: str, contract: str, verb: str) -> httpx2.Response:
    body = {"ActionName": f"apicontract.action.{verb}"}
    return portal[who].send("POST", f"/api/contracts/{contract}/actions", json=body)


def test_01_developers_may_change_the_authorization_section(portal: Portal):
    version = governed(portal, action(11, "@EditOAuthDetails"), piece(1))
    path, body = f"/api/apps/versions/{version}/oauthprofile", {"Authorization": {"Scopes": ["read"]}}
    portal.act("create_user", email="guest@harbor.test", password="offline", user_name="guest", business="Harbor")
    portal[AMY].do("PUT", path, body)
    assert portal[AMY].read(path)["Authorization"]["Scopes"] == ["read"]
    assert portal["guest"].send("PUT", path, json=body).status_code == 403
    without = governed(portal, action(11, "@EditOAuthDetails"))
    path = f"/api/apps/versions/{without}/oauthprofile"
    refused(portal[AMY].send("PUT", path, json=body), 403, "ActionNotAvailable", "reserved-allow-oauth-auz")


def test_02_reserved_action_modify_grants_edits_and_keeps_the_client_registered(
    registering: Portal, provider: Provider
):
    version = governed(registering, piece(2))
    for what in ("edit app", "regenerate secret"):
        assert edit(registering, AMY, version, what).status_code == 200
        registering.world.settle()
    assert provider.calls == [("POST", "/register"), ("PUT", "/register/c1")]
    portal = registering
    portal[AMY].do("PUT", f"/api/apps/versions/{version}", {"Visibility": "Public"})
    refused(edit(portal, EVE, version, "edit app"), 403, "ActionNotAvailable", "authorizeByAtmosphereRole(role=Admin)")


def test_03_cloning_connects_the_target_environment_with_the_same_api_versions(portal: Portal):
    version = governed(portal, CONNECT, of_an_action(11, "run", 3))
    for api in ("Payments", "Rates"):
        portal.connect(version, api)
    assert run(portal, AMY, version).status_code == 200
    found = portal.act("view_contracts", app_version=version)
    connected = [[each["api_version"] for each in found[environment]] for environment in ("Sandbox", "Production")]
    assert connected[0] == connected[1] == [portal.api_version(api) for api in ("Payments", "Rates")]


def test_04_production_is_activated_and_the_sandbox_cancelled(portal: Portal):
    clone = of_an_action(12, "clone", 3)
    version = governed(portal, CONNECT, clone, of_an_action(11, "run", 4))
    contracts = [portal.connect(version, api) for api in ("Payments", "Rates")]
    for name in ("clone", "run"):
        assert run(portal, AMY, version, name).status_code == 200
    assert portal.states(version, "Production") == ["activated", "activated"]
    assert portal.states(version, "Sandbox") == []
    assert [portal.state(each) for each in contracts] == ["cancelled", "cancelled"]


def test_05_the_same_for_the_app_team_alone(portal: Portal):
    version = governed(portal, CONNECT, of_an_action(11, "run", 5))
    portal.connect(version)
    before = portal.snapshot()
    refused(run(portal, DORA, version), 403, "ActionNotAvailable", "authorizeByAtmosphereRole(role=AppAdmin) is false")
    assert portal.snapshot() == before
    assert run(portal, AMY, version).status_code == 200
    assert portal.states(version, "Sandbox") == []


def test_06_three_notifications_reach_three_kinds_of_people_once_the_job_has_run(portal: Portal):
    version = governed(portal, CONNECT, of_an_action(11, "run", 6))
    portal.connect(version)
    assert run(portal, AMY, version).status_code == 200
    assert portal.act("list_mails") == []
    portal.advance("60s")
    for who, audience in ((AMY, "appteam"), (CARA, "apiadmin"), (DORA, "bizadmin")):
        (mail,) = portal.act("list_mails", user=who)
        assert mail["type"] == f"com.soa.notification.type.app.marked.for.deletion.{audience}"
        (shown,) = items(portal[who].read(f"/api/users/{portal[who].id}/notifications"))
        assert shown["title"] == "Teller 1.0 is to be deleted"
    assert len(portal.act("list_mails")) == 3


def test_07_a_version_is_deleted_after_everybody_was_told(portal: Portal):
    gone = step(40)
    version = governed(portal, CONNECT, of_an_action(11, "run", 7, to=40), others=(gone,))
    portal.connect(version)
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    assert run(portal, AMY, version, comment="Farewell").status_code == 200
    assert portal[DORA].get(f"/api/apps/versions/{version}").status_code == 404
    assert portal[DORA].get(f"/api/apps/{app}").status_code == 404
    portal.advance("60s")
    assert sorted(each["type"].rpartition(".")[2] for each in portal.act("list_mails")) == [
        "apiadmin",
        "appteam",
        "bizadmin",
    ]
    (item,) = items(portal[CARA].read(f"/api/apis/versions/{portal.api_version()}/board"))
    assert item["description"] == "amy let Teller 1.0 go. Farewell"


def test_08_and_09_both_spellings_put_one_item_on_the_same_boards_for_the_same_people(portal: Portal):
    version = governed(portal, CONNECT, of_an_action(11, "each", 8), of_an_action(12, "list", 9))
    portal.connect(version)
    for name in ("each", "list"):
        assert run(portal, AMY, version, name, f"by {name}").status_code == 200
    each, listed = portal.world.documents("akana.board_items")
    assert set(each["boards"]) == set(listed["boards"])
    assert set(each["viewers"]) == set(listed["viewers"])
    boards = len(each["boards"]), len(set(each["boards"]))
    assert boards == (6, 6), "the version, the app, its team, the API version, the API's admins, and the API"
    assert len(listed["boards"]) == 6, "the page names two of them twice"
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    for who, read in ((AMY, 2), (CARA, 2), (DORA, 2), (EVE, 0), (BEN, 0)):
        assert len(items(portal[who].read(f"/api/boards/{app}/board"))) == read, who
    titles = [item["title"] for item in items(portal[AMY].read(f"/api/apps/{app}/board"))]
    assert titles == ["Deletion requested", "Deletion approved"]
    assert items(portal[AMY].read(f"/api/apps/{app}/board"))[0]["description"].endswith("by list")


AT_EVENTS = [
    (10, "@EditOAuthDetails", "edit OAuth details"),
    (11, "@KeyInfoRemoved", "remove certificate"),
    (12, "@KeyInfoSaved", "save certificate"),
    (13, "@RegeneratedSecret", "regenerate secret"),
    (16, "reserved-action-modify", "edit app"),
]


@pytest.mark.parametrize(("number", "name", "what"), AT_EVENTS, ids=[name for _, name, _ in AT_EVENTS])
def test_10_to_13_and_16_the_client_is_registered_and_kept_current(
    registering: Portal, provider: Provider, number: int, name: str, what: str
):
    version = governed(registering, action(90, "@Modify"), of_an_action(11, name, number))
    for _ in range(2):
        if what == "remove certificate":
            # Of itself this concerns no client: with piece 11 there is no other event.
            assert save(registering, AMY, version).status_code == 200
        assert edit(registering, AMY, version, what).status_code == 200
        registering.world.settle()
    seen = [method for method, _ in provider.calls]
    assert seen == ["POST", "PUT"]


AT_DELETION = [
    (14, "com.soa.appversion.delete.approve"),
    (15, "com.soa.appversion.delete.auto"),
    (17, "com.soa.appversion.delete.approve"),
    (18, "com.soa.appversion.delete.auto"),
]


@pytest.mark.parametrize(("number", "name"), AT_DELETION)
def test_14_15_17_and_18_the_client_goes_with_the_version(
    registering: Portal, provider: Provider, number: int, name: str
):
    auto = {"auto": "TRUE"} if name.endswith("auto") else {}
    version = governed(
        registering,
        of_an_action(11, "register", 10),
        action(12, "leave", results=goes(20)),
        others=(
            step(20, of_an_action(21, name, number, to=30, **auto), name="Marked"),
            step(30, of_an_action(31, "and.delete", 7, to=40, auto="TRUE"), name="Told"),
            step(40),
        ),
    )
    for each in ("register", "leave") if auto else ("register", "leave", name):
        registering.world.settle()
        assert run(registering, AMY, version, each).status_code == 200
    registering.world.settle()
    assert registering[DORA].get(f"/api/apps/versions/{version}").status_code == 404
    assert provider.calls == [("POST", "/register"), ("DELETE", "/register/c1")]


def test_19_cancelling_in_the_sandbox_leads_back_while_a_valid_connection_exists(portal: Portal):
    """As the page has it: the connection that is being cancelled is one, so both cancellations lead back."""
    trying = step(20, piece(19), action(93, "reserved-connect-to-api.Sandbox", results=goes(20)), name="Trying")
    version = governed(portal, action(91, "reserved-connect-to-api.Sandbox", results=goes(20)), others=(trying,))
    for _ in range(2):
        contract = portal.connect(version)
        assert portal.step(version) == "Trying"
        assert act(portal, AMY, contract, "cancel").status_code == 200
        assert (portal.step(version), portal.state(contract)) == ("Draft", "cancelled")


@pytest.mark.parametrize("number", [20, 21])
def test_20_and_21_the_last_approval_by_the_business_leads_on(portal: Portal, number: int):
    clone = of_an_action(12, "clone", 3, to=30)
    checked = step(30, piece(number), action(92, "reserved-connect-to-api"), name="Checked")
    version = governed(portal, CONNECT, clone, others=(checked, step(40, action(41), name="Live")))
    portal.connect(version)
    assert run(portal, AMY, version, "clone").status_code == 200
    (waiting,) = portal.act("view_contracts", app_version=version)["Production"]
    refused(act(portal, CARA, waiting["id"], "approve"), 403, "ActionNotAvailable", "role=BusinessAdmin) is false")
    assert portal.step(version) == "Checked"
    assert act(portal, DORA, waiting["id"], "approve").status_code == 200
    assert portal.step(version) == "Live"
    assert portal.states(version, "Production") == ["approved"]


@pytest.mark.parametrize("number", [20, 21])
def test_20_and_21_what_is_not_connected_or_not_approved_stands_in_the_way(portal: Portal, number: int):
    portal.act("create_api", name="Notes", admins=["cara"])
    clone = of_an_action(12, "clone", 3, to=30)
    checked = step(30, piece(number), action(92, "reserved-connect-to-api"), name="Checked")
    version = governed(portal, CONNECT, clone, others=(checked, step(40, action(41), name="Live")))
    portal.connect(version)
    assert run(portal, AMY, version, "clone").status_code == 200
    (first,) = portal.act("view_contracts", app_version=version)["Production"]
    portal.connect(version, "Notes")
    before = portal.snapshot()
    told = "existAPIContractsForAllAPIsInEnvironments(EnvFrom=Sandbox, EnvTo=Production) is false"
    refused(act(portal, DORA, first["id"], "approve"), 403, "ActionNotAvailable", told)
    assert portal.snapshot() == before
    portal.connect(version, "Notes", "Production")
    told = "allAPIContractsInEnvironmentApproved(Environment=Production) is false"
    refused(act(portal, DORA, first["id"], "approve"), 403, "ActionNotAvailable", told)
    assert portal.step(version) == "Checked"
