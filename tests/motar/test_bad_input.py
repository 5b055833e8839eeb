"""Whatever comes in is answered in MOTAR's dialect: never a 500, never a half-done change."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.motar.helpers import bearer, plugin_basic, refused, signin_query, tokens_for
from tests.support import Live

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
POSTS = ("/oauth/token", "/oauth/logout", "/plugin/v1/ato/status", "/plugin/v1/ato/alert")
ATO = ("/plugin/v1/ato/status", "/plugin/v1/ato/alert")
DEEP_LIST = b"[" * 1000 + b"]" * 1000
DEEP_OBJECT = b'{"a":' * 1000 + b"1" + b"}" * 1000

BODIES = [
    ("cut off", b'{"requestId": "', "not JSON"),
    ("no JSON", b"requestId=1", "not JSON"),
    ("two documents", b"{}{}", "not JSON"),
    ("not UTF-8", b'{"requestId": "\xff\xfe"}', "not JSON"),
    ("half a surrogate", rb'{"requestId": "\ud800"}', ""),
    ("NaN", b'{"requestId": NaN}', "not JSON"),
    ("deep list", DEEP_LIST, "nested deeper"),
    ("deep object", DEEP_OBJECT, "nested deeper"),
    ("deep unknown field", b'{"x": ' + DEEP_LIST + b"}", "nested deeper"),
    ("very deep", b"[" * 100_000, ""),
    ("list", b"[]", "an object"),
    ("string", b'"requestId"', "an object"),
    ("null", b"null", "an object"),
    ("number", b"17", "an object"),
]


def settled(world: Live) -> dict[str, Any]:
    world.settle()
    snapshot: dict[str, Any] = world.control.get("snapshot").json()["collections"]
    return snapshot


@pytest.fixture
def busy(world: Live) -> Live:
    """A world with a request and a signed-in user."""
    world.act("motar.start_ato_request")
    tokens_for(world)
    return world


def post(world: Live, path: str, body: bytes, content_type: str | None = JSON) -> httpx2.Response:
    headers = plugin_basic(world) if path in ATO else {}
    if content_type is not None:
        headers["content-type"] = content_type
    return world.http.post(path, content=body, headers=headers)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(("name", "body", "words"), BODIES, ids=[each[0] for each in BODIES])
def test_a_body_that_is_no_object_is_refused_and_nothing_changes(
    busy: Live, path: str, name: str, body: bytes, words: str
):
    before = settled(busy)
    refused(post(busy, path, body), 400, "4005", words)
    assert settled(busy) == before


@pytest.mark.parametrize("path", POSTS)
def test_the_journal_can_be_read_after_a_body_nested_deep(busy: Live, path: str):
    for body in (DEEP_LIST, DEEP_OBJECT, b"[" * 90 + b"]" * 90):
        post(busy, path, body)
    for view in ("full", "summary", "canonical"):
        assert busy.control.get("journal", params={"view": view}).status_code == 200


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/xml", "nonsense"]
)
def test_a_wrong_content_type_is_refused_by_name(busy: Live, path: str, content_type: str):
    before = settled(busy)
    answer = post(busy, path, b'{"requestId": "x"}', content_type)
    refused(answer, 400, "4005", "application/json", content_type.partition(";")[0])
    assert settled(busy) == before


@pytest.mark.parametrize("path", ATO)
def test_a_form_is_no_json(busy: Live, path: str):
    refused(post(busy, path, b"requestId=x", FORM), 400, "4005", FORM)


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON", None])
def test_json_goes_by_its_type_in_any_spelling_or_none(busy: Live, content_type: str | None):
    request_id = busy.act("motar.view_progress")["request_id"]
    body = f'{{"requestId": "{request_id}", "status": "in-progress"}}'.encode()
    assert post(busy, "/plugin/v1/ato/status", body, content_type).status_code == 200
    told = busy.journal(kind="inbound")[-1].get("violations", [])
    assert [each["field"] for each in told] == ([] if content_type else ["headers.content-type"])


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("/oauth/token", "4001", "grant_type is missing"),
        ("/oauth/logout", "4001", "refresh_token is missing"),
        ("/plugin/v1/ato/status", "4001", "send JSON with requestId"),
        ("/plugin/v1/ato/alert", "4001", "send JSON with requestId, title, text"),
    ],
)
@pytest.mark.parametrize("content_type", [JSON, None])
def test_an_empty_body_is_told_what_it_lacks(busy: Live, path: str, code: str, words: str, content_type: str | None):
    refused(post(busy, path, b"", content_type), 400, code, words)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_a_body_over_the_limit_is_413(busy: Live, path: str, content_type: str):
    before = settled(busy)
    answer = post(busy, path, b'{"requestId": "' + b"x" * 1024 * 1024 + b'"}', content_type)
    refused(answer, 413, "4007", "larger than 1048576 bytes")
    assert settled(busy) == before


def test_the_sign_in_page_has_its_limits_in_its_own_shape(busy: Live):
    answer = busy.http.post(
        "/oauth/signin", params=signin_query(busy), content=b"x" * (1024 * 1024 + 1), headers={"content-type": FORM}
    )
    assert (answer.status_code, answer.json()["number"]) == (413, 4007)


@pytest.mark.parametrize("value", [17, True, ["x"], {"x": 1}, 1.5])
@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/logout"])
def test_a_parameter_that_is_no_string_is_refused_by_name(busy: Live, path: str, value: object):
    refused(busy.http.post(path, json={"refresh_token": value}), 400, "4005", "refresh_token must be a string")


def test_an_unknown_parameter_may_be_anything(busy: Live):
    refused(busy.http.post("/oauth/logout", json={"refresh_token": "x", "other": [1]}), 403, "4034")


@pytest.mark.parametrize(
    "form",
    [
        b"%",
        b"=",
        b"&&&&",
        b"%ff=%fe",
        b"\x00\xff",
        b"grant_type",
        b"grant_type=%00",
        "grant_type=☃".encode(),
        b"a=" * 9999,
    ],
)
def test_a_form_of_garbage_is_refused_as_what_it_lacks(busy: Live, form: bytes):
    answer = post(busy, "/oauth/token", form, FORM)
    assert answer.status_code == 400
    refused(answer, 400, answer.json()["error_code"], "grant_type")


@pytest.mark.parametrize("text", ["☃", "\x00\x1f", "line\nbreak", "é" * 3000, "\u202e", "'\"<>"])
def test_an_error_that_quotes_the_client_fits_into_headers(busy: Live, text: str):
    refused(busy.http.post("/oauth/token", json={"grant_type": text}), 400, "4003")
    refused(busy.http.post("/plugin/v1/ato/status", json={"requestId": text}, headers=plugin_basic(busy)), 404, "4042")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/oauth/token", "POST"),
        ("PUT", "/oauth/signin", "GET, POST"),
        ("DELETE", "/oauth/logout", "POST"),
        ("POST", "/user/v1/my/profile", "GET"),
        ("GET", "/plugin/v1/ato/alert", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(world: Live, method: str, path: str, allowed: str):
    answer = world.http.request(method, path)
    refused(answer, 405, "4006", allowed, method)
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize(
    "path",
    [
        *("/plugin/v1/ato/statuses", "/plugin/v1/ato/status/", "/oauth/authorize", "/user/v1/my/friends"),
        *("/leaderboard/v1", "/sdk/v1/auth/login", "/oauth", "/plugin"),
    ],
)
def test_what_is_not_emulated_is_404_in_motars_shape(world: Live, path: str):
    refused(world.http.get(path), 404, "4042", path, "emulated")


def test_no_answer_shows_the_insides(busy: Live):
    for path in POSTS:
        for _, body, _ in BODIES:
            text = post(busy, path, body).text
            assert "Traceback" not in text
            assert "msgspec" not in text
            assert ".py" not in text


def test_odd_headers_do_no_harm(busy: Live):
    token = tokens_for(busy)["access_token"]
    for headers in (
        {"accept": "\u00e9"},
        {"content-type": ";;;"},
        {"authorization": "Bearer " + "x" * 8000},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Bearer " + token.replace(".", "..")},
        {**bearer(token), "x-mock-world": ""},
    ):
        sent = [(name, value.encode("latin-1")) for name, value in headers.items()]
        answer = busy.http.get("/user/v1/my/profile", headers=sent)
        assert answer.status_code in (200, 401, 403), answer.text
