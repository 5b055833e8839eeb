"""Sixty-four clients at once, on one world and on as many worlds: every answer right, nothing lost or doubled."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import httpx2

from tests.support import Live

CLIENTS, CALLS = 64, 12


async def client_of(url: str, name: str) -> list[tuple[str, str]]:
    """Write notes, read each back, and be refused in between; answers (id, text) of what was written."""
    written = []
    async with httpx2.AsyncClient(base_url=url, trust_env=False, timeout=60) as client:
        for n in range(CALLS):
            text = f"{name}/{n}"
            then = ("", "refuse", "reject", "violate")[n % 4]
            answer = await client.post("/toy/notes", params={"then": then}, content=text)
            if then in ("refuse", "reject"):
                assert (answer.status_code, answer.json()) == (
                    400,
                    {"toy": "remembered" if then == "refuse" else "undone"},
                )
                continue
            assert answer.status_code == 200
            note = answer.json()["id"]
            found = (await client.get(f"/toy/notes/{note}")).json()
            assert (found["id"], found["text"]) == (note, text)
            written.append((note, text))
    return written


def kept() -> int:
    """How many of a client's notes stay: all but those whose request was undone."""
    return sum(n % 4 != 2 for n in range(CALLS))


def test_sixty_four_clients_on_one_world(toy_world: Live):
    async def all_at_once() -> list[list[tuple[str, str]]]:
        return await asyncio.gather(*(client_of(toy_world.url, f"client-{n}") for n in range(CLIENTS)))

    told = [pair for each in asyncio.run(all_at_once()) for pair in each]
    notes = {each["id"]: each["text"] for each in toy_world.documents("toy.notes")}

    # Nothing doubled, nothing lost: every number was given out once, every text is there once.
    assert len({note for note, _ in told}) == len(told)
    assert sorted(notes) == sorted(f"note-{n}" for n in range(1, CLIENTS * kept() + 1))
    assert set(Counter(notes.values()).values()) == {1}
    assert {note: notes[note] for note, _ in told} == dict(told)
    # Each request is in the journal, once and in order; with each note went a webhook and a timer.
    ids = [each["id"] for each in toy_world.journal(view="summary", kind="inbound", limit=10_000)]
    assert len(ids) == CLIENTS * (CALLS + sum(n % 4 in (0, 3) for n in range(CALLS)))
    assert ids == sorted(set(ids))
    counts = toy_world.control.get("documents").json()["collections"]
    assert counts["core.deliveries"] == counts["core.timers"] == len(notes)


def test_sixty_four_clients_on_sixty_four_worlds(new_toy_world: Callable[..., Live]):
    worlds = [new_toy_world() for _ in range(CLIENTS)]

    async def all_at_once() -> list[list[tuple[str, str]]]:
        return await asyncio.gather(*(client_of(world.url, world.name) for world in worlds))

    for world, told in zip(worlds, asyncio.run(all_at_once()), strict=True):
        notes = {each["id"]: each["text"] for each in world.documents("toy.notes")}
        assert sorted(notes) == sorted(f"note-{n}" for n in range(1, kept() + 1))
        assert all(text.startswith(f"{world.name}/") for text in notes.values())
        assert {note: notes[note] for note, _ in told} == dict(told)
