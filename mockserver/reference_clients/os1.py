"""Takes an app to LIVE at OS1 and onboards apps and solutions: `python -m mockserver.reference_clients.os1 --help`.

Read `Os1` first (what is said to OS1), then `take_to_live` and `onboard` (in which order it is said).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import click
import httpx2

from mockserver.reference_clients.calling import VendorError, client_for, send, told

CLIENT_ID: Final = "app::developerplatform"
REDIRECT_URI: Final = "https://client.example/signed-in"
"""Where OS1 sends a browser after the sign-in. Nobody needs to listen there: the token is in the address itself."""

ONBOARDING: Final = "/developer/tenants/v2/onboarding"
"""The new API, which works out in which order the apps of a solution come."""

NEXT_COMMAND: Final = {
    "DEVELOPMENT": ("developer", "SUBMIT_FOR_TECH_REVIEW"),
    "IN_TECH_REVIEW": ("reviewer", "APPROVE_TECH_REVIEW"),
    "READY_TO_PUBLISH": ("developer", "SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW"),
    "MARKETPLACE_PUBLISH_REVIEW": ("reviewer", "APPROVE_MARKETPLACE_PUBLISH"),
}
"""Who has to say what, in each state on the way to LIVE. Reviewers are product admins, people of OS1."""

Say = Callable[[str], None]


class Os1:
    """OS1's developer API as one person uses it. Methods raise `VendorError`."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    def sign_in(self, user: str, password: str) -> None:
        """Sign in by the implicit grant, as a browser does: the page sends it on, with the token behind a #."""
        grant = {"client_id": CLIENT_ID, "response_type": "token", "redirect_uri": REDIRECT_URI}
        form = {"handle": user, "password": password}
        answer = self._send("POST", "/developer/auth/authorize", params=grant, data=form)
        token = parse_qs(urlsplit(answer.headers.get("location", "")).fragment).get("access_token")
        if not token:
            raise VendorError(f"OS1 signed {user} in and gave no token")
        self.use(token[0])

    def use(self, token: str) -> None:
        """Go on with a token that somebody has signed in for."""
        self._client.headers["x-developerplatform-access"] = token

    def state_of(self, app_version: str) -> str:
        """The state that an app version is in."""
        return str(self._send("GET", f"/developer/apps/versions/{app_version}").json()["status"])

    def command(self, app_version: str, action: str) -> None:
        """Move an app version on (UpdateAppStates)."""
        self._send("PUT", f"/developer/apps/versions/{app_version}/states", json={"action": action})

    def onboard(self, version: str, *, tenants: Sequence[str] = (), stack: str | None = None) -> str:
        """Begin to onboard a version to tenants, or to all those of a stack; answers what to ask the status by."""
        where = {"stackId": stack} if stack is not None else {"tenantIds": list(tenants)}
        # 200 for an app, 202 for a solution: either way it has only begun.
        return str(self._send("POST", ONBOARDING, json={"versionId": version, **where}).json()["data"])

    def status(self, onboarding: str) -> dict[str, Any]:
        """How far an onboarding is: `status` is started or completed, and so it is in each entry of `logs`."""
        found: dict[str, Any] = self._send("GET", f"{ONBOARDING}/{onboarding}").json()["data"]
        return found

    def _send(self, method: str, path: str, **what: Any) -> httpx2.Response:
        return send(self._client, lambda refusal: refusal["error"]["description"], method, path, **what)


def take_to_live(developer: Os1, reviewer: Os1, app_version: str, say: Say) -> None:
    """Give the commands that are left until an app version is LIVE, each in the name of somebody who may."""
    people = {"developer": developer, "reviewer": reviewer}
    # The state is asked each time and never assumed: somebody may have moved the version meanwhile.
    while (state := developer.state_of(app_version)) != "LIVE":
        if state not in NEXT_COMMAND:
            raise VendorError(f"{app_version} is {state}, and no command leads from there to LIVE")
        who, command = NEXT_COMMAND[state]
        people[who].command(app_version, command)
        say(f"{app_version} was {state}: the {who} gave {command}")
    say(f"{app_version} is LIVE")


