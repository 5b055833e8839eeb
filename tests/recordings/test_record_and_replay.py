"""The demo is recorded with the reference plugin, and replayed strictly: against it, and against plugins that err."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from mockserver.app import build_app
from mockserver.cli.run import PATHS
from mockserver.reference_plugin import Settings as PluginSettings
from mockserver.reference_plugin import build_plugin
from mockserver.server import bind, in_background, running, url_of
from mockserver.settings import Settings
from tests.support import CLIENT_ID, CLIENT_SECRET, PLAIN

STATUS, ALERT = "/plugin/v1/ato/status", "/plugin/v1/ato/alert"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with running(build_app(Settings(port=0))) as url:
        yield url


@contextmanager
def stage(server: str, world: str, transport: httpx2.AsyncBaseTransport | None = None) -> Iterator[Stage]:
    """A world of that name with a plugin of its own beside it."""
    sock = bind("127.0.0.1", 0)
    endpoints = {name: url_of(sock) + path for name, path in PATHS.items()}
    settings = {"motar": endpoints, "core": {"fixture_credentials": "literal"}}
    with httpx2.Client(base_url=f"{server}/_mock/", timeout=60, **PLAIN) as control:
        clock = {"mode": "frozen", "now": "2026-03-01T09:00:00Z"}
        made = control.post("worlds", json={"name": world, "clock": clock, "settings": settings, "seed": 5}).json()
        plugin = build_plugin(
            PluginSettings(
                motar_url=made["base_url"],
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                redirect_uri=endpoints["redirect_uri"],
            ),
            transport=transport,
        )
        try:
            with in_background(plugin, sock):
                yield Stage(control, world, settings)
        finally:
            control.delete(f"worlds/{world}")


class Stage:
    def __init__(self, control: httpx2.Client, world: str, settings: dict[str, Any]) -> None:
        self.control, self.world, self.settings = control, world, settings

    def call(self, method: str, path: str, **body: Any) -> Any:
        answer = self.control.request(method, f"worlds/{self.world}/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def act(self, name: str, **arguments: Any) -> Any:
        """Act, and wait as a person would until the plugin has nothing more to say."""
        result = self.call("POST", f"actions/{name}", **arguments)
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < 0.4:
            now = self.call("GET", "journal")["exchanges"]
            if len(now) != seen:
                seen, since = len(now), time.monotonic()
            time.sleep(0.02)
        return result

    def replay(self, text: str, mode: str | None = None) -> dict[str, Any]:
        run: dict[str, Any] = self.call("POST", "runs", text=text, settings=self.settings, mode=mode, seed=11)
        return run


@pytest.fixture(scope="module")
def recording(server: str) -> str:
    with stage(server, "recorded") as at:
        at.call("POST", "recording", name="recorded/demo")
        request = at.act("motar.start_ato_request", app="Flight Deck Trainer", by="@olivia")["request_id"]
        at.act("motar.sign_in", user="@olivia", request=request, visit=True)
        at.act("motar.add_distribution", request=request, distribution="1.0.0", by="@devon")
        at.call("POST", "clock/advance", by="2h")
        at.act("motar.sign_in", user="@olivia", request=request, visit=True)
        at.act("motar.view_progress", request=request)
        text: str = at.call("POST", "recording/stop")["text"]
        return text


def why(run: dict[str, Any]) -> tuple[str | None, str]:
    failed = next(step for step in run["steps"] if step["outcome"] == "failed")
    return failed["reason"], "\n".join(failed["details"])


def test_the_plugin_that_was_recorded_passes_strictly_in_a_fresh_world(server: str, recording: str) -> None:
    with stage(server, "again") as at:
        run = at.replay(recording)
    assert run["outcome"] == "passed", why(run)
    assert run["steps"][-1]["title"] == "Nothing else happens"


def test_a_replay_compares_what_studio_shows(server: str, recording: str) -> None:
    shown = recording[recording.index("action: motar.view_progress") :]
    assert "status: completed" in shown
    otherwise = recording.replace(shown, shown.replace("status: completed", "status: rejected"))
    with stage(server, "shown") as at:
        run = at.replay(otherwise)
    assert run["outcome"] == "failed"
    assert 'result.status: expected "rejected", got "completed"' in why(run)[1]


def test_a_recording_holds_no_secret_and_no_id_of_its_world(server: str, recording: str) -> None:
    for secret in (CLIENT_SECRET, CLIENT_ID, "eyJ", "offline"):
        assert secret not in recording
    assert "$steps.start_ato_request.outputs.request_id" in recording
    assert "advance: 2h" in recording
    assert "start: '2026-03-01T09:00:00Z'" in recording


def test_the_library_has_it(server: str, recording: str) -> None:
    kept = httpx2.get(f"{server}/_mock/scenarios/recorded/demo", **PLAIN).json()
    assert kept["text"] == recording


class Tampering(httpx2.AsyncBaseTransport):
    """The network between a plugin and MOTAR, on which something goes otherwise than the plugin means it."""

    def __init__(self) -> None:
        self._wire = httpx2.AsyncHTTPTransport()
        self.done = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self._wire.handle_async_request(request)

    async def aclose(self) -> None:
        await self._wire.aclose()


class Twice(Tampering):
    """Reports the first status two times."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith(STATUS) and not self.done:
            self.done = True
            await (await self._wire.handle_async_request(request)).aread()
        return await self._wire.handle_async_request(request)


