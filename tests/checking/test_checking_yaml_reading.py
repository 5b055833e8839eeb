"""`yaml.read`: which values come out, where they stand, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest

from mockserver.checking import yaml
from mockserver.errors import InvalidFile

pytestmark = pytest.mark.usefixtures("any_loader")


def refused(text: str | bytes) -> list[tuple[int | None, int | None, str, str, str]]:
    with pytest.raises(InvalidFile) as caught:
        yaml.read(text, "file.yaml")
    return [(found.line, found.column, found.path, found.expected, found.got) for found in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("12", 12),
        ("-12", -12),
        ("+3", 3),
        ("0", 0),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("-1.5e3", -1500.0),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("-.inf", -math.inf),
    ],
)
def test_plain_words_of_the_core_schema_are_values(text: str, value: object) -> None:
    read: Any = yaml.read(f"key: {text}", "file.yaml").value
    assert read == {"key": value}
    assert type(read["key"]) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "no", "on", "off", "y", "n", "Yes", "ON", "tRUE", "nULL"),
        *("2025-01-31", "2025-01-31T09:30:00Z", "12:30", "12:30:45", "190:20:30.15"),
        *("010", "00", "-07", "01.5", "1_000", "0b11", "0x", "0o8", "1e", "e3", "+", "-.", "1.2.3", "=", "+.nan"),
        *("live", "a b", "http://x/y?z", "été"),
    ],
)
def test_other_plain_words_stay_strings(text: str) -> None:
    assert yaml.read(f"key: {text}", "file.yaml").value == {"key": text}


@pytest.mark.parametrize("text", ["true", "12", "null", "1.5", "", "~", "<<", "*x", "!x"])
@pytest.mark.parametrize("quote", ["'", '"'])
def test_quoted_words_are_strings(text: str, quote: str) -> None:
    assert yaml.read(f"key: {quote}{text}{quote}", "file.yaml").value == {"key": text}


def test_not_a_number_is_a_number() -> None:
    value: Any = yaml.read("[.nan]", "file.yaml").value
    assert math.isnan(value[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on: 1\nyes: 2\n2025-01-31: 3\n010: 4\n", {"on": 1, "yes": 2, "2025-01-31": 3, "010": 4}),
        ("a:\nb: []\nc: {}\n", {"a": None, "b": [], "c": {}}),
        ("text: |\n  one\n  two\nfolded: >-\n  three\n  four\n", {"text": "one\ntwo\n", "folded": "three four"}),
        ("|\n  12\n", "12\n"),
        ("- a\n- - b\n  - c: 1\n", ["a", ["b", {"c": 1}]]),
        ("---\na: 1\n...\n", {"a": 1}),
        ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
        ("\ufeffa: 1", {"a": 1}),
        ("\ufeffa: ü".encode(), {"a": "ü"}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
        ("null", None),
        ('{"a": "\\ud83d\\ude00 \\\\ud83d\\\\ude00"}', {"a": "😀 \\ud83d\\ude00"}),
        ("a: &x {b: [1]}\nc: *x\nd: [*x]\n", {"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}]}),
        ("a: &x one\n*x : two\n", {"a": "one", "one": "two"}),
        ("&k key: *k\n", {"key": "key"}),
        ("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}),
    ],
)
def test_a_document_is_read(text: str | bytes, value: object) -> None:
    assert yaml.read(text, "file.yaml").value == value


def test_what_two_aliases_stand_for_is_not_shared() -> None:
    value: Any = yaml.read("a: &x [1]\nb: *x\n", "file.yaml").value
    value["a"].append(2)
    assert value["b"] == [1]


def test_everything_has_the_position_of_its_key_or_item() -> None:
    document = yaml.read(
        "# title\nname: x\nsteps:\n  - do: act\n    odd key: {a: 1, b: [2, 3]}\n  - wait\n", "file.yaml"
    )
    assert document.source == "file.yaml"
    assert document.positions == {
        "$": (2, 1),
        "$.name": (2, 1),
        "$.steps": (3, 1),
        "$.steps[0]": (4, 5),
        "$.steps[0].do": (4, 5),
        "$.steps[0]['odd key']": (5, 5),
        "$.steps[0]['odd key'].a": (5, 15),
        "$.steps[0]['odd key'].b": (5, 21),
        "$.steps[0]['odd key'].b[0]": (5, 25),
        "$.steps[0]['odd key'].b[1]": (5, 28),
        "$.steps[1]": (6, 5),
    }


def test_what_an_alias_stands_for_has_the_position_where_it_is_written() -> None:
    positions = yaml.read("a: &x\n  b:\n    - c: 1\nd: *x\ne: {f: *x}\n", "file.yaml").positions
    assert positions["$.d"] == (4, 1)
    assert positions["$.e.f"] == (5, 5)
    assert positions["$.d.b[0].c"] == positions["$.e.f.b[0].c"] == positions["$.a.b[0].c"] == (3, 7)


LINED_UP = "a line that lines up with the ones it belongs to: look at its indentation, dash and colon"
ESCAPE = r"an escape that YAML knows (\n, \t, \", \\, \u0041); in single quotes a backslash is just a backslash"
TWO_COLONS = 'one "key: value" on a line; put a value that holds ": " in quotes'
START = "a value in quotes: unquoted it cannot start with this character"
TAG = "no tag; quotes make a string of anything"


@pytest.mark.parametrize(
    ("text", "line", "column", "expected", "got"),
    [
        ("a: b: c", 1, 5, TWO_COLONS, '": c"'),
        ("a: 1\n\tb: 2", 2, 1, "spaces: YAML takes no tabs for indentation", "a tab"),
        ("a:\n  - 1\n b: 2", 3, 2, LINED_UP, '"b: 2"'),
        ("a: 1\n- b", 2, 1, LINED_UP, '"- b"'),
        ("- a\nb: c", 2, 1, LINED_UP, '"b: c"'),
        ("a: [1, 2", 1, 9, "a comma or a closing ] for what was opened on line 1", "the end of the file"),
        ("\na: {b: 1", 2, 9, "a comma or a closing } for what was opened on line 2", "the end of the file"),
        ("a: [1, 2}", 1, 9, "a comma or a closing ] for what was opened on line 1", '"}"'),
        ("a: [1]]", 1, 7, "a ] only where one was opened", '"]"'),
        ("a: 'x\nb: 1", 2, 5, "a closing quote for what was opened on line 1", "the end of the file"),
        ("a: @x", 1, 4, START, '"@x"'),
        ("a: `x`", 1, 4, START, '"`x`"'),
        ("a: - 1", 1, 4, "every list item on a line of its own, the first one too", '"- 1"'),
        ("%YAML 2.0\n---\na", 1, 1, "YAML 1.1 or 1.2", '"%YAML 2.0"'),
        ("a: !x!y z", 1, 4, "no tag; put text that starts with ! in quotes", '"!x!y z"'),
        ("...", 1, 1, "a value", '"..."'),
        ("a: *", 1, 5, "a name after & or *; put text that starts with them in quotes", "the end of the file"),
    ],
)
def test_a_syntax_error_is_told_in_plain_words(text: str, line: int, column: int, expected: str, got: str) -> None:
    assert refused(text) == [(line, column, "$", expected, got)]


@pytest.mark.parametrize("text", [r'a: "\q"', r'a: "\xzz"'])
def test_an_unknown_escape_is_told(text: str) -> None:
    [(line, _, _, expected, _)] = refused(text)
    assert (line, expected) == (1, ESCAPE)


@pytest.mark.parametrize("text", [r'a: "\ud800"', r'a: "\U00FFFFFF"', r'a: "\UFFFFFFFF"', '["\\ude00\\ud83d"]'])
def test_an_escape_that_is_no_character_is_refused(text: str) -> None:
    assert len(refused(text)) == 1


@pytest.mark.parametrize(
    ("text", "line", "column", "path", "expected", "got"),
    [
        ("", 1, 1, "$", "a document", "an empty file"),
        ("---\n", 2, 1, "$", "a document", "an empty file"),
        ("a: 1\n---\nb: 2\n", 2, 1, "$", "a single document", "another one after ---"),
        (b"a: 1\nb: \xff", 2, 4, "$", "UTF-8 text", "the byte 0xff"),
        ("a: 1".encode("utf-16"), 1, 1, "$", "UTF-8 text", "the byte 0xff"),
        (
            "é: '\x07'",
            1,
            5,
            "$",
            r'no invisible characters; in double quotes "\u0007" can be written',
            r"the character \u0007",
        ),
        (
            'a: "\u2028"',
            1,
            5,
            "$",
            r'no invisible characters; in double quotes "\u2028" can be written',
            r"the character \u2028",
        ),
        (
            "\ud800",
            1,
            1,
            "$",
            r'no invisible characters; in double quotes "\ud800" can be written',
            r"the character \ud800",
        ),
        ("x" * 1_048_577, 1, 1, "$", "at most 1048576 bytes", "1048577 bytes"),
        ("é" * 524_289, 1, 1, "$", "at most 1048576 bytes", "1048578 bytes"),
        ("a:\n  12: x", 2, 3, "$.a['12']", 'a string as key, so put it in quotes: "12"', "12"),
        ("true: x", 1, 1, "$.true", 'a string as key, so put it in quotes: "true"', "true"),
        ("? \n: x", 1, 2, "$['']", "a key before the colon", "nothing"),
        ("? [a, b]\n: x", 1, 3, "$[?]", "a string as key", "a list of 2"),
        ("a: &x {}\n*x : 1", 2, 1, "$[?]", "a string as key", "an empty object"),
        ("a:\n  <<: {b: 1}", 2, 3, "$.a['<<']", "keys written out: merge keys are not read", "the merge key <<"),
        ("a: !!str 1", 1, 4, "$.a", TAG, 'the tag "tag:yaml.org,2002:str"'),
        ("a: !python/object {}", 1, 4, "$.a", TAG, 'the tag "!python/object"'),
        ("!x a: 1", 1, 1, "$[?]", TAG, 'the tag "!x"'),
        ("a: ! 1", 1, 4, "$.a", TAG, 'the tag "!"'),
        ("a: " + "9" * 5000, 1, 4, "$.a", "a number of fewer digits, or quotes around it", "5000 digits"),
        ("a: 1\nb: *x", 2, 4, "$.b", "an anchor &x further up", "the alias *x"),
        ("a: &x [*x]", 1, 8, "$.a[0]", "a value that does not hold itself, as &x does", "the alias *x"),
        ("a: &x {b: {c: *x}}", 1, 15, "$.a.b.c", "a value that does not hold itself, as &x does", "the alias *x"),
    ],
)
def test_what_is_no_plain_data_is_refused(
    text: str | bytes, line: int, column: int, path: str, expected: str, got: str
) -> None:
    assert refused(text) == [(line, column, path, expected, got)]


def test_every_key_given_twice_is_told_with_both_lines() -> None:
    once = "every key once"
    assert refused("a: 1\nb:\n  c: 1\n  'c': 2\na: 3\nb: 4\na: 5\n") == [
        (4, 3, "$.b.c", once, '"c" again; it stands on line 3 already'),
        (5, 1, "$.a", once, '"a" again; it stands on line 1 already'),
        (6, 1, "$.b", once, '"b" again; it stands on line 2 already'),
        (7, 1, "$.a", once, '"a" again; it stands on line 1 already'),
    ]


def test_problems_before_a_syntax_error_are_told_with_it() -> None:
    assert [problem[:2] for problem in refused("a: 1\na: 2\nb: c: d\n")] == [(2, 1), (3, 5)]


def test_an_alias_with_a_typing_error_says_which_was_meant() -> None:
    with pytest.raises(InvalidFile) as caught:
        yaml.read("a: &owner x\nb: *ownr\n", "file.yaml")
    assert [problem.did_you_mean for problem in caught.value.problems] == ["*owner"]


def test_sixty_four_aliases_are_enough() -> None:
    yaml.read("a: &x 1\nb:\n" + "- *x\n" * 64, "file.yaml")
    assert refused("a: &x 1\nb:\n" + "- *x\n" * 65) == [(67, 3, "$.b[64]", "at most 64 aliases", "*x as one more")]


def test_aliases_of_aliases_do_not_grow_without_end() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 8)]
    [(_, _, _, expected, _)] = refused("\n".join(lines))
    assert expected == "at most 100000 values through aliases"


def test_a_hundred_levels_are_enough() -> None:
    yaml.read("[" * 100 + "]" * 100, "file.yaml")
    [(line, column, _, expected, _)] = refused("[" * 101 + "]" * 101)
    assert (line, column, expected) == (1, 101, "at most 100 levels of nesting")


@pytest.mark.parametrize("text", ["[" * 500_000, "- " * 500_000, "{a: " * 200_000, "? " * 500_000])
def test_nesting_beyond_all_measure_is_one_problem(text: str) -> None:
    # The scanner of newer libyaml has a bound of its own, and looks a thousand characters ahead.
    [(_, _, _, expected, _)] = refused(text)
    assert expected in ("at most 100 levels of nesting", "fewer levels of nesting")


def test_levels_behind_aliases_count() -> None:
    lines = ["a0: &a0 [[[[1]]]]", *(f"a{n}: &a{n} [[[*a{n - 1}]]]" for n in range(1, 40))]
    [(_, _, _, expected, _)] = refused("\n".join(lines))
    assert expected == "at most 100 levels of nesting"


def test_the_list_of_problems_ends_at_a_thousand() -> None:
    assert len(refused("a: 1\n" * 5000)) == 1000


def test_a_problem_reads_as_file_line_and_column() -> None:
    with pytest.raises(InvalidFile) as caught:
        yaml.read("a: 1\na: 2\n", "scenarios/x.yaml")
    assert str(caught.value).splitlines() == [
        "scenarios/x.yaml: 1 problem",
        '  scenarios/x.yaml:2:1: $.a: expected every key once, got "a" again; it stands on line 1 already',
    ]
