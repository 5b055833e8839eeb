from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import Invalid
from mockserver.world.durations import LONGEST, format_duration, parse_duration


@pytest.mark.parametrize(
    ("written", "length"),
    [
        (90, timedelta(seconds=90)),
        (0, timedelta(0)),
        (0.25, timedelta(milliseconds=250)),
        ("90", timedelta(seconds=90)),
        ("1.5", timedelta(seconds=1.5)),
        ("90s", timedelta(seconds=90)),
        ("2d", timedelta(days=2)),
        ("25h", timedelta(hours=25)),
        ("1h30m", timedelta(minutes=90)),
        ("1h 30m", timedelta(minutes=90)),
        ("500ms", timedelta(milliseconds=500)),
        ("1m500ms", timedelta(seconds=60.5)),
        ("1.5h", timedelta(minutes=90)),
        ("2W", timedelta(weeks=2)),
        ("PT1H30M", timedelta(minutes=90)),
        ("P1DT2H", timedelta(hours=26)),
        ("P2W", timedelta(weeks=2)),
        ("PT0.5S", timedelta(milliseconds=500)),
        (" 25h ", timedelta(hours=25)),
        (LONGEST.total_seconds(), LONGEST),
    ],
)
def test_a_duration_is_read_in_every_way_people_write_it(written: str | float, length: timedelta) -> None:
    assert parse_duration(written) == length


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "soon", "1x", "1h 30", "30m1h", "1h1h", "1:30", "-5s", "+5s", "1e3", "h", "5 s x", "٣s"),
        *("P", "PT", "P1Y", "P1M", "P1DT", "-PT1H", "9" * 5000, "40000d"),
        *(-1, -0.5, float("nan"), float("inf"), float("-inf"), 10**30, 10**400, True, None, [90]),
    ],
)
def test_what_is_no_duration_is_refused_with_what_would_be_one(written: object) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_duration(written)  # type: ignore[arg-type]
    assert "a duration" in refusal.value.problems[0].expected


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(0), "0s"),
        (timedelta(hours=25), "25h"),
        (timedelta(hours=48), "2d"),
        (timedelta(seconds=90), "1m30s"),
        (timedelta(minutes=90), "1h30m"),
        (timedelta(milliseconds=1500), "1s500ms"),
        (timedelta(microseconds=250), "0.25ms"),
        (timedelta(hours=-1), "-1h"),
    ],
)
def test_a_duration_is_written_the_short_way(length: timedelta, written: str) -> None:
    assert format_duration(length) == written


@given(st.timedeltas(min_value=timedelta(0), max_value=LONGEST))
def test_what_is_written_is_read_back_as_the_same(length: timedelta) -> None:
    assert parse_duration(format_duration(length)) == length
