"""What a plugin's author sees whose sign-in link is wrong."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile

import pytest
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.conftest import Desk


def first_difference(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def before_mark(desk: Desk, uri: WebElement) -> tuple[str, str]:
    """What stands before the mark in a URI on the page, and the character that is marked."""
    before, marked = desk.browser.script(
        "const mark = arguments[0].querySelector('mark'), range = document.createRange();"
        "range.setStart(arguments[0], 0); range.setEndBefore(mark);"
        "return [range.toString(), mark.lastChild.nodeType === Node.TEXT_NODE ? mark.lastChild.data : '']",
        uri,
    )
    return before, marked


def test_a_client_id_that_nobody_has_is_told_with_those_that_somebody_has(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url(client_id="iok-cid-typo"))

    assert desk.browser.status == 404
    assert desk.browser.one("h1").text.split("\n") == ["404 · error 4041", "Nobody here has this client ID"]
    assert f"The world '{desk.world.name}' knows: {desk.world.plugin['client_id']} (Harbor ATO)." in desk.browser.text
    assert "client_id iok-cid-typo" in desk.browser.text


@pytest.mark.parametrize(
    "change",
    [
        lambda uri: f"{uri}/",
        lambda uri: uri.replace("callback", "Callback"),
        lambda uri: uri.replace("http:", "https:"),
        lambda uri: uri.replace("localhost", "127.0.0.1"),
        lambda uri: uri.removesuffix("back"),
        lambda uri: f"{uri}?next=%2F",
    ],
    ids=["slash", "capital", "scheme", "host", "cut off", "query"],
)
@pytest.mark.parametrize("width", [1280, 320], ids=["desk", "phone"])
def test_a_redirect_uri_that_is_not_registered_is_marked_where_it_first_differs(
    desk: Desk, change: Callable[[str], str], width: int
) -> None:
    right, sent = desk.callback, change(desk.callback)
    at = first_difference(sent, right)
    desk.browser.look(width=width)
    desk.browser.open(desk.sign_in_url(redirect_uri=sent))
    assert desk.browser.status == 400

    shown = desk.browser.all(".comparison .uri")
    assert [desk.browser.copied(each) for each in shown] == [sent, right]
    assert [before_mark(desk, each) for each in shown] == [
        (sent[:at], sent[at : at + 1]),
        (right[:at], right[at : at + 1]),
    ]
    left, other_left = (mark.rect["x"] for mark in desk.browser.all("mark"))
    assert left == other_left
    assert f"At character {at + 1} the sent URI " in desk.browser.text


def test_a_missing_state_is_told_and_nobody_can_sign_in(desk: Desk) -> None:
    desk.browser.open(desk.sign_in_url(state=None))

    assert "state is missing: MOTAR requires it and gives it back on the redirect." in desk.browser.text
    assert desk.browser.all("form") == []


def test_a_page_that_is_not_there_leads_to_the_emulators_own(desk: Desk) -> None:
    desk.browser.open(f"{desk.world.url}/singin")
    assert desk.browser.status == 404
    desk.browser.press("The emulator's own page")

    assert desk.browser.one("h1").text.endswith("The emulator is running")
