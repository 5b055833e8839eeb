"""`mockserver serve --data` with much to read: what its port says from the first moment on."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mockserver.app import build_app
from mockserver.platforms.motar.models import ORGANIZATIONS, Organization
from mockserver.settings import Settings
from tests.cli.conftest import CLEAN
from tests.support import PLAIN

DOCUMENTS = 100_000
OTHERS = 2
"""Organizations of the quickstart fixture."""
TOLD = re.compile(r"reading the worlds in data; until that is done 503 is answered at ([\w.:/]+)(?: and ([\w.:/]+))?\"")


def fill(directory: Path, count: int) -> None:
    """Commits to the world `default` that only the log holds, as if the server had been killed then."""
    app = build_app(Settings(data=str(directory)))
    world = app.worlds.find("default")
    for first in range(0, count, 20):
        with world.transaction():
            for n in range(first, first + 20):
                world[ORGANIZATIONS].insert(Organization(id=f"{n:024x}", name=f"Organization {n}"))
    app._files.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The log of a world of 100,000 documents."""
    directory = tmp_path_factory.mktemp("large")
    fill(directory, DOCUMENTS)
    return (directory / "commit.log").read_bytes()


@contextmanager
def starting(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """A server that has just begun to read `folder/data`, and its URLs: that with https may be empty."""
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--data", "data", *arguments]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=folder, env=CLEAN, **pipes) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            told = TOLD.search(line)
            assert told is not None, line
            yield process, told[1], told[2] or ""
        finally:
            process.kill()


def data(folder: Path, log: bytes) -> None:
    (folder / "data").mkdir()
    (folder / "data" / "commit.log").write_bytes(log)


def ask(url: str) -> tuple[int, dict[str, Any], str | None]:
    # A connection each, as probes have: what is let in at the change from one to the other must be answered, too.
    answer = httpx2.get(url, headers={"connection": "close"}, timeout=20, **PLAIN)
    return answer.status_code, answer.json(), answer.headers.get("retry-after")


def until_ready(url: str, look: Callable[[], None] = lambda: None) -> None:
    deadline = time.monotonic() + 40
    while ask(f"{url}/_mock/health")[0] != 200:
        look()
        assert time.monotonic() < deadline


def test_a_server_that_reads_says_that_it_lives_and_is_not_ready(tmp_path: Path, large: bytes):
    data(tmp_path, large)
    seen: list[Any] = []
    slowest = 0.0

    def look() -> None:
        nonlocal slowest
        for path in ("/_mock/health/live", "/_mock/health", "/oauth/token/validate"):
            began = time.monotonic()
            seen.append((path, *ask(url + path)))
            slowest = max(slowest, time.monotonic() - began)

    with starting(tmp_path) as (process, url, _):
        look()
        (_, live, alive, _), (_, ready, health, again), (_, status, told, later) = seen
        until_ready(url, look)
        metrics = httpx2.get(f"{url}/_mock/metrics", **PLAIN).text
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=50)
    assert (live, alive["status"]) == (200, "live")
    assert (ready, again, health["status"]) == (503, "1", "starting")
    assert health["reason"] == "The server is reading the worlds in data."
    assert (status, later, told["title"]) == (503, "1", "Starting")
    # From 503 to the vendor's own words, and not back; nobody was cut off or kept waiting.
    order = [status for path, status, *_ in seen if path.startswith("/oauth")]
    assert order == sorted(order, reverse=True)
    assert {status for path, status, *_ in seen if path.endswith("/live")} == {200}
    assert slowest < 5
    assert f'mockserver_documents{{collection="motar.organizations"}} {float(DOCUMENTS + OTHERS)}' in metrics
    assert process.returncode == 0


def test_clients_that_say_nothing_or_too_much_hold_up_nobody(tmp_path: Path, large: bytes):
    data(tmp_path, large)
    with starting(tmp_path) as (_, url, _):
        address = ("127.0.0.1", int(url.rpartition(":")[2]))
        silent = [socket.create_connection(address) for _ in range(50)]
        endless = socket.create_connection(address)
        endless.settimeout(5)
        endless.sendall(b"GET / HTTP/1.1\r\nx: " + b"a" * 200_000)
        upload = httpx2.post(f"{url}/plugin/v1/ato/alerts", content=b"x" * 900_000, timeout=20, **PLAIN)
        assert ask(f"{url}/_mock/health/live")[0] == 200
        until_ready(url)
        for each in (*silent, endless):
            each.close()
    assert (upload.status_code, upload.json()["title"]) == (503, "Starting")


def test_the_https_port_says_so_too(tmp_path: Path, large: bytes):
    data(tmp_path, large)
    with starting(tmp_path, "--tls-port", "0") as (_, url, https):
        trusted = ssl.create_default_context(cafile=tmp_path / "data" / "tls" / "ca" / "certificate.pem")
        answer = httpx2.get(f"{https}/_mock/health", trust_env=False, verify=trusted, timeout=20)
        until_ready(url)
        assert httpx2.get(f"{https}/_mock/health", trust_env=False, verify=trusted).status_code == 200
    assert (answer.status_code, answer.json()["status"]) == (503, "starting")


def test_damage_in_a_large_log_ends_the_start_with_file_and_line(tmp_path: Path, large: bytes):
    lines = large.split(b"\n")
    lines[4000] = lines[4000].replace(b"Organization", b"organization", 1)
    data(tmp_path, b"\n".join(lines))
    with starting(tmp_path) as (process, _, _):
        out, err = process.communicate(timeout=50)
    assert process.returncode == 2
    assert "commit.log, line 4001: the checksum does not fit the line." in err
    assert "head -n 4000" in err
    assert "ready" not in out


def test_with_little_to_read_nothing_of_this_happens(serve: Any, tmp_path: Path):
    fill(tmp_path / "data", 1_000)
    with serve("--data", "data", "--log-format", "json") as served:
        _, _, err = served.stop()
    assert [line for line in err.splitlines() if "reading" in json.loads(line)["message"]] == []
