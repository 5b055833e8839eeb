from __future__ import annotations

import contextlib
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mockserver.cli.run import PATHS
from mockserver.client import ServerClient, WorldClient
from mockserver.reference_plugin import Settings, build_plugin
from mockserver.server import bind, in_background, url_of
from tests.cli.conftest import CLEAN


@contextlib.contextmanager
def plugin_at(sock: socket.socket, world: WorldClient) -> Iterator[None]:
    """The reference plugin as somebody's own, which knows its world and goes on running."""
    known = world.plugin()
    settings = Settings(
        motar_url=world.base_url,
        client_id=known.client_id,
        client_secret=known.client_secret,
        redirect_uri=f"{url_of(sock)}/motar/callback",
    )
    with in_background(build_plugin(settings), sock):
        yield


@pytest.mark.parametrize("where", ["server", "world", "plugin"])
def test_the_command_that_is_printed_replays_with_the_plugin_that_was_recorded(
    mockserver: Any, serve: Any, where: str
) -> None:
    """Its endpoints are known from the server's settings, from those of another world, or from what Studio was told."""
    sock = bind("127.0.0.1", 0)
    endpoints = {name: url_of(sock) + path for name, path in PATHS.items()}
    flags = [part for name, url in endpoints.items() for part in (f"--{name.replace('_', '-')}", url)]
    with serve(*flags if where == "server" else ()) as served, ServerClient(served.url) as server:
        world = server.world("default")
        if where == "world":
            world = server.create_world("yard", settings={"motar": endpoints})
        elif where == "plugin":
            world.act("motar.configure_plugin", **{k: v for k, v in endpoints.items() if k != "redirect_uri"})
            world.act("motar.configure_plugin", redirect_uris=[endpoints["redirect_uri"]])
        with plugin_at(sock, world):
            request = world.act("motar.start_ato_request")["request_id"]
            world.settle()
            world.sign_in("@olivia", request=request, visit=True)
            world.expect("POST /plugin/v1/ato/alert")
            world.settle()
            world.act("motar.view_progress")
            at = ("--world", world.name, "--server", served.url)
            done = mockserver("record", "--whole", "-o", "mine.yaml", *at)
            assert done.returncode == 0, done.stderr
            recorded, printed = re.fullmatch(
                r"Wrote mine.yaml: (\d+) steps. Replay it with:\n  mockserver (run .*)\n", done.stderr
            ).groups()
            # It goes on running: what it had seen must not come again.
            runs = [mockserver(*shlex.split(printed)) for _ in range(2)]
    for run in runs:
        assert run.returncode == 0, run.stdout + run.stderr
        assert f"{recorded} of {recorded} steps passed" in run.stdout
    assert (f"--server {served.url}" in printed, "--world yard" in printed) == (True, where == "world")
    assert ("--request-endpoint" in printed) == (where == "plugin")


def test_what_happened_so_far_is_written_at_once(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    with serve() as server:
        mockserver("trigger", "motar.start_ato_request", MOTAR_MOCK_URL=server.url)
        done = mockserver("record", "--whole", "-o", "started.yaml", MOTAR_MOCK_URL=server.url)
        assert done.returncode == 0, done.stderr
        assert re.search(
            r"Wrote started.yaml: \d steps?\. Replay it with:\n  mockserver run started.yaml\n", done.stderr
        )
        printed = mockserver("record", "--whole", MOTAR_MOCK_URL=server.url)
    assert printed.stdout == (tmp_path / "started.yaml").read_text()
    assert mockserver("scenarios", "validate", "started.yaml").returncode == 0


def test_ctrl_c_ends_a_recording_and_writes_it(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    with serve() as server:
        recording = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "record", "-o", "r.yaml", "--name", "mine/r", "--server", server.url],
            cwd=tmp_path,
            env=CLEAN,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert recording.stderr is not None
        assert "Recording the world default as mine/r; Ctrl-C ends it." in recording.stderr.readline()
        mockserver("trigger", "motar.start_ato_request", MOTAR_MOCK_URL=server.url)
        recording.send_signal(signal.SIGINT)
        _, told = recording.communicate(timeout=50)
        assert recording.returncode == 0, told
        assert "Replay it with:\n  mockserver run r.yaml\n" in told
        assert "mine/r" in mockserver("scenarios", "list", MOTAR_MOCK_URL=server.url).stdout
    assert "action: motar.start_ato_request" in (tmp_path / "r.yaml").read_text()


def test_who_begins_in_the_middle_is_told_that_a_replay_will_not(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    with serve() as server:
        mockserver("trigger", "motar.start_ato_request", MOTAR_MOCK_URL=server.url)
        recording = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "record", "--server", server.url],
            cwd=tmp_path,
            env=CLEAN,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert recording.stderr is not None
        told = [recording.stderr.readline() for _ in range(3)]
        assert "has happened in the world default before, and a replay begins without it" in told[0]
        assert "--whole" in told[1]
        assert "mockserver worlds reset default" in told[1]
        assert "Recording the world default" in told[2]
        mockserver("trigger", "motar.view_progress", MOTAR_MOCK_URL=server.url)
        recording.send_signal(signal.SIGINT)
        written, _ = recording.communicate(timeout=50)
    assert "motar.view_progress" in written
    assert "start_ato_request" not in written


def test_an_empty_recording_is_refused_and_does_not_stay(mockserver: Any, serve: Any) -> None:
    with serve() as server:
        done = mockserver("record", "--whole", MOTAR_MOCK_URL=server.url)
        assert done.returncode == 1
        assert "Nothing has happened in the world 'default'" in done.stderr
        mockserver("trigger", "motar.start_ato_request", MOTAR_MOCK_URL=server.url)
        assert mockserver("record", "--whole", MOTAR_MOCK_URL=server.url).returncode == 0


def test_a_client_that_was_recorded_is_given_by_whoever_replays(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    asks = "import sys, urllib.request as u, urllib.error as e\ntry: u.urlopen(sys.argv[2] + '/user/v1/my/profile')\n"
    (tmp_path / "asks.py").write_text(asks + "except e.HTTPError: pass\n")
    with serve() as server:
        subprocess.run([sys.executable, tmp_path / "asks.py", "--url", server.url], check=True)
        done = mockserver("record", "--whole", "-o", "asked.yaml", "--server", server.url)
    printed = done.stderr.splitlines()[-1].strip()
    assert printed == "mockserver run asked.yaml --client 'COMMAND --url {url}'"
    run = mockserver(*shlex.split(printed.replace("COMMAND", f"{sys.executable} asks.py"))[1:])
    assert run.returncode == 0, run.stdout + run.stderr
