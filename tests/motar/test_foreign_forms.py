"""Forms of the vendor's pages are sent by these pages, not by a page of another origin in the person's browser."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.motar.helpers import signin_query
from tests.support import Live

FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "null"},
    {"origin": "http://evil.example"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "https://localhost"},
]
OWN = [{}, {"sec-fetch-site": "same-origin", "origin": "null"}, {"sec-fetch-site": "none"}, {"origin": "OWN"}]


def send(world: Live, path: str, headers: dict[str, str]) -> int:
    own = "http://" + urlsplit(world.url).netloc
    headers = {name: own if value == "OWN" else value for name, value in headers.items()}
    fields = {"user": "@olivia", "decision": "allow", "user_code": "AAAA-AAAA"}
    form = {**signin_query(world), **fields} if path == "/oauth/signin" else fields
    return world.http.post(path, data=form, headers=headers).status_code


@pytest.mark.parametrize("path", ["/oauth/signin", "/activate"])
@pytest.mark.parametrize("headers", FOREIGN)
def test_a_form_of_another_origin_is_refused(path: str, headers: dict[str, str], world: Live):
    assert send(world, path, headers) == 403
    assert world.documents("motar.authorization_codes") == []


@pytest.mark.parametrize("headers", OWN)
def test_its_own_form_and_a_program_are_not(headers: dict[str, str], world: Live):
    assert send(world, "/oauth/signin", headers) == 302
    assert send(world, "/activate", headers) != 403
    assert len(world.documents("motar.authorization_codes")) == 1
