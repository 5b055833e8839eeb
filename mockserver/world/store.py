"""What outlives the process, as the world needs it; `mockserver.store` implements it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class StoreError(Exception):
    """A commit could not be kept, so it did not happen."""


class Commit(msgspec.Struct, frozen=True):
    """One transaction's effect: documents put (`[kind, document]`) and deleted (`[kind, key]`)."""

    world: str
    put: tuple[tuple[str, msgspec.Struct], ...]
    deleted: tuple[tuple[str, str], ...]


class Store(Protocol):
    """Where commits go before they count. A commit that cannot be kept raises, and is undone."""

    def append(self, commit: Commit) -> None: ...

    def opened(self, world: str, header: msgspec.Struct, documents: Sequence[tuple[str, msgspec.Struct]]) -> None: ...

    def dropped(self, world: str) -> None: ...
