"""Requests in a second, through a socket: figures 1 to 4."""

from __future__ import annotations

import contextlib
import json
import tempfile
import weakref
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks import bare, servers
from benchmarks.figures import Figure, middle, ratio
from benchmarks.load import CONCURRENCY, Ask, Client, Plan, Run
from benchmarks.servers import Server

STATUSES = ("in-progress", "under-review", "action-required")
SUCCESS = b'{"success":true}'
Granted = list[tuple[str, str]]
"""Access tokens, each with the ID of the request that it may report on."""


@dataclass
class Bench:
    """How to measure: so many interleaved rounds of so many seconds, or quickly and without meaning."""

    work: Path
    client: Client
    rounds: int = 15
    seconds: float = 1.0
    quick: bool = False

    def run(self, name: str, server: Server) -> Run:
        """One round of the plan `name` against a server."""
        return Run(name, server.port, requests=48) if self.quick else Run(name, server.port, seconds=self.seconds)


@contextlib.contextmanager
def bench(*, rounds: int, seconds: float, quick: bool) -> Generator[Bench]:
    """A place to work in and a load process, until the block ends."""
    client = Client()
    try:
        with tempfile.TemporaryDirectory(prefix="mockserver-bench-") as work:
            yield Bench(Path(work), client, 2 if quick else rounds, seconds, quick)
    finally:
        client.close()


@dataclass
class Series:
    """The rounds of one server: right answers in a second, processor time per answer, what was wrong."""

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    answers: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)


def interleave(bench: Bench, contenders: Sequence[tuple[str, Server]]) -> list[Series]:
    """Round after round each server in turn, so that whatever else the machine does meets all of them."""
    found = [Series() for _ in contenders]
    for number in range(bench.rounds + 1):
        for series, (name, server) in zip(found, contenders, strict=True):
            before = server.cpu()
            load = bench.client.run(bench.run(name, server))
            series.wrong += load.wrong
            series.answers += load.answers
            series.examples += load.examples
            # The first round warms up; its answers are checked like all others.
            if number:
                series.rates.append(load.rate)
                series.cpu.append((server.cpu() - before) / max(load.answers, 1) * 1e6)
                series.medians.append(load.median * 1e3)
                series.p99.append(load.p99 * 1e3)
    return found


def request(method: str, path: str, token: str, body: object = None) -> bytes:
    """What a plugin's HTTP client would send."""
    data = b"" if body is None else json.dumps(body).encode()
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1:8600",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "User-Agent: plugin/1.0",
        f"Authorization: Bearer {token}",
    ]
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    return "\r\n".join([*head, "", ""]).encode() + data


def status_plan(granted: Granted) -> Plan:
    """Every connection has requests of its own and changes the status of each again and again."""
    return [
        [
            Ask(
                request(
                    "POST", bare.STATUS, token, {"requestId": id, "status": status, "cancellable": status[0] == "i"}
                ),
                body=SUCCESS,
            )
            for status in STATUSES
            for token, id in granted[number::CONCURRENCY]
        ]
        for number in range(CONCURRENCY)
    ]


def validate_plan(granted: Granted) -> Plan:
    """Every connection asks whether its tokens are good."""
    return [
        [Ask(request("GET", bare.VALIDATE, token), body=SUCCESS) for token, _ in granted[number::CONCURRENCY]]
        for number in range(CONCURRENCY)
    ]


class Control:
    """The measured server's control API; its connections close with it."""

    def __init__(self, server: Server) -> None:
        self._http = httpx2.Client(base_url=f"{server.url}/_mock", trust_env=False, timeout=120)
        weakref.finalize(self, self._http.close)

    def create(self, world: str) -> None:
        self._http.post("/worlds", json={"name": world}).raise_for_status()

    def act(self, action: str, world: str = "default", **arguments: object) -> Any:
        answer = self._http.post(f"/worlds/{world}/actions/{action}", json=arguments)
        answer.raise_for_status()
        return answer.json()

    def prepare(self, world: str = "default", *, plugins: int, requests: int) -> Granted:
        """Tokens to report with."""
        made = self.act("bench.prepare", world, plugins=plugins, requests=requests)
        return [(token, id) for token, id in made]

    def first(self, collection: str, world: str = "default") -> dict[str, Any]:
        """The oldest document of a collection."""
        return self.documents(collection, world)[0]

    def settle(self, world: str = "default") -> None:
        """Wait until every delivery that is due was sent."""
        self._http.post(f"/worlds/{world}/settle", json={"timeout": 100}).raise_for_status()

    def statuses(self, world: str = "default") -> dict[str, str]:
        """The status of every request of a world."""
        return {each["id"]: each["status"] for each in self.documents("motar.ato_requests", world)}

    def documents(self, collection: str, world: str = "default") -> list[dict[str, Any]]:
        """Every document of a collection."""
        answer = self._http.get(f"/worlds/{world}/documents/{collection}")
        answer.raise_for_status()
        documents: list[dict[str, Any]] = answer.json()["documents"]
        return documents


def lost(bench: Bench, name: str, granted: Granted, kept: dict[str, str]) -> int:
    """How many requests do not have the status that was reported last, after all rounds of a status plan."""
    count = 0
    for number, position in enumerate(bench.client.positions[name]):
        mine = granted[number::CONCURRENCY]
        for place, (_, id) in enumerate(mine):
            turns = (position - place + len(mine) - 1) // len(mine)
            if turns > 0:
                count += kept[id] != STATUSES[(turns - 1) % len(STATUSES)]
    return count


