"""A server with a data directory, through its real port: restarts, faults, checkpoints."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from tinydb import TinyDB

from mockserver.app import build_app
from mockserver.client import ServerClient
from mockserver.client.errors import ServerSaidNo
from mockserver.server import running
from mockserver.settings import Settings
from mockserver.store import commit_log
from mockserver.store.worlds_store import DirectoryStore
from tests.store.support import wait_until
from tests.support import PLAIN, toy_app


@contextmanager
def serving(directory: Path, **settings: Any) -> Iterator[httpx2.Client]:
    """A server that keeps its worlds in the directory."""
    with running(build_app(Settings(data=str(directory), **settings))) as url, client_of(url) as client:
        yield client


@contextmanager
def serving_toy(directory: Path, *, wall: Callable[[], float] = time.time, **settings: Any) -> Iterator[httpx2.Client]:
    """`serving` with the toy platform, and no fixture."""
    with toy_app(data=str(directory), wall=wall, **settings) as app, running(app) as url, client_of(url) as client:
        yield client


def client_of(url: str) -> httpx2.Client:
    return httpx2.Client(base_url=url, timeout=30, **PLAIN)


def world(path: str) -> str:
    return f"/_mock/worlds/default/{path}"


def notes(client: httpx2.Client) -> list[str]:
    return [each["text"] for each in client.get(world("documents/toy.notes")).json()["documents"]]


def write(client: httpx2.Client, text: str) -> httpx2.Response:
    return client.post(world("actions/toy.write"), json={"text": text})


def test_everything_but_the_journal_is_there_after_a_restart(tmp_path: Path):
    fixture = tmp_path / "own.yaml"
    shipped = Path("fixtures/motar/quickstart.yaml").read_text(encoding="utf-8")
    fixture.write_text(shipped, encoding="utf-8")
    with serving(tmp_path / "data", seed=3, fixture=(str(fixture),), clock="frozen") as client:
        client.post(world("actions/motar.start_ato_request"), json={})
        client.post("/_mock/worlds", json={"name": "other", "seed": 9})
        was = client.get(world("snapshot")).json(), client.get("/_mock/worlds/other/snapshot").json()
        beginning = client.get("/_mock/worlds/other/documents/motar.plugins").json()
    fixture.unlink()
    with serving(tmp_path / "data", seed=3, fixture=(str(fixture),), clock="frozen") as client:
        now = client.get(world("snapshot")).json(), client.get("/_mock/worlds/other/snapshot").json()
        for each in (*was, *now):
            each["collections"].pop("core.deliveries", None)
            each["collections"].pop("core.timers", None)
        assert now == was
        assert client.get(world("journal"), params={"kind": "action"}).json()["exchanges"] == []
        assert client.post("/_mock/worlds/other/reset").status_code == 200
        assert client.get("/_mock/worlds/other/documents/motar.plugins").json() == beginning


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"seed": 8}, "with seed 3, not 8"),
        ({"clock": "live"}, "with clock frozen, not live"),
        ({"fixture": ("motar/quickstart",)}, "with fixture none, not motar/quickstart"),
        ({"strict": True}, "with settings {}, not {'core': {'strict': True}}"),
    ],
)
def test_a_world_that_was_kept_wins_over_settings_and_that_is_said(
    asked: dict[str, Any], told: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    made: dict[str, Any] = {"seed": 3, "clock": "frozen", "fixture": ()}
    with serving(tmp_path, **made):
        pass
    caplog.set_level(logging.WARNING)
    with serving(tmp_path, **made):
        assert caplog.messages == []
    with serving(tmp_path, **{**made, **asked}) as client:
        found = client.get(world("").rstrip("/")).json()
        assert (found["seed"], found["clock"]["mode"], found["fixtures"]) == (3, "frozen", [])
    assert caplog.messages == [f"the world default is kept in {tmp_path} {told}; that is for new worlds only"]


def test_a_checkpoint_on_demand_writes_what_changed(tmp_path: Path):
    with serving_toy(tmp_path) as client:
        server = ServerClient(str(client.base_url))
        assert server.checkpoint()["worlds"] == ["default"]
        assert server.checkpoint() == {"worlds": [], "bytes": 0}
        write(client, "a")
        done = server.checkpoint()
        assert done == {"worlds": ["default"], "bytes": (tmp_path / "worlds" / "default.json").stat().st_size}
        with TinyDB(tmp_path / "worlds" / "default.json") as stock:
            assert [each["text"] for each in stock.table("toy.notes")] == ["a"]
        server.close()


def test_a_server_without_a_directory_has_nothing_to_checkpoint(toy_server: str):
    with ServerClient(toy_server) as server, pytest.raises(ServerSaidNo, match="Start it with --data") as error:
        server.checkpoint()
    assert error.value.status == 409


def test_a_log_that_is_full_is_checkpointed_by_itself(tmp_path: Path):
    with serving_toy(tmp_path, checkpoint_after=4096) as client:
        for n in range(100):
            assert write(client, f"note {n}").status_code == 200
        wait_until(lambda: (tmp_path / "worlds" / "default.json").exists())
    assert (tmp_path / "commit.log").stat().st_size < 1024
    assert not list(tmp_path.glob("commit-*.log"))
    with serving_toy(tmp_path) as client:
        assert notes(client) == [f"note {n}" for n in range(100)]


class Disk:
    """Stands in for `os` where the log is written: full while it is said to be."""

    def __init__(self) -> None:
        self.full = False

    def write(self, descriptor: int, data: bytes) -> int:
        return os.write(descriptor, data[:10] if self.full else data)

    def __getattr__(self, name: str) -> object:
        return getattr(os, name)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(commit_log, "os", disk)
    return disk


def test_on_a_full_disk_writes_are_503_reads_go_on_and_it_recovers(disk: Disk, tmp_path: Path):
    with serving_toy(tmp_path, auto_worlds=True) as client:
        assert client.post("/toy/notes", content=b"before").status_code == 200
        disk.full = True
        refused = client.post("/toy/notes", content=b"during")
        assert (refused.status_code, "no space left. Nothing was changed." in refused.text) == (503, True)
        assert client.post("/w/new/toy/notes", content=b"during").status_code == 503
        for answer in (
            write(client, "during"),
            client.put(world("settings"), json={"core": {"strict": True}}),
            client.post("/_mock/worlds", json={"name": "other"}),
            client.post(world("reset")),
        ):
            assert (answer.status_code, answer.json()["title"]) == (503, "Not stored")
        assert client.get("/toy/notes/note-1").status_code == 200
        assert notes(client) == ["before"]
        disk.full = False
        assert client.post("/toy/notes", content=b"after").json() == {"id": "note-2"}
    with serving_toy(tmp_path) as client:
        assert notes(client) == ["before", "after"]
        assert [each["name"] for each in client.get("/_mock/worlds").json()["worlds"]] == ["default"]


def test_a_webhook_that_cannot_be_noted_waits_until_it_can(disk: Disk, tmp_path: Path, httpserver: HTTPServer):
    httpserver.expect_request("/hook").respond_with_data("ok")
    noted = threading.Event()
    with serving_toy(tmp_path) as client:
        original = disk.write

        def full_once_decided(descriptor: int, data: bytes) -> int:
            """The delivery is stored, that its attempt begins is not."""
            if b'"begun":"' in data and not noted.is_set():
                noted.set()
                raise OSError(errno.ENOSPC, "No space left on device")
            return original(descriptor, data)

        disk.write = full_once_decided  # type: ignore[method-assign]
        client.post(world("actions/toy.send"), json={"url": httpserver.url_for("/hook")})
        assert noted.wait(20)
        assert client.post(world("settle"), json={"timeout": 20}).status_code == 200
        assert len(httpserver.log) == 1
        found = client.get(world("deliveries/delivery-1")).json()
        assert (found["state"], len(found["attempts"])) == ("delivered", 1)


class Sync:
    """Stands in for the disk's sync: waits while it is held, and fails when told to."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.free.set()
        self.failing = False
        self.calls = 0

    def __call__(self, descriptor: int) -> None:
        self.calls += 1
        self.free.wait(30)
        if self.failing:
            raise OSError(errno.EIO, "Input/output error")


