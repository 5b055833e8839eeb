"""Every id, token and invented name: the same on every run, unique across worlds, nothing random."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import msgspec

from mockserver.world.collection import Collection, Kind

if TYPE_CHECKING:
    from faker import Faker


class Counter(msgspec.Struct, frozen=True):
    """How many values of one kind below one parent have been minted."""

    id: str
    n: int


_local = threading.local()

COUNTERS: Kind[Counter] = Kind("core.counters", Counter)


class Minter:
    """Mints values as a keyed hash of (seed, world, kind, parent, n).

    `n` counts per kind and parent, so that minting one kind of thing never shifts another.
    Counters are documents: a rolled-back request gives its numbers back.
    """

    def __init__(self, seed: int, world: str, counters: Collection[Counter]) -> None:
        self._key = f"{seed}\0{world}\0".encode()
        self._counters = counters

    def count(self, kind: str, parent: str = "") -> int:
        """The next number of this kind below `parent`, from 1."""
        key = f"{kind}/{parent}" if parent else kind
        counter = self._counters.get(key)
        n = counter.n + 1 if counter else 1
        self._counters.put(Counter(key, n))
        return n

    def octets(self, size: int, kind: str, parent: str = "") -> bytes:
        """`size` fresh bytes."""
        n = self.count(kind, parent)
        return hashlib.shake_256(self._key + f"{kind}\0{parent}\0{n}".encode()).digest(size)

    def hex(self, length: int, kind: str, parent: str = "") -> str:
        """`length` fresh lower-case hexadecimal digits."""
        return self.octets((length + 1) // 2, kind, parent).hex()[:length]

    def constant(self, size: int, kind: str) -> bytes:
        """`size` bytes that are always the same in this world, for keys that sign."""
        return hashlib.shake_256(self._key + f"{kind}\0constant".encode()).digest(size)

    def faker(self, kind: str, parent: str = "") -> Faker:
        """A Faker whose next values depend on nothing but this call's place among its kind.

        There is one Faker: use it before asking for the next.
        """
        faker = _faker()
        faker.seed_instance(int.from_bytes(self.octets(8, f"faker.{kind}", parent)))
        return faker


def _faker() -> Faker:
    # One for each thread: several servers may run in one process, each on a thread of its own.
    faker: Faker | None = getattr(_local, "faker", None)
    if faker is None:
        from faker import Faker

        faker = _local.faker = Faker("en_US")
    return faker
