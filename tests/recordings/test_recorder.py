"""What each recorded thing becomes, without a server."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from mockserver.recordings import Beginning, record, write
from mockserver.recordings.recorder import LARGEST_ANSWER
from mockserver.recordings.values import is_identifier, is_volatile
from mockserver.scenarios import load_scenario, scenario_from
from mockserver.world.headers import pack
from mockserver.world.journal import Exchange

START = datetime(2026, 1, 1, 9, tzinfo=UTC)
JSON = pack([(b"content-type", b"application/json")])
ID, OTHER = "98fcf5346b526d599c10ac9b", "0f77dbcd-5612-4e12-90d8-6990e3a82b11"


def happened(kind: str, path: str, body: Any = None, answer: Any = None, **fields: Any) -> Exchange:
    number = fields.pop("n", 1)
    return Exchange(
        **{
            **{"id": number, "began": number, "kind": kind, "at": START, "wall": START, "seconds": 0.0},
            **{"method": "" if kind in ("action", "clock") else "POST", "path": path, "url": f"http://x{path}"},
            **{"request_head": JSON, "request_body": msgspec.json.encode(body) if body is not None else b""},
            **{"response_head": JSON, "response_body": msgspec.json.encode(answer) if answer is not None else b""},
            **{"status": None if kind in ("action", "clock") else 200, **fields},
        }
    )


def steps(*exchanges: Exchange, mode: str = "frozen") -> list[dict[str, Any]]:
    scenario = record("a", exchanges, Beginning(at=START, mode=mode, fixtures=()))
    kept = load_scenario(write(scenario), "recorded")
    assert kept == scenario_from(scenario, "recorded")
    found: list[dict[str, Any]] = scenario["steps"]
    return found


def test_a_value_of_an_earlier_step_becomes_a_reference_also_within_texts_and_paths() -> None:
    found = steps(
        happened("action", "a.start", {"by": "@x"}, {"request_id": ID}),
        happened("inbound", f"/api/{ID}/status", {"id": ID, "text": f"about {ID}: done"}, n=2),
    )
    reference = "$steps.start.outputs.request_id"
    assert found[0]["outputs"] == {"request_id": "$response.body#/request_id"}
    assert found[1]["await"] == f"POST /api/{{{reference}}}/status"
    assert found[1]["where"]["body"] == {"id": reference, "text": f"about {{{reference}}}: done"}


def test_a_path_is_written_as_in_a_url() -> None:
    (found,) = steps(happened("inbound", "/a b/100%/ç/{x}/q?#/$y=1,2"))
    assert found["await"] == "POST /a%20b/100%25/%C3%A7/%7Bx%7D/q%3F%23/$y=1,2"


def test_what_differs_from_run_to_run_is_matched_by_its_type() -> None:
    body = {
        **{"state": OTHER, "at": "2026-01-01T09:00:00Z", "url": "http://127.0.0.1:4711/x", "password": "offline"},
        **{"title": "Started", "count": 3, "ok": True, "none": None, "list": [OTHER, "a"]},
    }
    found = steps(happened("inbound", f"/x/{OTHER}", body))
    text = {"type": "string"}
    assert found[0]["await"] == "POST /x/{id2}"
    assert found[0]["where"]["body"] == {
        **{"state": text, "at": text, "url": text, "password": text},
        **{"title": "Started", "count": 3, "ok": True, "none": None, "list": [text, "a"]},
    }


def test_a_value_of_the_client_is_known_again_where_it_comes_back() -> None:
    found = steps(
        happened("inbound", "/authorize", query_string=f"state={OTHER}", method="GET"),
        happened("delivery", "/callback", query_string=f"state={OTHER}&code={ID}", method="GET", n=2),
    )
    assert found[0]["where"]["query"] == {"state": {"type": "string"}}
    assert found[1]["where"]["query"] == {"state": "$steps.authorize.outputs.state", "code": {"type": "string"}}


def test_a_secret_that_an_action_needs_is_an_input() -> None:
    scenario = record(
        "a",
        [happened("action", "a.set", {"client_secret": "hush", "name": "x"})],
        Beginning(at=START, mode="frozen", fixtures=()),
    )
    assert "hush" not in write(scenario)
    assert scenario["steps"][0]["with"] == {"client_secret": "$inputs.client_secret", "name": "x"}
    assert "client_secret" in scenario["inputs"]


def test_an_object_that_looks_like_a_matcher_is_compared_as_what_it_is() -> None:
    found = steps(
        happened("inbound", "/alert", {"type": "error"}), happened("inbound", "/b", {"a": {"any": True}}, n=2)
    )
    assert found[0]["where"]["body"] == {"contains": {"type": "error"}}
    assert found[1]["where"]["body"] == {"a": {"contains": {"any": True}}}


def test_texts_with_dollars_stay_texts() -> None:
    found = steps(happened("inbound", "/x", {"a": "$5 off", "b": "a {$inputs.x} b"}))
    assert found[0]["where"]["body"] == {"a": "$$5 off", "b": "a {$$inputs.x} b"}


def test_a_refused_action_is_expected_to_be_refused() -> None:
    assert steps(happened("action", "a.b", {}, error="No."))[0]["expect_error"] is True


def test_work_of_timers_is_left_out() -> None:
    found = steps(happened("action", "a.b"), happened("action", "a.retry", addressed_by="timer", n=2))
    assert [step["action"] for step in found] == ["a.b"]


@pytest.mark.parametrize(("mode", "expected"), [("frozen", "90s"), ("live", "90s"), ("auto", "90s")])
def test_the_distance_on_the_clock_is_kept(mode: str, expected: str) -> None:
    later = START + timedelta(seconds=90)
    found = steps(
        happened("action", "a.b"),
        happened("clock", "advance", {"by": 90}, at=later, n=2),
        happened("delivery", "/hook", at=START + timedelta(seconds=30), n=3),
        happened("action", "a.c", at=later, n=4),
        mode=mode,
    )
    kinds = [next(key for key in ("action", "advance", "expect") if key in step) for step in found]
    assert kinds == ["action", "advance", "expect", "action"]
    assert found[1]["advance"] in (expected, "1m30s")


def test_a_running_clock_is_followed_in_whole_seconds_only() -> None:
    times = [0.0, 0.4, 0.8, 1.7, 1.9, 4.2]
    exchanges = [happened("action", "a.b", at=START + timedelta(seconds=at), n=n) for n, at in enumerate(times, 1)]
    advances = [step["advance"] for step in steps(*exchanges, mode="live") if "advance" in step]
    assert advances == ["1s", "1s", "2s"]


@pytest.mark.parametrize(
    ("value", "identifier", "volatile"),
    [
        (ID, True, True),
        (OTHER, True, True),
        (f"{OTHER}.acme", True, True),
        (f"appversion:{OTHER}", True, True),
        ("iok-cid-" + "facade00" * 6, True, True),
        ("4iXro2Uxs2h4LviCshR9pK9w.acmepaymentscorp", True, True),
        ("http://localhost:3000/callback", False, True),
        ("2026-01-01T09:00:00Z", False, True),
        ("1.0.0", False, False),
        ("in-progress", False, False),
        ("Flight Deck Trainer", False, False),
        ("example.skyline.flightdeck", False, False),
        ("https://plugin.example/callback", False, False),
        ("olivia@skyline.example", False, False),
        ("com.soa.notification.type.app.marked.for.deletion.appteam", False, False),
        ("delivery-1", False, False),
    ],
)
def test_ids_are_told_from_words(value: str, identifier: bool, volatile: bool) -> None:
    assert (is_identifier(value), is_volatile(value)) == (identifier, volatile)


def test_what_somebody_looked_at_is_compared_but_for_what_differs() -> None:
    shown = {"id": ID, "status": "done", "client_secret": "hush", "at": "2026-01-01T09:00:00Z", "alerts": [OTHER, 1]}
    found = steps(
        happened("action", "a.start", {}, {"request_id": ID, "status": "begun"}),
        happened("action", "a.view_progress", {}, shown, n=2),
        happened("action", "a.list_nothing", {}, [], n=3),
        happened("action", "a.view_refused", {}, shown, error="No.", n=4),
    )
    text = {"type": "string"}
    reference = "$steps.start.outputs.request_id"
    assert found[1]["returns"] == {
        **{"id": reference, "status": "done", "client_secret": text, "at": text, "alerts": [text, 1]}
    }
    assert [("returns" in each) for each in found] == [False, True, True, False]


@pytest.mark.parametrize(("length", "compared"), [(LARGEST_ANSWER - 2, True), (LARGEST_ANSWER - 1, False)])
def test_an_answer_that_would_be_most_of_the_file_is_not_compared(length: int, compared: bool) -> None:
    assert ("returns" in steps(happened("action", "a.view_page", {}, "x" * length))[0]) is compared


@pytest.mark.parametrize("kind", ["inbound", "delivery"])
def test_what_was_looked_at_while_something_was_under_way_is_not_compared(kind: str) -> None:
    look = happened("action", "a.view_progress", {}, {"status": "begun"})
    assert "returns" not in steps(look, happened(kind, "/x", n=2))[0]
    later = happened(kind, "/x", n=3, at=START + timedelta(seconds=2))
    assert "returns" in steps(look, happened("action", "a.do", n=2), later)[0]
    assert "returns" in steps(look, later)[0]


def test_a_look_after_work_of_a_timer_waits_as_long_as_that_took() -> None:
    def at(seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    done = happened("action", "a.internal.work", addressed_by="timer", at=at(2.2), n=2)
    look = happened("action", "a.view_it", {}, {"done": True}, at=at(2.3), n=3)
    again = happened("action", "a.view_it", {}, {"done": True}, at=at(3.7), n=4)
    found = steps(happened("action", "a.do"), done, look, again, mode="live")
    assert [each["advance"] for each in found if "advance" in each] == ["2s300ms", "1s"]
