"""App versions as clients of a provider that others have written: `oidc-provider`, as it comes from the npm registry.

It is installed once, into the user's cache; without node, or where npm reaches no registry, these are skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.akana.portal import AMY, Portal
from tests.akana.test_registration import deliveries, edit, governed, registration
from tests.akana.workflow.written import action, call, goes
from tests.support import PLAIN

pytestmark = pytest.mark.timeout(400)
"""The first run installs the package."""

PACKAGE = "oidc-provider@8.8.1"
INSTALL = ("install", "--no-audit", "--no-fund", "--no-save", "--fetch-retries=1", "--fetch-retry-mintimeout=1000")
SERVER = Path(__file__).parent / "oidc_provider.mjs"
TOKEN = "initial-access-token"


def installed() -> Path:
    """The folder that the package is installed in; skips the test where it cannot be."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("there is no node with npm")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "motar-mockserver-tests"
    place = cache / PACKAGE
    if place.is_dir():
        return place
    new = cache / f"{PACKAGE}.{os.getpid()}"
    try:
        new.mkdir(parents=True)
        # Several workers may do this at once: the first one that is done puts it in place.
        command = [npm, *INSTALL, "--prefix", str(new), PACKAGE]
        done = subprocess.run(command, cwd=new, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            told = [line for line in done.stderr.splitlines() if line.startswith(("npm error", "npm ERR"))]
            pytest.skip(f"npm cannot install {PACKAGE}: {'; '.join(told[:3])}")
        with suppress(OSError):
            new.rename(place)
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"{PACKAGE} cannot be installed in {cache}: {error}")
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return place


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """The issuer of a provider that runs on a free port."""
    with subprocess.Popen(
        ["node", str(SERVER), str(folder), TOKEN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            # Its own remarks about how it is set up come before.
            lines = iter(process.stdout.readline, "")
            yield next(line.strip() for line in lines if line.startswith("http://"))
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with running(installed()) as url:
        yield url


@dataclass
class Registered:
    """What the provider says of a client to who holds the access to its registration."""

    status: int
    body: dict[str, Any]


def ask(portal: Portal, version: str) -> Registered:
    known = next(each for each in portal.world.documents("akana.client_registrations") if each["id"] == version)
    answer = httpx2.get(known["client_uri"], headers={"authorization": f"Bearer {known['access_token']}"}, **PLAIN)
    return Registered(answer.status_code, answer.json())


@pytest.fixture
def registering(issuer: str, new_portal: Callable[..., Portal]) -> Portal:
    return new_portal(registration_endpoint=f"{issuer}/reg", registration_token=TOKEN)


DELETE = (
    "<pre-functions>"
    f"{call('function', 'notifyAppVersionDeleteToOAuthClient')}{call('function', 'deleteAppVersion')}"
    "</pre-functions>"
)


def test_a_client_is_made_changed_and_deleted(registering: Portal):
    version = governed(registering, action(13, "@Delete", DELETE, goes(20)))
    edit(registering, version, "https://a.test/cb")
    made = registration(registering, version)
    assert (made["state"], made["error"]) == ("registered", None)
    first = ask(registering, version)
    assert (first.status, first.body["client_id"]) == (200, made["client_id"])
    assert first.body["redirect_uris"] == ["https://a.test/cb"]
    assert (first.body["client_name"], first.body["contacts"]) == ("Teller 1.0", ["amy@harbor.test"])
    (before,) = registering.world.documents("akana.client_registrations")

    edit(registering, version, "https://b.test/cb")
    assert registration(registering, version)["state"] == "registered"
    changed = ask(registering, version)
    assert changed.body["redirect_uris"] == ["https://b.test/cb"]
    assert changed.body["client_id"] == made["client_id"]
    (after,) = registering.world.documents("akana.client_registrations")
    assert after["access_token"] != before["access_token"], "this provider gives a new one with each change"

    registering[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert registration(registering, version)["state"] == "deleted"
    gone = httpx2.get(after["client_uri"], headers={"authorization": f"Bearer {after['access_token']}"}, **PLAIN)
    assert gone.status_code == 401
    sent = [(each["method"], each["status"]) for each in deliveries(registering)]
    assert sorted(sent) == [("DELETE", 204), ("POST", 201), ("PUT", 200)]


def test_the_client_can_be_used(registering: Portal, issuer: str):
    version = governed(registering)
    edit(registering, version)
    assert registration(registering, version)["state"] == "registered"
    (known,) = registering.world.documents("akana.client_registrations")
    wrong = httpx2.post(f"{issuer}/token", auth=(known["client_id"], "guess"), data={"grant_type": "x"}, **PLAIN)
    right = (known["client_id"], known["client_secret"])
    known_to_it = httpx2.post(f"{issuer}/token", auth=right, data={"grant_type": "x"}, **PLAIN)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert (known_to_it.status_code, known_to_it.json()["error"]) == (400, "unsupported_grant_type")


def test_a_wrong_initial_token_is_told(issuer: str, new_portal: Callable[..., Portal]):
    portal = new_portal(registration_endpoint=f"{issuer}/reg", registration_token="guess")
    version = governed(portal)
    edit(portal, version)
    assert registration(portal, version)["error"] == "the provider answered 401"
    (delivery,) = deliveries(portal)
    assert (delivery["state"], delivery["status"]) == ("failed", 401)
    assert portal[AMY].read(f"/api/apps/versions/{version}/oauthprofile")["RedirectURIs"] == ["https://a.test/cb"]


def test_metadata_that_it_refuses_are_told_and_put_right_by_the_next_edit(registering: Portal):
    version = governed(registering)
    edit(registering, version, "no.such.scheme.without.colon")
    assert registration(registering, version)["error"] == "the provider answered 400"
    (delivery,) = deliveries(registering)
    shown = registering.world.control.get(f"deliveries/{delivery['id']}").text
    assert "invalid_redirect_uri" in shown
    edit(registering, version, "https://a.test/cb")
    assert registration(registering, version)["state"] == "registered"
    assert ask(registering, version).status == 200


def test_a_client_that_somebody_else_deleted_is_told_and_then_made_anew(registering: Portal):
    version = governed(registering)
    edit(registering, version)
    registration(registering, version)
    (known,) = registering.world.documents("akana.client_registrations")
    headers = {"authorization": f"Bearer {known['access_token']}"}
    assert httpx2.delete(known["client_uri"], headers=headers, **PLAIN).status_code == 204
    edit(registering, version, "https://b.test/cb")
    assert registration(registering, version)["error"] == "the provider answered 401"
    edit(registering, version, "https://c.test/cb")
    assert registration(registering, version)["state"] == "registered"
    anew = ask(registering, version)
    assert anew.body["redirect_uris"] == ["https://c.test/cb"]
    assert anew.body["client_id"] != known["client_id"]
