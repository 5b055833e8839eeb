"""One isolated world, and the transaction that keeps it whole."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar

import msgspec

from mockserver.errors import Gone, MockserverError, Refused
from mockserver.world import headers
from mockserver.world.actions import ActionBook, action
from mockserver.world.clock import CLOCKS, TIMERS, Clock, Timer, Timers
from mockserver.world.collection import Changes, Collection, Kind
from mockserver.world.durations import parse_duration
from mockserver.world.faults import Faults
from mockserver.world.interception import Interceptor
from mockserver.world.journal import Journal
from mockserver.world.minter import COUNTERS, Minter
from mockserver.world.outbox import DELIVERIES, RETRY, Delivery, Outbox
from mockserver.world.secrets import NAMES, plain
from mockserver.world.settings import CoreSettings, SettingsDocument, SettingsShape
from mockserver.world.store import StoreError

T = TypeVar("T", bound=msgspec.Struct)
S = TypeVar("S", bound=msgspec.Struct)
Before = Mapping[tuple[str, str], msgspec.Struct | None]
"""What a transaction touched, as (kind, key), and the document that was there, or None."""

SETTINGS: Kind[SettingsDocument] = Kind("core.settings", SettingsDocument)
CORE_KINDS: tuple[Kind[Any], ...] = (CLOCKS, TIMERS, COUNTERS, DELIVERIES, SETTINGS)


class RetryDelivery(msgspec.Struct, frozen=True):
    """Arguments of the retry timer's work."""

    delivery: str


@action(RETRY)
def retry_delivery(world: World, args: RetryDelivery) -> None:
    """Make a waiting delivery pending again, or give it up where its guard forbids."""
    delivery = world[DELIVERIES].get(args.delivery)
    if delivery is None or delivery.state != "waiting":
        return
    try:
        world.check_guard(delivery)
    except Refused as error:
        world.outbox.give_up(delivery.id, f"not sent again: {error.message}")
    else:
        world.outbox.retry(delivery.id)


@dataclass(frozen=True)
class Schema:
    """What worlds are made of: the kinds, actions and settings of all platforms together.

    `extensions` name the modules by which a team adds to a platform.
    """

    kinds: tuple[Kind[Any], ...]
    actions: ActionBook
    settings: SettingsShape
    extensions: tuple[str, ...] = ()

    @cached_property
    def kind_of(self) -> Mapping[str, Kind[Any]]:
        """Every kind by its name."""
        return {kind.name: kind for kind in self.kinds}

    @classmethod
    def of(
        cls,
        kinds: Iterable[Kind[Any]] = (),
        actions: Iterable[Any] = (),
        settings: dict[str, type[msgspec.Struct]] | None = None,
        extensions: tuple[str, ...] = (),
    ) -> Schema:
        """Add the core's own to what platforms bring."""
        return cls(
            kinds=(*CORE_KINDS, *kinds),
            actions=ActionBook((retry_delivery, *actions)),
            settings=SettingsShape({"core": CoreSettings, **(settings or {})}),
            extensions=extensions,
        )


class _Shelf(dict[str, Collection[Any]]):
    """A world's collections, each made when it is first asked for: most worlds use a few of dozens."""

    def __init__(self, kind_of: Mapping[str, Kind[Any]], changes: Changes) -> None:
        super().__init__()
        self._kind_of = kind_of
        self._changes = changes

    def __missing__(self, name: str) -> Collection[Any]:
        collection = self[name] = Collection(self._kind_of[name], self._changes)
        return collection


@dataclass(frozen=True)
class Hooks:
    """A world's surroundings: told before a commit counts (may raise) and after; asked where it is reached,
    and what to await until commits are safe."""

    commit: Callable[[World, Before], None]
    committed: Callable[[World, Before], None]
    base_url: Callable[[str], str]
    durable: Callable[[], Awaitable[None] | None]


