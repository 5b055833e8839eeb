"""A plugin that can only say https://api.motar.io, with stock HTTP clients, from webhook to refreshed token."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import ssl
import subprocess
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx2
import pytest
import requests
from pytest_httpserver import HTTPServer

from tests.support import CLIENT_ID, CLIENT_SECRET
from tests.tls.helpers import Secured

MOTAR = "https://api.motar.io"

Answer = tuple[int, str, str]
"""Status, Location and body."""
Ask = Callable[[str, str, Mapping[str, str], str | None], Answer]


def by_http_client(method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
    parts = urlsplit(url)
    connection = http.client.HTTPSConnection(parts.netloc, timeout=50, context=ssl.create_default_context())
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, dict(headers))
        answer = connection.getresponse()
        return answer.status, answer.headers["location"] or "", answer.read().decode()
    finally:
        connection.close()


def by_requests(method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
    answer = requests.request(method, url, headers=headers, data=body, allow_redirects=False, timeout=50)
    return answer.status_code, answer.headers.get("location", ""), answer.text


def by_httpx2(method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
    answer = httpx2.request(method, url, headers=headers, content=body)
    return answer.status_code, answer.headers.get("location", ""), answer.text


@pytest.fixture(params=[by_http_client, by_requests, by_httpx2])
def ask(request, monkeypatch, motar_is_here) -> Ask:
    """A stock client that was told to trust the authority as its users tell it: by the environment."""
    monkeypatch.setenv("SSL_CERT_FILE", str(motar_is_here.ca))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(motar_is_here.ca))
    ask: Ask = request.param
    return ask


@pytest.fixture
def ask_by_curl(motar_is_here) -> Ask:
    """curl with the two options that docs/tls.md names; only the address behind the name is the test's."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl here")

    def ask(method: str, url: str, headers: Mapping[str, str], body: str | None) -> Answer:
        arguments = [curl, "-sS", "--cacert", str(motar_is_here.ca), "-X", method, url]
        arguments += ["--connect-to", f"api.motar.io:443:127.0.0.1:{motar_is_here.port}"]
        arguments += [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
        arguments += ["--data-binary", body] if body is not None else []
        arguments += ["-w", "\n%{http_code} %{redirect_url}"]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=50, check=True)
        text, _, told = done.stdout.rpartition("\n")
        status, _, location = told.partition(" ")
        return int(status), location, text

    return ask


def test_an_unmodified_client_completes_an_ato_request(ask, motar_is_here, httpserver):
    go_through_an_ato_request(ask, motar_is_here, httpserver)


def test_curl_completes_an_ato_request(ask_by_curl, motar_is_here, httpserver):
    go_through_an_ato_request(ask_by_curl, motar_is_here, httpserver)


def test_curl_resolves_the_name_itself(motar_is_here: Secured):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl here")
    url = f"{MOTAR}:{motar_is_here.port}/oauth/token/validate"
    trust = ["--cacert", str(motar_is_here.ca), "--resolve", f"api.motar.io:{motar_is_here.port}:127.0.0.1"]
    done = subprocess.run([curl, "-sS", *trust, url], capture_output=True, text=True, timeout=50)
    assert "error_code" in done.stdout, done.stderr
    [exchange] = control(motar_is_here).get("journal").json()["exchanges"]
    assert exchange["url"] == url


def test_a_client_that_does_not_trust_the_authority_gets_nothing(motar_is_here):
    with pytest.raises(ssl.SSLCertVerificationError):
        by_http_client("GET", f"{MOTAR}/oauth/token/validate", {}, None)
    assert control(motar_is_here).get("journal").json()["exchanges"] == []


def go_through_an_ato_request(ask: Ask, server: Secured, plugin: HTTPServer) -> None:
    plugin.expect_request("/requests", method="POST").respond_with_json({})
    studio = control(server)
    studio.post("actions/motar.start_ato_request", json={}).raise_for_status()
    studio.post("settle", json={}).raise_for_status()
    [(webhook, _)] = plugin.log
    request_id = webhook.json["requestId"]
    assert webhook.authorization.username == CLIENT_ID

    callback = plugin.url_for("/callback")
    query = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": callback, "state": request_id}
    page_url = f"{MOTAR}/oauth/signin?{urlencode(query)}"
    status, _, page = ask("GET", page_url, {"accept": "text/html"}, None)
    assert (status, "Olivia" in page) == (200, True)
    form = {"handle": "@olivia", "password": "offline", "decision": "allow"}
    status, location, _ = ask("POST", urljoin(page_url, f"?{urlencode(query)}"), FORM, urlencode(form))
    assert (status, location.partition("?")[0]) == (302, callback)
    [code] = parse_qs(urlsplit(location).query)["code"]

    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
    tokens = token(ask, grant)
    report = {"requestId": request_id, "status": "in-progress"}
    post(ask, "/plugin/v1/ato/status", f"Bearer {tokens['access_token']}", report)
    alert = {"requestId": request_id, "title": "Scan", "text": "Two findings"}
    post(
        ask,
        "/plugin/v1/ato/alert",
        "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode(),
        alert,
    )
    renewed = token(ask, {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]})
    assert renewed["access_token"] != tokens["access_token"]
    post(ask, "/plugin/v1/ato/status", f"Bearer {renewed['access_token']}", {**report, "status": "completed"})

    seen = studio.post("actions/motar.view_progress", json={"request": request_id}).json()
    assert seen["status"] == "completed"
    inbound = studio.get("journal", params={"kind": "inbound"}).json()["exchanges"]
    assert len(inbound) == 7
    assert all(each["url"].startswith(f"{MOTAR}/") for each in inbound)


FORM = {"content-type": "application/x-www-form-urlencoded"}


def token(ask: Ask, grant: dict[str, str]) -> dict[str, str]:
    form = {**grant, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    status, _, body = ask("POST", f"{MOTAR}/oauth/token", FORM, urlencode(form))
    assert status == 200, body
    tokens: dict[str, str] = json.loads(body)
    return tokens


def post(ask: Ask, path: str, authorization: str, body: dict[str, str]) -> None:
    headers = {"authorization": authorization, "content-type": "application/json"}
    status, _, answer = ask("POST", MOTAR + path, headers, json.dumps(body))
    assert (status, json.loads(answer)) == (200, {"success": True})


class control:
    """The control API of the world `default`, by the plain door."""

    def __init__(self, server: Secured) -> None:
        self._url = f"{server.url}/_mock/worlds/default/"

    def get(self, path: str, **options: object) -> httpx2.Response:
        return httpx2.get(self._url + path, trust_env=False, **options)

    def post(self, path: str, **options: object) -> httpx2.Response:
        return httpx2.post(self._url + path, trust_env=False, **options)
