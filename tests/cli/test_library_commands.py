"""`mockserver journal --har` and `mockserver scenarios import FILE.har`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.recordings.har_schema import problems_of


def test_what_happened_is_printed_or_written_as_har_and_that_becomes_a_scenario(
    mockserver: Any, serve: Any, tmp_path: Path
) -> None:
    with serve("--request-endpoint", "http://127.0.0.1:9/hook") as server:
        at = {"MOTAR_MOCK_URL": server.url}
        mockserver("trigger", "motar.start_ato_request", **at)
        printed = mockserver("journal", **at)
        assert "action    motar.start_ato_request" in printed.stdout
        assert "delivery  POST /hook" in printed.stdout

        assert "Wrote w.har: 1 entry." in mockserver("journal", "--har", "w.har", **at).stdout
        document = json.loads((tmp_path / "w.har").read_bytes())
        assert problems_of(document) == []
        refused = mockserver("scenarios", "import", "w.har", **at)
        assert refused.returncode == 2
        assert "it has no answer" in refused.stderr

        entry = document["log"]["entries"][0]
        entry["response"]["status"] = 204
        (tmp_path / "w.har").write_text(json.dumps(document))
        kept = mockserver("scenarios", "import", "w.har", "--name", "mine/har", **at)
        assert "mine/har: 2 steps" in kept.stdout, kept.stderr
        assert "$inputs.authorization" in mockserver("scenarios", "show", "mine/har", **at).stdout

        written = mockserver("scenarios", "import", "w.har", "-o", "w.yaml", **at)
        assert "Wrote w.yaml" in written.stdout
        assert mockserver("scenarios", "import", "w.yaml", "--name", "x", **at).returncode == 2
    assert mockserver("scenarios", "validate", "w.yaml").returncode == 0


def test_versions_of_a_scenario_are_listed_shown_and_exported(mockserver: Any, serve: Any, tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    with serve() as server:
        at = {"MOTAR_MOCK_URL": server.url}
        for title in ("First", "Second"):
            file.write_text(f"name: mine/one\nsteps:\n  - title: {title}\n    action: motar.start_ato_request\n")
            assert mockserver("scenarios", "import", "one.yaml", **at).returncode == 0
        history = mockserver("scenarios", "history", "mine/one", **at).stdout.splitlines()
        assert [line.split()[0] for line in history] == ["1", "2"]
        assert "First" in mockserver("scenarios", "show", "mine/one", "--version", "1", **at).stdout
        exported = mockserver("scenarios", "export", "-o", "out", **at)
        assert "Wrote out/mine/one.yaml." in exported.stdout, exported.stderr
    assert (tmp_path / "out/mine/one.yaml").read_text() == file.read_text()
