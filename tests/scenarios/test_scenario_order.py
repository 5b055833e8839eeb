"""In what order things may come, and what a run says when they do not: the four modes."""

from __future__ import annotations

from typing import Any

import pytest

from mockserver.scenarios import RunReport
from mockserver.scenarios.answering import NO_ANSWER
from tests.scenarios.test_scenario_runner import Facts, Theatre, call, came, play

STEPS = """
  - {await: POST /status, where: {body: {status: started}}, within: 50ms}
  - {await: POST /alert, where: {body: {kind: error}}, within: 50ms}
  - {await: POST /status, where: {body: {status: completed}}, within: 50ms}
"""

STARTED = call("/status", {"status": "started"})
ALERT = call("/alert", {"kind": "error"})
COMPLETED = call("/status", {"status": "completed"})
OTHER = call("/other")


def told(report: RunReport) -> tuple[str | None, str]:
    failed = report.failed_step
    assert failed is not None
    return failed.reason, "\n".join(failed.details)


def outcomes(*calls: Facts) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for mode in ("strict", "ordered", "loose", "passthrough"):
        report = play(STEPS, came(*calls), head=f"mode: {mode}")
        found[mode] = "passed" if report.outcome == "passed" else told(report)[0]
    return found


@pytest.mark.parametrize(
    ("calls", "strict", "ordered", "loose"),
    [
        ((STARTED, ALERT, COMPLETED), "passed", "passed", "passed"),
        ((STARTED, OTHER, ALERT, COMPLETED), "unexpected", "passed", "passed"),
        ((STARTED, ALERT, COMPLETED, OTHER), "unexpected", "passed", "passed"),
        ((STARTED, STARTED, ALERT, COMPLETED), "unexpected", "passed", "passed"),
        ((STARTED, COMPLETED, ALERT), "out of order", "out of order", "passed"),
        ((STARTED, COMPLETED), "never came", "never came", "never came"),
        ((), "never came", "never came", "never came"),
    ],
    ids=["as asked", "one more between", "one more after", "one twice", "two swapped", "one skipped", "silence"],
)
def test_each_mode_judges_what_came(calls: tuple[Facts, ...], strict: str, ordered: str, loose: str) -> None:
    expected = {"strict": strict, "ordered": ordered, "loose": loose, "passthrough": loose}
    assert outcomes(*calls) == expected


def test_something_unexpected_is_told_with_what_was_waited_for() -> None:
    reason, details = told(play(STEPS, came(STARTED, OTHER, ALERT), head="mode: strict"))
    assert reason == "unexpected"
    assert details.splitlines() == [
        "Unexpected: #2 POST /other -> 200.",
        'The step waits for a request POST /alert with body.kind "error".',
        "A strict run takes nothing that no step asks for. In the mode ordered it would be passed over.",
    ]


def test_the_right_call_with_a_wrong_body_is_told_with_how_it_differs() -> None:
    _, details = told(play(STEPS, came(STARTED, call("/alert", {"kind": "info"})), head="mode: strict"))
    assert '  body.kind: expected "error", got "info"' in details


def test_one_that_never_came_is_told_with_what_came_in_its_place_or_last() -> None:
    _, details = told(play(STEPS, came(STARTED, COMPLETED), head="mode: strict"))
    assert "In its place came #2 POST /status -> 200, which step 3 (Wait for POST /status) waits for." in details
    _, details = told(play(STEPS, came(STARTED), head="mode: strict"))
    assert "The last that came was #1 POST /status -> 200, which step 1 (Wait for POST /status) took." in details


ASKING = """
  - {await: POST /status, within: 50ms}
  - {id: asked, await: GET /done, at_least: 2, within: 50ms, outputs: {id: $response.body#/id}}
  - {await: POST /alert, within: 50ms}
"""
ASKED, ANSWERED = call("/done", method="GET"), call("/done", method="GET", answer={"id": 7})


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ((ASKED, ANSWERED), None),
        ((ASKED, ASKED, ANSWERED), None),
        ((ASKED, ANSWERED, ANSWERED, ASKED), None),
        ((ANSWERED,), "never came"),
        ((ANSWERED, OTHER), "unexpected"),
        ((ASKED, ANSWERED, OTHER, ASKED), "unexpected"),
    ],
    ids=["twice", "until it is there", "ever again", "once", "interrupted", "with another in between"],
)
def test_a_question_may_be_asked_again_until_something_else_comes(asked: tuple[Facts, ...], reason: str | None) -> None:
    report = play(ASKING, came(STARTED, *asked, ALERT), head="mode: strict")
    assert (report.failed_step.reason if report.failed_step else None) == reason
    if reason is None:
        assert report.steps[1].outputs == {"id": 7}


def test_a_question_that_is_asked_too_seldom_is_told_with_what_came_instead() -> None:
    _, details = told(play(ASKING, came(STARTED, ANSWERED, ALERT), head="mode: strict"))
    assert details.splitlines() == [
        "Waited for a request GET /done; it came once, and should have come at least twice.",
        "In its place came #3 POST /alert -> 200, which step 3 (Wait for POST /alert) waits for.",
    ]


