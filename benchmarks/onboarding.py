"""OS1: what a tenant costs in a stack of a hundred, and in one of ten thousand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx2

from benchmarks import servers
from benchmarks.figures import Figure
from benchmarks.throughput import Bench, Control

T = TypeVar("T")

SOLUTION = "solutionversion:yard-one"
PATH = "/developer/tenants/v2/onboarding"
SIZES = (100, 1_000, 10_000)


@dataclass(frozen=True)
class Stack:
    """What one stack took: seconds to answer, to work, of the processor, and to tell the status; MB; tenants missed."""

    tenants: int
    answered: float
    worked: float
    cpu: float
    told: float
    memory: float
    wrong: int

    @property
    def cpu_each(self) -> float:
        """Microseconds of the processor for one tenant."""
        return self.cpu / self.tenants * 1e6

    @property
    def wall_each(self) -> float:
        """Microseconds by the wall's clock for one tenant."""
        return self.worked / self.tenants * 1e6

    @property
    def memory_each(self) -> float:
        """KB that one tenant's onboarding leaves in memory."""
        return self.memory * 1024 / self.tenants


def onboarding(bench: Bench) -> list[Figure]:
    """A solution of two apps to every tenant of a stack: the call, the work of it, and the memory that it leaves."""
    stacks = [_stack(bench, tenants) for tenants in ((20, 40) if bench.quick else SIZES)]
    # What a process takes for its first onboarding at all would fall on a hundred tenants: thousands are compared.
    base = stacks[-2]
    return [figure for each in stacks for figure in _figures(each, base if each is stacks[-1] else None)]


def _figures(stack: Stack, base: Stack | None) -> list[Figure]:
    name = f"{stack.tenants:,} tenants"
    work = Figure(f"{name}: the work, each", stack.cpu_each, "µs of cpu", note=f"{stack.wall_each:.0f} µs by the wall")
    memory = Figure(f"{name}: memory, each", stack.memory_each, "KB", note=f"{stack.memory:.0f} MB")
    if base is not None:
        for figure, before in ((work, base.cpu_each), (memory, base.memory_each)):
            figure.ratio = figure.value / before if before else None
            figure.against, figure.target = f"{base.tenants:,}", "<= 1.2"
    return [
        Figure(f"{name}: the call is answered", stack.answered * 1e3, "ms", wrong=stack.wrong),
        work,
        memory,
        Figure(f"{name}: ten tenants' logs are read", stack.told * 1e3, "ms"),
    ]


def _stack(bench: Bench, tenants: int) -> Stack:
    arguments = ("--fixture", "os1/quickstart", "--clock", "frozen", "--log-level", "warning")
    with (
        servers.ours(bench.work, *arguments, name=f"stack-{tenants}", ground=False) as server,
        httpx2.Client(base_url=server.url, trust_env=False, timeout=600) as http,
    ):
        control = Control(server)
        token = control.act("os1.issue_access_token", user="@asha")["access_token"]
        http.headers["x-developerplatform-access"] = token
        control.act("os1.create_stack", id="bench", type="production")
        control.act("os1.create_tenants", stack="bench", count=tenants)
        memory = server.memory()
        answer, answered = _timed(lambda: http.post(PATH, json={"versionId": SOLUTION, "stackId": "bench"}))
        status = f"{PATH}/{answer.json()['data']}"
        cpu = server.cpu()
        _, worked = _timed(lambda: _advance(http, f"{2 * tenants}s"))
        cpu = server.cpu() - cpu
        told, looked = _timed(lambda: http.get(status, params={"limit": 10}).json()["data"])
        # What earlier work freed may be used again.
        memory = max(server.memory() - memory, 0.0)
    return Stack(tenants, answered, worked, cpu, looked, memory, _wrong(answer.status_code, told, tenants))


def _wrong(status: int, told: dict[str, Any], tenants: int) -> int:
    """How many tenants were not onboarded, whatever was answered."""
    if status != 202 or told["status"] != "completed":
        return tenants
    return tenants - int(told["tenants"]["completed"])


def _advance(http: httpx2.Client, by: str) -> None:
    http.post("/_mock/worlds/default/clock/advance", json={"by": by}).raise_for_status()


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began
