"""Documents are values: no part of one can change under whoever holds it."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
import pytest

from mockserver.app import load_platforms
from mockserver.world.outbox import DELIVERIES
from mockserver.world.world import SETTINGS, Schema
from mockserver.world.worlds import ClockSpec
from tests.toy import TOY, toy_worlds

PLATFORMS = (*load_platforms(), TOY)
SCHEMA = Schema.of(
    kinds=[kind for each in PLATFORMS for kind in each.kinds],
    actions=[action for each in PLATFORMS for action in each.actions],
    settings={each.name: each.settings for each in PLATFORMS if each.settings is not None},
)
PLAIN = (str, int, float, bool, bytes, type(None), datetime, timedelta)


def mutable_parts(type_: Any, where: str) -> Iterator[str]:
    """Where a type leaves room for something that can be changed in place."""
    origin = get_origin(type_)
    if type_ in PLAIN or origin is Literal:
        return
    if origin is Annotated:
        yield from mutable_parts(get_args(type_)[0], where)
    elif origin in (typing.Union, types.UnionType):
        for part in get_args(type_):
            yield from mutable_parts(part, where)
    elif origin is tuple:
        for part in get_args(type_):
            if part is not Ellipsis:
                yield from mutable_parts(part, f"{where}[]")
    elif origin is Mapping:
        # JSON data behind a type that cannot write; it is copied on its way in (see below).
        assert get_args(type_) == (str, Any)
    elif isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        if not type_.__struct_config__.frozen:
            yield f"{where}: {type_.__name__} is not frozen"
        for name, hint in typing.get_type_hints(type_, include_extras=True).items():
            if name in type_.__struct_fields__:
                yield from mutable_parts(hint, f"{where}.{name}")
    else:
        yield f"{where}: {type_}"


@pytest.mark.parametrize("kind", SCHEMA.kinds, ids=lambda kind: kind.name)
def test_documents_are_frozen_through_and_through(kind: Any):
    assert list(mutable_parts(kind.type, kind.name)) == []
    names = kind.type.__struct_fields__
    assert {kind.key, *kind.indexes, *kind.credentials} <= set(names)


@pytest.mark.parametrize("wrong", [list[str], dict[str, str], Any, set[int], tuple[list[int], ...], bytearray])
def test_the_walk_finds_what_is_mutable(wrong: Any):
    assert list(mutable_parts(wrong, "x"))


def test_what_somebody_hands_over_is_copied():
    world = toy_worlds(clock=ClockSpec("frozen")).create("alpha")
    arguments = {"list": [1]}
    settings = {"core": {"retry_webhooks_after": [1]}}
    with world.transaction():
        timer = world.timers.after(timedelta(1), "toy.write", given=arguments)
        delivery = world.outbox.send("e", about="x", url="http://x", outcome_arguments=arguments)
        world.change_settings(settings)
    arguments["list"].append(2)
    settings["core"]["retry_webhooks_after"].append(2)
    assert timer.arguments == {"given": {"list": [1]}}
    assert world[DELIVERIES][delivery.id].outcome_arguments == {"list": [1]}
    assert world[SETTINGS]["settings"].values == {"core": {"retry_webhooks_after": [1]}}


def test_a_snapshot_shares_nothing_with_its_world():
    worlds = toy_worlds(clock=ClockSpec("frozen"))
    world = worlds.create("alpha")
    with world.transaction():
        world.timers.after(timedelta(1), "toy.write", given=[1])
    worlds.snapshot("alpha").collections["core.timers"][0]["arguments"]["given"].append(2)
    timer = world.timers.next()
    assert timer is not None
    assert timer.arguments == {"given": [1]}
