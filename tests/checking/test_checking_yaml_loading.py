"""`yaml.load`: a file as typed data, or every problem with its line and column."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from mockserver.checking import conversion, yaml
from mockserver.errors import InvalidFile

pytestmark = pytest.mark.usefixtures("any_loader")


class Act(Struct, tag="act", tag_field="do", forbid_unknown_fields=True):
    name: str
    times: Annotated[int, Meta(ge=1)] = 1


class Wait(Struct, tag="wait", tag_field="do", forbid_unknown_fields=True):
    until: str


class Scenario(Struct, forbid_unknown_fields=True):
    name: str
    clock: Literal["live", "frozen", "auto"] = "live"
    on: bool = True
    steps: list[Act | Wait] = []
    labels: dict[str, str] = {}


def refused(text: str, type_: Any = Scenario) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        yaml.load(text, type_, "x.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_a_file_that_fits_is_loaded() -> None:
    text = (
        b"name: first\nclock: auto\non: false\nsteps:\n  - do: wait\n    until: 2025-01-31\n  - {do: act, name: go}\n"
    )
    assert yaml.load(text, Scenario, "x.yaml") == Scenario("first", "auto", False, [Wait("2025-01-31"), Act("go")])


def test_json_is_loaded() -> None:
    assert yaml.load('{"name": "first", "clock": "auto"}', Scenario, "x.json") == Scenario("first", "auto")


def test_a_file_that_fits_is_not_walked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(*_: Any, **__: Any) -> None:
        raise AssertionError("walked")

    monkeypatch.setattr(conversion, "find_problems", walk)
    assert yaml.load("name: x", Scenario, "x.yaml") == Scenario("x")


def test_every_problem_is_told_with_line_and_column() -> None:
    text = """\
clok: live
on: yes
steps:
  - do: act
    times: 0
  - do: wiat
    until: x
  - {do: wait, until: 2025-01-31, times: 1}
  - act
labels: {a: 1, "b c": null}
clock: forzen
"""
    assert refused(text) == [
        '1:1: $.clok: expected one of the keys "name", "clock", "on", "steps", "labels", got the key "clok"',
        "1:1: $.name: expected a string, got nothing",
        "2:1: $.on: expected true or false, got \"yes\" (did you mean 'true'?)",
        "4:5: $.steps[0].name: expected a string, got nothing",
        "5:5: $.steps[0].times: expected a whole number, at least 1, got 0",
        '6:5: $.steps[1].do: expected one of "act", "wait", got "wiat" (did you mean \'wait\'?)',
        '8:35: $.steps[2].times: expected one of the keys "do", "until", got the key "times"',
        '9:5: $.steps[3]: expected an object whose "do" is one of "act", "wait", got "act"',
        "10:10: $.labels.a: expected a string, got 1",
        "10:16: $.labels['b c']: expected a string, got null",
        '11:1: $.clock: expected one of "live", "frozen", "auto", got "forzen" (did you mean \'frozen\'?)',
    ]


def test_problems_of_the_yaml_and_of_the_values_are_told_together() -> None:
    assert refused("clock: forzen\nclock: live\non: 1\n12: x\nlabels: !x []\n") == [
        "1:1: $.name: expected a string, got nothing",
        '2:1: $.clock: expected every key once, got "clock" again; it stands on line 1 already',
        "3:1: $.on: expected true or false, got 1",
        "4:1: $['12']: expected a string as key, so put it in quotes: \"12\", got 12",
        '5:9: $.labels: expected no tag; quotes make a string of anything, got the tag "!x"',
    ]


@pytest.mark.parametrize("text", ["name: [", "<<: {name: x}", "name: *x", "", "--- a\n--- b"])
def test_values_are_not_judged_when_the_yaml_could_not_be_read_through(text: str) -> None:
    assert len(refused(text)) == 1


def test_a_problem_behind_an_alias_is_told_where_it_is_written() -> None:
    assert refused("name: x\nsteps:\n  - &a\n    do: act\n    name: 1\n  - *a\n") == [
        "5:5: $.steps[0].name: expected a string, got 1",
        "5:5: $.steps[1].name: expected a string, got 1",
    ]


def test_a_file_of_nothing_but_null_is_told_what_was_expected() -> None:
    assert refused("~") == ['1:1: $: expected an object with "name", got null']


def test_a_duplicate_key_alone_is_enough_to_refuse() -> None:
    assert len(refused("name: x\nname: x\n")) == 1


def test_a_type_that_msgspec_does_not_support_is_the_callers_mistake() -> None:
    type_: Any = Scenario | dict[str, int]
    with pytest.raises(TypeError, match="more than one"):
        yaml.load("a: 1", type_, "x.yaml")
