"""Waiting for a document to be as somebody expects it, and how those that are there differ."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from starlette.requests import Request

from mockserver.control.answers import Stop, unless_client_leaves
from mockserver.delivery.runtime import Runtime
from mockserver.errors import Unknown
from mockserver.world.matchers import Tally, compare_keys, leaves
from mockserver.world.matching import Match, NearMiss
from mockserver.world.world import World


class ExpectDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a document must have, by the matchers of scenarios, and the wall seconds to wait for it."""

    where: dict[str, Any] = {}
    timeout: Annotated[float, msgspec.Meta(ge=0, le=600)] = 10.0


async def document_as(
    request: Request, runtime: Runtime, world: World, collection: str, wanted: ExpectDocument
) -> dict[str, Any]:
    """The first document of a collection that is as wanted; it may be there already.

    Raises `Unknown` for no collection, `Invalid` for matchers that are none, `Gone` when the world ends,
    and `Stop` with the nearest misses when time is up.
    """
    if collection not in world.collections:
        raise Unknown("collection", collection, world.collections)
    # A match says what is wrong with the matchers in it.
    Match(body=wanted.where)

    def look() -> dict[str, Any] | None:
        plain = map(_plain, world.collections[collection])
        return next((each for each in plain if not _tally(wanted.where, each).missed), None)

    found = await unless_client_leaves(request, runtime.wait(world, look, wanted.timeout))
    if found is not None:
        return found
    if runtime.closing:
        raise Stop(503, "Closing", "The server is shutting down.")
    there = list(world.collections[collection])
    details = [f"{field} {words}" for key, part in wanted.where.items() for field, words in leaves(key, part)]
    raise Stop(
        408,
        "Not seen",
        f"After {wanted.timeout:g} s none of the {len(there)} in {collection} is as expected"
        + (f", with {', '.join(details)}." if details else "."),
        matched=0,
        near_misses=[msgspec.to_builtins(each) for each in _nearest(collection, wanted.where, map(_plain, there))],
    )


def _nearest(collection: str, where: Mapping[str, Any], documents: Any) -> list[NearMiss]:
    told = ((_tally(where, each), number, each) for number, each in enumerate(documents, 1))
    best = heapq.nlargest(3, told, key=lambda each: (each[0].score, each[1]))
    return [NearMiss(number, collection, tally.score, tuple(tally.differences)) for tally, number, _ in best]


def _tally(where: Mapping[str, Any], document: Mapping[str, Any]) -> Tally:
    tally = Tally(explain=True)
    compare_keys(tally, "document", where, document)
    return tally


def _plain(document: object) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(document)
    return plain
