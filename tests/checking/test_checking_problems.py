"""What `find_problems` says about values that do not fit."""

from __future__ import annotations

import datetime
import decimal
import enum
import json
import time
import uuid
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypedDict, TypeVar

import msgspec
import pytest
from msgspec import Meta, Struct

from mockserver.checking import find_problems
from mockserver.errors import Problem

T = TypeVar("T")


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Custom:
    pass


class App(Struct, forbid_unknown_fields=True, rename="camel"):
    name: str
    redirect_uris: list[str] = []
    clock: Literal["live", "frozen", "auto"] = "live"


class Lenient(Struct):
    name: str
    size: int = 0


class Act(Struct, tag="act", tag_field="do", forbid_unknown_fields=True):
    target: App


class Wait(Struct, tag="wait", tag_field="do", forbid_unknown_fields=True):
    seconds: Annotated[float, Meta(ge=0)]


class One(Struct, tag=1):
    x: int


class Two(Struct, tag=2):
    x: int


class Script(Struct):
    steps: list[Act | Wait]


class Window(Struct):
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError("`end` comes after `start`")


class Calendar(Struct):
    windows: list[Window]
    name: str = ""


class Tree(Struct):
    children: list[Tree] = []
    size: int = 0


class Chain(Struct):
    size: int = 0
    next: Chain | None = None


class Box(Struct, Generic[T]):
    content: T


class Hints(TypedDict, total=False):
    width: int


class Point(NamedTuple):
    x: int
    y: int


class Row(Struct, array_like=True):
    x: int
    y: str


class Holder(Struct):
    raw: msgspec.Raw
    size: int


def told(value: object, type_: Any) -> list[tuple[str, str, str]]:
    return [(problem.path, problem.expected, problem.got) for problem in find_problems(value, type_)]


