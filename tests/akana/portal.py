"""What Akana's tests share: people who sign in and call, and reading what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.support import PLAIN, Live

FILES = Path(__file__).parent / "files"
FIXTURE = str(FILES / "portal.yaml")
TENANT = "atmosphere"
CSRF = f"X-Csrf-Token_{TENANT}"
ALERT = "com.soa.notification.type.app."

AMY, BEN, CARA, DORA, EVE, SID = "amy", "ben", "cara", "dora", "eve", "sid"
"""Amy and Ben work on the app Ledger, Dora administers their business; Cara looks after APIs, Sid after the site."""


@dataclass
class Person:
    """Somebody signed in: `http` has the cookies, and every call the CSRF header."""

    http: httpx2.Client
    id: str

    def get(self, path: str, **more: Any) -> httpx2.Response:
        return self.http.get(path, **more)

    def send(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return self.http.request(method, path, **more)

    def read(self, path: str, **more: Any) -> Any:
        answer = self.http.get(path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, method: str, path: str, body: Any = None, **more: Any) -> httpx2.Response:
        """A call that is not refused."""
        answer = self.send(method, path, **({"json": body} if body is not None else {}), **more)
        assert answer.status_code == 200, answer.text
        return answer


class Portal:
    """One world with the tests' fixture, and the people in it."""

    def __init__(self, world: Live) -> None:
        self.world = world
        self._people: dict[str, Person] = {}

    def __getitem__(self, name: str) -> Person:
        """Somebody, signed in with their password; known by the first part of their mail address."""
        if name not in self._people:
            client = httpx2.Client(base_url=self.world.url, **PLAIN)
            answer = client.post("/api/login", json={"email": self.email(name), "password": "offline"})
            assert answer.status_code == 200, answer.text
            client.headers[CSRF] = client.cookies[f"Csrf-Token_{TENANT}"]
            self._people[name] = Person(client, answer.json()["userFDN"])
        return self._people[name]

    def close(self) -> None:
        for person in self._people.values():
            person.http.close()

    def email(self, name: str) -> str:
        users = self.world.documents("akana.users")
        return next(str(user["email"]) for user in users if user["user_name"] == name)

    def act(self, action: str, /, **arguments: Any) -> Any:
        return self.world.act(f"akana.{action}", **arguments)

    def govern(self, workflow: str | None, what: str = "app versions") -> None:
        """Put what is made from now on under a workflow of the fixture."""
        self.act("activate_workflow", workflow=workflow, what=what)

    def new_app(self, name: str = "Teller", by: str = AMY, workflow: str | None = None) -> str:
        """A fresh app's first version, by its id; with a workflow put under it before."""
        if workflow is not None:
            self.govern(workflow)
        return str(self.act("create_app", name=name, by=by)["id"])

    def upload(self, xml: str, name: str = "own", object_type: str = "appversion") -> None:
        self.act("upload_workflow", name=name, xml=xml, object_type=object_type)

    def step(self, version: str) -> str | None:
        return self.act("view_workflow", app_version=version)["step"]

    def api_version(self, name: str = "Payments") -> str:
        api = next(api for api in self.world.documents("akana.apis") if api["name"] == name)
        versions = self.world.documents("akana.api_versions")
        return next(str(each["id"]) for each in versions if each["api"] == api["id"])

    def connect(self, version: str, api: str = "Payments", environment: str = "Sandbox", by: str = AMY) -> str:
        """A contract that was asked for, by its id."""
        body = {"APIVersionID": self.api_version(api), "RuntimeID": version, "Environment": environment}
        return str(self[by].do("POST", "/api/contracts", body).json()["ContractID"])

    def state(self, contract: str, by: str = CARA) -> str:
        return str(self[by].read(f"/api/contracts/{contract}")["State"]).removeprefix("apicontract.status.")

    def states(self, version: str, environment: str) -> list[str]:
        """The states of an app version's connections that count, oldest first."""
        found = self.act("view_contracts", app_version=version)[environment]
        return [each["state"].removeprefix("apicontract.status.") for each in found]

    def advance(self, by: str) -> None:
        assert self.world.control.post("clock/advance", json={"by": by}).status_code == 200

    def snapshot(self) -> Any:
        """Everything that Akana knows but who is signed in, to see that nothing has changed."""
        documents = self.world.control.get("snapshot").json()
        kept = {name: each for name, each in documents["collections"].items() if name.startswith("akana.")}
        kept.pop("akana.sessions", None)
        return kept


def refused(answer: httpx2.Response, status: int, code: str, *words: str) -> str:
    """Assert a fault; answers its text."""
    assert answer.status_code == status, answer.text
    fault = answer.json()
    assert set(fault) == {"faultcode", "faultstring"}
    assert fault["faultcode"] == f"Client.{code}", fault
    for word in words:
        assert word in fault["faultstring"], fault["faultstring"]
    return str(fault["faultstring"])


def items(answer: Any) -> list[dict[str, Any]]:
    """The items of an RSS-shaped list."""
    assert answer["version"] == "1.0"
    listed: list[dict[str, Any]] = answer["channel"].get("item", [])
    assert listed or "item" not in answer["channel"]
    return listed
