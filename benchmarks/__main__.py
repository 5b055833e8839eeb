"""`python -m benchmarks [NAME…] [--json FILE] [--rounds N] [--seconds S] [--quick]`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import akana, figures, inprocess, onboarding, peers, replay, start, store, throughput, webhooks
from benchmarks.figures import Figure
from benchmarks.throughput import Bench

BENCHMARKS: dict[str, tuple[str, Callable[[Bench], list[Figure]]]] = {
    "status": ("1. A plugin reports a status", throughput.status),
    "validate": ("2. A token is validated", throughput.validate),
    "scale": ("3. Many documents, many worlds", throughput.scale),
    "memory": ("4. Memory", throughput.memory),
    "start": ("5. Start to ready", start.start),
    "lifecycle": ("6. Worlds come and go, in process", inprocess.lifecycle),
    "webhooks": ("7. Webhooks", webhooks.webhooks),
    "akana": ("8. Workflow actions", akana.akana),
    "onboarding": ("OS1: a solution to every tenant of a stack", onboarding.onboarding),
    "replay": ("Recordings of different lengths, in process", replay.replay),
    "store": ("Keeping worlds", store.store),
    "path": ("Where the time of a status report goes, in process", inprocess.path),
    "client": ("The load client itself, beside wrk", peers.client),
}
PEERS = {"peers": ("Other mock servers", peers.peers)}


def main(arguments: list[str] | None = None) -> int:
    """Measure what is asked for; 1 when an answer was wrong."""
    every = {**BENCHMARKS, **PEERS}
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure: {', '.join(every)}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    parser.add_argument("--rounds", type=int, default=15, help="interleaved rounds of each contender")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a round")
    parser.add_argument("--quick", action="store_true", help="a few dozen requests, to see that everything works")
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in every]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(every)}")
    names = given.names or [*BENCHMARKS, *(PEERS if os.environ.get("PEERS") else ())]
    measured: dict[str, list[Figure]] = {}
    with throughput.bench(rounds=given.rounds, seconds=given.seconds, quick=given.quick) as bench:
        for name in names:
            title, measure = every[name]
            (work := bench.work / name).mkdir()
            measured[name] = measure(dataclasses.replace(bench, work=work))
            figures.show(title, measured[name])
    if given.json:
        found = {name: figures.as_data(each) for name, each in measured.items()}
        given.json.write_text(json.dumps({"machine": figures.machine(), "figures": found}, indent=2) + "\n")
    return int(any(each.wrong for name, some in measured.items() if name != "peers" for each in some))


if __name__ == "__main__":
    sys.exit(main())
