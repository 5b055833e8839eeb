"""A world through its client: what each method answers, the same for who blocks and who awaits."""

from __future__ import annotations

import asyncio
import inspect
from datetime import UTC, datetime, timedelta

import pytest

import mockserver
import mockserver.client
from mockserver.client import (
    AsyncServerClient,
    AsyncWorldClient,
    NotAsExpected,
    ServerClient,
    ServerSaidNo,
    WorldClient,
    connect,
    connect_async,
)
from mockserver.client.clients import AsyncClock, AsyncJournal, Clock, Journal

START = datetime(2026, 1, 1, tzinfo=UTC)
SCENARIO = """
name: client/one-action
summary: Somebody asks for an ATO
inputs: {package: {default: A package}}
start: 2026-01-01T09:00:00Z
steps:
  - id: start
    action: motar.start_ato_request
    with: {package_name: $inputs.package}
    outputs: {request_id: $response.body#/request_id}
"""
FAILING = SCENARIO + "  - await: POST /plugin/v1/ato/status\n    within: 50ms\n  - action: motar.view_progress\n"


def test_connecting_sends_nothing_and_knows_the_world_s_address():
    assert connect("http://127.0.0.1:1/").base_url == "http://127.0.0.1:1"
    assert connect("http://127.0.0.1:1", "checkout").base_url == "http://127.0.0.1:1/w/checkout"
    assert repr(mockserver.connect("http://127.0.0.1:1")) == "<WorldClient http://127.0.0.1:1>"


def test_a_world_tells_what_its_plugin_needs(own):
    plugin = own.plugin()
    assert plugin.client_id.startswith("iok-cid-")
    assert plugin.client_secret.startswith("iok-cse-")
    assert plugin.client_secret not in repr(plugin)
    assert plugin.request_endpoint == "http://127.0.0.1:9/requests"
    assert plugin.redirect_uris == ("http://127.0.0.1:9/callback",)
    assert own.plugin(plugin.client_id) == own.plugin("Harbor ATO") == plugin
    assert own.show()["base_url"] == own.base_url
    with pytest.raises(LookupError, match="has no plugin Nobody; it has: Harbor ATO"):
        own.plugin("Nobody")


def test_a_request_goes_its_way_and_the_journal_has_it(own):
    request = own.act("motar.start_ato_request", package_name="Mine")["request_id"]
    own.settle()
    action, delivery = own.journal.exchanges()
    assert (action.kind, action.path, action.body) == ("action", "motar.start_ato_request", {"package_name": "Mine"})
    assert action.response.body["request_id"] == request
    assert (delivery.kind, delivery.method, delivery.path, delivery.status) == ("delivery", "POST", "/requests", None)
    assert delivery.body["requestId"] == request
    assert delivery.headers["authorization"].startswith("Basic ")
    assert "cannot connect" in (delivery.error or "")
    assert str(delivery) == "#2 delivery POST /requests -> no answer"
    assert own.journal.exchanges(kind="action", after=1) == []
    assert own.journal.exchanges(path="/requests", limit=1) == [delivery]


def test_deliveries_are_looked_at_and_sent_again(own):
    own.act("motar.start_ato_request")
    own.settle()
    [sent] = own.deliveries()
    assert (sent.event, sent.state, sent.attempts, sent.status) == ("motar.ato.request_started", "failed", 1, None)
    full = own.delivery(sent.id)
    assert full.headers["content-type"] == "application/json"
    assert '"requestId"' in (full.body or "")
    assert [attempt.n for attempt in full.history] == [1]
    again = own.redeliver(sent.id)
    own.settle()
    assert again.redelivery_of == sent.id
    assert [each.id for each in own.deliveries()] == [sent.id, again.id]


def test_a_user_signs_in_without_a_browser(own):
    request = own.act("motar.start_ato_request")["request_id"]
    allowed = own.sign_in("@olivia", request=request)
    assert allowed.redirect_url.startswith("http://127.0.0.1:9/callback?")
    assert (allowed.state, allowed.error, allowed.delivery) == (request, None, None)
    assert allowed.code
    cancelled = own.sign_in("@olivia", decision="cancel")
    assert (cancelled.code, cancelled.error) == (None, "User cancelled request.")
    visited = own.sign_in("@olivia", url=own.act("motar.hand_off")["url"], visit=True)
    own.settle()
    assert own.delivery(visited.delivery or "").event == "browser.redirect"


