"""Steps that answer for the emulator, on a real server: what a client gets, and what the emulator hears of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from tests.support import PLAIN, toy_server_running

STATUS = "/plugin/v1/ato/status"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with toy_server_running(fixture=("motar/quickstart",)) as url:
        yield url


class Played:
    """A run, and what its client was answered."""

    def __init__(self, report: dict[str, Any], answers: list[httpx2.Response], journal: list[dict[str, Any]]) -> None:
        self.report, self.answers, self.journal = report, answers, journal

    def passed(self) -> bool:
        return self.report["outcome"] == "passed"


@pytest.fixture
def play(server: str) -> Iterator[Callable[..., Played]]:
    """Run steps in a world of their own while a client makes calls, once the run has begun."""
    with httpx2.Client(base_url=f"{server}/_mock/", timeout=30, **PLAIN) as control:
        world = control.post("worlds", json={"clock": {"mode": "frozen"}}).json()["name"]

        def run(steps: str, *calls: tuple[str, str, Any], **body: Any) -> Played:
            text = f"name: answers\nsteps:\n  - {{action: motar.start_ato_request}}\n{steps}"
            answers: list[httpx2.Response] = []

            def client() -> None:
                wait = {"match": {"kind": "action"}, "timeout": 20}
                # The run starts the world over, which ends a wait that began before.
                while control.post(f"worlds/{world}/journal/wait", json=wait).status_code == 410:
                    pass
                with httpx2.Client(base_url=f"{server}/w/{world}", **PLAIN) as http:
                    answers.extend(http.request(method, path, json=data) for method, path, data in calls)

            thread = threading.Thread(target=client)
            thread.start()
            report = control.post(f"worlds/{world}/runs", json={"text": text, **body}).json()
            thread.join()
            return Played(report, answers, control.get(f"worlds/{world}/journal").json()["exchanges"])

        yield run
        control.delete(f"worlds/{world}")


def test_a_step_answers_in_the_emulators_place_with_what_was_asked(play: Callable[..., Played]) -> None:
    played = play(
        """
  - id: asked
    await: POST /plugin/v1/{what}/status
    respond: {status: 503, headers: {Retry-After: 7}, body: {again: $request.body#/n, for: $request.path.what}}
    outputs: {n: $request.body#/n}
  - {await: GET /nowhere, respond: {text: "{$steps.asked.outputs.n} it is", headers: {content-type: text/plain}}}
""",
        ("POST", STATUS, {"n": 4}),
        ("GET", "/nowhere", None),
    )
    assert played.passed(), [step["details"] for step in played.report["steps"]]
    first, second = played.answers
    assert (first.status_code, first.headers["retry-after"]) == (503, "7")
    assert first.headers["content-type"] == "application/json"
    assert first.json() == {"again": 4, "for": "ato"}
    assert (second.status_code, second.text, second.headers["content-type"]) == (200, "4 it is", "text/plain")
    inbound = [each for each in played.journal if each["kind"] == "inbound"]
    assert [each["status"] for each in inbound] == [503, 200]
    assert "step 2" in inbound[0]["violations"][0]["reason"]


@pytest.mark.parametrize("called", ["/toy/a%20b%C3%A7", "/toy/a%20bç", "/toy/%61%20b%c3%a7"])
def test_a_path_is_compared_as_it_is_meant_however_it_is_spelled(play: Callable[..., Played], called: str) -> None:
    step = "  - await: GET /toy/a%20b%C3%A7\n    respond: {text: found}\n    within: 3s\n"
    played = play(step, ("GET", called, None))
    assert (played.passed(), played.answers[0].text) == (True, "found")


def test_a_header_with_a_list_is_sent_for_each(play: Callable[..., Played]) -> None:
    played = play(
        f"""
  - id: first
    await: POST {STATUS}
    respond: {{headers: {{Set-Cookie: [a=1, "b={{$request.body#/n}}"]}}, text: hi}}
    outputs: {{cookies: $response.header.set-cookie}}
  - {{await: GET /second, respond: {{body: $steps.first.outputs.cookies}}}}
""",
        ("POST", STATUS, {"n": 2}),
        ("GET", "/second", None),
    )
    assert played.passed(), [step["details"] for step in played.report["steps"]]
    first, second = played.answers
    assert first.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert second.json() == ["a=1", "b=2"]


def test_an_answer_leaves_after_its_delay_and_others_do_not_wait_for_it(play: Callable[..., Played]) -> None:
    played = play(
        f"""
  - id: slow
    await: POST {STATUS}
    respond: {{status: 202, delay: $inputs.delay}}
  - {{await: GET /quick, respond: {{text: done}}}}
inputs: {{delay: {{default: 300ms}}}}
""",
        ("POST", STATUS, {}),
        ("GET", "/quick", None),
    )
    assert played.passed(), [step["details"] for step in played.report["steps"]]
    slow, quick = played.answers
    assert slow.status_code == 202
    assert slow.elapsed.total_seconds() >= 0.3 > quick.elapsed.total_seconds()


def test_a_delay_that_cannot_be_used_says_so(play: Callable[..., Played]) -> None:
    played = play(
        f"  - {{await: POST {STATUS}, where: {{status: 200}}, within: 1s, respond: {{delay: $request.body#/n}}}}",
        ("POST", STATUS, {"n": "soon"}),
    )
    assert played.answers[0].status_code == 500
    assert "a duration" in played.answers[0].text


def test_each_step_answers_once_and_the_rest_goes_to_the_emulator(play: Callable[..., Played]) -> None:
    played = play(
        f"""
  - {{await: POST {STATUS}, respond: {{status: 503}}}}
  - {{await: POST {STATUS}, where: {{status: 401}}}}
  - {{await: POST {STATUS}, respond: {{status: 429}}}}
""",
        *[("POST", STATUS, {"n": n}) for n in range(4)],
    )
    assert played.passed(), [step["details"] for step in played.report["steps"]]
    assert [answer.status_code for answer in played.answers] == [503, 401, 429, 401]


def test_a_request_of_another_shape_is_not_answered_by_the_step(play: Callable[..., Played]) -> None:
    played = play(
        f"  - {{await: POST {STATUS}, where: {{body: {{n: 2}}}}, respond: {{status: 503}}}}",
        ("POST", STATUS, {"n": 1}),
        ("POST", STATUS, {"n": 2}),
    )
    assert [answer.status_code for answer in played.answers] == [401, 503]


def test_outside_passthrough_nothing_but_the_steps_answers(play: Callable[..., Played]) -> None:
    played = play(
        f"  - {{await: POST {STATUS}, where: {{body: {{n: 2}}}}, respond: {{status: 204}}}}",
        ("POST", STATUS, {"n": 1}),
        ("POST", STATUS, {"n": 2}),
        mode="ordered",
    )
    assert [answer.status_code for answer in played.answers] == [404, 204]
    assert "has no answer to this request" in played.answers[0].text
    assert played.passed(), [step["details"] for step in played.report["steps"]]


def test_an_answer_that_cannot_be_made_says_so_and_fails_the_step(play: Callable[..., Played]) -> None:
    played = play(
        f"  - {{await: POST {STATUS}, where: {{status: 200}}, within: 1s, respond: {{body: $request.body#/missing}}}}",
        ("POST", STATUS, {"n": 1}),
    )
    assert played.answers[0].status_code == 500
    assert "missing" in played.answers[0].text
    assert not played.passed()


def test_after_the_run_the_emulator_answers_again(play: Callable[..., Played], server: str) -> None:
    played = play(
        f"  - {{await: POST {STATUS}, respond: {{status: 503}}}}\n  - {{await: POST {STATUS}, within: 10ms}}",
        ("POST", STATUS, {"n": 1}),
    )
    assert not played.passed()
    url = next(each["url"] for each in played.journal if each["kind"] == "inbound")
    assert httpx2.post(url, json={}, **PLAIN).status_code == 401


def test_a_step_answers_every_time_it_is_asked_until_a_later_one_has_its_turn(play: Callable[..., Played]) -> None:
    steps = """
  - {await: GET /done, at_least: 1, respond: {body: {done: false}}}
  - {await: POST /work, respond: {body: {}}}
  - {await: GET /done, at_least: 2, respond: {body: {done: true}}}
"""
    ask, work = ("GET", "/done", None), ("POST", "/work", {})
    played = play(steps, ask, ask, ask, work, ask, ask, mode="ordered")
    assert played.passed(), [step["details"] for step in played.report["steps"]]
    assert [answer.json() for answer in played.answers] == [{"done": False}] * 3 + [{}] + [{"done": True}] * 2


def test_a_strict_run_hears_of_a_call_that_comes_after_everything_was_answered(server: str) -> None:
    text = "name: late\nmode: strict\nsteps:\n  - {action: toy.write, with: {text: a}}\n  - await: GET /toy/whoami\n"
    with httpx2.Client(base_url=f"{server}/_mock/", timeout=30, **PLAIN) as control:
        world = control.post("worlds", json={"clock": {"mode": "frozen"}, "fixtures": []}).json()["name"]

        def client() -> None:
            wait = {"match": {"kind": "action"}, "timeout": 20}
            while control.post(f"worlds/{world}/journal/wait", json=wait).status_code == 410:
                pass
            with httpx2.Client(base_url=f"{server}/w/{world}", **PLAIN) as http:
                http.get("/toy/whoami")
                time.sleep(0.03)
                http.get("/toy/whoami")

        thread = threading.Thread(target=client)
        thread.start()
        report = control.post(f"worlds/{world}/runs", json={"text": text}).json()
        thread.join()
        control.delete(f"worlds/{world}")
    assert [step["outcome"] for step in report["steps"]] == ["passed", "passed", "failed"]
    assert report["steps"][-1]["reason"] == "unexpected"
