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
