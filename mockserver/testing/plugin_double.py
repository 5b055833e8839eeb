"""A plugin that plays along: pytest-httpserver behind the endpoints of a world."""

from __future__ import annotations

import base64
import contextlib
import hmac
import re
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pytest

from mockserver.client import WorldClient
from mockserver.testing.worlds import configure_plugin

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer
    from werkzeug import Request, Response

What = Literal["request", "distributions", "visit"]

PATHS: dict[str, What] = {
    "/motar/requests": "request",
    "/motar/distributions": "distributions",
    "/motar/callback": "visit",
}


@dataclass(frozen=True, slots=True)
class Received:
    """What came: a started `request`, changed `distributions`, or a user's `visit`; and how it was answered.

    `document` is the webhook's JSON, or the query of a visit. `headers` have lower-case names.
    """

    what: What
    document: Any
    headers: Mapping[str, str]
    status: int


@dataclass(slots=True)
class _Order:
    """Something the plugin was told to do, for the next `left` calls or for good."""

    what: What | None
    value: float
    left: int | None

    def applies(self, what: What) -> bool:
        if self.what not in (None, what) or self.left == 0:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class MotarPlugin:
    """Plays the plugin of one world or several; what it is told holds until `behave` or the end of the test.

    A world that is reset in between forgets where its plugin is: call `play_for` again. `received` has everything that
    came, in the order of the answers; what is sent at once, without `settle` in between, comes in any order.
    """

    def __init__(self, server: HTTPServer) -> None:
        self.received: list[Received] = []
        self.endpoints = {
            "request_endpoint": server.url_for("/motar/requests"),
            "distribution_endpoint": server.url_for("/motar/distributions"),
            "redirect_uri": server.url_for("/motar/callback"),
        }
        self._credentials: set[str] = set()
        self._statuses: list[_Order] = []
        self._delays: list[_Order] = []
        self._lock = threading.Lock()
        self._left = threading.Event()
        server.clear_all_handlers()
        server.clear()
        server.expect_request(re.compile("^/motar/")).respond_with_handler(self._answer)

    def play_for(self, world: WorldClient) -> None:
        """Be the plugin of a world: its endpoints point here, and its credentials are accepted."""
        configure_plugin(world, self.endpoints)
        # The test has not begun yet; what it verifies should be its own doing.
        world.journal.clear()
        known = world.plugin()
        self._credentials.add(base64.b64encode(f"{known.client_id}:{known.client_secret}".encode()).decode())

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The documents of started requests that were accepted, oldest first."""
        return self._accepted("request")

    @property
    def distributions(self) -> list[dict[str, Any]]:
        """The documents of changed distributions that were accepted, oldest first."""
        return self._accepted("distributions")

    @property
    def visits(self) -> list[dict[str, Any]]:
        """The queries with which users came back from the sign-in page (`code` and `state`, or `error`)."""
        return self._accepted("visit")

    @property
    def refused(self) -> list[Received]:
        """Everything that was not accepted: wrong credentials, and what the plugin was told to refuse."""
        return [each for each in self.received if each.status >= 400]

    def refuse(self, status: int = 403, *, what: What | None = None, times: int | None = None) -> None:
        """Answer with this status from now on, or the next `times` times; `what` narrows it to one kind of call."""
        self._statuses.append(_Order(what, status, times))

    def fail(self, *, what: What | None = None, times: int | None = None) -> None:
        """`refuse` with status 500."""
        self.refuse(500, what=what, times=times)

    def delay(self, seconds: float, *, what: What | None = None, times: int | None = None) -> None:
        """Take this long before each answer, in seconds of wall time."""
        self._delays.append(_Order(what, seconds, times))

    def behave(self) -> None:
        """Forget every order to fail, refuse or delay."""
        with self._lock:
            self._statuses.clear()
            self._delays.clear()

    def leave(self) -> None:
        """The test is over: whoever is delayed goes on at once."""
        self._left.set()

    def _accepted(self, what: What) -> list[dict[str, Any]]:
        return [each.document for each in self.received if each.what == what and each.status < 400]

    def _answer(self, request: Request) -> Response:
        from werkzeug import Response

        what = PATHS.get(request.path)
        if what is None:
            return Response("This plugin has nothing here.", 404)
        with self._lock:
            delay = next((order.value for order in self._delays if order.applies(what)), 0.0)
        if delay:
            self._left.wait(delay)
        status, told = self._judge(what, request)
        document = dict(request.args) if what == "visit" else request.get_json(silent=True)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(what, document, headers, status))
        return Response(told, status, {"www-authenticate": 'Basic realm="plugin"'} if status == 401 else {})

    def _judge(self, what: What, request: Request) -> tuple[int, str]:
        if what != "visit":
            scheme, _, sent = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "basic" or not any(
                hmac.compare_digest(sent.encode(), each.encode()) for each in self._credentials
            ):
                return 401, "Not the client ID and secret of this plugin."
        with self._lock:
            status = next((int(order.value) for order in self._statuses if order.applies(what)), 200)
        return status, "The plugin was told to answer this." if status != 200 else "ok"


@contextlib.contextmanager
def plugin_server() -> Generator[HTTPServer]:
    """The HTTP server of the session's plugin. Fails where pytest-httpserver is not installed."""
    if not _has_httpserver():
        pytest.fail("The fixture motar_plugin needs pytest-httpserver: pip install pytest-httpserver.", pytrace=False)
    from pytest_httpserver import HTTPServer

    # Threads, or one delayed answer would hold up all others.
    server = HTTPServer(host="127.0.0.1", port=0, threaded=True)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _has_httpserver() -> bool:
    try:
        import pytest_httpserver  # noqa: F401
    except ImportError:
        return False
    return True
