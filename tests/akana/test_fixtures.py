"""Fixture files for Akana: what they put into a world, and every problem at its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockserver.errors import InvalidFile
from mockserver.platforms.akana.fixtures import read
from tests.akana.portal import AMY, FIXTURE, Portal
from tests.support import PLAIN, Live

START = """platform: akana
businesses:
  - name: Harbor
    users: [{email: amy@harbor.test, password: p, first_name: A, last_name: L}]
"""
GOOD = (
    "<workflow><initial-actions><action id='1' name='@Create'><results>"
    "<unconditional-result old-status='a' status='b' step='1'/></results></action></initial-actions>"
    "<steps><step id='1' name='One'/></steps></workflow>"
)
TELLER = "    apps: [{name: Teller, team: [amy@harbor.test], versions: [{name: '1'}]}]\n"


def test_the_fixture_is_all_there(portal: Portal):
    seen = httpx2.get(str(portal.world.control.base_url).rstrip("/"), **PLAIN).json()["akana"]
    assert {each["email"].partition("@")[0] for each in seen["users"]} == {"amy", "ben", "cara", "dora", "eve", "sid"}
    assert [each["email"] for each in seen["users"] if each["site_admin"]] == ["sid@orchard.test"]
    assert [each["email"] for each in seen["users"] if each["business_admin"]] == ["dora@harbor.test"]
    assert [(each["app"], each["version"], each["step"]) for each in seen["app_versions"]] == [("Ledger", "1.0", None)]
    assert [each["api"] for each in seen["api_versions"]] == ["Payments", "Rates", "Vault"]
    assert [each["name"] for each in seen["workflows"]] == ["deletion", "promotion", "contract"]
    ledger = seen["app_versions"][0]["id"]
    assert portal.states(ledger, "Sandbox") == ["activated"]


def test_the_same_fixture_gives_the_same_ids(new_portal: Callable[..., Portal]):
    one, other = new_portal(), new_portal()
    first, second = (each.world.documents("akana.users")[0]["id"] for each in (one, other))
    assert first != second
    assert one.world.control.post("reset").status_code == 200
    assert one.world.documents("akana.users")[0]["id"] == first


def test_an_app_of_a_fixture_comes_under_the_workflow_its_business_chose(
    new_world: Callable[..., Live], tmp_path: Path
):
    (tmp_path / "w.xml").write_text(GOOD)
    file = tmp_path / "f.yaml"
    file.write_text(
        START.replace("businesses:", "workflows: [{name: w, file: w.xml}]\nbusinesses:")
        + "    workflows: {app_versions: w}\n"
        + TELLER
    )
    world = new_world(clock={"mode": "frozen"}, fixtures=[str(file)])
    assert world.act("akana.view_workflow", app_version="Teller")["step"] == "One"
    # A workflow file that has changed is read anew for the next world.
    (tmp_path / "w.xml").write_text(GOOD.replace("One", "Uno"))
    again = new_world(clock={"mode": "frozen"}, fixtures=[str(file)])
    assert again.act("akana.view_workflow", app_version="Teller")["step"] == "Uno"


def test_identities_a_fixture_spells_out_are_literal_where_worlds_say_so(
    new_world: Callable[..., Live], tmp_path: Path
):
    file = tmp_path / "f.yaml"
    file.write_text(START + TELLER.replace("'1'", "'1', identity: teller, shared_secret: s"))
    for mode, same in (("literal", True), ("auto", False)):
        world = new_world(fixtures=[str(file)], settings={"core": {"fixture_credentials": mode}})
        version = world.documents("akana.app_versions")[0]
        assert ((version["identity"], version["shared_secret"]) == ("teller", "s")) is same


PROBLEMS: list[tuple[str, list[str]]] = [
    (START + "    nonsense: 1\n", ["5:5: $.businesses[0].nonsense"]),
    (START.replace("amy@harbor.test", "amy"), ["4:", "a mail address"]),
    (START + "  - {name: Harbor}\n", ["5:6: $.businesses[1].name", "a name not used at $.businesses[0].name"]),
    (
        START + "    apis: [{name: P, admins: [amy@harbor.tst], versions: [{name: v}]}]\n",
        ["5:", "did you mean 'amy@harbor.test'"],
    ),
    (START + "    apps: [{name: T, team: [], versions: [{name: '1'}]}]\n", ["5:", "team"]),
    (
        START + "    apps: [{name: T, team: [x], versions: [{name: '1', connections: [{api: P}]}]}]\n",
        ["$.businesses[0].apps[0].team[0]", "$.businesses[0].apps[0].versions[0].connections[0].api"],
    ),
    (START + "    workflows: {app_versions: w}\n", ["5:17: $.businesses[0].workflows.app_versions"]),
    (START + "workflows: [{name: w}]\n", ["5:", "either a file or the xml"]),
    (START + "workflows: [{name: w, file: nowhere.xml}]\n", ["5:", "a readable UTF-8 file"]),
    (START + "workflows: [{name: w, xml: <workflow>}]\n", ["5:", "a workflow that can be used"]),
    (
        START + f'workflows: [{{name: w, xml: "{GOOD.replace("@Create", "@Start")}"}}]\n',
        ["5:", "a workflow with the initial action @Create"],
    ),
    (START + "groups: [{name: G, leaders: [x]}]\n", ["5:", "$.groups[0].leaders[0]"]),
    ("platform: motar\nbusinesses: []\n", ["akana"]),
]


@pytest.mark.parametrize(("text", "words"), PROBLEMS)
def test_every_problem_is_told_with_its_line(text: str, words: list[str]):
    with pytest.raises(InvalidFile) as told:
        read(text, "f.yaml")
    for word in words:
        assert word in str(told.value), str(told.value)


def test_a_file_with_a_problem_makes_no_world(server: str, world: Live, tmp_path: Path):
    file = tmp_path / "f.yaml"
    file.write_text(START + "    nonsense: 1\n")
    answer: Any = httpx2.post(f"{server}/_mock/worlds", json={"name": "broken", "fixtures": [str(file)]}, **PLAIN)
    assert answer.status_code == 400
    assert "nonsense" in answer.text
    assert httpx2.get(f"{server}/_mock/worlds/broken", **PLAIN).status_code == 404
    assert world.name != "broken"


def test_the_shipped_reader_reads_the_tests_own_fixture():
    fixture = read(Path(FIXTURE).read_text(), FIXTURE)
    assert fixture.file.businesses[0].users[0].email.startswith(AMY)


def test_a_portal_survives_a_snapshot_and_goes_on(portal: Portal):
    version = portal.new_app(workflow="deletion")
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    snapshot = portal.world.control.get("snapshot").json()
    portal.act("perform_action", app_version=version, action="com.soa.appversion.delete.approve", by="dora")
    assert portal.world.control.put("snapshot", json=snapshot).status_code == 200
    assert portal.step(version) == "Marked For Delete"
    portal.advance("60s")
    assert len(portal.act("list_mails")) == 2
    portal.act("perform_action", app_version=version, action="com.soa.appversion.delete.reject", by="dora")
    assert portal[AMY].read(f"/api/apps/versions/{version}")["State"] == "com.soa.app.state.active"
