from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import msgspec
import pytest

from mockserver.errors import Conflict, Gone, Invalid, MockserverError, Refused, Unknown, Unreachable
from mockserver.scenarios import RunReport, Scenario, StepEvent, describe, load_scenario, run, story
from mockserver.scenarios.caller import Request
from mockserver.world.faults import Fault
from mockserver.world.interception import Interceptor

Facts = dict[str, Any]
T = TypeVar("T")


class Theatre:
    """A stage in memory: an action makes the exchanges come that its script says, at once or a little later."""

    def __init__(self, *, results: Mapping[str, object] | None = None, script: Mapping[str, list[Facts]] | None = None):
        self.results = results or {}
        self.script = script or {}
        self.journal: list[Facts] = []
        self.acted: list[tuple[str, Mapping[str, Any]]] = []
        self.advanced: list[timedelta] = []
        self.prepared: Scenario | None = None
        self.settled = 0
        self.quiet = True
        self.called: list[Request] = []
        self.sent: list[tuple[str, str, dict[str, str], str]] = []
        self.shelves: dict[str, list[Facts]] = {}
        self.library: dict[str, str] = {}
        self.closed = 0
        self.broken: list[Fault] = []
        self.listeners: list[Callable[[Facts], None]] = []
        self.interceptors: list[Interceptor] = []
        self._ids = itertools.count(1)
        self._came: asyncio.Event | None = None

    async def prepare(self, scenario: Scenario, /) -> None:
        self.prepared = scenario

    async def act(self, name: str, arguments: Mapping[str, Any], /) -> object:
        self.acted.append((name, arguments))
        result = self.results.get(name)
        if isinstance(result, MockserverError):
            raise result
        for delay, facts in enumerate(self.script.get(name, [])):
            asyncio.get_running_loop().call_later(delay / 100, self.happen, facts)
        return result

    def happen(self, facts: Facts) -> None:
        number = next(self._ids)
        self.journal.append({"id": number, "began": number, **facts})
        for listener in tuple(self.listeners):
            listener(self.journal[-1])
        if self._came is not None:
            self._came.set()

    def news(self, after: int, /) -> Sequence[Facts]:
        return [facts for facts in self.journal if facts["id"] > after]

    def exchanges(self) -> Sequence[Facts]:
        return self.journal

    async def advance(self, by: timedelta, /) -> None:
        self.advanced.append(by)

    async def settle(self, seconds: float, /) -> bool:
        self.settled += 1
        return self.quiet

    async def call(self, request: Request, /) -> Facts:
        self.called.append(request)
        answer = self.results[f"{request.method} {request.target}"]
        if isinstance(answer, MockserverError):
            raise answer
        return answer  # type: ignore[return-value]

    def act_now(self, name: str, arguments: Mapping[str, Any], /) -> object:
        self.acted.append((name, arguments))
        result = self.results.get(name)
        if isinstance(result, MockserverError):
            raise result
        self.happen({"kind": "action", "path": name, "body": arguments, "response": {"body": result}})
        return result

    def listen(self, listener: Callable[[Facts], None], /) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: str, /) -> str:
        self.sent.append((method, url, dict(headers), body))
        return "delivery-1"

    def documents(self, collection: str, /) -> Sequence[Facts]:
        if collection not in self.shelves:
            raise Unknown("collection", collection, self.shelves)
        return self.shelves[collection]

    async def until(self, check: Callable[[], T | None], within: float, /) -> T | None:
        self._came = asyncio.Event()
        try:
            async with asyncio.timeout(within):
                while True:
                    if (found := check()) is not None:
                        return found
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            return None

    def scenario(self, name: str, /) -> Scenario:
        if name not in self.library:
            raise Unknown("scenario", name, self.library)
        return load_scenario(self.library[name], name)

    def break_something(self, fault: Fault, /) -> str:
        self.broken.append(fault)
        return f"fault-{len(self.broken)}"

    def intercept(self, interceptor: Interceptor, /) -> Callable[[], None]:
        self.interceptors.append(interceptor)
        return lambda: self.interceptors.remove(interceptor)

    async def close(self) -> None:
        self.closed += 1


def call(path: str, body: object = None, *, status: int | None = 200, kind: str = "inbound", **more: Any) -> Facts:
    response = {"headers": {}, "body": more.pop("answer", None)}
    return {
        **{"kind": kind, "method": "POST", "path": path, "query": {}, "status": status, "headers": {}, "body": body},
        **{"response": response, **more},
    }