def onboard(
    os1: Os1, version: str, say: Say, *, tenants: Sequence[str] = (), stack: str | None = None, every: float = 1.0
) -> None:
    """Onboard a version and wait until that is over, asking every so many seconds.

    Raises `VendorError`, with the names of tenants that have not got it as well.
    """
    onboarding = os1.onboard(version, tenants=tenants, stack=stack)
    say(f"the onboarding of {version} has begun")
    while (found := os1.status(onboarding)).get("status") != "completed":
        time.sleep(every)
    # That the whole is completed only says that nothing more will be done. What was done in a tenant, its entries say.
    entries = [(entry["tenantId"], entry["status"]) for entry in found.get("logs", [])]
    missed = sorted({tenant for tenant, status in entries if status != "completed"})
    if missed:
        raise VendorError(f"{version} could not be onboarded to {', '.join(missed)}")
    say(f"{version} is onboarded to {', '.join(dict.fromkeys(tenant for tenant, _ in entries))}")


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who signs in at the OS1 of that address, or has a token already."""

    url: str
    user: str | None
    password: str | None = field(repr=False)
    token: str | None = field(default=None, repr=False)

    @contextmanager
    def at_os1(self) -> Generator[Os1]:
        with client_for(self.url) as client:
            os1 = Os1(client)
            if self.token is not None:
                os1.use(self.token)
            elif self.user is not None and self.password is not None:
                os1.sign_in(self.user, self.password)
            else:
                raise click.UsageError("Say who you are: --user with --password, or --token.")
            yield os1


@click.group(context_settings={"auto_envvar_prefix": "OS1", "show_default": True})
@click.option("--url", default="http://127.0.0.1:8600", help="Where OS1 is; a path prefix is kept.")
@click.option("--user", help="Who signs in.")
@click.option("--password", help="Their password.")
@click.option("--token", help="An access token instead, such as Postman has after a sign-in.")
@click.pass_context
def main(context: click.Context, url: str, user: str | None, password: str | None, token: str | None) -> None:
    """Do a job at OS1 and tell what was done.

    Each option can come from the environment instead: OS1_PASSWORD for --password, and so on. That is the better way
    for secrets, since everybody on a machine can read command lines.

    Exit codes: 0 when the job is done, 1 when OS1 refused something or did not do it, 2 for wrong usage.
    """
    context.obj = Who(url, user, password, token)


@main.command("live")
@click.argument("app_version")
@click.option("--reviewer", required=True, help="The product admin who approves.")
@click.option("--reviewer-password", required=True, help="Their password.")
@click.pass_obj
def live_command(who: Who, app_version: str, reviewer: str, reviewer_password: str) -> None:
    """Take APP_VERSION through its reviews until it is LIVE."""
    approves = Who(who.url, reviewer, reviewer_password)
    with told(), who.at_os1() as developer, approves.at_os1() as product_admin:
        take_to_live(developer, product_admin, app_version, click.echo)


@main.command("onboard")
@click.argument("version")
@click.option("--tenant", "tenants", multiple=True, help="A tenant; may be given several times.")
@click.option("--stack", help="Instead of tenants: all those of a stack.")
@click.option("--every", default=1.0, help="Seconds between two looks at the status.")
@click.pass_obj
def onboard_command(who: Who, version: str, tenants: tuple[str, ...], stack: str | None, every: float) -> None:
    """Onboard VERSION, of an app or a solution, and wait until that is over."""
    if bool(tenants) == (stack is not None):
        raise click.UsageError("Say where: either --tenant, or --stack for all tenants of a stack.")
    with told(), who.at_os1() as os1:
        onboard(os1, version, click.echo, tenants=tenants, stack=stack, every=every)


if __name__ == "__main__":
    main(prog_name="python -m mockserver.reference_clients.os1")
