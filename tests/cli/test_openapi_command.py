from __future__ import annotations

import json
from pathlib import Path

import httpx2

from tests.cli.conftest import Command
from tests.support import PLAIN


def test_openapi_prints_what_a_server_answers_without_one(mockserver: Command, server: str, tmp_path: Path):
    file = tmp_path / "described.json"
    done = mockserver("openapi", "--base-url", f"{server}/", "-o", str(file))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert file.read_bytes() == httpx2.get(f"{server}/_mock/openapi.json", **PLAIN).content
    assert json.loads(mockserver("openapi").stdout)["servers"] == [{"url": "http://127.0.0.1:8600"}]


def test_openapi_says_where_it_could_not_write(mockserver: Command, tmp_path: Path):
    lost = mockserver("openapi", "-o", str(tmp_path / "nowhere" / "described.json"))
    assert lost.returncode == 1
    assert "described.json" in lost.stderr
