from __future__ import annotations

import textwrap
from typing import Any

import msgspec
import pytest

from mockserver.app import load_platforms, schema_of
from mockserver.errors import Invalid, InvalidFile
from mockserver.scenarios.expressions import Scope
from mockserver.scenarios.loader import load_scenario, scenario_from
from mockserver.scenarios.model import Scenario
from mockserver.scenarios.steps import ActionStep, AwaitStep, ExpectStep, VerifyStep

SCHEMA = schema_of(load_platforms())

GOOD = """
name: motar/ato-happy-path
summary: From the owner's click to completed.
seed: 7
start: 2026-03-01T09:00:00Z
fixtures: [motar/quickstart]
settings: {motar: {expires_in: 1d}}
inputs:
  app: mail
  who: {description: The owner who starts it}
steps:
  - id: start
    title: The owner starts an ATO request
    action: motar.start_ato_request
    with: {app: $inputs.app, by: "{$inputs.who}"}
    outputs: {request_id: $response.body#/id}
  - expect: delivery
    where: {path: /ato, status: 2xx, body: {requestId: $steps.start.outputs.request_id}}
    within: 10s
  - id: report
    await: POST /plugin/v1/ato/{service}
    where:
      body: {requestId: $steps.start.outputs.request_id, status: {matches: ^comp}}
    outputs: {service: $request.path.service, code: $statusCode}
  - advance: 25h
  - verify: {method: POST, path: /plugin/v1/ato/status}
    count: 1
"""


def problems_of(text: str, **options: Any) -> list[str]:
    with pytest.raises(InvalidFile) as refusal:
        load_scenario(textwrap.dedent(text), "x.yaml", **options)
    assert refusal.value.source == "x.yaml"
    return [str(problem) for problem in refusal.value.problems]


def test_a_scenario_is_read_with_all_it_says() -> None:
    scenario = load_scenario(GOOD, "x.yaml", schema=SCHEMA)
    assert (scenario.name, scenario.seed, scenario.start) == ("motar/ato-happy-path", 7, "2026-03-01T09:00:00Z")
    assert scenario.fixtures == ("motar/quickstart",)
    start, delivery, report, _, check = scenario.steps
    assert isinstance(start, ActionStep)
    assert start.with_ == {"app": "$inputs.app", "by": "{$inputs.who}"}
    assert isinstance(delivery, ExpectStep)
    assert delivery.within == "10s"
    assert isinstance(report, AwaitStep)
    assert report.outputs == {"service": "$request.path.service", "code": "$statusCode"}
    assert isinstance(check, VerifyStep)
    assert check.count == 1


def test_a_step_without_a_title_says_itself_what_it_does() -> None:
    assert [step.heading for step in load_scenario(GOOD, "x").steps] == [
        "The owner starts an ATO request",
        'Expect a delivery /ato with status "2xx", …',
        "Wait for POST /plugin/v1/ato/{service}",
        "Let 25h pass",
        "Check that POST /plugin/v1/ato/status came exactly once",
    ]


def test_a_scenario_that_was_kept_as_data_is_the_same_again() -> None:
    scenario = load_scenario(GOOD, "x")
    kept = msgspec.json.decode(msgspec.json.encode(scenario))
    assert scenario_from(kept, "library") == scenario


def test_json_is_read_as_well() -> None:
    text = '{"name": "a", "steps": [{"advance": 90}]}'
    assert load_scenario(text, "x.json") == scenario_from({"name": "a", "steps": [{"advance": 90}]}, "x")


def test_inputs_are_what_is_given_or_their_defaults() -> None:
    scenario = load_scenario(GOOD, "x")
    assert scenario.resolve_inputs({"who": "@ada"}) == {"app": "mail", "who": "@ada"}
    assert scenario.resolve_inputs({"who": None, "app": 3}) == {"app": 3, "who": None}


