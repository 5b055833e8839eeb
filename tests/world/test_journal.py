from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from mockserver.world.journal import Exchange, Journal, Journals, multi, readable

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def add(journal: Journal, **fields: Any) -> Exchange:
    given = {"kind": "inbound", "at": NOW, "wall": NOW, "seconds": 0.0, **fields}
    return journal.add(began=journal.begin(), **given)


def test_ids_count_from_one_without_gaps():
    journal = Journal()
    assert [add(journal).id for _ in range(3)] == [1, 2, 3]
    assert [each.id for each in journal] == [1, 2, 3]
    assert journal.last_id == 3


def test_beginnings_are_counted_apart_from_ends():
    journal = Journal()
    outer, inner = journal.begin(), journal.begin()
    fields: dict[str, Any] = {"kind": "inbound", "at": NOW, "wall": NOW, "seconds": 0.0}
    journal.add(began=inner, **fields)
    journal.add(began=outer, **fields)
    assert [(each.id, each.began) for each in journal] == [(1, 2), (2, 1)]


def test_the_oldest_give_way_past_the_number_and_are_counted():
    journal = Journal(max_exchanges=3)
    for _ in range(5):
        add(journal)
    assert [each.id for each in journal] == [3, 4, 5]
    assert journal.dropped == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"request_body": b"x" * 10_000},
        {"response_body": b"x" * 10_000},
        {"request_head": b"a\n" + b"x" * 10_000},
        {"response_head": "a\n" + "x" * 10_000},
        {"query_string": "a=" + "x" * 10_000},
        {"url": "x" * 10_000},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_the_oldest_give_way_past_the_bytes_wherever_they_are(fields: dict[str, Any]):
    journal = Journal(max_bytes=35_000)
    for _ in range(10):
        add(journal, **fields)
    assert [each.id for each in journal] == [8, 9, 10]
    assert journal.dropped == 7


def test_one_that_is_larger_than_the_bound_is_kept_alone():
    journal = Journal(max_bytes=1000)
    add(journal)
    add(journal, request_body=b"x" * 5000)
    assert [each.id for each in journal] == [2]


@pytest.fixture
def shelf() -> Journals:
    """Room for about ten exchanges of 10,000 bytes."""
    return Journals(max_server_bytes=110_000)


def fill(journal: Journal, count: int) -> None:
    for _ in range(count):
        add(journal, request_body=b"x" * 10_000)


def test_a_journal_gives_way_to_others_when_nothing_happened_in_it_for_longest(shelf: Journals):
    quiet, busy, busiest = shelf.open(), shelf.open(), shelf.open()
    fill(quiet, 3)
    fill(busy, 3)
    fill(busiest, 6)
    assert [(len(each), each.dropped) for each in (quiet, busy, busiest)] == [(1, 2), (3, 0), (6, 0)]
    fill(quiet, 1)
    assert [(len(each), each.dropped) for each in (quiet, busy, busiest)] == [(2, 2), (2, 1), (6, 0)]
    fill(busiest, 20)
    assert [len(each) for each in (quiet, busy, busiest)] == [0, 0, 10]
    assert shelf.bytes == busiest.bytes <= 110_000


def test_a_journal_that_gave_all_away_comes_back(shelf: Journals):
    quiet, busy = shelf.open(), shelf.open()
    fill(quiet, 1)
    fill(busy, 12)
    assert len(quiet) == 0
    fill(quiet, 2)
    assert [each.id for each in quiet] == [2, 3]


def test_one_that_is_larger_than_all_may_keep_is_kept_alone(shelf: Journals):
    quiet, loud = shelf.open(), shelf.open()
    fill(quiet, 3)
    add(loud, request_body=b"x" * 200_000)
    assert (len(quiet), len(loud)) == (0, 1)


@pytest.mark.parametrize("end", [Journal.forget, Journal.close])
def test_what_is_forgotten_or_closed_leaves_its_room_to_others(end: Callable[[Journal], None], shelf: Journals):
    first, second = shelf.open(), shelf.open()
    fill(first, 8)
    end(first)
    assert shelf.bytes == 0
    fill(second, 10)
    assert len(second) == 10
    # Over the bound it is the other's turn, in which nothing happened for longer and nothing is left.
    fill(second, 10)
    assert len(second) == 10


def test_a_closed_journal_can_be_read_and_counts_no_more(shelf: Journals):
    journal = shelf.open()
    fill(journal, 2)
    journal.close()
    fill(journal, 1)
    assert (len(journal), shelf.bytes) == (3, 0)


def test_an_exchange_is_found_by_its_id():
    journal = Journal(max_exchanges=3)
    for _ in range(5):
        add(journal)
    assert [journal.get(n) is not None for n in range(8)] == [False, False, False, True, True, True, False, False]
    assert Journal().get(1) is None


def test_forgetting_goes_on_counting():
    journal = Journal()
    add(journal, request_body=b"x" * 1000)
    journal.forget()
    assert len(journal) == 0
    assert journal.get(1) is None
    assert add(journal).id == 2
    assert journal.get(2) is not None
    assert journal.last_id == 2


def test_listeners_hear_of_each_and_may_leave_meanwhile():
    journal = Journal()
    heard: list[int] = []

    def once(exchange: Exchange) -> None:
        heard.append(exchange.id)
        journal.listeners.remove(once)

    journal.listeners.append(once)
    add(journal)
    add(journal)
    assert heard == [1]


@pytest.mark.parametrize(
    ("content_type", "body", "data"),
    [
        ("application/json", b'{"a": 1}', {"a": 1}),
        ("Application/JSON; charset=utf-8", b"[1]", [1]),
        ("application/problem+json", b"1", 1),
        ("", b'{"a": 1}', {"a": 1}),
        ("text/plain", b"{not json", "{not json"),
        ("application/json", b"", None),
        ("application/json", b"\xff", "�"),
        ("application/json", b'{"a": 1e999}', '{"a": 1e999}'),
        ("application/x-www-form-urlencoded", b"a=1&a=2&b=&c", {"a": ["1", "2"], "b": "", "c": ""}),
        ("Application/X-WWW-Form-Urlencoded", b"a=%ff", {"a": "�"}),
        ("text/html", b"<p>", "<p>"),
    ],
)
def test_a_body_is_read_as_what_it_is(content_type: str, body: bytes, data: Any):
    assert readable((("content-type", content_type),), body) == data


@pytest.mark.parametrize("depth", [102, 500, 985, 1000, 100_000])
def test_json_nested_past_reason_stays_text(depth: int):
    body = b"[" * depth + b"]" * depth
    facts = add(Journal(), request_body=body).facts
    assert facts["body"] == body.decode()
    assert msgspec.json.encode(facts)


def test_names_that_repeat_become_a_list():
    assert multi((("a", "1"), ("b", "2"), ("a", "3"), ("a", "4"))) == {"a": ["1", "3", "4"], "b": "2"}
