"""How many attempts may be under way at once: in all, and to one target."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec


class _Target(msgspec.Struct):
    free: asyncio.Semaphore
    users: int = 0


class Slots:
    """Lets `total` work at once, and `each` for one target, so that one that never answers leaves room for the others.

    Who waits for a target holds no slot of the others. Nothing is kept of a target that nobody uses.
    """

    def __init__(self, total: int, each: int) -> None:
        self._all = asyncio.Semaphore(total)
        self._each = each
        self._targets: dict[str, _Target] = {}

    @asynccontextmanager
    async def taken(self, target: str) -> AsyncGenerator[None]:
        """Wait for a slot, and hold it for as long as the block runs."""
        mine = self._targets.setdefault(target, _Target(asyncio.Semaphore(self._each)))
        mine.users += 1
        try:
            async with mine.free, self._all:
                yield
        finally:
            mine.users -= 1
            if not mine.users:
                del self._targets[target]