@pytest.fixture
def sync(monkeypatch: pytest.MonkeyPatch) -> Sync:
    sync = Sync()
    monkeypatch.setattr("mockserver.app.DirectoryStore", partial(DirectoryStore, fsync=sync))
    return sync


def in_threads(*works: Callable[[], Any]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    return threads


def test_with_fsync_nothing_is_answered_or_sent_before_the_disk_has_it_and_all_wait_together(
    sync: Sync, tmp_path: Path, httpserver: HTTPServer
):
    httpserver.expect_request("/hook").respond_with_data("ok")
    with serving_toy(tmp_path, durability="fsync") as client:
        sync.free.clear()
        before = sync.calls
        answered: list[int] = []
        threads = in_threads(
            *(partial(lambda n: answered.append(write(client, f"note {n}").status_code), n) for n in range(8)),
            lambda: answered.append(client.post("/toy/notes", content=b"x").status_code),
            lambda: client.post(world("actions/toy.send"), json={"url": httpserver.url_for("/hook")}),
        )
        log = tmp_path / "commit.log"
        wait_until(lambda: log.read_bytes().count(b"toy.note") >= 10)
        assert answered == []
        assert httpserver.log == []
        sync.free.set()
        for thread in threads:
            thread.join()
        assert answered == [200] * 9
        assert client.post(world("settle"), json={"timeout": 20}).status_code == 200
        assert len(httpserver.log) == 1
        assert sync.calls - before < 10


def test_a_failed_sync_makes_the_server_read_only(sync: Sync, tmp_path: Path):
    with serving_toy(tmp_path, durability="fsync") as client:
        assert write(client, "safe").status_code == 200
        sync.failing = True
        in_doubt = write(client, "in doubt")
        assert in_doubt.status_code == 503
        assert "may not outlive the server" in in_doubt.json()["detail"]
        sync.failing = False
        for answer in (write(client, "late"), client.post("/toy/notes", content=b"late")):
            assert answer.status_code == 503
            assert "read-only since" in answer.text
        assert client.post("/_mock/checkpoint").status_code == 503
        assert client.get("/toy/notes/note-1").status_code == 200
        assert client.get("/_mock/worlds").status_code == 200
    with serving_toy(tmp_path, durability="fsync") as client:
        # Nobody was told that the one in doubt happened; it may have.
        assert notes(client) in (["safe"], ["safe", "in doubt"])
        assert write(client, "again").status_code == 200


@pytest.mark.parametrize(("clock", "at_once"), [("live", True), ("frozen", False)])
def test_work_that_fell_due_while_the_server_was_down(clock: str, at_once: bool, tmp_path: Path):
    now = 1_800_000_000.0
    with serving_toy(tmp_path, clock=clock, wall=lambda: now) as client:
        arguments = {"after": 3600, "arguments": {"text": "from the timer"}}
        assert client.post(world("actions/toy.later"), json=arguments).status_code == 200
        assert notes(client) == []
    now += 7200
    with serving_toy(tmp_path, clock=clock, wall=lambda: now) as client:
        if at_once:
            wait_until(lambda: notes(client) == ["from the timer"])
            return
        assert client.post(world("settle"), json={}).status_code == 200
        assert notes(client) == []
        client.post(world("clock/advance"), json={"by": "2h"})
        assert notes(client) == ["from the timer"]
