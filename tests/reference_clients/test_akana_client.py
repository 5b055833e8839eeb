"""The Akana client as two people run it, against an emulator on a real port."""

from __future__ import annotations

import pytest

from mockserver.reference_clients.akana import main

VERSION = ("Checkout", "1.0")


@pytest.fixture
def portal(new_world):
    return new_world(clock={"mode": "frozen"}, fixtures=["akana/business"])


@pytest.fixture
def akana(command, portal):
    """Runs the client in the world `portal`, as this person."""

    def run(person, *words):
        who = ("--email", f"{person}@lakeside.example", "--password", "offline")
        return command(main, "--url", portal.url, *who, *words)

    return run


def test_one_asks_and_another_approves(akana, portal):
    asked = akana("nina", "delete", *VERSION, "--comment", "Nobody pays at the till any more")
    assert (asked.exit_code, asked.output) == (0, "Checkout 1.0 waits for a Business Admin to approve its deletion\n")
    approved = akana("petra", "approve", *VERSION, "--comment", "Farewell")
    assert (approved.exit_code, approved.output) == (0, "Checkout 1.0 is deleted\n")
    assert [each for each in portal.documents("akana.app_versions") if each["name"] == "Checkout"] == []


def test_what_nobody_uses_is_deleted_at_once(akana, portal):
    portal.act("akana.create_app", name="Draft", by="nina@lakeside.example")
    done = akana("nina", "delete", "Draft", "1.0")
    assert (done.exit_code, done.output) == (0, "Draft 1.0 is deleted\n")


def test_there_is_nothing_to_approve_before_somebody_asked(akana):
    done = akana("petra", "approve", *VERSION)
    assert done.exit_code == 1
    assert "there is no deletion of Checkout 1.0 to approve; what you can do with it:" in done.output


def test_who_may_not_approve_is_told_what_akana_says(akana):
    akana("nina", "delete", *VERSION)
    done = akana("nina", "approve", *VERSION)
    assert (done.exit_code, "HTTP 403: nina is no admin of the business" in done.output) == (1, True)


def test_a_name_that_there_is_not_is_told_with_those_there_are(akana):
    done = akana("nina", "delete", "Chekout", "1.0")
    assert (done.exit_code, "there is no Chekout to be seen, only: Checkout" in done.output) == (1, True)


def test_a_wrong_password_is_told_without_it(akana, command, portal):
    who = ("--email", "nina@lakeside.example", "--password", "not-hers")
    done = command(main, "--url", portal.url, *who, "delete", *VERSION)
    assert (done.exit_code, "HTTP 401" in done.output, "not-hers" in done.output) == (1, True, False)
