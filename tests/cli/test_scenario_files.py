from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2


def test_files_are_checked_on_the_command_line_all_at_once(mockserver: Any, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("name: good\nsteps:\n  - action: motar.start_ato_request\n")
    (tmp_path / "bad.yaml").write_text("name: bad\nsteps:\n  - action: motar.start_ato_requst\n  - advanc: 3\n")
    done = mockserver("scenarios", "validate", "good.yaml", "bad.yaml")
    assert done.returncode == 1
    assert "good.yaml: ok, good, 1 step" in done.stdout
    assert "bad.yaml:3:5: $.steps[0].action: expected the name of an action" in done.stdout
    assert "(did you mean 'motar.start_ato_request'?)" in done.stdout
    assert "bad.yaml:4:5: $.steps[1]" in done.stdout
    assert "1 of 2 cannot be run" in done.stderr
    assert mockserver("scenarios", "validate", "good.yaml").returncode == 0


def test_a_folder_is_checked_as_a_whole(mockserver: Any, tmp_path: Path) -> None:
    assert mockserver("scenarios", "validate", ".").returncode == 2
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.yml").write_text("name: a\nsteps: [{advance: 1}]\n")
    assert "a.yml: ok, a, 1 step" in mockserver("scenarios", "validate", ".").stdout


def test_the_schema_is_printed_and_served_the_same(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    done = mockserver("scenarios", "schema")
    assert done.returncode == 0, done.stderr
    assert mockserver("scenarios", "schema", "-o", "s.json").stdout == "Wrote s.json.\n"
    assert (tmp_path / "s.json").read_text() == done.stdout
    with serve() as server:
        answer = httpx2.get(f"{server.url}/_mock/scenario.schema.json")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == json.loads(done.stdout)
