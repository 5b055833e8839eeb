"""Whatever bytes come: a clear refusal, no 500, no trace of our code, and no half-done change."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import Live, ask, eventually, send_raw, toy_app

HOST = b"Host: localhost\r\n"


def state(live: Live) -> dict[str, Any]:
    return live.control.get("snapshot").json()


RAW = {
    "an encoded NUL in the path": b"GET /oauth/%00 HTTP/1.1\r\n" + HOST,
    "bytes in the path that are no UTF-8": b"GET /oauth/%ff%fe HTTP/1.1\r\n" + HOST,
    "raw high bytes in the path": b"GET /oauth/\xff HTTP/1.1\r\n" + HOST,
    "raw high bytes in the query": b"GET /oauth/signin?client_id=\xff\xfe HTTP/1.1\r\n" + HOST,
    "encoded rubbish in the query": b"GET /oauth/signin?%00=%ff&client_id=%00%0d%0a HTTP/1.1\r\n" + HOST,
    "an encoded line break in the path": b"GET /oauth/%0d%0aX-Injected:%201 HTTP/1.1\r\n" + HOST,
    "high bytes in a header": b"GET /oauth/signin HTTP/1.1\r\nAuthorization: Bearer \xff\xfe\r\n" + HOST,
    "a Basic that is none": b"POST /plugin/v1/ato/status HTTP/1.1\r\nAuthorization: Basic ///\r\n" + HOST,
    "a Host that is none": b'GET /oauth/signin HTTP/1.1\r\nAccept: text/html\r\nHost: \xff<script>"\r\n',
    "no Host at all": b"GET /oauth/signin HTTP/1.0\r\n",
    "two dots": b"GET /oauth/../_mock/worlds HTTP/1.1\r\n" + HOST,
    "a world that is rubbish": b"GET /w/%00%ff/oauth/signin HTTP/1.1\r\n" + HOST,
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST,
    "an absolute URL": b"GET http://other.example/oauth/signin HTTP/1.1\r\n" + HOST,
    "an upgrade": b"GET /oauth/signin HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + HOST,
    "a length that is none": b"POST /oauth/token HTTP/1.1\r\nContent-Length: many\r\n" + HOST,
    "a negative length": b"POST /oauth/token HTTP/1.1\r\nContent-Length: -4\r\n" + HOST,
    "a length beyond all measure": b"POST /oauth/token HTTP/1.1\r\nContent-Length: " + b"9" * 30 + b"\r\n" + HOST,
    "a length of fifty megabytes": b"POST /oauth/token HTTP/1.1\r\nContent-Length: 50000000\r\n" + HOST,
    "a chunk that is none": b"POST /oauth/token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST + b"\r\nzz\r\n",
    "no HTTP": b"\x00\x01\x02 nonsense\r\n",
}


@pytest.mark.parametrize("data", RAW.values(), ids=RAW.keys())
def test_rubbish_on_the_wire_is_refused(data: bytes, world: Live, server: str, caplog: pytest.LogCaptureFixture):
    before = state(world)
    with caplog.at_level(logging.ERROR):
        answer = send_raw(server, data.replace(b" /", f" /w/{world.name}/".encode(), 1) + b"\r\n")
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500
    assert b"Traceback" not in answer
    assert b"\nx-injected" not in answer.lower()
    assert state(world) == before
    assert not caplog.records


BODIES = {
    "malformed": (b'{"requestId": ', "application/json"),
    "not UTF-8": (b'{"requestId": "\xff\xfe"}', "application/json"),
    "a lone surrogate": (b'{"requestId": "\\ud800"}', "application/json"),
    "nested a thousand deep": (b'{"a":' * 1000 + b"1" + b"}" * 1000, "application/json"),
    "nested a hundred thousand deep": (b"[" * 100_000 + b"]" * 100_000, "application/json"),
    "nested just short of the stack": (b'{"a":' * 980 + b"1" + b"}" * 980, "application/json"),
    "never closed": (b"[" * 100_000, "application/json"),
    "a number out of range": (b'{"requestId": 1e999}', "application/json"),
    "a number of a thousand digits": (b'{"requestId": ' + b"9" * 1000 + b"}", "application/json"),
    "a list": (b"[1,2]", "application/json"),
    "nothing": (b"", "application/json"),
    "NaN": (b'{"requestId": NaN}', "application/json"),
    "text": (b"requestId=1", "text/plain"),
    "a form of rubbish": (b"%ff=%00&&&=&code=%", "application/x-www-form-urlencoded"),
    "no known type": (b"{}", "\xff/\xfe"),
    "a type with a strange charset": (b"{}", "application/json; charset=\x7f"),
}


@pytest.mark.parametrize("path", ["/plugin/v1/ato/status", "/plugin/v1/ato/alert", "/oauth/token", "/oauth/signin"])
@pytest.mark.parametrize(("body", "content_type"), BODIES.values(), ids=BODIES.keys())
def test_rubbish_in_the_body_is_refused(path: str, body: bytes, content_type: str, world: Live):
    plugin = world.plugin
    before = state(world)
    answer = world.http.post(
        path,
        content=body,
        headers={"Content-Type": content_type.encode("latin-1")},
        auth=(plugin["client_id"], plugin["client_secret"]),
    )
    assert 400 <= answer.status_code < 500
    assert "Traceback" not in answer.text
    assert state(world) == before
    for view in ("full", "summary", "canonical"):
        assert world.control.get("journal", params={"view": view}).status_code == 200
    verified = world.control.post("journal/verify", json={"match": {"path": path, "body": {"a": 1}}})
    assert verified.status_code == 422


def test_a_body_of_very_many_unknown_fields_is_answered_in_time(world: Live):
    plugin = world.plugin
    fields = ",".join(f'"field{n}": {n}' for n in range(20_000))
    answer = world.http.post(
        "/plugin/v1/ato/status",
        content=f"{{{fields}}}",
        headers={"Content-Type": "application/json"},
        auth=(plugin["client_id"], plugin["client_secret"]),
        timeout=30,
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("sent", [b"", b"half of what was promised", b"x" * 300_000])
def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_trace(
    sent: bytes, toy_world: Live, toy_server: str, caplog: pytest.LogCaptureFixture
):
    before = state(toy_world)
    head = f"POST /w/{toy_world.name}/toy/notes HTTP/1.1\r\nContent-Length: 500000\r\n".encode() + HOST
    with caplog.at_level(logging.WARNING):
        send_raw(toy_server, head + b"\r\n" + sent, close_at_once=True)
        assert toy_world.http.post("/toy/notes", content=b"whole").status_code == 200
    written = [each["request"]["body"] for each in toy_world.journal(kind="inbound")]
    assert written == ["whole"]
    assert [each["text"] for each in toy_world.documents("toy.notes")] == ["whole"]
    assert state(toy_world) != before
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_client_that_leaves_before_the_answer_has_its_request_done_all_the_same(toy_world: Live, toy_server: str):
    head = f"POST /w/{toy_world.name}/toy/notes HTTP/1.1\r\nContent-Length: 2\r\n".encode() + HOST
    host, port = toy_server.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(head + b"\r\nhi")
    assert toy_world.control.post("journal/wait", json={"match": {"path": "/toy/notes"}}).status_code == 200
    toy_world.settle()
    assert [each["text"] for each in toy_world.documents("toy.notes")] == ["hi"]


def test_a_body_that_stops_coming_ends_without_an_answer():
    async def story() -> None:
        with toy_app() as app:
            assert await ask(app, "POST", "/toy/notes", body=[b"some", b"more"], leave=True) is None
            world = app.worlds.find("default")
            assert len(world.journal) == 0
            assert world.inflight == 0

    asyncio.run(story())


def test_nothing_stays_in_flight_when_the_answer_cannot_be_sent():
    async def story() -> None:
        with toy_app() as app:
            world = app.worlds.find("default")

            async def receive() -> dict[str, Any]:
                return {"type": "http.request", "body": b"", "more_body": False}

            async def send(message: dict[str, Any]) -> None:
                raise OSError("the client has left")

            scope = {"type": "http", "method": "GET", "path": "/toy/whoami", "query_string": b"", "headers": []}
            with pytest.raises(OSError, match="has left"):
                await app({**scope, "scheme": "http"}, receive, send)
            assert world.inflight == 0
            assert len(world.journal) == 1
            await eventually(lambda: world.inflight == 0)

    asyncio.run(story())


TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
PATHS = st.one_of(
    st.sampled_from(
        ["/toy/notes", "/toy/whoami", "/toy/notes/1", "/oauth/token", "/oauth/signin", "/plugin/v1/ato/status", "/w/"]
    ),
    TEXTS.map(lambda text: f"/oauth/{text}"),
    TEXTS.map(lambda text: f"/w/{text}/oauth/signin"),
    TEXTS.map(lambda text: f"/{text}"),
).filter(lambda path: not path.startswith("/_mock") and path != "/")
NAMES = st.sampled_from(
    [b"authorization", b"content-type", b"host", b"x-mock-world", b"accept", b"x-cookie", b"content-length", b"cookie"]
)
VALUES = st.one_of(
    st.binary(max_size=30),
    st.binary(max_size=30).map(lambda value: b"Basic " + value),
    st.binary(max_size=30).map(lambda value: b"Bearer a." + value + b".c"),
    st.sampled_from([b"application/json", b"application/x-www-form-urlencoded", b"text/html", b"99999999999"]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "X"]),
    path=PATHS,
    query=st.binary(max_size=40),
    headers=st.lists(st.tuples(NAMES, VALUES), max_size=4),
    body=st.lists(st.binary(max_size=60), min_size=1, max_size=3),
)
def test_no_bytes_whatever_break_the_edge(
    method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: list[bytes]
):
    with toy_app() as app:
        answer = asyncio.run(ask(app, method, path, query=query, headers=headers, body=body))
    assert answer is not None
    assert answer.status < 500
    assert b"Traceback" not in answer.body
    assert all("\n" not in value and "\x00" not in value for value in answer.headers.values())
