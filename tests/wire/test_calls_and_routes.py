"""A request as platforms see it, and the one look-up that finds its route."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

import pytest

from mockserver.wire import BadBody, Call, Carrier, RouteTable, redirect
from mockserver.wire.call import Authorization
from tests.toy import TOY


def call(body: bytes = b"", query: tuple[tuple[str, str], ...] = (), **headers: str) -> Call:
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Call(method="POST", path="/", query_string=urlencode(query), headers=pairs, body=body)


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None),
        ("   ", None),
        ("Bearer abc", Authorization("bearer", token="abc")),
        ("bearer   abc ", Authorization("bearer", token="abc")),
        ("abc", Authorization("bare", token="abc")),
        ("Bearer", Authorization("bare", token="Bearer")),
        (basic("id:se:cret"), Authorization("basic", username="id", password="se:cret")),
        (basic(":"), Authorization("basic")),
        (basic("no colon"), Authorization("other")),
        ("Basic !!!", Authorization("other", token="!!!")),
        ("Basic //79", Authorization("other", token="//79")),
        ("Digest abc", Authorization("other", token="abc")),
        ("Basic \xe9\xff", Authorization("other", token="\xe9\xff")),
    ],
)
def test_an_authorization_is_taken_apart(header: str, found: Authorization | None):
    assert call(authorization=header).authorization() == found


@pytest.mark.parametrize("depth", [1, 50, 100])
def test_json_is_read_to_a_depth(depth: int):
    assert isinstance(call(b"[" * depth + b"]" * depth).json(), list)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"1e999", b"[" * 105 + b"]" * 105, b"[" * 100_000])
def test_json_that_is_none_says_why_again_and_again(body: bytes):
    bad = call(body)
    for _ in range(2):
        with pytest.raises(BadBody) as told:
            bad.json()
        assert told.value.reason.endswith(".")


def test_null_is_json():
    assert call(b"null").json() is None


def test_a_form_keeps_the_first_of_each_name():
    assert call(b"a=1&a=2&b=&%ff=x&c").form() == {"a": "1", "b": "", "\ufffd": "x", "c": ""}


JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ({"query": (("code", "q"), ("code", "again"))}, ["q"]),
        ({"body": b"code=f", "content_type": FORM}, ["f"]),
        ({"body": b'{"code": "j", "Code": "alias"}', "content_type": JSON}, ["j", "alias"]),
        ({"body": b'{"code": "j"}'}, ["j"]),
        ({"body": b'{"code": "j"}', "content_type": FORM}, []),
        ({"body": b'{"code": 1}', "content_type": JSON}, []),
        ({"body": b'["code"]', "content_type": JSON}, []),
        ({"body": b"{", "content_type": JSON}, []),
        ({"query": (("code", "q"),), "body": b"code=f", "content_type": FORM}, ["q", "f"]),
        ({"query": (("code", ""),)}, []),
    ],
)
def test_a_parameter_is_found_wherever_clients_send_it(given: dict[str, Any], values: list[str]):
    carrier = Carrier("code", "parameter", ("code", "Code"))
    assert [value for _, value in carrier.values(call(**given))] == values


@pytest.mark.parametrize(
    ("header", "cookies", "values"),
    [
        ("Token_acme=a%3D1; other=b", {"Token_acme": "a%3D1", "other": "b"}, ["a%3D1"]),
        ('Token_acme="quoted"; Token_acme=second', {"Token_acme": "quoted"}, ["quoted"]),
        ("Token_a=1;Token_b=2", {"Token_a": "1", "Token_b": "2"}, ["1", "2"]),
        ("Token_a=; nonsense; =x", {"Token_a": "", "": "x"}, []),
        ("My_Token_a=1", {"My_Token_a": "1"}, []),
    ],
)
def test_a_cookie_is_found_by_the_beginning_of_its_name(header: str, cookies: dict[str, str], values: list[str]):
    given = call(cookie=header)
    assert given.cookies() == cookies
    assert [value for _, value in Carrier("cookie", "cookie", ("Token_",)).values(given)] == values


def found(method: str, path: str) -> tuple[str | None, dict[str, str], tuple[str, ...]]:
    hit = RouteTable([TOY]).find(method, path)
    return (hit.route.name if hit.route else None, hit.params or {}, hit.allowed)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/toy/whoami", ("GET /toy/whoami", {}, ())),
        ("HEAD", "/toy/whoami", ("GET /toy/whoami", {}, ())),
        ("GET", "/toy/notes/a b", ("GET /toy/notes/{id}", {"id": "a b"}, ())),
        ("GET", "/toy/notes/a/b", (None, {}, ())),
        ("GET", "/toy/notes/", (None, {}, ())),
        ("GET", "/toy/notes", (None, {}, ("POST",))),
        ("PUT", "/toy/notes/1", (None, {}, ("GET",))),
        ("GET", "/toy/notes/1\n", ("GET /toy/notes/{id}", {"id": "1\n"}, ())),
        ("GET", "", (None, {}, ())),
    ],
)
def test_a_route_is_found(method: str, path: str, expected: Any):
    assert found(method, path) == expected


def test_a_path_below_a_platforms_segment_is_the_platforms():
    table = RouteTable([TOY])
    assert table.find("GET", "/toy/nothing").platform is TOY
    assert table.find("GET", "/other").platform is None


def test_two_platforms_do_not_share_a_segment():
    from msgspec.structs import replace

    with pytest.raises(ValueError, match="belongs to the platform toy"):
        RouteTable([TOY, replace(TOY, name="other")])
    with pytest.raises(ValueError, match="is there twice"):
        RouteTable([replace(TOY, routes=(TOY.routes[2], TOY.routes[2]))])


def test_a_redirect_leaves_what_a_url_may_hold_alone():
    url = "http://h/p%20q?a=b&c=%C3%BC#f!$'()*+,;=:@~[]"
    assert dict(redirect(url).headers)["location"] == url
