"""Redirect URIs are compared character by character, and a mismatch is explained the same way."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.motar.browser import open_page
from tests.motar.helpers import code_for, exchange, refused, signin_query, signin_refused, signin_url
from tests.support import Live

REGISTERED = "http://127.0.0.1:8700/motar/callback"

NEAR_MISSES = [
    (REGISTERED + "/", 37, "'/' instead of the end", "Only a slash at the end differs."),
    ("http://127.0.0.1:8700/motar/Callback", 29, "'C' instead of 'c'", "Only upper and lower case differ."),
    ("HTTP://127.0.0.1:8700/motar/callback", 1, "'H' instead of 'h'", "Only upper and lower case differ."),
    (
        "https://127.0.0.1:8700/motar/callback",
        5,
        "'s' instead of ':'",
        "Only the scheme differs: https instead of http.",
    ),
    ("http://127.0.0.1:8701/motar/callback", 21, "'1' instead of '0'", "Only the port differs: 8701 instead of 8700."),
    ("http://127.0.0.1/motar/callback", 17, "'/' instead of ':'", "Only the port differs: none instead of 8700."),
    ("http://localhost:8700/motar/callback", 8, "'l' instead of '1'", "the comparison is of characters"),
    ("http://127.0.0.2:8700/motar/callback", 16, "'2' instead of '1'", "Only the host differs"),
    (REGISTERED + "?x=1", 37, "'?' instead of the end", "Only the query differs: x=1 instead of none."),
    (REGISTERED + "#top", 37, "'#' instead of the end", "Only the fragment differs"),
    ("http://127.0.0.1:8700/motar/callbac", 36, "the end instead of 'k'", "Only the path differs"),
    ("http://127.0.0.1:8700/motar//callback", 29, "'/' instead of 'c'", "Only the path differs"),
    ("http://127.0.0.1:8700/motar/call%62ack", 33, "'%' instead of 'b'", "percent-encoded once more"),
    ("http%3A%2F%2F127.0.0.1%3A8700%2Fmotar%2Fcallback", 5, "'%' instead of ':'", "percent-encoded once more"),
    (" " + REGISTERED, 1, "' ' instead of 'h'", "Only white space around it differs."),
    (REGISTERED + "\n", 37, "'\\n' instead of the end", "Only white space around it differs."),
    ("http://user@127.0.0.1:8700/motar/callback", 8, "'u' instead of '1'", "Only the user part differs"),
]


@pytest.mark.parametrize(("sent", "character", "difference", "note"), NEAR_MISSES)
def test_a_near_miss_is_explained_to_programs(world: Live, sent: str, character: int, difference: str, note: str):
    answer = world.http.get("/oauth/signin", params=signin_query(world, redirect_uri=sent))
    signin_refused(answer, 400, 4003, repr(sent), REGISTERED, f"from character {character} on", difference, note)


@pytest.mark.parametrize(("sent", "character", "difference", "note"), NEAR_MISSES)
def test_a_near_miss_is_explained_on_the_page(world: Live, sent: str, character: int, difference: str, note: str):
    page = open_page(world.http, signin_url(world, redirect_uri=sent))
    assert (page.status, page.location) == (400, None)
    assert f"At character {character} the sent URI" in page.text
    assert note in page.text
    assert "<mark" in page.answer.text
    assert REGISTERED[: character - 1] in page.answer.text


@pytest.mark.parametrize(("sent", "character", "difference", "note"), NEAR_MISSES)
def test_a_near_miss_at_the_token_endpoint_is_explained_and_does_not_use_up_the_code(
    world: Live, sent: str, character: int, difference: str, note: str
):
    code = code_for(world)
    refused(exchange(world, code, redirect_uri=sent), 400, "4003", f"from character {character} on", difference, note)
    assert exchange(world, code).status_code == 200


def test_the_journal_has_the_explanation(world: Live):
    world.http.get("/oauth/signin", params=signin_query(world, redirect_uri=REGISTERED + "/"))
    assert "Only a slash at the end differs." in world.journal(kind="inbound")[-1]["error"]


def test_the_nearest_of_several_is_named_first_and_all_are_shown(world: Live):
    uris = ["https://plugin.example/cb", "http://127.0.0.1:8700/motar/callback2", "myapp://cb"]
    world.act("motar.configure_plugin", redirect_uris=uris)
    sent = "http://127.0.0.1:8700/motar/callback"
    answer = world.http.get("/oauth/signin", params=signin_query(world, redirect_uri=sent))
    message = signin_refused(answer, 400, 4003)
    assert "nearest registered is 'http://127.0.0.1:8700/motar/callback2'" in message
    page = open_page(world.http, signin_url(world, redirect_uri=sent))
    assert page.text.count("the sent URI") == 3


@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1:9/one", "http://127.0.0.1:9/two"])
def test_each_registered_uri_works_and_the_code_belongs_to_it(world: Live, redirect_uri: str):
    world.act("motar.configure_plugin", redirect_uris=["http://127.0.0.1:9/one", "http://127.0.0.1:9/two"])
    code = code_for(world, redirect_uri=redirect_uri)
    other = "http://127.0.0.1:9/two" if redirect_uri.endswith("one") else "http://127.0.0.1:9/one"
    refused(exchange(world, code, redirect_uri=other), 400, "4003", other, redirect_uri)
    assert exchange(world, code, redirect_uri=redirect_uri).status_code == 200


ATTACKS = [
    *("http://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "data:text/html,x"),
    *("http://127.0.0.1:8700@evil.example/motar/callback", "http://127.0.0.1:8700.evil.example/motar/callback"),
    *(REGISTERED + "/../../evil", REGISTERED + "\r\nset-cookie: a=b", REGISTERED + "%0d%0aset-cookie:a=b"),
    *("http://evil.example/?" + REGISTERED, "http://evil.example/#" + REGISTERED, REGISTERED + "\x00"),
    *("http://[", "http://127.0.0.1:port/", "\u202e" + REGISTERED, "http://127。0。0。1:8700/motar/callback"),
    *('"><script>alert(1)</script>', "'", "*", "http://127.0.0.1:8700/*"),
]


@pytest.mark.parametrize("sent", ATTACKS)
@pytest.mark.parametrize("decision", ["allow", "cancel"])
def test_nothing_is_ever_redirected_to_an_unregistered_uri(world: Live, sent: str, decision: str):
    query = signin_query(world, redirect_uri=sent)
    signin_refused(world.http.get("/oauth/signin", params=query), 400, 4003)
    form = {"user": "@olivia", "decision": decision}
    signin_refused(world.http.post("/oauth/signin", params=query, data=form), 400, 4003)
    signin_refused(world.http.post("/oauth/signin", data={**query, **form}), 400, 4003)
    page = open_page(world.http, signin_url(world, redirect_uri=sent))
    assert (page.status, page.location, page.scripts) == (400, None, 0)
    assert not [link for link in page.links if urlsplit(link).netloc]


def test_a_form_cannot_swap_the_redirect_uri_of_its_page(world: Live):
    form = {"user": "@olivia", "decision": "allow", "redirect_uri": "http://evil.example/"}
    signin_refused(world.http.post("/oauth/signin", params=signin_query(world), data=form), 400, 4003)


def test_a_uri_taken_off_the_list_no_longer_works(world: Live):
    page = open_page(world.http, signin_url(world)).press("Olivia Marsh")
    world.act("motar.configure_plugin", redirect_uris=["http://127.0.0.1:9/new"])
    assert page.press("Allow").status == 400
