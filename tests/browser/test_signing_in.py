"""The whole way from the plugin's link to its callback, as Chromium goes it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Desk

OLD = "Error That page was too old or used already. Please sign in again."


def test_a_click_on_a_user_and_allow_bring_the_plugin_a_code_that_works(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url(state="a b&c=ü"))
    assert desk.browser.title == "Sign in to Harbor ATO - MOTAR emulator"
    desk.browser.press("Continue as Olivia Marsh")
    assert desk.browser.title == "Allow Harbor ATO? - MOTAR emulator"
    desk.browser.press("Allow")

    assert desk.arrived["state"] == "a b&c=ü"
    assert desk.is_good(desk.arrived["code"])


def test_the_second_time_nobody_is_asked_for_consent(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.press("Allow")
    first = desk.arrived["code"]

    desk.browser.open(desk.sign_in_url())
    desk.browser.press("Continue as Olivia Marsh")
    assert desk.arrived["code"] != first


def test_a_wrong_password_is_told_and_the_right_one_goes_on(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.fill(handle="@olivia", password="guessed")
    desk.browser.press("Sign in")
    assert desk.browser.status == 401
    assert desk.browser.title.startswith("Error: Sign in to")
    assert desk.browser.one("[role=alert]").text.split("\n") == [
        "Error",
        "This handle and password do not belong together.",
    ]
    assert desk.browser.one("#handle").get_attribute("value") == "@olivia"
    assert desk.browser.one("#password").get_attribute("value") == ""

    desk.browser.fill(password="offline")
    desk.browser.press("Sign in")
    desk.browser.press("Allow")
    assert desk.is_good(desk.arrived["code"])


def test_nothing_is_sent_before_handle_and_password_are_filled_in(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    asked = len(desk.world.journal())
    desk.browser.find("Sign in").click()

    assert desk.browser.script("return document.querySelector('#handle').matches(':invalid:focus')")
    assert len(desk.world.journal()) == asked


@pytest.mark.parametrize("after_picking", [False, True], ids=["while signing in", "while asked for consent"])
def test_whoever_cancels_is_brought_back_without_a_code(desk: Desk, after_picking: bool) -> None:
    desk.browser.open(desk.sign_in_url())
    if after_picking:
        desk.browser.press("Continue as Olivia Marsh")
    desk.browser.press("Cancel")

    assert desk.arrived == {"error": "User cancelled request.", "state": "a state"}


def test_another_account_can_be_taken_instead(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.press("Use another account")
    desk.browser.press("Continue as Sam Outsider")
    assert "You are signed in as S Sam Outsider @sam · sam@elsewhere.example No organization" in desk.browser.text
    desk.browser.press("Allow")

    assert desk.is_good(desk.arrived["code"])


def test_a_consent_page_that_was_left_open_too_long_asks_to_sign_in_again(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.press("Continue as Olivia Marsh")
    desk.wait("11m")
    desk.browser.press("Allow")
    assert (desk.browser.status, desk.calls) == (401, 0)
    assert OLD in desk.browser.text

    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.press("Allow")
    assert desk.is_good(desk.arrived["code"])


def test_going_back_to_consent_shows_the_page_and_allowing_twice_asks_to_sign_in_again(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.press("Allow")
    desk.browser.back()
    assert desk.browser.title == "Allow Harbor ATO? - MOTAR emulator"
    desk.browser.press("Allow")
    assert OLD in desk.browser.text
    assert desk.calls == 1

    desk.browser.press("Continue as Olivia Marsh")
    assert desk.is_good(desk.arrived["code"])


def test_going_back_to_the_sign_in_page_lets_somebody_else_sign_in(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.back()
    desk.browser.press("Continue as Devon Reyes")
    desk.browser.press("Allow")

    assert desk.is_good(desk.arrived["code"])


def test_reloading_any_page_of_the_way_changes_nothing(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.reload()
    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.reload()
    assert desk.browser.title == "Allow Harbor ATO? - MOTAR emulator"
    desk.browser.press("Allow")
    code = desk.arrived["code"]
    desk.browser.reload()

    assert (desk.arrived["code"], desk.calls) == (code, 2)
    assert desk.is_good(code)


def test_somebody_without_a_mouse_picks_a_user_and_allows(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.tab_to("Continue as Olivia Marsh")
    desk.browser.leave(lambda: desk.browser.keys(Keys.ENTER))
    desk.browser.tab_to("Allow")
    desk.browser.leave(lambda: desk.browser.keys(Keys.SPACE))

    assert desk.is_good(desk.arrived["code"])


def test_enter_in_the_password_field_signs_in_and_does_not_cancel(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.tab_to("Handle")
    desk.browser.keys("olivia", Keys.TAB)
    assert desk.browser.focused() == "Password"
    desk.browser.leave(lambda: desk.browser.keys("offline", Keys.ENTER))

    assert desk.browser.title == "Allow Harbor ATO? - MOTAR emulator"


def test_the_way_asks_our_server_for_a_stylesheet_and_the_plugin_for_its_callback_and_nobody_else(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())
    desk.browser.press("Continue as Olivia Marsh")
    desk.browser.press("Allow")

    asked = {(urlsplit(url).netloc, urlsplit(url).path) for url in desk.browser.fetched()}
    emulator, plugin = urlsplit(desk.world.url).netloc, urlsplit(desk.callback).netloc
    assert emulator != plugin
    assert asked == {
        (emulator, f"/w/{desk.world.name}/oauth/signin"),
        (emulator, "/_mock/assets/mock.css"),
        (plugin, "/callback"),
    }


def test_a_device_is_let_in_by_the_code_it_shows(desk: Desk) -> None:
    code = desk.device_code()
    desk.browser.open(f"{desk.world.url}/activate")
    desk.browser.fill(user_code="BBBBBBBB")
    desk.browser.press("Go on")
    assert "No device shows this code." in desk.browser.one("[role=alert]").text

    desk.browser.fill(user_code=f"{code[:4]}-{code[4:]}".lower())
    desk.browser.press("Go on")
    assert f"Go on only when your device shows {code}." in desk.browser.text
    desk.browser.press("Continue as Devon Reyes")
    desk.browser.press("Allow")
    assert f"The device that showed {code} will go on by itself." in desk.browser.text

    desk.browser.reload()
    assert f"The device that showed {code} will go on by itself." in desk.browser.text
