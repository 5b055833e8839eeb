"""The implicit sign-in, as Postman does it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.os1.helpers import Os1, refused

PATH = "/developer/auth/authorize"
QUERY = {
    "client_id": "app::developerplatform",
    "response_type": "token",
    "redirect_uri": "https://oauth.pstmn.example/v1/callback",
}


def test_somebody_signs_in_and_calls_with_the_token(os1: Os1):
    page = os1.world.http.get(PATH, params=QUERY)
    assert page.status_code == 200
    assert "Asha Menon" in page.text
    assert ("OS1 emulator" in page.text, "MOTAR" in page.text) == (True, False)

    answer = os1.world.http.post(PATH, params={**QUERY, "state": "s 1"}, data={"user": "@asha"})

    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    told = dict(parse_qsl(target.fragment))
    assert (target.netloc, told["token_type"], told["expires_in"], told["state"]) == (
        "oauth.pstmn.example",
        "Bearer",
        "86400",
        "s 1",
    )
    headers = {"x-developerplatform-access": told["access_token"]}
    assert os1.world.http.get("/developer/orgs", headers=headers).json()["data"][0]["name"] == "Yardworks"


def test_a_handle_with_its_password_will_do_and_a_wrong_one_shows_the_page_again(os1: Os1):
    wrong = os1.world.http.post(PATH, params=QUERY, data={"handle": "@asha", "password": "no"})
    assert (wrong.status_code, "do not belong together" in wrong.text) == (401, True)
    right = os1.world.http.post(PATH, params=QUERY, data={"handle": "@asha", "password": "offline"})
    assert right.status_code == 302


def test_who_cancels_goes_back_without_a_token(os1: Os1):
    answer = os1.world.http.post(PATH, params=QUERY, data={"decision": "cancel"})
    assert answer.headers["location"].endswith("#error=access_denied")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_id": "x"}, "client_id"),
        ({"response_type": "code"}, "implicit"),
        ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
        ({"redirect_uri": "https://x.example/#a"}, "fragment"),
        ({"redirect_uri": ""}, "redirect_uri"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_cannot_start_is_told_here(method: str, change: dict[str, str], words: str, os1: Os1):
    refused(os1.world.http.request(method, PATH, params={**QUERY, **change}), 400, words)
