"""What the edge itself answers: wrong methods and paths, limits, headers, pages, and undoing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.support import Live


def state(live: Live) -> dict[str, Any]:
    """Everything a world holds."""
    return live.control.get("snapshot").json()


def test_head_is_get_without_a_body(toy_world: Live):
    got, head = toy_world.http.get("/toy/whoami"), toy_world.http.head("/toy/whoami")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(got.content))


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/toy/whoami", "GET, POST"),
        ("OPTIONS", "/toy/notes", "POST"),
        ("PUT", "/toy/notes/1", "GET"),
        ("HEAD", "/toy/notes", "POST"),
        ("PURGE", "/toy/notes", "POST"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(method: str, path: str, allow: str, toy_world: Live):
    answer = toy_world.http.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allow
    assert toy_world.journal()[-1]["error"] == f"{path} takes {allow}, not {method}."


def test_a_wrong_method_on_motar_is_in_its_dialect(world: Live):
    answer = world.http.get("/oauth/token")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error_code"] == answer.headers["errorcode"]


@pytest.mark.parametrize("path", ["/oauth/nothing", "/plugin/v1/ato", "/sdk/anything", "/oauth/token/"])
def test_a_path_below_a_vendors_is_the_vendors_404(path: str, world: Live):
    answer = world.http.get(path)
    assert answer.status_code == 404
    assert "`mockserver fidelity`" in answer.json()["error_description"]
    assert "nothing at" in world.journal()[-1]["error"]


def test_a_path_outside_all_vendors_is_our_404(world: Live):
    answer = world.http.get("/nobody/here")
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("Nothing is emulated at /nobody/here")
    page = world.http.get("/nobody/here", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "Nothing here" in page.text


def test_our_own_paths_never_enter_a_journal(world: Live, server: str):
    httpx2.get(f"{server}/_mock/nothing", trust_env=False)
    httpx2.get(f"{server}/", trust_env=False)
    assert world.journal() == []


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("path", "key"), [("/toy/notes", "toy"), ("/plugin/v1/ato/status", "error_description")])
def test_a_body_over_the_limit_is_413_in_the_vendors_dialect(chunked: bool, path: str, key: str, toy_world: Live):
    body = b"x" * (1024 * 1024 + 1)
    before = state(toy_world)
    answer = toy_world.http.post(path, content=iter([body[:100], body[100:]]) if chunked else body)
    assert answer.status_code == 413
    assert answer.json()[key] == "The body is larger than 1048576 bytes."
    assert state(toy_world) == before
    assert toy_world.journal()[-1]["status"] == 413
    assert toy_world.journal()[-1]["request"]["body"] is None
    assert toy_world.http.get("/toy/whoami").status_code == 200


def test_a_body_of_exactly_the_limit_is_taken(toy_world: Live):
    assert toy_world.http.post("/toy/notes", content=b"x" * 1024 * 1024).status_code == 200


@pytest.mark.parametrize("where", ["path", "query"])
def test_a_url_over_the_limit_is_414(where: str, toy_world: Live):
    long = "x" * 20_000
    answer = toy_world.http.get(f"/toy/notes/{long}" if where == "path" else f"/toy/notes/1?{long}")
    assert answer.status_code == 414
    assert answer.json() == {"toy": "The URL is longer than 16384 bytes."}


def test_dates_are_the_worlds(new_toy_world: Callable[..., Live]):
    live = new_toy_world(clock={"mode": "frozen", "now": "2031-05-06T07:08:09Z"})
    assert live.http.get("/toy/whoami").headers["date"] == "Tue, 06 May 2031 07:08:09 GMT"
    assert len(live.http.get("/nobody").headers.get_list("date")) == 1


@pytest.mark.parametrize("path", ["/oauth/signin", "/nobody"])
def test_pages_are_not_stored_and_carry_a_policy(path: str, world: Live):
    page = world.http.get(path, headers={"Accept": "text/html"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == "no-store"
    answered = world.http.post(path, data={"user": "nobody"}, headers={"Accept": "text/html"})
    assert (answered.headers["content-type"], answered.headers["cache-control"]) == (
        "text/html; charset=utf-8",
        "no-cache",
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy


@pytest.mark.parametrize(
    ("then", "status", "kept"),
    [
        ("", 200, True),
        ("refuse", 400, True),
        ("violate", 200, True),
        ("reject", 400, False),
        ("crash", 500, False),
        ("no-such-page", 500, False),
        ("unrenderable", 500, False),
    ],
)
def test_raising_undoes_everything_and_returning_keeps_it(
    then: str, status: int, kept: bool, toy_world: Live, caplog: pytest.LogCaptureFixture
):
    before = state(toy_world)
    with caplog.at_level(logging.CRITICAL):
        answer = toy_world.http.post("/toy/notes", params={"then": then}, content=b"text")
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    toy_world.settle()
    assert (state(toy_world) != before) is kept
    exchange = toy_world.journal(kind="inbound")[-1]
    assert exchange["status"] == status
    assert exchange["response"]["body"] == answer.json()


def test_a_strict_world_refuses_what_is_otherwise_told_and_undoes_it(new_toy_world: Callable[..., Live]):
    strict = new_toy_world(settings={"core": {"strict": True}})
    before = state(strict)
    answer = strict.http.post("/toy/notes?then=violate", content=b"text")
    assert (answer.status_code, answer.json()) == (400, {"toy": "strict"})
    assert state(strict) == before
    assert strict.journal()[-1]["violations"][0]["reason"] == "odd"
    assert strict.http.post("/toy/notes", content=b"text").status_code == 200


def test_strictness_is_a_setting_that_can_change(toy_world: Live):
    assert toy_world.http.post("/toy/notes?then=violate").status_code == 200
    toy_world.control.put("settings", json={"core": {"strict": True}})
    assert toy_world.http.post("/toy/notes?then=violate").status_code == 400


@pytest.mark.parametrize("value", ["a\x00b", "a\r\nx-injected: 1", "a\x7f\x1b", "ü€", "a\tb"])
def test_headers_carry_nothing_that_http_cannot(value: str, toy_world: Live):
    answer = toy_world.http.post("/toy/notes", params={"then": "headers", "value": value})
    assert answer.status_code == 200
    assert "x-injected" not in answer.headers
    sent = toy_world.journal(kind="inbound")[-1]["response"]["headers"]["x-odd"]
    assert "\n" not in sent
    assert "\x00" not in sent


def test_a_redirect_to_a_url_with_letters_no_header_can_carry_is_encoded(toy_world: Live):
    answer = toy_world.http.post("/toy/notes", params={"then": "redirect", "value": "http://localhost/ü?a=b%20c&d=é"})
    assert answer.status_code == 302
    assert answer.headers["location"] == "http://localhost/%C3%BC?a=b%20c&d=%C3%A9"


def test_whoever_has_an_answer_finds_it_in_the_journal(toy_world: Live):
    for n in range(1, 21):
        toy_world.http.post("/toy/notes", content=b"x" * 200_000)
        assert len(toy_world.journal(kind="inbound", view="summary")) == n
