"""Rules beside the script: what sets them off, how often, and in which state."""

from __future__ import annotations

import httpx2
import pytest

from mockserver.app import load_platforms, schema_of
from mockserver.errors import InvalidFile, Refused
from mockserver.scenarios import load_scenario, story
from tests.scenarios.test_scenario_runner import Theatre, call, play
from tests.support import PLAIN, toy_server_running

SCHEMA = schema_of(load_platforms())
ERROR = call("/alert", {"kind": "error", "id": 7})
INFO = call("/alert", {"kind": "info", "id": 8})


def head(*rules: str) -> str:
    return "rules:\n" + "\n".join(f"  - {rule}" for rule in rules)


def done(theatre: Theatre) -> list[object]:
    return [(name, dict(arguments)) for name, arguments in theatre.acted if name != "go"]


def perform(theatre: Theatre, *rules: str, waits: int = 1) -> object:
    steps = "  - action: go\n" + "  - {await: POST /alert, within: 1s}\n" * waits
    report = play(steps, theatre, head=head(*rules))
    assert report.outcome == "passed", story(report)
    return report


def test_whenever_it_happens_it_is_done_with_what_came() -> None:
    theatre = Theatre(script={"go": [ERROR, INFO, ERROR]})
    report = perform(
        theatre,
        "{title: Cancel, when: {path: /alert, body: {kind: error}}, "
        "do: [{action: cancel, with: {id: $request.body#/id}}]}",
        waits=3,
    )
    assert done(theatre) == [("cancel", {"id": 7}), ("cancel", {"id": 7})]
    assert report.rules == {"Cancel": 2}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("bounds", "times"),
    [("", 4), (", times: 1", 1), (", after: 1", 3), (", after: 1, times: 2", 2), (", after: 9", 0)],
)
def test_a_rule_can_wait_and_can_be_spent(bounds: str, times: int) -> None:
    theatre = Theatre(script={"go": [ERROR] * 4})
    perform(theatre, f"{{when: {{path: /alert}}, do: [{{action: cancel}}]{bounds}}}", waits=4)
    assert len(done(theatre)) == times


def test_rules_take_turns_by_the_state_they_share() -> None:
    theatre = Theatre(script={"go": [ERROR] * 5})
    perform(
        theatre,
        "{when: {path: /alert}, state: '', then: open, do: [{action: first}]}",
        "{when: {path: /alert}, state: open, then: shut, do: [{action: second}]}",
        "{when: {path: /alert}, state: shut, then: open, do: [{action: third}]}",
        waits=5,
    )
    assert [name for name, _ in theatre.acted[1:]] == ["first", "second", "third", "second", "third"]


def test_what_a_rule_does_can_set_off_another_but_not_for_ever() -> None:
    theatre = Theatre(script={"go": [ERROR]})
    perform(theatre, "{when: {path: /alert}, do: [{action: a}]}", "{when: {path: a}, do: [{action: b}]}")
    assert [name for name, _ in theatre.acted] == ["go", "a", "b"]
    endless = Theatre(script={"go": [ERROR]})
    report = play(
        "  - action: go\n  - {await: POST /alert, within: 1s}\n",
        endless,
        head=head("{when: {kind: action, path: a}, do: [{action: a}]}", "{when: {path: /alert}, do: [{action: a}]}"),
    )
    assert report.outcome == "failed"
    assert "set each other off 20 times in a row" in "\n".join(story(report))


def test_a_webhook_can_be_sent_and_an_action_that_is_refused_fails_the_run() -> None:
    theatre = Theatre(script={"go": [ERROR]}, results={"cancel": Refused("It is over.")})
    report = play(
        "  - action: go\n  - {await: POST /alert, within: 1s}\n",
        theatre,
        head=head("{when: {path: /alert}, do: [{send: POST http://p.test/, body: {n: 1}}, {action: cancel}]}"),
    )
    assert theatre.sent == [("POST", "http://p.test/", {"content-type": "application/json"}, '{"n":1}')]
    assert report.outcome == "failed"
    assert "A rule could not do what it should: It is over." in "\n".join(story(report))


def test_rules_end_with_the_run() -> None:
    theatre = Theatre(script={"go": [ERROR]})
    perform(theatre, "{when: {path: /alert}, do: [{action: cancel}]}")
    assert theatre.listeners == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("{do: []}", "$.rules[0].when"),
        ("{when: {kind: outbound}}", "$.rules[0].when.kind"),
        ("{when: {}, do: [{await: GET /x}]}", "$.rules[0].do[0]: expected one of the keys 'action', 'send'"),
        ("{when: {}, do: [{action: motar.cancel_ato_rquest}]}", "did you mean 'motar.cancel_ato_request'"),
        (
            "{when: {}, do: [{action: motar.cancel_ato_request, with: {by: $inputs.no}}]}",
            "expected an input of this scenario",
        ),
        ("{when: {}, times: 0}", "$.rules[0].times: expected a whole number, at least 1"),
        ("{when: {}, do: [{send: /x}]}", "$.rules[0].do[0].send: expected a method and a path"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused(rule: str, told: str) -> None:
    with pytest.raises(InvalidFile) as refusal:
        load_scenario(f"name: a\nrules: [{rule}]\nsteps: [{{advance: 1}}]", "x", schema=SCHEMA)
    assert told in str(refusal.value)


def test_on_a_server_studio_cancels_as_soon_as_the_plugin_raises_an_error() -> None:
    text = """
name: rules/cancelled
start: 2026-01-01T09:00:00Z
rules:
  - title: An alert of type error makes Olivia cancel
    when: {kind: inbound, path: /plugin/v1/ato/alert, body: {type: error, title: {type: string}}, status: 200}
    times: 1
    do:
      - action: motar.cancel_ato_request
        with: {request: $request.body#/requestId}
steps:
  - id: plugin
    action: motar.configure_plugin
    outputs:
      id: $response.body#/client_id
      secret: $response.body#/client_secret
      back: $response.body#/redirect_uris/0
  - {id: start, action: motar.start_ato_request, outputs: {request: $response.body#/request_id}}
  - {id: in, action: motar.sign_in, with: {user: "@olivia"}, outputs: {code: $response.body#/code}}
  - id: token
    call: POST /oauth/token
    form:
      grant_type: authorization_code
      code: $steps.in.outputs.code
      client_id: $steps.plugin.outputs.id
      client_secret: $steps.plugin.outputs.secret
      redirect_uri: $steps.plugin.outputs.back
    outputs: {token: $response.body#/access_token}
  - call: POST /plugin/v1/ato/alert
    headers: {authorization: "Bearer {$steps.token.outputs.token}"}
    body:
      {requestId: $steps.start.outputs.request, title: Down, text: It fails, type: error, status: action-required,
       providerId: a1}
  - expect: document
    of: motar.ato_requests
    where: {id: $steps.start.outputs.request, cancelled: {type: string}}
"""
    with toy_server_running(fixture=("motar/quickstart",)) as url:
        report = httpx2.post(f"{url}/_mock/worlds/default/runs", json={"text": text}, timeout=20, **PLAIN).json()
    assert report["outcome"] == "passed", [line for step in report["steps"] for line in step["details"]]
    assert report["rules"] == {"An alert of type error makes Olivia cancel": 1}
