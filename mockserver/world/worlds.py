"""All worlds of one server: open, find, reset, snapshot, restore, drop, and who owns which credential."""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from mockserver import checking
from mockserver.errors import Conflict, Invalid, Problem, Refused, Unknown
from mockserver.world.clock import ClockMode
from mockserver.world.journal import Exchange
from mockserver.world.settings import SettingsDocument
from mockserver.world.store import Commit, Store
from mockserver.world.world import SETTINGS, Hooks, Schema, World

DEFAULT = "default"
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SNAPSHOT_FORMAT = 1
MAX_TOMBSTONES = 10_000
MAX_UNADDRESSED = 1_000


Touched = Collection[tuple[str, str]] | None
"""Which documents changed, as (kind, key); None when all may have."""


class Fixture(Protocol):
    """Seed data, read and checked already: `apply` puts it into a world's open transaction."""

    def apply(self, world: World) -> None: ...


class ClockSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The clock of a new world; without `now` a live one shows the wall's time, others `FROZEN_START`."""

    mode: ClockMode = "live"
    now: datetime | None = None


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to make a world again as it was at its creation."""

    name: str
    seed: int
    clock: ClockSpec
    fixtures: tuple[str, ...]
    settings: dict[str, Any]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A world as data. Holds credentials; it is a save, not a report."""

    format: int
    name: str
    seed: int
    fixtures: list[str]
    collections: dict[str, list[dict[str, Any]]]


class Unaddressed(msgspec.Struct, frozen=True):
    """A request whose credential or world name led nowhere, and why."""

    reason: str
    exchange: Exchange


class Worlds:
    """Keeps the worlds apart, and finds the one that a credential belongs to."""

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
    ) -> None:
        self.schema = schema
        self.wall = wall
        self.unaddressed: deque[Unaddressed] = deque(maxlen=MAX_UNADDRESSED)
        self.unaddressed_count = 0
        self.on_change: Callable[[World, Touched], None] = lambda world, touched: None
        self.address = "http://127.0.0.1:8600"
        self._store = store
        self._fixture = fixture
        self._defaults = Header(
            name=DEFAULT, seed=seed, clock=clock or ClockSpec(), fixtures=tuple(fixtures), settings=settings or {}
        )
        self._worlds: dict[str, World] = {}
        self._headers: dict[str, Header] = {}
        self._initial: dict[str, dict[str, dict[str, Any]]] = {}
        self._owners: dict[str, str] = {}
        self._tombstones: OrderedDict[str, str] = OrderedDict()
        self._hooks = Hooks(self._commit, self._committed, self.base_url)
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
        """The world of that name; raises `Unknown`."""
        world = self._worlds.get(name)
        if world is None:
            raise Unknown("world", name, self._worlds, hint="POST /_mock/worlds creates one.")
        return world

    def header(self, name: str) -> Header:
        """How the world of that name was made; raises `Unknown`."""
        self.find(name)
        return self._headers[name]

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

        Raises `Invalid` for a name that is none, `Conflict` for one that is taken, `Invalid`,
        `InvalidFile` or `Unknown` for settings and fixtures; nothing is half made.
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
        self._initial[name] = _dump(world)
        return world

    def reset(self, name: str) -> World:
        """Take a world back to the moment after its creation; its journal is emptied."""
        old = self.find(name)
        world = self._blank(old.name, old.seed)
        _load(world, self._initial[name])
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
        """Reset a world to another beginning; what is not given stays as it was made. Raises as `create` does."""
        old, made = self.find(name), self._headers[name]
        header = Header(
            name=name,
            seed=made.seed if seed is None else seed,
            clock=made.clock if clock is None else clock,
            fixtures=made.fixtures if fixtures is None else tuple(fixtures),
            settings=_merge(made.settings, settings or {}),
        )
        world = self._build(header)
        self._headers[name] = header
        self._initial[name] = _dump(world)
        self._replace(old, world, "reset")
        self.on_change(world, None)
        return world

    def drop(self, name: str) -> None:
        """Forget a world. Its credentials are remembered for a while, so that late calls are explained."""
        if name == DEFAULT:
            raise Refused("The world 'default' cannot be dropped.", hint="Reset it instead.")
        world = self.find(name)
        for credential in self._credentials(world):
            self._tombstones[credential] = name
        while len(self._tombstones) > MAX_TOMBSTONES:
            self._tombstones.popitem(last=False)
        self._disown(world)
        del self._worlds[name], self._headers[name], self._initial[name]
        if self._store is not None:
            self._store.dropped(name)
        world.end("dropped")

    def snapshot(self, name: str) -> Snapshot:
        """The whole state of a world as plain data."""
        world = self.find(name)
        header = self._headers[name]
        return Snapshot(
            format=SNAPSHOT_FORMAT,
            name=name,
            seed=world.seed,
            fixtures=list(header.fixtures),
            collections={
                kind: [msgspec.to_builtins(document, str_keys=True) for document in collection]
                for kind, collection in sorted(world.collections.items())
                if len(collection)
            },
        )

    def restore(self, name: str, snapshot: Snapshot) -> World:
        """Make the world `name` what the snapshot says, creating it where there is none.

        Raises `Invalid` with every problem; the world stays as it was then.
        """
        check_name(name)
        if snapshot.format != SNAPSHOT_FORMAT:
            raise Invalid(
                f"This snapshot has format {snapshot.format}; this version reads {SNAPSHOT_FORMAT}.",
                hint="Take it again with this version.",
            )
        world = self._blank(name, snapshot.seed)
        _load(world, _decode(world, snapshot))
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
            self._initial[name] = _dump(world)
        self.on_change(world, None)
        return world

    def owner_of(self, credential: str) -> str | None:
        """The name of the world that a client ID, code, token or cookie belongs to, or None."""
        return self._owners.get(credential)

    def last_owner_of(self, credential: str) -> str | None:
        """The name of a dropped world that a credential used to belong to, or None."""
        return self._tombstones.get(credential)

    def record_unaddressed(self, reason: str, exchange: Exchange) -> None:
        """Keep a request that led to no world, so that a test that provokes one can find it."""
        self.unaddressed.append(Unaddressed(reason, exchange))
        self.unaddressed_count += 1

    def _blank(self, name: str, seed: int) -> World:
        return World(name, seed, self.schema, self.wall, self._hooks)

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
        self._worlds[world.name] = world
        self._headers[world.name] = header
        self._own(world)
        if self._store is not None:
            self._store.opened(world.name, header, _documents(world))

    def _replace(self, old: World, new: World, how: str) -> None:
        self._disown(old)
        self._worlds[new.name] = new
        self._own(new)
        if self._store is not None:
            self._store.opened(new.name, self._headers[new.name], _documents(new))
        old.end(how)

    def _commit(self, world: World, commit: Commit) -> None:
        if self._store is not None and self._worlds.get(world.name) is world:
            self._store.append(commit)

    def _committed(self, world: World, before: dict[tuple[str, str], msgspec.Struct | None]) -> None:
        if self._worlds.get(world.name) is not world:
            return
        for (kind, key), old in before.items():
            collection = world.collections[kind]
            for field in collection.kind.credentials:
                new = collection.get(key)
                was = getattr(old, field) if old is not None else None
                now = getattr(new, field) if new is not None else None
                if was != now:
                    if was is not None and self._owners.get(was) == world.name:
                        del self._owners[was]
                    if now is not None:
                        self._owners.setdefault(now, world.name)
        self.on_change(world, before.keys())

    def _credentials(self, world: World) -> Iterator[str]:
        for collection in world.collections.values():
            for field in collection.kind.credentials:
                for document in collection:
                    value = getattr(document, field)
                    if value is not None:
                        yield value

    def _own(self, world: World) -> None:
        for credential in self._credentials(world):
            # The first owner keeps a literal credential that two worlds share; the second is reached by prefix.
            self._owners.setdefault(credential, world.name)

    def _disown(self, world: World) -> None:
        for credential in self._credentials(world):
            if self._owners.get(credential) == world.name:
                del self._owners[credential]


