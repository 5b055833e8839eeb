"""The two sides of the wire: a MOTAR played by pytest-httpserver, and the plugin under a real uvicorn server."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest
import uvicorn
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from mockserver.reference_plugin import Settings, build_plugin

DEADLINE = 10.0
RE_ANY = re.compile(".*")
REQUEST_ID = "65f0c0ffee0123456789abcd"
STARTED = {
    "requestId": REQUEST_ID,
    "companyId": "65f0000000000000000000aa",
    "companyName": "Dynepic",
    "companyPhone": None,
    "requestingUserFirstName": "Ada",
    "requestingUserLastName": "Byron",
    "requestingUserEmail": "ada@example.test",
    "appName": "My App",
    "packageName": "My App ATO Package",
    "reportUri": None,
    "status": "not-started",
    "completed": False,
}


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    authorization: str
    body: dict[str, Any]


def refusal(status: int, code: str, text: str, *, where: str = "both") -> Response:
    """MOTAR's error: the same two values in the body and in the headers, or in one of them."""
    body = json.dumps({"error_code": code, "error_description": text}) if where != "headers" else ""
    headers = {"errorcode": code, "errordescription": text} if where != "body" else {}
    return Response(body, status, headers, content_type="application/json")


def found(document: object) -> Response:
    return Response(json.dumps(document), 200, content_type="application/json")


@dataclass
class FakeMotar:
    """As much of MOTAR as the plugin meets: single-use codes, rotating tokens, and a record of every call."""

    server: HTTPServer
    calls: list[Call] = field(default_factory=list)
    next_answers: defaultdict[str, deque[Response]] = field(default_factory=lambda: defaultdict(deque))
    hold: Callable[[Call], None] = lambda call: None
    error_in: str = "both"
    expires_in: object = "1d"
    profile: object = field(default_factory=lambda: {"firstName": "Grace"})
    access: str = ""
    refresh: str = ""
    minted: int = 0
    codes: int = 0
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return self.server.url_for("")

    @property
    def reports(self) -> list[Call]:
        return [call for call in self.calls if "/plugin/v1/ato/" in call.path]

    @property
    def refreshes(self) -> list[Call]:
        return [call for call in self.calls if call.body.get("grant_type") == "refresh_token"]

    def lines(self) -> list[str]:
        """The reports as short lines: `status in-progress`, `alert info action-required`."""
        return [
            " ".join(filter(None, (call.path.rpartition("/")[2], call.body.get("type"), call.body["status"])))
            for call in self.reports
        ]

    def code(self) -> str:
        self.codes += 1
        return f"code-{self.codes}"

    def expire(self) -> None:
        """From now on the access token in use is too old."""
        self.access = ""

    def refuse_next(self, path: str, status: int, code: str, text: str) -> None:
        self.next_answers[path].append(refusal(status, code, text, where=self.error_in))

    def answer_next(self, path: str, text: str, status: int = 200) -> None:
        self.next_answers[path].append(Response(text, status, content_type="application/json"))

    def wait_for_reports(self, count: int) -> list[str]:
        with self.arrived:
            enough = self.arrived.wait_for(lambda: len(self.reports) >= count, DEADLINE)
        assert enough, f"{count} reports expected, {self.lines()} came"
        return self.lines()

    def answer(self, request: Request) -> Response:
        text = request.get_data(as_text=True)
        is_form = (request.content_type or "").startswith("application/x-www-form-urlencoded")
        body = dict(parse_qsl(text, keep_blank_values=True)) if is_form else json.loads(text or "{}")
        call = Call(request.method, request.path, request.headers.get("Authorization", ""), body)
        self.hold(call)
        with self.arrived:
            answer = self._decide(call)
            self.calls.append(call)
            self.arrived.notify_all()
        return answer

    def _decide(self, call: Call) -> Response:
        if self.next_answers[call.path]:
            return self.next_answers[call.path].popleft()
        if call.path.endswith("/oauth/token"):
            return self._tokens(call.body)
        if call.authorization.startswith("Bearer ") and call.authorization != f"Bearer {self.access}":
            return refusal(401, "4010", "Access token refresh required", where=self.error_in)
        return found(self.profile if call.path.endswith("/my/profile") else {"success": True})

    def _tokens(self, form: dict[str, str]) -> Response:
        code = form["grant_type"] == "authorization_code" and form["code"] == f"code-{self.codes}"
        if not code and form.get("refresh_token") != self.refresh:
            return refusal(400, "4008", f"Token already used: {form.get('refresh_token') or form['code']}")
        self.minted += 1
        self.access, self.refresh = f"access-{self.minted}", f"refresh-{self.minted}"
        tokens = {"access_token": self.access, "refresh_token": self.refresh, "token_type": "Bearer"}
        return found({**tokens, "expires_in": self.expires_in})


