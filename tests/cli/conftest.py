from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CLEAN = {key: value for key, value in os.environ.items() if not key.startswith("MOTAR_MOCK_")}
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def mockserver(tmp_path: Path) -> Command:
    """Runs the command in an empty folder: `mockserver("trigger", "…", MOTAR_MOCK_URL=url)`."""

    def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mockserver", *arguments],
            cwd=tmp_path,
            env={**CLEAN, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return command


class Served:
    """A `mockserver serve` that runs as a process of its own."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process = process
        self.url = url

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal and wait for the end; answers the exit code and both outputs."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=50)
        return self.process.returncode, out, err


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts `mockserver serve --port 0 …` and waits for its ready file."""
    started: list[subprocess.Popen[str]] = []

    @contextmanager
    def start(*arguments: str, **environment: str) -> Iterator[Served]:
        ready = tmp_path / f"ready-{len(started)}"
        process = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--ready-file", str(ready), *arguments],
            cwd=tmp_path,
            env={**CLEAN, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        deadline = time.monotonic() + 50
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.02)
        yield Served(process, ready.read_text())

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()
