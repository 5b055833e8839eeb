"""Waiting for the disk together: who comes while it works shares the next turn."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

import msgspec

from mockserver.world.store import StoreError


class _Waiter(msgspec.Struct):
    n: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[None]


class GroupSync:
    """One thread that syncs for all who wait.

    `sync` brings everything that was written to the disk and raises `OSError`; then `failed` is told
    why, before anybody who waited gets a `StoreError`.
    """

    def __init__(self, sync: Callable[[], None], failed: Callable[[OSError], str]) -> None:
        self.synced = 0
        self._sync = sync
        self._failed = failed
        self._waiting: list[_Waiter] = []
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def wait(self, n: int) -> asyncio.Future[None]:
        """A future that is done once entry `n`, which is written, is on the disk."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(n, loop, loop.create_future())
        with self._changed:
            self._waiting.append(waiter)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="mockserver-sync", daemon=True)
            self._thread.start()
        return waiter.future

    def close(self) -> None:
        """Serve who still waits, and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                turn, self._waiting = self._waiting, []
            error: StoreError | None = None
            try:
                self._sync()
            except OSError as caught:
                error = StoreError(self._failed(caught))
            for loop in {waiter.loop for waiter in turn}:
                # A loop that is closed has nobody left who waits.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._tell, [each for each in turn if each.loop is loop], error)

    def _tell(self, turn: list[_Waiter], error: StoreError | None) -> None:
        if error is None:
            self.synced = max(self.synced, *(waiter.n for waiter in turn), 0)
        for waiter in turn:
            if waiter.future.done():
                continue
            if error is None:
                waiter.future.set_result(None)
            else:
                waiter.future.set_exception(error)
