"""What `unknown_fields` tells of a value that a lenient reader lets through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from msgspec import Struct

from mockserver.checking import unknown_fields


class Owner(Struct, rename="camel"):
    display_name: str = ""


class Strict(Struct, forbid_unknown_fields=True):
    name: str = ""


class Cat(Struct, tag="cat", tag_field="kind"):
    lives: int = 9


class Dog(Struct, tag="dog", tag_field="kind"):
    owner: Owner | None = None


class Node(Struct):
    next: Node | list[Node] | None = None
    name: str = ""


class App(Struct):
    owner: Owner | None = None
    owners: list[Owner] = []
    by_name: dict[str, Owner] = {}
    pair: tuple[int, Owner] | None = None
    pets: tuple[Cat | Dog, ...] = ()
    strict: Strict | None = None
    mixed: dict[str, Owner] | list[Strict] | int | None = None
    anything: Any = None


@dataclass
class Plain:
    name: str = ""


@pytest.mark.parametrize(
    ("value", "type_", "paths"),
    [
        ({"owner": {"displayName": "x"}}, App, []),
        ({"ownr": {}}, App, ["$.ownr"]),
        ({"owner": {"display_name": "x", "b": 1}, "c": 1}, App, ["$.owner.display_name", "$.owner.b", "$.c"]),
        ({"owners": [{}, {"x": 1}]}, App, ["$.owners[1].x"]),
        ({"by_name": {"odd one": {"x": 1}}}, App, ["$.by_name['odd one'].x"]),
        ({"pair": [1, {"x": 1}]}, App, ["$.pair[1].x"]),
        ({"pets": [{"kind": "cat", "lives": 1, "owner": {}}]}, App, ["$.pets[0].owner"]),
        ({"pets": [{"kind": "dog", "owner": {"x": 1}}]}, App, ["$.pets[0].owner.x"]),
        ({"strict": {"x": 1}}, App, ["$.strict.x"]),
        ({"mixed": {"a": {"x": 1}}}, App, ["$.mixed.a.x"]),
        ({"mixed": [{"x": 1}]}, App, ["$.mixed[0].x"]),
        ({"anything": {"x": {"y": 1}}}, App, []),
        ({"kind": "cat", "x": 1}, Cat, ["$.x"]),
        ({"next": {"next": [{"x": 1}], "y": 1}}, Node, ["$.next.next[0].x", "$.next.y"]),
        ({"name": "x", "x": 1}, Plain, ["$.x"]),
        ({"x": 1}, int, []),
    ],
)
def test_keys_that_no_struct_knows_are_told(value: object, type_: Any, paths: list[str]) -> None:
    assert [problem.path for problem in unknown_fields(value, type_)] == paths


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        [],
        {"owner": 1},
        {"owner": [{"x": 1}]},
        {"owners": {"x": 1}},
        {"by_name": [{"x": 1}]},
        {"pair": {"x": 1}},
        {"pair": [{"x": 1}]},
        {"pair": [1, {}, {"x": 1}]},
        {"pets": [{"kind": "cow", "x": 1}, {"x": 1}, {"kind": ["cat"]}, {"kind": None}, 1]},
        {1: 2, None: 3},
        {"mixed": 3},
    ],
)
def test_what_is_wrongly_typed_is_passed_over(value: object) -> None:
    assert unknown_fields(value, App) == []


@pytest.mark.parametrize(
    ("key", "meant"), [("ownr", "owner"), ("byName", "by_name"), ("OWNERS", "owners"), ("zzz", None)]
)
def test_the_key_that_was_meant_is_told(key: str, meant: str | None) -> None:
    [problem] = unknown_fields({key: None}, App)
    assert (problem.did_you_mean, problem.got) == (meant, f'the key "{key}"')


def test_a_struct_without_fields_knows_no_key() -> None:
    class Empty(Struct):
        pass

    [problem] = unknown_fields({"x": 1}, Empty)
    assert problem.expected == "no keys at all"


def test_a_value_nested_without_end_is_no_error() -> None:
    value: dict[str, object] = {"x": 1}
    for _ in range(5000):
        value = {"next": value, "y": 1}
    assert unknown_fields(value, Node)[0].path == "$" + ".next" * 100 + ".y"


def test_the_list_of_unknown_keys_ends_at_a_thousand() -> None:
    assert len(unknown_fields({f"x{number}": 1 for number in range(5000)}, Owner)) == 1000
