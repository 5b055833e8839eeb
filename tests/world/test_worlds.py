"""Making, resetting, saving, restoring and dropping worlds, and who owns which credential."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from mockserver import checking
from mockserver.errors import Conflict, Gone, Invalid, Refused, Unknown
from mockserver.world.clock import FROZEN_START
from mockserver.world.ownership import Ownership
from mockserver.world.settings import CoreSettings
from mockserver.world.snapshots import Snapshot
from mockserver.world.world import World
from mockserver.world.worlds import ClockSpec, Worlds
from tests.toy import NOTES, Note, toy_worlds


@pytest.fixture
def worlds() -> Worlds:
    return toy_worlds(clock=ClockSpec("frozen"))


def write(world: World, text: str, secret: str | None = None) -> None:
    world.act("toy.write", {"text": text, "secret": secret})


def saved(worlds: Worlds, name: str) -> bytes:
    return msgspec.json.encode(worlds.snapshot(name))


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a" * 40, "world-1", "a--"])
def test_names_that_are_good(name: str, worlds: Worlds):
    assert worlds.create(name).name == name


@pytest.mark.parametrize("name", ["", "-a", "A", "a" * 41, "ä", "a b", "a/b", "a.b", "a_b", "a\n", "..", "%61"])
def test_names_that_are_none(name: str, worlds: Worlds):
    with pytest.raises(Invalid, match="cannot be a world's name"):
        worlds.create(name)
    assert len(worlds) == 0


def test_a_world_without_a_name_gets_a_free_one(worlds: Worlds):
    worlds.create("world-2")
    assert [worlds.create().name for _ in range(3)] == ["world-1", "world-3", "world-4"]


def test_a_name_is_taken_once(worlds: Worlds):
    first = worlds.create("alpha")
    with pytest.raises(Conflict, match="already"):
        worlds.create("alpha")
    assert worlds.find("alpha") is first


def test_a_world_that_cannot_be_made_is_not_half_made(worlds: Worlds):
    with pytest.raises(Invalid):
        worlds.create("alpha", settings={"core": {"webhook_timeout": -1}})
    with pytest.raises(Refused):
        worlds.create("alpha", clock=ClockSpec("frozen", datetime.max.replace(tzinfo=UTC)))
    assert "alpha" not in worlds
    worlds.create("alpha")


def test_finding_nothing_suggests_something(worlds: Worlds):
    worlds.create("alpha")
    with pytest.raises(Unknown, match="Did you mean 'alpha'"):
        worlds.find("alhpa")


def test_a_new_world_takes_the_servers_settings_and_its_own():
    worlds = toy_worlds(settings={"core": {"strict": True, "webhook_timeout": 1}}, seed=5)
    world = worlds.create("alpha", settings={"core": {"webhook_timeout": 2}})
    assert world.settings(CoreSettings) == CoreSettings(strict=True, webhook_timeout=2)
    assert world.seed == 5


def test_reset_goes_back_to_the_moment_after_creation(worlds: Worlds):
    world = worlds.create("alpha", seed=3, settings={"core": {"strict": True}})
    at_first = saved(worlds, "alpha")
    write(world, "a", "s1")
    with world.transaction():
        world.change_settings({"core": {"strict": False}})
        world.clock.set("auto", FROZEN_START + timedelta(days=1))
    again = worlds.reset("alpha")
    assert saved(worlds, "alpha") == at_first
    assert len(again.journal) == 0
    assert again.settings(CoreSettings).strict
    assert worlds.owner_of("s1") is None
    assert world.ended == "reset"
    write(again, "a", "s1")
    assert worlds.owner_of("s1") == "alpha"


def test_a_live_world_that_began_at_an_instant_begins_there_again():
    wall = [1_800_000_000.0]
    worlds = toy_worlds(lambda: wall[0])
    worlds.create("alpha", clock=ClockSpec("live", FROZEN_START))
    wall[0] += 3600
    assert worlds.reset("alpha").clock.now() == FROZEN_START


def test_reset_after_a_remake_or_a_restore_goes_back_to_how_the_world_was_made(worlds: Worlds):
    worlds.create("alpha", seed=1)
    worlds.create("beta", seed=2)
    at_first = saved(worlds, "alpha")
    assert worlds.remake("alpha", seed=9).seed == 9
    worlds.reset("alpha")
    assert saved(worlds, "alpha") == at_first
    worlds.restore("alpha", worlds.snapshot("beta"))
    assert worlds.find("alpha").seed == 2
    assert worlds.reset("alpha").seed == 1
    assert saved(worlds, "alpha") == at_first


def test_a_renewed_world_has_its_fixtures_as_they_are_now_and_a_reset_goes_back_to_that():
    said = ["first"]

    class Writes:
        def apply(self, world: World) -> None:
            world[NOTES].insert(Note("note-0", said[0], secret=f"secret-{said[0]}"))

    worlds = toy_worlds()
    worlds._fixture = lambda name: Writes()
    old = worlds.create("alpha", fixtures=["notes"])
    said[0] = "second"
    worlds.reset("alpha")
    assert worlds.owner_of("secret-first") == "alpha"
    new = worlds.renew("alpha")
    renewed = saved(worlds, "alpha")
    assert (worlds.owner_of("secret-first"), worlds.owner_of("secret-second")) == (None, "alpha")
    write(new, "more", "secret-more")
    worlds.reset("alpha")
    assert saved(worlds, "alpha") == renewed
    assert (old.ended, new.ended) == ("reset", "reset")

    worlds._fixture = lambda name: 1 / 0  # type: ignore[assignment,return-value]
    with pytest.raises(ZeroDivisionError):
        worlds.renew("alpha")
    assert saved(worlds, "alpha") == renewed


def test_ids_go_on_where_a_snapshot_stopped(worlds: Worlds):
    world = worlds.create("alpha")
    write(world, "a")
    snapshot = worlds.snapshot("alpha")
    write(world, "b")
    after = saved(worlds, "alpha")
    restored = worlds.restore("alpha", snapshot)
    write(restored, "b")
    assert saved(worlds, "alpha") == after


def test_a_snapshot_comes_back_byte_by_byte(worlds: Worlds):
    world = worlds.create("alpha", seed=4, settings={"core": {"retry_webhooks_after": ["1m", 5]}})
    write(world, "a", "s1")
    world.act(
        "toy.later", {"after": 5, "action": "toy.later", "arguments": {"after": 1, "arguments": {"ü": [{"a": None}]}}}
    )
    world.act("toy.send", {"url": "http://x", "headers": [["a", "b"]], "retry_after": [1.5], "times": 2})
    wire = saved(worlds, "alpha")
    snapshot = checking.convert(json.loads(wire), Snapshot, what="x")
    worlds.restore("alpha", snapshot)
    assert saved(worlds, "alpha") == wire
    elsewhere = toy_worlds()
    elsewhere.restore("alpha", snapshot)
    assert saved(elsewhere, "alpha") == wire
    assert elsewhere.owner_of("s1") == "alpha"
    elsewhere.reset("alpha")
    assert json.loads(saved(elsewhere, "alpha"))["collections"] == json.loads(wire)["collections"]


BROKEN: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("$.collections['no.such']", lambda c: c.update({"no.such": []})),
    ("$.collections['toy.notes'][0].text", lambda c: c["toy.notes"][0].pop("text")),
    ("$.collections['toy.notes'][0].tags", lambda c: c["toy.notes"][0].update(tags="x")),
    ("$.collections['toy.notes'][1].id", lambda c: c["toy.notes"].append(c["toy.notes"][0])),
    ("$.collections['core.clock']", lambda c: c.pop("core.clock")),
    ("$.collections['core.clock']", lambda c: c["core.clock"][0].update(id="watch")),
    ("$.collections['core.clock'][0].now", lambda c: c["core.clock"][0].update(now="2026-01-01T00:00:00")),
    ("$.collections['core.clock'][0].now", lambda c: c["core.clock"][0].update(now="9999-12-31T23:59:59-12:00")),
    ("$.collections['core.clock'][0].now", lambda c: c["core.clock"][0].update(now="0001-01-01T00:00:00Z")),
    ("$.collections['core.clock'][0].offset", lambda c: c["core.clock"][0].update(offset=1e300)),
    ("$.collections['core.timers'][0].due", lambda c: c["core.timers"][0].update(due="2026-01-01T00:00:00")),
    ("$.collections['core.timers'][0].action", lambda c: c["core.timers"][0].update(action="toy.wrote")),
    ("$.collections['core.timers'][0].arguments.text", lambda c: c["core.timers"][0].update(arguments={})),
    ("$.collections['core.deliveries'][0].state", lambda c: c["core.deliveries"][0].update(state="lost")),
    ("$.collections['core.settings'][0].values.core.strict", lambda c: c["core.settings"][0].update(values=STRICT)),
    ("$.collections['core.settings'][0].values.corr", lambda c: c["core.settings"][0].update(values={"corr": {}})),
]
STRICT = {"core": {"strict": "very"}}


@pytest.mark.parametrize(("path", "breaking"), BROKEN)
def test_a_broken_snapshot_is_told_and_changes_nothing(
    path: str, breaking: Callable[[dict[str, Any]], object], worlds: Worlds
):
    world = worlds.create("alpha")
    write(world, "a", "s1")
    world.act("toy.later", {"after": 5, "arguments": {"text": "a"}})
    world.act("toy.send", {"url": "http://x"})
    was = saved(worlds, "alpha")
    data = json.loads(was)
    breaking(data["collections"])
    for name in ("alpha", "beta"):
        with pytest.raises(Invalid) as told:
            worlds.restore(name, checking.convert(data, Snapshot, what="x"))
        assert path in [problem.path for problem in told.value.problems]
    assert saved(worlds, "alpha") == was
    assert worlds.find("alpha") is world
    assert world.ended is None
    assert "beta" not in worlds
    assert worlds.owner_of("s1") == "alpha"


def test_every_problem_of_a_snapshot_is_told_at_once(worlds: Worlds):
    worlds.create("alpha")
    snapshot = msgspec.structs.replace(
        worlds.snapshot("alpha"), collections={"no.such": [], "toy.notes": [{"id": 1}, {"id": "b", "text": 2}]}
    )
    with pytest.raises(Invalid) as told:
        worlds.restore("alpha", snapshot)
    paths = [problem.path for problem in told.value.problems]
    assert "$.collections['no.such']" in paths
    assert "$.collections['toy.notes'][0].id" in paths
    assert "$.collections['toy.notes'][0].text" in paths
    assert "$.collections['toy.notes'][1].text" in paths
    assert "$.collections['core.clock']" in paths


def test_a_snapshot_of_another_format_is_refused(worlds: Worlds):
    worlds.create("alpha")
    with pytest.raises(Invalid, match="format 99"):
        worlds.restore("alpha", msgspec.structs.replace(worlds.snapshot("alpha"), format=99))
    with pytest.raises(Invalid, match="cannot be a world's name"):
        worlds.restore("No Name", worlds.snapshot("alpha"))


def test_a_dropped_world_is_gone_and_its_credentials_are_explained(worlds: Worlds):
    world = worlds.create("alpha")
    write(world, "a", "s1")
    worlds.drop("alpha")
    assert "alpha" not in worlds
    assert worlds.owner_of("s1") is None
    assert worlds.last_owner_of("s1") == "alpha"
    with pytest.raises(Gone, match="was dropped"):
        write(world, "b")
    with pytest.raises(Unknown):
        worlds.drop("alpha")


def test_default_is_never_dropped(worlds: Worlds):
    worlds.create("default")
    with pytest.raises(Refused, match="cannot be dropped"):
        worlds.drop("default")


def test_only_so_many_dropped_credentials_are_remembered(worlds: Worlds):
    ownership = Ownership(max_tombstones=3)
    for n in range(5):
        world = worlds.create(f"w{n}")
        write(world, "a", f"s{n}")
        ownership.add_all(world)
        ownership.bury(world)
    assert [ownership.last_owner_of(f"s{n}") for n in range(5)] == [None, None, "w2", "w3", "w4"]


def test_a_credential_follows_its_document(worlds: Worlds):
    world = worlds.create("alpha")
    write(world, "a", "s1")
    with world.transaction():
        world[NOTES].change("note-1", secret="s2")
        assert worlds.owner_of("s2") is None
    assert (worlds.owner_of("s1"), worlds.owner_of("s2")) == (None, "alpha")
    with world.transaction():
        world[NOTES].delete("note-1")
    assert worlds.owner_of("s2") is None


def test_worlds_may_share_a_credential_and_the_first_is_found_by_it(worlds: Worlds):
    one, other = worlds.create("one"), worlds.create("other")
    write(one, "a", "shared")
    write(other, "a", "shared")
    assert worlds.owner_of("shared") == "one"
    assert worlds.holds("other", "shared")
    worlds.reset("one")
    assert worlds.owner_of("shared") == "other"
    assert not worlds.holds("one", "shared")
    worlds.drop("other")
    assert worlds.owner_of("shared") is None
    assert worlds.last_owner_of("shared") == "other"


def test_watchers_are_told_and_can_leave(worlds: Worlds):
    world = worlds.create("alpha")
    told: list[str | None] = []
    leave = world.watch(lambda: told.append(world.ended))
    write(world, "a")
    worlds.reset("alpha")
    leave()
    leave()
    world.stir()
    assert told == [None, "reset"]
