"""One emulator for all xdist workers, in the controller's process.

The workers must know the address before any of them has asked for it, and a run that never asks must not pay. So the
controller only listens; the emulator is imported and started when the first worker connects, which waits meanwhile.
"""

from __future__ import annotations

import select
import socket
import sys
import threading
import traceback
from typing import Any

import pytest

from mockserver.testing.given import URL_KEY, given_url


class SharedEmulator:
    """A socket that listens at once, and becomes an emulator when somebody connects."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._bell, self._ring = socket.socketpair()
        self._stopped = threading.Event()
        self.url = "http://{}:{}".format(*self._socket.getsockname())
        self._thread = threading.Thread(target=self._run, name="emulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, whether started or not."""
        self._stopped.set()
        self._ring.send(b".")
        self._thread.join(15)
        for each in (self._socket, self._bell, self._ring):
            each.close()

    def _run(self) -> None:
        select.select([self._socket, self._bell], [], [])
        if self._stopped.is_set():
            return
        try:
            self._serve()
        except BaseException:
            # The workers' connections break then, which they report; the reason is here.
            print("The emulator for the workers could not be started:", file=sys.stderr)
            traceback.print_exc()
            self._socket.close()

    def _serve(self) -> None:
        from mockserver.app import build_app
        from mockserver.server import running
        from mockserver.settings import Settings

        with running(build_app(Settings(port=0)), self._socket):
            self._stopped.wait()


def share(node: Any, key: pytest.StashKey[SharedEmulator]) -> None:
    """Tell a worker of this machine about the shared emulator, kept under `key`, unless one was given."""
    config = node.config
    # A worker on another machine cannot reach our loopback address; it starts its own.
    if given_url(config) is not None or not getattr(node.gateway.spec, "popen", False):
        return
    if key not in config.stash:
        config.stash[key] = SharedEmulator()
    node.workerinput[URL_KEY] = config.stash[key].url
