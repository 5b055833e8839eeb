"""What holds for every page there is: it fits a phone, can be read in light and dark, and needs no mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.chromium import PHONE
from tests.browser.conftest import Desk


def sign_in(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url())


def wrong_password(desk: Desk) -> None:
    sign_in(desk)
    desk.browser.fill(handle="@nobody", password="guessed")
    desk.browser.press("Sign in")


def consent(desk: Desk) -> None:
    sign_in(desk)
    desk.browser.press("Continue as Mel Keeper")


def wrong_client(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url(client_id="iok-cid-" + "0" * 60))


def wrong_redirect_uri(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url(redirect_uri=f"{desk.callback}/{'deeper/' * 12}"))


def missing_state(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url(state=None))


def nowhere(desk: Desk) -> None:
    desk.browser.open(f"{desk.world.url}/{'nowhere-' * 12}")


def home(desk: Desk) -> None:
    desk.start_request()
    desk.browser.open(desk.world.url.partition("/w/")[0])


def world_home(desk: Desk) -> None:
    desk.start_request()
    desk.browser.open(desk.world.url)


def handed_off(desk: Desk) -> None:
    desk.start_request()
    desk.browser.open(desk.world.act("motar.hand_off")["url"])


def progress(desk: Desk) -> None:
    url = desk.start_request()
    for kind in ("info", "success", "warning", "error"):
        desk.alert(url, title=f"A{'a' * 60}", text="Please upload it.", type=kind, status="action-required")
    desk.browser.open(url)


def cancelled(desk: Desk) -> None:
    url = desk.start_request()
    desk.world.act("motar.cancel_ato_request")
    desk.browser.open(url)


def device(desk: Desk) -> None:
    desk.browser.open(f"{desk.world.url}/activate")


def wrong_device(desk: Desk) -> None:
    desk.browser.open(f"{desk.world.url}/activate?user_code=BBBBBBBB")


def device_sign_in(desk: Desk) -> None:
    desk.browser.open(f"{desk.world.url}/activate?{desk.device_code()}")


def device_denied(desk: Desk) -> None:
    device_sign_in(desk)
    desk.browser.press("Do not connect")


PAGES = (
    sign_in,
    wrong_password,
    consent,
    wrong_client,
    wrong_redirect_uri,
    missing_state,
    nowhere,
    home,
    world_home,
    handed_off,
    progress,
    cancelled,
    device,
    wrong_device,
    device_sign_in,
    device_denied,
)
every_page = pytest.mark.parametrize("page", [pytest.param(page, id=page.__name__) for page in PAGES])

STICKS_OUT = """
const wide = document.documentElement.clientWidth;
return [...document.body.querySelectorAll('*')]
  .filter(each => !each.closest('.scroll, .unseen') && each.getClientRects().length)
  .filter(each => each.getBoundingClientRect().right > wide + 0.5 || each.getBoundingClientRect().left < -0.5)
  .map(each => each.outerHTML.slice(0, 200))
"""

# Every piece of text with its colour and with that of the nearest background that is not transparent.
TEXTS = """
const colours = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgb = colour => {
  paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
  return [...paint.getImageData(0, 0, 1, 1).data];
};
const add = (element, text) => {
  let under = element;
  while (under && rgb(getComputedStyle(under).backgroundColor)[3] === 0) under = under.parentElement;
  colours.push([text, rgb(getComputedStyle(element).color), rgb(getComputedStyle(under).backgroundColor)]);
};
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (node.data.trim() && !element.closest('.unseen, datalist') && element.getClientRects().length)
    add(element, node.data.trim());
}
for (const input of document.querySelectorAll('input:not([type=hidden])')) add(input, input.id);
return colours
"""

# What a keyboard should reach, in the order in which it stands on the page.
REACHABLE = """
return [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary, [tabindex="0"]')]
  .filter(each => each.getClientRects().length)
"""

FOCUS = """
const at = document.activeElement, style = getComputedStyle(at);
return [at, at.matches(':focus-visible') && style.outlineStyle !== 'none' ? parseFloat(style.outlineWidth) : 0]
"""


def luminance(colour: list[int]) -> float:
    channels = [each / 255 for each in colour[:3]]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: list[int], other: list[int]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@every_page
def test_on_a_phone_nothing_has_to_be_scrolled_sideways(desk: Desk, page: Callable[[Desk], None]) -> None:
    desk.browser.look(width=PHONE)
    page(desk)

    assert desk.browser.script("return [innerWidth, document.documentElement.scrollWidth]") == [PHONE, PHONE]
    assert desk.browser.script(STICKS_OUT) == []


@every_page
def test_all_text_stands_out_from_what_is_behind_it_in_light_and_in_dark(
    desk: Desk, page: Callable[[Desk], None]
) -> None:
    page(desk)
    behind: dict[str, Any] = {}
    for scheme in ("light", "dark"):
        desk.browser.look(scheme=scheme)
        texts = desk.browser.script(TEXTS)
        assert len(texts) > 5
        assert {text: contrast(front, back) for text, front, back in texts if contrast(front, back) < 4.5} == {}
        behind[scheme] = desk.browser.script("return getComputedStyle(document.body).backgroundColor")
    assert behind == {"light": "rgb(246, 245, 241)", "dark": "rgb(19, 22, 24)"}


@every_page
def test_tab_reaches_everything_in_order_and_the_focus_can_be_seen(desk: Desk, page: Callable[[Desk], None]) -> None:
    page(desk)
    reachable = desk.browser.script(REACHABLE)
    reached = []
    for _ in reachable:
        desk.browser.keys(Keys.TAB)
        element, outline = desk.browser.script(FOCUS)
        reached.append(element)
        assert outline >= 2, desk.browser.focused()

    assert reached == reachable
