"""What keeping worlds costs: a commit by its durability, a checkpoint and a start by the number of documents."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.figures import Figure, middle
from benchmarks.ground import Fill, fill
from benchmarks.inprocess import app
from benchmarks.throughput import Bench
from mockserver.settings import QUICKSTART
from mockserver.store.directory import claim
from mockserver.store.worlds_store import DirectoryStore, Durability
from mockserver.world.worlds import Worlds

T = TypeVar("T")

SIZES = (10_000, 100_000)
TOGETHER = 16


def store(bench: Bench) -> list[Figure]:
    """Commits of one new document and one counter; worlds of many documents, written and read."""
    times = 50 if bench.quick else 5_000
    figures = commits(bench.work, times)
    for documents in (200,) if bench.quick else SIZES:
        figures += whole_worlds(bench.work / str(documents), documents)
    return [*figures, many_worlds(bench.work, 20 if bench.quick else 1_000)]


def commits(work: Path, times: int) -> list[Figure]:
    """Microseconds for a commit: without a store, with each durability, and waiting for the disk."""
    found = []
    with app(work) as built:
        schema, fixture = built.worlds.schema, built.worlds._fixture
        plain = Worlds(schema, wall=time.time, fixture=fixture, fixtures=(QUICKSTART,))
        alone = clocked(committing(plain), times)
        found.append(Figure("commit in memory", alone, "µs"))
        for durability in ("none", "os", "fsync"):
            worlds, kept = opened(work / durability, plain, durability)
            commit = committing(worlds)
            if durability == "fsync":
                for clients, name in ((1, "one at a time"), (TOGETHER, f"{TOGETHER} at once, each")):
                    found.append(Figure(f"commit, fsync, {name}", on_disk(kept, commit, times, clients), "µs"))
            else:
                took = clocked(commit, times)
                found.append(Figure(f"commit, {durability}", took, "µs", took / alone, "in memory"))
            kept.close()
    return found


def whole_worlds(work: Path, documents: int) -> list[Figure]:
    """A checkpoint of one world: what holds the loop up, and what another thread does; and the next start."""
    work.mkdir()
    with app(work) as built:
        worlds, kept = opened(work / "data", built.worlds, "os")
        world = worlds.create("full")
        with world.transaction():
            fill(world, Fill(documents=documents))
        checkpoint, in_loop = timed(lambda: kept.begin_checkpoint(worlds.save))
        size, beside = timed(checkpoint.write)
        kept.close()
        (_, kept), start = timed(lambda: opened(work / "data", built.worlds, "os"))
        kept.close()
    name = f"{documents:,} documents"
    return [
        Figure(f"checkpoint of {name}, in the loop", in_loop.wall, "ms", note=in_loop.told),
        Figure(f"checkpoint of {name}, beside it", beside.wall, "ms", note=f"{beside.told}; {size / 1e6:.1f} MB"),
        Figure(f"start with {name}", start.wall, "ms", note=start.told),
    ]


def many_worlds(work: Path, worlds: int) -> Figure:
    """The start with many worlds of the quickstart fixture."""
    with app(work) as built:
        made, kept = opened(work / "many", built.worlds, "none")
        for _ in range(worlds):
            made.create()
        kept.begin_checkpoint(made.save).write()
        kept.close()
        (_, kept), start = timed(lambda: opened(work / "many", built.worlds, "os"))
        kept.close()
    return Figure(f"start with {worlds:,} worlds", start.wall, "ms", note=start.told)


@dataclass
class Took:
    """Milliseconds by the wall's clock, and those in which the processor worked for it."""

    wall: float
    busy: float

    @property
    def told(self) -> str:
        return f"{self.busy:,.0f} ms of processor time"


def timed(work: Callable[[], T]) -> tuple[T, Took]:
    """What the work answers, and what it took."""
    began, busy = time.perf_counter(), time.process_time()
    result = work()
    return result, Took((time.perf_counter() - began) * 1e3, (time.process_time() - busy) * 1e3)


def opened(directory: Path, like: Worlds, durability: Durability) -> tuple[Worlds, DirectoryStore]:
    claim(directory).close()
    kept = DirectoryStore(directory, durability=durability)
    worlds = Worlds(like.schema, wall=time.time, fixture=like._fixture, fixtures=(QUICKSTART,), store=kept)
    worlds.load()
    return worlds, kept


def committing(worlds: Worlds) -> Callable[[], None]:
    """What makes one commit."""
    world = worlds.create("bench")

    def commit() -> None:
        with world.transaction():
            fill(world, Fill(documents=1))

    return commit


def clocked(work: Callable[[], None], times: int) -> float:
    """The median in microseconds."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        spent.append((time.perf_counter() - began) * 1e6)
    return middle(spent)


def on_disk(kept: DirectoryStore, commit: Callable[[], None], times: int, clients: int) -> float:
    """The median of rounds in which each client commits once and waits for the disk; microseconds for each commit."""

    async def client() -> None:
        commit()
        if (safe := kept.durable()) is not None:
            await safe

    async def rounds() -> float:
        spent = []
        for _ in range(min(times, 300)):
            began = time.perf_counter()
            await asyncio.gather(*(client() for _ in range(clients)))
            spent.append((time.perf_counter() - began) / clients * 1e6)
        return middle(spent)

    return asyncio.run(rounds())
