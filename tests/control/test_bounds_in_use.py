"""What a running server keeps and sends is bounded by its settings, through its port; what was over a bound is told."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer

from mockserver.app import build_app
from mockserver.errors import InvalidFile
from mockserver.platforms.motar.models import USERS
from mockserver.scenarios import caller
from mockserver.server import running
from mockserver.settings import Settings
from mockserver.world import ownership, worlds
from tests.conftest import world_maker
from tests.delivery.test_tarpit import Tarpit
from tests.support import PLAIN, Live, send_raw, toy_server_running

Make = Callable[..., Live]


@contextmanager
def bounded(**settings: Any) -> Iterator[tuple[Make, str]]:
    """Makes worlds on a server with these settings; and its URL."""
    with toy_server_running(**settings) as url, world_maker(url, clock={"mode": "frozen"}) as make:
        yield make, url


@contextmanager
def tarpits(count: int) -> Iterator[list[Tarpit]]:
    with ExitStack() as stack:
        yield [stack.enter_context(contextlib.closing(Tarpit())) for _ in range(count)]


def write(world: Live, count: int, size: int = 1000) -> None:
    for _ in range(count):
        assert world.http.post("/toy/notes", content=b"x" * size).status_code == 200


def journal(world: Live) -> dict[str, Any]:
    told: dict[str, Any] = world.control.get("journal", params={"kind": "inbound", "limit": 500}).json()
    return told


def metric(url: str, name: str) -> float:
    lines = httpx2.get(f"{url}/_mock/metrics", **PLAIN).text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).partition(" ")[2])


def test_a_journal_keeps_so_many_exchanges_and_says_how_many_it_dropped():
    with bounded(journal_exchanges=5) as (make, url):
        world = make()
        for n in range(12):
            world.http.get(f"/toy/whoami?n={n}")
        told = journal(world)
        assert [each["query"]["n"] for each in told["exchanges"]] == ["7", "8", "9", "10", "11"]
        assert (told["dropped"], told["last_id"]) == (7, 12)
        assert metric(url, "mockserver_journal_dropped_exchanges") == 7


def test_a_journal_keeps_so_many_bytes_and_says_how_many_exchanges_it_dropped():
    with bounded(journal_bytes=50_000) as (make, url):
        world = make()
        for _ in range(20):
            world.http.post("/toy/whoami", content=b"x" * 10_000)
        told = journal(world)
        assert [len(each["request"]["body"]) for each in told["exchanges"]] == [10_000] * 4
        assert told["dropped"] == 16
        assert 40_000 < metric(url, "mockserver_journal_bytes") <= 50_000


def test_all_journals_keep_so_many_bytes_and_a_world_gives_way_where_nothing_happened_for_longest():
    with bounded(journal_server_bytes=100_000) as (make, url):
        quiet, busy = make(), make()
        for world, count in ((quiet, 4), (busy, 30)):
            for _ in range(count):
                world.http.post("/toy/whoami", content=b"x" * 10_000)
        assert (journal(quiet)["exchanges"], journal(quiet)["dropped"]) == ([], 4)
        assert len(journal(busy)["exchanges"]) == 9
        assert metric(url, "mockserver_journal_bytes") <= 100_000


@pytest.mark.parametrize("end", ["forgets", "resets", "drops"])
def test_whoever_empties_a_journal_leaves_its_room_to_others(end: str):
    with bounded(journal_server_bytes=50_000) as (make, _):
        first, second = make(), make()
        for _ in range(3):
            first.http.post("/toy/whoami", content=b"x" * 10_000)
        match end:
            case "forgets":
                assert first.control.delete("journal").status_code == 204
            case "resets":
                assert first.control.post("reset").status_code == 200
            case "drops":
                first.drop()
        for _ in range(12):
            assert second.http.post("/toy/whoami", content=b"x" * 10_000).status_code == 200
        assert len(journal(second)["exchanges"]) == 4


def test_of_a_webhooks_answer_so_many_bytes_are_read_and_the_exchange_says_that_there_were_more(httpserver: HTTPServer):
    with bounded(max_response=2048) as (make, _):
        for size in (2048, 2049):
            httpserver.expect_request(f"/{size}").respond_with_data("x" * size)
        world = make()
        for size in (2048, 2049):
            world.act("toy.send", url=httpserver.url_for(f"/{size}"))
        world.settle()
        whole, cut = sorted(world.journal(kind="delivery"), key=lambda each: str(each["path"]))
    assert (len(whole["response"]["body"]), "violations" in whole) == (2048, False)
    assert len(cut["response"]["body"]) == 2048
    [told] = cut["violations"]
    assert (told["field"], told["reason"]) == ("answer", "only its first 2048 bytes were read (--max-response)")


def test_so_many_webhooks_are_under_way_at_once_in_all_and_to_one_target():
    with tarpits(2) as targets, bounded(max_attempts=5, max_attempts_per_target=3) as (make, url):
        both = [make(settings={"core": {"webhook_timeout": 300}}) for _ in range(2)]
        for world in both:
            for n in range(20):
                for target in targets:
                    world.act("toy.send", url=f"http://127.0.0.1:{target.port}/{n}")
        deadline = time.monotonic() + 20
        while sum(each.most for each in targets) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        # Longer than any that is let through by mistake would take.
        time.sleep(0.3)
        assert sorted(each.most for each in targets) == [2, 3]
        assert both[0].http.get("/toy/whoami").status_code == 200
        # Those that wait are all there, and none is said to have been sent.
        text = httpx2.get(f"{url}/_mock/metrics", **PLAIN).text
        assert 'mockserver_deliveries{state="pending"} 80.0' in text


def test_when_no_webhook_can_give_way_a_further_one_is_503_on_either_side_and_nothing_has_happened():
    with tarpits(1) as [target], bounded() as (make, _):
        world = make(settings={"core": {"max_deliveries": 10, "webhook_timeout": 300}})
        world.act("toy.send", url=f"http://127.0.0.1:{target.port}/", times=10)
        action = world.try_act("toy.send", url=f"http://127.0.0.1:{target.port}/")
        call = world.http.post("/toy/notes", content=b"one more")
        assert (action.status_code, call.status_code) == (503, 503)
        assert action.json()["title"] == "Full"
        assert "core.max_deliveries" in action.json()["hint"]
        assert "10 webhooks of this world are not over yet" in call.json()["toy"]
        assert world.documents("toy.notes") == []
        assert len(world.control.get("deliveries").json()["deliveries"]) == 10


def test_a_client_has_so_many_redirect_uris(new_world: Callable[..., Live]):
    world = new_world(settings={"core": {"max_redirect_uris": 2}})
    uris = [f"http://127.0.0.1:8700/{n}" for n in range(3)]
    plugin = world.plugin["id"]
    refused = world.try_act("motar.configure_plugin", plugin=plugin, redirect_uris=uris)
    assert refused.status_code == 409
    assert "3 redirect URIs are more than 2" in refused.json()["detail"]
    assert "core.max_redirect_uris" in refused.json()["hint"]
    world.act("motar.configure_plugin", plugin=plugin, redirect_uris=uris[:2])
    assert world.plugin["redirect_uris"] == uris[:2]


def scenario(**more: Any) -> str:
    return json.dumps({"scenario": "own", "steps": [], **more})


@pytest.mark.parametrize(
    ("setting", "fits", "beyond", "told"),
    [
        ("max_file", "# " + "x" * 1000, "# " + "x" * 3000, "expected at most 2048 bytes"),
        ("max_depth", "[" * 9 + "]" * 9, "[" * 11 + "]" * 11, "expected at most 10 levels of nesting"),
        ("max_file_aliases", "[&a 1, *a, *a]", "[&a 1, *a, *a, *a]", "expected at most 2 aliases"),
    ],
)
def test_a_scenario_and_a_fixture_may_be_so_large_so_deep_and_so_full_of_aliases(
    setting: str, fits: str, beyond: str, told: str, tmp_path: Path
):
    settings: dict[str, Any] = {setting: {"max_file": 2048, "max_depth": 10, "max_file_aliases": 2}[setting]}
    with running(build_app(Settings(fixture=(), **settings))) as url:
        answers = [
            httpx2.post(f"{url}/_mock/scenarios", json={"text": text, "source": "own.yaml"}, **PLAIN)
            for text in (fits, beyond)
        ]
    # Neither is a scenario, but only one is refused for its size before that is seen.
    words = ["; ".join(f"expected {each['expected']}" for each in answer.json()["problems"]) for answer in answers]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert [told in each for each in words] == [False, True]
    file = tmp_path / "own.yaml"
    file.write_text(beyond, encoding="utf-8")
    with pytest.raises(InvalidFile, match=told):
        build_app(Settings(fixture=(str(file),), **settings))


def test_a_fixture_may_be_larger_where_the_setting_says_so(tmp_path: Path):
    shipped = Path("fixtures/motar/quickstart.yaml").read_text(encoding="utf-8")
    file = tmp_path / "large.yaml"
    file.write_text(shipped + "# ".ljust(1_500_000, "x") + "\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match="at most 1048576 bytes"):
        build_app(Settings(fixture=(str(file),)))
    app = build_app(Settings(fixture=(str(file),), max_file=2_000_000))
    assert len(app.worlds.find("default")[USERS]) == 8


def test_a_head_may_be_as_large_as_the_settings_say_whatever_is_cut_off_by_default():
    head = b"GET /toy/whoami HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 3_000_000 + b"\r\n\r\n"
    with bounded() as (_, url):
        assert b"larger than 1048576 bytes" in send_raw(url, head)
    with bounded(max_header_bytes=4_000_000) as (_, url):
        assert send_raw(url, head).startswith(b"HTTP/1.1 200 ")
    with bounded(max_header_bytes=2_000_000) as (_, url):
        # Over the setting, but not so far that it is cut off: the vendor says so.
        assert b'{"toy":"The headers are larger than 2000000 bytes together."}' in send_raw(url, head)


def test_requests_that_led_to_no_world_are_kept_up_to_so_many_bytes():
    with bounded() as (_, url):
        for n in range(40):
            answer = httpx2.post(f"{url}/w/none/toy/notes?n={n}", content=b"x" * 1_000_000, **PLAIN)
            assert answer.status_code == 404
        told = httpx2.get(f"{url}/_mock/unaddressed", **PLAIN).json()
        assert told["count"] == 40
        kept = [int(each["query"]["n"]) for each in told["exchanges"]]
        assert kept == list(range(40 - len(kept), 40))
        assert 30 <= len(kept) <= 33


def test_dropped_worlds_are_remembered_up_to_a_number_and_so_are_their_credentials(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worlds, "MAX_FATES", 2)
    monkeypatch.setattr(ownership.Ownership.__init__, "__kwdefaults__", {"max_tombstones": 2})
    with bounded() as (make, url):
        dropped = [make() for _ in range(3)]
        for n, world in enumerate(dropped):
            world.act("toy.write", text="a", secret=f"a-secret-{n}")
            world.drop()
        told = [httpx2.get(f"{url}/w/{world.name}/toy/whoami", **PLAIN).json()["toy"] for world in dropped]
        for n in range(3):
            httpx2.get(f"{url}/toy/whoami", headers={"authorization": f"Bearer a-secret-{n}"}, **PLAIN)
        strays = httpx2.get(f"{url}/_mock/unaddressed", **PLAIN).json()["exchanges"][-3:]
    assert ["was dropped" in each for each in told] == [False, True, True]
    assert ["belonged to the world" in json.dumps(each) for each in strays] == [False, True, True]


def test_of_an_answer_to_a_scenarios_call_so_many_bytes_are_read_and_a_longer_one_fails_the_step(
    monkeypatch: pytest.MonkeyPatch, httpserver: HTTPServer
):
    monkeypatch.setattr(caller, "MAX_RESPONSE", 1000)
    httpserver.expect_request("/fits").respond_with_data("x" * 1000)
    httpserver.expect_request("/not").respond_with_data("x" * 1001)
    with bounded() as (make, _):
        world = make()
        reports = [
            world.control.post("runs", json={"text": f"name: a\nsteps: [{{call: GET {httpserver.url_for(path)}}}]"})
            for path in ("/fits", "/not")
        ]
    fits, beyond = (each.json() for each in reports)
    assert (fits["outcome"], beyond["outcome"]) == ("passed", "failed")
    assert "The answer is larger than 1000 bytes." in str(beyond["steps"])