class Silent(Tampering):
    """Leaves out the first alert."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith(ALERT) and not self.done:
            self.done = True
            return httpx2.Response(200, json={"success": True})
        return await self._wire.handle_async_request(request)


class Swapping(Tampering):
    """Sends the first status only after the alert that should follow it."""

    held: httpx2.Request | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith(STATUS) and not self.done:
            self.done, self.held = True, request
            return httpx2.Response(200, json={"success": True})
        answer = await self._wire.handle_async_request(request)
        if self.held is not None:
            held, self.held = self.held, None
            await answer.aread()
            await (await self._wire.handle_async_request(held)).aread()
        return answer


@pytest.mark.parametrize(
    ("variant", "reason", "told"),
    [
        (Twice, "unexpected", "has consumed already"),
        (Silent, "never came", "The last that came was"),
        (Swapping, "out of order", "came before it"),
    ],
)
def test_a_plugin_that_errs_fails_with_the_right_reason(
    server: str, recording: str, variant: type[Tampering], reason: str, told: str
) -> None:
    with stage(server, f"errs-{variant.__name__.lower()}", variant()) as at:
        run = at.replay(recording.replace("within: 5s", "within: 1s"))
    assert run["outcome"] == "failed"
    assert why(run)[0] == reason, why(run)[1]
    assert told in why(run)[1]
    assert "/plugin/v1/ato/" in why(run)[1]


def test_what_strict_refuses_a_looser_mode_lets_pass(server: str, recording: str) -> None:
    with stage(server, "loose", Twice()) as at:
        assert at.replay(recording, "ordered")["outcome"] == "passed"
    with stage(server, "looser", Swapping()) as at:
        assert at.replay(recording, "loose")["outcome"] == "passed"


def test_two_recordings_of_one_world_are_refused_and_a_discarded_one_is_gone(server: str) -> None:
    with stage(server, "once") as at:
        at.call("POST", "recording")
        again = at.control.post("worlds/once/recording", json={})
        assert (again.status_code, "is being recorded already" in again.text) == (409, True)
        empty = at.control.post("worlds/once/recording/stop")
        assert (empty.status_code, "Nothing has happened" in empty.text) == (409, True)
        assert at.control.delete("worlds/once/recording").status_code == 204
        assert at.control.get("worlds/once/recording").status_code == 404


def test_a_recording_goes_on_over_a_reset(server: str) -> None:
    with stage(server, "renewed") as at:
        at.call("POST", "actions/motar.start_ato_request")
        at.call("POST", "recording")
        at.call("POST", "reset")
        at.call("POST", "actions/motar.start_ato_request")
        assert at.call("GET", "recording")["exchanges"] >= 1
        text = at.call("POST", "recording/stop")["text"]
        assert text.count("action: motar.start_ato_request") == 1


def test_a_world_can_be_recorded_as_a_whole_afterwards(server: str) -> None:
    with stage(server, "whole") as at:
        at.act("motar.start_ato_request")
        at.call("POST", "recording", whole=True, name="recorded/whole")
        text = at.call("POST", "recording/stop")["text"]
    with stage(server, "whole-again") as at:
        run = at.replay(text)
        assert run["outcome"] == "passed", why(run)
