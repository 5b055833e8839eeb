"""The recording proxy between real sockets: what passes is what was said, and what is kept can be read."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import httpx2
import pytest

from mockserver.recordings.fitting import target_of
from mockserver.recordings.proxy import Door
from mockserver.recordings.reel import Passed, Reel
from mockserver.server import in_background
from tests.recordings.raw_server import Handler, Received, answer, answering, raw_server, say
from tests.support import PLAIN


class Proxied:
    """A proxy in front of a raw server, and what it told."""

    def __init__(self, url: str, upstream: str, received: list[Received], reel: Reel, told: list[Passed]) -> None:
        self.url, self.upstream, self.received, self.reel, self.told = url, upstream, received, reel, told

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def say(self, line: str, *fields: str, body: bytes = b"") -> Received:
        head = "\r\n".join([f"{line} HTTP/1.1", f"Host: {self.host}", *fields])
        return say(self.url, head.encode("latin-1") + b"\r\n\r\n" + body)

    def first(self, within: float = 5.0) -> Passed:
        """What was told first, as soon as it is."""
        deadline = time.monotonic() + within
        while not self.told:
            assert time.monotonic() < deadline, "nothing was told"
            time.sleep(0.005)
        return self.told[0]

    def entry(self) -> dict[str, Any]:
        """The one exchange that was kept, as HAR."""
        (entry,) = self.reel.har("test")["log"]["entries"]
        return dict(entry)


@contextmanager
def proxied(
    handler: Handler, *, base: str = "", kind: Literal["inbound", "delivery"] = "inbound", **bounds: Any
) -> Iterator[Proxied]:
    told: list[Passed] = []
    reel = Reel(told.append)
    with raw_server(handler) as server:
        door = Door(kind, target_of(server.url + base, "upstream", plain=False), reel, **bounds)
        with in_background(door) as url:
            yield Proxied(url, server.url, server.received, reel, told)


def test_a_request_arrives_as_it_was_said_but_for_host_and_connection() -> None:
    with proxied(answering(answer())) as at:
        at.say(
            "POST /a%2fb/%E2%82%AC;v=1//c/../d?x=%20&y=a+b&&z",
            "Connection: close, X-Hop",
            "X-Hop: 1",
            "Keep-Alive: timeout=5",
            "User-Agent: mine",
            "X-Twice: 1",
            "X-Twice: 2",
            "Cookie: a=1; b=2",
            "Origin: " + at.url,
            "Content-Length: 4",
            body=b"\x00\xffab",
        )
    (came,) = at.received
    assert came.line == b"POST /a%2fb/%E2%82%AC;v=1//c/../d?x=%20&y=a+b&&z HTTP/1.1"
    assert came.body == b"\x00\xffab"
    assert sorted(came.fields) == sorted(
        [
            (b"host", at.upstream.removeprefix("http://").encode()),
            (b"user-agent", b"mine"),
            (b"x-twice", b"1"),
            (b"x-twice", b"2"),
            (b"cookie", b"a=1; b=2"),
            (b"origin", at.upstream.encode()),
            (b"content-length", b"4"),
        ]
    )


def test_a_chunked_request_arrives_whole() -> None:
    with proxied(answering(answer())) as at:
        at.say("POST /x", "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
    (came,) = at.received
    assert came.body == b"abcde"
    assert (came.field(b"content-length"), came.field(b"transfer-encoding")) == ([b"5"], [])


def test_an_answer_comes_back_as_it_was_but_for_the_connection_and_what_leads_to_the_upstream() -> None:
    def handler(request: Received, connection: socket.socket) -> None:
        origin = "http://" + request.field(b"host")[0].decode()
        connection.sendall(
            answer(
                "302 Elsewhere",
                "Connection: X-Hop, keep-alive",
                "X-Hop: 1",
                "Keep-Alive: timeout=5",
                "Set-Cookie: a=1; Domain=127.0.0.1; Secure",
                "Set-Cookie: b=2; Path=/",
                f"Location: {origin}/login?next=%2F",
                "Server: theirs",
                body=b"go on",
            )
        )

    with proxied(handler) as at:
        came = at.say("GET /x")
    assert came.head.startswith(b"HTTP/1.1 302 ")
    assert came.body == b"go on"
    assert came.fields == [
        (b"set-cookie", b"a=1"),
        (b"set-cookie", b"b=2; Path=/"),
        (b"location", f"{at.url}/login?next=%2F".encode()),
        (b"server", b"theirs"),
        (b"content-length", b"5"),
    ]
    assert len(at.received) == 1, "a redirect is the client's to follow"
    cookies = [each["value"] for each in at.entry()["response"]["headers"] if each["name"] == "set-cookie"]
    assert cookies == ["a={cookie-1}", "b={cookie-2}; Path=/"]


def test_a_browser_signs_in_through_it_below_a_base_path() -> None:
    def handler(request: Received, connection: socket.socket) -> None:
        if request.line.startswith(b"GET /base/start"):
            connection.sendall(answer("303 See", "Set-Cookie: s=1; Path=/base; Secure", "Location: /base/login"))
        else:
            seen = b"; ".join(request.field(b"cookie"))
            connection.sendall(answer(body=request.line + b" with " + seen))

    with proxied(handler, base="/base/") as at, httpx2.Client(follow_redirects=True, **PLAIN) as browser:
        assert browser.get(f"{at.url}/start?x").text == "GET /base/login HTTP/1.1 with s=1"


@pytest.mark.parametrize(
    ("coding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress)],
)
def test_a_packed_answer_passes_byte_for_byte_and_is_kept_unpacked(coding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b'{"hello": "world"}')
    sent = answer("200 OK", f"Content-Encoding: {coding}", "Content-Type: application/json", body=packed)
    with proxied(answering(sent)) as at:
        came = at.say("GET /x", "Accept-Encoding: gzip, deflate, br")
    assert came.body == packed
    assert came.field(b"content-encoding") == [coding.encode()]
    assert at.received[0].field(b"accept-encoding") == [b"gzip, deflate"]
    response = at.entry()["response"]
    assert json.loads(response["content"]["text"]) == {"hello": "world"}
    assert "content-encoding" not in [each["name"] for each in response["headers"]]


def test_what_cannot_be_unpacked_passes_all_the_same_and_is_left_out_for_its_secrets() -> None:
    with proxied(answering(answer("200 OK", "Content-Encoding: br", body=b"\x8b\x01\x80hello\x03"))) as at:
        assert at.say("GET /x").body == b"\x8b\x01\x80hello\x03"
    assert len(at.reel) == 0
    assert at.reel.left_out == ["GET /x: its answer is br, which cannot be unpacked here"]


@pytest.mark.parametrize(
    ("line", "sent", "status", "length"),
    [
        ("HEAD /x", answer("200 OK", "Content-Length: 5", length=False), 200, [b"5"]),
        ("GET /x", answer("204 No Content", length=False), 204, []),
        ("GET /x", answer("304 Not Modified", "ETag: 1", "Content-Length: 5", length=False), 304, []),
        ("GET /x", answer("200 OK"), 200, [b"0"]),
    ],
)
def test_answers_without_a_body_are_whole(line: str, sent: bytes, status: int, length: list[bytes]) -> None:
    with proxied(answering(sent)) as at:
        head = f"{line} HTTP/1.1\r\nHost: {at.host}\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", int(at.host.partition(":")[2])), timeout=5) as connection:
            for _ in range(2):  # on one connection: nothing is left over between them
                connection.sendall(head)
                came = Received(connection.recv(65536).removesuffix(b"\r\n\r\n"), b"")
                assert came.line.split()[1] == str(status).encode()
                assert came.field(b"content-length") == length
                assert came.field(b"transfer-encoding") == []
    assert len(at.reel) == 2
    assert at.reel.left_out == []


def test_an_answer_without_a_length_is_passed_on_while_it_comes() -> None:
    go_on = threading.Event()

    def handler(request: Received, connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"7\r\ndata: 1\r\n")
        go_on.wait(10)
        connection.sendall(b"7\r\ndata: 2\r\n0\r\n\r\n")

    with proxied(handler) as at, httpx2.Client(timeout=5, **PLAIN) as client:
        with client.stream("GET", f"{at.url}/events") as response:
            parts = response.iter_raw()
            assert next(parts) == b"data: 1", "the end has not been written yet"
            assert not at.told
            go_on.set()
            assert b"".join(parts) == b"data: 2"
        assert at.first().exchange.response_body == b"data: 1data: 2"
        assert at.first().why is None


def test_of_a_long_answer_all_passes_and_the_beginning_is_kept_and_said_to_be() -> None:
    long = json.dumps(
        {"text": "word " * 20, "access_token": "s3cret-s3cret-s3cret", "x": "s3cret-s3cret-s3cret"}
    ).encode()
    most = len(long) - 10  # within what nothing names any more
    with proxied(answering(answer("200 OK", "Content-Type: application/json", body=long)), max_body=most) as at:
        assert at.say("GET /x").body == long
    content = at.entry()["response"]["content"]
    assert content["text"].startswith('{"text": "word word')
    assert "s3cret" not in content["text"]
    assert content["comment"] == f"its answer is longer than {most} bytes, and only its beginning was kept"
    assert at.first().cut_off == content["comment"]


def test_a_packed_answer_is_bounded_by_what_it_unpacks_to() -> None:
    bomb = gzip.compress(b"word " * 1_000_000)
    with proxied(answering(answer("200 OK", "Content-Encoding: gzip", body=bomb)), max_body=100_000) as at:
        assert at.say("GET /x").body == bomb
    assert len(at.first().exchange.response_body) <= 100_000
    assert at.first().cut_off is not None


@pytest.mark.parametrize("fields", [("Content-Length: 101",), ("Transfer-Encoding: chunked",)])
def test_a_request_over_the_bound_is_refused_and_does_not_reach_the_upstream(fields: tuple[str, ...]) -> None:
    body = b"65\r\n" + b"x" * 101 + b"\r\n0\r\n\r\n" if "chunked" in fields[0] else b"x" * 101
    with proxied(answering(answer()), max_body=100) as at:
        came = at.say("POST /x", *fields, body=body)
        assert at.say("POST /x", "Content-Length: 100", body=b"x" * 100).line.split()[1] == b"200"
    assert came.line.split()[1] == b"413"
    assert "larger than 100 bytes" in json.loads(came.body)["error"]
    assert len(at.received) == len(at.reel) == 1
    assert at.reel.left_out == ["POST /x: The body is larger than 100 bytes, which is as much as passes"]


def test_an_upstream_that_is_down_is_told_in_words_and_not_kept() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        gone = f"http://127.0.0.1:{free.getsockname()[1]}"
    reel = Reel()
    with in_background(Door("inbound", target_of(gone, "upstream", plain=False), reel)) as url:
        came = httpx2.get(f"{url}/x", **PLAIN)
    assert came.status_code == 502
    assert came.json()["error"].startswith(f"mockserver record: Cannot connect to {gone}")
    assert len(reel) == 0
    (told,) = reel.left_out
    assert told.startswith(f"GET /x: Cannot connect to {gone}")


@pytest.mark.parametrize(
    ("handler", "told"),
    [
        (lambda request, connection: connection.shutdown(socket.SHUT_RDWR), "gave no answer"),
        (answering(b"220 smtp.example ready\r\n\r\n"), "gave no answer"),
        (answering(answer("600 What")), "answered with 600, which is no status of HTTP"),
    ],
    ids=["nothing", "no http", "no status"],
)
def test_an_upstream_that_does_not_answer_by_http_is_told_in_words(handler: Handler, told: str) -> None:
    with proxied(handler) as at:
        came = at.say("GET /x")
    assert came.line.split()[1] == b"502"
    assert told in json.loads(came.body)["error"]
    assert len(at.reel) == 0


def test_an_upstream_that_is_silent_is_told_after_the_timeout_and_not_kept() -> None:
    with proxied(lambda request, connection: time.sleep(1), timeout=0.2) as at:
        came = at.say("GET /x")
    assert came.line.split()[1] == b"504"
    assert at.reel.left_out == [f"GET /x: {at.upstream} did not answer within 0.2 s"]
    assert len(at.reel) == 0


def test_an_answer_that_breaks_off_breaks_off_for_the_client_too_and_is_not_kept() -> None:
    def handler(request: Received, connection: socket.socket) -> None:
        connection.sendall(answer("200 OK", "Content-Length: 10", length=False, body=b"abc"))
        connection.shutdown(socket.SHUT_RDWR)

    with proxied(handler) as at:
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.get(f"{at.url}/x", **PLAIN)
        assert at.first().why is not None
    (told,) = at.reel.left_out
    assert told.startswith("GET /x: its answer broke off")
    assert len(at.reel) == 0


def test_a_client_that_goes_away_ends_the_call_of_the_upstream() -> None:
    ended = threading.Event()

    def handler(request: Received, connection: socket.socket) -> None:
        connection.settimeout(5)
        if connection.recv(1) == b"":
            ended.set()

    with proxied(handler) as at:
        with pytest.raises(httpx2.ReadTimeout):
            httpx2.get(f"{at.url}/x", timeout=0.3, **PLAIN)
        assert ended.wait(5), "the upstream still waits for the proxy"
        assert at.first().why == "the client went away before the answer was whole"
    assert len(at.reel) == 0


def test_how_long_the_upstream_took_is_kept() -> None:
    def handler(request: Received, connection: socket.socket) -> None:
        time.sleep(0.2)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        time.sleep(0.1)
        connection.sendall(b"b")

    with proxied(handler) as at:
        at.say("GET /x")
    entry = at.entry()
    assert entry["timings"]["wait"] >= 200
    assert entry["timings"]["receive"] >= 90
    assert entry["time"] == pytest.approx(entry["timings"]["wait"] + entry["timings"]["receive"])


@pytest.mark.parametrize(
    "request_",
    [
        b"GET /x HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET http://evil.example/x HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /x HTTP/1.1\r\nHost: evil.example/\r\nX-Forwarded-Host: evil.example\r\n\r\n",
        b"GET //evil.example/x HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_whatever_it_is_asked_for_it_calls_nobody_but_its_upstream(request_: bytes) -> None:
    with proxied(answering(answer(body=b"upstream"))) as at:
        assert say(at.url, request_).body == b"upstream"
    (came,) = at.received
    assert came.field(b"host") == [at.upstream.removeprefix("http://").encode()]
    assert came.line.split()[1] in (b"/x", b"//evil.example/x")


def test_it_opens_no_tunnels() -> None:
    with proxied(answering(answer())) as at:
        came = say(at.url, b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n")
    assert came.line.split()[1][:1] in (b"4", b"5")
    assert len(at.reel) == 0


def test_what_goes_to_a_plugin_is_kept_as_a_delivery_under_the_plugins_own_address() -> None:
    sent = answer("302 Found", "Location: /done", "Set-Cookie: a=1; Secure")
    with proxied(answering(sent), base="/app", kind="delivery") as at:
        came = at.say("POST /hook?a=1", "Content-Length: 2", "Content-Type: application/json", body=b"{}")
    assert came.field(b"location") == [b"/done"]
    assert came.field(b"set-cookie") == [b"a=1; Secure"]
    entry = at.entry()
    assert (entry["_kind"], entry["request"]["url"]) == ("delivery", f"{at.upstream}/app/hook?a=1")


def test_many_at_once_are_kept_in_the_order_in_which_they_began() -> None:
    turns = [threading.Event() for _ in range(20)]

    def handler(request: Received, connection: socket.socket) -> None:
        number = int(request.line.split()[1].removeprefix(b"/"))
        turns[number].wait(10)
        connection.sendall(answer(body=b"%d" % number))

    with proxied(handler) as at:
        threads = [threading.Thread(target=at.say, args=(f"GET /{number}",)) for number in range(20)]
        for number, each in enumerate(threads, 1):
            each.start()
            while len(at.received) < number:
                time.sleep(0.001)
        for turn, each in reversed(list(zip(turns, threads, strict=True))):
            turn.set()
            each.join(10)
    assert [passed.exchange.id for passed in at.told] == list(range(20, 0, -1))
    entries = at.reel.har("test")["log"]["entries"]
    assert [each["request"]["url"].rpartition("/")[2] for each in entries] == [str(n) for n in range(20)]
    assert all(each["request"]["url"].endswith("/" + each["response"]["content"]["text"]) for each in entries)


def test_a_recording_holds_no_more_than_it_may() -> None:
    reel = Reel(most=5_000)
    with raw_server(answering(answer(body=b"x" * 2_000))) as server:
        door = Door("inbound", target_of(server.url, "upstream", plain=False), reel)
        with in_background(door) as url, httpx2.Client(base_url=url, **PLAIN) as client:
            assert {len(client.get("/x").content) for _ in range(3)} == {2_000}
    assert len(reel) == 1
    assert reel.left_out == ["GET /x: the recording holds 5000 bytes already"] * 2
