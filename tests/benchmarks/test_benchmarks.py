"""The benchmarks run, every answer in them is right, and a wrong one would be seen; never how fast anything is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import bare
from benchmarks.figures import Figure
from benchmarks.load import Ask, Client, Load, Run
from benchmarks.throughput import status_plan, validate_plan
from mockserver.server import in_background

KEYS = {"name", "value", "unit", "ratio", "against", "target", "wrong", "note", "rounds", "holds"}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", ["status", "memory", "lifecycle", "webhooks", "akana", "onboarding", "replay", "path"])
def test_a_quick_benchmark_has_figures_and_no_wrong_answer(name: str, tmp_path: Path):
    file = tmp_path / "figures.json"
    assert command.main([name, "--quick", "--json", str(file)]) == 0
    written = json.loads(file.read_text())
    assert {"cores", "python", "versions", "command"} <= set(written["machine"])
    found = written["figures"][name]
    assert found
    for each in found:
        assert set(each) == KEYS
        assert each["value"] >= 0
        assert not each["wrong"]


def test_an_unknown_benchmark_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        command.main(["stauts"])
    assert "no benchmark 'stauts'; there are status, validate" in capsys.readouterr().err


def test_every_connection_changes_requests_of_its_own_and_never_to_the_status_they_have():
    plan = status_plan([(f"token-{n}", f"id-{n}") for n in range(40)])
    seen: set[str] = set()
    for asks in plan:
        bodies = [json.loads(ask.request.partition(b"\r\n\r\n")[2]) for ask in asks]
        ids = {body["requestId"] for body in bodies}
        assert not ids & seen
        seen |= ids
        for id in ids:
            statuses = [body["status"] for body in bodies if body["requestId"] == id]
            assert all(one != other for one, other in zip(statuses, [*statuses[1:], statuses[0]], strict=True))
    assert len(seen) == 40


@contextmanager
def load_on(app: object, asks: list[Ask], *, requests: int = 10) -> Iterator[Load]:
    client = Client()
    try:
        with in_background(app) as url:
            client.plan("x", [asks, asks])
            yield client.run(Run("x", int(url.rpartition(":")[2]), requests=requests))
    finally:
        client.close()


def test_the_load_client_asks_as_often_as_told_and_times_each():
    (asks, *_) = validate_plan([("token", "")] * 16)
    with load_on(bare.app, asks) as load:
        assert (load.answers, load.wrong) == (10, 0)
        assert 0 < load.median <= load.p99


@pytest.mark.parametrize(
    ("status", "body", "wrong"),
    [(b"200", None, 0), (b"200", b'{"success":true}', 0), (b"201", None, 10), (b"200", b'{"success":false}', 10)],
)
def test_the_load_client_counts_what_is_answered_wrong(status: bytes, body: bytes | None, wrong: int):
    asked = validate_plan([("token", "")] * 16)[0][0].request
    with load_on(bare.app, [Ask(asked, status, body)]) as load:
        assert (load.answers, load.wrong) == (10, wrong)
        assert bool(load.examples) == bool(wrong)


@pytest.mark.parametrize(
    ("figure", "holds"),
    [
        (Figure("x", 1.0, "/s"), None),
        (Figure("x", 1.0, "/s", ratio=0.8, target=">= 0.75"), True),
        (Figure("x", 1.0, "/s", ratio=0.7, target=">= 0.75"), False),
        (Figure("x", 0.9, "ms", target="<= 1 ms"), True),
        (Figure("x", 1.0, "/s", ratio=0.8, target=">= 0.75", wrong=1), False),
    ],
)
def test_a_target_is_met_by_the_ratio_else_the_value_and_never_with_a_wrong_answer(figure: Figure, holds: bool | None):
    assert figure.holds is holds
