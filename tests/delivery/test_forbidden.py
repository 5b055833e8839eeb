"""Where no webhook goes, however the address is written."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from mockserver.delivery import network
from mockserver.delivery.forbidden import Forbidden, TargetRefused
from mockserver.delivery.network import GuardedTransport
from mockserver.errors import Invalid
from tests.conftest import world_maker
from tests.support import Live, toy_server_running

METADATA = "169.254.169.254"


def refused(host: str, *allowed: str) -> str | None:
    """Why a webhook may not go to a host, which is a name or an address; None when it may."""
    try:
        Forbidden.but(allowed).check_name(host)
    except TargetRefused as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (METADATA, "a link-local address"),
        ("169.254.0.1", "a link-local address"),
        ("169.254.170.2", "a link-local address"),
        ("fe80::1", "a link-local address"),
        ("fe80::1%eth0", "a link-local address"),
        ("febf::1", "a link-local address"),
        (f"::ffff:{METADATA}", "a link-local address"),
        (f"::ffff:0:{METADATA}", None),
        (f"::{METADATA}", "a link-local address"),
        (f"64:ff9b::{METADATA}", "a link-local address"),
        ("2002:a9fe:a9fe::1", "a link-local address"),
        ("fd00:ec2::254", "metadata service"),
        ("fd20:ce::254", "metadata service"),
        ("100.100.100.200", "metadata service"),
        ("::ffff:100.100.100.200", "metadata service"),
        ("168.63.129.16", "metadata service"),
        ("metadata.google.internal", "metadata service"),
        ("METADATA.google.internal.", "metadata service"),
        ("instance-data", "metadata service"),
        ("127.0.0.1", None),
        ("::1", None),
        ("0.0.0.0", None),
        ("10.0.0.1", None),
        ("192.168.1.1", None),
        ("fd00:ec2::255", None),
        ("plugin.example", None),
        ("metadata.plugin.example", None),
        ("", None),
    ],
)
def test_link_local_and_metadata_addresses_are_refused_and_others_are_not(host: str, told: str | None):
    found = refused(host)
    assert (found is None) == (told is None)
    if told:
        assert told in (found or "")
        assert f"--allow-target {host}" in (found or "")


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        (METADATA, (METADATA,)),
        (METADATA, ("169.254.0.0/16",)),
        (METADATA, ("10.0.0.0/8", "169.254.169.0/24")),
        (f"::ffff:{METADATA}", (METADATA,)),
        ("fe80::1", ("fe80::/10",)),
        ("fd00:ec2::254", ("[fd00:ec2::254]",)),
        ("metadata.google.internal", ("Metadata.Google.Internal",)),
    ],
)
def test_what_is_allowed_is_not_refused(host: str, allowed: tuple[str, ...]):
    assert refused(host) is not None
    assert refused(host, "192.0.2.0/24", "fd01::/64", "other.example") is not None
    assert refused(host, *allowed) is None


@pytest.mark.parametrize("entry", ["", "http://169.254.169.254/", "169.254.169.254:80", "10.0.0.0/99", "a b"])
def test_an_entry_that_is_no_place_is_told(entry: str):
    with pytest.raises(Invalid, match=r"such as 169\.254\.0\.0/16"):
        Forbidden.but([entry])


@pytest.mark.parametrize(
    "url",
    [
        f"http://{METADATA}/latest/meta-data/",
        f"http://user:pw@{METADATA}:80/",
        f"https://{METADATA}/",
        "http://2852039166/latest/meta-data/",
        "http://0xA9FEA9FE/",
        "http://169.254.43518/",
        "http://025177524776/",
        "http://0xa9.0xfe.0251.254/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://169\u3002254\u3002169\u3002254/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/latest/",
        "http://metadata.google.internal/computeMetadata/v1/",
    ],
)
def test_a_webhook_to_such_an_address_fails_at_once_and_says_why(url: str, toy_world: Live):
    toy_world.act("toy.send", url=url)
    toy_world.settle()
    [delivery] = toy_world.control.get("deliveries").json()["deliveries"]
    assert delivery["state"] == "failed"
    assert "nothing is sent to" in delivery["error"]
    assert "--allow-target" in delivery["error"]


@pytest.mark.parametrize("url", ["http://0251.0376.0251.0376/", "http://\uff11\uff16\uff19.254.169.254/"])
def test_what_only_looks_like_a_host_is_not_called(url: str, toy_world: Live):
    toy_world.act("toy.send", url=url)
    toy_world.settle()
    [delivery] = toy_world.control.get("deliveries").json()["deliveries"]
    assert delivery["state"] == "failed"
    assert "InvalidURL" in delivery["error"] or "nothing is sent to" in delivery["error"]


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/a", "file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/", "x"])
def test_webhooks_go_to_http_and_https_only(url: str, toy_world: Live):
    toy_world.act("toy.send", url=url)
    toy_world.settle()
    [delivery] = toy_world.control.get("deliveries").json()["deliveries"]
    assert delivery["state"] == "failed"
    assert "http and https URLs only" in delivery["error"]


def test_a_mapped_host_is_judged_by_where_it_leads():
    rule = f"localhost={METADATA}"
    with toy_server_running(map_host=(rule,)) as url, world_maker(url) as make:
        world = make()
        world.act("toy.send", url="http://localhost:3000/hook")
        world.settle()
        [delivery] = world.control.get("deliveries").json()["deliveries"]
    assert f"nothing is sent to {METADATA}" in delivery["error"]


def connect(forbidden: Forbidden, url: str) -> int:
    async def ask() -> int:
        import httpx2

        async with httpx2.AsyncClient(transport=GuardedTransport(forbidden, connections=4)) as client:
            return (await client.get(url)).status_code

    return asyncio.run(ask())


def test_a_name_that_resolves_to_such_an_address_is_refused(monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer):
    async def resolve(host: str, port: int) -> list[Any]:
        return [ipaddress.ip_address("192.0.2.1"), ipaddress.ip_address(METADATA)]

    monkeypatch.setattr(network, "_resolve", resolve)
    httpserver.expect_request("/hook").respond_with_data("ok")
    url = httpserver.url_for("/hook")
    with pytest.raises(TargetRefused, match=f"localhost, a link-local address, which leads to {METADATA}"):
        connect(Forbidden(), url)
    assert httpserver.log == []
    assert connect(Forbidden.but([METADATA]), url) == 200
    assert connect(Forbidden.but(["localhost"]), url) == 200


def test_a_name_that_leads_elsewhere_once_it_was_checked_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
):
    async def resolve(host: str, port: int) -> list[Any]:
        return [ipaddress.ip_address("192.0.2.1")]

    monkeypatch.setattr(network, "_resolve", resolve)
    monkeypatch.setattr("mockserver.delivery.forbidden.LINK_LOCAL", (ipaddress.ip_network("127.0.0.0/8"),))
    httpserver.expect_request("/hook").respond_with_data("ok")
    with pytest.raises(TargetRefused, match=r"which leads to 127\.0\.0\.1"):
        connect(Forbidden(), httpserver.url_for("/hook"))
    assert httpserver.log == []