@pytest.mark.parametrize(
    ("value", "type_", "expected", "got"),
    [
        (12, str, "a string", "12"),
        (True, int, "a whole number", "true"),
        (1.5, int, "a whole number", "1.5"),
        ("x", float, "a number", '"x"'),
        (1, bool, "true or false", "1"),
        (0, None, "null", "0"),
        (None, str, "a string", "null"),
        (0, Annotated[int, Meta(ge=1)], "a whole number, at least 1", "0"),
        (9, Annotated[int, Meta(gt=1, le=5)], "a whole number, more than 1 and at most 5", "9"),
        (7, Annotated[int, Meta(multiple_of=2, lt=9)], "a whole number, less than 9 and a multiple of 2", "7"),
        ("", Annotated[str, Meta(min_length=1)], "a string, at least 1 character", '""'),
        ("abcd", Annotated[str, Meta(max_length=3)], "a string, at most 3 characters", '"abcd"'),
        ("A", Annotated[str, Meta(pattern="^[a-z]+$")], "a string, matching ^[a-z]+$", '"A"'),
        ("x" * 99, int, "a whole number", '"' + "x" * 59 + '…"'),
        ('say "hi"\n', int, "a whole number", r'"say \"hi\"\n"'),
        ([1, 2, 3], str, "a string", "a list of 3"),
        ([], str, "a string", "an empty list"),
        ({"a": 1}, str, "a string", "an object with 1 key"),
        ({}, str, "a string", "an empty object"),
        (datetime.date(2025, 1, 31), str, "a string", "a value of type date"),
        ("x", Custom, "a value of type Custom", '"x"'),
        ("x", Literal["live", "frozen", "auto"], 'one of "live", "frozen", "auto"', '"x"'),
        ("x", Literal["live"], '"live"', '"x"'),
        (3, Literal[1, 2, None], "one of 1, 2 or null", "3"),
        (True, Literal[1, 2], "one of 1, 2", "true"),
        ("blue", Colour, 'one of "red", "green"', '"blue"'),
        (3, Level, "one of 1, 2", "3"),
        ("x", Literal["live", "frozen"] | None, 'one of "live", "frozen" or null', '"x"'),
        ({}, int | str | None, "a whole number, a string or null", "an empty object"),
        ("x", int | float, "a whole number or a number", '"x"'),
        (1, Annotated[int, Meta(ge=5)] | float, "a whole number, at least 5 or a number", "1"),
        ("soon", datetime.datetime, 'a date and time such as "2025-01-31T09:30:00Z"', '"soon"'),
        (
            "2025-01-31T09:30:00",
            Annotated[datetime.datetime, Meta(tz=True)],
            'a date and time with time zone such as "2025-01-31T09:30:00Z"',
            '"2025-01-31T09:30:00"',
        ),
        (
            "09:30:00Z",
            Annotated[datetime.time, Meta(tz=False)],
            'a time without time zone such as "09:30:00"',
            '"09:30:00Z"',
        ),
        ("31.1.2025", datetime.date, 'a date such as "2025-01-31"', '"31.1.2025"'),
        ("30s", datetime.timedelta, 'a duration such as "PT30S"', '"30s"'),
        ("x", uuid.UUID, "a UUID", '"x"'),
        ("x", decimal.Decimal, "a decimal number", '"x"'),
        ("***", bytes, "base64 text", '"***"'),
        ("x", list[int], "a list", '"x"'),
        ([], Colour | None, 'one of "red", "green" or null', "an empty list"),
        ([], decimal.Decimal | None, "a decimal number or null", "an empty list"),
        (1, dict[str, int] | None, "an object or null", "1"),
        (1, Row | None, "a list or null", "1"),
        ("x", Annotated[int, ["of no meaning to msgspec, and unhashable"]], "a whole number", '"x"'),
        ([], Annotated[list[int], Meta(min_length=2)], "a list, at least 2 items", "an empty list"),
        ([1], tuple[int, int], "a list of exactly 2 items", "a list of 1"),
        ("x", dict[str, int], "an object", '"x"'),
        ({}, Annotated[dict[str, int], Meta(min_length=1)], "an object, at least 1 key", "an empty object"),
        ("x", App, 'an object with "name"', '"x"'),
        ("x", Tree, "an object", '"x"'),
        ("x", Act | Wait, 'an object whose "do" is one of "act", "wait"', '"x"'),
        ("x", Row, "a list", "a string"),
        (1, Box[int], 'an object with "content"', "1"),
        (1, Annotated[str, Meta(title="Name", examples=["x"])], "a string", "1"),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_words(value: object, type_: Any, expected: str, got: str) -> None:
    assert told(value, type_) == [("$", expected, got)]


def test_a_number_too_long_to_write_out_can_be_told() -> None:
    assert told(16**5000, str) == [("$", "a string", "a number of very many digits")]


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (None, Any),
        ({"anything": [1]}, Any),
        ({"anything": [1]}, msgspec.Raw),
        ({"raw": {"x": 1}, "size": 1}, Holder),
        ({"name": "x", "more": 1}, Lenient),
        ({"name": "x", "redirectUris": ["a"], "clock": "auto"}, App),
        ({"do": "wait", "seconds": 1}, Act | Wait),
        ({"seconds": 1}, Wait),
        ({"type": 2, "x": 1}, One | Two),
        (None, App | None),
        ({"content": 1}, Box[int]),
        ({"1": "x"}, dict[int, str]),
        ([1, 2], set[int]),
        ((1, 2), list[int]),
        ([1, 2], Point),
        ([1, "a"], Row),
        ("PT1M", datetime.timedelta),
        ("2025-01-31T09:30:00Z", datetime.datetime | None),
        (datetime.datetime(2025, 1, 31), datetime.datetime | None),
        (Lenient("x"), Lenient),
        ({"width": 1}, Hints),
        (1, float),
        ("red", Colour),
        (Colour.RED, Colour | None),
        ({"x": 1}, int | Any),
        ({"1": 1, "red": 2}, dict[int | Colour, int]),
    ],
)
def test_a_value_that_fits_has_no_problems(value: object, type_: Any) -> None:
    assert find_problems(value, type_) == []


