"""What outlives the process, as the world needs it; `mockserver.store` implements it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from mockserver.world.collection import Kind
from mockserver.world.header import Header

Documents = Mapping[str, Mapping[str, Any]]
"""Documents by key, oldest first, by the name of their collection."""


class StoreError(Exception):
    """A commit could not be kept, so it did not happen."""


class Commit(msgspec.Struct, frozen=True):
    """One transaction's effect: documents put (`[kind, document]`) and deleted (`[kind, key]`)."""

    world: str
    put: tuple[tuple[str, msgspec.Struct], ...]
    deleted: tuple[tuple[str, str], ...]


class Saved(msgspec.Struct, frozen=True):
    """A whole world: how it was made, the seed it has now, what it holds, and what it held when it was made.

    `since` counts when it became what it is (made, reset, restored) among the commits of all worlds;
    `source` is where it was found, as errors call it.
    """

    header: Header
    seed: int
    documents: Documents
    initial: Documents
    since: int = 0
    source: str = ""


class Store(Protocol):
    """Where commits go before they count. What cannot be kept raises `StoreError`, and is undone.

    `position` counts what was kept; `read_only` says why nothing is kept any more, None while all is well.
    `waits_for_disk` says that `durable` may have something to wait for.
    """

    position: int
    waits_for_disk: bool

    @property
    def read_only(self) -> str | None: ...

    def load(self, kinds: Iterable[Kind[Any]]) -> Iterable[Saved]:
        """Every world that was kept, in the order of their making; raises `MockserverError` for what is damaged."""

    def append(self, commit: Commit) -> None:
        """Keep a transaction's effect."""

    def opened(self, saved: Saved) -> None:
        """Keep a new world; what it holds is what it held when it was made."""

    def replaced(self, saved: Saved) -> None:
        """Keep that a world is another now: reset, made over or restored."""

    def dropped(self, world: str) -> None:
        """Forget a world."""

    def durable(self, since: int | None = None) -> Awaitable[None] | None:
        """What to await until all that was kept is as safe as was promised; None when it is already.

        Awaiting raises `StoreError` when that fails, for who was at work from `position` `since` on also
        when it failed meanwhile.
        """
