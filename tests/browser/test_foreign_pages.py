"""What a page of another origin can do to the emulator in a browser: nothing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from tests.browser.chromium import Browser
from tests.support import PLAIN

PAGE = """<!doctype html><title>Elsewhere</title><link rel=icon href=data:,>
<form method=post action="{api}/worlds" target=_self enctype="{enctype}">
<input name='{{"name": "{name}", "x": "' value='"}}'>
<button>Win a prize</button></form>
<a href="{home}">The emulator</a>"""

ATTEMPT = """
const [url, init, done] = arguments;
fetch(url, init).then(answer => done([answer.type, answer.status]), error => done([error.name, 0]));
"""

ATTEMPTS: list[dict[str, Any]] = [
    {"method": "POST", "body": '{"name": "NAME"}', "headers": {"content-type": "application/json"}},
    {"method": "POST", "body": '{"name": "NAME"}', "headers": {"content-type": "text/plain"}, "mode": "no-cors"},
    {"method": "POST", "body": '{"name": "NAME"}', "mode": "no-cors", "credentials": "include"},
    {"method": "POST", "mode": "no-cors", "referrerPolicy": "no-referrer"},
    {"method": "POST", "body": "name=NAME", "headers": {"content-type": "application/x-www-form-urlencoded"}},
]


def names(server: str) -> set[str]:
    worlds = httpx2.get(f"{server}/_mock/worlds", **PLAIN).json()["worlds"]
    return {each["name"] for each in worlds}


@pytest.fixture
def elsewhere(httpserver: HTTPServer, server: str) -> HTTPServer:
    """A site on another port of this machine, and so of the same site but another origin."""
    for n, enctype in enumerate(("text/plain", "application/x-www-form-urlencoded", "multipart/form-data")):
        page = PAGE.format(api=f"{server}/_mock", home=server, name=f"stolen-form-{n}", enctype=enctype)
        httpserver.expect_request(f"/{n}").respond_with_data(page, content_type="text/html")
    return httpserver


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("n", range(len(ATTEMPTS)))
def test_a_script_elsewhere_cannot_create_a_world(
    n: int, host: str, tab: Browser, elsewhere: HTTPServer, server: str
) -> None:
    name = f"stolen-{n}-{host.partition('.')[0]}"
    port = urlsplit(server).port
    attempt = {**ATTEMPTS[n]}
    if "body" in attempt:
        attempt["body"] = attempt["body"].replace("NAME", name)
    before = names(server)
    tab.open(elsewhere.url_for("/0"))

    kind, status = tab.driver.execute_async_script(ATTEMPT, f"http://{host}:{port}/_mock/worlds", attempt)

    # Either the browser kept the script from sending or from reading; both are the browser's, ours is what follows.
    assert (kind, status) in (("opaque", 0), ("TypeError", 0))
    assert name not in names(server)
    assert not {each for each in names(server) - before if each.startswith("world-")}


@pytest.mark.parametrize("n", range(3))
def test_a_form_elsewhere_cannot_create_a_world(n: int, tab: Browser, elsewhere: HTTPServer, server: str) -> None:
    tab.open(elsewhere.url_for(f"/{n}"))
    tab.press("Win a prize")

    assert "Foreign origin" in tab.text
    assert f"stolen-form-{n}" not in names(server)


def test_a_script_elsewhere_cannot_read_anything(tab: Browser, elsewhere: HTTPServer, server: str) -> None:
    tab.open(elsewhere.url_for("/0"))
    for path in ("/", "/_mock/worlds", "/_mock/worlds/default/journal", "/_mock/metrics", "/_mock/openapi.json"):
        assert tab.driver.execute_async_script(ATTEMPT, server + path, {"mode": "cors"}) == ["TypeError", 0], path


def test_a_page_elsewhere_cannot_frame_ours(tab: Browser, elsewhere: HTTPServer, server: str) -> None:
    tab.open(elsewhere.url_for("/0"))
    framed = """
    const [url, done] = arguments;
    const frame = document.createElement("iframe");
    frame.onload = () => { try { done(frame.contentDocument !== null) } catch { done(false) } };
    frame.src = url;
    document.body.append(frame);
    """
    tab.driver.execute_async_script(framed, server)
    tab.driver.switch_to.frame(tab.one("iframe"))
    try:
        assert "The emulator is running" not in tab.one("body").text
    finally:
        tab.driver.switch_to.default_content()


def test_a_link_elsewhere_leads_to_the_emulators_page(tab: Browser, elsewhere: HTTPServer, server: str) -> None:
    tab.open(elsewhere.url_for("/0"))
    tab.press("The emulator")

    assert tab.one("h1").text.endswith("The emulator is running")


def test_a_script_of_the_emulators_own_origin_may_use_the_control_api(tab: Browser, server: str) -> None:
    tab.open(f"{server}/_mock/worlds")
    ask = {"method": "POST", "body": '{"name": "own-origin"}', "headers": {"content-type": "application/json"}}
    try:
        assert tab.driver.execute_async_script(ATTEMPT, f"{server}/_mock/worlds", ask) == ["basic", 201]
    finally:
        httpx2.delete(f"{server}/_mock/worlds/own-origin", **PLAIN)
