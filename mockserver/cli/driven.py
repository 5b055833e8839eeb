"""A client that begins by itself: a program that is started when a run waits for its first call."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

import click

from mockserver.errors import Refused

GOODBYE = 10.0
"""Wall seconds that a client has to end by itself after the run."""

_WAITS = ("await", "include")
"""Kinds of step that may wait for a call."""


@contextlib.contextmanager
def client_of_run(command: str | None, url: str) -> Generator[Callable[[dict[str, Any]], None]]:
    """What to tell the events of a run, so that `command` is started when the first call is waited for.

    `{url}` in it is where the world is. What it prints goes to standard error. It has a while to end after the run, and
    how it ended is told when that was not well. Raises `Refused` when it cannot be started.
    """
    started: list[_Client] = []

    def tell(event: dict[str, Any]) -> None:
        if command is not None and not started and event["event"] == "started" and event["step"]["kind"] in _WAITS:
            started.append(_Client(_start(command, url)))

    try:
        yield tell
    finally:
        for client in started:
            client.end()


class _Client:
    """The program at work. When it ends badly that is told at once, for the run may go on waiting for its calls."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._watch = threading.Thread(target=self._tell_how_it_ended, daemon=True)
        self._watch.start()

    def end(self) -> None:
        """Wait until it has ended, and end it when it does not."""
        self._watch.join(GOODBYE)
        if self._watch.is_alive():
            click.secho(
                f"  The client is still at work {GOODBYE:g} s after the run; it is ended.", err=True, fg="yellow"
            )
            self._process.terminate()
            self._watch.join()

    def _tell_how_it_ended(self) -> None:
        if (code := self._process.wait()) != 0:
            click.secho(f"  The client ended with exit code {code}.", err=True, fg="yellow")


def _start(command: str, url: str) -> subprocess.Popen[bytes]:
    words = [word.replace("{url}", url) for word in shlex.split(command)]
    sys.stderr.flush()
    try:
        # Its lines stand beside those of the run, which programs may read from standard output.
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    except OSError as error:
        raise Refused(
            f"The client cannot be started: {error.strerror}: {words[0]}.",
            hint="For pipes, && and the like: --client \"sh -c '…'\".",
        ) from None
