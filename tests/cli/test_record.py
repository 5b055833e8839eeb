from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.cli.conftest import CLEAN


def test_what_happened_so_far_is_written_at_once(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    with serve() as server:
        mockserver("trigger", "motar.start_ato_request", MOTAR_MOCK_URL=server.url)
        done = mockserver("record", "--whole", "-o", "started.yaml", MOTAR_MOCK_URL=server.url)
        assert done.returncode == 0, done.stderr
        assert re.search(r"Wrote started.yaml: \d steps?\. Replay it with: mockserver run started.yaml", done.stderr)
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
        assert "Replay it with: mockserver run r.yaml" in told
        assert "mine/r" in mockserver("scenarios", "list", MOTAR_MOCK_URL=server.url).stdout
    assert "action: motar.start_ato_request" in (tmp_path / "r.yaml").read_text()


def test_an_empty_recording_is_refused_and_does_not_stay(mockserver: Any, serve: Any) -> None:
    with serve() as server:
        done = mockserver("record", "--whole", MOTAR_MOCK_URL=server.url)
        assert done.returncode == 1
        assert "Nothing has happened in the world 'default'" in done.stderr
        mockserver("trigger", "motar.start_ato_request", MOTAR_MOCK_URL=server.url)
        assert mockserver("record", "--whole", MOTAR_MOCK_URL=server.url).returncode == 0
