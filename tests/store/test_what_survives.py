"""A directory holds all that worlds are, after a goodbye and without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mockserver import resources
from mockserver.app import build_app
from mockserver.errors import Unknown
from mockserver.settings import Settings
from mockserver.store.world_files import BATCH
from mockserver.store.worlds_store import DirectoryStore
from mockserver.world.header import ClockSpec
from mockserver.world.outbox import DELIVERIES, Attempt
from mockserver.world.settings import CoreSettings
from mockserver.world.worlds import Worlds
from tests.store.support import checkpoint, everything, opened, write
from tests.toy import NOTES, Note


def leave(worlds: Worlds, store: DirectoryStore) -> None:
    """Crash without having written a file."""


def checkpoint_and_go_on(worlds: Worlds, store: DirectoryStore) -> None:
    """Crash with a file and a log that goes on from it."""
    checkpoint(worlds, store)
    for world in worlds:
        write(worlds, world.name, "after the checkpoint")


ENDINGS = pytest.mark.parametrize("end", [leave, checkpoint, checkpoint_and_go_on])
End = Callable[[Worlds, DirectoryStore], None]


@ENDINGS
def test_worlds_are_what_they_were(end: End, tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        worlds.create("alpha", seed=7, settings={"core": {"webhook_timeout": 3}})
        world = worlds.create("beta", clock=ClockSpec("auto", datetime(2030, 1, 1, tzinfo=UTC)))
        for n in range(5):
            write(worlds, "alpha", f"note {n}", secret=f"secret {n}")
        with worlds.find("alpha").transaction():
            worlds.find("alpha")[NOTES].delete("note-2")
            worlds.find("alpha")[NOTES].change("note-3", text="changed")
        world.act("toy.later", {"after": 3600, "arguments": {"text": "timer"}})
        world.act("toy.send", {"url": "http://127.0.0.1:9/", "times": 2, "retry_after": [1, 2]})
        with world.transaction():
            world.change_settings({"core": {"strict": True}})
            world.outbox.begin("delivery-1")
            world.outbox.record("delivery-2", Attempt(n=1, at=world.clock.now(), seconds=0.5, error="refused"))
        end(worlds, store)
        was = everything(worlds)
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was
        assert worlds.find("beta").settings(CoreSettings).strict
        assert [note.id for note in worlds.find("alpha")[NOTES].find("text", "changed")] == ["note-3"]
        assert worlds.owner_of("secret 0") == "alpha"
        assert worlds.owner_of("secret 1") is None
        assert [each.state for each in worlds.find("beta")[DELIVERIES]] == ["pending", "waiting"]
        assert worlds.find("beta").timers.next() is not None


@ENDINGS
def test_minting_goes_on_where_it_was(end: End, tmp_path: Path):
    with opened(tmp_path / "kept") as (worlds, store):
        worlds.create("alpha")
        write(worlds, "alpha", "a")
        end(worlds, store)
    with opened(tmp_path / "kept") as (worlds, _), opened(tmp_path / "straight") as (others, _):
        others.create("alpha")
        while len(others.find("alpha")[NOTES]) < len(worlds.find("alpha")[NOTES]):
            write(others, "alpha", "a")
        worlds_next, others_next = worlds.find("alpha"), others.find("alpha")
        with worlds_next.transaction(), others_next.transaction():
            assert worlds_next.mint.hex(16, "id") == others_next.mint.hex(16, "id")
        assert write(worlds, "alpha", "b") == write(others, "alpha", "b")


@ENDINGS
def test_a_reset_after_a_restart_leads_back_to_the_beginning(end: End, tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        worlds.create("alpha")
        with worlds.find("alpha").transaction():
            worlds.find("alpha").change_settings({"core": {"strict": True}})
        beginning = worlds.snapshot("alpha")
        worlds.restore("beta", beginning)
        write(worlds, "alpha", "a")
        write(worlds, "beta", "b")
        end(worlds, store)
    with opened(tmp_path) as (worlds, _):
        worlds.reset("alpha")
        assert not worlds.find("alpha").settings(CoreSettings).strict
        assert len(worlds.find("alpha")[NOTES]) == 0
        worlds.reset("beta")
        assert worlds.find("beta").settings(CoreSettings).strict
        assert len(worlds.find("beta")[NOTES]) == 0
        was = everything(worlds)
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was


@ENDINGS
def test_worlds_that_were_reset_made_over_restored_and_dropped(end: End, tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        for name in ("reset", "remade", "restored", "dropped", "back"):
            worlds.create(name)
            write(worlds, name, "first")
        saved = worlds.snapshot("restored")
        checkpoint(worlds, store)
        for name in ("reset", "remade", "restored", "dropped", "back"):
            write(worlds, name, "second")
        worlds.reset("reset")
        worlds.remake("remade", seed=9)
        worlds.restore("restored", saved)
        worlds.drop("dropped")
        worlds.drop("back")
        worlds.create("back", seed=5)
        for name in ("reset", "remade", "restored", "back"):
            write(worlds, name, "third")
        end(worlds, store)
        was = everything(worlds)
    with opened(tmp_path) as (worlds, store):
        assert everything(worlds) == was
        assert worlds.find("remade").seed == 9
        with pytest.raises(Unknown):
            worlds.find("dropped")
        checkpoint(worlds, store)
        assert sorted(path.stem for path in (tmp_path / "worlds").iterdir()) == ["back", "remade", "reset", "restored"]


def test_worlds_keep_their_order_and_who_had_a_credential_first(tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        worlds.create("z")
        write(worlds, "z", "x", secret="shared")
        saved = worlds.snapshot("z")
        for name in ("a", "m"):
            worlds.restore(name, saved)
        worlds.restore("z", saved)
        assert worlds.owner_of("shared") == "a"
        checkpoint(worlds, store)
    with opened(tmp_path) as (worlds, _):
        assert [world.name for world in worlds] == ["z", "a", "m"]
        assert worlds.holds("z", "shared")
        assert worlds.owner_of("shared") == "a"


@ENDINGS
def test_a_live_clock_runs_on_and_a_standing_one_stands(end: End, tmp_path: Path):
    now = 1_000_000.0
    with opened(tmp_path, wall=lambda: now) as (worlds, store):
        live = worlds.create("live", clock=ClockSpec("live", datetime(2030, 1, 1, tzinfo=UTC)))
        frozen = worlds.create("frozen", clock=ClockSpec("frozen", datetime(2030, 1, 1, tzinfo=UTC)))
        now += 60
        with live.transaction(), frozen.transaction():
            live.clock.move_to(live.clock.now() + timedelta(hours=1))
            frozen.clock.move_to(frozen.clock.now() + timedelta(hours=1))
        end(worlds, store)
    now += 600
    with opened(tmp_path, wall=lambda: now) as (worlds, _):
        assert worlds.find("live").clock.now() == datetime(2030, 1, 1, 1, 11, tzinfo=UTC)
        assert worlds.find("frozen").clock.now() == datetime(2030, 1, 1, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("fixture", resources.shipped("fixtures"))
def test_what_ships_survives_whole(fixture: str, tmp_path: Path):
    asked = Settings(data=str(tmp_path), fixture=(fixture,), clock="frozen")
    first = build_app(asked)
    first.worlds.create("other")
    was = everything(first.worlds)
    asyncio.run(first.stop())
    second = build_app(asked)
    assert everything(second.worlds) == was
    second.worlds.reset("other")
    assert everything(second.worlds) == was
    asyncio.run(second.stop())


def test_more_documents_than_are_written_at_once_keep_their_order(tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        world = worlds.create("alpha")
        with world.transaction():
            for n in range(2 * BATCH + 1):
                world[NOTES].put(Note(f"key {n}", f"text {n}"))
        checkpoint(worlds, store)
        was = everything(worlds)
    with opened(tmp_path) as (worlds, _):
        assert everything(worlds) == was


def test_what_was_refused_or_broke_leaves_nothing_in_the_log(tmp_path: Path):
    with opened(tmp_path) as (worlds, store):
        worlds.create("alpha")
        before, size = store.position, (tmp_path / "commit.log").stat().st_size
        with pytest.raises(Exception, match="as asked"):
            worlds.find("alpha").act("toy.write", {"text": "a", "crash": True})
        with worlds.find("alpha").transaction():
            worlds.find("alpha")[NOTES].get("nothing")
        assert (store.position, (tmp_path / "commit.log").stat().st_size) == (before, size)


def test_the_numbers_of_a_journal_that_is_gone_lead_nowhere(tmp_path: Path):
    with opened(tmp_path) as (worlds, _):
        world = worlds.create("alpha")
        world.act("toy.send", {"url": "http://127.0.0.1:9/"})
        with world.transaction():
            world.outbox.record("delivery-1", Attempt(n=1, at=world.clock.now(), seconds=0.0, status=200, exchange=3))
    with opened(tmp_path) as (worlds, _):
        (attempt,) = worlds.find("alpha")[DELIVERIES]["delivery-1"].attempts
        assert (attempt.status, attempt.exchange) == (200, None)


def test_with_durability_none_a_crash_loses_what_no_checkpoint_wrote(tmp_path: Path):
    with opened(tmp_path, durability="none") as (worlds, store):
        worlds.create("alpha")
        write(worlds, "alpha", "a")
        checkpoint(worlds, store)
        was = everything(worlds)
        write(worlds, "alpha", "b")
        worlds.create("beta")
    with opened(tmp_path, durability="os") as (worlds, store):
        assert everything(worlds) == was
        write(worlds, "alpha", "c")
        was = everything(worlds)
    with opened(tmp_path, durability="none") as (worlds, store):
        assert everything(worlds) == was
