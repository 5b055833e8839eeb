from __future__ import annotations

from typing import Any

import httpx2


def test_a_fault_is_made_seen_and_taken_away(mockserver: Any, serve: Any) -> None:
    with serve() as server:

        def faults(*arguments: str) -> Any:
            return mockserver("faults", *arguments, MOTAR_MOCK_URL=server.url)

        assert "Nothing goes wrong in the world default." in faults("list").stdout
        made = faults(
            "add", "path=/oauth/token/validate", "status=503", 'headers={"retry-after": "2"}', 'answer={"a": 1}'
        )
        assert made.stdout == "fault-1: 503 and another body and other headers\n", made.stderr
        answer = httpx2.get(f"{server.url}/oauth/token/validate")
        assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (503, "2", {"a": 1})
        listed = faults("list").stdout
        assert "fault-1" in listed
        assert "spent" in listed
        assert "inbound /oauth/token/validate, hit 1 of 1" in listed
        refused = faults("add", "wire=rest")
        assert refused.returncode == 2
        assert "did you mean 'reset'" in refused.stderr
        assert "is `answer`" in faults("add", 'body={"a": 1}').stderr
        faults("add", "status=502", "times=null")
        faults("add", "status=500", "times=null")
        assert "Did you mean 'fault-2'" in faults("clear", "fault-22").stderr
        assert faults("clear", "fault-2").returncode == 0
        assert httpx2.get(f"{server.url}/oauth/token/validate").status_code == 500
        faults("clear")
        assert httpx2.get(f"{server.url}/oauth/token/validate").status_code == 401
