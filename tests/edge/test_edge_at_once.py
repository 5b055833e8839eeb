"""Many requests at once: state changes one at a time, whatever the clients do."""

from __future__ import annotations

import asyncio
from collections import Counter

import httpx2

from tests.support import Live


def test_two_hundred_exchanges_of_one_code_yield_one_token(world: Live, server: str):
    plugin = world.plugin
    form = {
        "grant_type": "authorization_code",
        "code": world.code(),
        "redirect_uri": plugin["redirect_uris"][0],
        "client_id": plugin["client_id"],
        "client_secret": plugin["client_secret"],
    }

    async def all_at_once() -> list[tuple[int, str | None]]:
        async with httpx2.AsyncClient(
            base_url=server, trust_env=False, limits=httpx2.Limits(max_connections=50), timeout=30
        ) as client:
            answers = await asyncio.gather(*(client.post("/oauth/token", data=form) for _ in range(200)))
        return [(each.status_code, each.json().get("error_code")) for each in answers]

    assert Counter(asyncio.run(all_at_once())) == {(200, None): 1, (400, "4008"): 199}
    assert len(world.documents("motar.access_tokens")) == 1
    ids = [each["id"] for each in world.journal(view="summary")]
    assert ids == list(range(1, len(ids) + 1))


def test_notes_written_at_once_are_numbered_without_gaps(toy_world: Live):
    async def all_at_once() -> list[str]:
        async with httpx2.AsyncClient(base_url=toy_world.url, trust_env=False, timeout=30) as client:
            answers = await asyncio.gather(
                *(client.post("/toy/notes", params={"then": "reject" if n % 3 else ""}) for n in range(90))
            )
        return [each.json()["id"] for each in answers if each.status_code == 200]

    written = asyncio.run(all_at_once())
    assert sorted(written) == sorted(f"note-{n}" for n in range(1, 31))
