"""What a generated request needs beyond its own description: a world to happen in, names that lead somewhere."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import httpx2
from schemathesis import Case
from schemathesis.generation import GenerationMode

from tests.support import PLAIN

_numbers = itertools.count(1)

LONGEST_WAIT = 0.02
SCENARIO = "name: fuzz/known\nsteps:\n  - action: motar.start_ato_request\n"


@dataclass
class Known:
    """A world, and what can be named in it."""

    url: str
    world: str
    authorization: str
    names: dict[str, str]
    members: dict[str, str]

    @classmethod
    def make(cls, url: str) -> Known:
        """A frozen world with a request, a webhook that was delivered, a user who is signed in, and a run."""
        name = f"fuzz-{next(_numbers)}"
        with httpx2.Client(base_url=f"{url}/_mock", **PLAIN) as control:

            def done(method: str, path: str, body: Any = None) -> Any:
                answer = control.request(method, path, json=body)
                assert answer.status_code < 300, answer.text
                return answer.json()

            spec = {"name": name, "clock": {"mode": "frozen"}, "settings": {"core": {}}}
            base = done("POST", "worlds", spec)["base_url"]
            done("POST", "scenarios", {"text": SCENARIO})
            run = done("POST", f"worlds/{name}/runs", {"scenario": "fuzz/known"})["id"]
            request = done("POST", f"worlds/{name}/actions/motar.start_ato_request")
            done("POST", f"worlds/{name}/settle", {"timeout": 10})
            signed_in = done("POST", f"worlds/{name}/actions/motar.sign_in", {"user": "@olivia"})
            plugin = done("GET", f"worlds/{name}/documents/motar.plugins")["documents"][0]
        form = {
            "grant_type": "authorization_code",
            "code": signed_in["code"],
            "client_id": plugin["client_id"],
            "client_secret": plugin["client_secret"],
            "redirect_uri": plugin["redirect_uris"][0],
        }
        tokens = httpx2.post(f"{base}/oauth/token", data=form, **PLAIN).json()
        ids = {"deliveries": request["delivery"], "runs": run}
        names = {"collection": "motar.plugins", "key": plugin["id"], "name": "fuzz/known"}
        members = {
            "client_id": plugin["client_id"],
            "clientId": plugin["client_id"],
            "client_secret": plugin["client_secret"],
            "redirect_uri": plugin["redirect_uris"][0],
            "requestId": request["request_id"],
            "refresh_token": tokens["refresh_token"],
            "scenario": "fuzz/known",
        }
        return cls(url, name, f"Bearer {tokens['access_token']}", names | ids, members)

    def drop(self) -> None:
        httpx2.delete(f"{self.url}/_mock/worlds/{self.world}", **PLAIN)

    def place(self, case: Case) -> dict[str, Any]:
        """Aim a case at this world, and at what is in it where the case is to be right; answers how to call it."""
        right = case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE
        if right:
            for name, value in case.path_parameters.items():
                if isinstance(value, str):
                    case.path_parameters[name] = self._name(case.path, name, value)
            for members in (case.query, case.body, case.headers):
                for name in set(self.members) & set(members if hasattr(members, "keys") else ()):
                    members[name] = self.members[name]
        if isinstance(case.body, dict) and _is_long_wait(case.body.get("timeout")):
            case.body["timeout"] = LONGEST_WAIT
        if case.path.startswith("/_mock"):
            return {"base_url": self.url}
        headers = {} if "Authorization" in (case.headers or {}) else {"Authorization": self.authorization}
        return {"base_url": f"{self.url}/w/{self.world}", "headers": headers if right else {}}

    def _name(self, path: str, name: str, value: str) -> str:
        if name == "world":
            return self.world
        if name == "id":
            return self.names["runs" if "/runs/" in path else "deliveries"]
        return self.names.get(name, value)


def _is_long_wait(timeout: object) -> bool:
    """Whether this is a timeout that the server would take: what it refuses stays as it is."""
    return isinstance(timeout, int | float) and not isinstance(timeout, bool) and LONGEST_WAIT < timeout <= 600
