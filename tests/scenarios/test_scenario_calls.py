"""Scenarios that call by themselves, on a real server."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.support import PLAIN, toy_server_running


@pytest.fixture(scope="module")
def server():
    with toy_server_running(fixture=("motar/quickstart",)) as url:
        yield url


@pytest.fixture
def play(server: str):
    """Run steps in a world of their own; answers the report."""
    with httpx2.Client(base_url=f"{server}/_mock/", **PLAIN) as control:
        world = control.post("worlds", json={"clock": {"mode": "frozen"}}).json()["name"]

        def run(steps: str, **body: Any) -> dict[str, Any]:
            text = f"name: calls\ninputs: {{url: x}}\nsteps:\n{steps}"
            answer = control.post(f"worlds/{world}/runs", json={"text": text, **body})
            assert answer.status_code == 200, answer.text
            return {**answer.json(), "journal": control.get(f"worlds/{world}/journal").json()["exchanges"]}

        yield run
        control.delete(f"worlds/{world}")


def details(report: dict[str, Any]) -> list[str]:
    return [line for step in report["steps"] for line in step["details"]]


def test_a_call_to_a_path_reaches_the_world_of_the_run_and_is_journalled(play) -> None:
    report = play(
        """
  - id: plugin
    action: motar.configure_plugin
    outputs:
      id: $response.body#/client_id
      secret: $response.body#/client_secret
      back: $response.body#/redirect_uris/0
  - action: motar.start_ato_request
  - id: in
    action: motar.sign_in
    with: {user: "@olivia"}
    outputs: {code: $response.body#/code}
  - id: token
    call: POST /oauth/token
    form:
      grant_type: authorization_code
      code: $steps.in.outputs.code
      client_id: $steps.plugin.outputs.id
      client_secret: $steps.plugin.outputs.secret
      redirect_uri: $steps.plugin.outputs.back
    where: {status: 200, body: {access_token: {type: string}}}
    outputs: {token: $response.body#/access_token}
  - call: GET /oauth/token/validate
    headers: {authorization: "Bearer {$steps.token.outputs.token}"}
    where: {status: 200}
"""
    )
    assert report["outcome"] == "passed", details(report)
    calls = [each for each in report["journal"] if each["kind"] == "inbound"]
    assert [each["path"] for each in calls] == ["/oauth/token", "/oauth/token/validate"]
    assert [step["exchange"] for step in report["steps"][3:]] == [each["id"] for each in calls]


def test_each_person_has_cookies_of_their_own(play, httpserver: HTTPServer) -> None:
    seen = []

    def answer(request: Request) -> Response:
        seen.append((request.args.get("who"), request.headers.get("Cookie")))
        response = Response("{}", content_type="application/json")
        response.set_cookie("session", f"of-{request.args['who']}")
        return response

    httpserver.expect_request("/login").respond_with_handler(answer)
    report = play(
        """
  - {id: a, as: ada, call: "GET {$inputs.url}/login", query: {who: ada}, outputs: {c: $response.cookie.session}}
  - {id: b, as: bob, call: "GET {$inputs.url}/login", query: {who: bob}, outputs: {c: $response.cookie.session}}
  - {as: ada, call: "GET {$inputs.url}/login?who=ada"}
""",
        inputs={"url": httpserver.url_for("").rstrip("/")},
    )
    assert report["outcome"] == "passed", details(report)
    assert seen == [("ada", None), ("bob", None), ("ada", "session=of-ada")]
    assert [step["outputs"] for step in report["steps"][:2]] == [{"c": "of-ada"}, {"c": "of-bob"}]
    assert report["journal"] == []


def test_forms_files_and_texts_arrive_as_such(play, httpserver: HTTPServer) -> None:
    came = []

    def answer(request: Request) -> Response:
        came.append(
            (
                request.headers["Content-Type"].partition(";")[0],
                dict(request.form),
                {name: (file.filename, file.content_type, file.read()) for name, file in request.files.items()},
                request.get_data() if not request.form and not request.files else b"",
            )
        )
        return Response(status=201)

    httpserver.expect_request("/in", method="POST").respond_with_handler(answer)
    report = play(
        """
  - {call: "POST {$inputs.url}/in", form: {a: 1, b: [x, y], c: null, d: true}}
  - {call: "POST {$inputs.url}/in", form: {a: "1"}, files: {f: {name: w.xml, content: <w/>, type: text/xml}}}
  - {call: "POST {$inputs.url}/in", text: "<w/>", headers: {content-type: text/xml}, where: {status: 201}}
""",
        inputs={"url": httpserver.url_for("").rstrip("/")},
    )
    assert report["outcome"] == "passed", details(report)
    assert came == [
        ("application/x-www-form-urlencoded", {"a": "1", "b": "x", "d": "true"}, {}, b""),
        ("multipart/form-data", {"a": "1"}, {"f": ("w.xml", "text/xml", b"<w/>")}, b""),
        ("text/xml", {}, {}, b"<w/>"),
    ]


def test_redirects_are_shown_and_not_followed(play, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a").respond_with_data(status=302, headers={"location": "/b"})
    report = play(
        """
  - id: asked
    call: GET {$inputs.url}
    where: {status: 302}
    outputs: {to: $response.header.location}
""",
        inputs={"url": httpserver.url_for("/a")},
    )
    assert report["outcome"] == "passed", details(report)
    assert report["steps"][0]["outputs"] == {"to": "/b"}


def test_an_address_where_nobody_listens_fails_the_step_and_says_so(play) -> None:
    report = play("  - call: GET http://127.0.0.1:9/x\n")
    assert report["outcome"] == "failed"
    assert "GET http://127.0.0.1:9/x got no answer" in details(report)[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://0xA9FEA9FE/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://metadata/",
    ],
)
def test_no_call_goes_where_no_webhook_may_go(url: str, play) -> None:
    report = play(f"  - call: GET {url}\n")
    assert report["outcome"] == "failed"
    assert "nothing is sent to" in " ".join(details(report))
    assert "--allow-target" in " ".join(details(report))


def test_calls_elsewhere_are_mapped_as_webhooks_are_and_those_to_the_emulator_are_not(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hello", headers={"Host": "plugin.test:3000"}).respond_with_data("hi")
    rules = (f"plugin.test:3000=127.0.0.1:{httpserver.port}", "127.0.0.1=192.0.2.1")
    text = (
        "name: mapped\nsteps:\n"
        "  - call: GET http://plugin.test:3000/hello?a=b\n    within: 5s\n"
        "    where: {status: 200}\n"
        "  - call: GET /toy/whoami\n    within: 5s\n    where: {status: 200}\n"
    )
    with toy_server_running(map_host=rules) as url:
        answer = httpx2.post(f"{url}/_mock/worlds/default/runs", json={"text": text}, timeout=30, **PLAIN)
    assert answer.json()["outcome"] == "passed", answer.text


def test_a_refused_action_can_be_what_a_scenario_expects(play) -> None:
    report = play("  - {action: motar.hand_off, expect_error: true}\n  - settle: 5s\n")
    assert report["outcome"] == "passed", details(report)


def test_a_webhook_of_ones_own_goes_the_way_of_all_webhooks(play, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook", method="POST", json={"a": 1}).respond_with_data("no", status=401)
    report = play(
        """
  - {id: sent, send: "POST {$inputs.url}", body: {a: 1}, outputs: {id: $response.body#/delivery}}
  - {expect: delivery, where: {status: 401, path: /hook}}
  - {expect: document, of: core.deliveries, where: {id: $steps.sent.outputs.id, state: failed}}
""",
        inputs={"url": httpserver.url_for("/hook")},
    )
    assert report["outcome"] == "passed", details(report)


def test_a_scenario_of_the_library_can_be_included(play, server: str) -> None:
    inner = """
name: calls/inner
inputs: {app: {type: string}}
steps:
  - {id: a, action: motar.start_ato_request, with: {app: $inputs.app}, outputs: {id: $response.body#/request_id}}
  - {expect: document, of: motar.ato_requests, where: {id: $steps.a.outputs.id}, within: 1s}
outputs: {request: $steps.a.outputs.id}
"""
    httpx2.post(f"{server}/_mock/scenarios", json={"text": inner}).raise_for_status()
    report = play(
        """
  - {id: one, include: calls/inner, with: {app: Flight Deck Trainer}, outputs: {id: $response.body#/request}}
  - {action: motar.view_progress, with: {request: $steps.one.outputs.id}, returns: {status: not-started}}
"""
    )
    assert report["outcome"] == "passed", details(report)
    assert len(report["steps"][0]["steps"]) == 2


def test_a_scenario_that_is_not_there_cannot_be_included(server: str) -> None:
    text = "name: a\nsteps: [{include: motar/ato-happy-pat}]"
    answer = httpx2.post(f"{server}/_mock/worlds/default/runs", json={"text": text})
    assert answer.status_code == 404
    assert "Did you mean 'motar/ato-happy-path'?" in answer.json()["detail"]


def test_the_runs_of_a_world_that_never_was_are_no_empty_list(server: str) -> None:
    assert httpx2.get(f"{server}/_mock/worlds/nowhere/runs", **PLAIN).status_code == 404
    assert httpx2.get(f"{server}/_mock/worlds/default/runs", **PLAIN).status_code == 200
