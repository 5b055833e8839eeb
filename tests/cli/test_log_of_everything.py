"""The log of everything that ships, run on one server: each line is a document, and no secret stands in any."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, unquote

import httpx2
import msgspec
import pytest

from mockserver import resources
from mockserver.app import build_app
from mockserver.logs import CHATTY, LogLines
from mockserver.server import running
from mockserver.settings import Settings
from mockserver.world.journal import Exchange
from mockserver.world.world import World
from tests.cli.test_logs import sign_in
from tests.support import PLAIN

SHIPPED = ("motar/quickstart", "akana/business", "os1/quickstart")
SECRET = re.compile(
    r"secret|token|^code|code$|passw|cookie|csrf|verifier|assertion|authorization$|ticket", re.IGNORECASE
)
"""Names of what is secret. Not those that the log itself goes by: it may have forgotten one."""
SHORTEST = 12


class Overheard:
    """Every secret that goes over the wire, read from the exchanges themselves."""

    def __init__(self) -> None:
        self.secrets: set[str] = set()
        self.exchanges = 0

    def hear(self, world: World | None, exchange: Exchange) -> None:
        self.exchanges += 1
        for name, value in (*exchange.request_headers, *exchange.response_headers):
            if name in ("cookie", "set-cookie"):
                self._keep(value.partition(";")[0].partition("=")[2])
            elif SECRET.search(name):
                self._keep(value.rpartition(" ")[2])
            elif name == "location":
                self._pairs(re.split(r"[?#]", value, maxsplit=1)[-1])
        self._pairs(exchange.query_string)
        for body in (exchange.request_body, exchange.response_body):
            try:
                self._data(msgspec.json.decode(body))
            except (msgspec.DecodeError, UnicodeDecodeError):
                self._pairs(body.decode("utf-8", "replace") if len(body) < 10_000 else "")

    def _pairs(self, text: str) -> None:
        for name, value in parse_qsl(text):
            if SECRET.search(name):
                self._keep(unquote(value))

    def _data(self, value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                self._data(each, key)
        elif isinstance(value, list):
            for each in value:
                self._data(each, name)
        elif isinstance(value, str) and SECRET.search(name):
            self._keep(value)

    def _keep(self, secret: str) -> None:
        # What is shorter or has no digit is a word, such as the name of a kind of token.
        if len(secret) >= SHORTEST and re.search(r"\d", secret) and " " not in secret:
            self.secrets.add(secret)


@contextmanager
def logged(*handlers: LogLines) -> Iterator[None]:
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, CHATTY)]
    levels = [each.level for each in loggers]
    # As `configure` does, which would take pytest's own handlers away.
    for each in loggers:
        each.setLevel(logging.DEBUG if each is root else logging.WARNING)
    for handler in handlers:
        root.addHandler(handler)
    try:
        yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)
            handler.flush()


def misplace(client: httpx2.Client, secrets: list[str]) -> None:
    """Send secrets where they do not belong, and where an error repeats what was sent."""
    for secret in secrets:
        for path in (f"/oauth/{secret}", f"/nowhere/{secret}/x", f"/api/apps/versions/{secret}", f"/core/{secret}"):
            assert client.get(path, params={"x": secret}).status_code >= 400
        assert client.post("/oauth/token", data={"grant_type": secret, "client_id": secret}).status_code >= 400


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_secret_stands_in_the_log_of_all_that_ships(mockserver: Any):
    streams = {"json": io.StringIO(), "text": io.StringIO()}
    handlers = [LogLines(stream, is_json=form == "json") for form, stream in streams.items()]
    overheard = Overheard()
    app = build_app(Settings(fixture=SHIPPED))
    with logged(*handlers):
        for each in handlers:
            each.watch(app.worlds)
        app.worlds.observers.append(overheard.hear)
        with running(app) as url:
            ran = mockserver("run", "--quiet", "--server", url, *resources.shipped("scenarios"))
            assert ran.returncode == 0, ran.stdout + ran.stderr
            with httpx2.Client(base_url=url, **PLAIN) as client:
                misplace(client, sign_in(client))
    logs = {form: stream.getvalue() for form, stream in streams.items()}
    assert len(overheard.secrets) > 100
    assert overheard.exchanges > 500
    for form, log in logs.items():
        shown = sorted(secret for secret in overheard.secrets if secret in log)
        assert shown == [], f"{form}: {next(line for line in log.splitlines() if shown[0] in line)}"
    lines = [json.loads(line) for line in logs["json"].splitlines()]
    assert {"inbound", "delivery", "action"} <= {each.get("kind") for each in lines}
    assert all({"time", "level", "message"} <= each.keys() for each in lines)