def play(
    steps: str, theatre: Theatre | None = None, *, head: str = "", on_event: Callable[[StepEvent], None] | None = None,
    mode: Any = None, **inputs: object,
) -> RunReport:  # fmt: skip
    scenario = load_scenario(f"name: t/play\n{head}\nsteps:\n{steps}", "play.yaml")

    async def perform() -> RunReport:
        return await run(scenario, theatre or Theatre(), inputs, mode=mode, on_event=on_event)

    return asyncio.run(perform())


HAPPY = """
  - id: start
    title: The owner starts an ATO request
    action: motar.start
    with: {app: $inputs.app, note: "for {$inputs.app}"}
    outputs: {request_id: $response.body#/id, asked: $request.body#/app}
  - id: hook
    expect: delivery
    where: {path: /ato, status: 2xx, body: {requestId: $steps.start.outputs.request_id}}
    outputs: {answer: $response.body#/ok, code: $statusCode}
  - id: report
    await: POST /plugin/v1/{service}/status
    where: {body: {requestId: $steps.start.outputs.request_id, status: completed}}
    outputs: {service: $request.path.service, url: $url, method: $method}
  - advance: $inputs.pause
  - id: check
    verify: {kind: inbound, path: /plugin/v1/*/status}
    count: 2
    outputs: {last: $request.body#/status}
"""


def happy_theatre() -> Theatre:
    calls = [
        call("/ato", {"requestId": "r1"}, kind="delivery", status=204, answer={"ok": True}),
        call("/plugin/v1/ato/status", {"requestId": "r1", "status": "in-progress"}),
        call("/plugin/v1/ato/status", {"requestId": "r1", "status": "completed"}),
    ]
    return Theatre(results={"motar.start": {"id": "r1"}}, script={"motar.start": calls})


def test_a_run_goes_through_all_steps_and_remembers_what_they_gave() -> None:
    events: list[StepEvent] = []
    theatre = happy_theatre()
    report = play(HAPPY, theatre, head="inputs: {app: mail, pause: 25h}", on_event=events.append)
    assert report.outcome == "passed", story(report)
    assert report.failed_step is None
    assert theatre.prepared is not None
    assert theatre.acted == [("motar.start", {"app": "mail", "note": "for mail"})]
    assert theatre.advanced == [timedelta(hours=25)]
    assert theatre.settled == 1
    assert report.inputs == {"app": "mail", "pause": "25h"}
    assert [step.outputs for step in report.steps] == [
        {"request_id": "r1", "asked": "mail"},
        {"answer": True, "code": 204},
        {"service": "ato", "url": "/plugin/v1/ato/status", "method": "POST"},
        {},
        {"last": "completed"},
    ]
    assert [step.exchange for step in report.steps] == [None, 1, 3, None, 3]
    assert [(event.event, event.step.index, event.step.outcome, event.of) for event in events[:4]] == [
        ("started", 1, "running", 5),
        ("finished", 1, "passed", 5),
        ("started", 2, "running", 5),
        ("finished", 2, "passed", 5),
    ]
    assert len(events) == 10


def test_a_report_is_plain_data_and_comes_back_the_same() -> None:
    report = play(HAPPY, happy_theatre(), head="inputs: {app: mail, pause: 1}")
    assert msgspec.json.decode(msgspec.json.encode(report), type=RunReport) == report


ANSWER = {
    **call("/api/login", {"email": "a"}, answer={"user": "u1"}),
    "id": 7,
    "began": 7,
    "response": {"headers": {"x-a": "1"}, "body": {"user": "u1"}, "cookies": {"Csrf-Token_acme": "t%3D1"}},
}