@pytest.mark.parametrize(
    ("value", "type_", "path", "expected", "got"),
    [
        ({}, App, "$.name", "a string", "nothing"),
        ({"name": "x", "redirectUris": ["a", 1]}, App, "$.redirectUris[1]", "a string", "1"),
        ({"name": "x", "clok": 1}, App, "$.clok", 'one of the keys "name", "redirectUris", "clock"', 'the key "clok"'),
        ({"name": "x", "": 1}, App, "$['']", 'one of the keys "name", "redirectUris", "clock"', 'the key ""'),
        ({1: 2, "name": "x"}, Lenient, "$[1]", "a string as key", "1"),
        ({"it's odd": "x"}, dict[str, int], '$["it\'s odd"]', "a whole number", '"x"'),
        ({"a b": {"c": "x"}}, dict[str, dict[str, int]], "$['a b'].c", "a whole number", '"x"'),
        ({"x": 1}, dict[Literal["a", "b"], int], "$.x", 'one of "a", "b" as key', 'the key "x"'),
        ({"x": 1}, dict[int, int], "$.x", "a whole number as key", 'the key "x"'),
        ({1: 1}, dict[str, int], "$[1]", "a string as key", "1"),
        ({"x": 1}, dict[int | Colour, int], "$.x", 'a whole number or one of "red", "green" as key', 'the key "x"'),
        ([[1], ["x"]], list[list[int]], "$[1][0]", "a whole number", '"x"'),
        ([1, "x"], tuple[int, int], "$[1]", "a whole number", '"x"'),
        ([1, []], set[Any], "$[1]", "a value without parts", "an empty list"),
        ({"do": "wiat"}, Act | Wait, "$.do", 'one of "act", "wait"', '"wiat"'),
        ({"seconds": 1}, Act | Wait, "$.do", 'one of "act", "wait"', "nothing"),
        ({"do": ["wait"]}, Act | Wait | None, "$.do", 'one of "act", "wait"', "a list of 1"),
        ({"do": "wait", "seconds": -1}, Act | Wait, "$.seconds", "a number, at least 0", "-1"),
        ({"do": "act", "target": {}}, Act | Wait | None, "$.target.name", "a string", "nothing"),
        ({"do": "act", "seconds": 1}, Wait, "$.do", '"wait"', '"act"'),
        ({"type": "1", "x": 1}, One | Two, "$.type", "one of 1, 2", '"1"'),
        ({"type": True, "x": 1}, One | Two, "$.type", "one of 1, 2", "true"),
        ({"content": "x"}, Box[int], "$.content", "a whole number", '"x"'),
        ({"width": "x"}, Hints, "$.width", "a whole number", '"x"'),
        ([1, "x"], Point, "$[1]", "a whole number", "a string"),
        ({"raw": 1, "size": "x"}, Holder, "$.size", "a whole number", '"x"'),
        (
            {"windows": [{"start": 2, "end": 1}]},
            Calendar,
            "$.windows[0]",
            "a value that fits (`end` comes after `start`)",
            "an object with 2 keys",
        ),
    ],
)
def test_a_problem_inside_is_told_where_it_is(value: object, type_: Any, path: str, expected: str, got: str) -> None:
    assert told(value, type_) == [(path, expected, got)]


@pytest.mark.parametrize(
    ("value", "type_", "meant"),
    [
        ("forzen", Literal["live", "frozen"], "frozen"),
        ("gren", Colour, "green"),
        ("forzen", Literal["live", "frozen"] | None, "frozen"),
        ({"name": "x", "redirect_uris": []}, App, "redirectUris"),
        ({"name": "x", "zzz": []}, App, None),
        ({"do": "wiat", "seconds": 1}, Act | Wait, "wait"),
        ({"do": "Wait", "seconds": 1}, Wait, "wait"),
        ({"rde": 1}, dict[Colour, int], "red"),
        ("yes", bool, "true"),
        ("Off", bool | None, "false"),
        ("perhaps", bool, None),
        (12, Literal["12"], None),
    ],
)
def test_what_was_meant_is_told_when_something_is_near(value: object, type_: Any, meant: str | None) -> None:
    assert [problem.did_you_mean for problem in find_problems(value, type_)] == [meant]


def test_a_key_that_is_there_already_is_not_suggested_again() -> None:
    [problem] = find_problems({"name": "x", "names": "y"}, App)
    assert problem.did_you_mean is None


