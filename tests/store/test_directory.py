"""A directory belongs to one process at a time, and a second one hears which."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.app import build_app
from mockserver.errors import Conflict, MockserverError
from mockserver.settings import Settings
from mockserver.store.directory import claim

HOLD = """
import sys, time
from pathlib import Path
from mockserver.store.directory import claim
held = claim(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_refused_with_the_pid_of_the_first_until_that_ends(tmp_path: Path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Conflict, match=rf"\(pid {other.pid}\) uses") as error:
            build_app(Settings(data=str(tmp_path)))
        assert "--data of its own" in str(error.value)
        other.kill()
    claim(tmp_path).close()


def test_the_lock_says_who_has_it(tmp_path: Path):
    with claim(tmp_path / "new" / "folder"):
        assert (tmp_path / "new" / "folder" / "lock").read_text() == f"{os.getpid()}\n"
        with pytest.raises(Conflict, match=f"pid {os.getpid()}"):
            claim(tmp_path / "new" / "folder")


def test_a_directory_that_cannot_be_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MockserverError, match="cannot be used for data"):
        claim(tmp_path / "file" / "data")


@pytest.mark.parametrize(("blocks", "told"), [(0, "cannot be used for data"), (1, "commit.log cannot be written")])
def test_a_directory_without_room_to_begin_with_is_told(blocks: int, told: str, tmp_path: Path):
    # No file may grow beyond so many blocks, which is what a full disk looks like to who writes.
    limited = f'ulimit -f {blocks}; exec "$@"'
    serve = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--data", str(tmp_path)]
    ended = subprocess.run(["sh", "-c", limited, "sh", *serve], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ")
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("wrong", ["worlds/default.json", "commit.log"])
def test_a_server_that_cannot_start_lets_go_of_the_directory(wrong: str, tmp_path: Path):
    (tmp_path / "worlds").mkdir()
    (tmp_path / wrong).write_text("{")
    for _ in range(2):
        with pytest.raises(MockserverError, match=wrong):
            build_app(Settings(data=str(tmp_path)))