def test_a_call_sends_what_it_says_and_gives_what_came() -> None:
    theatre = Theatre(results={"POST /api/login": ANSWER, "GET https://plugin.test/u1": {**ANSWER, "id": 8}})
    report = play(
        """
  - id: login
    call: POST /api/login
    as: vera
    query: {next: "{$inputs.app}"}
    headers: {x-one: 1}
    body: {email: "{$inputs.app}@a.test"}
    where: {status: 2xx, headers: {x-a: 1}, body: {user: {type: string}}}
    within: 3s
    outputs: {user: $response.body#/user, csrf: $response.cookie.Csrf-Token_acme, code: $statusCode}
  - call: GET https://plugin.test/{$steps.login.outputs.user}
  - call: POST /api/login
    form: {a: 1}
    files: {file: {name: a.xml, content: "<{$inputs.app}/>", type: text/xml}}
""",
        theatre,
        head="inputs: {app: mail}",
    )
    assert report.outcome == "passed", story(report)
    assert report.steps[0].outputs == {"user": "u1", "csrf": "t%3D1", "code": 200}
    assert report.steps[0].exchange == 7
    first, second, third = theatre.called
    assert (first.person, first.query, first.headers) == ("vera", {"next": "mail"}, {"x-one": 1})
    assert (first.json, first.text, first.within) == (({"email": "mail@a.test"},), None, 3.0)
    assert (second.method, second.target, second.json) == ("GET", "https://plugin.test/u1", ())
    assert (third.form, third.files) == ({"a": 1}, {"file": ("a.xml", b"<mail/>", "text/xml")})
    assert theatre.closed == 1


def test_an_answer_that_is_an_error_fails_the_call_unless_it_was_asked_for() -> None:
    refused = {**ANSWER, "status": 409, "response": {"headers": {}, "body": {"faultstring": "No."}, "cookies": {}}}
    theatre = Theatre(results={"POST /api/login": refused})
    assert failure("  - call: POST /api/login", theatre) == [
        "The answer was not as it should be: POST /api/login -> 409",
        "  status: expected a number < 400, got 409",
        '  it said: {"faultstring": "No."}',
    ]
    assert failure("  - {call: POST /api/login, where: {status: 409, body: {faultstring: Yes.}}}", theatre) == [
        "The answer was not as it should be: POST /api/login -> 409",
        '  response.body.faultstring: expected "Yes.", got "No."',
    ]
    assert play("  - {call: POST /api/login, where: {status: 409}}", theatre).outcome == "passed"
    assert theatre.closed == 3


def test_a_call_that_nobody_answers_fails_and_says_why() -> None:
    theatre = Theatre(results={"GET /x": Unreachable("GET http://x got no answer: refused.")})
    assert failure("  - call: GET /x", theatre) == ["GET http://x got no answer: refused."]


def test_no_later_step_takes_a_call_of_the_run_for_one_of_the_plugin() -> None:
    theatre = Theatre(results={"POST /api/login": ANSWER})
    theatre.journal = [ANSWER]
    steps = "  - call: POST /api/login\n  - {await: POST /api/login, within: 10ms}"
    assert "step 1 (Call POST /api/login) had already taken it" in "\n".join(failure(steps, theatre))


def test_an_action_must_return_what_the_step_says() -> None:
    theatre = Theatre(results={"a.b": {"status": "started", "complete": False}})
    assert play("  - {action: a.b, returns: {status: started}}", theatre).outcome == "passed"
    assert failure("  - {action: a.b, returns: {status: done, complete: {type: boolean}}}", theatre) == [
        "It was done, but not with the result it should have:",
        '  result.status: expected "done", got "started"',
    ]


def test_a_webhook_of_ones_own_is_sent_and_known_by_its_id() -> None:
    theatre = Theatre()
    report = play(
        """
  - id: s
    send: POST {$inputs.url}/hook
    headers: {X-One: 1}
    body: {a: $inputs.url}
    outputs: {id: $response.body#/delivery}
  - {send: PUT http://x.test/, text: plain}
""",
        theatre,
        head="inputs: {url: http://p.test}",
    )
    assert report.outcome == "passed", story(report)
    assert report.steps[0].outputs == {"id": "delivery-1"}
    assert theatre.sent == [
        ("POST", "http://p.test/hook", {"x-one": "1", "content-type": "application/json"}, '{"a":"http://p.test"}'),
        ("PUT", "http://x.test/", {}, "plain"),
    ]


