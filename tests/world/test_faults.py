from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from mockserver.checking import convert
from mockserver.errors import Invalid, Unknown
from mockserver.world.faults import LONGEST_DELAY, MAX_FAULTS, Fault, Faults

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fault(**fields: Any) -> Fault:
    return convert(fields, Fault, what="A fault")


def call(path: str = "/x", **facts: Any) -> dict[str, Any]:
    return {"kind": "inbound", "method": "POST", "path": path, "query": {}, "headers": {}, "body": None, **facts}


def hits(faults: Faults, times: int, *, at: datetime = NOW, **facts: Any) -> list[bool]:
    return [faults.take("inbound", call(**facts), at) is not None for _ in range(times)]


def armed(*faults: Fault, seed: int = 0) -> Faults:
    made = Faults(seed)
    for each in faults:
        made.add(each, NOW)
    return made


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, "x...."),
        ({"times": 2}, "xx..."),
        ({"times": None}, "xxxxx"),
        ({"after": 2}, "..x.."),
        ({"after": 1, "times": 2}, ".xx.."),
    ],
)
def test_which_of_the_calls_that_fit_are_hit(bounds: dict[str, Any], expected: str) -> None:
    faults = armed(fault(status=503, **bounds))
    assert "".join("x" if hit else "." for hit in hits(faults, 5)) == expected


def test_a_call_that_does_not_fit_is_not_counted() -> None:
    faults = armed(fault(status=503, when={"path": "/y", "body": {"a": 1}}, after=1))
    assert hits(faults, 3) == [False] * 3
    assert faults.take("delivery", call("/y", body={"a": 1}), NOW) is None
    assert hits(faults, 3, path="/y", body={"a": 1}) == [False, True, False]


@pytest.mark.parametrize(
    "facts",
    [
        {"headers": {"authorization": "Basic cGx1Z2luOnNlY3JldA=="}},
        {"headers": {"authorization": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJwbHVnaW4ifQ.c2ln"}},
        {"headers": {"authorization": "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJwbHVnaW4ifQ.c2ln"}},
        {"query": {"client_id": "plugin"}},
        {"body": {"client_id": "plugin"}},
    ],
)
def test_a_client_is_known_by_the_id_it_carries(facts: dict[str, Any]) -> None:
    assert hits(armed(fault(status=503, client="plugin")), 1, **facts) == [True]
    assert hits(armed(fault(status=503, client="other")), 1, **facts) == [False]
    for garbage in ("Basic ?", "Bearer opaque", "Bearer a.?.b", "Bearer a.bm8ganNvbg.b"):
        assert hits(armed(fault(status=503, client="plugin")), 1, headers={"authorization": garbage}) == [False]


def test_chance_is_the_same_on_every_run_and_another_with_another_seed() -> None:
    rule = fault(status=503, times=None, probability=0.3)
    first = hits(armed(rule), 400)
    assert first == hits(armed(rule), 400)
    assert first != hits(armed(rule, seed=1), 400)
    assert 80 < sum(first) < 160


def test_a_window_opens_and_shuts_on_the_worlds_clock() -> None:
    faults = armed(fault(status=503, times=None, window={"since": "10m", "until": "1h"}))
    moments = [0, 9, 10, 59, 60]
    found = [hits(faults, 1, at=NOW + timedelta(minutes=minute))[0] for minute in moments]
    assert found == [False, False, True, True, False]


@pytest.mark.parametrize(
    ("delay", "least", "most"),
    [
        (2, 2, 2),
        ("500ms", 0.5, 0.5),
        ({"kind": "uniform", "least": 1, "most": 3}, 1, 3),
        ({"kind": "lognormal", "median": "1s", "sigma": 0.5}, 0.05, 20),
        ({"kind": "lognormal", "median": 200, "sigma": 3}, 0, LONGEST_DELAY),
    ],
)
def test_delays_stay_within_what_they_say_and_vary_where_they_may(delay: Any, least: float, most: float) -> None:
    faults = armed(fault(delay=delay, times=None))
    held = [hit.delay for _ in range(200) if (hit := faults.take("inbound", call(), NOW))]
    assert len(held) == 200
    assert all(least <= each <= most for each in held)
    assert (len(set(held)) == 1) == (not isinstance(delay, dict))
    if isinstance(delay, dict) and delay["kind"] == "lognormal" and delay["median"] == "1s":
        assert 0.8 < sorted(held)[100] < 1.25


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "something that goes wrong"),
        ({"body": 1, "text": "a"}, "$.text: expected one body"),
        ({"status": 99}, "$.status"),
        ({"wire": "rest"}, "did you mean 'reset'"),
        ({"delay": "soon"}, "$.delay"),
        ({"delay": "10m"}, "$.delay: expected at most 300 seconds"),
        ({"status": 500, "window": {"since": "x"}}, "$.window.since"),
        ({"status": 500, "when": {"status": 200}}, "$.when: expected method, path"),
        ({"direction": "delivery", "wire": "garbage"}, "$.wire: expected reset, empty or timeout"),
        ({"direction": "delivery", "drip": 1, "status": 500}, "$.drip"),
        ({"status": 500, "probability": 0}, "$.probability"),
        ({"status": 500, "colour": "red"}, "$.colour"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(Invalid) as refusal:
        fault(**fields)
    assert told in str(refusal.value)


def test_faults_are_bounded_and_known_by_their_ids() -> None:
    faults = armed(*[fault(status=500)] * MAX_FAULTS)
    with pytest.raises(Invalid):
        faults.add(fault(status=500), NOW)
    faults.remove("fault-7")
    with pytest.raises(Unknown, match="fault-7"):
        faults.get("fault-7")
    assert faults.add(fault(status=500), NOW).id == f"fault-{MAX_FAULTS + 1}"


def test_a_fault_is_plain_data_and_comes_back_the_same() -> None:
    made = fault(when={"path": "/x"}, delay={"kind": "uniform", "least": 1, "most": 2}, body={"a": [1]})
    assert convert(msgspec.to_builtins(made), Fault, what="A fault") == made
