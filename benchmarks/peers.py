"""The neighbours, under the same load: WireMock with a two-state scenario, Mockoon with a global variable.

Both are on the npm registry; `make bench PEERS=1` installs them into a cache outside the tree.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from benchmarks import bare, servers
from benchmarks.figures import Figure, middle, ratio
from benchmarks.load import CONCURRENCY, Ask, Plan, Run
from benchmarks.servers import Server
from benchmarks.throughput import Bench, Control, Series, interleave, request, status_plan, validate_plan

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mockserver-bench"
PACKAGES = ("wiremock@3", "@mockoon/cli@9")
TURNS = ("in-progress", "under-review")
RACES = 200
MOCKOON_TOKEN = "bench"


def client(bench: Bench) -> list[Figure]:
    """The load client against wrk, on the bare app: it must not be what limits the figures."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return [Figure("wrk is not installed", 0, "")]
    ours: list[float] = []
    theirs: list[float] = []
    with servers.bare(bench.work) as server:
        bench.client.plan("bare", validate_plan([("token", "")] * CONCURRENCY))
        for _ in range(2 if bench.quick else max(bench.rounds // 2, 3)):
            ours.append(bench.client.run(bench.run("bare", server)).rate)
            told = subprocess.run(
                [wrk, "-t1", f"-c{CONCURRENCY}", "-d1s", f"{server.url}{bare.VALIDATE}"],
                capture_output=True,
                text=True,
                check=True,
            ).stdout
            theirs.append(float(re.findall(r"Requests/sec:\s+([\d.]+)", told)[0]))
    return [
        Figure("wrk, one thread, answers not looked at", middle(theirs), "/s"),
        Figure("our client, every answer checked", middle(ours), "/s", ratio(ours, theirs), "wrk"),
    ]


def peers(bench: Bench) -> list[Figure]:
    """Two states in turn on sixteen connections, then races for something that can be had once."""
    home = installed()
    figures: list[Figure] = []
    with servers.bare(bench.work) as plain, servers.ours(bench.work, name="beside-peers") as full:
        granted = Control(full).prepare(plugins=8, requests=20)
        bench.client.plan("bare", status_plan(granted))
        bench.client.plan("beside-peers", status_plan(granted))
        bench.client.plan("peer", _turns_plan())
        with wiremock(home, bench.work) as wire, mockoon(home, bench.work) as moon:
            ran = interleave(bench, [("bare", plain), ("beside-peers", full), ("peer", wire), ("peer", moon)])
            for title, server, series in zip(
                (
                    f"mockserver {_ours()}",
                    f"WireMock {_version(home, 'wiremock')}",
                    f"Mockoon {_version(home, '@mockoon/cli')}",
                ),
                (full, wire, moon),
                ran[1:],
                strict=True,
            ):
                figures.append(_stateful(title, series, ran[0], server))
            races = 5 if bench.quick else RACES
            figures.append(_race(bench, "mockserver: a code redeemed by 16 at once", full, _code(full), races))
            reset = _reset(wire, "/__admin/scenarios/reset")
            figures.append(_race(bench, "WireMock: a state left by 16 at once", wire, reset, races))
            reset = _reset(moon, "/mockoon-admin/state/purge")
            figures.append(_race(bench, "Mockoon: a variable set by 16 at once", moon, reset, races))
    return figures


def _stateful(title: str, series: Series, plain: Series, server: Server) -> Figure:
    note = f"{middle(series.cpu):.0f} µs of processor time, {server.memory():.0f} MB after {series.answers:,} answers"
    note = "; ".join([note, *series.examples[:1]])
    compared = ratio(series.rates, plain.rates)
    return Figure(title, middle(series.rates), "/s", compared, "bare", "", series.wrong, note, series.rates)


def _race(bench: Bench, title: str, server: Server, prepare: Callable[[], Plan], races: int) -> Figure:
    """Ask for the same thing on every connection at once: exactly one may get it."""
    unfair, most = 0, 0
    for _ in range(races):
        bench.client.plan("race", prepare())
        load = bench.client.run(Run("race", server.port, requests=CONCURRENCY))
        winners = load.answers - load.wrong
        unfair += winners != 1
        most = max(most, winners)
    note = f"of {races} races; most winners of one: {most}"
    return Figure(title, unfair, "not won by exactly one", wrong=unfair, note=note)


def _turns_plan() -> Plan:
    """Every connection has a scenario of its own and takes it from state to state and back."""
    return [
        [
            Ask(
                _unpacked(request("POST", f"/turns/{number}", "token", {"requestId": str(number), "status": status})),
                body=json.dumps({"status": status}, separators=(",", ":")).encode(),
            )
            for status in TURNS
        ]
        for number in range(CONCURRENCY)
    ]


def _unpacked(request: bytes) -> bytes:
    """Some of our neighbours would compress even so short an answer."""
    return request.replace(b"Accept-Encoding: gzip, deflate\r\n", b"")


def _code(server: Server) -> Callable[[], Plan]:
    control = Control(server)
    plugin = control.first("motar.plugins")

    def plan() -> Plan:
        control.act("motar.start_ato_request", plugin=plugin["name"])
        code = control.act("motar.sign_in", user="@olivia")["code"]
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": plugin["client_id"],
            "client_secret": plugin["client_secret"],
            "redirect_uri": plugin["redirect_uris"][0],
        }
        return [
            [Ask(request("POST", "/oauth/token", "", body).replace(b"Authorization: Bearer \r\n", b""))]
        ] * CONCURRENCY

    return plan


def _reset(server: Server, path: str) -> Callable[[], Plan]:
    def plan() -> Plan:
        headers = {"authorization": f"Bearer {MOCKOON_TOKEN}"}
        httpx2.post(f"{server.url}{path}", headers=headers, trust_env=False).raise_for_status()
        return [[Ask(_unpacked(request("POST", "/once", "token", {})))]] * CONCURRENCY

    return plan


def installed() -> Path:
    """Where the neighbours are, installing them when they are not."""
    if not (CACHE / "node_modules" / "@mockoon").is_dir() or not (CACHE / "node_modules" / "wiremock").is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(CACHE), *PACKAGES]
        subprocess.run(command, check=True, cwd=CACHE)
    return CACHE


