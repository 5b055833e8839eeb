"""What a long recording costs for each exchange, counted in work and not in time, is what a short one costs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from benchmarks.replay import live_through, perform, running
from mockserver.scenarios import load_scenario, order

SHORT, LONG = 20, 200


@contextmanager
def counted() -> Iterator[list[int]]:
    """Counts the instructions that Python executes: `[0]` of what it gives, when it is over."""
    count = [0]

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        frame.f_trace_opcodes = True
        count[0] += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield count
    finally:
        sys.settrace(before)


def each_of(work: Callable[[int], Awaitable[int]], long: int = LONG) -> tuple[float, float]:
    """What work counts for each exchange, of the short recording and of the long one."""

    async def both() -> tuple[float, float]:
        return await work(SHORT) / SHORT, await work(long) / long

    return asyncio.run(both())


def test_an_exchange_of_a_long_recording_is_as_much_work_to_record_as_one_of_a_short_one():
    async def recorded(size: int) -> int:
        async with running() as app:
            tape = await live_through(app, size)
        with counted() as count:
            tape.scenario()
        return count[0]

    short, long = each_of(recorded, LONG * 3)
    assert 100 < long <= short * 1.1, (short, long)


def test_a_step_of_a_long_recording_is_as_much_work_to_load_as_one_of_a_short_one():
    async def loaded(size: int) -> int:
        async with running() as app:
            text = (await live_through(app, size)).text()
        with counted() as count:
            load_scenario(text, "recorded.yaml")
        return count[0]

    short, long = each_of(loaded)
    assert 100 < long <= short * 1.1, (short, long)


@pytest.mark.parametrize("mode", ["strict", "ordered", "loose"])
def test_a_step_of_a_long_replay_looks_at_as_many_exchanges_as_one_of_a_short_one(mode, monkeypatch):
    looked = 0
    compare = order.matches

    def counting(match: Any, facts: Any) -> bool:
        nonlocal looked
        looked += 1
        return compare(match, facts)

    monkeypatch.setattr(order, "matches", counting)

    async def replayed(size: int) -> int:
        nonlocal looked
        async with running() as app:
            tape = await live_through(app, size)
            scenario = load_scenario(tape.text().replace("mode: strict", f"mode: {mode}"), "recorded.yaml")
            looked = 0
            report = await perform(app, scenario, size)
        assert report.outcome == "passed", report.failed_step
        assert len(report.steps) >= size
        return looked

    short, long = each_of(replayed)
    assert 1 <= long <= short * 1.1 + 0.1, (short, long)


def test_a_step_of_a_long_replay_is_as_much_work_as_one_of_a_short_one():
    async def replayed(size: int) -> int:
        async with running() as app:
            scenario = load_scenario((await live_through(app, size)).text(), "recorded.yaml")
            with counted() as count:
                report = await perform(app, scenario, size)
        assert report.outcome == "passed", report.failed_step
        return count[0]

    short, long = each_of(replayed)
    assert 100 < long <= short * 1.1, (short, long)
