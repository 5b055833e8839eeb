"""All or nothing: whatever is raised inside a transaction leaves a world exactly as it was."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import Conflict, Gone, Unknown
from mockserver.world.settings import CoreSettings
from mockserver.world.store import Commit, StoreError
from mockserver.world.world import World
from mockserver.world.worlds import ClockSpec, Worlds
from tests.toy import NOTES, Note, toy_worlds

FROZEN = ClockSpec("frozen")


class Undo(Exception):
    pass


def fresh() -> tuple[Worlds, World]:
    worlds = toy_worlds(clock=FROZEN)
    return worlds, worlds.create("alpha")


def everything(worlds: Worlds, world: World) -> dict[str, Any]:
    """All there is to see of a world, in order, indexes and inner books included."""
    return {
        "snapshot": msgspec.json.encode(worlds.snapshot(world.name)),
        "lengths": {name: len(each) for name, each in world.collections.items()},
        "orders": {name: list(each) for name, each in world.collections.items()},
        "last": {name: each.last() for name, each in world.collections.items()},
        "found": {
            (index, value): world[NOTES].find(index, value) for index in ("text", "tags") for value in (*"abc", "x", "")
        },
        "buckets": {
            name: {
                index: {value: set(keys) for value, keys in buckets.items()} for index, buckets in each._indexes.items()
            }
            for name, each in world.collections.items()
        },
        "owners": {secret: worlds.owner_of(secret) for secret in SECRETS},
        "next timer": world.timers.next(),
        "pending": world.pending_deliveries(),
        "now": world.clock.now(),
        "settings": world.settings(CoreSettings),
    }


KEYS = ["k1", "k2", "k3"]
SECRETS = ["s1", "s2", "s3"]
NOTE = st.builds(
    Note,
    st.sampled_from(KEYS),
    st.sampled_from("abc"),
    st.lists(st.sampled_from("xab"), max_size=2).map(tuple),
    st.sampled_from([None, *SECRETS]),
)
STEP = st.one_of(
    st.tuples(st.just("put"), NOTE),
    st.tuples(st.just("insert"), NOTE),
    st.tuples(st.just("change"), st.sampled_from(KEYS), st.sampled_from("abc")),
    st.tuples(st.just("delete"), st.sampled_from(KEYS)),
    st.tuples(st.just("mint"), st.sampled_from(["a", "b"])),
    st.tuples(st.just("timer"), st.integers(0, 100)),
    st.tuples(st.just("cancel"), st.integers(1, 4)),
    st.tuples(st.just("send"), st.just("http://x")),
    st.tuples(st.just("clock"), st.integers(0, 100)),
)
STEPS = st.lists(STEP, max_size=12)


def take(world: World, step: tuple[Any, ...]) -> None:
    notes = world[NOTES]
    try:
        match step:
            case ("put", note):
                notes.put(note)
            case ("insert", note):
                notes.insert(note)
            case ("change", key, text):
                notes.change(key, text=text)
            case ("delete", key):
                notes.delete(key)
            case ("mint", kind):
                world.mint.hex(8, kind)
            case ("timer", seconds):
                world.timers.after(timedelta(seconds=seconds), "toy.write", text="t")
            case ("cancel", n):
                world.timers.cancel(f"timer-{n}")
            case ("send", url):
                world.outbox.send("e", about="x", url=url)
            case ("clock", seconds):
                world.clock.move_to(world.clock.now() + timedelta(seconds=seconds))
    except (Unknown, Conflict):
        pass


@given(before=STEPS, inside=STEPS, after=STEPS)
def test_what_is_raised_undoes_every_change(before: list[Any], inside: list[Any], after: list[Any]):
    worlds, world = fresh()
    with world.transaction():
        for step in before:
            take(world, step)
    was = everything(worlds, world)
    with suppress(Undo), world.transaction():
        for step in inside:
            take(world, step)
        raise Undo
    assert everything(worlds, world) == was

    # And it goes on as if nothing had been tried.
    twins, twin = fresh()
    for steps in (before, after):
        with twin.transaction():
            for step in steps:
                take(twin, step)
    with world.transaction():
        for step in after:
            take(world, step)
    assert everything(worlds, world) == everything(twins, twin)


@given(steps=STEPS)
def test_what_is_committed_agrees_with_a_plain_dictionary(steps: list[Any]):
    worlds, world = fresh()
    model: dict[str, Note] = {}
    for step in steps:
        with world.transaction():
            take(world, step)
        match step:
            case ("put", note):
                model[note.id] = note
            case ("insert", note):
                model.setdefault(note.id, note)
            case ("change", key, text) if key in model:
                model[key] = msgspec.structs.replace(model[key], text=text)
            case ("delete", key):
                model.pop(key, None)
    notes = world[NOTES]
    assert list(notes) == list(model.values())
    assert len(notes) == len(model)
    for value in "abcx":
        assert notes.find("text", value) == [note for note in model.values() if note.text == value]
        assert notes.find("tags", value) == [note for note in model.values() if value in note.tags]
    for secret in SECRETS:
        held = any(note.secret == secret for note in model.values())
        if not held:
            assert worlds.owner_of(secret) is None
    assert msgspec.json.encode(worlds.snapshot("alpha")).count(b'"text"') >= len(model)


def test_transactions_do_not_nest():
    _, world = fresh()
    with world.transaction():
        with pytest.raises(RuntimeError, match="open already"), world.transaction():
            pass
        world[NOTES].put(Note("kept", "a"))
    assert "kept" in world[NOTES]


def test_nothing_changes_outside_a_transaction():
    worlds, world = fresh()
    was = everything(worlds, world)
    for attempt in (
        lambda: world[NOTES].put(Note("k", "a")),
        lambda: world.mint.hex(8, "kind"),
        lambda: world.timers.after(timedelta(1), "toy.write"),
        lambda: world.outbox.send("e", about="x", url="http://x"),
        lambda: world.clock.set("live"),
        lambda: world.change_settings({"core": {"strict": True}}),
    ):
        with pytest.raises(RuntimeError, match="only change inside a transaction"):
            attempt()
    assert everything(worlds, world) == was


def test_documents_cannot_be_changed_in_place():
    _, world = fresh()
    with world.transaction():
        note = world[NOTES].put(Note("k", "a"))
    with pytest.raises(AttributeError):
        note.text = "b"  # type: ignore[misc]


def test_an_ended_world_takes_no_transaction():
    worlds, world = fresh()
    worlds.reset("alpha")
    with pytest.raises(Gone, match="was reset"), world.transaction():
        pass


class FullDisk:
    """A store that keeps what it is given until the disk is full."""

    def __init__(self) -> None:
        self.full = False
        self.commits: list[Commit] = []

    def append(self, commit: Commit) -> None:
        if self.full:
            raise StoreError("no space left")
        self.commits.append(commit)

    def opened(self, *_: Any) -> None: ...


def test_a_commit_that_cannot_be_kept_did_not_happen():
    store = FullDisk()
    worlds = toy_worlds(clock=FROZEN, store=store)
    world = worlds.create("alpha")
    world.act("toy.write", {"text": "a", "secret": "s1"})
    was = everything(worlds, world)
    store.full = True
    with pytest.raises(StoreError), world.transaction():
        world[NOTES].put(Note("k", "b", secret="s2"))
    assert everything(worlds, world) == was
    store.full = False
    world.act("toy.write", {"text": "b"})
    assert [note.id for note in world[NOTES]] == ["note-1", "note-2"]


def test_a_commit_tells_the_store_what_was_put_and_deleted_and_nothing_else():
    store = FullDisk()
    world = toy_worlds(clock=FROZEN, store=store).create("alpha")
    with world.transaction():
        world[NOTES].put(Note("a", "a"))
        world[NOTES].put(Note("b", "b"))
        world[NOTES].put(Note("b", "bb"))
    with world.transaction():
        world[NOTES].delete("a")
        world[NOTES].put(Note("never", "x"))
        world[NOTES].delete("never")
    with world.transaction():
        world[NOTES].get("b")
    assert [(commit.put, commit.deleted) for commit in store.commits] == [
        ((("toy.notes", Note("a", "a")), ("toy.notes", Note("b", "bb"))), ()),
        ((), (("toy.notes", "a"), ("toy.notes", "never"))),
    ]


def test_an_action_that_crashes_leaves_nothing_and_ends_the_transaction():
    worlds, world = fresh()
    was = everything(worlds, world)
    with pytest.raises(Exception, match="as asked"):
        world.act("toy.write", {"text": "a", "secret": "s1", "crash": True})
    assert everything(worlds, world) == was
    assert world.act("toy.write", {"text": "a"})["id"] == "note-1"


def test_finding_costs_the_same_in_a_large_world():
    _, world = fresh()
    with world.transaction():
        for n in range(2000):
            world[NOTES].put(Note(f"k{n}", f"text {n}", (f"tag {n % 1000}",)))
    assert [note.id for note in world[NOTES].find("tags", "tag 7")] == ["k7", "k1007"]
    assert world[NOTES].first("text", "text 1999") is not None
    assert world[NOTES].last() == Note("k1999", "text 1999", ("tag 999",))
    with pytest.raises(KeyError):
        world[NOTES].find("id", "k1")
