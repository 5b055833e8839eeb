"""All worlds of one server: open, find, reset, snapshot, restore, drop, and who owns which credential."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import msgspec

from mockserver.errors import Conflict, Full, InvalidFile, Refused, Unknown
from mockserver.world import snapshots
from mockserver.world.header import ClockSpec, Header, check_name
from mockserver.world.journal import Exchange, Journals
from mockserver.world.outbox import DELIVERIES, without_exchanges
from mockserver.world.ownership import Ownership
from mockserver.world.settings import SettingsDocument
from mockserver.world.snapshots import Snapshot
from mockserver.world.store import Commit, Documents, Saved, Store, StoreError
from mockserver.world.world import SETTINGS, Before, Hooks, Schema, World

DEFAULT = "default"
MAX_UNADDRESSED = 1_000
MAX_WORLDS = 10_000
MAX_FATES = 1_000
MAX_UNADDRESSED_BYTES = 32 * 1024 * 1024


Touched = Collection[tuple[str, str]] | None
"""Which documents changed, as (kind, key); None when all may have."""


class Fixture(Protocol):
    """Seed data, read and checked already: `apply` puts it into a world's open transaction."""

    def apply(self, world: World) -> None: ...


class Unaddressed(msgspec.Struct, frozen=True):
    """A request whose credential or world name led nowhere, and why."""

    reason: str
    exchange: Exchange