def _version(home: Path, package: str) -> str:
    told: str = json.loads((home / "node_modules" / package / "package.json").read_text())["version"]
    return told


def _ours() -> str:
    from importlib.metadata import version

    return version("motar-mockserver")


@contextmanager
def wiremock(home: Path, work: Path) -> Generator[Server]:
    """WireMock, each path a scenario of two states that lead to each other."""
    mappings = work / "wiremock" / "mappings"
    mappings.mkdir(parents=True)
    for number in range(CONCURRENCY):
        for turn, (before, after) in enumerate((("Started", "turned"), ("turned", "Started"))):
            stub = _stub(f"/turns/{number}", f"turns-{number}", before, after, {"status": TURNS[turn]})
            (mappings / f"turns-{number}-{turn}.json").write_text(json.dumps(stub))
    (mappings / "once.json").write_text(json.dumps(_stub("/once", "once", "Started", "gone", {"won": True})))
    gone = _stub("/once", "once", "gone", "gone", {"won": False}, 409)
    (mappings / "gone.json").write_text(json.dumps(gone))
    (jar,) = (home / "node_modules" / "wiremock" / "build").glob("*.jar")
    port = _free_port()
    command = ["java", "-jar", str(jar), "--port", str(port), "--root-dir", str(mappings.parent), "--disable-banner"]
    with servers.other("WireMock", port, command, work, log="wiremock.log", answers="/__admin/health") as server:
        yield server


def _stub(path: str, scenario: str, before: str, after: str, body: object, status: int = 200) -> dict[str, object]:
    return {
        "scenarioName": scenario,
        "requiredScenarioState": before,
        "newScenarioState": after,
        "request": {"method": "POST", "url": path},
        "response": {
            "status": status,
            "body": json.dumps(body, separators=(",", ":")),
            "headers": {"Content-Type": "application/json"},
        },
    }


@contextmanager
def mockoon(home: Path, work: Path) -> Generator[Server]:
    """Mockoon, each path a global variable that its answers read and set."""
    port = _free_port()
    routes = [
        _route(
            f"turns/{number}",
            f"turns{number}",
            [
                ("turned", 200, f"{{{{setGlobalVar 'turns{number}' ''}}}}" + _compact({"status": TURNS[1]})),
                ("", 200, f"{{{{setGlobalVar 'turns{number}' 'turned'}}}}" + _compact({"status": TURNS[0]})),
            ],
        )
        for number in range(CONCURRENCY)
    ]
    routes.append(
        _route(
            "once",
            "once",
            [
                ("gone", 409, _compact({"won": False})),
                ("", 200, "{{setGlobalVar 'once' 'gone'}}" + _compact({"won": True})),
            ],
        )
    )
    environment = {"uuid": "bench", "lastMigration": 33, "name": "bench", "port": port, "routes": routes}
    file = work / "mockoon.json"
    file.write_text(json.dumps({**environment, "rootChildren": [{"type": "route", "uuid": r["uuid"]} for r in routes]}))
    main = home / "node_modules" / ".bin" / "mockoon-cli"
    command = [str(main), "start", "--data", str(file), "--port", str(port), "--disable-log-to-file", "--repair"]
    command += ["--admin-api-token", MOCKOON_TOKEN]
    with servers.other("Mockoon", port, command, work, log="mockoon.log", answers="/once") as server:
        yield server


def _compact(body: object) -> str:
    return json.dumps(body, separators=(",", ":"))


def _route(path: str, variable: str, answers: list[tuple[str, int, str]]) -> dict[str, object]:
    return {
        "uuid": variable,
        "type": "http",
        "method": "post",
        "endpoint": path,
        "responses": [
            {
                "uuid": f"{variable}-{value or 'first'}",
                "statusCode": status,
                "body": body,
                "headers": [{"key": "Content-Type", "value": "application/json"}],
                "bodyType": "INLINE",
                "rules": [
                    {
                        "target": "global_var",
                        "modifier": variable,
                        "value": value,
                        "operator": "equals",
                        "invert": False,
                    }
                ]
                if value
                else [],
                "rulesOperator": "AND",
                "default": not value,
            }
            for value, status, body in answers
        ],
    }


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
