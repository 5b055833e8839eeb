"""Header fields between two sides: tables of what is sent on, and what is given back."""

from __future__ import annotations

import pytest

from mockserver.errors import Invalid
from mockserver.recordings.fitting import Target, back, baked, located, onward, target_of

VENDOR = Target("https", "sandbox.motar.io")
BELOW = Target("https", "gateway.example:8443", "/motar")
HERE = "http://localhost:8600"


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://sandbox.motar.io", VENDOR),
        ("https://Sandbox.motar.io/", VENDOR),
        ("https://gateway.example:8443/motar/", BELOW),
        ("http://localhost:8080", Target("http", "localhost:8080")),
        ("http://[::1]:8080", Target("http", "[::1]:8080")),
    ],
)
def test_a_url_names_a_target(url: str, target: Target) -> None:
    assert target_of(url, "--upstream", plain=False) == target


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("sandbox.motar.io", "a URL such as"),
        ("ftp://sandbox.motar.io", "a URL such as"),
        ("https://me:secret@sandbox.motar.io", "without login"),
        ("https://sandbox.motar.io/?x=1", "without login, query"),
        ("https://sandbox.motar.io:99999", "a URL such as"),
        ("https://", "a URL such as"),
        ("https://sandbox.motar.io/m\u00fcll", "a URL such as"),
        ("http://sandbox.motar.io", "over http everybody on the way could read"),
    ],
)
def test_what_is_no_target_is_refused_with_the_reason(url: str, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        target_of(url, "--upstream", plain=False)
    assert told in str(refused.value)


def test_a_plugin_may_be_anywhere() -> None:
    assert target_of("http://plugin:3000", "--plugin", plain=True) == Target("http", "plugin:3000")


@pytest.mark.parametrize(
    ("location", "target", "given"),
    [
        ("https://sandbox.motar.io/login?a=%2F#x", VENDOR, f"{HERE}/login?a=%2F#x"),
        ("https://sandbox.motar.io", VENDOR, HERE),
        ("https://SANDBOX.motar.io:443/x", VENDOR, f"{HERE}/x"),
        ("http://sandbox.motar.io/x", VENDOR, f"{HERE}/x"),
        ("//sandbox.motar.io/x", VENDOR, f"{HERE}/x"),
        ("/login", VENDOR, "/login"),
        ("login?next=https://sandbox.motar.io/", VENDOR, "login?next=https://sandbox.motar.io/"),
        ("https://sandbox.motar.io.evil.example/x", VENDOR, "https://sandbox.motar.io.evil.example/x"),
        ("https://sandbox.motar.io@evil.example/x", VENDOR, "https://sandbox.motar.io@evil.example/x"),
        ("https://sandbox.motar.io:8443/x", VENDOR, "https://sandbox.motar.io:8443/x"),
        ("https://sandbox.motar.io:x/y", VENDOR, "https://sandbox.motar.io:x/y"),
        (
            "https://idp.example/?back=https%3A%2F%2Fsandbox.motar.io",
            VENDOR,
            "https://idp.example/?back=https%3A%2F%2Fsandbox.motar.io",
        ),
        ("https://gateway.example:8443/motar/x", BELOW, f"{HERE}/x"),
        ("https://gateway.example:8443/motar", BELOW, HERE),
        ("https://gateway.example:8443/motarist", BELOW, "https://gateway.example:8443/motarist"),
        ("/motar/x?y", BELOW, "/x?y"),
        ("/motar", BELOW, "/"),
        ("/other/x", BELOW, "https://gateway.example:8443/other/x"),
    ],
)
def test_a_redirect_to_the_target_leads_back_through_the_proxy(location: str, target: Target, given: str) -> None:
    assert located(location, target, HERE) == given


@pytest.mark.parametrize(
    ("cookie", "target", "given"),
    [
        ("a=1; Domain=.motar.io; Path=/; Secure; HttpOnly", VENDOR, "a=1; Path=/; HttpOnly"),
        ("a=1; secure; SameSite=None; Max-Age=5", VENDOR, "a=1; Max-Age=5"),
        ("a=1; SameSite=Lax", VENDOR, "a=1; SameSite=Lax"),
        ("__Host-a=1; Path=/; Secure; SameSite=None", VENDOR, "__Host-a=1; Path=/; Secure; SameSite=None"),
        ("a=domain=x", VENDOR, "a=domain=x"),
        ("a=1; Path=/motar/app", BELOW, "a=1; Path=/app"),
        ("a=1; Path=/motar", BELOW, "a=1; Path=/"),
        ("a=1; Path=/", BELOW, "a=1; Path=/"),
    ],
)
def test_a_cookie_is_made_fit_for_http_on_this_machine(cookie: str, target: Target, given: str) -> None:
    assert baked(cookie, target) == given


def test_fields_of_the_connection_and_those_it_names_stay_behind() -> None:
    fields = [
        (b"Host", b"localhost:8600"),
        (b"Connection", b"keep-alive, X-Hop"),
        (b"connection", b"x-other"),
        (b"Keep-Alive", b"5"),
        (b"X-Hop", b"1"),
        (b"X-Other", b"1"),
        (b"TE", b"trailers"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Proxy-Authorization", b"Basic x"),
        (b"Expect", b"100-continue"),
        (b"Content-Length", b"3"),
        (b"X-End", b"1"),
        (b"X-End", b"2"),
    ]
    assert onward(fields, BELOW, HERE) == [(b"host", b"gateway.example:8443"), (b"x-end", b"1"), (b"x-end", b"2")]
    given = back([(b"Connection", b"x-hop"), (b"X-Hop", b"1"), (b"Content-Length", b"3")], BELOW, HERE)
    assert given == [(b"content-length", b"3")]


@pytest.mark.parametrize(
    ("accepted", "sent"),
    [
        (b"gzip, deflate, br, zstd", b"gzip, deflate"),
        (b"br;q=1.0, gzip;q=0.8, *;q=0.1", b"gzip;q=0.8"),
        (b"br", b"identity"),
        (b"", b"identity"),
    ],
)
def test_only_codings_that_can_be_unpacked_are_asked_for(accepted: bytes, sent: bytes) -> None:
    assert dict(onward([(b"Accept-Encoding", accepted)], VENDOR, HERE))[b"accept-encoding"] == sent


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (b"http://localhost:8600", b"https://gateway.example:8443"),
        (b"http://localhost:8600/login?x", b"https://gateway.example:8443/motar/login?x"),
        (b"http://localhost:86001/login", b"http://localhost:86001/login"),
        (b"https://api.motar.io", b"https://api.motar.io"),
        (b"null", b"null"),
    ],
)
def test_a_page_that_came_through_the_proxy_is_the_targets_own(value: bytes, sent: bytes) -> None:
    assert dict(onward([(b"Origin", value)], BELOW, HERE))[b"origin"] == sent
