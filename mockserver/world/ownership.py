"""Which world a credential belongs to, so that a request that carries one finds its way."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import Any

from mockserver.world.world import World

MAX_TOMBSTONES = 10_000


class Ownership:
    """Every credential of every world, and for a while those of dropped worlds.

    Worlds may share a literal credential: the one that had it first is found by it, the others are
    reached by their names, and the next one takes over when the first lets go.
    """

    def __init__(self, *, max_tombstones: int = MAX_TOMBSTONES) -> None:
        self._owners: dict[str, tuple[str, ...]] = {}
        self._further: Counter[tuple[str, str]] = Counter()
        self._tombstones: OrderedDict[str, str] = OrderedDict()
        self._max_tombstones = max_tombstones

    def owner_of(self, credential: str) -> str | None:
        """The name of the world that has had this credential for longest, or None."""
        owners = self._owners.get(credential)
        return owners[0] if owners else None

    def holds(self, name: str, credential: str) -> bool:
        """Whether this credential is (also) the world `name`'s."""
        return name in self._owners.get(credential, ())

    def last_owner_of(self, credential: str) -> str | None:
        """The name of the dropped world that this credential used to belong to, or None."""
        return self._tombstones.get(credential)

    def add(self, name: str, credential: str) -> None:
        """Give a credential to a world."""
        owners = self._owners.get(credential, ())
        if name in owners:
            # Another of its documents has it, too, and the world keeps it until the last one lets go.
            self._further[name, credential] += 1
        else:
            self._owners[credential] = (*owners, name)

    def remove(self, name: str, credential: str) -> None:
        """Take a credential from a world, once for each time it was given."""
        if further := self._further.pop((name, credential), 0):
            if further > 1:
                self._further[name, credential] = further - 1
            return
        left = tuple(owner for owner in self._owners.get(credential, ()) if owner != name)
        if left:
            self._owners[credential] = left
        else:
            self._owners.pop(credential, None)

    def add_all(self, world: World) -> None:
        """Give a world everything its documents hold."""
        for credential in _credentials(world):
            self.add(world.name, credential)

    def remove_all(self, world: World) -> None:
        """Take from a world everything its documents hold."""
        for credential in _credentials(world):
            self.remove(world.name, credential)

    def bury(self, world: World) -> None:
        """The same for a world that is dropped; its credentials are remembered for a while."""
        for credential in _credentials(world):
            self.remove(world.name, credential)
            self._tombstones[credential] = world.name
            self._tombstones.move_to_end(credential)
        while len(self._tombstones) > self._max_tombstones:
            self._tombstones.popitem(last=False)

    def change(self, name: str, fields: tuple[str, ...], old: Any, new: Any) -> None:
        """A document of a world was swapped for another; either may be None."""
        for field in fields:
            was = getattr(old, field) if old is not None else None
            now = getattr(new, field) if new is not None else None
            if was == now:
                continue
            if was is not None:
                self.remove(name, was)
            if now is not None:
                self.add(name, now)


def _credentials(world: World) -> Iterator[str]:
    for collection in world.held.values():
        for field in collection.kind.credentials:
            for document in collection:
                value = getattr(document, field)
                if value is not None:
                    yield value