def test_a_document_is_expected_by_its_fields() -> None:
    theatre = Theatre()
    theatre.shelves = {"a.apps": [{"id": 1, "state": "new"}, {"id": 2, "state": "live", "n": 4}], "a.none": []}
    steps = "  - {expect: document, of: a.apps, where: {state: live, n: {gt: 3}}, outputs: {id: $response.body#/id}}"
    report = play(steps, theatre)
    assert report.outcome == "passed", story(report)
    assert report.steps[0].outputs == {"id": 2}
    assert failure("  - {expect: document, of: a.apps, where: {state: live, n: 5}, within: 20ms}", theatre) == [
        "Waited 20ms for one of a.apps as it should be; there was none.",
        'There is {"id": 2, "state": "live", "n": 4}',
        "  n: expected 5, got 4",
        'There is {"id": 1, "state": "new"}',
        '  state: expected "live", got "new"',
        "  n: expected 5, got nothing (there is id, state)",
    ]
    assert failure("  - {expect: document, of: a.none}", theatre)[1] == "There is nothing in a.none."
    assert "Did you mean 'a.apps'?" in failure("  - {expect: document, of: a.app}", theatre)[0]


INNER = """
name: inner
inputs: {who: {type: string}}
steps:
  - {id: a, action: a.b, with: {who: $inputs.who}, outputs: {id: $response.body#/id}}
  - {await: POST /x, within: 20ms}
outputs: {made: $steps.a.outputs.id}
"""


def test_an_included_scenario_is_performed_with_its_inputs_and_gives_its_outputs() -> None:
    theatre = Theatre(results={"a.b": {"id": "r1"}}, script={"a.b": [call("/x")]})
    theatre.library = {"inner": INNER}
    report = play(
        """
  - {id: one, include: inner, with: {who: "@ada"}, outputs: {made: $response.body#/made}}
  - {include: inner, with: {who: $steps.one.outputs.made}}
""",
        theatre,
    )
    assert report.outcome == "passed", story(report)
    assert theatre.acted == [("a.b", {"who": "@ada"}), ("a.b", {"who": "r1"})]
    assert report.steps[0].outputs == {"made": "r1"}
    assert report.steps[0].details == ("2 steps",)
    assert [step.title for step in report.steps[0].steps] == ["Do a.b", "Wait for POST /x"]


def test_an_included_scenario_that_fails_says_where() -> None:
    theatre = Theatre(results={"a.b": {"id": "r1"}})
    theatre.library = {"inner": INNER}
    lines = failure("  - {include: inner, with: {who: a}}", theatre)
    assert lines[0] == "inner failed:"
    assert "2. Wait for POST /x ... FAILED" in lines[1]
    assert failure("  - {include: inner, with: {who: 1}}", theatre) == [
        "The inputs of inner do not fit:",
        "  $.who: expected a value of type string, got 1 (did you mean '\"1\"'?)",
    ]


@pytest.mark.parametrize(
    ("library", "told"),
    [
        ({}, "no scenario named 'inner'"),
        ({"inner": "name: inner\nsteps: [{include: inner}]"}, "cannot include itself: inner includes inner"),
        ({"inner": "name: inner\nsteps: [{include: b}]", "b": "name: b\nsteps: [{include: inner}]"},
            "inner includes b includes inner"),
    ],
)  # fmt: skip
def test_what_cannot_be_included_is_refused_before_anything_is_done(library: dict[str, str], told: str) -> None:
    theatre = Theatre()
    theatre.library = library
    with pytest.raises(MockserverError, match=told):
        play("  - action: a.b\n  - include: inner", theatre)
    assert theatre.acted == []


def test_the_outputs_of_a_scenario_are_in_the_report_of_its_run() -> None:
    theatre = Theatre(results={"a.b": {"id": "r1"}})
    steps = "  - {id: a, action: a.b, outputs: {id: $response.body#/id}}"
    assert play(steps, theatre, head="outputs: {id: 'made {$steps.a.outputs.id}'}").outputs == {"id": "made r1"}


def test_something_can_be_made_to_go_wrong() -> None:
    theatre = Theatre()
    report = play(
        """
  - {id: f, fault: {when: {path: $inputs.path}, status: 503}, outputs: {id: $response.body#/id}}
  - {fault: {wire: reset, direction: delivery}}
""",
        theatre,
        head="inputs: {path: /x}",
    )
    assert report.outcome == "passed", story(report)
    assert report.steps[0].outputs == {"id": "fault-1"}
    assert (theatre.broken[0].status, theatre.broken[0].when.path) == (503, "/x")
    assert theatre.broken[1].direction == "delivery"


def test_settling_waits_and_fails_when_something_stays_under_way() -> None:
    theatre = Theatre()
    assert play("  - settle: 3s", theatre).outcome == "passed"
    assert theatre.settled == 1
    theatre.quiet = False
    assert failure("  - settle: 3s", theatre) == ["Something was still under way after 3s."]


