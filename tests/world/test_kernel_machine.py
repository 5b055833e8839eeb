"""The kernel against a model of it: whatever is done in whatever order, both are the same afterwards."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mockserver.world.clock import TIMERS
from mockserver.world.header import ClockSpec
from mockserver.world.outbox import DELIVERIES, Attempt
from mockserver.world.snapshots import Snapshot
from mockserver.world.world import World
from tests.toy import NOTES, Crash, Note, toy_worlds

NAMES = ("default", "a", "b", "c")
RETRY = timedelta(minutes=5)


@dataclass
class Model:
    """What a world should hold, in the simplest form there is."""

    notes: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    deliveries: dict[str, tuple[str, int]] = field(default_factory=dict)
    timers: dict[str, int] = field(default_factory=dict)
    minted: int = 0
    sent: int = 0
    set: int = 0
    minutes: int = 0

    def write(self, text: str, secret: str | None) -> None:
        self.minted += 1
        self.notes[f"note-{self.minted}"] = (text, secret)

    def send(self) -> None:
        self.sent += 1
        self.deliveries[f"delivery-{self.sent}"] = ("pending", 0)

    def wait(self, minutes: int) -> str:
        self.set += 1
        self.timers[f"timer-{self.set}"] = self.minutes + minutes
        return f"timer-{self.set}"


texts = st.sampled_from(["red", "green", "blue"])
secrets = st.none() | st.integers(1, 6).map(lambda n: f"secret-{n}")
steps = st.lists(st.sampled_from(["write", "change", "delete", "send", "timer"]), min_size=1, max_size=6)


class Kernel(RuleBasedStateMachine):
    """Several worlds; each rule does the same to the kernel and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.worlds = toy_worlds()
        self.models: dict[str, Model] = {}
        self.made: dict[str, tuple[Model, dict[str, str]]] = {}
        self.snapshots: list[tuple[Snapshot, Model, dict[str, str]]] = []
        self.retries: dict[tuple[str, str], str] = {}
        self.make("default")

    def make(self, name: str) -> None:
        self.worlds.create(name, clock=ClockSpec("frozen"))
        self.models[name] = Model()
        self.made[name] = (Model(), {})

    def pick(self, data: st.DataObject) -> tuple[World, Model]:
        name = data.draw(st.sampled_from(sorted(self.models)))
        return self.worlds.find(name), self.models[name]

    def perform(self, world: World, model: Model, step: str, text: str, secret: str | None) -> None:
        """One step of a transaction, on both sides."""
        oldest = next(iter(model.notes), None)
        match step:
            case "write":
                note = world[NOTES].insert(Note(f"note-{world.mint.count('toy.note')}", text, (text[:1],), secret))
                model.write(text, secret)
                assert note.id == f"note-{model.minted}"
            case "change" if oldest is not None:
                world[NOTES].change(oldest, text=text, tags=(text[:1],), secret=secret)
                model.notes[oldest] = (text, secret)
            case "delete" if oldest is not None:
                world[NOTES].delete(oldest)
                del model.notes[oldest]
            case "send":
                world.outbox.send("toy.event", about=text, url="http://127.0.0.1:9/", retry_after=[RETRY])
                model.send()
            case "timer":
                world.timers.after(timedelta(minutes=3), "toy.write", text="timer")
                model.wait(3)

    @rule(data=st.data(), todo=steps, text=texts, secret=secrets)
    def commit(self, data: st.DataObject, todo: list[str], text: str, secret: str | None) -> None:
        world, model = self.pick(data)
        with world.transaction():
            for step in todo:
                self.perform(world, model, step, text, secret)

    @rule(data=st.data(), todo=steps, text=texts, secret=secrets)
    def roll_back(self, data: st.DataObject, todo: list[str], text: str, secret: str | None) -> None:
        world, model = self.pick(data)
        with contextlib.suppress(Crash), world.transaction():
            scratch = copy.deepcopy(model)
            for step in todo:
                self.perform(world, scratch, step, text, secret)
            raise Crash

    @rule(data=st.data(), ok=st.booleans())
    def attempt(self, data: st.DataObject, ok: bool) -> None:
        world, model = self.pick(data)
        pending = [key for key, (state, _) in model.deliveries.items() if state == "pending"]
        if not pending:
            return
        key = data.draw(st.sampled_from(pending))
        tried = model.deliveries[key][1]
        with world.transaction():
            world.outbox.record(key, Attempt(n=tried + 1, at=world.clock.now(), seconds=0.0, status=200 if ok else 500))
        state = "delivered" if ok else "waiting" if tried == 0 else "failed"
        model.deliveries[key] = (state, tried + 1)
        if state == "waiting":
            self.retries[world.name, model.wait(5)] = key

    @rule(data=st.data(), minutes=st.integers(1, 10))
    def advance(self, data: st.DataObject, minutes: int) -> None:
        world, model = self.pick(data)
        until = world.clock.now() + timedelta(minutes=minutes)
        while (timer := world.timers.next()) is not None and timer.due <= until:
            with world.transaction():
                world.clock.move_to(max(timer.due, world.clock.now()))
            world.fire(timer)
        with world.transaction():
            world.clock.move_to(until)
        model.minutes += minutes
        for key, due in sorted(model.timers.items(), key=lambda pair: (pair[1], int(pair[0].removeprefix("timer-")))):
            if due <= model.minutes:
                del model.timers[key]
                delivery = self.retries.get((world.name, key))
                if delivery is None:
                    model.write("timer", None)
                elif model.deliveries[delivery][0] == "waiting":
                    model.deliveries[delivery] = ("pending", model.deliveries[delivery][1])

    @rule(name=st.sampled_from(NAMES[1:]))
    def create_or_drop(self, name: str) -> None:
        if name in self.models:
            self.worlds.drop(name)
            del self.models[name]
            self.forget(name)
        else:
            self.make(name)

    @rule(data=st.data())
    def reset(self, data: st.DataObject) -> None:
        world, _ = self.pick(data)
        self.worlds.reset(world.name)
        self.become(world.name, *self.made[world.name])

    @rule(data=st.data())
    def snapshot(self, data: st.DataObject) -> None:
        world, model = self.pick(data)
        retries = {key: each for (name, key), each in self.retries.items() if name == world.name}
        self.snapshots.append((self.worlds.snapshot(world.name), copy.deepcopy(model), retries))

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data(), name=st.sampled_from(NAMES))
    def restore(self, data: st.DataObject, name: str) -> None:
        n = data.draw(st.integers(0, len(self.snapshots) - 1))
        snapshot, model, retries = self.snapshots[n]
        if name not in self.models:
            # A world that begins with a snapshot goes back to it.
            self.made[name] = (model, retries)
        self.worlds.restore(name, snapshot)
        self.become(name, model, retries)

    def become(self, name: str, model: Model, retries: dict[str, str]) -> None:
        self.models[name] = copy.deepcopy(model)
        self.forget(name)
        self.retries |= {(name, key): each for key, each in retries.items()}

    def forget(self, name: str) -> None:
        self.retries = {pair: each for pair, each in self.retries.items() if pair[0] != name}

    @invariant()
    def documents_are_the_models(self) -> None:
        assert {world.name for world in self.worlds} == set(self.models)
        for name, model in self.models.items():
            world = self.worlds.find(name)
            assert {each.id: (each.text, each.secret) for each in world[NOTES]} == model.notes
            assert [each.id for each in world[NOTES]] == list(model.notes)
            deliveries = {each.id: (each.state, len(each.attempts)) for each in world[DELIVERIES]}
            assert deliveries == model.deliveries
            assert {each.id for each in world[TIMERS]} == set(model.timers)

    @invariant()
    def indexes_find_what_a_scan_finds(self) -> None:
        for name, model in self.models.items():
            world = self.worlds.find(name)
            for text in ("red", "green", "blue", "timer"):
                found = [key for key, (there, _) in model.notes.items() if there == text]
                assert [each.id for each in world[NOTES].find("text", text)] == found
                assert world[NOTES].count("text", text) == len(found)
                first = world[NOTES].first("text", text)
                assert (first.id if first else None) == (found[0] if found else None)
            states = [state for state, _ in model.deliveries.values()]
            for state in ("pending", "waiting", "delivered", "failed"):
                assert world[DELIVERIES].count("state", state) == states.count(state)

    @invariant()
    def credentials_lead_to_who_holds_them(self) -> None:
        for n in range(1, 7):
            secret = f"secret-{n}"
            holders = {name for name, model in self.models.items() if any(s == secret for _, s in model.notes.values())}
            assert {name for name in NAMES if self.worlds.holds(name, secret)} == holders
            owner = self.worlds.owner_of(secret)
            assert owner in holders if holders else owner is None
            for name in self.models:
                assert (self.worlds.find(name).secret(secret) is not None) == (name in holders)

    @invariant()
    def the_next_timer_is_the_earliest(self) -> None:
        for name, model in self.models.items():
            timer = self.worlds.find(name).timers.next()
            assert (timer is None) == (not model.timers)
            if timer is not None:
                assert model.timers[timer.id] == min(model.timers.values())


TestKernel = Kernel.TestCase
TestKernel.settings = settings(max_examples=25, stateful_step_count=20)
