"""Starts servers that can be killed: each is a fork of one process that has imported everything already.

Reads `start DIR DURABILITY` and `kill PID` on standard input; answers `PID URL` and `gone`.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import Any

from mockserver.app import build_app
from mockserver.server import bind, run, url_of
from mockserver.settings import Settings


def main() -> None:
    gc.freeze()
    for line in sys.stdin:
        command, *arguments = line.split()
        if command == "kill":
            os.kill(int(arguments[0]), signal.SIGKILL)
            os.waitpid(int(arguments[0]), 0)
            print("gone", flush=True)
        else:
            print(*start(*arguments), flush=True)


def start(directory: str, durability: Any) -> tuple[int, str]:
    # Bound before the fork, so that its URL is known at once; connections wait until the server takes them.
    sock = bind("127.0.0.1", 0)
    url = url_of(sock)
    pid = os.fork()
    if pid == 0:
        try:
            settings = Settings(data=directory, durability=durability, checkpoint_after=16 * 1024)
            run(build_app(settings), sock)
        finally:
            os._exit(1)
    sock.close()
    return pid, url


if __name__ == "__main__":
    main()