def test_time_stands_still_until_it_is_moved(own):
    assert (own.clock.mode(), own.clock.now()) == ("frozen", START)
    assert own.clock.advance("25h") == datetime(2026, 1, 2, 1, tzinfo=UTC)
    assert own.clock.advance(60) == own.clock.now()
    assert own.clock.advance(timedelta(hours=1)) == datetime(2026, 1, 2, 2, 1, tzinfo=UTC)
    assert own.clock.set(now=START).now == START
    assert own.clock.set("live", "wall").mode == "live"


def test_a_snapshot_brings_a_world_back(own):
    own.act("motar.start_ato_request")
    before = own.snapshot()
    own.reset()
    assert own.documents("motar.ato_requests") == []
    view = own.restore(before)
    assert view["name"] == own.name
    assert len(own.documents("motar.ato_requests")) == own.collections()["motar.ato_requests"] == 1


def test_settings_are_read_and_changed(own):
    assert own.settings()["motar"]["expires_in"] == "1d"
    assert own.change_settings(motar={"expires_in": 3600})["motar"]["expires_in"] == 3600


def test_the_journal_is_waited_for_verified_compared_and_emptied(own):
    own.act("motar.start_ato_request")
    [found] = own.journal.wait("POST /requests", kind="delivery", body={"status": "not-started"})
    assert own.journal.verify("/requests") == own.journal.verify(path="/requests", count=1) == 1
    assert own.journal.verify("POST /oauth/token", at_most=0) == 0
    assert own.journal.canonical()[1]["path"] == found.path
    own.journal.clear()
    assert own.journal.exchanges() == []


def test_what_happens_while_somebody_waits_is_seen(own):
    async def both() -> None:
        async with AsyncServerClient(own.server.url) as server:
            same = server.world(own.name)
            waiting = asyncio.create_task(same.journal.wait(kind="action", path="motar.start_ato_request", timeout=10))
            while (await same.show())["waits"] == 0:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            await same.act("motar.start_ato_request")
            assert len(await waiting) == 1

    asyncio.run(both())


@pytest.mark.parametrize("as_file", [True, False], ids=["a path", "a text of a path"])
def test_a_scenario_file_runs(own, tmp_path, as_file):
    file = tmp_path / "one.yaml"
    file.write_text(SCENARIO)
    run = own.run(file if as_file else str(file), inputs={"package": "From here"}, seed=7)
    assert (run.passed, run.failed_step, len(run.steps)) == (True, None, 1)
    [request] = own.documents("motar.ato_requests")
    assert run.outputs["start"]["request_id"] == request["id"]
    assert request["package_name"] == "From here"


def test_a_scenario_that_fails_is_told_step_by_step(own, tmp_path):
    file = tmp_path / "failing.yaml"
    file.write_text(FAILING)
    with pytest.raises(NotAsExpected) as failed:
        own.run(file)
    told = str(failed.value)
    assert "client/one-action: failed" in told
    assert "2. Wait for POST /plugin/v1/ato/status: failed" in told
    assert "it never came" in told
    assert told.endswith("1 more skipped")
    run = own.run(file, check=False)
    assert run.failed_step is not None
    assert run.failed_step.index == 2


def test_a_scenario_that_is_no_file_is_looked_up_by_name(own):
    with pytest.raises(ServerSaidNo, match="Did you mean 'motar/ato-happy-path'"):
        own.run("motar/ato-happy-pat")


def test_a_scenario_is_followed_step_by_step_whether_it_passes_or_not(own, tmp_path, server):
    file = tmp_path / "failing.yaml"
    file.write_text(FAILING)
    told = [(each["event"], each.get("step", {}).get("index")) for each in own.follow(file)]
    assert told == [("started", 1), ("finished", 1), ("started", 2), ("finished", 2), ("ended", None)]

    async def follow() -> list[tuple[str, int | None]]:
        async with AsyncServerClient(server) as emulated:
            events = emulated.world(own.name).follow(file)
            return [(each["event"], each.get("step", {}).get("index")) async for each in events]

    assert asyncio.run(follow()) == told


