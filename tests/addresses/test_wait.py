"""`mockserver wait`: exit 0 as soon as a server is ready, 1 with what it said instead."""

from __future__ import annotations

import threading

import pytest

from mockserver.cli.wait import wait_until_ready
from mockserver.reference_plugin import Settings as PluginSettings
from mockserver.reference_plugin import build_plugin
from mockserver.server import bind, in_background, url_of
from tests.tls.helpers import secured


def free_url() -> str:
    sock = bind("127.0.0.1", 0)
    url = url_of(sock)
    sock.close()
    return url


def test_a_server_that_is_ready_ends_it_at_once(mockserver, server):
    done = mockserver("wait", "--url", f"{server}/")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"mockserver ready: {server}/\n", "")
    assert mockserver("wait", MOTAR_MOCK_URL=server).returncode == 0


def test_an_https_server_is_waited_for_whatever_its_certificate(mockserver, tmp_path):
    with secured(tmp_path) as server:
        assert mockserver("wait", "--url", server.https).returncode == 0


def test_it_goes_on_asking_until_the_server_is_there(httpserver):
    answers = iter([({"status": "closing"}, 200), ({}, 502), ({"status": "ready"}, 200)])
    httpserver.expect_request("/_mock/health").respond_with_handler(lambda request: _respond(*next(answers)))
    assert wait_until_ready(httpserver.url_for("").rstrip("/"), 30) is None
    assert len(httpserver.log) == 3


def _respond(body: object, status: int):
    from werkzeug import Response

    return Response(str(body).replace("'", '"'), status, content_type="application/json")


def test_a_server_that_starts_meanwhile_is_found(tmp_path):
    url = free_url()
    found: list[str | None] = []
    thread = threading.Thread(target=lambda: found.append(wait_until_ready(url, 30)))
    thread.start()
    # It has asked in vain before the server is there, or finds it at its first try: both must end well.
    from mockserver.app import build_app
    from mockserver.server import running
    from mockserver.settings import Settings

    port = int(url.rpartition(":")[2])
    with running(build_app(Settings()), bind("127.0.0.1", port)):
        thread.join(30)
    assert found == [None]


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ('{"status": "closing"}', 200, "it said 'closing'"),
        ("<html>", 200, "it answered 200, but not as a mockserver does"),
        ('"ready"', 200, "not as a mockserver does"),
        ("", 502, "it answered 502"),
    ],
)
def test_what_it_said_instead_is_told_and_the_code_is_1(mockserver, httpserver, body, status, told):
    httpserver.expect_request("/_mock/health").respond_with_data(body, status)
    done = mockserver("wait", "--url", httpserver.url_for(""), "--timeout", "0.2")
    assert (done.returncode, done.stdout) == (1, "")
    assert told in done.stderr
    assert "within 0.2 s" in done.stderr


def test_nobody_at_home_is_told_in_time(mockserver):
    done = mockserver("wait", "--url", free_url(), "--timeout", "0.3")
    assert done.returncode == 1
    assert "nobody answers" in done.stderr
    assert "within 0.3 s" in done.stderr


def test_another_server_is_none_of_ours(mockserver):
    plugin = PluginSettings(
        motar_url="http://127.0.0.1:9", client_id="a", client_secret="b", redirect_uri="http://127.0.0.1/c"
    )
    with in_background(build_plugin(plugin)) as url:
        done = mockserver("wait", "--url", url, "--timeout", "0")
    assert (done.returncode, "not as a mockserver does" in done.stderr) == (1, True)


@pytest.mark.parametrize("url", ["", "localhost:8600", "ftp://a", "http://"])
def test_what_is_no_url_is_wrong_usage(mockserver, url):
    done = mockserver("wait", "--url", url)
    assert (done.returncode, "is no http or https URL" in done.stderr) == (2, True)
