"""The control API about worlds: every endpoint, what it answers, and how it says no."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from tests.support import Live


@pytest.fixture
def api(toy_server: str) -> Any:
    with httpx2.Client(base_url=f"{toy_server}/_mock", trust_env=False) as client:
        yield client


def problem_of(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer, after checking that it is one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


def test_health_says_ready(api: httpx2.Client):
    answer = api.get("health").json()
    assert answer["status"] == "ready"
    assert answer["version"]
    assert answer["worlds"] >= 1


def test_a_world_is_made_as_asked(api: httpx2.Client, toy_server: str):
    spec = {
        "name": "made-as-asked",
        "seed": 5,
        "clock": {"mode": "frozen", "now": "2030-01-01T00:00:00Z"},
        "fixtures": [],
        "settings": {"core": {"strict": True}},
    }
    answer = api.post("worlds", json=spec)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["seed"], made["fixtures"]) == ("made-as-asked", 5, [])
    assert made["base_url"] == f"{toy_server}/w/made-as-asked"
    assert made["clock"] == {"mode": "frozen", "now": "2030-01-01T00:00:00.000Z"}
    assert made["settings"]["core"]["strict"] is True
    assert api.get("worlds/made-as-asked").json() == made
    assert "made-as-asked" in [each["name"] for each in api.get("worlds").json()["worlds"]]
    assert api.delete("worlds/made-as-asked").status_code == 204
    problem_of(api.get("worlds/made-as-asked"), 404)


@pytest.mark.parametrize("body", [None, b"{}"])
def test_a_world_needs_nothing_said(body: bytes | None, api: httpx2.Client):
    answer = api.post("worlds", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
    assert answer.json()["name"].startswith("world-")
    api.delete(f"worlds/{answer.json()['name']}")


@pytest.mark.parametrize(
    ("spec", "path", "meant"),
    [
        ({"name": "No Name"}, "$.name", None),
        ({"naem": "x"}, "$.naem", "name"),
        ({"seed": "seven"}, "$.seed", None),
        ({"clock": {"mode": "frozn"}}, "$.clock.mode", "frozen"),
        ({"clock": {"now": "yesterday"}}, "$.now", None),
        ({"clock": "frozen"}, "$.clock", None),
        ({"settings": {"core": {"strct": True}}}, "$.core.strct", "strict"),
        ({"settings": {"croe": {}}}, "$.croe", "core"),
        ({"settings": {"core": None}}, "$.core", None),
        ({"settings": {"core": {"retry_webhooks_after": ["soon"]}}}, "$", None),
        ([], "$", None),
    ],
)
def test_a_world_that_cannot_be_made_is_explained(spec: Any, path: str, meant: str | None, api: httpx2.Client):
    count = api.get("health").json()["worlds"]
    problems = problem_of(api.post("worlds", json=spec), 400)["problems"]
    assert any(each["path"].startswith(path) for each in problems), problems
    if meant is not None:
        assert meant in [each["did_you_mean"] for each in problems]
    assert api.get("health").json()["worlds"] == count


@pytest.mark.parametrize("now", ["9999-12-31T23:59:59-12:00", "9500-01-01", "0001-01-01T00:00:00+14:00", "1969-12-31"])
def test_a_clock_outside_all_dates_is_refused(now: str, api: httpx2.Client, toy_world: Live):
    assert "A clock shows instants" in problem_of(api.post("worlds", json={"clock": {"now": now}}), 409)["detail"]
    problem_of(toy_world.control.put("clock", json={"now": now}), 409)


def test_a_fixture_that_is_none_is_explained(api: httpx2.Client):
    told = problem_of(api.post("worlds", json={"fixtures": ["motar/quickstrat"]}), 404)
    assert told["did_you_mean"] == "motar/quickstart"


def test_a_name_that_is_taken_is_a_conflict(api: httpx2.Client, toy_world: Live):
    told = problem_of(api.post("worlds", json={"name": toy_world.name}), 409)
    assert "reset" in told["hint"]


def test_default_is_reset_and_never_dropped(api: httpx2.Client):
    problem_of(api.delete("worlds/default"), 409)
    assert api.post("worlds/default/reset").status_code == 200


EACH = [
    ("GET", ""),
    ("DELETE", ""),
    ("POST", "/reset"),
    ("GET", "/snapshot"),
    ("GET", "/settings"),
    ("PUT", "/settings"),
    ("GET", "/clock"),
    ("PUT", "/clock"),
    ("POST", "/clock/advance"),
    ("POST", "/settle"),
    ("POST", "/actions/toy.write"),
    ("GET", "/documents"),
    ("GET", "/documents/toy.notes"),
    ("GET", "/documents/toy.notes/note-1"),
    ("GET", "/deliveries"),
    ("GET", "/deliveries/delivery-1"),
    ("POST", "/deliveries/delivery-1/redeliver"),
    ("GET", "/journal"),
    ("DELETE", "/journal"),
    ("POST", "/journal/wait"),
    ("POST", "/journal/verify"),
]


@pytest.mark.parametrize(("method", "path"), EACH)
def test_an_unknown_world_is_told_with_the_nearest(method: str, path: str, api: httpx2.Client, toy_world: Live):
    body = {"json": {}} if method in ("POST", "PUT") else {}
    told = problem_of(api.request(method, f"worlds/{toy_world.name}x{path}", **body), 404)
    assert told["did_you_mean"] == toy_world.name
    assert told["title"] == "Unknown world"


@pytest.mark.parametrize(
    ("method", "path"),
    [each for each in EACH if each[0] in ("POST", "PUT") and "reset" not in each[1] and "redeliver" not in each[1]]
    + [("PUT", "/snapshot")],
)
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", 400),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "application/json", 400),
        (b'{"by": NaN}', "application/json", 400),
        (b'{"by": 1e999}', "application/json", 400),
        (b'{"by": %s}' % (b"9" * 5000), "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"by=1", "application/x-www-form-urlencoded", 415),
        (b"x" * (16 * 1024 * 1024 + 1), "application/json", 413),
    ],
    ids=[
        "malformed",
        "no-utf8",
        "deep",
        "less-deep",
        "nan",
        "huge",
        "digits",
        "text",
        "plain",
        "no-type",
        "form",
        "large",
    ],
)
def test_a_body_that_is_none_is_refused(
    method: str, path: str, body: bytes, content_type: str, status: int, toy_world: Live
):
    before = toy_world.control.get("snapshot").content
    headers = {"Content-Type": content_type} if content_type else {}
    problem_of(toy_world.control.request(method, path[1:], content=body, headers=headers), status)
    assert toy_world.control.get("snapshot").content == before


def test_a_missing_body_is_told_where_one_is_needed(toy_world: Live):
    for method, path in (("PUT", "snapshot"), ("PUT", "settings"), ("POST", "journal/verify")):
        problem_of(toy_world.control.request(method, path), 400)


def test_a_charset_beside_the_type_is_no_matter(toy_world: Live):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert toy_world.control.post("settle", content=b"{}", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("worlds", "GET, HEAD, POST"),
        ("worlds/default/clock", "GET, HEAD, PUT"),
        ("worlds/default/journal", "DELETE, GET, HEAD"),
        ("health", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_and_every_right_one(path: str, taken: str, api: httpx2.Client):
    answer = api.request("PATCH", path)
    assert f"does not take PATCH; it takes {taken}." in problem_of(answer, 405)["detail"]
    assert answer.headers["allow"] == taken


def test_nothing_here_is_told(api: httpx2.Client):
    problem_of(api.get("wrolds"), 404)
    problem_of(api.get("worlds/default/nothing"), 404)


def test_reset_takes_everything_back(toy_world: Live):
    before = toy_world.control.get("snapshot").content
    toy_world.act("toy.write", text="a")
    answer = toy_world.control.post("reset")
    assert answer.status_code == 200
    assert answer.json()["name"] == toy_world.name
    assert toy_world.control.get("snapshot").content == before
    assert toy_world.journal() == []


def test_a_snapshot_reads_well_in_a_diff(toy_world: Live):
    toy_world.act("toy.write", text="a")
    one = toy_world.control.get("snapshot").text
    toy_world.act("toy.write", text="b")
    other = toy_world.control.get("snapshot").text
    assert one.endswith("}\n")
    changed = set(other.splitlines()) - set(one.splitlines())
    assert 3 <= len(changed) <= 10
    collections = json.loads(other)["collections"]
    assert list(collections) == sorted(collections)
    assert list(collections["toy.notes"][0]) == ["id", "text", "tags", "secret"]


def test_a_snapshot_comes_back_byte_by_byte_here_and_elsewhere(new_world: Callable[..., Live], httpserver: Any):
    world = new_world(clock={"mode": "frozen"}, settings={"motar": {"request_endpoint": httpserver.url_for("/")}})
    code = world.code()
    world.settle()
    world.http.post("/oauth/token", data={"code": code})
    saved = world.control.get("snapshot").content
    headers = {"Content-Type": "application/json"}
    assert world.control.put("snapshot", content=saved, headers=headers).status_code == 200
    assert world.control.get("snapshot").content == saved
    world.control.post("reset")
    assert world.control.get("snapshot").content != saved
    world.control.put("snapshot", content=saved, headers=headers)
    assert world.control.get("snapshot").content == saved
    world.drop()
    made = world.control.put("snapshot", content=saved, headers=headers)
    assert made.status_code == 200
    assert world.control.get("snapshot").content == saved


def test_a_broken_snapshot_is_told_and_changes_nothing(toy_world: Live):
    toy_world.act("toy.write", text="a")
    good = toy_world.control.get("snapshot").json()
    good["collections"]["toy.notes"][0]["text"] = 1
    good["collections"]["core.clock"][0]["now"] = "2026-01-01T00:00:00"
    before = toy_world.control.get("snapshot").content
    told = problem_of(toy_world.control.put("snapshot", json=good), 400)
    assert [each["path"] for each in told["problems"]] == [
        "$.collections['core.clock'][0].now",
        "$.collections['toy.notes'][0].text",
    ]
    assert toy_world.control.get("snapshot").content == before


def test_the_clock_is_read_and_set(toy_world: Live):
    assert toy_world.control.get("clock").json() == {"mode": "frozen", "now": "2026-01-01T00:00:00.000Z"}
    answer = toy_world.control.put("clock", json={"mode": "auto", "now": "2027-01-01T00:00:00"})
    assert answer.json() == {"mode": "auto", "now": "2027-01-01T00:00:00.000Z"}
    assert toy_world.control.put("clock", json={"mode": "frozen"}).json()["now"] == "2027-01-01T00:00:00.000Z"
    wall = toy_world.control.put("clock", json={"now": "wall"}).json()["now"]
    assert not wall.startswith("2027-01-01T00:00:00")
    told = problem_of(toy_world.control.put("clock", json={"mode": "lief"}), 400)
    assert told["problems"][0]["path"] == "$.mode"
    assert [each["name"] for each in toy_world.journal(kind="clock")] == ["set"] * 3


def test_settings_are_read_and_merged(toy_world: Live):
    assert toy_world.control.get("settings").json()["core"]["strict"] is False
    changed = toy_world.control.put("settings", json={"core": {"strict": True}}).json()
    assert changed["core"]["strict"] is True
    changed = toy_world.control.put("settings", json={"core": {"webhook_timeout": 3}}).json()
    assert changed["core"] == {**changed["core"], "strict": True, "webhook_timeout": 3.0}
    told = problem_of(toy_world.control.put("settings", json={"core": {"stirct": True, "webhook_timeout": 0}}), 400)
    assert {each["path"] for each in told["problems"]} == {"$.core.stirct", "$.core.webhook_timeout"}
    assert toy_world.control.get("settings").json() == changed


def test_actions_are_listed_with_the_schema_of_their_arguments(api: httpx2.Client):
    listed = {each["name"]: each for each in api.get("actions").json()["actions"]}
    assert "core.retry_delivery" not in listed
    write = listed["toy.write"]
    assert write["summary"] == "Write a note, and perhaps crash."
    assert write["arguments"]["properties"]["text"] == {"type": "string"}
    assert write["arguments"]["required"] == ["text"]
    assert all(each["summary"] and each["arguments"]["type"] == "object" for each in listed.values())


def test_an_action_is_run_and_answers_its_result(toy_world: Live):
    assert toy_world.act("toy.write", text="ü") == {"id": "note-1", "text": "ü", "tags": ["ü"], "secret": None}
    entry = toy_world.journal()[-1]
    assert (entry["kind"], entry["name"], entry["arguments"]) == ("action", "toy.write", {"text": "ü"})
    assert entry["result"]["id"] == "note-1"


def test_an_action_that_is_none_is_told_with_the_nearest(toy_world: Live):
    told = problem_of(toy_world.try_act("toy.wirte", text="a"), 404)
    assert told["did_you_mean"] == "toy.write"
    assert toy_world.journal()[-1]["error"].startswith("There is no action named 'toy.wirte'.")


@pytest.mark.parametrize(
    ("arguments", "paths"),
    [
        ({}, ["$.text"]),
        ({"text": 1, "crash": "x"}, ["$.text", "$.crash"]),
        ({"text": "a", "txet": "b"}, ["$.txet"]),
        ([], ["$"]),
        ("text", ["$"]),
        (None, ["$"]),
    ],
)
def test_bad_arguments_are_all_told_at_once(arguments: Any, paths: list[str], toy_world: Live):
    answer = toy_world.control.post(
        "actions/toy.write", content=json.dumps(arguments), headers={"Content-Type": "application/json"}
    )
    assert [each["path"] for each in problem_of(answer, 400)["problems"]] == paths
    assert toy_world.documents("toy.notes") == []


def test_an_action_that_breaks_is_our_fault_and_leaves_nothing(toy_world: Live):
    told = problem_of(toy_world.try_act("toy.write", text="a", crash=True), 500)
    assert "Traceback" not in json.dumps(told)
    assert toy_world.documents("toy.notes") == []
    assert toy_world.act("toy.write", text="b")["id"] == "note-1"


def test_documents_are_counted_listed_and_shown(toy_world: Live):
    toy_world.act("toy.write", text="a")
    collections = toy_world.control.get("documents").json()["collections"]
    assert collections["toy.notes"] == 1
    assert list(collections) == sorted(collections)
    note = {"id": "note-1", "text": "a", "tags": ["a"], "secret": None}
    assert toy_world.documents("toy.notes") == [note]
    assert toy_world.control.get("documents/toy.notes/note-1").json() == note
    problem_of(toy_world.control.get("documents/toy.notes/note-2"), 404)
    assert problem_of(toy_world.control.get("documents/toy.ntoes"), 404)["did_you_mean"] == "toy.notes"


def test_a_key_with_slashes_is_found(new_world: Callable[..., Live]):
    world = new_world(clock={"mode": "frozen"})
    world.code()
    consent = world.documents("motar.consents")[0]
    assert "/" in consent["id"]
    assert world.control.get(f"documents/motar.consents/{consent['id'].replace('$', '%24')}").json() == consent


def test_deliveries_are_listed_shown_and_sent_again(toy_world: Live):
    toy_world.act("toy.send", url="http://127.0.0.1:9/hook", body="b")
    toy_world.settle()
    listed = toy_world.control.get("deliveries").json()["deliveries"]
    assert [(each["id"], each["state"], each["attempts"]) for each in listed] == [("delivery-1", "failed", 1)]
    shown = toy_world.control.get("deliveries/delivery-1").json()
    assert shown["request"]["body"] == "b"
    assert shown["attempts"][0]["n"] == 1
    assert shown["attempts"][0]["response"] is None
    told = problem_of(toy_world.control.get("deliveries/delivery-2"), 404)
    assert told["did_you_mean"] == "delivery-1"
    problem_of(toy_world.control.post("deliveries/delivery-2/redeliver"), 404)
    assert toy_world.control.post("deliveries/delivery-1/redeliver").json()["id"] == "delivery-2"


def test_what_is_under_way_is_not_sent_again(toy_world: Live):
    toy_world.act("toy.send", url="http://127.0.0.1:9/hook", retry_after=[60])
    toy_world.settle()
    told = problem_of(toy_world.control.post("deliveries/delivery-1/redeliver"), 409)
    assert told["detail"] == "delivery-1 is still waiting."
