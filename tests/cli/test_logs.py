"""What the server's log says, how it looks, and what it never shows."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from mockserver.logs import LogLines, configure, printable
from mockserver.world.journal import Exchange, Violation
from mockserver.world.world import World
from tests.support import CLIENT_ID, CLIENT_SECRET
from tests.toy import toy_worlds

SECRET = "s3cr3t-0123456789abcdef"


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    levels = {name: logging.getLogger(name).level for name in ("mockserver", "httpx2", "uvicorn", "asyncio")}
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def exchange(**fields: Any) -> Exchange:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    usual = {"id": 1, "began": 1, "kind": "inbound", "at": now, "wall": now, "seconds": 0.00123, "method": "GET"}
    return Exchange(**{**usual, "path": "/toy/whoami", "route": "GET /toy/whoami", "status": 200, **fields})


def logged(*told: Exchange, form: Any = "text", level: str = "info", secret: str = SECRET) -> str:
    """What is written when these things happen in a world that holds a secret."""
    stream = io.StringIO()
    lines = configure(level, form, stream)
    worlds = toy_worlds()
    world: World = worlds.create("default")
    world.act("toy.write", {"text": "a", "secret": secret})
    lines.watch(worlds)
    for each in told:
        for observe in worlds.observers:
            observe(world, each)
    lines.flush()
    return stream.getvalue()


def test_an_exchange_is_one_line_with_world_request_status_violations_and_time():
    line = logged(exchange(status=400, error="no such note", violations=(Violation("q", "nobody documents it"),)))
    assert line.count("\n") == 1
    for part in ("default", "-> GET /toy/whoami", "400", "no such note", "(q: nobody documents it)", "1.2 ms"):
        assert part in line


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        (
            {"kind": "delivery", "url": "https://me:pw@plugin.test/hook?code=abc#x", "method": "POST"},
            "<- POST https://plugin.test/hook ",
        ),
        ({"kind": "delivery", "url": "http://[::1]:80/hook", "method": "POST"}, "<- POST http://[::1]:80/hook "),
        ({"kind": "action", "path": "toy.write", "status": None}, "-- action toy.write "),
        ({"kind": "clock", "path": "advance", "status": None}, "-- clock advance "),
    ],
)
def test_each_kind_of_exchange_has_its_arrow(fields: dict[str, Any], shown: str):
    assert shown in logged(exchange(**fields))


def test_json_has_a_document_a_line():
    violation = Violation("q", "nobody documents it")
    told = json.loads(logged(exchange(status=400, error="no", violations=(violation,)), form="json"))
    assert told == {
        "time": "2026-01-02T03:04:05Z",
        "level": "info",
        "logger": "mockserver",
        "message": "GET /toy/whoami",
        "kind": "inbound",
        "world": "default",
        "route": "GET /toy/whoami",
        "status": 400,
        "ms": 1.23,
        "error": "no",
        "violations": [{"field": "q", "reason": "nobody documents it"}],
    }


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "nasty",
    [
        "/a\r\n12:00:00 default -> forged",
        "/a\n\n",
        "/\x1b[2J\x1b[31m",
        "/\x00",
        "/\u2028x",
        "/\u202etxt",
        "/\x85",
        "/\ud800",
    ],
)
def test_nobody_can_forge_a_line_or_steer_a_terminal(nasty: str, form: str):
    told = exchange(route=None, path=nasty, error=f"Nothing at {nasty}", violations=(Violation(nasty, nasty),))
    lines = logged(told, form=form)
    assert lines.count("\n") == 1
    assert lines[:-1].isprintable()


def test_a_log_record_cannot_be_forged_either():
    stream = io.StringIO()
    lines = configure("info", "text", stream)
    logging.getLogger("mockserver.x").warning("odd path %s", "/a\n12:00 forged\x1b[2J")
    lines.flush()
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue()[:-1].isprintable()


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "fields",
    [
        {"path": f"/toy/notes/{SECRET}", "route": "GET /toy/notes/{id}"},
        {"path": f"/{SECRET}/x", "route": None},
        {"error": f"the code {SECRET} was used"},
        {"error": f"password='{SECRET}'"},
        {"violations": (Violation(f"client_secret={SECRET}", f"did you mean {SECRET}?"),)},
        {"kind": "delivery", "url": f"http://x:{SECRET}@plugin.test/hook?token={SECRET}"},
        {"kind": "delivery", "url": f"http://plugin.test/{SECRET}"},
        {"kind": "action", "path": SECRET},
    ],
)
def test_secrets_are_not_shown(fields: dict[str, Any], form: str):
    assert SECRET not in logged(exchange(**fields), form=form)


def test_a_traceback_shows_no_secret():
    stream = io.StringIO()
    lines = configure("info", "text", stream)
    worlds = toy_worlds()
    worlds.create("default").act("toy.write", {"text": "a", "secret": SECRET})
    lines.watch(worlds)
    try:
        raise RuntimeError(f"it broke over {SECRET}")
    except RuntimeError:
        logging.getLogger("mockserver.x").exception("answering failed for %s", SECRET)
    shown = stream.getvalue()
    assert SECRET not in shown
    assert "RuntimeError: it broke over {secret}" in shown


def test_nothing_is_done_for_a_level_that_is_off():
    lines = configure("warning", "text", io.StringIO())
    worlds = toy_worlds()
    lines.watch(worlds)
    assert worlds.observers == []


@pytest.mark.parametrize(
    ("form", "stream", "is_json"),
    [
        ("auto", Terminal(), False),
        ("auto", io.StringIO(), True),
        ("text", io.StringIO(), False),
        ("json", Terminal(), True),
    ],
)
def test_auto_is_text_on_a_terminal_and_json_elsewhere(form: Any, stream: io.StringIO, is_json: bool):
    assert configure("info", form, stream).is_json is is_json


def test_a_terminal_gets_colours_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TERM", "xterm")
    for variable, colours in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        with monkeypatch.context() as patch:
            patch.delenv("NO_COLOR", raising=False)
            for name, value in variable.items():
                patch.setenv(name, value)
            stream = Terminal()
            configure("info", "auto", stream)
            logging.getLogger("mockserver").warning("hello")
            assert ("\x1b[" in stream.getvalue()) is colours


def test_a_stream_that_is_gone_stops_nobody():
    stream = io.StringIO()
    lines = LogLines(stream, is_json=False)
    stream.close()
    lines.write("hello")
    lines.flush()


def test_printable_text_stays_as_it_is():
    assert printable("/ünïcode/✓ 漢字") == "/ünïcode/✓ 漢字"


def sign_in(client: httpx2.Client) -> list[str]:
    """Sign in, do a few things wrong, put secrets where they do not belong; answers the secrets."""
    act = "/_mock/worlds/default/actions"
    client.post(f"{act}/motar.start_ato_request", json={})
    code = client.post(f"{act}/motar.sign_in", json={"user": "@olivia"}).json()["code"]
    form = {"grant_type": "authorization_code", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "code": code}
    tokens = client.post("/oauth/token", data=form).json()
    client.post("/oauth/token", data=form)
    client.post("/oauth/token", data={**form, "client_secret": "wrong"})
    for token in (tokens["access_token"], code):
        client.get("/oauth/token/validate", headers={"authorization": f"Bearer {token}"}, params={"token": token})
        client.get(f"/plugin/v1/{token}")
        client.get(f"/w/default/{token}?code={token}")
    client.get("/oauth/signin", params={"client_id": CLIENT_ID, "code": code}, headers={"cookie": f"x={code}"})
    return [code, tokens["access_token"], tokens["refresh_token"]]


def test_no_credential_of_the_quickstart_stands_in_the_log_of_a_sign_in(serve):
    with serve("--log-level", "debug") as served:
        with httpx2.Client(base_url=served.url, trust_env=False) as client:
            secrets = sign_in(client)
        _, _, err = served.stop()
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    assert {"POST /oauth/token", "GET /oauth/token/validate"} <= {each["message"] for each in lines}
    for secret in (*secrets, CLIENT_SECRET, "offline"):
        assert secret not in err


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_stands_below_a_message_is_a_line_each_without_secrets(form: Any):
    stream = io.StringIO()
    lines = configure("info", form, stream)
    worlds = toy_worlds()
    worlds.create("default").act("toy.write", {"text": "a", "secret": SECRET})
    lines.watch(worlds)
    logging.getLogger("mockserver.watching").warning("broken", extra={"details": ("a.yaml:1: \x1b[2J", f"b {SECRET}")})
    lines.flush()
    told = stream.getvalue()
    assert SECRET not in told
    if form == "json":
        assert [each[:2] for each in json.loads(told)["details"]] == ["a.", "b "]
    else:
        assert [line[:6] for line in told.splitlines()[1:]] == ["    a.", "    b "]
        assert "\x1b" not in told