@dataclass
class RunningPlugin:
    """The plugin on its port, with what MOTAR and a browser send to it."""

    url: str
    settings: Settings
    browser: httpx2.Client
    stop: Callable[[], None]
    request_id: str = REQUEST_ID

    @property
    def credentials(self) -> tuple[str, str]:
        return self.settings.client_id, self.settings.client_secret

    def notify(self, path: str, document: object, **options: Any) -> httpx2.Response:
        return self.browser.post(path, json=document, **{"auth": self.credentials, **options})

    def start_request(self, request_id: str = REQUEST_ID, **changes: object) -> httpx2.Response:
        return self.notify("/motar/requests", {**STARTED, "requestId": request_id, **changes})

    def set_distributions(self, *versions: str, request_id: str = REQUEST_ID) -> httpx2.Response:
        entries = [{"id": f"id-{version}", "name": "My App", "version": version} for version in versions]
        return self.notify("/motar/distributions", {"requestId": request_id, "distributions": entries})

    def open(self, **query: str) -> httpx2.Response:
        return self.browser.get("/motar/callback", params=query)


class PromptServer(uvicorn.Server):
    """Looks ten times as often whether it should stop: most of a short test would be waiting for that."""

    async def main_loop(self) -> None:
        while not self.should_exit:  # noqa: ASYNC110 - the flag is a plain attribute, set from another thread
            await asyncio.sleep(0.01)


@contextmanager
def running(settings: Settings) -> Iterator[RunningPlugin]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        config = uvicorn.Config(build_plugin(settings), log_config=None, access_log=False, ws="none", lifespan="on")
        server = PromptServer(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)

        def stop() -> None:
            """Returns when the tasks that run after an answer are through."""
            server.should_exit = True
            thread.join(DEADLINE)
            assert not thread.is_alive()

        thread.start()
        deadline = time.monotonic() + DEADLINE
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        url = f"http://127.0.0.1:{bound.getsockname()[1]}"
        with httpx2.Client(base_url=url, trust_env=False, timeout=DEADLINE) as browser:
            yield RunningPlugin(url, settings, browser, stop)
        stop()


@pytest.fixture
def document() -> dict[str, object]:
    """The request-started document of a brand new request, all twelve fields."""
    return dict(STARTED)


@pytest.fixture(scope="session")
def motar_server() -> Iterator[HTTPServer]:
    with HTTPServer(host="127.0.0.1", port=0, threaded=True) as server:
        yield server


@pytest.fixture
def motar(motar_server: HTTPServer) -> Iterator[FakeMotar]:
    fake = FakeMotar(motar_server)
    motar_server.clear()
    motar_server.expect_request(RE_ANY).respond_with_handler(fake.answer)
    yield fake
    motar_server.check()


@pytest.fixture
def start_plugin(motar: FakeMotar) -> Iterator[Callable[..., RunningPlugin]]:
    """Starts a plugin that is registered at `motar`; keyword arguments change its settings."""
    with ExitStack() as stack:

        def start(**changes: Any) -> RunningPlugin:
            registered = {
                "motar_url": motar.url,
                "client_id": "iok-cid-1",
                "client_secret": "iok-cse-1",
                "redirect_uri": "http://127.0.0.1:8700/motar/callback",
            }
            return stack.enter_context(running(Settings(**{**registered, **changes})))

        yield start


@pytest.fixture
def plugin(start_plugin: Callable[..., RunningPlugin]) -> RunningPlugin:
    return start_plugin()


@pytest.fixture
def handed_over(plugin: RunningPlugin, motar: FakeMotar) -> RunningPlugin:
    """A plugin with one request, opened once by its user; what led there is struck from the record."""
    plugin.start_request()
    assert plugin.open(code=motar.code(), state=REQUEST_ID).status_code == 200
    motar.calls.clear()
    return plugin
