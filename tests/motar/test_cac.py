"""The CAC plugin's call: what it takes, what it stores, and who may make it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.motar.helpers import accepted, basic, bearer, last_violations, plugin_basic, refused, tokens_for
from tests.support import Live

PATH = "/plugin/v1/cac/associate"
REPORT = {
    "dn": "CN=MARSH.OLIVIA.1234567890,OU=USAF,OU=PKI,OU=DoD,O=U.S. Government,C=US",
    "edipi": "1234567890",
    "email": "olivia@skyline.example",
    "transactionId": "a-transaction",
}


def associate(world: Live, headers: dict[str, str] | None = None, **changes: Any) -> httpx2.Response:
    """Report a person as the fixture's plugin, with some fields changed or (...) left out."""
    body = {name: value for name, value in {**REPORT, **changes}.items() if value is not ...}
    return world.http.post(PATH, json=body, headers=plugin_basic(world) if headers is None else headers)


def test_what_is_reported_is_stored_and_shown(world: Live):
    accepted(associate(world))
    assert last_violations(world) == {}
    assert world.journal(kind="inbound")[-1]["authenticated_by"] == "basic"
    assert world.act("motar.view_cac_associations")["associations"] == [
        {**REPORT, "user": "@olivia", "plugin": "Harbor ATO", "at": "2026-01-01T00:00:00.000Z"}
    ]
    (document,) = world.documents("motar.cac_associations")
    assert (document["edipi"], document["user"]) == (REPORT["edipi"], world.user("@olivia")["id"])


def test_a_mail_address_of_nobody_is_stored_all_the_same(world: Live):
    accepted(associate(world, email="nobody@elsewhere.example"))
    assert world.act("motar.view_cac_associations")["associations"][0]["user"] is None


def test_reported_again_a_transaction_is_replaced_and_told(world: Live):
    accepted(associate(world))
    world.control.post("clock/advance", json={"by": "1m"})
    accepted(associate(world, edipi="0987654321"))
    assert last_violations(world).keys() == {"body.transactionId"}
    (shown,) = world.act("motar.view_cac_associations")["associations"]
    assert (shown["edipi"], shown["at"]) == ("0987654321", "2026-01-01T00:01:00.000Z")


def test_associations_are_shown_by_plugin_and_transaction(world: Live):
    for n in range(3):
        accepted(associate(world, transactionId=f"t{n}"))
    for arguments, expected in (
        ({}, ["t0", "t1", "t2"]),
        ({"transaction_id": "t1"}, ["t1"]),
        ({"transaction_id": "none"}, []),
        ({"plugin": "Harbor ATO"}, ["t0", "t1", "t2"]),
        ({"plugin": "Harbor ATO", "transaction_id": "t2"}, ["t2"]),
    ):
        shown = world.act("motar.view_cac_associations", **arguments)["associations"]
        assert [each["transactionId"] for each in shown] == expected
    assert world.try_act("motar.view_cac_associations", plugin="Nobody's").status_code == 404


@pytest.mark.parametrize("field", list(REPORT))
@pytest.mark.parametrize(
    ("value", "code", "words"),
    [(..., "4001", "is missing"), (None, "4005", "got null"), (17, "4005", "got 17"), ("", "4005", "at least 1")],
)
def test_each_field_is_a_text_and_there(world: Live, field: str, value: object, code: str, words: str):
    told = refused(associate(world, **{field: value}), 400, code, field)
    assert words in told
    assert world.documents("motar.cac_associations") == []


def test_a_field_nobody_documents_is_told_with_what_was_meant(world: Live):
    accepted(associate(world, rank="Capt"))
    assert last_violations(world).keys() == {"body.rank"}
    refused(associate(world, transactionId=..., transactionID="x"), 400, "4001", "did you mean transactionId?")


@pytest.mark.parametrize("edipi", ["123456789", "12345678901", "123456789x", "\uff11" * 10])
def test_an_edipi_that_is_none_is_told(world: Live, edipi: str):
    accepted(associate(world, edipi=edipi))
    assert last_violations(world).keys() == {"body.edipi"}


def test_a_strict_world_refuses_what_is_otherwise_told(new_world: Callable[..., Live]):
    world = new_world(settings={"core": {"strict": True}})
    refused(associate(world, edipi="1"), 400, "4003", "ten digits")
    assert world.documents("motar.cac_associations") == []
    accepted(associate(world))


def test_only_the_plugins_own_basic_will_do(world: Live):
    plugin, token = world.plugin, tokens_for(world)["access_token"]
    for headers, code in (
        ({}, "4016"),
        (bearer(token), "4011"),
        ({"authorization": token}, "4011"),
        ({"authorization": "Basic !!!"}, "4011"),
        ({"authorization": basic(plugin["client_id"], "wrong")}, "4011"),
        ({"authorization": basic("iok-cid-nobody", plugin["client_secret"])}, "4011"),
        ({"authorization": basic("@olivia", "offline")}, "4011"),
    ):
        refused(associate(world, headers), 401, code)
    assert world.documents("motar.cac_associations") == []


def test_an_inactive_plugin_reports_nothing(world: Live):
    world.act("motar.deactivate_plugin")
    refused(associate(world), 401, "4013", "motar.activate_plugin")


def test_without_prefix_the_client_id_leads_to_its_world(new_world: Callable[..., Live], server: str):
    for world in (new_world(), new_world()):
        accepted(httpx2.post(server + PATH, json=REPORT, headers=plugin_basic(world), trust_env=False))
        assert len(world.documents("motar.cac_associations")) == 1


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (rb'{"dn": "\ud800"}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"dn=x", "application/x-www-form-urlencoded"),
    ],
    ids=lambda each: repr(each[:20]),
)
def test_rubbish_is_refused(world: Live, body: bytes, content_type: str):
    answer = world.http.post(PATH, content=body, headers={**plugin_basic(world), "content-type": content_type})
    refused(answer, 400, "4005" if body else "4001")