def test_a_scenario_without_inputs_says_so() -> None:
    with pytest.raises(Invalid, match="expected no input, for this scenario has none, got an unknown input"):
        load_scenario("name: a\nsteps: [{advance: 1}]", "x").resolve_inputs({"a": 1})


def test_inputs_that_are_missing_or_unknown_are_told_together() -> None:
    with pytest.raises(Invalid) as refusal:
        load_scenario(GOOD, "x").resolve_inputs({"ap": "mail"})
    assert [str(problem) for problem in refusal.value.problems] == [
        "$.ap: expected one of app, who, got an unknown input (did you mean 'app'?)",
        "$.who: expected a value, for there is no default (The owner who starts it), got nothing",
    ]


def test_every_problem_is_told_at_once_where_it_stands() -> None:
    assert problems_of(
        """\
        name: motar/broken
        sumary: A typo
        start: yesterday
        inputs:
          app: {defualt: mail}
        steps:
          - id: start
            action: motar.start_ato_requst
            with: {app: $inputs.ap}
            outputs: {request_id: $response.body#/id}
          - id: start
            expect: delivry
            where: {status: 2x, body: {a: {matches: "("}}}
            within: soon
          - await: /plugin/v1/ato/status
            where: {body: {requestId: $steps.strat.outputs.id, other: $steps.start.outputs.request}}
          - awiat: POST /x
          - action: motar.hand_off
            advance: 5
          - advance: $response.body
            advance: 1
        """,
        schema=SCHEMA,
    ) == [
        '2:1: $.sumary: expected one of the keys "name", "summary", "tags", "seed", "start", "fixtures", "settings", '
        '"inputs", "outputs", "mode", "rules", "steps", got the key "sumary" (did you mean \'summary\'?)',
        '3:1: $.start: expected a date and time with time zone such as "2025-01-31T09:30:00Z", got "yesterday"',
        '5:9: $.inputs.app.defualt: expected one of the keys "default", "description", "type", got the key '
        "\"defualt\" (did you mean 'default'?)",
        "8:5: $.steps[0].action: expected the name of an action, got 'motar.start_ato_requst' "
        "(did you mean 'motar.start_ato_request'?)",
        "9:12: $.steps[0].with.app: expected an input of this scenario (app), got 'ap' in $inputs.ap "
        "(did you mean 'app'?)",
        "11:5: $.steps[1].id: expected an id that no other step has, got 'start', which step 1 has already",
        '12:5: $.steps[1].expect: expected one of "delivery", "document", got "delivry" (did you mean \'delivery\'?)',
        "13:13: $.steps[1].where.status: expected a status such as 404 or '4xx', got \"2x\"",
        "13:36: $.steps[1].where.body.a.matches: expected a regular expression, but this is none (missing ), "
        'unterminated subpattern at position 0), got "("',
        "14:5: $.steps[1].within: expected a duration: seconds as a number (90), '90s', '25h', '1h30m', '2d', "
        "'500ms', or ISO 8601 ('PT1H30M'), got 'soon'",
        "15:5: $.steps[2].await: expected a method and a path, such as 'POST /plugin/v1/ato/status', "
        "got '/plugin/v1/ato/status'",
        "16:20: $.steps[2].where.body.requestId: expected the id of an earlier step (start), got 'strat' in "
        "$steps.strat.outputs.id (did you mean 'start'?)",
        "16:56: $.steps[2].where.body.other: expected an output of step 'start' (request_id), got 'request' in "
        "$steps.start.outputs.request (did you mean 'request_id'?)",
        "17:5: $.steps[3]: expected one of the keys 'action', 'expect', 'await', 'call', 'send', "
        "'fault', 'advance', 'settle', 'verify', 'include', got 'awiat' (did you mean 'await'?)",
        "19:5: $.steps[4].advance: expected one kind of step, and this is already 'action', got 'advance' as well",
        '21:5: $.steps[5].advance: expected every key once, got "advance" again; it stands on line 20 already',
    ]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        ("await: PSOT /x", "$.steps[1].await: expected a method and a path, such as 'POST /plugin/v1/ato/status', got "
            "'PSOT /x' (did you mean 'POST'?)"),
        ("await: POST x", "where the path begins with /"),
        ("await: POST /x?code=1", "without query"),
        ("await: POST", "where the path begins with /"),
        ("{await: POST /x, where: {path: /y}}", "$.steps[1].where.path: expected nothing, for that is what an await"),
        ("{expect: delivery, where: {kind: delivery}}", "$.steps[1].where.kind: expected nothing"),
        ("{await: POST /x, within: -1}", "$.steps[1].within: expected a duration that is not negative, got -1"),
        ("advance: 200y", "$.steps[1].advance: expected a duration"),
        ("advance: $inputs.wait", "expected an input of this scenario, and there is none"),
        ("{action: $inputs.x}", "expected the name of an action, written out"),
        ("{action: a, with: {x: $steps.later.outputs.y}}", "expected a step before this one, got "
            "$steps.later.outputs.y, which is step 3"),
        ("{id: me, action: a, with: {x: $steps.me.outputs.y}}", "this step itself"),
        ("{action: a, with: {x: $response.body}}", "only outputs of a step can refer to what came"),
        ("{advance: 1, outputs: {x: $statusCode}}", "nothing comes of an advance"),
        ("{action: a, with: {x: $100}}", "'$100', which is none. Expressions look like"),
        ("{verify: {}, count: 1, at_most: 2}", "$.steps[1].at_most: expected nothing beside 'count'"),
        ("{verify: {}, at_least: 3, at_most: 2}", "expected at least as many as 'at_least', 3, got 2"),
        ("{verify: {}, count: -1}", "$.steps[1].count: expected a whole number, at least 0"),
        ("{verify: {body: {type: error}}}", "a field that is called 'type' is found by contains: {type: ..}"),
        ("{action: a, id: a b}", "$.steps[1].id: expected a string"),
        ("call: GET x", "where the path begins with /"),
        ("call: GET ftp://x/", "where the path begins with /"),
        ("call: FETCH /x", "expected a method and a path"),
        ("{call: GET /x, body: {}, text: a}", "$.steps[1].text: expected one body, and this call has 'body' already"),
        ("{call: GET /x, where: {status: 2x}}", "$.steps[1].where.status: expected a status such as 404 or '4xx'"),
        ("{call: GET /x, where: {path: /x}}", "$.steps[1].where.path: expected one of the keys"),
        ("{call: GET /x, files: {f: {name: a}}}", "$.steps[1].files.f.content: expected a string, got nothing"),
        ("{fault: {wire: rest}}", "did you mean 'reset'"),
        ("{fault: {}}", "$.steps[1].fault: expected something that goes wrong"),
        ("{fault: {status: 500, colour: red}}", "$.steps[1].fault.colour"),
        ("{await: GET /x, respond: {status: 99}}", "$.steps[1].respond.status: expected a whole number"),
        ("{await: GET /x, respond: {delay: 6m}}", "$.steps[1].respond.delay: expected at most 300 seconds, got '6m'"),
        ("{await: GET /x, respond: {delay: soon}}", "$.steps[1].respond.delay: expected a duration"),
        ("{await: GET /x, respond: {body: 1, text: a}}", "$.steps[1].respond.text: expected one body"),
        ("{await: GET /x, respond: {body: $response.body}}", "only outputs of a step can refer to what came"),
        ("{await: GET /x, outputs: {x: $response.cookie.a}}", "only the one who calls has cookies"),
        ("{call: GET /x, outputs: {x: $request.cookie.a}}", "only the one who calls has cookies"),
        ("send: POST /x", "expected a method and a whole URL"),
        ("{send: POST http://x, body: 1, text: a}", "$.steps[1].text: expected one body"),
        ("include: Not A Name", "$.steps[1].include: expected a string"),
        ("include: $inputs.x", "$.steps[1].include: expected a string"),
        ("expect: document", "$.steps[1].of: expected a string, got nothing"),
        ("{expect: document, of: a, where: {a: {matches: (}}}", "$.steps[1].where.a.matches: expected a regular"),
        ("{action: a, returns: {a: {type: text}}}", "$.steps[1].returns"),
        ("settle: soon", "$.steps[1].settle: expected a duration"),
        ("{settle: 1, outputs: {x: $statusCode}}", "nothing comes of a settle"),
        ("{action: a, expect_error: {matches: (}}", "$.steps[1].expect_error.matches: expected a regular expression"),
        ("{}", "$.steps[1]: expected one of the keys 'action'"),
        ("just words", "$.steps[1]: expected an object"),
        ("{1: 2}", "$.steps[1]"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_performed_is_refused(step: str, told: str) -> None:
    text = (
        f"name: a\nsteps:\n  - {{id: first, action: a}}\n  - {step}\n  - {{id: later, action: a, outputs: {{y: 1}}}}\n"
    )
    assert told in problems_of(text)[0]


@pytest.mark.parametrize("text", ["", "[]", "42", "steps: 3", "name: a\nsteps: []", "{", "steps: [[]]", "inputs: [1]"])
def test_what_is_no_scenario_at_all_is_refused(text: str) -> None:
    assert problems_of(text)


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (
            "{action: motar.start_ato_request, with: {appp: $inputs.a}}",
            '4:46: $.steps[0].with.appp: expected one of the keys "app", "plugin", "package_name", "by", '
            "got the key \"appp\" (did you mean 'app'?)",
        ),
        (
            "{action: motar.start_ato_request, with: {by: 5}}",
            "4:46: $.steps[0].with.by: expected a string or null, got 5",
        ),
        (
            "{action: motar.sign_in, with: {user: x, decision: alow}}",
            '4:45: $.steps[0].with.decision: expected one of "allow", "cancel", got "alow" (did you mean \'allow\'?)',
        ),
        ("action: motar.sign_in", "4:5: $.steps[0].with.user: expected a string, got nothing"),
    ],
)
def test_arguments_that_an_action_does_not_take_are_told_before_anything_runs(step: str, told: str) -> None:
    assert problems_of(f"name: a\ninputs: {{a: 1}}\nsteps:\n  - {step}\n", schema=SCHEMA) == [told]