class Worlds:
    """Keeps the worlds apart, and finds the one that a credential belongs to.

    `observers` are told of everything that happens, with the world it happened in, if any.
    """

    def __init__(
        self,
        schema: Schema,
        *,
        wall: Callable[[], float],
        store: Store | None = None,
        fixture: Callable[[str], Fixture],
        seed: int = 0,
        clock: ClockSpec | None = None,
        fixtures: Sequence[str] = (),
        settings: dict[str, Any] | None = None,
        max_worlds: int = MAX_WORLDS,
        max_unaddressed: int = MAX_UNADDRESSED,
        journals: Journals | None = None,
    ) -> None:
        self.schema = schema
        self.wall = wall
        self.unaddressed: deque[Unaddressed] = deque()
        self.unaddressed_count = 0
        self._unaddressed_bytes = 0
        self.observers: list[Callable[[World | None, Exchange], None]] = []
        self.on_change: Callable[[World, Touched], None] = lambda world, touched: None
        self.address = "http://127.0.0.1:8600"
        self._store = store
        self._fixture = fixture
        self._defaults = Header(
            name=DEFAULT, seed=seed, clock=clock or ClockSpec(), fixtures=tuple(fixtures), settings=settings or {}
        )
        self._worlds: dict[str, World] = {}
        self._headers: dict[str, Header] = {}
        self._initial: dict[str, Documents] = {}
        self._owners = Ownership()
        self._fates: OrderedDict[str, str] = OrderedDict()
        self._max_worlds = max_worlds
        self._max_unaddressed = max_unaddressed
        self._journals = journals or Journals()
        self._hooks = Hooks(self._commit, self._committed, self.base_url, self.durable)
        self._made = 0

    def __iter__(self) -> Iterator[World]:
        return iter(tuple(self._worlds.values()))

    def __len__(self) -> int:
        return len(self._worlds)

    def __contains__(self, name: object) -> bool:
        return name in self._worlds

    def base_url(self, name: str) -> str:
        """How a browser reaches the world `name`: the server's `address`, and a prefix unless it is `default`."""
        return self.address if name == DEFAULT else f"{self.address}/w/{name}"

    def find(self, name: str) -> World:
        """The world of that name, which counts as touching it; raises `Unknown`."""
        world = self._worlds.get(name)
        if world is None:
            fate = f"It {self.fate(name)}. " if name in self._fates else ""
            raise Unknown("world", name, self._worlds, hint=f"{fate}POST /_mock/worlds creates one.")
        world.touched = self.wall()
        return world

    def header(self, name: str) -> Header:
        """How the world of that name was made; raises `Unknown`."""
        self.find(name)
        return self._headers[name]

    def load(self) -> None:
        """Open the worlds that the store kept, as they were; only journals begin anew.

        Raises `InvalidFile` where what was kept does not fit this version, and whatever the store raises.
        """
        found = list(self._store.load(self.schema.kinds)) if self._store is not None else []
        for saved in found:
            name = saved.header.name
            world = self._blank(name, saved.seed)
            problems = list(snapshots.problems_of_core(world, saved.documents, path="$"))
            if problems:
                raise InvalidFile(saved.source, problems)
            snapshots.load(world, saved.documents)
            deliveries = world[DELIVERIES]
            deliveries.load({key: without_exchanges(each) for key, each in deliveries.dump().items()})
            self._worlds[name], self._headers[name], self._initial[name] = world, saved.header, saved.initial
        for saved in sorted(found, key=lambda saved: saved.since):
            self._owners.add_all(self._worlds[saved.header.name])

    def save(self, name: str) -> Saved:
        """The world of that name as it is now, for the store; raises `Unknown`."""
        world = self._worlds.get(name)
        if world is None:
            raise Unknown("world", name, self._worlds)
        return Saved(self._headers[name], world.seed, snapshots.dump(world), self._initial[name])

    @property
    def read_only(self) -> str | None:
        """Why no world can change any more; None while all is well."""
        return None if self._store is None else self._store.read_only

    @property
    def position(self) -> int:
        """How far the store has come; 0 without one."""
        return 0 if self._store is None else self._store.position

    @property
    def waits_for_disk(self) -> bool:
        """Whether `durable` may have something to wait for."""
        return self._store is not None and self._store.waits_for_disk

    def durable(self, since: int | None = None) -> Awaitable[None] | None:
        """What to await before anything leaves that tells of a commit; None when there is nothing to wait for.

        Awaiting raises `StoreError` when the disk refuses, for who was at work from `position` `since`
        on also when it refused meanwhile.
        """
        return None if self._store is None else self._store.durable(since)

    def create(
        self,
        name: str | None = None,
        *,
        seed: int | None = None,
        clock: ClockSpec | None = None,
        fixtures: Sequence[str] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> World:
        """Open a world. What is not given is as in `default`: the server's seed, clock, fixtures, settings.

        Raises `Invalid` for a name that is none, `Conflict` for one that is taken, `Full` when there
        are too many, `Invalid`, `InvalidFile` or `Unknown` for settings and fixtures, `StoreError` for
        what cannot be kept; nothing is half made.
        """
        if name is None:
            self._made += 1
            while f"world-{self._made}" in self._worlds:
                self._made += 1
            name = f"world-{self._made}"
        check_name(name)
        if name in self._worlds:
            raise Conflict(
                f"There is a world named {name!r} already.",
                hint=f"POST /_mock/worlds/{name}/reset starts it over.",
            )
        self._check_room()
        defaults = self._defaults
        header = Header(
            name=name,
            seed=defaults.seed if seed is None else seed,
            clock=defaults.clock if clock is None else clock,
            fixtures=defaults.fixtures if fixtures is None else tuple(fixtures),
            settings=_merge(defaults.settings, settings or {}),
        )
        world = self._build(header)
        self._install(world, header)
        return world

    def reset(self, name: str) -> World:
        """Take a world back to the moment after its creation; its journal is emptied."""
        old, header = self.find(name), self._headers[name]
        world = self._blank(name, header.seed)
        snapshots.load(world, self._initial[name])
        with world.transaction():
            # A live clock that was given an instant shows it again, not what has become of it since.
            world.clock.start(header.clock.mode, header.clock.now)
        self._replace(old, world, "reset")
        self.on_change(world, None)
        return world

    def remake(
        self,
        name: str,
        *,
        seed: int | None = None,
        clock: ClockSpec | None = None,
        fixtures: Sequence[str] | None = None,
        settings: dict[str, Any] | None = None,
    ) -> World:
        """Start a world over from another beginning; what is not given is as it was made. Raises as `create` does.

        A later `reset` goes back to how the world was made, not to this.
        """
        old, made = self.find(name), self._headers[name]
        header = Header(
            name=name,
            seed=made.seed if seed is None else seed,
            clock=made.clock if clock is None else clock,
            fixtures=made.fixtures if fixtures is None else tuple(fixtures),
            settings=_merge(made.settings, settings or {}),
        )
        world = self._build(header)
        self._replace(old, world, "reset")
        self.on_change(world, None)
        return world

    def renew(self, name: str) -> World:
        """Start a world over from its fixtures as they are now; `reset` goes back to that. Raises as `create`."""
        old, header, initial = self.find(name), self._headers[name], self._initial[name]
        world = self._build(header)
        self._initial[name] = snapshots.dump(world)
        try:
            self._replace(old, world, "reset")
        except StoreError:
            self._initial[name] = initial
            raise
        self.on_change(world, None)
        return world

    def drop(self, name: str, how: str = "was dropped") -> None:
        """Forget a world. Its credentials are remembered for a while, so that late calls are explained.

        Raises `Refused` for `default`, `Unknown` for what is not there.
        """
        if name == DEFAULT:
            raise Refused("The world 'default' cannot be dropped.", hint="Reset it instead.")
        world = self.find(name)
        if self._store is not None:
            self._store.dropped(name)
        self._fates[name] = how
        self._fates.move_to_end(name)
        if len(self._fates) > MAX_FATES:
            self._fates.popitem(last=False)
        self._owners.bury(world)
        del self._worlds[name], self._headers[name], self._initial[name]
        world.end("dropped")

    def expire(self, ttl: float) -> list[str]:
        """Drop the worlds that nobody has touched for `ttl` seconds of wall time and that have nothing under way.

        `default` stays. Answers the names.
        """
        latest = self.wall() - ttl
        idle = [
            world.name
            for world in self._worlds.values()
            if world.touched <= latest and world.name != DEFAULT and not world.inflight and not world.waits
        ]
        for name in idle:
            self.drop(name, f"expired: nobody had touched it for {ttl:g} s (--world-ttl)")
        return idle

    def fate(self, name: str) -> str:
        """What became of a world that is gone, as the end of a sentence about it."""
        return self._fates.get(name, "was dropped")

    def snapshot(self, name: str) -> Snapshot:
        """The whole state of a world as plain data."""
        return snapshots.take(self.find(name), self._headers[name].fixtures)

    def restore(self, name: str, snapshot: Snapshot) -> World:
        """Make the world `name` what the snapshot says, creating it where there is none.

        Raises `Invalid` with every problem, and `Full` when there are too many; the world stays as it was then.
        """
        check_name(name)
        if name not in self._worlds:
            self._check_room()
        world = self._blank(name, snapshot.seed)
        snapshots.load(world, snapshots.decode(world, snapshot))
        old = self._worlds.get(name)
        if old is not None:
            self._replace(old, world, "restored")
        else:
            header = Header(
                name=name,
                seed=snapshot.seed,
                clock=ClockSpec(world.clock.mode, world.clock.now()),
                fixtures=tuple(snapshot.fixtures),
                settings=_settings_of(world),
            )
            self._install(world, header)
        self.on_change(world, None)
        return world

    def owner_of(self, credential: str) -> str | None:
        """The name of the world that a client ID, code, token or cookie belongs to, or None."""
        return self._owners.owner_of(credential)

    def holds(self, name: str, credential: str) -> bool:
        """Whether a credential is the world `name`'s, be it that another world has it too."""
        return self._owners.holds(name, credential)

    def last_owner_of(self, credential: str) -> str | None:
        """The name of a dropped world that a credential used to belong to, or None."""
        return self._owners.last_owner_of(credential)

    def record_unaddressed(self, reason: str, exchange: Exchange) -> None:
        """Keep a request that led to no world, so that a test that provokes one can find it.

        One that is in no journal (its id is 0) is shown to the observers.
        """
        if exchange.id == 0:
            self._observed(None, exchange)
        self.unaddressed.append(Unaddressed(reason, exchange))
        self.unaddressed_count += 1
        self._unaddressed_bytes += exchange.size
        while len(self.unaddressed) > self._max_unaddressed or self._unaddressed_bytes > MAX_UNADDRESSED_BYTES:
            self._unaddressed_bytes -= self.unaddressed.popleft().exchange.size

    def _observed(self, world: World | None, exchange: Exchange) -> None:
        for observe in self.observers:
            observe(world, exchange)

    def _check_room(self) -> None:
        if len(self._worlds) >= self._max_worlds:
            raise Full(
                f"There are {len(self._worlds)} worlds, which is as many as may be.",
                hint="DELETE /_mock/worlds/NAME drops one; serve --max-worlds and --world-ttl bound them otherwise.",
            )

    def _blank(self, name: str, seed: int) -> World:
        world = World(name, seed, self.schema, self.wall, self._hooks, self._journals.open())
        world.journal.listeners.append(partial(self._observed, world))
        return world

    def _build(self, header: Header) -> World:
        world = self._blank(header.name, header.seed)
        prepared = [self._fixture(fixture) for fixture in header.fixtures]
        # Hooks find the world by name, which is not installed yet: nothing leaves and nothing is stored.
        with world.transaction():
            world.clock.start(header.clock.mode, header.clock.now)
            world.change_settings(header.settings)
            for fixture in prepared:
                fixture.apply(world)
        return world

    def _install(self, world: World, header: Header) -> None:
        documents = snapshots.dump(world)
        if self._store is not None:
            self._store.opened(Saved(header, world.seed, documents, documents))
        self._worlds[world.name] = world
        self._headers[world.name] = header
        self._initial[world.name] = documents
        self._owners.add_all(world)

    def _replace(self, old: World, new: World, how: str) -> None:
        if self._store is not None:
            documents = snapshots.dump(new)
            self._store.replaced(Saved(self._headers[new.name], new.seed, documents, self._initial[new.name]))
        self._owners.remove_all(old)
        self._worlds[new.name] = new
        self._owners.add_all(new)
        old.end(how)

    def _commit(self, world: World, before: Before) -> None:
        if self._store is None or self._worlds.get(world.name) is not world:
            return
        put, deleted = [], []
        for kind, key in before:
            document = world.held[kind].get(key)
            if document is not None:
                put.append((kind, document))
            else:
                deleted.append((kind, key))
        self._store.append(Commit(world.name, tuple(put), tuple(deleted)))

    def _committed(self, world: World, before: Before) -> None:
        if self._worlds.get(world.name) is not world:
            return
        for (kind, key), old in before.items():
            collection = world.held[kind]
            if credentials := collection.kind.credentials:
                self._owners.change(world.name, credentials, old, collection.get(key))
        self.on_change(world, before.keys())


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for section, entries in above.items():
        old = merged.get(section)
        merged[section] = {**old, **entries} if isinstance(old, dict) and isinstance(entries, dict) else entries
    return merged


def _settings_of(world: World) -> dict[str, Any]:
    document: SettingsDocument | None = world[SETTINGS].get("settings")
    return dict(document.values) if document else {}
