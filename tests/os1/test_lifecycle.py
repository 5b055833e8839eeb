"""The lives of apps and solutions: every arrow, every command and role, the other spellings, what holds back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockserver.platforms.os1.transitions import APP_TRANSITIONS, SOLUTION_TRANSITIONS, SPELLINGS, Transition
from tests.os1.helpers import (
    CONTAINERS,
    CONTAINERS_NEXT,
    GATES,
    SOLUTION_TO_LIVE,
    TO_LIVE,
    YARD,
    YARD_NEXT,
    Os1,
    refused,
)

PEOPLE = {
    "developer": "@dev",
    "developer-admin": "@asha",
    "organization-owner": "@omar",
    "product-admin": "@paul",
    "publisher": "@pia",
    "member": "@mina",
}

WAYS = {
    "DEVELOPMENT": (),
    "DRAFT": (),
    "IN_TECH_REVIEW": ("SUBMIT_FOR_TECH_REVIEW",),
    "TECH_REVIEW": ("SUBMIT_FOR_TECH_REVIEW",),
    "READY_TO_PUBLISH": ("SUBMIT_FOR_TECH_REVIEW", "APPROVE_TECH_REVIEW"),
    "INTERNAL_PUBLISH_REVIEW": (
        *("SUBMIT_FOR_TECH_REVIEW", "APPROVE_TECH_REVIEW"),
        "SUBMIT_FOR_INTERNAL_PUBLISH_REVIEW",
    ),
    "MARKETPLACE_PUBLISH_REVIEW": (
        *("SUBMIT_FOR_TECH_REVIEW", "APPROVE_TECH_REVIEW"),
        "SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW",
    ),
    "LIVE": (
        *("SUBMIT_FOR_TECH_REVIEW", "APPROVE_TECH_REVIEW"),
        *("SUBMIT_FOR_INTERNAL_PUBLISH_REVIEW", "APPROVE_INTERNAL_PUBLISH"),
    ),
}


def in_state(os1: Os1, version: str, state: str, table: tuple[Transition, ...]) -> None:
    """Bring a version that is at its beginning to a state, each step by somebody who may."""
    if version == YARD_NEXT and state == "LIVE":
        os1.move(GATES, *TO_LIVE[2:])
    for command in WAYS[state]:
        roles = next(each.roles for each in table if each.command == command)
        os1.move(version, (PEOPLE[roles[0]], command))


def state_of(os1: Os1, version: str) -> str:
    kind, name = ("solutions", "phase") if version == YARD_NEXT else ("apps", "status")
    told = os1.get("@paul", f"/developer/{kind}/versions/{version}")
    return str(told[name])


ARROWS = [(CONTAINERS_NEXT, APP_TRANSITIONS, each) for each in APP_TRANSITIONS]
ARROWS += [(YARD_NEXT, SOLUTION_TRANSITIONS, each) for each in SOLUTION_TRANSITIONS]


@pytest.mark.parametrize(("version", "table", "arrow"), ARROWS, ids=lambda each: getattr(each, "command", ""))
def test_each_arrow_is_taken_by_each_role_that_may_and_by_no_other(
    version: str, table: tuple[Transition, ...], arrow: Transition, os1: Os1
):
    in_state(os1, version, arrow.state, table)
    if arrow.to == "LIVE" and version == YARD_NEXT:
        os1.move(GATES, *TO_LIVE[2:])
    for role, user in PEOPLE.items():
        if role not in arrow.roles:
            refused(os1.command(user, version, arrow.command), 403, arrow.command, arrow.roles[0])
            assert state_of(os1, version) == arrow.state

    answer = os1.command(PEOPLE[arrow.roles[-1]], version, arrow.command)

    assert answer.status_code == (204 if version == YARD_NEXT else 200), answer.text
    assert state_of(os1, version) == arrow.to


@pytest.mark.parametrize("state", ["DEVELOPMENT", "IN_TECH_REVIEW", "READY_TO_PUBLISH", "LIVE"])
def test_a_command_that_leads_nowhere_from_here_names_those_that_do(state: str, os1: Os1):
    in_state(os1, CONTAINERS_NEXT, state, APP_TRANSITIONS)
    possible = [each.command for each in APP_TRANSITIONS if each.state == state]
    for transition in APP_TRANSITIONS:
        if transition.command not in possible:
            user = PEOPLE[transition.roles[0]]
            info = refused(os1.command(user, CONTAINERS_NEXT, transition.command), 400, state, *possible)
            assert info["commands"] == possible
    assert state_of(os1, CONTAINERS_NEXT) == state


@pytest.mark.parametrize(("spelling", "command"), SPELLINGS.items())
def test_other_spellings_of_commands_do_the_same(spelling: str, command: str, os1: Os1):
    arrow = next(each for each in APP_TRANSITIONS if each.command == command)
    in_state(os1, CONTAINERS_NEXT, arrow.state, APP_TRANSITIONS)
    assert os1.command("@paul", CONTAINERS_NEXT, spelling).json()["status"] == arrow.to


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"action": "SUBMIT_FOR_TECH_REVEIW"}, "Did you mean SUBMIT_FOR_TECH_REVIEW?"),
        ({"action": "PUBLISH"}, "is no command"),
        ({}, "action is missing"),
        ({"action": 1}, "expected a string"),
        ([], "expected an object"),
    ],
)
def test_what_is_no_command_is_told(body: object, words: str, os1: Os1):
    answer = os1.call("@asha", "PUT", f"/developer/apps/versions/{GATES}/states", json=body)
    refused(answer, 400, words)


def test_strangers_and_unknown_versions(os1: Os1):
    refused(os1.command("@lars", GATES, "SUBMIT_FOR_INTERNAL_PUBLISH_REVIEW"), 403, "Yardworks")
    refused(os1.command("@asha", "appversion:none", "DEPRECIATE"), 404, "appversion:none")
    refused(os1.command("@asha", "solutionversion:none", "DEPRECIATE"), 404, "solutionversion:none")


@pytest.mark.parametrize(("rules", "status"), [("none", 200), ("guide", 400)])
def test_one_version_of_an_app_is_in_review_at_a_time(rules: str, status: int, new_os1: Callable[..., Os1]):
    os1 = new_os1(version_rules="none")
    app = os1.get("@asha", "/developer/apps", listingId="containers")["appId"]
    made = os1.call("@asha", "POST", f"/developer/apps/{app}/versions", json={"version": "1.2.0"})
    os1.world.control.put("settings", json={"os1": {"version_rules": rules}})
    os1.move(CONTAINERS_NEXT, TO_LIVE[0])

    answer = os1.command("@asha", made.json()["id"], "SUBMIT_FOR_TECH_REVIEW")

    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(("rules", "live"), [("guide", 2), ("reference", 1)])
def test_how_many_versions_may_be_live(rules: str, live: int, new_os1: Callable[..., Os1]):
    os1 = new_os1(version_rules=rules)
    os1.move(CONTAINERS_NEXT, *TO_LIVE[:3])
    answer = os1.command("@paul", CONTAINERS_NEXT, "APPROVE_MARKETPLACE_PUBLISH")
    if live == 1:
        refused(answer, 400, "containers has 1.0.0 LIVE already", "DEPRECIATE")
        os1.move(CONTAINERS, ("@paul", "DEPRECIATE"))
        answer = os1.command("@paul", CONTAINERS_NEXT, "APPROVE_MARKETPLACE_PUBLISH")
    assert answer.status_code == 200


@pytest.mark.parametrize(("rules", "status"), [("guide", 400), ("reference", 400), ("none", 201)])
def test_when_another_version_may_be_added(rules: str, status: int, new_os1: Callable[..., Os1]):
    os1 = new_os1(version_rules=rules)
    app = os1.get("@asha", "/developer/apps", listingId="containers")["appId"]
    answer = os1.call("@asha", "POST", f"/developer/apps/{app}/versions", json={"version": "1.2.0"})
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(("rules", "status"), [("guide", 201), ("reference", 400)])
def test_a_version_after_one_that_is_ready_to_publish(rules: str, status: int, new_os1: Callable[..., Os1]):
    os1 = new_os1(version_rules=rules)
    app = os1.get("@asha", "/developer/apps", listingId="gates")["appId"]
    answer = os1.call("@asha", "POST", f"/developer/apps/{app}/versions", json={"version": "1.0.0"})
    assert answer.status_code == status, answer.text


def test_the_first_approval_brings_production_credentials(os1: Os1):
    app = os1.get("@lars", "/developer/apps", listingId="lanemap")["appId"]
    refused(os1.call("@lars", "GET", f"/developer/apps/{app}/credentials"), 400, "no production credentials")
    version = "appversion:lanemap-draft"
    os1.move(version, ("@lars", "SUBMIT_FOR_TECH_REVIEW"), ("@paul", "APPROVE_TECH_REVIEW"))
    told = os1.get("@lars", f"/developer/apps/{app}/credentials")["data"]
    assert told["environment"] == "production"
    assert os1.get("@lars", "/developer/apps", listingId="lanemap")["isSubscriptionCredentialsAvailable"]


def test_a_solution_is_live_when_all_its_apps_are(os1: Os1):
    os1.move(YARD_NEXT, *SOLUTION_TO_LIVE[:3])
    info = refused(os1.command("@paul", YARD_NEXT, "APPROVE_INTERNAL_PUBLISH"), 400, "gates 0.9.0")
    assert [each["nextCommand"] for each in info["blockers"]] == ["SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW"]
    assert state_of(os1, YARD_NEXT) == "INTERNAL_PUBLISH_REVIEW"
    assert os1.get("@asha", f"/developer/solutions/versions/{YARD}")["phase"] == "LIVE"
