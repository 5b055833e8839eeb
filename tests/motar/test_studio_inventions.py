"""What people would have to invent, and what they may not: names, handles, versions, URIs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.motar.helpers import (
    action_refused,
)
from tests.support import Live


def invent(world: Live) -> list[Any]:
    made = [world.act("motar.register_organization") for _ in range(2)]
    people = [world.act("motar.create_user", organization=made[0]["name"], role="owner") for _ in range(3)]
    app = world.act("motar.create_app", organization=made[0]["name"])
    return [made, people, app]


def test_invented_names_are_the_same_for_the_same_world_and_seed(new_world: Callable[..., Live]):
    first = new_world(name="invented", seed=7, fixtures=[])
    made = invent(first)
    first.control.post("reset", json={})
    assert invent(first) == made
    first.drop()
    assert invent(new_world(name="invented", seed=7, fixtures=[])) == made


def test_invented_names_differ_between_seeds_and_worlds(new_world: Callable[..., Live]):
    made = [
        invent(new_world(name=name, seed=seed, fixtures=[])) for name, seed in (("one", 1), ("two", 1), ("three", 2))
    ]
    assert len({each[0][0]["name"] for each in made}) == 3
    assert len({each[1][0]["id"] for each in made}) == 3


def test_inventing_one_thing_never_shifts_another(new_world: Callable[..., Live]):
    plain = new_world(name="shift", seed=3, fixtures=[])
    wanted = plain.act("motar.create_user")
    plain.control.post("reset", json={})
    plain.act("motar.register_organization")
    assert plain.act("motar.create_user") == wanted


def test_invented_people_are_whole(empty: Live):
    user = empty.act("motar.create_user")
    assert user["handle"].startswith("@")
    assert user["first_name"]
    assert user["last_name"]
    assert re.fullmatch(r"[a-z.]+@example\.(com|net|org)", user["email"])
    assert user["phone"].startswith("+1-555-01")
    assert user["password"]
    assert empty.act("motar.register_organization")["phone"] is None


def test_two_people_of_one_name_get_two_handles(empty: Live):
    handles = [empty.act("motar.create_user", first_name="Ann", last_name="Lee")["handle"] for _ in range(3)]
    assert handles == ["@ann.lee", "@ann.lee2", "@ann.lee3"]


def test_invented_handles_and_mails_are_plain_whatever_the_name(empty: Live):
    user = empty.act("motar.create_user", first_name="Zoë Ann", last_name="O'Hára")
    assert user["handle"] == "@zoeann.ohara"
    assert user["email"].startswith("zoeann.ohara@example.")
    assert empty.act("motar.create_user", first_name="李", last_name="明")["handle"] == "@user.user"


@pytest.mark.parametrize("handle", ["two words", "@", "@two@signs", "@line\nbreak"])
def test_what_cannot_be_a_handle_is_refused(empty: Live, handle: str):
    action_refused(empty.try_act("motar.create_user", handle=handle), "cannot be a handle", hint="@olivia")


@pytest.mark.parametrize("uri", ["nonsense", "javascript:alert(1)", "", "https://a b/"])
def test_what_cannot_be_a_reports_uri_is_refused(world: Live, uri: str):
    world.act("motar.start_ato_request")
    action_refused(world.try_act("motar.set_report", report_uri=uri), "cannot be a report's URI")
    assert world.act("motar.view_progress")["report_uri"] is None


@pytest.mark.parametrize("origin", ["https://x\r\nevil: 1", "☃", " x"])
def test_what_cannot_be_in_a_header_is_refused(world: Live, origin: str):
    world.act("motar.start_ato_request")
    action_refused(world.try_act("motar.forge_webhook", origin=origin), "cannot be sent in a header")
    answer = world.control.put("settings", json={"motar": {"origin_mark": origin}})
    assert answer.status_code == 400
    assert "origin_mark" in answer.text


def test_a_distribution_gets_the_next_free_version(world: Live):
    versions = [world.act("motar.create_distribution")["version"] for _ in range(2)]
    world.act("motar.create_distribution", version="6.0.0")
    assert [*versions, world.act("motar.create_distribution")["version"]] == ["3.0.0", "4.0.0", "7.0.0"]