def test_a_question_that_is_asked_again_after_everything_else_is_no_surprise() -> None:
    steps = "\n  - {await: POST /status}\n  - {await: GET /done, at_least: 1, within: 50ms}"
    assert play(steps, came(STARTED, ASKED, ASKED, ASKED), head="mode: strict").outcome == "passed"


def test_what_a_question_never_gives_fails_with_what_it_gave() -> None:
    report = play(ASKING, came(STARTED, ASKED, ASKED, ALERT), head="mode: strict")
    assert "response.body" in told(report)[1]


def test_one_that_came_twice_is_told_with_the_step_that_had_the_first() -> None:
    _, details = told(play(STEPS, came(STARTED, STARTED, ALERT, COMPLETED), head="mode: strict"))
    assert "The same came as #1, which step 1 (Wait for POST /status) has consumed already." in details
    _, details = told(play(STEPS, came(STARTED, ALERT, COMPLETED, COMPLETED), head="mode: strict"))
    assert details.splitlines() == [
        "Unexpected: #4 POST /status -> 200; no step asks for it.",
        "The same came as #3, which step 3 (Wait for POST /status) has consumed already.",
        "A strict run takes nothing that no step asks for. In the mode ordered it would be passed over.",
    ]


def test_two_that_were_swapped_are_told_with_the_step_that_waits_for_the_first() -> None:
    reason, details = told(play(STEPS, came(STARTED, COMPLETED, ALERT), head="mode: strict"))
    assert reason == "out of order"
    assert "Out of order: #3 POST /alert -> 200 is what the step waits for" in details
    assert "but #2 POST /status -> 200 came before it, which step 3 (Wait for POST /status) waits for." in details


def test_one_that_another_step_had_is_told_as_consumed() -> None:
    steps = "  - {await: POST /alert, within: 50ms}\n  - {await: POST /alert, within: 50ms}"
    for mode in ("strict", "ordered", "loose"):
        reason, details = told(play(steps, came(ALERT), head=f"mode: {mode}"))
        assert reason == "already consumed"
        assert "step 1 (Wait for POST /alert) had already taken it" in details


def test_requests_and_deliveries_keep_their_order_each_for_itself() -> None:
    hook = call("/hook", kind="delivery")
    steps = "  - {expect: delivery, within: 50ms}\n" + STEPS.lstrip("\n")
    for place in range(4):
        calls = [STARTED, ALERT, COMPLETED]
        calls.insert(place, hook)
        assert play(steps, came(*calls), head="mode: strict").outcome == "passed"


def test_what_began_first_comes_first_although_it_was_done_later() -> None:
    theatre = came(STARTED, COMPLETED, ALERT)
    theatre.journal[1]["began"], theatre.journal[2]["began"] = 3, 2
    assert play(STEPS, theatre, head="mode: strict").outcome == "passed"


def test_a_step_whose_values_are_not_known_yet_may_still_want_what_comes() -> None:
    steps = """
  - {await: POST /alert, within: 50ms, id: a, outputs: {n: $request.body#/n}}
  - {await: POST /status, where: {body: {n: $steps.a.outputs.n}}, within: 50ms}
"""
    alert, status = call("/alert", {"n": 4}), call("/status", {"n": 4})
    assert told(play(steps, came(status, alert), head="mode: strict"))[0] == "out of order"
    assert play(steps, came(alert, status), head="mode: strict").outcome == "passed"


def test_the_mode_of_a_run_counts_before_that_of_the_scenario() -> None:
    theatre = came(STARTED, OTHER, ALERT, COMPLETED)
    assert play(STEPS, theatre, head="mode: strict", mode="ordered").outcome == "passed"
    assert play(STEPS, Theatre(), mode="strict").outcome == "failed"


def test_a_strict_run_that_passes_says_that_nothing_else_happened() -> None:
    report = play(STEPS, came(STARTED, ALERT, COMPLETED), head="mode: strict")
    assert (report.steps[-1].kind, report.steps[-1].title, report.steps[-1].outcome) == (
        "end",
        "Nothing else happens",
        "passed",
    )


def test_a_last_word_said_twice_is_heard_although_it_comes_a_moment_after_the_last_step() -> None:
    steps = "  - {action: motar.start}\n" + STEPS.lstrip("\n")
    for more, expected in (((), "passed"), ((COMPLETED,), "failed")):
        theatre = Theatre(script={"motar.start": [STARTED, ALERT, COMPLETED, *more]})
        report = play(steps, theatre, head="mode: strict")
        assert (report.steps[-1].kind, report.steps[-1].outcome) == ("end", expected)
    assert told(report)[0] == "unexpected"


def test_what_a_refused_call_led_to_is_told_with_that_call() -> None:
    steps = """
  - {expect: delivery, where: {path: /callback, status: 200}, within: 50ms}
  - {await: POST /status, respond: {body: {}}, within: 50ms}
"""
    refused = call("/status", {"n": 1}, status=404, answer={"error": NO_ANSWER})
    theatre = came(call("/status", {"n": 1}), refused, call("/callback", kind="delivery", status=502))
    reason, details = told(play(steps, theatre, head="mode: strict"))
    assert reason == "unexpected"
    assert "Unexpected: #3 delivery POST /callback -> 502." in details
    assert "Before it #2 POST /status -> 404 got no answer of the scenario, for no step asks for it." in details
