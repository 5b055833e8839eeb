"""The measured servers, each a process of its own, and what a process costs."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0
"""Seconds that a server may take to be ready."""


class NotReady(Exception):
    """A server ended, or said nothing, before it was ready."""


@dataclass(frozen=True)
class Server:
    """A process that listens on a port of loopback."""

    name: str
    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Seconds of processor time it has used so far."""
        return processor_time(self.pid)

    def memory(self) -> float:
        """Its resident memory in MB."""
        return resident(self.pid)


def processor_time(pid: int) -> float:
    """The seconds of processor time that the threads of a process have used so far."""
    spent = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            spent += int((task / "schedstat").read_text().split()[0])
    return spent / 1e9


def resident(pid: int) -> float:
    """The resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise NotReady(f"the process {pid} is gone")


@contextlib.contextmanager
def bare(work: Path) -> Generator[Server]:
    """The app that everything is compared with."""
    with _process([sys.executable, "-m", "benchmarks.bare"], work / "bare.log", out=subprocess.PIPE) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise NotReady((work / "bare.log").read_text())
        yield Server("bare", int(line), process.pid)


@contextlib.contextmanager
def ours(work: Path, *arguments: str, name: str = "ours", data: bool = True, ground: bool = True) -> Generator[Server]:
    """`mockserver serve` as people start it, keeping what it commits in a directory of its own.

    Its log goes to a file. With `ground` the platform of `benchmarks.ground` is installed beside.
    """
    work = work / name
    work.mkdir()
    ready = work / "ready"
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--ready-file", str(ready), *arguments]
    if data:
        command += ["--data", str(work / "data")]
    environment = {"PYTHONPATH": os.pathsep.join((str(installed_ground(work)), str(ROOT)))} if ground else {}
    with _process(command, work / "log", environment=environment) as process:
        _wait(process, ready.is_file, work / "log")
        yield Server(name, int(ready.read_text().rpartition(":")[2]), process.pid)


def installed_ground(work: Path) -> Path:
    """A directory that, on the path, makes `benchmarks.ground` an installed platform."""
    told = work / "site" / "mockserver_benchmarks-0.dist-info"
    told.mkdir(parents=True, exist_ok=True)
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: mockserver-benchmarks\nVersion: 0\n")
    (told / "entry_points.txt").write_text("[mockserver.platforms]\nbench = benchmarks.ground:BENCH\n")
    return told.parent


@contextlib.contextmanager
def other(name: str, port: int, command: Sequence[str], work: Path, *, log: str, answers: str) -> Generator[Server]:
    """A neighbour: any command that listens on `port`, ready as soon as it answers at the path `answers`."""
    path = work / log
    with _process(list(command), path, merge=True) as process:
        _wait(process, lambda: _is_served(port, answers), path)
        yield Server(name, port, process.pid)


def _is_served(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status > 0
    except OSError:
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def _process(
    command: list[str],
    log: Path,
    *,
    out: int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    merge: bool = False,
) -> Generator[subprocess.Popen[bytes]]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MOTAR_MOCK_")}
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdout=file if merge else out,
            stderr=file,
            env={**inherited, **(environment or {})},
            cwd=ROOT,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise NotReady(log.read_text(errors="replace")[-2000:])
        time.sleep(0.01)