@pytest.mark.parametrize("expected", ["true", "resting", "{matches: ^The plugin}", "{contains: $inputs.word}"])
def test_an_error_that_is_expected_passes(expected: str) -> None:
    theatre = Theatre(results={"a.b": Refused("The plugin is resting.", hint="Wake it.")})
    report = play(
        f"  - {{action: a.b, expect_error: {expected}}}\n  - advance: 1", theatre, head="inputs: {word: rest}"
    )
    assert report.outcome == "passed", story(report)
    assert report.steps[0].details[0].startswith("The plugin is resting.")


def test_an_error_other_than_the_expected_one_fails_and_so_does_none() -> None:
    refused = Theatre(results={"a.b": Refused("The plugin is resting.")})
    assert failure("  - {action: a.b, expect_error: asleep}", refused) == [
        "It failed, as it should, but otherwise:",
        '  the failure: expected something that contains "asleep", got "The plugin is resting."',
    ]
    assert failure("  - {action: a.b, expect_error: true}", Theatre()) == ["It should have failed, and did not."]
    assert failure("  - {expect: delivery, within: 10ms, expect_error: true}", came(call("/a", kind="delivery")))


def failure(steps: str, theatre: Theatre | None = None, **options: Any) -> list[str]:
    report = play(steps, theatre, **options)
    assert report.outcome == "failed"
    assert report.failed_step is not None
    return list(report.failed_step.details)


def came(*calls: Facts) -> Theatre:
    theatre = Theatre()
    theatre.journal = [{"id": number, "began": number, **facts} for number, facts in enumerate(calls, 1)]
    return theatre


STATUS = "/plugin/v1/ato/status"


def test_what_never_came_is_told_with_what_came_instead_and_how_it_differed() -> None:
    theatre = came(
        call("/plugin/v1/ato/alert", {"requestId": "r1"}),
        call(STATUS, {"requestId": "r1", "status": "in-progress"}),
        call(STATUS, {"requestId": "r1", "complete": True}, status=400),
        call("/ato", {"requestId": "r1"}, kind="delivery"),
    )
    where = "{status: 200, body: {requestId: r1, completed: true}}"
    step = f"  - {{await: 'POST {STATUS}', where: {where}, within: 20ms}}"
    assert failure(step, theatre) == [
        f'Waited 20ms for a request POST {STATUS} with status 200, body.requestId "r1", body.completed true; '
        "it never came.",
        f"The closest that came: #2 POST {STATUS} -> 200",
        "  body.completed: expected true, got nothing (there is requestId, status)",
        f"Also came: #3 POST {STATUS} -> 400",
        "  status: expected 200, got 400",
        "  body.completed: expected true, got nothing (there is requestId, complete) (did you mean 'complete'?)",
    ]


def test_a_call_that_means_something_else_is_not_called_close() -> None:
    step = f"  - {{await: 'POST {STATUS}', where: {{body: {{requestId: r1}}}}, within: 0}}"
    assert failure(step, came(call(STATUS, kind="delivery"), call("/oauth/token", {"code": "c"})))[1:] == [
        f"Nothing came to POST {STATUS}.",
        "The last that came was #2 POST /oauth/token -> 200.",
    ]
    verify = f"  - {{verify: {{kind: inbound, method: POST, path: {STATUS}}}}}"
    assert failure(verify, came(call("/oauth/token")))[1:] == [
        f"Nothing came to POST {STATUS}.",
        "The last that came was #1 POST /oauth/token -> 200.",
    ]


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("POST", "/plugin/v1/ato/statuses", f'  path: expected "{STATUS}", got "/plugin/v1/ato/statuses"'),
        ("POST", f"{STATUS}/", f'  path: expected "{STATUS}", got "{STATUS}/"'),
        ("PUT", STATUS, '  method: expected "POST", got "PUT"'),
    ],
)
def test_a_call_that_just_misses_its_place_is(method: str, path: str, told: str) -> None:
    theatre = came(call("/plugin/v1/ato/alert"), call(path, method=method), call("/oauth/token"))
    assert failure(f"  - {{await: 'POST {STATUS}', within: 0}}", theatre)[1:] == [
        f"The closest that came: #2 {method} {path} -> 200",
        told,
    ]


