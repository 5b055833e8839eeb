"""Bad input to a governed portal, line by line: a clear error, and nothing changed."""

from __future__ import annotations

import pytest

from tests.akana.portal import AMY, CSRF, DORA, EVE, SID, Portal, refused
from tests.akana.test_workflow_files import GOOD, upload
from tests.akana.workflow.written import action, call, functions, goes, restrict, step, workflow

FILES = [
    ("broken XML", GOOD.replace("</workflow>", "</workfow>"), ("1:", "workfow")),
    ("an end that is missing", GOOD.replace("</workflow>", ""), ("workflow",)),
    ("another root", "<workflows/>", ("<workflow>", "<workflows>")),
    ("an unknown element", GOOD.replace("<results>", "<reslts/><results>", 1), ("<reslts>", "did you mean 'results'?")),
    ("an attribute that is missing", GOOD.replace(' name="@Create"', ""), ("name",)),
    ("a step that is no number", GOOD.replace('step="10"', 'step="ten"'), ("ten",)),
]


@pytest.mark.parametrize(("xml", "words"), [each[1:] for each in FILES], ids=[each[0] for each in FILES])
def test_a_file_that_is_no_workflow_is_not_uploaded(portal: Portal, xml: str, words: tuple[str, ...]):
    before = portal.snapshot()
    told = refused(upload(portal, xml), 400, "InvalidInput").lower()
    for word in words:
        assert word.lower() in told, told
    assert portal.snapshot() == before


CALLS = [
    ("no argument", call("function", "cloneAllAPIContracts"), ("cloneAllAPIContracts", "EnvFrom")),
    ("one of two", call("function", "cloneAllAPIContracts", EnvFrom="Sandbox"), ("EnvTo",)),
    (
        "a value outside the list",
        call("function", "activateAllAPIContractsInEnvironment", Environment="Live"),
        ("Environment", "Sandbox", "Production", "Live"),
    ),
    ("a template nobody has", call("function", "sendNotification", notificationType="x", role="AppAdmin"), ("x",)),
    ("a role that gets none", call("function", "sendNotification", notificationType="x", role="Admin"), ("role",)),
    ("a function nobody has", call("function", "deleteAppVersoin"), ("deleteAppVersoin", "Did you mean")),
    ("a script", call("function", "runScript", script="1"), ("runScript", "--extension")),
]


@pytest.mark.parametrize(("function", "words"), [each[1:] for each in CALLS], ids=[each[0] for each in CALLS])
def test_a_call_that_cannot_be_made_fails_the_whole_action(portal: Portal, function: str, words: tuple[str, ...]):
    inside = f"<pre-functions>{call('function', 'log', message='before')}{function}</pre-functions>"
    portal.upload(workflow(step(10, action(11, "run", inside))))
    version = portal.new_app(workflow="own")
    before = portal.snapshot()
    answer = portal[AMY].send("POST", f"/api/apps/versions/{version}/action", json={"ActionName": "run"})
    assert answer.status_code == 400, answer.text
    told = answer.json()["faultstring"]
    for word in words:
        assert word in told, told
    assert portal.snapshot() == before


def test_a_refusal_names_each_condition_that_failed_and_no_other(portal: Portal):
    asks = restrict(
        "AND",
        call("condition", "authorizeByAtmosphereRole", role="AppAdmin"),
        call("condition", "atleastOneValidAPIContractInEnvironment", Environment="Sandbox"),
        call("condition", "isAppTeamMemberUserLeaderOfAnyOtherGroup"),
    )
    portal.upload(workflow(step(10, action(11, "run", asks))))
    version = portal.new_app(workflow="own")
    before = portal.snapshot()
    body = {"ActionName": "run"}
    told = refused(
        portal[AMY].send("POST", f"/api/apps/versions/{version}/action", json=body), 403, "ActionNotAvailable"
    )
    assert "atleastOneValidAPIContractInEnvironment(Environment=Sandbox) is false" in told
    assert "isAppTeamMemberUserLeaderOfAnyOtherGroup is false" in told
    assert "authorizeByAtmosphereRole" not in told
    assert portal.snapshot() == before


@pytest.mark.parametrize(
    ("who", "body", "status", "code", "words"),
    [
        (AMY, {"ActionName": "review.ak"}, 400, "InvalidAction", ("review.ak", "Did you mean 'review.ask'?")),
        (DORA, {"ActionName": "review.ask"}, 403, "ActionNotAvailable", ("role=AppAdmin) is false",)),
        (EVE, {"ActionName": "review.ask"}, 403, "NotAuthorized", ("eve may not see",)),
        (AMY, {"Action": "review.ask"}, 400, "InvalidInput", ("ActionName",)),
        (AMY, {"ActionName": "review.ask", "Comments": 1}, 400, "InvalidInput", ("Comments",)),
        (AMY, {"ActionName": "review.ask", "UserID": "x"}, 403, "NotAuthorized", ("UserID",)),
    ],
)
def test_an_action_that_is_not_to_be_done(
    portal: Portal, who: str, body: dict[str, object], status: int, code: str, words: tuple[str, ...]
):
    ask = restrict("AND", call("condition", "authorizeByAtmosphereRole", role="AppAdmin"))
    portal.upload(workflow(step(10, action(11, "review.ask", ask))))
    version = portal.new_app(workflow="own")
    assert portal[who].id
    before = portal.snapshot()
    refused(portal[who].send("POST", f"/api/apps/versions/{version}/action", json=body), status, code, *words)
    assert portal.snapshot() == before


def test_what_was_deleted_is_not_there_for_anybody_any_more(portal: Portal):
    delete = functions("pre", "deleteAppVersion")
    portal.upload(workflow(step(10, action(11, "@Delete", delete, goes(20))), step(20)))
    version = portal.new_app(workflow="own")
    url = f"/api/apps/versions/{version}"
    portal[AMY].do("DELETE", url)
    before = portal.snapshot()
    for method, path, body in (
        ("GET", "", None),
        ("PUT", "", {"Description": "x"}),
        ("DELETE", "", None),
        ("POST", "/action", {"ActionName": "@Delete"}),
        ("PUT", "/secret", None),
        ("GET", "/permissions", None),
        ("GET", "/board", None),
    ):
        for who in (AMY, SID):
            refused(portal[who].send(method, url + path, json=body), 404, "NotFound", version)
    refused(portal[AMY].get(f"/api/workflow/objects/{version}/actions"), 404, "NotFound")
    assert portal.snapshot() == before


@pytest.mark.parametrize("token", ["", "nonsense", "an older one's"])
def test_a_stale_csrf_token_changes_nothing(portal: Portal, token: str):
    amy = portal[AMY]
    version = portal.new_app()
    if token == "an older one's":
        token = amy.http.headers[CSRF]
        assert amy.http.post("/api/login/renewToken").status_code == 200
    before = portal.snapshot()
    answer = amy.send("PUT", f"/api/apps/versions/{version}", json={"Description": "x"}, headers={CSRF: token})
    refused(answer, 401, "InvalidCsrfToken", CSRF)
    assert portal.snapshot() == before