def test_a_scenario_that_cannot_be_followed_is_told_as_one_that_cannot_be_run(own, server):
    with pytest.raises(ServerSaidNo, match="Did you mean 'motar/ato-happy-path'"):
        next(own.follow("motar/ato-happy-pat"))

    async def follow() -> None:
        async with AsyncServerClient(server) as emulated:
            async for _ in emulated.world(own.name).follow("motar/ato-happy-pat"):
                pass

    with pytest.raises(ServerSaidNo, match="Did you mean 'motar/ato-happy-path'"):
        asyncio.run(follow())


def test_a_scenario_is_kept_run_by_name_and_forgotten(emulated, own):
    assert emulated.keep_scenario(SCENARIO)["name"] == "client/one-action"
    assert {"name": "client/one-action", "kept": "library", "tags": []} in emulated.scenarios()
    assert emulated.scenario("client/one-action")["text"] == SCENARIO
    assert own.run("client/one-action").passed
    emulated.drop_scenario("client/one-action")
    with pytest.raises(ServerSaidNo, match="There is no scenario"):
        emulated.scenario("client/one-action")


def test_a_text_that_is_no_scenario_is_told_with_the_file_and_the_line(emulated):
    with pytest.raises(ServerSaidNo) as refused:
        emulated.keep_scenario("name: x\nsteps:\n  - acton: y\n", source="mine.yaml")
    assert refused.value.source == "mine.yaml"
    assert "\n  mine.yaml:3:5: " in str(refused.value)


def test_worlds_come_and_go(emulated, made):
    world = made(seed=5, clock={"mode": "frozen", "now": START})
    assert world.show()["seed"] == 5
    assert world.name in {each["name"] for each in emulated.worlds()}
    assert emulated.health()["status"] == "ready"
    assert "motar.sign_in" in {each["name"] for each in emulated.actions()}
    assert emulated.unaddressed()["count"] >= 0
    world.drop()
    assert world.name not in {each["name"] for each in emulated.worlds()}
    unnamed = emulated.create_world()
    assert unnamed.name.startswith("world-")
    unnamed.drop()


def test_who_awaits_gets_the_same(server):
    async def journey() -> None:
        async with AsyncServerClient(server) as emulated:
            world = await emulated.create_world("awaited", clock="frozen")
            request = (await world.act("motar.start_ato_request"))["request_id"]
            await world.settle()
            [sent] = await world.deliveries()
            assert sent.about == request
            assert (await world.sign_in("@olivia")).state == request
            assert await world.clock.advance("1h") == datetime(2026, 1, 1, 1, tzinfo=UTC)
            assert await world.journal.verify(kind="action", at_least=2) == 2
            with pytest.raises(NotAsExpected, match="The closest that came"):
                await world.journal.wait("POST /nowhere", timeout=0.05)
            assert (await world.plugin()).name == "Harbor ATO"
            assert repr(world) == f"<AsyncWorldClient {server}/w/awaited>"
            await world.drop()

    asyncio.run(journey())


def test_connecting_for_async_code_is_closed_by_hand(server):
    async def once() -> dict[str, object]:
        world = connect_async(server)
        try:
            return await world.show()
        finally:
            await world.server.close()

    assert asyncio.run(once())["name"] == "default"


PAIRS = [
    (WorldClient, AsyncWorldClient),
    (ServerClient, AsyncServerClient),
    (Journal, AsyncJournal),
    (Clock, AsyncClock),
]


@pytest.mark.parametrize(("blocking", "awaiting"), PAIRS, ids=lambda each: each.__name__)
def test_both_have_the_same_methods_with_words_about_each(blocking, awaiting):
    public = {name for name in dir(blocking) if not name.startswith("_")}
    assert public == {name for name in dir(awaiting) if not name.startswith("_")}
    for name in public:
        assert inspect.getdoc(getattr(blocking, name)), name


def test_the_names_of_the_client_are_all_there_and_in_order():
    assert mockserver.client.__all__ == sorted(mockserver.client.__all__)
    assert all(hasattr(mockserver.client, name) for name in mockserver.client.__all__)
