"""`motar_plugin`: a plugin that plays along, and misbehaves when told to."""

from __future__ import annotations

import itertools

import httpx2
import pytest

from mockserver.client import ServerClient
from mockserver.testing.plugin_double import MotarPlugin, plugin_server

pytest_plugins = ["pytester"]

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def http_server():
    with plugin_server() as started:
        yield started


@pytest.fixture
def make(server):
    made = []
    with ServerClient(server) as emulated:

        def make(**options):
            made.append(emulated.create_world(f"double-{next(_numbers)}", clock="frozen", **options))
            return made[-1]

        yield make
        for world in made:
            world.drop()


@pytest.fixture
def played(make):
    return make()


@pytest.fixture
def plugin(http_server, played):
    double = MotarPlugin(http_server)
    double.play_for(played)
    yield double
    double.leave()


def test_it_takes_webhooks_and_visits_and_keeps_them(played, plugin):
    assert played.journal.exchanges() == []
    request = played.act("motar.start_ato_request")["request_id"]
    played.act("motar.add_distribution", distribution="1.0.0")
    signed_in = played.sign_in("@olivia", visit=True)
    played.settle()
    assert [each["requestId"] for each in plugin.requests] == [request]
    assert [each["version"] for each in plugin.distributions[0]["distributions"]] == ["1.0.0"]
    assert plugin.visits == [{"code": signed_in.code, "state": request}]
    assert plugin.refused == []
    assert {each.what for each in plugin.received} == {"request", "distributions", "visit"}
    # Three that are sent at once come in any order.
    [started] = [each for each in plugin.received if each.what == "request"]
    assert started.headers["origin"] == "https://api.motar.io"
    played.journal.verify(kind="delivery", status=200, count=3)


def test_it_takes_webhooks_of_nobody_else(played, plugin):
    played.act("motar.start_ato_request")
    played.act("motar.forge_webhook", forge="credentials")
    played.settle()
    assert len(plugin.requests) == 1
    assert [each.status for each in plugin.refused] == [401]
    endpoint = plugin.endpoints["request_endpoint"]
    for authorization in ("Basic wrong", "Bearer x", "Basic é".encode()):
        answer = httpx2.post(endpoint, json={}, headers={"authorization": authorization})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="plugin"')
    assert httpx2.get(endpoint.replace("requests", "elsewhere")).status_code == 404


def test_it_plays_for_several_worlds_at_once(played, plugin, make):
    other = make()
    plugin.play_for(other)
    requests = [each.act("motar.start_ato_request")["request_id"] for each in (played, other)]
    for each in (played, other):
        each.settle()
    assert sorted(each["requestId"] for each in plugin.requests) == sorted(requests)


def test_it_refuses_as_often_as_it_is_told(played, plugin):
    played.change_settings(core={"retry_webhooks_after": ["1m", "1m"]})
    plugin.refuse(403, times=1)
    plugin.fail(times=1)
    played.act("motar.start_ato_request")
    played.clock.advance("10m")
    played.settle()
    assert [each.status for each in plugin.received] == [403, 500, 200]
    assert len(plugin.requests) == 1
    assert len(plugin.refused) == 2


def test_it_fails_for_good_until_it_behaves_again(played, plugin):
    plugin.fail(what="distributions")
    played.act("motar.start_ato_request")
    played.settle()
    for version in ("1.0.0", "1.1.0"):
        played.act("motar.add_distribution", distribution=version)
        played.settle()
    assert [each.status for each in plugin.received] == [200, 500, 500]
    plugin.behave()
    played.act("motar.remove_distribution", distribution="1.0.0")
    played.settle()
    assert len(plugin.distributions) == 1


def test_a_delay_is_seen_as_a_plugin_that_is_too_slow(played, plugin):
    played.change_settings(core={"webhook_timeout": 0.05})
    plugin.delay(30, times=1)
    played.act("motar.start_ato_request")
    played.settle()
    [delivery] = played.deliveries()
    assert delivery.status is None
    assert "0.05" in (delivery.error or "") or "time" in (delivery.error or "")


def test_a_delayed_answer_holds_up_no_other(played, plugin):
    plugin.delay(300, what="visit")
    played.act("motar.start_ato_request")
    played.sign_in("@olivia", visit=True)
    played.journal.wait("POST /motar/requests", kind="delivery", status=200)
    plugin.leave()
    played.settle(timeout=50)


def test_a_delay_that_is_short_enough_is_only_a_delay(played, plugin):
    plugin.delay(0.05)
    played.act("motar.start_ato_request")
    played.settle()
    assert played.delivery("delivery-1").history[0].seconds >= 0.05


def test_without_pytest_httpserver_it_says_what_to_install(pytester):
    pytester.makeconftest("import sys\nsys.modules['pytest_httpserver'] = None")
    pytester.makepyfile("def test_it(motar_plugin):\n    pass\n\ndef test_other(world):\n    pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1, passed=1)
    result.stdout.fnmatch_lines(["*motar_plugin needs pytest-httpserver: pip install pytest-httpserver*"])
    result.stdout.no_fnmatch_line("*Traceback*")