def status(bench: Bench) -> list[Figure]:
    """Figure 1: a plugin reports, and the state really changes."""
    with (
        servers.bare(bench.work) as plain,
        servers.ours(bench.work) as full,
        servers.ours(bench.work, "--log-level", "warning", name="quiet") as quiet,
    ):
        granted = {each.name: Control(each).prepare(plugins=8, requests=20) for each in (full, quiet)}
        for name, each in granted.items():
            bench.client.plan(name, status_plan(each))
        bench.client.plan("bare", status_plan(granted["ours"]))
        ran = interleave(bench, [("bare", plain), ("ours", full), ("quiet", quiet)])
        unkept = {
            each.name: lost(bench, each.name, granted[each.name], Control(each).statuses()) for each in (full, quiet)
        }
    names = {"ours": "POST /plugin/v1/ato/status", "quiet": "… with --log-level warning"}
    return _against_bare(ran, names, ">= 0.75", unkept)


def validate(bench: Bench) -> list[Figure]:
    """Figure 2: is this token good?"""
    with (
        servers.bare(bench.work) as plain,
        servers.ours(bench.work) as full,
        servers.ours(bench.work, "--log-level", "warning", name="quiet") as quiet,
    ):
        granted = {each.name: Control(each).prepare(plugins=8, requests=20) for each in (full, quiet)}
        for name, each in granted.items():
            bench.client.plan(name, validate_plan(each))
        bench.client.plan("bare", validate_plan(granted["ours"]))
        ran = interleave(bench, [("bare", plain), ("ours", full), ("quiet", quiet)])
    names = {"ours": "GET /oauth/token/validate", "quiet": "… with --log-level warning"}
    return _against_bare(ran, names, ">= 0.9")


def _against_bare(
    ran: list[Series], names: dict[str, str], target: str, unkept: dict[str, int] | None = None
) -> list[Figure]:
    plain = ran[0]
    figures = [Figure("bare Starlette", middle(plain.rates), "/s", wrong=plain.wrong, note=_note(plain))]
    for (name, title), series in zip(names.items(), ran[1:], strict=True):
        compared = ratio(series.rates, plain.rates)
        wrong = series.wrong + (unkept or {}).get(name, 0)
        note = _note(series)
        figures.append(Figure(title, middle(series.rates), "/s", compared, "bare", target, wrong, note, series.rates))
        figures.append(
            Figure("  processor time of the server", middle(series.cpu), "µs", ratio(plain.cpu, series.cpu), "bare")
        )
    return figures


def _note(series: Series) -> str:
    told = f"median {middle(series.medians):.2f} ms, p99 {middle(series.p99):.2f} ms, {series.answers} answers"
    return "; ".join([told, *series.examples[:1]])


def scale(bench: Bench) -> list[Figure]:
    """Figure 3: a world with many documents, a server with many worlds."""
    documents, worlds = (1_000, 10) if bench.quick else (100_000, 1_000)
    with (
        servers.bare(bench.work) as plain,
        servers.ours(bench.work, name="few-documents") as few,
        servers.ours(bench.work, name="many-documents") as many,
        servers.ours(bench.work, name="many-worlds") as crowd,
    ):
        granted = {
            "few-documents": Control(few).prepare(plugins=1, requests=100),
            "many-documents": Control(many).prepare(plugins=1, requests=100),
            "many-worlds": [],
        }
        filled = Control(many)
        for _ in range(10):
            filled.act("bench.fill", documents=documents // 10)
        making = Control(crowd)
        for number in range(worlds):
            name = f"bench-{number}"
            making.create(name)
            granted["many-worlds"] += making.prepare(name, plugins=1, requests=2 if bench.quick else 1)
        for name, each in granted.items():
            bench.client.plan(name, status_plan(each))
        bench.client.plan("bare", status_plan(granted["few-documents"]))
        contenders = [("few-documents", few), ("many-documents", many), ("many-worlds", crowd)]
        ran = interleave(bench, [("bare", plain), *contenders])
        plain_, few_, many_, crowd_ = ran
        memory = {server.name: server.memory() for _, server in contenders}
    figures = [Figure("bare Starlette", middle(plain_.rates), "/s", wrong=plain_.wrong)]
    for title, series, name, against in (
        ("100 documents, 1 world", few_, "few-documents", None),
        (f"{documents:,} documents", many_, "many-documents", few_),
        (f"{worlds:,} worlds", crowd_, "many-worlds", few_),
    ):
        note = f"{middle(series.cpu):.0f} µs, {memory[name]:.0f} MB, {ratio(series.rates, plain_.rates):.2f} of bare"
        compared = ratio(series.rates, against.rates) if against else None
        target = ">= 0.85" if against else ""
        figures.append(
            Figure(title, middle(series.rates), "/s", compared, "100", target, series.wrong, note, rounds=series.rates)
        )
    return figures


def memory(bench: Bench) -> list[Figure]:
    """Figure 4: what two hundred thousand requests leave behind."""
    early, late = (96, 480) if bench.quick else (5_000, 200_000)
    with servers.ours(bench.work, name="memory") as server:
        started = server.memory()
        granted = Control(server).prepare(plugins=8, requests=20)
        bench.client.plan("memory", status_plan(granted))
        first = bench.client.run(Run("memory", server.port, requests=early))
        after_early = server.memory()
        second = bench.client.run(Run("memory", server.port, requests=late - early))
        after_late = server.memory()
    wrong = first.wrong + second.wrong
    return [
        Figure("at the start", started, "MB"),
        Figure(f"after {early:,} requests", after_early, "MB"),
        Figure(f"after {late:,} requests", after_late, "MB", after_late / after_early, f"{early:,}", "<= 1.2", wrong),
    ]
