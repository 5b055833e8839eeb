"""What a generated request needs beyond its own description: a world to happen in, names that lead somewhere."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import httpx2
from schemathesis import Case
from schemathesis.generation import GenerationMode

from tests.akana import portal
from tests.support import PLAIN

_numbers = itertools.count(1)

LONGEST_WAIT = 0.02
FIXTURES = ["motar/quickstart", "os1/quickstart", portal.FIXTURE]
SCENARIO = "name: fuzz/known\nsteps:\n  - action: motar.start_ato_request\n"
PLATFORMS = {"api": "akana", "developer": "os1", "core": "os1"}
"""The platform by a path's first segment, where it is not MOTAR."""

HOLDERS = {
    "/api/apps/versions/{id}": "akana.app_versions",
    "/api/apis/versions/{id}": "akana.api_versions",
    "/api/contracts/{id}": "akana.contracts",
    "{app}": "akana.apps",
    "/api/apis/{": "akana.apis",
    "{user}": "akana.users",
    "{business}": "akana.businesses",
    "{appId}": "os1.apps",
    "{appVersionId}": "os1.app_versions",
    "{solutionId}": "os1.solutions",
    "{solutionVersionId}": "os1.solution_versions",
    "{artifactId}": "os1.artifacts",
    "{tenantId}": "os1.tenants",
    "{orgId}": "os1.organizations",
    "{collection}/{key}": "motar.plugins",
}
"""Where the documents are kept that a path asks for, by a piece of the path."""

PEOPLE_AND_THINGS = {
    "motar": {"user": "@olivia", "by": "@olivia", "app": "Flight Deck Trainer", "plugin": "Harbor ATO"},
    "os1": {"user": "@asha", "organization": "YardWorks", "roles": []},
    "akana": {"user": portal.AMY, "by": portal.AMY, "app": "Ledger"},
}
"""Whom and what an action's arguments may name, by platform."""


@dataclass
class Known:
    """A world, who is signed in there, and what can be named in it."""

    url: str
    world: str
    credentials: dict[str, dict[str, str]]
    first: dict[str, str]
    names: dict[str, str]
    members: dict[str, Any]

    @classmethod
    def make(cls, url: str) -> Known:
        """A frozen world with a request, a webhook that was delivered, somebody signed in everywhere, and a run."""
        name = f"fuzz-{next(_numbers)}"
        with httpx2.Client(base_url=f"{url}/_mock", **PLAIN) as control:

            def done(method: str, path: str, body: Any = None) -> Any:
                answer = control.request(method, path, json=body)
                assert answer.status_code < 300, answer.text
                return answer.json()

            def act(action: str, **arguments: Any) -> Any:
                return done("POST", f"worlds/{name}/actions/{action}", arguments)

            spec = {"name": name, "clock": {"mode": "frozen"}, "fixtures": FIXTURES}
            base = done("POST", "worlds", spec)["base_url"]
            done("POST", "scenarios", {"text": SCENARIO})
            run = done("POST", f"worlds/{name}/runs", {"scenario": "fuzz/known"})["id"]
            request = act("motar.start_ato_request")
            done("POST", f"worlds/{name}/settle", {"timeout": 10})
            code = act("motar.sign_in", user="@olivia")["code"]
            developer = act("os1.issue_access_token", user="@asha")["access_token"]
            collections = done("GET", f"worlds/{name}/snapshot")["collections"]
        plugin = collections["motar.plugins"][0]
        client = {name: plugin[name] for name in ("client_id", "client_secret")}
        redirect = plugin["redirect_uris"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, **client}
        tokens = httpx2.post(f"{base}/oauth/token", data=form, **PLAIN).json()
        return cls(
            url,
            name,
            credentials={
                "motar": {"Authorization": f"Bearer {tokens['access_token']}"},
                "os1": {"x-developerplatform-access": developer},
                "akana": _signed_in_to_akana(base, collections["akana.users"]),
            },
            first={kind: str(next(iter(each[0].values()))) for kind, each in collections.items()},
            names={"collection": "motar.plugins", "name": "fuzz/known", "id": request["delivery"], "run": run},
            members={
                **client,
                "clientId": client["client_id"],
                "redirect_uri": redirect,
                "requestId": request["request_id"],
                "refresh_token": tokens["refresh_token"],
                "scenario": "fuzz/known",
            },
        )

    def drop(self) -> None:
        httpx2.delete(f"{self.url}/_mock/worlds/{self.world}", **PLAIN)

    def place(self, case: Case) -> dict[str, Any]:
        """Aim a case at this world, and at what is in it where the case is to be right; answers how to call it."""
        right = case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE
        if right:
            for name, value in case.path_parameters.items():
                if isinstance(value, str):
                    case.path_parameters[name] = self._name(case.path, name, value)
            known = self.members
            if "/actions/" in case.path:
                known = PEOPLE_AND_THINGS.get(case.path.rpartition("/")[2].partition(".")[0], {})
            for members in (case.query, case.body, case.headers):
                for name in set(known) & set(members if hasattr(members, "keys") else ()):
                    members[name] = known[name]
        if isinstance(case.body, dict) and _is_long_wait(case.body.get("timeout")):
            case.body["timeout"] = LONGEST_WAIT
        if case.path.startswith("/_mock"):
            return {"base_url": self.url}
        credentials = self.credentials[PLATFORMS.get(case.path.split("/")[1], "motar")]
        return {"base_url": f"{self.url}/w/{self.world}", "headers": credentials if right else {}}

    def _name(self, path: str, name: str, value: str) -> str:
        if name == "world":
            return self.world
        if "/runs/" in path:
            return self.names["run"]
        holder = next((kind for piece, kind in HOLDERS.items() if piece in path), None)
        if holder is not None and name != "collection":
            return self.first.get(holder, value)
        return self.names.get(name, value)


def _signed_in_to_akana(base: str, users: list[dict[str, Any]]) -> dict[str, str]:
    """The headers of whoever looks after the site."""
    email = next(user["email"] for user in users if user["site_admin"])
    with httpx2.Client(base_url=base, **PLAIN) as client:
        answer = client.post("/api/login", json={"email": email, "password": "offline"})
        assert answer.status_code == 200, answer.text
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return {"Cookie": cookies, portal.CSRF: client.cookies[f"Csrf-Token_{portal.TENANT}"]}


def _is_long_wait(timeout: object) -> bool:
    """Whether this is a timeout that the server would take: what it refuses stays as it is."""
    return isinstance(timeout, int | float) and not isinstance(timeout, bool) and LONGEST_WAIT < timeout <= 600