def test_all_problems_are_told_at_once_in_the_order_of_the_value() -> None:
    value = {
        "steps": [
            {"do": "act", "target": {"redirectUris": [1, "a", None], "clock": "liv"}},
            {"do": "wait", "seconds": "1", "minutes": 2},
            "wait",
        ]
    }
    assert [path for path, _, _ in told(value, Script)] == [
        "$.steps[0].target.redirectUris[0]",
        "$.steps[0].target.redirectUris[2]",
        "$.steps[0].target.clock",
        "$.steps[0].target.name",
        "$.steps[1].seconds",
        "$.steps[1].minutes",
        "$.steps[2]",
    ]


def test_a_long_list_of_choices_is_cut() -> None:
    many = Literal["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b1", "b2", "b3", "b4"]
    [problem] = find_problems("x", many)
    assert problem.expected.endswith('"b2", 2 more')


def test_the_path_starts_where_the_caller_says() -> None:
    [problem] = find_problems({"size": "x", "name": "y"}, Lenient, path="$.body")
    assert problem.path == "$.body.size"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"steps": [{"do": "wait", "seconds": "x"}]}, (3, 5)),
        ({"steps": [{"do": "wait", "seconds": 1, "hours": 2}]}, (2, 3)),
        ({"steps": [{"do": "wait", "seconds": 1}, 5]}, (1, 1)),
        ([], (None, None)),
    ],
)
def test_a_problem_has_the_position_of_the_nearest_thing_known(value: object, expected: tuple[int, int]) -> None:
    positions = {"$.steps": (1, 1), "$.steps[0]": (2, 3), "$.steps[0].seconds": (3, 5)}
    [problem] = find_problems(value, Script, positions=positions)
    assert (problem.line, problem.column) == expected


def test_odd_keys_find_their_ancestors_position() -> None:
    [problem] = find_problems({"a.b[0]": {"'": "x"}}, dict[str, dict[str, int]], positions={"$['a.b[0]']": (7, 2)})
    assert (problem.line, problem.column) == (7, 2)


def test_without_positions_there_is_neither_line_nor_column() -> None:
    assert find_problems(1, str) == [Problem("$", "a string", "1")]


def test_problems_of_a_recursive_type_are_found_however_deep() -> None:
    value: dict[str, object] = {"size": "x"}
    for _ in range(200):
        value = {"next": value}
    [problem] = find_problems(value, Chain)
    assert problem.path == "$" + ".next" * 200 + ".size"
    assert (problem.expected, problem.got) == ("a whole number", "a string")


def test_a_deep_value_that_fits_has_no_problems() -> None:
    value: dict[str, object] = {"size": 1}
    for _ in range(200):
        value = {"children": [value]}
    assert find_problems(value, Tree) == []


def test_a_value_deeper_than_python_can_follow_is_a_problem() -> None:
    value: dict[str, object] = {}
    for _ in range(50_000):
        value = {"children": [value]}
    [problem] = find_problems(value, Tree)
    assert "nested less deep" in problem.expected


def test_the_list_of_problems_ends_at_a_thousand() -> None:
    assert len(find_problems(["x"] * 5000, list[int])) == 1000


def test_a_type_that_msgspec_does_not_support_is_the_callers_mistake() -> None:
    with pytest.raises(TypeError, match="more than one"):
        find_problems({}, Lenient | dict[str, int])


def test_nine_problems_cost_little_more_than_reading_the_value() -> None:
    good = {"do": "act", "target": {"name": "x", "redirectUris": ["a", "b"]}}
    bad = {"do": "act", "target": {"redirectUris": ["a", 1], "clok": "live"}}
    value = {"steps": [*[good] * 50, bad, bad, bad]}
    text = json.dumps(value)
    spent, reading = [], []
    for _ in range(30):
        start = time.perf_counter()
        problems = find_problems(value, Script)
        spent.append(time.perf_counter() - start)
        start = time.perf_counter()
        json.loads(text)
        reading.append(time.perf_counter() - start)
    assert len(problems) == 9
    # Measured 25 times what json.loads takes for the same value; the room is for other machines.
    assert min(spent) < 100 * min(reading)