def test_a_result_or_document_that_is_otherwise_is_told_with_what_came_after_all_that_steps_took() -> None:
    theatre = came(
        call(STATUS, {"status": "action-required"}),
        call("/plugin/v1/ato/alert", method="GET"),
        call(STATUS, {"status": "in-progress"}),
    )
    theatre.results = {"m.view": {"status": "in-progress"}}
    theatre.shelves = {"m.requests": [{"status": "in-progress"}]}
    waits = f"  - {{title: It is rejected, await: 'POST {STATUS}'}}\n"
    told = [
        "After #1, which step 1 (It is rejected) took, came:",
        f'  #3 POST {STATUS} -> 200 with {{"status": "in-progress"}}',
    ]
    assert failure(waits + "  - {action: m.view, returns: {status: action-required}}", theatre)[-2:] == told
    document = "{expect: document, of: m.requests, where: {status: action-required}, within: 0}"
    assert failure(waits + f"  - {document}", theatre)[-2:] == told
    assert failure(f"  - {document}", theatre)[-3] == "What came in this run:"
    many = came(*[call(STATUS)] * 11)
    many.results = theatre.results
    details = failure("  - {action: m.view, returns: {status: completed}}", many)
    assert details[2:4] == ["What came in this run:", "  … 3 more, and then"]
    assert details[-1] == f"  #11 POST {STATUS} -> 200"


def test_what_an_earlier_step_consumed_is_not_matched_again_and_told() -> None:
    steps = f"  - {{id: first, title: One report, await: 'POST {STATUS}'}}\n  - {{await: 'POST {STATUS}', within: 0}}"
    assert failure(steps, came(call(STATUS))) == [
        f"Waited 0s for a request POST {STATUS}; it never came.",
        f"#1 POST {STATUS} -> 200 matches, but step 1 (One report) had already taken it.",
    ]


def test_two_waits_for_the_same_take_one_exchange_each_in_order() -> None:
    steps = f"  - await: POST {STATUS}\n  - await: POST {STATUS}\n"
    report = play(steps, came(call(STATUS), call("/other"), call(STATUS)))
    assert [step.exchange for step in report.steps] == [1, 3]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("{await: POST /x, within: 0}", "No request came in this run. Is the plugin running"),
        ("{expect: delivery, within: 0}", "Nothing was delivered in this run. Is an endpoint configured"),
    ],
)
def test_silence_is_told_with_what_to_look_at(step: str, told: str) -> None:
    assert failure(f"  - {step}")[1].startswith(told)


def test_what_came_when_the_time_was_over_is_told_as_late() -> None:
    class Impatient(Theatre):
        async def until(self, check: Callable[[], T | None], within: float, /) -> T | None:
            self.happen(call("/x"))
            return None

    (_, told) = failure("  - {await: POST /x, within: 1s}", Impatient())
    assert told == "#1 POST /x -> 200 matches, but came when the time was over; a longer 'within' would find it."


def test_a_foreign_body_is_not_told_to_the_end() -> None:
    wanted = ", ".join(f"k{n}: 1" for n in range(20))
    details = failure(f"  - {{await: POST /x, where: {{body: {{{wanted}}}}}, within: 0}}", came(call("/x", {})))
    assert details[-1] == "  and 12 more differences"
    assert len(details) == 11


@pytest.mark.parametrize(
    ("times", "outcome"),
    [
        ("", "passed"),
        ("count: 2", "passed"),
        ("count: 1", "failed"),
        ("count: 0", "failed"),
        ("at_least: 2", "passed"),
        ("at_least: 3", "failed"),
        ("at_most: 2", "passed"),
        ("at_most: 1", "failed"),
        ("at_most: 0", "failed"),
        ("at_least: 1, at_most: 2", "passed"),
    ],
)
def test_verify_counts_what_came(times: str, outcome: str) -> None:
    report = play(f"  - {{verify: {{path: /x}}, {times}}}", came(call("/x"), call("/y"), call("/x")))
    assert report.outcome == outcome


def test_something_that_came_too_often_is_listed() -> None:
    assert failure("  - {verify: {path: /x}, at_most: 1}", came(call("/x"), call("/x", status=400))) == [
        "/x should have come at most once, and came twice.",
        "This one matches: #1 POST /x -> 200",
        "This one matches: #2 POST /x -> 400",
    ]
    assert failure("  - {verify: {path: /x}, count: 0}", came(*[call("/x")] * 20))[-1] == "and 12 more"


