"""A world as plain data, and the way back, which tells everything that does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from mockserver import checking
from mockserver.errors import Invalid, MockserverError, Problem, Unknown
from mockserver.world.clock import CLOCKS, EARLIEST, LATEST, TIMERS
from mockserver.world.collection import Collection
from mockserver.world.settings import SettingsDocument
from mockserver.world.store import Documents
from mockserver.world.world import SETTINGS, World

SNAPSHOT_FORMAT = 1


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A world as data. Holds credentials; it is a save, not a report."""

    format: int
    name: str
    seed: int
    fixtures: list[str]
    collections: dict[str, list[dict[str, Any]]]


def take(world: World, fixtures: Sequence[str]) -> Snapshot:
    """The whole state of a world."""
    return Snapshot(
        format=SNAPSHOT_FORMAT,
        name=world.name,
        seed=world.seed,
        fixtures=list(fixtures),
        collections={
            kind: [msgspec.to_builtins(document, str_keys=True) for document in collection]
            for kind, collection in sorted(world.held.items())
            if len(collection)
        },
    )


def dump(world: World) -> Documents:
    """Every document as it is, which costs next to nothing because none ever changes."""
    return {kind: collection.dump() for kind, collection in world.held.items()}


def load(world: World, documents: Documents) -> None:
    """Make a fresh world hold these documents."""
    for kind, each in documents.items():
        world.held[kind].load(each)
    world.timers.reload()


def decode(world: World, snapshot: Snapshot) -> Documents:
    """The documents of a snapshot for a fresh world; raises `Invalid` with every problem."""
    if snapshot.format != SNAPSHOT_FORMAT:
        raise Invalid(
            f"This snapshot has format {snapshot.format}; this version reads {SNAPSHOT_FORMAT}.",
            hint="Take it again with this version.",
        )
    problems: list[Problem] = []
    decoded: dict[str, dict[str, Any]] = {}
    for name, documents in snapshot.collections.items():
        path = f"$.collections['{name}']"
        collection = world.collections.get(name)
        if collection is None:
            problems.append(Problem(path, "a collection this version knows", repr(name)))
            continue
        decoded[name] = _decode(collection, documents, path, problems)
    problems += problems_of_core(world, decoded, path="$.collections")
    if problems:
        raise Invalid("The snapshot cannot be used", problems)
    return decoded


def _decode(
    collection: Collection[Any], documents: list[dict[str, Any]], path: str, problems: list[Problem]
) -> dict[str, Any]:
    entries: dict[str, Any] = {}
    for n, document in enumerate(documents):
        where = f"{path}[{n}]"
        try:
            entry = checking.convert(document, collection.kind.type, what="A document")
        except Invalid:
            problems += checking.find_problems(document, collection.kind.type, path=where)
            continue
        problems += _unusable_instants(entry, where)
        key = getattr(entry, collection.kind.key)
        if key in entries:
            problems.append(Problem(f"{where}.{collection.kind.key}", "a key of its own", repr(key)))
        entries[key] = entry
    return entries


def problems_of_core(world: World, decoded: Documents, *, path: str) -> Iterator[Problem]:
    """What the types of the core's own documents cannot say; `path` leads to the collections."""
    at_clock = f"{path}['{CLOCKS.name}']"
    clock = decoded.get(CLOCKS.name, {}).get("clock")
    if clock is None:
        yield Problem(at_clock, "the world's clock", "nothing")
    elif not EARLIEST.timestamp() <= world.wall() + clock.offset <= LATEST.timestamp():
        yield Problem(f"{at_clock}[0].offset", f"seconds that lead to between {EARLIEST:%Y} and {LATEST:%Y}", "others")
    for n, timer in enumerate(decoded.get(TIMERS.name, {}).values()):
        where = f"{path}['{TIMERS.name}'][{n}]"
        try:
            checking.convert(timer.arguments, world.schema.actions[timer.action].arguments, what="A timer's arguments")
        except Unknown as error:
            yield Problem(f"{where}.action", "an action this version knows", repr(timer.action), error.did_you_mean)
        except Invalid as error:
            for each in error.problems:
                yield Problem(f"{where}.arguments{each.path[1:]}", each.expected, each.got, each.did_you_mean)
    settings: SettingsDocument | None = decoded.get(SETTINGS.name, {}).get("settings")
    if settings is not None:
        try:
            world.schema.settings.decode(settings.values)
        except Invalid as error:
            for each in error.problems:
                where = f"{path}['{SETTINGS.name}'][0].values{each.path[1:]}"
                yield Problem(where, each.expected, each.got, each.did_you_mean)
        except MockserverError as error:
            yield Problem(f"{path}['{SETTINGS.name}'][0].values", "settings", error.message)


def _unusable_instants(value: object, path: str) -> Iterator[Problem]:
    """Instants without a time zone cannot be compared with any other, and years far away overflow."""
    if isinstance(value, datetime):
        if value.tzinfo is None or not EARLIEST.year <= value.year < LATEST.year + 500:
            expected = f"an instant with a time zone, between {EARLIEST:%Y} and {LATEST.year + 500}"
            yield Problem(path, expected, value.isoformat())
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _unusable_instants(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _unusable_instants(item, f"{path}[{n}]")
