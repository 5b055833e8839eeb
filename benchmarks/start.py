"""From nothing to ready: figure 5."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from typing import NamedTuple

from benchmarks.figures import Figure, middle, ratio
from benchmarks.servers import ROOT, processor_time
from benchmarks.throughput import Bench

IMPORTS = "import starlette.applications, uvicorn"


class Spent(NamedTuple):
    """Seconds that passed, and seconds of processor time."""

    wall: float
    busy: float


def start(bench: Bench) -> list[Figure]:
    """A server that says it is ready, against a Python that has imported what any such server needs.

    Both find their modules compiled, as they are where a package was installed.
    """
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled["PYTHONPYCACHEPREFIX"] = str(bench.work / "bytecode")
    _importing(compiled)
    _serving(compiled)
    ran: list[list[Spent]] = [[], [], []]
    for number in range(3 if bench.quick else bench.rounds):
        ran[0].append(_importing(compiled))
        ran[1].append(_serving(compiled))
        ran[2].append(_serving(compiled, "--data", str(bench.work / f"start-{number}")))
    imported, served, kept = ([each.wall for each in some] for some in ran)
    busy_imported, busy_served, _ = ([each.busy for each in some] for some in ran)
    return [
        Figure(f'python -c "{IMPORTS}"', middle(imported) * 1e3, "ms"),
        Figure("  processor time", middle(busy_imported) * 1e3, "ms"),
        Figure(
            "mockserver serve, until it is ready",
            middle(served) * 1e3,
            "ms",
            1 / ratio(imported, served),
            "import",
            "<= 2.5",
        ),
        Figure("  processor time", middle(busy_served) * 1e3, "ms", 1 / ratio(busy_imported, busy_served), "import"),
        Figure("… with --data", middle(kept) * 1e3, "ms", 1 / ratio(imported, kept), "import"),
    ]


def _importing(environment: dict[str, str]) -> Spent:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, cwd=ROOT, env=environment)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _serving(environment: dict[str, str], *arguments: str) -> Spent:
    began = time.perf_counter()
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"mockserver ready"):
                return Spent(time.perf_counter() - began, processor_time(process.pid))
        raise RuntimeError("the server ended before it was ready")
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close() if process.stdout else None
