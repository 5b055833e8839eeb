"""Who may use the control API."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from mockserver.app import build_app
from mockserver.server import running
from mockserver.settings import Settings
from tests.support import PLAIN, ask

APPS = {
    "open": build_app(Settings(fixture=())),
    "hosts": build_app(Settings(fixture=(), allow_host=("Emulator",))),
    "token": build_app(Settings(fixture=(), control_token="sesame")),
    "bound": build_app(Settings(fixture=(), host="127.0.0.9")),
    "public": build_app(Settings(fixture=(), public_url="https://Mock.Example:8443/emulator")),
}


def status(app: str, path: str = "/_mock/worlds", /, *, method: str = "GET", body: bytes = b"", **headers: Any) -> int:
    sent = {"host": "127.0.0.1:8600", **{name.replace("_", "-"): value for name, value in headers.items()}}
    pairs = [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in sent.items()
        if value is not None
    ]
    answer = asyncio.run(ask(APPS[app], method, path, headers=pairs, body=(body,)))
    assert answer is not None
    if answer.status >= 400 and not path.startswith(("/_mock/ui/", "/_mock/health")):
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "LOCALHOST:1"}, 200),
        ({"host": "[::1]:8600"}, 200),
        ({"host": "alpha.localhost:8600"}, 200),
        ({"host": "host.docker.internal:8600"}, 200),
        ({"host": "evil.example"}, 403),
        ({"host": "evil.example:8600"}, 403),
        ({"host": "localhost.evil.example"}, 403),
        ({"host": "evillocalhost"}, 403),
        ({"host": "127.0.0.1.evil.example"}, 403),
        ({"host": "[::1"}, 200),
        ({"host": b"\xff"}, 403),
        ({"host": ""}, 403),
        ({"host": None}, 403),
        ({"origin": "http://127.0.0.1:8600"}, 200),
        ({"origin": "HTTP://127.0.0.1:8600"}, 200),
        ({"origin": "http://127.0.0.1:3000"}, 403),
        ({"origin": "http://localhost:8600"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": b"\xff\xfe"}, 403),
        ({"origin": "http://evil.example", "host": "evil.example"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"sec_fetch_site": "Cross-Site"}, 403),
        ({"sec_fetch_site": "whatever-comes-next"}, 403),
    ],
)
def test_programs_on_this_machine_come_in_and_pages_of_others_do_not(headers: dict[str, Any], expected: int):
    assert status("open", **headers) == expected


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (b"origin", b"http://127.0.0.1:8600", b"http://evil.example"),
        (b"host", b"127.0.0.1:8600", b"evil.example"),
        (b"host", b"a.localhost", b"evil.example"),
        (b"sec-fetch-site", b"same-origin", b"cross-site"),
        (b"content-type", b"application/json", b"text/plain"),
    ],
)
def test_of_two_headers_that_contradict_each_other_none_opens_a_door(name: bytes, good: bytes, bad: bytes, order: int):
    pairs = {b"host": b"127.0.0.1:8600", b"content-type": b"application/json", b"content-length": b"2"}
    pairs.pop(name, None)
    twice = [(name, good), (name, bad)][::order]
    answer = asyncio.run(ask(APPS["open"], "POST", "/_mock/worlds", headers=[*pairs.items(), *twice], body=(b"{}",)))
    assert answer is not None
    assert answer.status in (403, 415)


@pytest.mark.parametrize(
    ("app", "host", "expected"),
    [
        ("hosts", "emulator:8600", 200),
        ("hosts", "EMULATOR", 200),
        ("hosts", "other", 403),
        ("bound", "127.0.0.9:8600", 200),
        ("bound", "127.0.0.8:8600", 403),
        ("public", "mock.example:8443", 200),
        ("public", "other.example", 403),
    ],
)
def test_the_address_it_was_given_and_further_hosts_are_its_own(app: str, host: str, expected: int):
    assert status(app, host=host) == expected


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        ("application/json", b"{}", 201),
        ("application/json; charset=utf-8", b"{}", 201),
        ("Application/JSON", b"{}", 201),
        (None, b"", 201),
        ("text/plain", b"{}", 415),
        ("application/x-www-form-urlencoded", b"{}", 415),
        ("multipart/form-data; boundary=x", b"{}", 415),
        ("text/plain; application/json", b"{}", 415),
        ("application/jsonp", b"{}", 415),
        (None, b"{}", 415),
    ],
)
def test_a_body_must_say_that_it_is_json(content_type: str | None, body: bytes, expected: int):
    length = {"content-length": str(len(body))}
    assert status("open", method="POST", body=body, content_type=content_type, **length) == expected
    if expected == 415:
        chunked = {"transfer-encoding": "chunked"}
        assert status("open", method="POST", body=body, content_type=content_type, **chunked) == expected


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
def test_a_body_that_nobody_reads_must_say_so_too(method: str):
    path = "/_mock/worlds/nobody/reset"
    assert status("open", path, method=method, body=b"x", content_length="1", content_type="text/plain") == 415


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/", "GET", 200),
        ("/_mock/ui/default/ato/none", "GET", 404),
        ("/", "POST", 403),
        ("/_mock/worlds", "GET", 403),
        ("/_mock/ui", "GET", 403),
    ],
)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_on_a_foreign_page_leads_to_pages_and_nowhere_else(path: str, method: str, expected: int, site: str):
    navigation = {"sec_fetch_site": site, "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert status("open", path, method=method, **navigation) == expected
    for other in ({"sec_fetch_mode": "no-cors"}, {"sec_fetch_dest": "iframe"}, {"host": "evil.example"}):
        assert status("open", path, method=method, **{**navigation, **other}) == 403


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 401),
        ({"authorization": "Bearer sesame"}, 200),
        ({"authorization": "Bearer sesam"}, 401),
        ({"authorization": "Bearer sesame "}, 401),
        ({"authorization": "Basic sesame"}, 401),
        ({"authorization": "sesame"}, 401),
        ({"authorization": "bearer sesame"}, 200),
        ({"authorization": b"Bearer \xff"}, 401),
        ({"authorization": "Bearer sesame", "host": "anything.example"}, 200),
        ({"authorization": "Bearer sesame", "origin": "http://evil.example"}, 403),
        ({"authorization": "Bearer sesame", "sec_fetch_site": "cross-site"}, 403),
    ],
)
def test_with_a_token_the_token_decides(headers: dict[str, Any], expected: int):
    assert status("token", **headers) == expected


def basic(password: str, user: str = "anybody") -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


PAGES = ("/", "/_mock/ui/", "/_mock/ui/default")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (basic("sesame"), 200),
        (basic("sesame", user=""), 200),
        (basic("sesame", user="Zoë"), 200),
        (basic("sesame").replace("Basic", "bASIC"), 200),
        ("Bearer sesame", 200),
        (basic("sesam"), 401),
        (basic("sesame:"), 401),
        (basic(":sesame"), 401),
        (basic("", user="sesame"), 401),
        (basic(""), 401),
        (f"Basic {b64encode(b'sesame').decode()}", 401),
        (f"Basic {b64encode(bytes([0xFF, 0x3A])).decode()}", 401),
        ("Basic sesame", 401),
        ("Basic !", 401),
        ("Basic", 401),
        (b"Basic \xff", 401),
        ("Digest sesame", 401),
        (None, 401),
    ],
)
def test_pages_take_the_token_as_a_password_as_well(path: str, authorization: str | bytes | None, expected: int):
    assert status("token", path, authorization=authorization) == expected


@pytest.mark.parametrize(
    ("path", "method"),
    [
        *(("/_mock/worlds", method) for method in ("GET", "POST")),
        ("/_mock/worlds/default", "DELETE"),
        ("/_mock/worlds/default/journal", "GET"),
        ("/_mock/metrics", "GET"),
        ("/_mock/uid", "GET"),
        ("/_mock", "GET"),
        *((path, "POST") for path in PAGES),
    ],
)
def test_nothing_but_pages_takes_a_password(path: str, method: str):
    assert status("token", path, method=method, authorization=basic("sesame")) == 401
    assert status("token", path, method=method, authorization="Bearer sesame") != 401


@pytest.mark.parametrize("path", PAGES)
def test_a_password_does_not_let_a_foreign_page_in(path: str):
    for told in ({"origin": "http://evil.example"}, {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}):
        assert status("token", path, authorization=basic("sesame"), **told) == 403


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    with running(build_app(Settings(control_token="sesame: öffne"))) as url:
        yield url


@pytest.fixture
def browser(guarded: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=guarded, headers={"accept": "text/html,*/*;q=0.8"}, **PLAIN) as client:
        yield client


def test_a_browser_is_asked_for_the_token_and_then_shown_the_pages(browser: httpx2.Client):
    led = browser.get("/")
    asked = browser.get(led.headers["location"])
    assert (asked.status_code, asked.headers["www-authenticate"]) == (401, 'Basic realm="mockserver", charset="UTF-8"')
    browser.auth = ("me", "sesame: öffne")
    assert "The emulator is running" in browser.get(led.headers["location"]).text
    assert "World default" in browser.get("/_mock/ui/default").text
    assert browser.get("/_mock/ui/default/ato/none").status_code == 404


def test_a_browser_is_not_asked_where_it_would_tell_the_vendors_as_well(browser: httpx2.Client):
    # RFC 7617, 2.2: it sends what it was asked for to everything below the folder of the page.
    led = browser.get("/")
    assert (led.status_code, led.headers["location"]) == (307, "/_mock/ui/")
    assert "www-authenticate" not in led.headers


@pytest.mark.parametrize(
    ("path", "accept", "challenge"),
    [
        ("/_mock/ui/default", "text/html", "Basic"),
        ("/_mock/ui/default", "Text/HTML;q=0.9, */*", "Basic"),
        ("/_mock/ui/default", "*/*", "Bearer"),
        ("/_mock/ui/default", "application/json", "Bearer"),
        ("/", "*/*", "Bearer"),
        ("/_mock/worlds", "text/html", "Bearer"),
        ("/_mock", "text/html", "Bearer"),
    ],
)
def test_who_is_refused_learns_what_is_wanted_and_where_it_comes_from(
    guarded: str, path: str, accept: str, challenge: str
):
    answer = httpx2.get(guarded + path, headers={"accept": accept}, **PLAIN)
    assert (answer.status_code, answer.headers["www-authenticate"].split()[0]) == (401, challenge)
    for name in ("Authorization: Bearer", "--control-token", "MOTAR_MOCK_CONTROL_TOKEN"):
        assert name in answer.json()["detail"]


def test_pages_behind_a_token_offer_nothing_that_a_browser_may_not_open(browser: httpx2.Client, server: str):
    page = browser.get("/_mock/ui/", auth=("me", "sesame: öffne")).text
    assert 'href="/_mock/ui/default"' in page
    for api in ("/_mock/worlds", "/_mock/actions", "/_mock/openapi.json"):
        assert f'href="{api}' not in page
        assert f'href="{api}' in httpx2.get(server, **PLAIN).text
    assert "Authorization: Bearer $MOTAR_MOCK_CONTROL_TOKEN" in page


@pytest.mark.parametrize("app", APPS)
def test_health_is_open_to_everybody(app: str):
    for path, expected in (("/_mock/health", 503), ("/_mock/health/live", 200)):
        assert status(app, path, host="evil.example", origin="http://evil.example") == expected


@pytest.mark.parametrize(
    "path",
    [
        "/_mock/health/",
        "/_mock//health",
        "/_mock/health/live/",
        "/_mock/health/x",
        "/_mock/worlds/../health",
        "/_mock/health%2f",
    ],
)
def test_nothing_else_passes_for_health(path: str):
    assert status("open", path, host="evil.example") == 403


@pytest.mark.parametrize("app", APPS)
def test_the_vendors_side_is_open_to_everybody(app: str):
    answer = asyncio.run(
        ask(APPS[app], "GET", "/oauth/token", headers=[(b"host", b"api.motar.io"), (b"origin", b"http://x")])
    )
    assert answer is not None
    assert answer.status == 405
