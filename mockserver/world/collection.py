"""Documents of one kind, found by key or by a declared index, changed only inside a transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

import msgspec

from mockserver.errors import Conflict, Unknown
from mockserver.world.secrets import secret_fields

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A declaration: what a collection is called, what it holds, and how its documents are found.

    `key` names the field that identifies a document. `indexes` name further fields for `find`;
    a tuple-valued field is indexed by each of its elements. `credentials` name the fields whose value
    places a request that carries it in this world (see `Worlds.owner_of`). `secrets` name the fields that
    no log and no report may show, beyond those whose names say so (see `mockserver.world.secrets`).
    """

    name: str
    type: type[T]
    key: str = "id"
    indexes: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()


class _Deleted:
    """Keeps a deleted document's place until commit, so that a rollback restores the order too."""


_DELETED = _Deleted()


@dataclass(slots=True)
class Changes:
    """What the open transaction touched: for each key of each collection, the document before it (or None)."""

    open: bool = False
    before: dict[tuple[str, str], msgspec.Struct | None] = field(default_factory=dict)


class Collection(Generic[T]):
    """The documents of one `Kind` in one world, in the order they were created.

    Documents are frozen; `put` swaps one for another. Reading is free, changing needs the world's
    open transaction, which is how a failed request leaves no trace.
    """

    # A world has dozens, and a request that comes to another world than the one before finds none of it in any cache.
    __slots__ = ("_changes", "_deleted", "_documents", "_indexes", "_next_ordinal", "_ordinal", "kind", "secrets")

    def __init__(self, kind: Kind[T], changes: Changes) -> None:
        self.kind = kind
        self._changes = changes
        self._documents: dict[str, T | _Deleted] = {}
        self._deleted = 0
        self._ordinal: dict[str, int] = {}
        self._next_ordinal = 0
        self.secrets = secret_fields(kind.type.__struct_fields__, kind.secrets)
        # Secrets are indexed so that a log can ask of any word whether it is one.
        indexed = (*kind.indexes, *(field for field in self.secrets if field != kind.key))
        self._indexes: dict[str, dict[object, set[str]]] = {name: {} for name in indexed}

    def __len__(self) -> int:
        return len(self._documents) - self._deleted

    def __iter__(self) -> Iterator[T]:
        for document in self._documents.values():
            if not isinstance(document, _Deleted):
                yield document

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key) is not None

    def get(self, key: str) -> T | None:
        """The document with this key, or None."""
        document: Any = self._documents.get(key)
        return None if document is _DELETED else document

    def __getitem__(self, key: str) -> T:
        """The document with this key; raises `Unknown` when there is none."""
        document: Any = self._documents.get(key)
        if document is None or document is _DELETED:
            raise Unknown(self.kind.name, key)
        found: T = document
        return found

    def find(self, index: str, value: object) -> list[T]:
        """Every document whose `index` field is (or, for a tuple, contains) `value`, oldest first."""
        keys = self._indexes[index].get(value)
        if not keys:
            return []
        ordered = sorted(keys, key=self._ordinal.__getitem__) if len(keys) > 1 else keys
        return [cast(T, self._documents[key]) for key in ordered]

    def first(self, index: str, value: object) -> T | None:
        """The oldest document found by `index`, or None."""
        keys = self._indexes[index].get(value)
        if not keys:
            return None
        key = next(iter(keys)) if len(keys) == 1 else min(keys, key=self._ordinal.__getitem__)
        return self.get(key)

    def secret(self, value: str) -> str | None:
        """The field in which a document holds this value as a secret, or None."""
        for name in self.secrets:
            if value in self if name == self.kind.key else value in self._indexes[name]:
                return name
        return None

    def count(self, index: str, value: object) -> int:
        """How many documents `find` would answer."""
        return len(self._indexes[index].get(value, ()))

    def last(self) -> T | None:
        """The newest document, or None."""
        return next((each for each in reversed(self._documents.values()) if not isinstance(each, _Deleted)), None)

    def insert(self, document: T) -> T:
        """Add a new document; raises `Conflict` when its key is taken."""
        key = self._key(document)
        if self.get(key) is not None:
            raise Conflict(f"{self.kind.name} already has {key!r}.")
        return self.put(document)

    def put(self, document: T) -> T:
        """Add a document, or swap the one with its key for it."""
        key: str = getattr(document, self.kind.key)
        self._remember(key)
        self._set(key, document)
        return document

    def change(self, key: str, **fields: Any) -> T:
        """Swap a document for a copy with some fields changed; raises `Unknown` when there is none."""
        return self.put(msgspec.structs.replace(self[key], **fields))

    def delete(self, key: str) -> None:
        """Remove a document; raises `Unknown` when there is none."""
        document = self[key]
        self._remember(key)
        self._unindex(key, document)
        self._documents[key] = _DELETED
        self._deleted += 1

    def undo(self, key: str, before: T | None) -> None:
        """Put back what a transaction found (called by the world, in reverse order)."""
        if before is not None:
            self._set(key, before)
            return
        current = self._documents.pop(key)
        if isinstance(current, _Deleted):
            self._deleted -= 1
        else:
            self._unindex(key, current)
        del self._ordinal[key]

    def settle(self, key: str) -> None:
        """Make a change final (called by the world at commit)."""
        if self._documents.get(key) is _DELETED:
            del self._documents[key]
            del self._ordinal[key]
            self._deleted -= 1

    def dump(self) -> dict[str, T]:
        """Every document by key, oldest first; a copy that later changes do not touch."""
        return {self._key(document): document for document in self}

    def load(self, documents: Mapping[str, T]) -> None:
        """Replace everything, outside any transaction."""
        self._documents.clear()
        self._ordinal.clear()
        self._deleted = 0
        for buckets in self._indexes.values():
            buckets.clear()
        for key, document in documents.items():
            self._set(key, document)

    def _key(self, document: T) -> str:
        key: str = getattr(document, self.kind.key)
        return key

    def _remember(self, key: str) -> None:
        if not self._changes.open:
            raise RuntimeError(f"{self.kind.name} can only change inside a transaction")
        place = (self.kind.name, key)
        if place not in self._changes.before:
            self._changes.before[place] = self.get(key)

    def _set(self, key: str, document: T) -> None:
        current: Any = self._documents.get(key)
        if current is None:
            self._ordinal[key] = self._next_ordinal
            self._next_ordinal += 1
        elif current is _DELETED:
            self._deleted -= 1
            current = None
        self._documents[key] = document
        for name, buckets in self._indexes.items():
            now = getattr(document, name)
            if current is not None:
                was = getattr(current, name)
                if was is now or was == now:
                    continue
                _leave(buckets, was, key)
            for value in _values(now):
                buckets.setdefault(value, set()).add(key)

    def _unindex(self, key: str, document: T) -> None:
        for name, buckets in self._indexes.items():
            _leave(buckets, getattr(document, name), key)


def _leave(buckets: dict[object, set[str]], values: object, key: str) -> None:
    for value in _values(values):
        bucket = buckets.get(value)
        if bucket is not None:
            bucket.discard(key)
            if not bucket:
                del buckets[value]


def _values(value: object) -> tuple[object, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)
