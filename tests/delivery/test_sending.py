"""What leaves a world: to whom, in which order, how often, and what becomes of it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.conftest import world_maker
from tests.support import Live, toy_server_running


def deliveries(world: Live) -> list[dict[str, Any]]:
    return world.control.get("deliveries").json()["deliveries"]


def delivery(world: Live, n: int = 1) -> dict[str, Any]:
    answer = world.control.get(f"deliveries/delivery-{n}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def sent(world: Live, url: str, **arguments: Any) -> dict[str, Any]:
    """Send something, wait for its outcome, and answer the delivery in full."""
    world.act("toy.send", url=url, **arguments)
    world.settle()
    return delivery(world)


def advance(world: Live, by: str) -> None:
    answer = world.control.post("clock/advance", json={"by": by})
    assert answer.status_code == 200, answer.text


@contextlib.contextmanager
def mute() -> Iterator[str]:
    """The URL of a server that takes connections and requests and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"


@contextlib.contextmanager
def talker(answer: bytes) -> Iterator[str]:
    """The URL of a server that answers every request with these bytes, whatever they are."""

    talking: set[asyncio.Task[None] | None] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking.add(asyncio.current_task())
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(answer)
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    ready, loop, url = threading.Event(), asyncio.new_event_loop(), ""

    async def serve() -> None:
        nonlocal url
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        ready.set()
        async with server:
            await stop.wait()
            # What is cut off here would complain of its loop in whatever test comes next.
            if talking:
                await asyncio.wait({each for each in talking if each is not None}, timeout=5)

    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(5)
    try:
        yield url
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)
        loop.close()


