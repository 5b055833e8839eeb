"""The OS1 client as a person runs it, against an emulator on a real port."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mockserver.reference_clients.os1 import main

ASHA = ("--user", "@asha", "--password", "offline")
NEXT, SOLUTION = "appversion:containers-next", "solutionversion:yard-one"
REVIEWER = ("--reviewer", "@paul", "--reviewer-password", "offline")


@pytest.fixture
def yard(new_world):
    return new_world(clock={"mode": "auto"}, fixtures=["os1/quickstart"])


@pytest.fixture
def os1(command, yard):
    """Runs the client in the world `yard`."""
    return lambda *words, who=ASHA: command(main, "--url", yard.url, *who, *words)


def test_it_runs_on_its_own():
    done = subprocess.run(
        [sys.executable, "-m", "mockserver.reference_clients.os1", "--help"], capture_output=True, text=True, check=True
    )
    assert "onboard" in done.stdout
    assert "OS1_PASSWORD" in done.stdout


def test_an_app_is_taken_to_live_and_onboarded(os1, yard):
    live = os1("live", NEXT, *REVIEWER)
    assert (live.exit_code, live.output.splitlines()[-1]) == (0, f"{NEXT} is LIVE")
    assert f"{NEXT} was IN_TECH_REVIEW: the reviewer gave APPROVE_TECH_REVIEW" in live.output

    onboarded = os1("onboard", NEXT, "--tenant", "globex", "--every", "0.05")
    assert (onboarded.exit_code, onboarded.output.splitlines()[-1]) == (0, f"{NEXT} is onboarded to globex")
    access = {"tenant": "globex", "roles": ["containers/container-sweeper"], "method": "delete"}
    assert yard.act("os1.ask_access", **access, path="/core/api/v1/containers")["allowed"]


def test_what_is_live_already_needs_no_command(os1, yard):
    assert os1("live", "appversion:containers-one", *REVIEWER).exit_code == 0
    assert [each["method"] for each in yard.journal(kind="inbound") if "/versions/" in each["path"]] == ["GET"]


def test_a_solution_goes_to_every_tenant_of_a_stack_and_is_waited_for(os1):
    done = os1("onboard", SOLUTION, "--stack", "shared", "--every", "0.05")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == f"{SOLUTION} is onboarded to acme, globex, pilot"


def test_a_tenant_that_has_not_got_it_is_named(os1, yard):
    yard.act("os1.set_tenant_down", tenant="globex")
    done = os1("onboard", SOLUTION, "--stack", "shared", "--every", "0.05")
    assert done.exit_code == 1
    assert f"{SOLUTION} could not be onboarded to globex" in done.output


def test_a_token_will_do_in_place_of_a_sign_in(os1, yard):
    token = yard.act("os1.issue_access_token", user="@asha")["access_token"]
    assert os1("onboard", SOLUTION, "--tenant", "globex", who=("--token", token)).exit_code == 0


def test_a_refusal_is_told_with_the_reason_and_without_what_was_sent(os1):
    gate = os1("onboard", NEXT, "--tenant", "globex")
    assert gate.exit_code == 1
    assert "HTTP 400: The production tenant globex takes LIVE versions only." in gate.output
    wrong = os1("onboard", NEXT, "--tenant", "globex", who=("--user", "@asha", "--password", "not-hers"))
    assert (wrong.exit_code, "HTTP 401" in wrong.output, "not-hers" in wrong.output) == (1, True, False)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("onboard", NEXT), "Say where"),
        (("onboard", NEXT, "--tenant", "a", "--stack", "b"), "Say where"),
        (("live", NEXT), "--reviewer"),
    ],
)
def test_wrong_usage_exits_2(words, told, os1):
    done = os1(*words)
    assert (done.exit_code, told in done.output) == (2, True)


def test_who_does_not_say_who_they_are_is_asked(os1):
    done = os1("onboard", NEXT, "--tenant", "globex", who=())
    assert (done.exit_code, "Say who you are" in done.output) == (2, True)


def test_an_app_that_cannot_come_to_live_is_told(os1, yard, command):
    paul = ("--user", "@paul", "--password", "offline")
    token = yard.act("os1.issue_access_token", user="@paul")["access_token"]
    answer = yard.http.put(
        "developer/apps/versions/appversion:locations-two/states",
        json={"action": "DEPRECIATE"},
        headers={"x-developerplatform-access": token},
    )
    assert answer.status_code == 200, answer.text
    done = os1("live", "appversion:locations-two", *REVIEWER, who=paul)
    assert (done.exit_code, "no command leads from there" in done.output) == (1, True)


def test_an_answer_of_something_else_than_os1_is_told_by_its_status(command, httpserver):
    httpserver.expect_request("/developer/auth/authorize").respond_with_data("<html>Bad Gateway", status=502)
    done = command(main, "--url", httpserver.url_for("/"), *ASHA, "onboard", NEXT, "--tenant", "globex")
    assert done.exit_code == 1
    assert "POST /developer/auth/authorize was answered with HTTP 502" in done.output


def test_nobody_who_answers_is_told(command):
    done = command(main, "--url", "http://127.0.0.1:9", *ASHA, "onboard", NEXT, "--tenant", "globex")
    assert done.exit_code == 1
    assert "nobody answered POST /developer/auth/authorize (ConnectError)" in done.output