def check_name(name: str) -> None:
    """Raise `Invalid` for what cannot be a world's name."""
    if not NAME.fullmatch(name):
        raise Invalid(
            f"{name!r} cannot be a world's name.",
            [Problem("$.name", "1 to 40 of a-z, 0-9 and -, not starting with -", repr(name))],
        )


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for section, entries in above.items():
        old = merged.get(section)
        merged[section] = {**old, **entries} if isinstance(old, dict) and isinstance(entries, dict) else entries
    return merged


def _settings_of(world: World) -> dict[str, Any]:
    document: SettingsDocument | None = world[SETTINGS].get("settings")
    return document.values if document else {}


def _documents(world: World) -> list[tuple[str, msgspec.Struct]]:
    return [(kind, document) for kind, collection in world.collections.items() for document in collection]


def _dump(world: World) -> dict[str, dict[str, Any]]:
    return {kind: collection.dump() for kind, collection in world.collections.items()}


def _load(world: World, collections: dict[str, dict[str, Any]]) -> None:
    for kind, documents in collections.items():
        world.collections[kind].load(documents)
    world.timers.reload()


def _decode(world: World, snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    """Every document of a snapshot as its Struct, with every problem of the snapshot told at once."""
    problems: list[Problem] = []
    decoded: dict[str, dict[str, Any]] = {}
    for name, documents in snapshot.collections.items():
        collection = world.collections.get(name)
        if collection is None:
            problems.append(Problem(f"$.collections['{name}']", "a collection this version knows", repr(name)))
            continue
        entries = decoded.setdefault(name, {})
        for n, document in enumerate(documents):
            try:
                entry = msgspec.convert(document, collection.kind.type)
            except msgspec.ValidationError:
                path = f"$.collections['{name}'][{n}]"
                problems += checking.find_problems(document, collection.kind.type, path=path)
                continue
            entries[getattr(entry, collection.kind.key)] = entry
    if "core.clock" not in decoded:
        problems.append(Problem("$.collections['core.clock']", "the world's clock", "nothing"))
    if problems:
        raise Invalid("The snapshot does not fit.", problems)
    return decoded
