"""A real browser, and what a person does with one: opens pages, presses buttons, looks, goes back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
)
DESK, PHONE = 1280, 320
"""Widths in CSS pixels: a window on a desk, and the narrowest that WCAG asks for."""

PATIENCE = 10.0


def start(profile: Path) -> Chrome:
    """Chromium with a fresh profile. Both paths are given, so that Selenium has nothing to look for or to fetch."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("perfLoggingPrefs", {"enableNetwork": True, "enablePage": False})
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return Chrome(options, Service(str(DRIVER)))


class Browser:
    """One tab. What it fetched and what it complained about is kept from the beginning."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver
        self._fetched: list[str] = []
        self._complaints: list[str] = []
        for log in ("performance", "browser"):
            driver.get_log(log)

    def open(self, url: str) -> None:
        self.driver.get(url)

    def press(self, button: str) -> None:
        """Click the first button or link with this text, and wait for the page that follows."""
        self.leave(self.find(button).click)

    def find(self, text: str) -> WebElement:
        """The first button or link that says `text`."""
        found = self.script(
            "return [...document.querySelectorAll('button, a')]"
            ".find(each => each.textContent.replace(/\\s+/g, ' ').includes(arguments[0]))",
            text,
        )
        assert found is not None, f"nothing to press says {text!r} on this page: {self.text}"
        assert isinstance(found, WebElement)
        return found

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            element = self.one(f"#{name.replace('_', '-')}")
            element.clear()
            element.send_keys(value)

    def leave(self, act: Callable[[], Any]) -> None:
        """Do `act`, which leads to another page, and wait until that page is there."""
        old = self.one("html")
        act()
        self.until(lambda: self._is_gone(old) and self.script("return document.readyState") == "complete")

    def back(self) -> None:
        self.leave(self.driver.back)

    def reload(self) -> None:
        self.leave(self.driver.refresh)

    def keys(self, *keys: str) -> None:
        """Press keys wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def tab_to(self, text: str) -> None:
        """Press Tab until the focus is on what says `text`, as a label or by itself."""
        for _ in range(60):
            self.keys(Keys.TAB)
            if text in self.focused():
                return
        raise AssertionError(f"Tab does not lead to {text!r}")

    def focused(self) -> str:
        """What the focus is on, in words."""
        return str(
            self.script(
                "const at = document.activeElement;"
                "return at === document.body ? '' : (at.labels?.[0] ?? at).textContent.trim().replace(/\\s+/g, ' ')"
            )
        )

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def script(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def until(self, holds: Callable[[], Any]) -> None:
        WebDriverWait(self.driver, PATIENCE, poll_frequency=0.01, ignored_exceptions=[WebDriverException]).until(
            lambda _: holds()
        )

    def copied(self, element: WebElement) -> str:
        """What somebody gets who selects an element and copies it."""
        return str(
            self.script("getSelection().selectAllChildren(arguments[0]); return getSelection().toString()", element)
        )

    def look(self, *, width: int = DESK, scheme: str = "light") -> None:
        """Be a screen of this width and of a light or dark scheme."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )

    @property
    def url(self) -> str:
        return str(self.driver.current_url)

    @property
    def title(self) -> str:
        return str(self.driver.title)

    @property
    def text(self) -> str:
        return " ".join(self.one("body").text.split())

    @property
    def status(self) -> int:
        """The HTTP status of the page."""
        return int(self.script("return performance.getEntriesByType('navigation')[0].responseStatus"))

    def fetched(self) -> list[str]:
        """Every URL that was asked for over a network."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                url = message["params"]["request"]["url"]
            elif message["method"] == "Network.webSocketCreated":
                url = message["params"]["url"]
            else:
                continue
            if urlsplit(url).scheme in ("http", "https", "ws", "wss"):
                self._fetched.append(url)
        return self._fetched

    def complaints(self) -> list[str]:
        """What stands in the console, but for the status of the pages that are errors on purpose."""
        for entry in self.driver.get_log("browser"):
            is_status = entry["source"] == "network" and "responded with a status of 4" in entry["message"]
            if not is_status:
                self._complaints.append(entry["message"])
        return self._complaints

    def _is_gone(self, element: WebElement) -> bool:
        try:
            element.is_enabled()
        except WebDriverException:
            return True
        return False
