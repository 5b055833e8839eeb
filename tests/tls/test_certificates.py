"""What the https door shows, to whom, for how long; and that behind it is the same app."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
import uvicorn
from cryptography import x509

from mockserver import tls
from mockserver.app import build_app
from mockserver.server import Secure, bind, running
from mockserver.settings import Settings
from tests.tls.helpers import Secured, secured


@pytest.mark.parametrize(
    "name",
    [
        *("localhost", "127.0.0.1", "::1", "host.docker.internal", "api.motar.io", "sandbox.motar.io"),
        *("alpha.localhost", "api.alpha.localhost", "emulator", "192.0.2.7"),
    ],
)
def test_a_client_that_trusts_the_authority_is_content_with(tls_server, name):
    assert tls_server.shown_to(name)


@pytest.mark.parametrize("name", ["motar.io", "api.motar.io.evil.test", "evil.localhost.test", "192.0.2.8"])
def test_there_is_no_certificate_for(tls_server, name):
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        tls_server.shown_to(name)


def test_a_client_that_does_not_trust_the_authority_refuses(tls_server):
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        tls_server.shown_to("localhost", ssl.create_default_context())


def test_names_below_localhost_get_their_own_certificate_and_keep_it(tls_server):
    one, other = tls_server.shown_to("one.localhost"), tls_server.shown_to("other.localhost")
    assert one != other
    assert one == tls_server.shown_to("one.localhost")


def test_a_hundred_names_at_once_do_not_grow_without_bound(state, monkeypatch):
    monkeypatch.setattr(tls, "MAX_NAMES", 3)
    shown = tls.Certificates(tls.Authority.open(state), ["localhost"])
    for n in range(10):
        shown._context(f"n{n}.localhost")
    assert list(shown._issued) == ["n7.localhost", "n8.localhost", "n9.localhost"]


def test_a_certificate_near_its_end_is_replaced_while_the_server_runs(state):
    now = [datetime.now(UTC)]
    authority = tls.Authority.open(state)
    shown = tls.Certificates(authority, ["localhost"], now=lambda: now[0])
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    # It is looked at, not verified: a certificate of next year is not valid yet.
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with running(build_app(Settings()), secure=Secure(sock, shown.context)) as url:
        server = Secured(url, port, authority.path)
        first = server.shown_to("localhost", unverified)
        now[0] += timedelta(days=300)
        assert server.shown_to("localhost", unverified) == first
        now[0] += timedelta(days=70)
        assert server.shown_to("localhost", unverified) != first


def test_a_certificate_is_valid_for_a_little_over_a_year_and_a_day_back(tls_server):
    known = x509.load_der_x509_certificate(tls_server.shown_to("localhost"))
    assert known.not_valid_after_utc - known.not_valid_before_utc == timedelta(days=398)
    assert known.not_valid_before_utc < datetime.now(UTC) - timedelta(hours=23)


def test_a_certificate_does_not_outlive_its_authority(state):
    at = datetime(2999, 12, 1, tzinfo=UTC)
    _, renew = tls.Authority.open(state).issue(["localhost"], at)
    assert at < renew < datetime(3000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(("base", "scheme"), [("url", "http"), ("https", "https")])
def test_both_doors_lead_to_the_same_worlds_and_links_keep_the_scheme(tls_server, base, scheme):
    with httpx2.Client(base_url=getattr(tls_server, base), verify=tls_server.trusting(), trust_env=False) as client:
        name = f"by-{scheme}"
        client.post("/_mock/worlds", json={"name": name}).raise_for_status()
        client.get(f"/w/{name}/oauth/token/validate")
        [exchange] = client.get(f"/_mock/worlds/{name}/journal").json()["exchanges"]
        client.delete(f"/_mock/worlds/{name}")
    assert exchange["url"] == f"{getattr(tls_server, base)}/w/{name}/oauth/token/validate"
    assert exchange["url"].startswith(f"{scheme}://")


def test_a_world_is_found_by_its_name_below_localhost(tls_server):
    httpx2.post(f"{tls_server.url}/_mock/worlds", json={"name": "named"}, trust_env=False).raise_for_status()
    with socket.create_connection(("127.0.0.1", tls_server.port), timeout=10) as plain:
        name = "api.named.localhost"
        with tls_server.trusting().wrap_socket(plain, server_hostname=name) as connection:
            connection.sendall(f"GET /oauth/token/validate HTTP/1.1\r\nhost: {name}\r\n\r\n".encode())
            assert connection.recv(12) == b"HTTP/1.1 401"
    [exchange] = httpx2.get(f"{tls_server.url}/_mock/worlds/named/journal", trust_env=False).json()["exchanges"]
    httpx2.delete(f"{tls_server.url}/_mock/worlds/named", trust_env=False)
    assert (exchange["addressed_by"], exchange["url"]) == ("host", f"https://{name}/oauth/token/validate")


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xffrubbish", b""])
def test_who_does_not_speak_tls_is_turned_away_and_hurts_nobody(tls_server, sent):
    with socket.create_connection(("127.0.0.1", tls_server.port), timeout=10) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)
        answer = plain.recv(100)
    assert not answer.startswith(b"HTTP")
    assert tls_server.shown_to("localhost")


def test_the_control_api_is_guarded_behind_the_https_door_as_well(tls_server):
    answer = httpx2.get(
        f"{tls_server.https}/_mock/worlds",
        headers={"host": "api.motar.io"},
        verify=tls_server.trusting(),
        trust_env=False,
    )
    assert (answer.status_code, answer.json()["title"]) == (403, "Foreign host")


def test_an_answer_larger_than_any_buffer_comes_whole(tls_server):
    with httpx2.Client(base_url=tls_server.https, verify=tls_server.trusting(), trust_env=False) as client:
        text = "x" * 900_000
        client.post("/_mock/worlds", json={"name": "large"}).raise_for_status()
        for _ in range(5):
            client.post("/w/large/plugin/v1/ato/alert", content=text)
        whole = client.get("/_mock/worlds/large/journal")
        client.delete("/_mock/worlds/large")
    assert [each["request"]["body"] == text for each in whole.json()["exchanges"]] == [True] * 5


def test_it_closes_at_once_with_an_idle_client_and_a_long_poll_at_the_https_door(state, monkeypatch):
    # With uvicorn's patience longer than the test's, an end is our doing, however busy the machine is.
    config = uvicorn.Config
    monkeypatch.setattr(
        uvicorn, "Config", lambda app, **given: config(app, **{**given, "timeout_graceful_shutdown": 600})
    )
    answers: list[httpx2.Response] = []
    others = {thread for thread in threading.enumerate() if thread.name == "mockserver"}
    with secured(state) as server:
        [serving] = {thread for thread in threading.enumerate() if thread.name == "mockserver"} - others
        client = httpx2.Client(base_url=server.https, verify=server.trusting(), trust_env=False, timeout=30)
        client.get("/_mock/health")

        def poll() -> None:
            body = {"match": {"path": "/never"}, "timeout": 60}
            url = f"{server.https}/_mock/worlds/default/journal/wait"
            answers.append(httpx2.post(url, json=body, verify=server.trusting(), trust_env=False, timeout=30))

        thread = threading.Thread(target=poll)
        thread.start()
        while client.get("/_mock/worlds/default").json()["waits"] == 0:
            pass
    serving.join()
    thread.join()
    client.close()
    assert [answer.status_code for answer in answers] == [503]
