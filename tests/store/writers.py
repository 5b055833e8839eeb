"""Clients that write until the server is gone, and know what must be there afterwards."""

from __future__ import annotations

import base64
import http.client
import itertools
import json
import threading
from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import urlsplit


class Refused(AssertionError):
    """The server answered, and not as it should."""


class Connection:
    """Plain HTTP with JSON over one connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._http = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """What the server answers; raises `OSError` or `HTTPException` when it is gone, `Refused` when it refuses."""
        data = None if body is None else json.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        self._http.request(method, path, data, {**kind, **headers})
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise Refused(f"{method} {path}: {answer.status} {content.decode()}")
        return json.loads(content) if content else None

    def documents(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/_mock/worlds/default/documents/{kind}")["documents"]
        return found

    def close(self) -> None:
        self._http.close()


class Writer(ABC):
    """Does one kind of write over and over. `acknowledged` counts what the server has answered for."""

    def __init__(self) -> None:
        self.acknowledged = 0
        self.error: BaseException | None = None

    def work(self, url: str, begun: threading.Event) -> None:
        """Write until the server is gone."""
        connection = Connection(url)
        try:
            while True:
                self.write(connection)
                self.acknowledged += 1
                begun.set()
        except (OSError, http.client.HTTPException):
            pass
        except BaseException as error:
            self.error = error
        finally:
            connection.close()

    @abstractmethod
    def write(self, connection: Connection) -> None:
        """Send one write and note what was acknowledged."""

    @abstractmethod
    def check(self, connection: Connection) -> None:
        """Assert that everything acknowledged is there, and nothing is half there."""


class Starter(Writer):
    """Starts ATO requests: request, webhook and three counters are one transaction."""

    def __init__(self) -> None:
        super().__init__()
        self.started: dict[str, str] = {}

    def write(self, connection: Connection) -> None:
        result = connection.call("POST", "/_mock/worlds/default/actions/motar.start_ato_request", {})
        self.started[result["request_id"]] = result["delivery"]

    def check(self, connection: Connection) -> None:
        requests = {each["id"] for each in connection.documents("motar.ato_requests")}
        deliveries = {each["id"]: each["about"] for each in connection.documents("core.deliveries")}
        counters = {each["id"]: each["n"] for each in connection.documents("core.counters")}
        for request, delivery in self.started.items():
            assert request in requests
            assert deliveries[delivery] == request
        assert set(deliveries.values()) == requests
        assert counters.get("motar.ato_request", 0) == counters.get("delivery", 0) == len(requests)


class Reporter(Writer):
    """Is a plugin: reports a request's status by its number, and tells an alert of the same number."""

    def __init__(self, request: str, client_id: str, secret: str) -> None:
        super().__init__()
        self._request = request
        self._login = "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._numbers = itertools.count(1)
        self.alerts: list[str] = []
        self.statuses: list[str] = ["not-started"]

    def write(self, connection: Connection) -> None:
        n = next(self._numbers)
        status = ("in-progress", "action-required", "under-review")[n % 3]
        body = {"requestId": self._request, "status": status}
        self.statuses = [self.statuses[-1], status]
        connection.call("POST", "/plugin/v1/ato/status", body, Authorization=self._login)
        self.statuses = [status]
        alert = {"requestId": self._request, "title": f"alert {n}", "text": "x" * 200}
        connection.call("POST", "/plugin/v1/ato/alert", alert, Authorization=self._login)
        self.alerts.append(f"alert {n}")

    def check(self, connection: Connection) -> None:
        (request,) = (each for each in connection.documents("motar.ato_requests") if each["id"] == self._request)
        assert request["status"] in self.statuses
        self.statuses = [request["status"]]
        titles = [each["title"] for each in connection.documents("motar.alerts")]
        assert len(titles) == len(set(titles))
        assert set(self.alerts) <= set(titles)


class Settler(Writer):
    """Raises a setting of the world, a little each time."""

    def __init__(self) -> None:
        super().__init__()
        self._steps = itertools.count(1)
        self._sent = 0.5
        self._kept = 0.5

    def write(self, connection: Connection) -> None:
        self._sent = next(self._steps) / 1000 + 0.5
        values = {"core": {"webhook_timeout": self._sent}}
        connection.call("PUT", "/_mock/worlds/default/settings", values)
        self._kept = self._sent

    def check(self, connection: Connection) -> None:
        found = connection.call("GET", "/_mock/worlds/default/settings")["core"]["webhook_timeout"]
        assert found in (self._kept, self._sent) or self._sent == 0.5
        self._kept = self._sent = found


class Maker(Writer):
    """Makes worlds, writes in them, resets and drops them."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = itertools.count(1)
        self._there: dict[str, int] = {}
        self._in_doubt: str | None = None

    def write(self, connection: Connection) -> None:
        n = next(self._numbers)
        name = self._in_doubt = f"made-{n}"
        connection.call("POST", "/_mock/worlds", {"name": name})
        connection.call("POST", f"/_mock/worlds/{name}/actions/motar.start_ato_request", {})
        if n % 3 == 0:
            connection.call("POST", f"/_mock/worlds/{name}/reset")
        if n % 2 == 0:
            connection.call("DELETE", f"/_mock/worlds/{name}")
        else:
            self._there[name] = 0 if n % 3 == 0 else 1
        self._in_doubt = None

    def check(self, connection: Connection) -> None:
        worlds = {each["name"] for each in connection.call("GET", "/_mock/worlds")["worlds"]}
        assert worlds - {"default", self._in_doubt} == set(self._there)
        for name, requests in self._there.items():
            found = connection.call("GET", f"/_mock/worlds/{name}/documents")["collections"]
            assert found["motar.ato_requests"] == found["core.deliveries"] == requests
            assert found["motar.plugins"] == 1
        for name in worlds - {"default"}:
            connection.call("DELETE", f"/_mock/worlds/{name}")
        self._there, self._in_doubt = {}, None
