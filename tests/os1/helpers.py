"""What OS1's tests share: calling as somebody, letting onboardings work, and asking what a tenant allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2

from tests.support import Live

NEW, LEGACY = "/developer/tenants/v2/onboarding", "/developer/tenants/onboarding"

CONTAINERS = "appversion:containers-one"
CONTAINERS_NEXT = "appversion:containers-next"
GATES = "appversion:gates-reviewed"
LOCATIONS = "appversion:locations-two"
LANEMAP = "appversion:lanemap-draft"
YARD = "solutionversion:yard-one"
YARD_NEXT = "solutionversion:yard-next"
YARDWORKS = "6f1d0c52-8a77-5b1e-9c41-2d9b7f0a1c01"
LANEFLEET = "6f1d0c52-8a77-5b1e-9c41-2d9b7f0a1c02"

TO_LIVE = (
    ("@asha", "SUBMIT_FOR_TECH_REVIEW"),
    ("@paul", "APPROVE_TECH_REVIEW"),
    ("@asha", "SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW"),
    ("@paul", "APPROVE_MARKETPLACE_PUBLISH"),
)
SOLUTION_TO_LIVE = (
    ("@asha", "SUBMIT_FOR_TECH_REVIEW"),
    ("@paul", "APPROVE_TECH_REVIEW"),
    ("@omar", "SUBMIT_FOR_INTERNAL_PUBLISH_REVIEW"),
    ("@paul", "APPROVE_INTERNAL_PUBLISH"),
)


@dataclass
class Os1:
    """A world of OS1, and who calls it: `os1.as_("@asha").post(...)`."""

    world: Live
    tokens: dict[str, str] = field(default_factory=dict)

    def token(self, user: str) -> str:
        if user not in self.tokens:
            self.tokens[user] = self.world.act("os1.issue_access_token", user=user)["access_token"]
        return self.tokens[user]

    def call(self, user: str | None, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = dict(options.pop("headers", {}))
        if user is not None:
            headers["x-developerplatform-access"] = self.token(user)
        return self.world.http.request(method, path, headers=headers, **options)

    def get(self, user: str, path: str, **query: Any) -> Any:
        answer = self.call(user, "GET", path, params=query or None)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def onboard(self, user: str, version: str, *, path: str = NEW, query: Any = None, **body: Any) -> httpx2.Response:
        return self.call(user, "POST", path, params=query, json={"versionId": version, **body})

    def onboarded(self, user: str, version: str, *, path: str = NEW, query: Any = None, **body: Any) -> dict[str, Any]:
        """Onboard, let it finish, and answer its status."""
        answer = self.onboard(user, version, path=path, query=query, **body)
        assert answer.status_code in (200, 202), answer.text
        self.advance()
        return self.status(answer.json()["data"])

    def status(self, status_id: str, user: str = "@asha") -> dict[str, Any]:
        return self.get(user, f"{NEW}/{status_id}")["data"]

    def command(self, user: str, version: str, command: str) -> httpx2.Response:
        kind = "solutions" if version.startswith("solutionversion") else "apps"
        return self.call(user, "PUT", f"/developer/{kind}/versions/{version}/states", json={"action": command})

    def move(self, version: str, *steps: tuple[str, str]) -> None:
        """Give commands one after the other; asserts that each is taken."""
        for user, command in steps:
            answer = self.command(user, version, command)
            assert answer.status_code in (200, 204), answer.text

    def upload(
        self, user: str, version: str, content: str | bytes, type_: str = "PERMFILE", name: str = "permissions.yaml"
    ) -> httpx2.Response:
        which = "solutionVersionId" if version.startswith("solutionversion") else "appVersionId"
        return self.call(
            user,
            "POST",
            "/developer/artifacts",
            params={which: version, "artifactType": type_},
            files={"file": (name, content, "application/yaml")},
        )

    def advance(self, by: str = "5m") -> None:
        answer = self.world.control.post("clock/advance", json={"by": by})
        assert answer.status_code == 200, answer.text

    def held(self, tenant: str) -> dict[str, str | None]:
        """The app versions a tenant holds, by listing."""
        apps = {each["urn"]: each["listing"] for each in self.world.documents("os1.apps")}
        holdings = (each for each in self.world.documents("os1.holdings") if each["tenant"] == tenant)
        return {apps[each["app"]]: each["version"] for each in holdings}

    def subscribed(self, tenant: str) -> dict[str, str]:
        """The versions a tenant is subscribed to, by listing."""
        told = self.get("@paul", f"/developer/tenants/{tenant}/subscriptions")["data"]["subscriptions"]
        return {each["listingId"]: each["versionId"] for each in told}

    def may(self, tenant: str, role: str, method: str, path: str) -> bool:
        """Whether somebody with a role may call a path in a tenant, asked of AAA itself."""
        token = self.world.act("os1.sign_in_to_tenant", tenant=tenant, user="asker", roles=[role])["access_token"]
        answer = self.authorize(token, tenant, method, path)
        assert answer.status_code in (200, 403), answer.text
        return answer.status_code == 200

    def authorize(self, token: str, tenant: str, method: str, path: str) -> httpx2.Response:
        return self.world.http.post(
            "/core/api/v1/ext-auth/token/authorize",
            json={"path": path, "method": method},
            headers={"x-coreos-request-id": "r-1", "x-coreos-access": token, "x-coreos-tid": tenant},
        )

    def organization(self, name: str) -> str:
        return next(each["id"] for each in self.world.documents("os1.organizations") if each["name"] == name)

    def team(self, name: str) -> str:
        return next(each["id"] for each in self.world.documents("os1.teams") if each["name"] == name)

    def client(self, listing: str, environment: str = "development") -> dict[str, Any]:
        app = next(each for each in self.world.documents("os1.apps") if each["listing"] == listing)
        clients = self.world.documents("os1.app_clients")
        return next(each for each in clients if each["id"] == f"{app['id']}/{environment}")

    def client_token(self, listing: str, tenant: str | None, environment: str = "development") -> httpx2.Response:
        client = self.client(listing, environment)
        headers = {"x-coreos-request-id": "r-1", **({"x-coreos-tid": tenant} if tenant else {})}
        return self.world.http.post(
            "/core/api/v1/aaa/auth/client-credentials",
            json={"clientId": client["client_key"], "clientSecret": client["secret"]},
            headers=headers,
        )


def refused(answer: httpx2.Response, status: int, *words: str) -> dict[str, Any]:
    """Assert OS1's error shape, with all `words` in its text; answers additionalInfo."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error", "request"}
    error = body["error"]
    assert set(error) == {"code", "description", "additionalInfo"}
    assert len(error["code"]) == 12
    assert error["code"].isdigit()
    assert len(error["description"]) <= 256
    assert set(body["request"]) == {"uri", "method", "queryString", "body"}
    text = error["additionalInfo"].get("message", error["description"])
    for word in words:
        assert word in text, text
    info: dict[str, Any] = error["additionalInfo"]
    return info
