"""The journal over HTTP: reading, waiting, verifying."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx2
import pytest

from tests.control.test_worlds_api import problem_of
from tests.support import Live, toy_server_running


@pytest.fixture
def told(toy_world: Live) -> Live:
    """A world in which a few things happened."""
    toy_world.http.post("/toy/notes", json={"a": 1, "b": {"c": "x"}})
    toy_world.http.get("/toy/notes/note-1", params={"q": "1"})
    toy_world.http.get("/toy/notes/nothing")
    toy_world.settle()
    toy_world.act("toy.write", text="t")
    toy_world.control.post("clock/advance", json={"by": 1})
    return toy_world


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"kind": "action"}, "action"),
        ({"kind": "delivery"}, "delivery"),
        ({"kind": "clock"}, "clock"),
        ({"method": "get"}, "GET"),
        ({"path": "/toy/notes/{id}"}, "GET"),
        ({"path": "/toy/notes/{id}", "status": "404"}, "404"),
        ({"status": "2xx", "kind": "inbound"}, "2xx"),
        ({"after": 5}, [6]),
        ({"after": 99}, []),
        ({"limit": 2}, [1, 2]),
        ({"after": 2, "limit": 2}, [3, 4]),
        ({"path": "/nowhere"}, []),
    ],
)
def test_the_journal_is_filtered(query: dict[str, Any], ids: Any, told: Live):
    found = told.journal(**query)
    expected = {
        "action": lambda each: each["kind"] == "action",
        "delivery": lambda each: each["kind"] == "delivery",
        "clock": lambda each: each["kind"] == "clock",
        "GET": lambda each: each.get("method") == "GET",
        "404": lambda each: each.get("status") == 404,
        "2xx": lambda each: each["kind"] == "inbound" and each["status"] == 200,
    }
    if isinstance(ids, str):
        ids = [each["id"] for each in told.journal() if expected[ids](each)]
        assert ids
    assert [each["id"] for each in found] == ids


@pytest.mark.parametrize(
    "query",
    [
        {"kind": "inbuond"},
        {"after": "-1"},
        {"after": "²"},
        {"after": "x"},
        {"after": "9" * 30},
        {"limit": "0"},
        {"limit": "10001"},
        {"view": "fll"},
        {"status": "6xx"},
        {"knid": "action"},
    ],
)
def test_a_query_that_is_none_is_refused(query: dict[str, str], toy_world: Live):
    assert problem_of(toy_world.control.get("journal", params=query), 400)["problems"]


def test_the_three_views(told: Live):
    full = told.journal()[0]
    assert full["request"]["body"] == {"a": 1, "b": {"c": "x"}}
    assert full["response"]["body"] == {"id": "note-1"}
    assert full["route"] == "POST /toy/notes"
    assert full["addressed_by"] == "prefix"
    assert {"wall", "seconds", "at", "url"} <= set(full)
    summary = told.journal(view="summary")[0]
    assert summary == {
        "id": 1,
        "kind": "inbound",
        "what": "POST /toy/notes",
        "status": 200,
        "error": None,
        "at": "2026-01-01T00:00:00.000Z",
    }
    canonical = told.journal(view="canonical")[0]
    assert not {"wall", "seconds", "id"} & set(canonical)
    assert "user-agent" not in canonical["request"]["headers"]


def test_forgetting_goes_on_counting(told: Live):
    last = told.control.get("journal").json()["last_id"]
    assert told.control.delete("journal").status_code == 204
    assert told.journal() == []
    told.http.get("/toy/whoami")
    assert [each["id"] for each in told.journal()] == [last + 1]


def wait(world: Live, **body: Any) -> httpx2.Response:
    return world.control.post("journal/wait", json=body)


def test_what_has_happened_is_not_waited_for(told: Live):
    answer = wait(told, match={"method": "GET", "path": "/toy/notes/{id}"}, count=2, timeout=0)
    assert answer.status_code == 200
    assert answer.json()["matched"] == 2
    assert [each["path"] for each in answer.json()["exchanges"]] == ["/toy/notes/note-1", "/toy/notes/nothing"]


def test_several_wait_and_each_gets_what_it_waits_for(toy_world: Live):
    async def story() -> list[httpx2.Response]:
        async with httpx2.AsyncClient(base_url=toy_world.control.base_url, trust_env=False, timeout=20) as client:
            body = {"match": {"path": "/toy/notes/{id}"}, "timeout": 10}
            waiting = [asyncio.create_task(client.post("journal/wait", json={**body, "count": n})) for n in (1, 2, 2)]
            done: set[Any] = set()
            for n in range(2):
                await asyncio.to_thread(toy_world.http.get, f"/toy/notes/{n}")
                done, _ = await asyncio.wait(waiting, timeout=0.3 if n == 0 else 5)
            assert len(done) == 3
            return [task.result() for task in waiting]

    assert [answer.json()["matched"] for answer in asyncio.run(story())] in ([1, 2, 2], [2, 2, 2])


def test_what_does_not_come_is_told_with_what_came_instead(told: Live):
    match = {"method": "POST", "path": "/toy/notes", "body": {"a": 2, "b": {"c": "x"}}}
    problem = problem_of(wait(told, match=match, count=2, timeout=0.05), 408)
    assert problem["matched"] == 0
    assert "0 of 2" in problem["detail"]
    assert "body.a 2" in problem["detail"]
    nearest = problem["near_misses"][0]
    assert nearest["id"] == 1
    assert [(each["field"], each["expected"], each["got"]) for each in nearest["differences"]] == [("body.a", "2", "1")]


@pytest.mark.parametrize("how", ["reset", "drop", "restore"])
def test_whoever_waits_on_a_world_that_ends_is_told(how: str, toy_world: Live):
    async def story() -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=toy_world.control.base_url, trust_env=False, timeout=20) as client:
            waiting = asyncio.create_task(client.post("journal/wait", json={"match": {"path": "/never"}}))
            await asyncio.sleep(0.1)
            if how == "reset":
                await client.post("reset")
            elif how == "drop":
                await client.delete(str(client.base_url).rstrip("/"))
            else:
                snapshot = (await client.get("snapshot")).json()
                assert (await client.put("snapshot", json=snapshot)).status_code == 200
            return await waiting

    problem = problem_of(asyncio.run(story()), 410)
    assert "was " in problem["detail"]


def test_whoever_waits_when_the_server_closes_is_told_at_once():
    answers: list[httpx2.Response] = []

    async def story(client: httpx2.AsyncClient, closing: asyncio.Event) -> None:
        waits = [
            asyncio.create_task(client.post("worlds/default/journal/wait", json={"timeout": 30, "count": 99}))
            for _ in range(3)
        ]
        await asyncio.sleep(0.2)
        closing.set()
        answers.extend(await asyncio.gather(*waits))

    async def main() -> None:
        closing = asyncio.Event()
        manager = toy_server_running()
        url = manager.__enter__()
        async with httpx2.AsyncClient(base_url=f"{url}/_mock", trust_env=False, timeout=20) as client:
            waiting = asyncio.create_task(story(client, closing))
            await closing.wait()
            started = time.perf_counter()
            await asyncio.to_thread(manager.__exit__, None, None, None)
            await waiting
            assert time.perf_counter() - started < 15

    asyncio.run(main())
    for answer in answers:
        assert problem_of(answer, 503)["title"] == "Closing"


@pytest.mark.parametrize(
    "body",
    [
        {"match": {"path": 1}},
        {"match": {"pth": "/x"}},
        {"match": {"kind": "inbuond"}},
        {"match": {"status": "9xx"}},
        {"match": {"body": {"matches": "("}}},
        {"count": 0},
        {"timeout": -1},
        {"timeout": 601},
        {"timeuot": 1},
    ],
)
def test_a_wait_that_is_none_is_refused(body: dict[str, Any], toy_world: Live):
    assert problem_of(toy_world.control.post("journal/wait", json=body), 400)["problems"]


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        ({}, 200),
        ({"count": 2}, 200),
        ({"count": 1}, 422),
        ({"count": 3}, 422),
        ({"at_least": 2}, 200),
        ({"at_least": 3}, 422),
        ({"at_most": 2}, 200),
        ({"at_most": 1}, 422),
        ({"at_least": 1, "at_most": 3}, 200),
        ({"at_least": 3, "at_most": 1}, 422),
    ],
)
def test_how_often_something_happened_is_verified(limits: dict[str, int], status: int, told: Live):
    answer = told.control.post("journal/verify", json={"match": {"method": "GET"}, **limits})
    assert answer.status_code == status
    assert answer.json()["matched"] == 2
    if status == 422:
        assert len(problem_of(answer, 422)["exchanges"]) == 2


def test_that_something_never_happened_is_verified(told: Live):
    never = {"match": {"path": "/toy/never"}}
    assert told.control.post("journal/verify", json={**never, "count": 0}).json() == {"matched": 0}
    problem = problem_of(told.control.post("journal/verify", json=never), 422)
    assert problem["matched"] == 0
    assert problem["exchanges"] == []
    assert problem["detail"].startswith("Expected at least 1 of ")
    assert problem["detail"].endswith("found 0.")


def test_the_closest_near_misses_are_told_field_by_field(told: Live):
    match = {
        "kind": "inbound",
        "method": "POST",
        "path": "/toy/notes",
        "headers": {"content-type": "text/plain"},
        "body": {"a": 1, "b": {"c": "y"}, "d": True},
    }
    problem = problem_of(told.control.post("journal/verify", json={"match": match}), 422)
    nearest = problem["near_misses"][0]
    assert nearest["label"] == "POST /toy/notes -> 200"
    assert {each["field"] for each in nearest["differences"]} == {"headers.content-type", "body.b.c", "body.d"}
    assert 0 < nearest["score"] < 1


def test_what_led_nowhere_is_listed(toy_world: Live, toy_server: str):
    httpx2.get(f"{toy_server}/w/no-such-world/toy/whoami", trust_env=False)
    told = httpx2.get(f"{toy_server}/_mock/unaddressed", trust_env=False).json()
    assert told["count"] >= 1
    assert told["exchanges"][-1]["reason"].startswith("There is no world named 'no-such-world'.")
