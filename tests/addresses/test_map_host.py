"""`--map-host`: webhooks go to where the plugin really is, and the journal shows both names."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import httpx2
import pytest
import trustme
from pytest_httpserver import HTTPServer

from mockserver.app import build_app
from mockserver.server import bind, running
from mockserver.settings import Settings

REGISTERED = "http://plugin.test:3000/requests?v=1"


@contextmanager
def emulator(**settings: object) -> Iterator[httpx2.Client]:
    """The control API of the world `default` of a server with these settings."""
    with (
        running(build_app(Settings(**{"request_endpoint": REGISTERED, **settings}))) as url,
        httpx2.Client(base_url=f"{url}/_mock/worlds/default", trust_env=False, timeout=30) as client,
    ):
        yield client


def delivered(client: httpx2.Client) -> dict:
    """The exchange of the webhook that a started request sends."""
    client.post("/actions/motar.start_ato_request", json={}).raise_for_status()
    client.post("/settle", json={}).raise_for_status()
    [exchange] = client.get("/journal", params={"kind": "delivery"}).json()["exchanges"]
    return exchange


def test_a_webhook_goes_to_the_mapped_host_with_the_registered_one_in_its_host_header(httpserver):
    httpserver.expect_request("/requests", query_string="v=1").respond_with_json({})
    with emulator(map_host=(f"plugin.test=127.0.0.1:{httpserver.port}",)) as client:
        exchange = delivered(client)
        canonical = client.get("/journal", params={"view": "canonical", "kind": "delivery"}).json()["exchanges"]
        [delivery] = client.get("/deliveries").json()["deliveries"]
    [(request, _)] = httpserver.log
    assert request.host == "plugin.test:3000"
    assert (exchange["status"], exchange["url"]) == (200, REGISTERED)
    assert exchange["sent_to"] == f"http://127.0.0.1:{httpserver.port}/requests?v=1"
    assert (delivery["state"], delivery["url"]) == ("delivered", REGISTERED)
    assert "sent_to" not in canonical[0], "where it really went differs from machine to machine"


def test_what_no_rule_is_about_goes_where_it_always_went(httpserver):
    httpserver.expect_request("/requests").respond_with_json({})
    with emulator(map_host=("elsewhere=nowhere",), request_endpoint=httpserver.url_for("/requests")) as client:
        exchange = delivered(client)
    assert exchange["status"] == 200
    assert "sent_to" not in exchange


def test_when_nobody_is_there_the_error_names_both():
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    sock.close()
    with (
        mock.patch("mockserver.delivery.targets.in_container", return_value=True),
        emulator(map_host=(f"plugin.test=127.0.0.1:{port}",)) as client,
    ):
        exchange = delivered(client)
    assert "cannot connect to http://plugin.test:3000/requests" in exchange["error"]
    assert f"(sent to http://127.0.0.1:{port}/requests)" in exchange["error"]
    assert exchange["error"].endswith("is it running?")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_refused_loopback_target_inside_a_container_says_what_to_do(host):
    sock = bind("127.0.0.1", 0)
    port = sock.getsockname()[1]
    sock.close()
    with (
        mock.patch("mockserver.delivery.targets.in_container", return_value=True),
        emulator(request_endpoint=f"http://{host}:{port}/requests") as client,
    ):
        error = delivered(client)["error"]
    assert f"{host} is the container itself" in error
    assert f"--map-host {host}=host.docker.internal" in error
    assert "host-gateway" in error


def test_a_mapped_https_target_must_have_the_certificate_of_the_registered_name(tmp_path, monkeypatch):
    authority = trustme.CA()
    ca = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca)
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("plugin.test").configure_cert(context)
    with HTTPServer(ssl_context=context) as plugin:
        plugin.expect_request("/requests").respond_with_json({})
        rules = (f"plugin.test=localhost:{plugin.port}", f"other.test=localhost:{plugin.port}")
        trusting = httpx2.AsyncHTTPTransport(verify=ssl.create_default_context(cafile=ca))
        for name, status in (("plugin.test", 200), ("other.test", None)):
            settings = Settings(request_endpoint=f"https://{name}/requests", map_host=rules)
            with (
                running(build_app(settings, transport=trusting)) as url,
                httpx2.Client(base_url=f"{url}/_mock/worlds/default", trust_env=False, timeout=30) as client,
            ):
                exchange = delivered(client)
            assert exchange["status"] == status, exchange
            if status is None:
                assert "mismatch" in exchange["error"]


def test_a_rule_that_is_none_is_told_and_nothing_starts(mockserver):
    done = mockserver("serve", "--port", "0", "--map-host", "localhost")
    assert (done.returncode, "such as localhost=host.docker.internal" in done.stderr) == (2, True)


def test_the_flag_reaches_the_deliveries(serve, httpserver):
    httpserver.expect_request("/requests").respond_with_json({})
    flags = ("--request-endpoint", "http://a.test/requests", "--map-host", "x=y")
    with serve(*flags, "--map-host", f"a.test=127.0.0.1:{httpserver.port}") as served:
        with httpx2.Client(base_url=f"{served.url}/_mock/worlds/default", trust_env=False) as client:
            exchange = delivered(client)
        served.stop()
    assert exchange["status"] == 200