class World:
    """Everything the emulated vendors know at one moment.

    `inflight` counts requests being answered and calls being sent, `waits` those who wait for
    something to happen here; whoever does either keeps the count. `touched` is the wall time at which
    somebody last asked for it. A world lives on one thread and
    never awaits. It ends when it is reset, restored or dropped: another object takes its name, and
    whoever still holds this one gets `Gone`.
    """

    def __init__(
        self, name: str, seed: int, schema: Schema, wall: Callable[[], float], hooks: Hooks, journal: Journal
    ) -> None:
        self.name = name
        self.seed = seed
        self.schema = schema
        self.wall = wall
        self.journal = journal
        self.journal.listeners.append(self.stir)
        self.inflight = 0
        self.waits = 0
        self.interceptors: list[Interceptor] = []
        self.faults = Faults(seed)
        self.touched = wall()
        self.ended: str | None = None
        self._hooks = hooks
        self._changes = Changes()
        self._watchers: list[Callable[[], None]] = []
        self._collections = _Shelf(schema.kind_of, self._changes)
        self._kept_settings = self[SETTINGS]
        self._settings_of: SettingsDocument | None = None
        self._sections = schema.settings.sections_of(schema.settings.decode({}))
        self._transaction = _Transaction(self, self._changes)
        self.mint = Minter(seed, name, self[COUNTERS])
        self.clock = Clock(self[CLOCKS], wall)
        self.timers = Timers(self[TIMERS], self.clock, self.mint)
        self.outbox = Outbox(
            self[DELIVERIES],
            self.clock,
            self.timers,
            self.mint,
            lambda: self.settings(CoreSettings).max_deliveries,
        )

    def __repr__(self) -> str:
        return f"<World {self.name}>"

    def __getitem__(self, kind: Kind[T]) -> Collection[T]:
        collection: Collection[T] = self._collections[kind.name]
        return collection

    @property
    def base_url(self) -> str:
        """How a browser reaches this world, without a slash at the end."""
        return self._hooks.base_url(self.name)

    def durable(self) -> Awaitable[None] | None:
        """What to await before anything leaves that tells of a commit; None when there is nothing to wait for."""
        return self._hooks.durable()

    @property
    def collections(self) -> dict[str, Collection[Any]]:
        """Every collection by name."""
        return {kind.name: self._collections[kind.name] for kind in self.schema.kinds}

    @property
    def held(self) -> Mapping[str, Collection[Any]]:
        """The collections that something was asked of; whatever is not among them is empty."""
        return self._collections

    def settings(self, section: type[S]) -> S:
        """One section of this world's settings, by its type."""
        document = self._kept_settings.get("settings")
        if document is not self._settings_of:
            shape = self.schema.settings
            self._sections = shape.sections_of(shape.decode(document.values if document else {}))
            self._settings_of = document
        found: S = self._sections[section]
        return found

    def secret(self, word: str) -> str | None:
        """What kind of secret this word is in this world, by the name of the field that holds it, or None."""
        for collection in self._collections.values():
            if collection.secrets and (field := collection.secret(word)) is not None:
                return NAMES.get(plain(field), field)
        return None

    def change_settings(self, values: dict[str, Any]) -> None:
        """Merge `values` into the settings, section by section; raises `Invalid` and changes nothing."""
        current = self[SETTINGS].get("settings")
        merged = dict(current.values) if current else {}
        for section, entries in values.items():
            old = merged.get(section)
            merged[section] = {**old, **entries} if isinstance(old, dict) and isinstance(entries, dict) else entries
        self.schema.settings.decode(merged)
        self[SETTINGS].put(SettingsDocument("settings", copy.deepcopy(merged)))

    @property
    def webhook_retries(self) -> tuple[timedelta, ...]:
        """The waits before each further attempt of a webhook."""
        return tuple(parse_duration(wait) for wait in self.settings(CoreSettings).retry_webhooks_after)

    @property
    def keeps_literal_credentials(self) -> bool:
        """Whether credentials that a fixture spells out are used as they are."""
        return self.name == "default" or self.settings(CoreSettings).fixture_credentials == "literal"

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing: what is raised inside undoes every change, whatever it was.

        Raises `Gone` when the world has ended. Transactions do not nest.
        """
        return self._transaction

    def _finish(self, error: BaseException | None) -> None:
        changes = self._changes
        before = changes.before
        try:
            if error is not None:
                self._roll_back()
                return
            if before:
                try:
                    self._hooks.commit(self, before)
                except BaseException:
                    self._roll_back()
                    raise
                changes.before = {}
                for kind, key in before:
                    self._collections[kind].settle(key)
        finally:
            changes.open = False
        if before:
            self._hooks.committed(self, before)

    def _roll_back(self) -> None:
        before, self._changes.before = self._changes.before, {}
        for (kind, key), document in reversed(before.items()):
            self._collections[kind].undo(key, document)
        if any(kind == TIMERS.name for kind, _ in before):
            self.timers.reload()

    def act(self, name: str, arguments: object = msgspec.UNSET) -> Any:
        """Run an action in a transaction of its own and journal it; answers its result as plain data.

        Raises `Unknown`, `Invalid` or `Refused`, after journalling the refusal.
        """
        return self._act(name, {} if arguments is msgspec.UNSET else arguments)

    def fire(self, timer: Timer) -> None:
        """Run a timer's work. A refusal ends the timer all the same: it would be refused for ever.

        Raises `StoreError`, with the timer still there, and what a broken action raises, with the timer gone.
        """
        try:
            if timer.action.startswith("core."):
                with self.transaction():
                    self[TIMERS].delete(timer.id)
                    self.schema.actions.run(self, timer.action, timer.arguments)
            else:
                self._act(timer.action, timer.arguments, timer=timer)
        except (Gone, StoreError):
            raise
        except Exception as error:
            with self.transaction():
                self.timers.cancel(timer.id)
            if not isinstance(error, MockserverError):
                raise

    def _act(self, name: str, arguments: object, *, timer: Timer | None = None) -> Any:
        at, started = self.clock.now(), self.wall()
        began = self.journal.begin()
        result: Any = None
        error: MockserverError | None = None
        try:
            with self.transaction():
                if timer is not None:
                    # With its work, so that a crash never leaves one without the other.
                    self.timers.cancel(timer.id)
                result = self.schema.actions.run(self, name, arguments)
        except MockserverError as caught:
            error = caught
        if timer is not None and error is None and self.schema.actions[name].internal:
            # Steps of ours may be many, as of a stack of 10,000 tenants; they must not push out what people did.
            self.stir()
            return result
        if not isinstance(error, Gone):
            self.journal.add(
                began=began,
                kind="action",
                at=at,
                wall=datetime.fromtimestamp(started, UTC),
                seconds=self.wall() - started,
                path=name,
                request_head=headers.JSON,
                request_body=msgspec.json.encode(arguments),
                response_head=headers.JSON,
                response_body=b"" if error else msgspec.json.encode(result),
                error=str(error) if error else None,
                addressed_by="timer" if timer is not None else None,
            )
        if error is not None:
            raise error
        return result

    def check_guard(self, delivery: Delivery) -> None:
        """Raise `Refused` when this delivery must not be sent again now."""
        if delivery.guard is not None:
            self.schema.actions.run(self, delivery.guard, {"delivery": delivery.id})

    def pending_deliveries(self, touched: Iterable[tuple[str, str]] | None = None) -> list[Delivery]:
        """The deliveries to be sent now, oldest first: among the `touched` documents, or all."""
        if touched is None:
            return self[DELIVERIES].find("state", "pending")
        found = [self[DELIVERIES].get(key) for kind, key in touched if kind == DELIVERIES.name]
        return [delivery for delivery in found if delivery is not None and delivery.state == "pending"]

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Be called whenever something happened here, or the world ended; answers how to stop."""
        self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    def stir(self, happened: object = None) -> None:
        """Tell the watchers to look again, whatever happened."""
        if self._watchers:
            for watcher in tuple(self._watchers):
                watcher()

    def check_alive(self) -> None:
        """Raise `Gone` when this world has ended."""
        if self.ended is not None:
            raise Gone(f"The world {self.name!r} was {self.ended}.")

    def end(self, how: str) -> None:
        """Close this world for good: `how` is reset, restored or dropped."""
        self.ended = how
        self.journal.close()
        self.stir()


class _Transaction(AbstractContextManager[None]):
    """A world's one transaction at a time; a generator would cost as much as a whole look-up."""

    __slots__ = ("_changes", "_world")

    def __init__(self, world: World, changes: Changes) -> None:
        self._world = world
        self._changes = changes

    def __enter__(self) -> None:
        if self._world.ended is not None:
            self._world.check_alive()
        if self._changes.open:
            raise RuntimeError("a transaction is open already")
        self._changes.open = True

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._world._finish(error)
