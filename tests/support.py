"""What tests share: a handle on one world of a server that runs on a real port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

CLIENT_ID = "iok-cid-" + "facade00" * 6
CLIENT_SECRET = "iok-cse-" + "decade00" * 6


@dataclass
class Live:
    """One world: `http` speaks to the vendors' side below its prefix, the methods to the control API."""

    name: str
    url: str
    http: httpx2.Client
    control: httpx2.Client

    def act(self, action: str, **arguments: Any) -> Any:
        """Run an action; asserts that it was not refused."""
        answer = self.try_act(action, **arguments)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def try_act(self, action: str, **arguments: Any) -> httpx2.Response:
        return self.control.post(f"actions/{action}", json=arguments)

    def settle(self) -> None:
        answer = self.control.post("settle", json={"timeout": 10})
        assert answer.status_code == 200, answer.text

    def journal(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.control.get("journal", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()["exchanges"]

    def documents(self, collection: str) -> list[dict[str, Any]]:
        answer = self.control.get(f"documents/{collection}")
        assert answer.status_code == 200, answer.text
        return answer.json()["documents"]

    @property
    def plugin(self) -> dict[str, Any]:
        """The fixture's plugin, with the credentials it has in this world."""
        return self.documents("motar.plugins")[0]

    def user(self, handle: str) -> dict[str, Any]:
        return next(each for each in self.documents("motar.users") if each["handle"] == handle)
