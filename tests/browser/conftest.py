from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from selenium.webdriver import Chrome

from tests.browser import chromium
from tests.browser.chromium import Browser
from tests.motar.helpers import bearer, query_of, signin_query
from tests.support import Live


@dataclass
class Desk:
    """What lies in front of whoever tests a plugin: a browser, a world, and the plugin, which is another origin."""

    browser: Browser
    world: Live
    plugin: HTTPServer

    def sign_in_url(self, **changes: str | None) -> str:
        return str(httpx2.URL(f"{self.world.url}/oauth/signin", params=signin_query(self.world, **changes)))

    @property
    def callback(self) -> str:
        return self.plugin.url_for("/callback")

    @property
    def arrived(self) -> dict[str, str]:
        """The query with which the browser came to the plugin; fails while it is anywhere else."""
        assert self.browser.url.startswith(f"{self.callback}?"), f"{self.browser.url}: {self.browser.text}"
        assert self.browser.text == "You are in the plugin."
        return query_of(self.browser.url)

    @property
    def calls(self) -> int:
        """How often the plugin was called back."""
        return sum(request.path == "/callback" for request, _ in self.plugin.log)

    def exchange(self, code: str) -> httpx2.Response:
        """The plugin trades a code for tokens."""
        plugin = self.world.plugin
        client = {"client_id": plugin["client_id"], "client_secret": plugin["client_secret"]}
        return self.world.http.post("/oauth/token", data={**client, "code": code, "grant_type": "authorization_code"})

    def is_good(self, code: str) -> bool:
        return self.exchange(code).status_code == 200

    def wait(self, by: str) -> None:
        """Let the world's time pass."""
        assert self.world.control.post("clock/advance", json={"by": by}).status_code == 200

    def start_request(self) -> str:
        """Start an ATO request; answers the URL of its progress view."""
        request = self.world.act("motar.start_ato_request")["request_id"]
        origin = self.world.url.partition("/w/")[0]
        return f"{origin}/_mock/ui/{self.world.name}/ato/{request}"

    def alert(self, progress: str, **alert: str) -> None:
        """The plugin sends an alert about the request that `progress` shows."""
        tokens = self.exchange(self.world.act("motar.sign_in", user="@olivia")["code"]).json()
        sent = self.world.http.post(
            "/plugin/v1/ato/alert",
            json={"requestId": progress.rpartition("/")[2], **alert},
            headers=bearer(tokens["access_token"]),
        )
        assert sent.status_code == 200, sent.text

    def device_code(self) -> str:
        """The code that a device shows which waits for somebody to let it in."""
        client = {"client_id": self.world.plugin["client_id"]}
        return str(self.world.http.post("/oauth/v2/device/authorize", data=client).json()["user_code"])


@pytest.fixture(scope="session")
def make_httpserver() -> Iterator[HTTPServer]:
    """The plugin's server, here with a thread for each connection: Chromium opens some that it never uses."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    for needed in (chromium.CHROMIUM, chromium.DRIVER):
        if not needed.exists():
            pytest.skip(f"{needed} is not there: apt-get install chromium chromium-driver")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("no_proxy", "localhost,127.0.0.1")
        patch.setenv("SE_OFFLINE", "true")
        driver = chromium.start(tmp_path_factory.mktemp("chromium"))
        try:
            yield driver
        finally:
            driver.quit()


@pytest.fixture
def tab(driver: Chrome) -> Browser:
    """The one tab, on an empty page and as wide as a desk's."""
    driver.get("about:blank")
    browser = Browser(driver)
    browser.look()
    return browser


@pytest.fixture
def desk(tab: Browser, plugin_world: Live, httpserver: HTTPServer) -> Iterator[Desk]:
    """Whatever a test does here, nobody else is asked for anything, and the console stays empty."""
    page = "<!doctype html><title>The plugin</title><link rel=icon href=data:,><p>You are in the plugin."
    httpserver.expect_request("/callback").respond_with_data(page, content_type="text/html")
    for path in ("/requests", "/distributions"):
        httpserver.expect_request(path).respond_with_json({})
    yield Desk(tab, plugin_world, httpserver)
    ours = {urlsplit(plugin_world.url).netloc, urlsplit(httpserver.url_for("/")).netloc}
    assert {urlsplit(url).netloc for url in tab.fetched()} <= ours
    assert tab.complaints() == []