@pytest.mark.parametrize(
    "step",
    [
        "{action: motar.sign_in, with: {user: $inputs.a, decision: $inputs.a, visit: $inputs.a}}",
        "{action: motar.create_app, with: {owners: [$inputs.a]}}",
        "{action: motar.create_app, with: {owners: $inputs.a}}",
        "{action: motar.sign_in, with: {usr: 5}, expect_error: true}",
    ],
)
def test_arguments_that_will_be_known_later_or_are_wrong_on_purpose_are_not_judged_before(step: str) -> None:
    text = f"name: a\ninputs: {{a: 1}}\nsteps:\n  - {step}\n"
    assert isinstance(load_scenario(text, "x", schema=SCHEMA), Scenario)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (
            "steps: [{expect: document, of: motar.requests}]",
            "2:28: $.steps[0].of: expected the name of a collection, got 'motar.requests' "
            "(did you mean 'motar.ato_requests'?)",
        ),
        (
            "fixtures: [motar/quickstart, motar/quikstart]",
            "2:30: $.fixtures[1]: expected a fixture that ships, or a file, got 'motar/quikstart' "
            "(did you mean 'motar/quickstart'?)",
        ),
        (
            "settings: {moter: {expires_in: 1d}}",
            '2:12: $.settings.moter: expected one of the keys "core", "motar", "akana", "os1", '
            "got the key \"moter\" (did you mean 'motar'?)",
        ),
        (
            "settings: {motar: {expire_in: 1d}}",
            "2:20: $.settings.motar",
        ),
    ],
)
def test_what_the_platforms_do_not_have_is_told_before_anything_runs(line: str, told: str) -> None:
    steps = "" if line.startswith("steps") else "\nsteps: [{advance: 1}]"
    (problem,) = problems_of(f"name: a\n{line}{steps}\n", schema=SCHEMA)
    assert problem.startswith(told)
    assert load_scenario(f"name: a\n{line}{steps}\n", "x")


