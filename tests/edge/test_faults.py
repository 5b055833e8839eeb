"""What goes wrong on purpose, as a client meets it: over real sockets, on uvloop and asyncio, with and without TLS."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from mockserver.server import Secure, bind, running
from mockserver.tls import Authority
from tests.support import PLAIN, toy_app

TOKEN = "/oauth/token/validate"


class Server:
    """A server at one of its two doors; each test has a world of its own there."""

    def __init__(self, url: str, port: int, context: ssl.SSLContext | None) -> None:
        self.control = httpx2.Client(base_url=f"{url}/_mock/", timeout=20, **PLAIN)
        self.port, self.context = port, context
        self.world = ""

    def begin(self) -> None:
        self.world = self.control.post("worlds", json={"clock": {"mode": "frozen"}}).json()["name"]

    def fault(self, **fault: Any) -> dict[str, Any]:
        answer = self.control.post(f"worlds/{self.world}/faults", json=fault)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def faults(self) -> list[dict[str, Any]]:
        return self.control.get(f"worlds/{self.world}/faults").json()["faults"]

    def raw(self, *, path: str = TOKEN, timeout: float = 20) -> tuple[bytes, str]:
        """Every byte that comes back to a GET, and how it ended: `whole`, `closed`, `reset` or `silence`."""
        received = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as plain:
            wire = Tls(plain, self.context) if self.context else plain
            wire.sendall(f"GET /w/{self.world}{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            while not _is_whole(received):
                try:
                    chunk = wire.recv(65536)
                except TimeoutError:
                    return received, "silence"
                except ConnectionResetError:
                    return received, "reset"
                if not chunk:
                    return received, "closed"
                received += chunk
        return received, "whole"

    def http(self) -> httpx2.Client:
        scheme = "https" if self.context else "http"
        options = {**PLAIN, "verify": self.context or PLAIN["verify"]}
        return httpx2.Client(base_url=f"{scheme}://localhost:{self.port}/w/{self.world}", timeout=20, **options)

    def journal(self) -> list[dict[str, Any]]:
        return self.control.get(f"worlds/{self.world}/journal").json()["exchanges"]


class Tls:
    """TLS over a plain socket, which goes on telling how its connection ends; `ssl` itself calls a reset an end."""

    def __init__(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        self._plain, self._in, self._out = plain, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname="localhost")
        self._until(self._tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        self._until(lambda: self._tls.write(data))

    def recv(self, size: int) -> bytes:
        found: bytes = self._until(lambda: self._tls.read(size))
        return found

    def _until(self, work: Callable[[], Any]) -> Any:
        while True:
            try:
                done = work()
            except ssl.SSLWantReadError:
                self._plain.sendall(self._out.read())
                came = self._plain.recv(65536)
                if not came:
                    return b""
                self._in.write(came)
            except ssl.SSLZeroReturnError:
                return b""
            else:
                self._plain.sendall(self._out.read())
                return done


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(end and lengths) and len(body) >= int(lengths[0].partition(b":")[2])


@pytest.fixture(scope="module", params=["uvloop", "asyncio", "uvloop, TLS", "asyncio, TLS"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        if request.param.startswith("asyncio"):
            patch.setitem(sys.modules, "uvloop", None)
        authority = Authority.open(tmp_path_factory.mktemp("tls"))
        context, _ = authority.issue(["localhost"], datetime.now(UTC))
        sock = bind("127.0.0.1", 0)
        with toy_app(fixture=("motar/quickstart",)) as app, running(app, secure=Secure(sock, context)) as url:
            if request.param.endswith("TLS"):
                trusted = ssl.create_default_context(cafile=str(authority.path))
                server = Server(url, sock.getsockname()[1], trusted)
            else:
                server = Server(url, int(url.rpartition(":")[2]), None)
            yield server
            server.control.close()


@pytest.fixture
def server(servers: Server) -> Iterator[Server]:
    servers.begin()
    yield servers
    servers.control.delete(f"worlds/{servers.world}")


def test_one_call_gets_another_answer_and_the_next_the_emulators(server: Server) -> None:
    server.fault(status=429, headers={"Retry-After": "7", "Content-Type": "text/x-odd"}, body={"error": "slow down"})
    with server.http() as http:
        first, second = http.get(TOKEN), http.get(TOKEN)
    assert (first.status_code, first.headers["retry-after"], first.json()) == (429, "7", {"error": "slow down"})
    assert first.headers["content-type"] == "text/x-odd"
    assert second.status_code == 401
    (fault,) = server.faults()
    assert (fault["seen"], fault["hits"], fault["spent"], fault["does"]) == (
        1,
        1,
        True,
        "429 and another body and other headers",
    )


def test_headers_of_the_real_answer_can_be_changed_and_taken_away(server: Server) -> None:
    with server.http() as http:
        real = http.get(TOKEN)
        server.fault(headers={"errorcode": None, "x-more": "1"}, processed=True)
        changed = http.get(TOKEN)
    assert "errorcode" in real.headers
    assert "errorcode" not in changed.headers
    assert (changed.status_code, changed.content, changed.headers["x-more"]) == (401, real.content, "1")


def test_what_frames_an_answer_stays_the_servers(server: Server) -> None:
    server.fault(headers={"Content-Length": "3", "Transfer-Encoding": "chunked", "Date": "never"}, text="all of it")
    with server.http() as http:
        answer = http.get(TOKEN)
    assert (answer.text, answer.headers["content-length"]) == ("all of it", "9")
    assert "transfer-encoding" not in answer.headers
    assert answer.headers.get_list("date") == [answer.headers["date"]] != ["never"]


@pytest.mark.parametrize("processed", [False, True])
def test_a_lost_answer_is_of_a_call_that_happened_only_where_the_fault_says_so(server: Server, processed: bool) -> None:
    control = server.control
    control.post(f"worlds/{server.world}/actions/motar.start_ato_request", json={}).raise_for_status()
    code = control.post(f"worlds/{server.world}/actions/motar.sign_in", json={"user": "@olivia"}).json()["code"]
    plugin = control.get(f"worlds/{server.world}/documents/motar.plugins").json()["documents"][0]
    form = {
        **{"grant_type": "authorization_code", "code": code, "client_id": plugin["client_id"]},
        **{"client_secret": plugin["client_secret"], "redirect_uri": plugin["redirect_uris"][0]},
    }
    server.fault(wire="empty", processed=processed, when={"path": "/oauth/token"}, client=plugin["client_id"])
    with server.http() as http:
        with pytest.raises(httpx2.HTTPError):
            http.post("/oauth/token", data=form)
        again = http.post("/oauth/token", data=form)
    assert again.status_code == (400 if processed else 200)


def test_the_connection_ends_without_a_byte(server: Server) -> None:
    server.fault(wire="empty")
    assert server.raw() == (b"", "closed")
    assert server.raw()[0].startswith(b"HTTP/1.1 401")


def test_the_connection_is_reset(server: Server) -> None:
    server.fault(wire="reset")
    assert server.raw() == (b"", "reset")


def test_what_comes_is_no_http(server: Server) -> None:
    server.fault(wire="garbage")
    received, _ = server.raw()
    assert received
    assert not received.startswith(b"HTTP/")


def test_the_body_ends_in_the_middle(server: Server) -> None:
    whole = server.raw()[0].partition(b"\r\n\r\n")[2]
    server.fault(wire="truncate")
    head, _, body = server.raw()[0].partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(whole) in head
    assert body == whole[: len(whole) // 2]
    server.fault(wire="truncate")
    with server.http() as http, pytest.raises(httpx2.RemoteProtocolError):
        http.get(TOKEN)


def test_a_chunk_has_no_size(server: Server) -> None:
    server.fault(wire="malformed_chunk")
    with server.http() as http, pytest.raises(httpx2.RemoteProtocolError):
        http.get(TOKEN)
    with server.http() as http:
        assert http.get(TOKEN).status_code == 401


def test_an_answer_never_comes_and_the_server_lets_go_when_the_client_does(server: Server) -> None:
    server.fault(wire="timeout")
    assert server.raw(timeout=0.3) == (b"", "silence")
    assert server.raw()[0].startswith(b"HTTP/1.1 401")
    waited = server.control.post(f"worlds/{server.world}/settle", json={"timeout": 10})
    assert waited.status_code == 200, waited.text


def test_an_answer_drips_and_is_whole_in_the_end(server: Server) -> None:
    with server.http() as http:
        whole = http.get(TOKEN)
        server.fault(drip="200ms")
        with http.stream("GET", TOKEN) as response:
            pieces = [piece for piece in response.iter_raw() if piece]
    assert b"".join(pieces) == whole.content
    assert len(pieces) > 1


def test_a_held_call_is_held_and_the_others_are_not(server: Server) -> None:
    server.fault(when={"path": TOKEN}, delay="400ms")
    with server.http() as http:
        slow = http.get(TOKEN)
        fast = http.get(TOKEN)
    assert slow.status_code == fast.status_code == 401
    held, other = server.journal()
    # A loop's clock is coarser than the one that counts the seconds.
    assert held["seconds"] > 0.3
    assert [each["field"] for each in held["violations"]] == ["fault"]
    assert "violations" not in other


def test_the_journal_says_what_was_done_to_a_call(server: Server) -> None:
    server.fault(wire="reset", title="The network is down")
    server.raw()
    (exchange,) = server.journal()
    assert exchange["status"] is None
    assert exchange["violations"][0] == {
        "field": "fault",
        "reason": "fault-1: The network is down",
        "did_you_mean": None,
    }


def test_the_first_fault_that_fits_counts_and_a_spent_one_fits_no_more(server: Server) -> None:
    server.fault(when={"path": "/elsewhere"}, status=500)
    server.fault(when={"path": TOKEN}, status=502, after=1)
    server.fault(status=503, times=2)
    server.fault(status=504, times=None)
    with server.http() as http:
        statuses = [http.get(TOKEN).status_code for _ in range(5)]
    assert statuses == [503, 502, 503, 504, 504]


def test_faults_can_be_taken_away_and_go_with_a_reset(server: Server) -> None:
    first = server.fault(status=500, times=None)
    server.fault(status=503, times=None)
    path = f"worlds/{server.world}/faults"
    with server.http() as http:
        assert http.get(TOKEN).status_code == 500
        assert server.control.delete(f"{path}/{first['id']}").status_code == 204
        assert http.get(TOKEN).status_code == 503
        assert server.control.delete(path).status_code == 204
        assert http.get(TOKEN).status_code == 401
        server.fault(status=500, times=None)
        server.control.post(f"worlds/{server.world}/reset")
        assert http.get(TOKEN).status_code == 401
    assert server.control.delete(f"{path}/{first['id']}").status_code == 404


def test_chance_hits_the_same_calls_in_every_world_of_a_seed(server: Server) -> None:
    seen = []
    for world, seed in (("chance-a", 5), ("chance-b", 5), ("chance-c", 6)):
        server.control.post("worlds", json={"name": world, "seed": seed}).raise_for_status()
        rule = {"status": 503, "times": None, "probability": 0.4}
        server.control.post(f"worlds/{world}/faults", json=rule).raise_for_status()
        with server.http() as http:
            there = str(http.base_url).replace(server.world, world).rstrip("/") + TOKEN
            seen.append([http.get(there).status_code for _ in range(30)])
        server.control.delete(f"worlds/{world}")
    assert seen[0] == seen[1] != seen[2]
    assert {401, 503} == set(seen[0])
