"""Drops, while the server runs, the worlds that nobody has touched for a while."""

from __future__ import annotations

import asyncio
import logging

from mockserver.world.store import StoreError
from mockserver.world.worlds import Worlds

log = logging.getLogger("mockserver")

LOOKS = 4
"""How often within its time a world is looked at, so that none outlives it by much."""
SELDOM, OFTEN = 60.0, 0.02


class Expiry:
    """Looks after the worlds in the event loop it is started in; does nothing without `ttl`, in seconds."""

    def __init__(self, worlds: Worlds, ttl: float | None) -> None:
        self._worlds = worlds
        self._ttl = ttl
        self._next: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to look."""
        if self._ttl is not None:
            pause = min(max(self._ttl / LOOKS, OFTEN), SELDOM)
            self._next = asyncio.get_running_loop().call_later(pause, self._look, self._ttl)

    def stop(self) -> None:
        """Look no more."""
        if self._next is not None:
            self._next.cancel()

    def _look(self, ttl: float) -> None:
        try:
            for name in self._worlds.expire(ttl):
                log.info("the world %s expired: nobody had touched it for %g s", name, ttl)
        except StoreError as error:
            log.warning("a world that nobody touches could not be dropped: %s", error)
        self.start()
