"""Whatever people do with governed app versions, in whatever order: what is refused changes nothing, and a version
is always in a step of its workflow, or at its end, or gone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mockserver import resources
from mockserver.platforms.akana.workflow.reader import read
from tests.akana.portal import Portal
from tests.akana.test_apps import save
from tests.support import Live

PEOPLE = ("nina", "petra", "rosa", "sven", "tess", "quinn", "uma")
APPS = {"Checkout": "deletion-approval", "Storefront": "promotion"}
STEPS, ACTIONS = {}, {}
for _app, _file in APPS.items():
    _definition = read((resources.shelf("fixtures") / f"akana/{_file}.xml").read_text(), _file)
    STEPS[_app] = {step.id for step in _definition.steps}
    ACTIONS[_app] = sorted({action.name for action in _definition.actions()})
VERBS = ("approve", "reject", "activate", "suspend", "resume", "resubmit", "cancel")
EDITS = ("describe", "certify", "uncertify", "regenerate", "authorize", "redirect", "profile", "version", "delete")
ENVIRONMENTS = ("Sandbox", "Production")

people, apps = st.sampled_from(PEOPLE), st.sampled_from(tuple(APPS))
deeds = st.one_of(
    st.tuples(people, apps, st.just("edit"), st.sampled_from(EDITS)),
    st.tuples(
        people, apps, st.just("connect"), st.sampled_from(("Payments", "Rates", "Vault")), st.sampled_from(ENVIRONMENTS)
    ),
    st.tuples(people, apps, st.just("contract"), st.integers(0, 5), st.sampled_from(VERBS)),
    apps.flatmap(lambda app: st.tuples(people, st.just(app), st.just("act"), st.sampled_from(ACTIONS[app]))),
)


@dataclass
class Life:
    """One portal, and the versions that its apps began with."""

    portal: Portal
    versions: dict[str, str]

    def do(self, who: str, app: str, kind: str, *more: Any) -> httpx2.Response:
        version = self.versions[app]
        match kind:
            case "edit":
                return self.edit(who, version, *more)
            case "connect":
                body = {"APIVersionID": self.portal.api_version(more[0]), "RuntimeID": version, "Environment": more[1]}
                return self.portal[who].send("POST", "/api/contracts", json=body)
            case "contract":
                contracts = [each["id"] for each in self.portal.world.documents("akana.contracts")]
                body = {"ActionName": f"apicontract.action.{more[1]}"}
                return self.portal[who].send(
                    "POST", f"/api/contracts/{contracts[more[0] % len(contracts)]}/actions", json=body
                )
        return self.portal[who].send("POST", f"/api/apps/versions/{version}/action", json={"ActionName": more[0]})

    def edit(self, who: str, version: str, what: str) -> httpx2.Response:
        person, url = self.portal[who], f"/api/apps/versions/{version}"
        match what:
            case "describe":
                return person.send("PUT", url, json={"Description": f"by {who}"})
            case "certify":
                return save(self.portal, who, version)
            case "uncertify":
                return person.send("DELETE", f"{url}/keyinfo")
            case "regenerate":
                return person.send("PUT", f"{url}/secret")
            case "authorize":
                return person.send("PUT", f"{url}/oauthprofile", json={"Authorization": {"Scopes": [who]}})
            case "redirect":
                return person.send("PUT", f"{url}/oauthprofile", json={"RedirectURIs": [f"https://{who}.test"]})
            case "profile":
                return person.send("PUT", f"{url}/publicprofile", json={"Title": who})
            case "version":
                app = next((each["app"] for each in self.documents("akana.app_versions") if each["id"] == version), "x")
                return person.send("POST", f"/api/apps/{app}/versions", json={"Name": f"by {who}"})
        return person.send("DELETE", url)

    def documents(self, collection: str) -> list[dict[str, Any]]:
        return self.portal.world.documents(collection)

    def everything(self) -> Any:
        """The whole world but who is signed in: documents, counters, timers, and what is to be sent."""
        snapshot = self.portal.world.control.get("snapshot").json()
        return {**snapshot.pop("collections"), **snapshot, "akana.sessions": None}


def check(versions: dict[str, str], now: Any, known: int) -> int:
    """That every version is somewhere, and nothing of the history is lost; answers its length."""
    there = {each["id"] for each in now.get("akana.app_versions", ())}
    runs = {each["id"]: each["instance"] for each in now.get("akana.workflow_instances", ())}
    for app, version in versions.items():
        assert (version in runs) == (version in there)
        if version in runs:
            current = {row["step"] for row in runs[version]["current"]}
            assert current <= STEPS[app]
            assert bool(current) == (runs[version]["state"] == "activated")
    history = len(now.get("akana.workflow_history", ()))
    assert history >= known
    return history


@settings(
    max_examples=15,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(lived=st.lists(deeds, min_size=8, max_size=25))
def test_what_is_refused_changes_nothing_and_a_version_is_always_somewhere(
    new_world: Callable[..., Live], lived: list[tuple[Any, ...]]
):
    world = new_world(clock={"mode": "frozen"}, fixtures=["akana/business"])
    portal = Portal(world)
    try:
        apps = {each["id"]: each["name"] for each in world.documents("akana.apps")}
        versions = {apps[each["app"]]: each["id"] for each in world.documents("akana.app_versions")}
        life = Life(portal, versions)
        for who in PEOPLE:
            assert portal[who].id
        now, known = life.everything(), 0
        for deed in lived:
            answer = life.do(*deed)
            assert answer.status_code in (200, 400, 403, 404), (deed, answer.text)
            before, now = now, life.everything()
            changed = [name for name in {*now, *before} if now.get(name) != before.get(name)]
            assert answer.status_code == 200 or not changed, (deed, answer.text, changed)
            known = check(versions, now, known)
    finally:
        portal.close()
        world.drop()
