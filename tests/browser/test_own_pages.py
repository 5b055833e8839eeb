"""The emulator's own pages: `/` and the progress of an ATO request."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from mockserver.app import build_app
from mockserver.server import running
from mockserver.settings import Settings
from tests.browser.chromium import Browser
from tests.browser.conftest import Desk
from tests.support import CLIENT_ID, CLIENT_SECRET


@pytest.fixture(scope="module")
def quiet() -> Iterator[str]:
    """An emulator with the world `default` and nothing else."""
    with running(build_app(Settings())) as url:
        yield url


def test_the_home_page_shows_what_to_put_into_the_plugin_and_a_click_selects_it(tab: Browser, quiet: str) -> None:
    tab.open(quiet)
    values = {each.text: each for each in tab.all(".card .whole")}

    assert {quiet, CLIENT_ID, CLIENT_SECRET, "http://127.0.0.1:8700/motar/callback"} <= set(values)
    values[CLIENT_SECRET].click()
    assert tab.script("return getSelection().toString()") == CLIENT_SECRET


def test_commands_on_the_home_page_are_copied_as_they_are_typed(tab: Browser, quiet: str) -> None:
    tab.open(quiet)

    assert tab.copied(tab.one("pre")) == f"mockserver trigger motar.start_ato_request --server {quiet}"


def test_every_link_on_the_home_page_leads_somewhere(tab: Browser, quiet: str) -> None:
    tab.open(quiet)
    links = [str(each.get_attribute("href")) for each in tab.all("a")]
    assert len(links) >= 6
    for link in links:
        tab.open(link)
        assert tab.status == 200, link

    assert {urlsplit(url).netloc for url in tab.fetched()} == {urlsplit(quiet).netloc}
    assert tab.complaints() == []


def test_the_home_page_leads_to_a_request_and_from_there_into_the_plugin_and_home(desk: Desk) -> None:
    desk.start_request()
    desk.browser.open(desk.world.url.partition("/w/")[0])
    desk.browser.press(f"{desk.world.name}: Flight Deck Trainer ATO Package")
    desk.browser.press("Continue in the plugin")
    assert "You come from Studio to work on the ATO request for Flight Deck Trainer" in desk.browser.text
    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.press("Allow")
    assert desk.is_good(desk.arrived["code"])

    desk.browser.back()
    desk.browser.back()
    desk.browser.back()
    desk.browser.press("MOTAR emulator")
    assert desk.browser.one("h1").text.endswith("The emulator is running")


@pytest.mark.parametrize("end", ["", "/"], ids=["as it is", "with a slash"])
def test_the_base_url_of_a_world_leads_to_its_page(desk: Desk, end: str) -> None:
    desk.start_request()
    desk.browser.open(f"{desk.world.url}{end}")

    assert desk.browser.one("h1").text.endswith(f"World {desk.world.name}")
    values = [each.text for each in desk.browser.all(".card .whole")]
    assert values[:2] == [desk.world.url, desk.world.plugin["client_id"]]
    command = desk.browser.copied(desk.browser.one("pre"))
    assert command.startswith(f"mockserver trigger motar.start_ato_request -w {desk.world.name} --server http")
    desk.browser.press("Flight Deck Trainer ATO Package")
    assert "Not started" in desk.browser.text
    desk.browser.press("MOTAR emulator")
    [link] = [each for each in desk.browser.all("th a") if each.text == desk.world.name]
    desk.browser.leave(link.click)
    assert desk.browser.one("h1").text.endswith(f"World {desk.world.name}")


def test_the_base_url_of_a_world_that_is_not_there_says_so(tab: Browser, quiet: str) -> None:
    tab.open(f"{quiet}/w/defualt")

    assert tab.status == 404
    assert "There is no world named 'defualt'. Did you mean 'default'?" in tab.text
    tab.press("The emulator's own page")
    assert tab.one("h1").text.endswith("The emulator is running")


def test_the_progress_of_a_request_shows_what_the_plugin_reported(desk: Desk) -> None:
    progress = desk.start_request()
    desk.browser.open(progress)
    assert desk.browser.one("[aria-current=step]").text.split("\n")[0] == "Not started"
    assert "No alerts." in desk.browser.text

    desk.alert(progress, title="Diagram needed", text="Please upload it.", type="warning", status="action-required")
    desk.alert(progress, title="<b>Scanned</b>", text="No findings.", type="success", status="in-progress")
    desk.browser.reload()
    alerts = [each.text.split("\n")[:3] for each in desk.browser.all(".notice")]
    assert sorted(alerts) == [
        ["Success", "<b>Scanned</b>", "No findings."],
        ["Warning", "Diagram needed", "Please upload it."],
    ]


def test_the_progress_of_a_request_that_is_not_there_says_so(desk: Desk) -> None:
    desk.browser.open(desk.start_request() + "0")

    assert desk.browser.status == 404
    assert desk.browser.one("h1").text.split("\n") == ["404", "Nothing to show"]
