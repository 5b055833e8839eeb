"""From nothing to ready: figure 5."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from benchmarks.figures import Figure, middle, ratio
from benchmarks.servers import ROOT
from benchmarks.throughput import Bench

IMPORTS = "import starlette.applications, uvicorn"


def start(bench: Bench) -> list[Figure]:
    """A server that says it is ready, against a Python that has imported what any such server needs.

    Both find their modules compiled, as they are where a package was installed.
    """
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    compiled["PYTHONPYCACHEPREFIX"] = str(bench.work / "bytecode")
    _importing(compiled)
    _serving(compiled)
    served, kept, imported = [], [], []
    for number in range(3 if bench.quick else bench.rounds):
        imported.append(_importing(compiled))
        served.append(_serving(compiled))
        kept.append(_serving(compiled, "--data", str(bench.work / f"start-{number}")))
    return [
        Figure(f'python -c "{IMPORTS}"', middle(imported) * 1e3, "ms"),
        Figure(
            "mockserver serve, until it is ready",
            middle(served) * 1e3,
            "ms",
            1 / ratio(imported, served),
            "import",
            "<= 2.5",
        ),
        Figure("… with --data", middle(kept) * 1e3, "ms", 1 / ratio(imported, kept), "import"),
    ]


def _importing(environment: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", IMPORTS], check=True, cwd=ROOT, env=environment)
    return time.perf_counter() - began


def _serving(environment: dict[str, str], *arguments: str) -> float:
    began = time.perf_counter()
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, env=environment)
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"mockserver ready"):
                return time.perf_counter() - began
        raise RuntimeError("the server ended before it was ready")
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close() if process.stdout else None
