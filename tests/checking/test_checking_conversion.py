"""`convert`: msgspec's speed when the value fits, every problem when it does not."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import msgspec
import pytest
from msgspec import Struct

from mockserver.checking import conversion, convert
from mockserver.errors import Invalid


class App(Struct, forbid_unknown_fields=True):
    name: str
    size: int = 0


class Envelope(Struct):
    body: msgspec.Raw


class Chain(Struct):
    next: Chain | None = None


def test_a_value_that_fits_is_converted() -> None:
    assert convert({"name": "x"}, App, what="The app") == App("x")


def test_a_value_that_fits_is_not_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(*_: Any, **__: Any) -> None:
        raise AssertionError("walked")

    monkeypatch.setattr(conversion, "find_problems", walk)
    assert convert({"name": "x"}, App, what="The app") == App("x")
    with pytest.raises(AssertionError, match="walked"):
        convert({}, App, what="The app")


def test_a_value_that_does_not_fit_is_refused_with_all_problems() -> None:
    with pytest.raises(Invalid) as refused:
        convert({"nmae": "x", "size": "1"}, App, what="The app")
    assert str(refused.value).splitlines() == [
        "The app cannot be used",
        '  $.nmae: expected one of the keys "name", "size", got the key "nmae" (did you mean \'name\'?)',
        '  $.size: expected a whole number, got "1"',
        "  $.name: expected a string, got nothing",
    ]


@pytest.mark.parametrize("value", ["1", 1.0, True])
def test_conversion_is_strict(value: object) -> None:
    with pytest.raises(Invalid):
        convert(value, int, what="The number")


def test_keys_may_be_written_as_strings_as_json_must() -> None:
    assert convert({"1": "a"}, dict[int, str], what="The table") == {1: "a"}


def test_what_only_msgspec_objects_to_is_still_one_problem() -> None:
    with pytest.raises(Invalid) as refused:
        convert({"body": {"x": 1}}, Envelope, what="The envelope")
    [problem] = refused.value.problems
    assert (problem.path, problem.expected, problem.got) == ("$.body", "raw", "an object")


def test_text_that_is_no_unicode_is_invalid() -> None:
    with pytest.raises(Invalid) as refused:
        convert({"\ud800": 1}, Chain, what="The chain")
    assert len(refused.value.problems) == 1
    str(refused.value).encode()


def test_a_value_too_deep_to_follow_is_invalid() -> None:
    value: dict[str, object] = {}
    for _ in range(50_000):
        value = {"next": value}
    with pytest.raises(Invalid, match="nested less deep"):
        convert(value, Chain, what="The chain")


@pytest.mark.parametrize(
    ("value", "type_", "match"),
    [([[]], set[Any], r"\$\[0\]: expected a value without parts"), ([[[]]], set[tuple[Any, ...]], "hashable")],
)
def test_a_list_in_a_set_is_invalid(value: object, type_: Any, match: str) -> None:
    with pytest.raises(Invalid, match=match):
        convert(value, type_, what="The set")


def test_a_type_that_msgspec_does_not_support_is_the_callers_mistake() -> None:
    type_: Any = App | dict[str, int]
    with pytest.raises(TypeError, match="more than one"):
        convert({}, type_, what="The app")


def test_yaml_is_not_loaded_by_who_does_not_read_files() -> None:
    program = "import sys, mockserver.checking; print('yaml' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