@pytest.mark.parametrize(
    "line", ["fixtures: [elsewhere/mine.yaml, motar/quickstart]", "settings: {core: {strict: true}}"]
)
def test_files_of_elsewhere_and_settings_that_there_are_are_let_through(line: str) -> None:
    assert load_scenario(f"name: a\n{line}\nsteps: [{{advance: 1}}]\n", "x", schema=SCHEMA)


def test_the_default_of_an_input_is_of_its_type() -> None:
    told = problems_of("name: a\ninputs: {n: {default: 5, type: string}}\nsteps: [{advance: 1}]")
    assert told == ["2:14: $.inputs.n.default: expected a value of the input's type, string, got 5"]


@pytest.mark.parametrize(
    "step",
    [
        "await: POST /x/{$inputs.a}/{id}",
        "{await: GET /x, where: {status: $inputs.a, body: {x: {matches: $inputs.a}, y: {type: $inputs.a}}}}",
        "{await: GET /x, within: $inputs.a}",
        "advance: $inputs.a",
        "settle: $inputs.a",
        "{call: 'GET /x/{$inputs.a}?y=1', as: $inputs.a, headers: {a: $inputs.a}, where: {status: $inputs.a}}",
        "call: GET {$inputs.a}/x",
        "{action: a, expect_error: {contains: $inputs.a}}",
        "{verify: {status: {gte: 200, lt: $inputs.a}}, at_most: 0}",
    ],
)
def test_what_an_expression_will_say_is_not_judged_before(step: str) -> None:
    scenario = load_scenario(f"name: a\ninputs: {{a: 1}}\nsteps:\n  - {step}\n", "x")
    assert isinstance(scenario, Scenario)


