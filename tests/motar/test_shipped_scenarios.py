"""Every MOTAR scenario that ships can fail: on a plugin that is broken in just that way, or with a step altered."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import yaml

from mockserver import resources
from mockserver.app import build_app
from mockserver.cli.run import PATHS, quickstart_credentials
from mockserver.client import ServerClient
from mockserver.reference_plugin import Settings as PluginSettings
from mockserver.server import bind, in_background, running, url_of
from mockserver.settings import Settings
from tests.checks.variants import (
    ALERT,
    STATUS,
    TOKEN,
    Back,
    Bend,
    GivesUpAfterAnOutage,
    NeverCompletes,
    NeverRefreshes,
    NumbersItsAlerts,
    RepeatsAtOnceOn429,
    Variant,
    adds_up_distributions,
    breaks_when_a_user_cancels,
    calls_a_repetition_a_conflict,
    checks_the_secret_of_nobody_else,
    compares_the_client_id_only,
    path_of,
    said,
    saying,
    shows_a_page_to_users,
    takes_every_user_for_the_latest_request,
    takes_webhooks_without_credentials,
    wants_a_phone_number,
)
from tests.docs.pages import ROOT


class RepeatsWhatIsRefused(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.forward(request)
        for _ in range(3):
            if answer.status_code == 400:
                answer = await self.forward(request)
        return answer


class FindsFaultQuietly(Back):
    """Its errors are warnings."""

    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) == ALERT and said(request)["type"] == "error":
            request = saying(request, {**said(request), "type": "warning"})
        return await self.forward(request)


class SpeaksForWhoeverCameLast(Back):
    def __init__(self) -> None:
        super().__init__()
        self._token = ""

    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) in (STATUS, ALERT) and self._token:
            request.headers["authorization"] = f"Bearer {self._token}"
        answer = await self.forward(request)
        if path_of(request) == TOKEN and answer.is_success:
            self._token = answer.json()["access_token"]
        return answer


class RedeemsOneCode(Back):
    """Whoever comes later gets the tokens of the first."""

    def __init__(self) -> None:
        super().__init__()
        self._tokens: httpx2.Response | None = None

    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) != TOKEN:
            return await self.forward(request)
        if self._tokens is None:
            self._tokens = await self.forward(request)
        return httpx2.Response(self._tokens.status_code, json=self._tokens.json())


@dataclass(frozen=True)
class Case:
    """A scenario, what is altered (the plugin, or the text), and the title of the step that must fail then."""

    scenario: str
    fails: str
    front: Callable[[], Bend] = Variant("").front
    back: Callable[[], Back] = Back
    altered: tuple[str, str] | None = None

    def text(self) -> str:
        text = resources.read("scenarios", f"motar/{self.scenario}").text
        if self.altered is not None:
            assert self.altered[0] in text
            text = text.replace(*self.altered)
        document = yaml.safe_load(text)
        for step in document["steps"]:
            if step.get("title") == self.fails and {"await", "expect"} & step.keys():
                step["within"] = "300ms"  # it waits in vain
        return json.dumps(document, default=lambda instant: instant.isoformat())


LOGOUT = """call: POST /oauth/logout
    body: {refresh_token: $steps.tokens.outputs.refresh}
    where: {status: 200}"""

CASES = (
    Case("action-required", "The plugin completes the request, which cannot be cancelled then", back=NeverCompletes),
    Case(
        "alerts",
        "Studio shows the four, in the order in which they came",
        altered=("completed, type: success", "completed, type: info"),
    ),
    Case("answer-lost", "If the plugin told the same again, then under the same providerId", back=NumbersItsAlerts),
    Case("ato-happy-path", "The plugin completes the request", back=NeverCompletes),
    Case("cac-card", "MOTAR knows that it was Olivia's", altered=("email: olivia@", "email: marco@")),
    Case("cancelled-in-studio", "And does not go on and on", back=RepeatsWhatIsRefused),
    Case("current-distributions", "And so has what the plugin tells", front=adds_up_distributions),
    Case("device-sign-in", "It is Marco's", altered=('with: {user: "@marco"', 'with: {user: "@olivia"')),
    Case("distribution-rejected", "The plugin rejects it, and says which one and why", back=FindsFaultQuietly),
    Case("error-cancels", "The plugin raises an error, and Olivia cancels", back=FindsFaultQuietly),
    Case("expired-code", "The plugin tries the code, and MOTAR refuses it", front=lambda: shows_a_page_to_users),
    Case("forged-webhook", "The plugin refuses it", front=lambda: checks_the_secret_of_nobody_else),
    Case("forged-webhook", "The plugin refuses that, too", front=lambda: takes_webhooks_without_credentials),
    Case("log-out", "Her token is good for nothing now", altered=(LOGOUT, "settle: 1")),
    Case("pkce-sign-in", "The program has the verifier", altered=("dBjftJeZ4CVP", "dBjftJeZ4CVQ")),
    Case("plugin-deactivated", "MOTAR has no tokens for a plugin that is off", front=lambda: shows_a_page_to_users),
    Case("plugin-down", "Now the plugin accepts the webhook", front=lambda: wants_a_phone_number),
    Case("session-revoked", "The plugin gets new tokens", back=RedeemsOneCode),
    Case(
        "sign-in-cancelled", "The plugin shows him a page, and does not break", front=lambda: breaks_when_a_user_cancels
    ),
    Case("status-unavailable", "The plugin reports what it could not", back=lambda: GivesUpAfterAnOutage(STATUS)),
    Case("stranger-refused", "The plugin reports on it, and not in Noor's name", back=SpeaksForWhoeverCameLast),
    Case("token-refresh", "It refreshes", back=NeverRefreshes),
    Case("too-many-requests", "The plugin does not hammer", back=RepeatsAtOnceOn429),
    Case("two-requests", "The plugin reports on that one", front=takes_every_user_for_the_latest_request(known=True)),
    Case("webhook-refused", "The plugin refuses the webhook", front=lambda: compares_the_client_id_only),
    Case(
        "webhook-repeated",
        "The webhook comes again, word for word, and the plugin accepts it",
        front=calls_a_repetition_a_conflict,
    ),
)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerClient]:
    with running(build_app(Settings(port=0))) as url, ServerClient(url) as client:
        yield client


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.scenario}: {case.fails}")
def test_a_shipped_scenario_fails_where_something_is_wrong(
    server: ServerClient, case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.CRITICAL, "reference_plugin")
    world = server.create_world()
    sock = bind("127.0.0.1", 0)
    endpoints = {name: url_of(sock) + path for name, path in PATHS.items()}
    plugin = PluginSettings(world.base_url, *quickstart_credentials(), endpoints["redirect_uri"])
    (tmp_path / "altered.json").write_text(case.text())
    with in_background(Variant("", case.front, case.back).build(plugin), sock):
        run = world.run(
            tmp_path / "altered.json",
            settings={"motar": endpoints, "core": {"fixture_credentials": "literal"}},
            check=False,
        )
    world.drop()
    assert run.failed_step is not None, "it passes all the same"
    assert run.failed_step.title == case.fails, str(run)


def test_no_shipped_scenario_is_left_out():
    shipped = [name for name in resources.shipped("scenarios") if name.startswith("motar/")]
    assert shipped == sorted({f"motar/{case.scenario}" for case in CASES})


def test_the_docs_say_what_each_shows():
    page = (ROOT / "docs/ato.md").read_text(encoding="utf-8")
    listed = re.findall(r"`(motar/[a-z-]+)`", page[page.index("| To see |") :])
    assert sorted(listed) == [name for name in resources.shipped("scenarios") if name.startswith("motar/")]
