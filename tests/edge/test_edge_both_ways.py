"""What is answered at once is answered as it is by ASGI: the same response, state, journal and counts."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from mockserver.app import App
from mockserver.control import views
from mockserver.world.faults import Fault
from mockserver.world.journal import Exchange
from mockserver.world.matching import Match
from tests.support import Sent, ask, toy_app

Fields = list[tuple[bytes, bytes]]
FROM_A_PAGE: Fields = [(b"origin", b"http://page.test"), (b"access-control-request-method", b"POST")]
REQUESTS: dict[str, tuple[str, str, str, Fields, bytes]] = {
    "read": ("GET", "/toy/whoami", "", [], b""),
    "only the head": ("HEAD", "/toy/whoami", "", [], b""),
    "write": ("POST", "/toy/notes", "", [(b"content-type", b"text/plain")], b"a note"),
    "write, with a query": ("POST", "/toy/notes", "then=violate&and=%C3%A7", [], b"a note"),
    "undone": ("POST", "/toy/notes", "then=reject", [], b"a note"),
    "refused": ("POST", "/toy/notes", "then=refuse", [], b"a note"),
    "crashed": ("POST", "/toy/notes", "then=crash", [], b"a note"),
    "crashed when refused": ("POST", "/toy/notes", "then=unrenderable", [], b"a note"),
    "headers that cannot be sent": ("POST", "/toy/notes", "then=headers&value=a%0D%0Ab%E2%82%AC", [], b""),
    "redirect": ("POST", "/toy/notes", "then=redirect&value=http://x.test/%C3%A7", [], b""),
    "pattern": ("GET", "/toy/notes/note-1", "", [], b""),
    "wrong method": ("PURGE", "/toy/notes", "", [], b""),
    "preflight": ("OPTIONS", "/toy/notes", "", FROM_A_PAGE, b""),
    "from a page": ("GET", "/toy/whoami", "", FROM_A_PAGE[:1], b""),
    "nothing there": ("GET", "/toy/nothing", "", [], b""),
    "nobody there": ("GET", "/nobody", "", [], b""),
    "page": ("GET", "/nobody", "", [(b"accept", b"text/html")], b""),
    "vendor's page": ("GET", "/oauth/signin", "client_id=nobody", [(b"accept", b"text/html")], b""),
    "below a prefix": ("GET", "/w/default/toy/whoami", "", [], b""),
    "below an unknown prefix": ("GET", "/w/defualt/toy/whoami", "", [], b""),
    "world by header": ("GET", "/toy/whoami", "", [(b"x-mock-world", b"default")], b""),
    "world by host": ("GET", "/toy/whoami", "", [(b"host", b"default.localhost:8600")], b""),
    "stray credential": ("GET", "/toy/whoami", "code=nobodys", [], b""),
    "body too large": ("POST", "/toy/notes", "", [(b"content-length", b"2000")], b"x" * 2000),
    "URL too long": ("GET", "/toy/whoami", "x" * 20_000, [], b""),
    "too many headers": ("GET", "/toy/whoami", "", [(b"x-%d" % n, b"") for n in range(300)], b""),
}


def short(app: App, method: str, path: str, query: str, fields: Fields, body: bytes) -> Sent:
    whole = app.at_once(method, path, query, fields, body, "http")
    assert whole is not None
    head, _, content = whole.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    assert first.startswith("HTTP/1.1 ")
    return Sent(int(first.split()[1]), dict(line.split(": ", 1) for line in lines), content)


def by_asgi(app: App, method: str, path: str, query: str, fields: Fields, body: bytes) -> Sent:
    sent = asyncio.run(ask(app, method, path, query=query.encode(), headers=fields, body=[body]))
    assert sent is not None
    return sent


def found_in(app: App) -> dict[str, Any]:
    """Everything that a server knows after a request, but for how long it took."""
    world = app.worlds.find("default")
    return {
        "documents": {name: list(each) for name, each in world.collections.items()},
        "journal": [_lasting(each) for each in world.journal],
        "canonical": views.canonical(world, world.journal),
        "unaddressed": [(each.reason, _lasting(each.exchange)) for each in app.worlds.unaddressed],
        "beginnings": world.journal.begin(),
    }


def _lasting(exchange: Exchange) -> Exchange:
    return msgspec.structs.replace(exchange, seconds=0.0)


@pytest.mark.parametrize("settings", [{}, {"core": {"strict": True}}], ids=["lenient", "strict"])
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_both_ways_lead_to_the_same(request_, settings):
    results = []
    for way in (short, by_asgi):
        with toy_app(wall=lambda: 1_767_225_600.25, max_body=1000, max_headers=100, max_url=10_000) as app:
            world = app.worlds.find("default")
            with world.transaction():
                world.change_settings({"core": {"cors_origins": ["http://page.test"]}})
                world.change_settings(settings)
            told: list[Any] = []
            app.worlds.observers.append(
                lambda world, exchange, told=told: told.append((world and world.name, exchange.status))
            )
            results.append((way(app, *request_), way(app, *REQUESTS["write"]), found_in(app), told))
    assert results[0] == results[1]


def test_what_has_to_wait_is_left_to_asgi_and_has_not_begun():
    with toy_app(clock="frozen") as app:
        world = app.worlds.find("default")
        request = REQUESTS["write"]
        world.faults.add(Fault(when=Match(path="/toy/notes"), status=503), world.clock.now())
        assert app.at_once(*request, "http") is None
        assert (len(world.journal), world.journal.begin()) == (0, 1)
        assert by_asgi(app, *request).status == 503
        world.faults.clear()
        assert short(app, *request).status == 200
        world.interceptors.append(lambda facts: None)
        assert app.at_once(*request, "http") is None


@pytest.mark.parametrize("path", ["/", "/_mock/health", "/w/default", "/w/default/"])
def test_our_own_pages_are_left_to_asgi(path):
    with toy_app() as app:
        assert app.at_once("GET", path, "", [], b"", "http") is None


@pytest.mark.parametrize(("durability", "is_short"), [("os", True), ("none", True), ("fsync", False)])
def test_who_waits_for_the_disk_is_left_to_asgi(durability, is_short, tmp_path):
    with toy_app(data=str(tmp_path), durability=durability) as app:
        try:
            assert (app.at_once(*REQUESTS["write"], "http") is not None) is is_short
        finally:
            asyncio.run(app.stop())