def test_something_that_came_too_seldom_is_told_with_what_came_close() -> None:
    assert failure(
        "  - verify: {kind: inbound, method: POST, path: /x, status: 200}", came(call("/x", status=400))
    ) == [
        "Request POST /x with status 200 should have come at least once, and came never.",
        "The closest that came: #1 POST /x -> 400",
        "  status: expected 200, got 400",
    ]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Refused("The plugin is inactive.", hint="Activate it first."), ["The plugin is inactive. Activate it first."]),
        (Gone("The world was reset."), ["The world was reset."]),
        (Conflict("Busy."), ["Busy."]),
    ],
)
def test_an_action_that_is_refused_ends_the_run_and_says_why(error: MockserverError, told: list[str]) -> None:
    report = play("  - action: a\n  - advance: 1\n  - {await: POST /x}", Theatre(results={"a": error}))
    assert [step.outcome for step in report.steps] == ["failed", "skipped", "skipped"]
    assert list(report.steps[0].details) == told
    assert report.failed_step == report.steps[0]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("  - {action: a, outputs: {x: $response.body#/id}}", "$response.body#/id leads into an empty body or null."),
        ("  - {await: POST /x, outputs: {x: $response.header.location}}", "There is no header named 'location'."),
        ("  - {await: POST /x, outputs: {x: $request.path.id}}", "There is no path parameter named 'id'."),
        ("  - {verify: {path: /none}, count: 0, outputs: {x: $statusCode}}", "$statusCode has no meaning here."),
        ("  - {advance: $inputs.odd}", "a duration"),
        ("  - {await: POST /x, within: $inputs.odd}", "a duration"),
        ("  - {await: 'POST /{$inputs.odd}'}", "without query"),
        ("  - {verify: {status: $inputs.odd}}", "a status such as 404"),
        ("  - {verify: {body: {matches: $inputs.odd}}}", "a regular expression"),
    ],
)
def test_what_an_expression_brings_is_judged_when_the_step_is_due(steps: str, told: str) -> None:
    details = failure(steps, came(call("/x")), head="inputs: {odd: '*?'}")
    assert any(told in line for line in details), details


@pytest.mark.parametrize(("given", "told"), [({}, "a value"), ({"ap": 1, "app": 2}, "did you mean 'app'?")])
def test_inputs_that_do_not_fit_stop_a_run_before_anything_is_prepared(given: dict[str, Any], told: str) -> None:
    theatre = Theatre()
    with pytest.raises(Invalid) as refusal:
        play("  - advance: 1", theatre, head="inputs: {app: {}}", **given)
    assert told in str(refusal.value)
    assert theatre.prepared is None


def test_a_run_reads_as_a_story() -> None:
    told = story(play(HAPPY, happy_theatre(), head="inputs: {app: mail, pause: 25h}"))
    assert [line.partition(" (0.")[0] for line in told] == [
        "t/play",
        " 1. The owner starts an ATO request ... ok",
        '      request_id = "r1"',
        '      asked = "mail"',
        ' 2. Expect a delivery /ato with status "2xx", … ... ok',
        "      delivery POST /ato -> 204",
        "      answer = true",
        "      code = 204",
        " 3. Wait for POST /plugin/v1/{service}/status ... ok",
        "      POST /plugin/v1/ato/status -> 200",
        '      service = "ato"',
        '      url = "/plugin/v1/ato/status"',
        '      method = "POST"',
        " 4. Let $inputs.pause pass ... ok",
        " 5. Check that request /plugin/v1/*/status came exactly twice ... ok",
        '      last = "completed"',
        "t/play: passed, 5 steps in 0.0 s",
    ]


def test_a_failed_run_reads_as_a_story_that_ends_where_it_failed() -> None:
    events: list[StepEvent] = []
    report = play("  - {await: POST /x, within: 0}\n  - advance: 90", on_event=events.append)
    told = story(report)
    assert told[1].startswith(" 1. Wait for POST /x ... FAILED (")
    assert told[2] == "      Waited 0s for a request POST /x; it never came."
    assert told[4:] == [" 2. Let 1m30s pass ... skipped", "t/play: FAILED at step 1 of 2, Wait for POST /x"]
    assert describe(events[0].step) == [" 1. Wait for POST /x ..."]