def test_what_an_expression_says_is_judged_when_it_is_known() -> None:
    scenario = load_scenario("name: a\ninputs: {a: 1}\nsteps: [{verify: {body: {matches: $inputs.a}}}]", "x")
    (step,) = scenario.steps
    assert isinstance(step, VerifyStep)
    assert step.verify.bound(Scope(inputs={"a": "^x"}), kind="inbound").body == {"matches": "^x"}
    with pytest.raises(Invalid, match="regular expression"):
        step.verify.bound(Scope(inputs={"a": "("}))


def test_what_a_step_asks_for_at_length_is_one_line_of_a_terminal() -> None:
    text = """
name: t/long
steps:
- expect: delivery
  where: {method: PUT, path: /hook, body: {companyName: Skyline Training, appName: Flight Deck Trainer}}
  id: hook
  outputs: {tenant: $request.body#/a, body-id: $request.body#/b}
- await: GET /developer/{$steps.hook.outputs.tenant}/onboarding/{$steps.hook.outputs.body-id}
- {expect: document, of: motar.ato_requests, where: {status: completed, app_name: Flight Deck Trainer, id: 1234567}}
- {verify: {path: /plugin/v1/ato/status, body: {requestId: 0123456789abcdef0123456789abcdef}}, at_most: 1}
"""
    assert [step.heading for step in load_scenario(text, "x").steps] == [
        'Expect a delivery PUT /hook with body.companyName "Skyline Training", …',
        "Wait for GET /developer/{tenant}/onboarding/{body-id}",
        'Expect one of motar.ato_requests with status "completed", app_name "Flight Deck Trainer", …',
        'Check that /plugin/v1/ato/status with body.requestId "0123456789abcdef… came at most once',
    ]