def test_a_delivery_arrives_as_it_was_decided(toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_request("/hook", method="POST").respond_with_data(
        "thanks", status=202, headers={"X-Plugin": "yes"}
    )
    url = httpserver.url_for("/hook?a=1&b=%20")
    found = sent(toy_world, url, body='{"ü": 1}', headers=[["content-type", "application/json"], ["x-a", "1"]])
    request = httpserver.log[0][0]
    assert request.data.decode() == '{"ü": 1}'
    assert request.headers["x-a"] == "1"
    assert request.headers["user-agent"] == "motar-mockserver"
    assert request.query_string == b"a=1&b=%20"
    assert found["state"] == "delivered"
    attempt = found["attempts"][0]
    assert attempt["response"]["status"] == 202
    assert attempt["response"]["body"] == "thanks"
    assert attempt["response"]["headers"]["x-plugin"] == "yes"
    exchange = toy_world.journal(kind="delivery")[-1]
    assert exchange["id"] == attempt["exchange"]
    assert exchange["delivery"] == "delivery-1"
    assert exchange["query"] == {"a": "1", "b": " "}
    assert exchange["request"]["headers"]["x-a"] == "1"


@pytest.mark.parametrize("status", [199, 302, 400, 404, 500, 503])
def test_what_is_not_2xx_is_a_failure(status: int, toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("no", status=status)
    found = sent(toy_world, httpserver.url_for("/hook"))
    assert found["state"] == "failed"
    if status != 199:
        assert found["attempts"][0]["response"]["status"] == status


def test_a_redirect_is_not_followed(toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("", status=307, headers={"Location": "/elsewhere"})
    assert sent(toy_world, httpserver.url_for("/hook"))["state"] == "failed"
    assert [request.path for request, _ in httpserver.log] == ["/hook"]


def test_nobody_listening_is_told_in_words(toy_world: Live):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = sent(toy_world, f"http://127.0.0.1:{port}/hook")
    assert found["state"] == "failed"
    assert "cannot connect to" in found["attempts"][0]["error"]
    assert found["attempts"][0]["response"] is None


@pytest.mark.parametrize(
    "url",
    [
        *("", "no-url", "ftp://x/y", "http://", "http://[::1", "http://127.0.0.1:99999/", "http://a b/"),
        *("http://x:y/", "http://\x00/", "mailto:x@y"),
    ],
)
def test_an_address_that_is_none_is_a_failure_like_any_other(url: str, toy_world: Live):
    found = sent(toy_world, url)
    assert found["state"] == "failed"
    assert found["attempts"][0]["error"]


@pytest.mark.parametrize(("name", "value"), [("x-é", "1"), ("x", "a\r\nb: c"), ("x", "€"), ("", "1")])
def test_headers_that_cannot_be_sent_are_a_failure_like_any_other(name: str, value: str, toy_world: Live):
    with talker(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as url:
        found = sent(toy_world, url, headers=[[name, value]])
    assert found["state"] == "failed"
    assert found["attempts"][0]["error"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_is_none_is_a_failure(answer: bytes, toy_world: Live):
    with talker(answer) as url:
        found = sent(toy_world, url)
    assert found["state"] == "failed"
    assert found["attempts"][0]["error"]


def test_a_target_that_never_answers_is_given_up_in_time(new_toy_world: Callable[..., Live]):
    world = new_toy_world(settings={"core": {"webhook_timeout": 0.2}})
    with mute() as url:
        started = time.perf_counter()
        found = sent(world, url)
    # The default timeout is 10 s: anything well below shows that the setting counts, on a busy machine too.
    assert 0.19 <= time.perf_counter() - started < 8
    assert found["attempts"][0]["error"] == f"no answer from {url} within 0.2 s"
    assert found["attempts"][0]["seconds"] >= 0.19


def test_the_worlds_own_timeout_is_the_only_one(monkeypatch: pytest.MonkeyPatch):
    from mockserver.delivery.dispatcher import Dispatcher
    from mockserver.world.outbox import Delivery
    from tests.toy import toy_worlds

    async def client_timeout() -> Any:
        world = toy_worlds().create("alpha")
        with world.transaction():
            made: Delivery = world.outbox.send("e", about="x", url="http://127.0.0.1:9/")
        dispatcher = Dispatcher()
        await dispatcher._send(made, 1.0)
        assert dispatcher._client is not None
        timeout = dispatcher._client.timeout
        await dispatcher.stop()
        return timeout

    timeout = asyncio.run(client_timeout())
    assert (timeout.connect, timeout.read, timeout.write, timeout.pool) == (None, None, None, None)


@pytest.mark.parametrize("packed", [False, True])
def test_a_huge_answer_is_kept_up_to_a_bound(packed: bool, toy_world: Live, httpserver: HTTPServer):
    body = b"x" * 5_000_000
    httpserver.expect_request("/hook").respond_with_data(
        gzip.compress(body) if packed else body, headers={"Content-Encoding": "gzip"} if packed else {}
    )
    found = sent(toy_world, httpserver.url_for("/hook"))
    assert found["state"] == "delivered"
    assert len(found["attempts"][0]["response"]["body"]) == 256 * 1024


def test_a_cookie_of_one_plugin_reaches_nobody(new_toy_world: Callable[..., Live], httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("", headers={"Set-Cookie": "who=plugin; Path=/"})
    for _ in range(2):
        sent(new_toy_world(), httpserver.url_for("/hook"))
    assert [request.headers.get("cookie") for request, _ in httpserver.log] == [None, None]


def test_one_targets_deliveries_arrive_in_order(toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_request("/a").respond_with_handler(lambda _: time.sleep(0.002) or Response(""))
    httpserver.expect_request("/b").respond_with_data("")
    for path in ("/a", "/b", "/a"):
        toy_world.act("toy.send", url=httpserver.url_for(path), body=path + " {n}", times=10)
    toy_world.settle()
    bodies = [request.data.decode() for request, _ in httpserver.log]
    assert [body for body in bodies if body.startswith("/a")] == [f"/a {n}" for n in range(10)] * 2
    assert [body for body in bodies if body.startswith("/b")] == [f"/b {n}" for n in range(10)]


def test_a_target_that_never_answers_holds_up_nobody_else(toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("")
    with mute() as url:
        toy_world.act("toy.send", url=url, times=100)
        toy_world.act("toy.send", url=httpserver.url_for("/hook"))
        answer = toy_world.control.post(
            "journal/wait", json={"match": {"kind": "delivery", "path": "/hook", "status": 200}, "timeout": 5}
        )
        assert answer.status_code == 200
        assert deliveries(toy_world)[-1]["state"] == "delivered"
        assert deliveries(toy_world)[0]["state"] == "pending"


def test_a_target_that_never_answers_does_not_hold_up_the_shutdown():
    with mute() as url:
        with toy_server_running() as server:
            import httpx2

            httpx2.post(
                f"{server}/_mock/worlds/default/actions/toy.send", json={"url": url, "times": 5}, trust_env=False
            )
            started = time.perf_counter()
        assert time.perf_counter() - started < 8


def test_an_address_that_breaks_does_not_hold_up_those_behind_it(toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("")
    url = httpserver.url_for("/hook")
    toy_world.act("toy.send", url=url, outcome="toy.write")
    toy_world.act("toy.send", url=url)
    toy_world.settle()
    assert [each["state"] for each in deliveries(toy_world)] == ["delivered", "delivered"]
    assert "its outcome was refused" in delivery(toy_world, 1)["attempts"][0]["error"]
    assert toy_world.documents("toy.notes") == []


def test_an_outcome_is_received_once_and_at_the_end(new_toy_world: Callable[..., Live], httpserver: HTTPServer):
    world = new_toy_world()
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("")
    world.act(
        "toy.send",
        url=httpserver.url_for("/hook"),
        retry_after=[5],
        outcome="toy.heard",
        outcome_arguments={"text": "it"},
    )
    world.settle()
    assert world.documents("toy.notes") == []
    advance(world, "5s")
    assert [each["text"] for each in world.documents("toy.notes")] == ["it of delivery-1"]


def test_redelivering_sends_the_same_bytes(toy_world: Live, httpserver: HTTPServer):
    httpserver.expect_ordered_request("/hook").respond_with_data("", status=500)
    httpserver.expect_ordered_request("/hook").respond_with_data("")
    sent(toy_world, httpserver.url_for("/hook"), body='{"a":  1}', headers=[["x-mark", "m"]])
    again = toy_world.control.post("deliveries/delivery-1/redeliver")
    assert again.status_code == 201
    assert again.json()["redelivery_of"] == "delivery-1"
    toy_world.settle()
    first, second = (request for request, _ in httpserver.log)
    assert first.data == second.data == b'{"a":  1}'
    assert dict(first.headers) == dict(second.headers)
    assert [each["state"] for each in deliveries(toy_world)] == ["failed", "delivered"]


def test_a_reset_during_an_attempt_discards_its_result(toy_world: Live, httpserver: HTTPServer):
    arrived, go_on = threading.Event(), threading.Event()

    def answer(_: Request) -> Response:
        arrived.set()
        go_on.wait(5)
        return Response("late")

    httpserver.expect_request("/hook").respond_with_handler(answer)
    toy_world.act("toy.send", url=httpserver.url_for("/hook"), outcome="toy.heard")
    assert arrived.wait(5)
    assert toy_world.control.post("reset").status_code == 200
    go_on.set()
    httpserver.clear()
    httpserver.expect_request("/hook").respond_with_data("")
    sent(toy_world, httpserver.url_for("/hook"))
    assert [each["kind"] for each in toy_world.journal()] == ["action", "delivery"]
    assert toy_world.documents("toy.notes") == []
    assert len(deliveries(toy_world)) == 1


def test_a_plugin_that_calls_back_from_inside_a_webhook_is_served(toy_world: Live, httpserver: HTTPServer):
    def answer(_: Request) -> Response:
        return Response(json.dumps(toy_world.http.post("/toy/notes?then=refuse", content=b"inner").json()))

    httpserver.expect_request("/hook").respond_with_handler(answer)
    toy_world.act("toy.send", url=httpserver.url_for("/hook"))
    toy_world.control.post("journal/wait", json={"match": {"kind": "delivery", "path": "/hook"}})
    seen = json.loads(toy_world.control.get("journal?view=canonical").text)["exchanges"]
    assert [(each["kind"], each.get("path")) for each in seen[:3]] == [
        ("action", None),
        ("delivery", "/hook"),
        ("inbound", "/toy/notes"),
    ]


def packed(body: bytes) -> bytes:
    data = gzip.compress(body)
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data


def test_a_packed_answer_is_unpacked_and_a_small_one_that_holds_much_is_cut(toy_world: Live):
    with talker(packed(b"thanks")) as url:
        assert sent(toy_world, url)["attempts"][0]["response"]["body"] == "thanks"
    with talker(packed(bytes(64 * 1024 * 1024))) as url:
        toy_world.act("toy.send", url=url)
        toy_world.settle()
    assert len(delivery(toy_world, 2)["attempts"][0]["response"]["body"]) == 256 * 1024


def test_an_answer_is_read_up_to_the_setting(httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("x" * 100_000)
    with toy_server_running(max_response=2048) as url, world_maker(url, clock={"mode": "frozen"}) as make:
        assert sent(make(), httpserver.url_for("/hook"))["attempts"][0]["response"]["body"] == "x" * 2048
