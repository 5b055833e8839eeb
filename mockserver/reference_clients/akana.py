"""Has an app version deleted at Akana with somebody's approval: `python -m mockserver.reference_clients.akana --help`.

Read `Akana` first (what is said to Akana), then `ask_for_deletion` and `approve_deletion` (in which order it is said).
Who asks and who approves are two people, mostly at two machines; each runs this program for themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import click
import httpx2

from mockserver.reference_clients.calling import VendorError, client_for, send, told

DELETE_PENDING: Final = "com.soa.app.state.delete.pending"
APPROVE: Final = "com.soa.appversion.delete.approve"

JSON: Final = {"Accept": "application/json"}
"""Akana answers in XML to whoever does not ask for something else."""

Say = Callable[[str], None]


class Akana:
    """Akana's portal as one person uses it. Methods raise `VendorError`."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client
        self._user = ""

    def sign_in(self, email: str, password: str) -> None:
        """Sign in. The client keeps both cookies; the second one is repeated in a header of whatever changes things."""
        self._user = self._send("POST", "/api/login", json={"email": email, "password": password}).json()["userFDN"]
        for name, value in self._client.cookies.items():
            if name.startswith("Csrf-Token_"):  # the tenant's name follows
                self._client.headers[f"X-{name}"] = value

    def own_business(self) -> str:
        """The id of the business that this person belongs to."""
        return str(self._send("GET", f"/api/users/{self._user}").json()["BusinessID"])

    def find_version(self, app: str, version: str, business: str | None = None) -> str:
        """The id of an app's version, by their names: of an app of one's own, or of a business that one administers."""
        app_id = _named(app, self._list("/api/apps", {"BusinessID": business} if business is not None else {}))
        return _named(version, self._list(f"/api/apps/{app_id}/versions"))

    def state_of(self, version_id: str) -> str | None:
        """The state of an app version; None when there is no such version (any more)."""
        try:
            return str(self._send("GET", f"/api/apps/versions/{version_id}").json()["State"])
        except VendorError as refusal:
            if refusal.status != 404:
                raise
            return None

    def delete(self, version_id: str, comment: str) -> None:
        """Delete an app version. Under a workflow that asks for approval this only requests it."""
        self._send("DELETE", f"/api/apps/versions/{version_id}", params={"Comment": comment})

    def actions_on(self, version_id: str) -> list[str]:
        """What the workflow lets this person do with an app version now."""
        found = self._send("GET", f"/api/workflow/objects/{version_id}/actions").json()
        return [action["ActionName"] for action in found.get("Action", [])]

    def act(self, version_id: str, action: str, comment: str) -> None:
        """Do one of the workflow's actions."""
        self._send("POST", f"/api/apps/versions/{version_id}/action", json={"ActionName": action, "Comments": comment})

    def _list(self, path: str, query: dict[str, str] | None = None) -> dict[str, str]:
        """The ids in a list, by name. Akana's lists are RSS channels, without `item` when there is nothing."""
        items = self._send("GET", path, params=query).json()["channel"].get("item", [])
        return {item["title"]: item["guid"]["value"] for item in items}

    def _send(self, method: str, path: str, **what: Any) -> httpx2.Response:
        return send(self._client, lambda fault: fault["faultstring"], method, path, headers=JSON, **what)


def ask_for_deletion(akana: Akana, app: str, version: str, comment: str, say: Say) -> None:
    """Delete an app version, and tell whether that is done or waits for somebody's approval."""
    version_id = akana.find_version(app, version)
    akana.delete(version_id, comment)
    # The answer to the deletion is the same in both cases: only the version itself tells which one it is.
    state = akana.state_of(version_id)
    if state is None:
        say(f"{app} {version} is deleted")
    elif state == DELETE_PENDING:
        say(f"{app} {version} waits for a Business Admin to approve its deletion")
    else:
        raise VendorError(f"{app} {version} is in the state {state} after its deletion")


def approve_deletion(akana: Akana, app: str, version: str, comment: str, say: Say) -> None:
    """Approve the deletion that was asked for; raises `VendorError` when none was, or it is not for this person."""
    version_id = akana.find_version(app, version, akana.own_business())
    possible = akana.actions_on(version_id)
    if APPROVE not in possible:
        there = ", ".join(possible) or "nothing"
        raise VendorError(f"there is no deletion of {app} {version} to approve; what you can do with it: {there}")
    akana.act(version_id, APPROVE, comment)
    if akana.state_of(version_id) is not None:
        raise VendorError(f"the deletion of {app} {version} is approved, and it is still there")
    say(f"{app} {version} is deleted")


def _named(name: str, ids: dict[str, str]) -> str:
    if name not in ids:
        raise VendorError(f"there is no {name} to be seen, only: {', '.join(ids) or 'nothing'}")
    return ids[name]


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who signs in at the portal of that address."""

    url: str
    email: str
    password: str = field(repr=False)

    @contextmanager
    def at_akana(self) -> Generator[Akana]:
        with client_for(self.url) as client:
            akana = Akana(client)
            akana.sign_in(self.email, self.password)
            yield akana


@click.group(context_settings={"auto_envvar_prefix": "AKANA", "show_default": True})
@click.option("--url", default="http://127.0.0.1:8600", help="Where the portal is; a path prefix is kept.")
@click.option("--email", required=True, help="Who signs in.")
@click.option("--password", required=True, help="Their password.")
@click.pass_context
def main(context: click.Context, url: str, email: str, password: str) -> None:
    """Have an app version deleted, and tell what was done.

    Each option can come from the environment instead: AKANA_PASSWORD for --password, and so on. That is the better way
    for secrets, since everybody on a machine can read command lines.

    Exit codes: 0 when it is done, 1 when Akana refused something or did not do it, 2 for wrong usage.
    """
    context.obj = Who(url, email, password)


@main.command("delete")
@click.argument("app")
@click.argument("version")
@click.option("--comment", default="", help="Why; whoever approves reads it.")
@click.pass_obj
def delete_command(who: Who, app: str, version: str, comment: str) -> None:
    """Delete VERSION of APP, or ask for it where that takes an approval."""
    with told(), who.at_akana() as akana:
        ask_for_deletion(akana, app, version, comment, click.echo)


@main.command("approve")
@click.argument("app")
@click.argument("version")
@click.option("--comment", default="", help="What to tell those who asked.")
@click.pass_obj
def approve_command(who: Who, app: str, version: str, comment: str) -> None:
    """Approve the deletion of VERSION of APP, as an admin of its business."""
    with told(), who.at_akana() as akana:
        approve_deletion(akana, app, version, comment, click.echo)


if __name__ == "__main__":
    main(prog_name="python -m mockserver.reference_clients.akana")
