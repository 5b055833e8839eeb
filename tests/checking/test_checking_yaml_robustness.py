"""`yaml.read` under arbitrary input: JSON is read as JSON, and whatever is not read is refused in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.checking import yaml
from mockserver.errors import InvalidFile

pytestmark = pytest.mark.usefixtures("any_loader")

# The loader stays the same for all examples of a test, so the fixture may be shared among them.
shared = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


VISIBLE = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffe\uffff\ufeff")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(VISIBLE),
    lambda part: st.lists(part) | st.dictionaries(st.text(VISIBLE, max_size=20), part),
    max_leaves=10,
)


@shared
@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_json_is_read_as_json(value: object, ascii_only: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert yaml.read(text, "file.json").value == json.loads(text)


def read_or_refuse(text: str | bytes) -> None:
    try:
        document = yaml.read(text, "file.yaml")
    except InvalidFile as error:
        problems, said = error.problems, str(error)
    else:
        problems, said = (), json.dumps(document.value, ensure_ascii=False)
        assert "$" in document.positions
    assert said.encode()
    assert all(problem.line and problem.column for problem in problems)


@shared
@given(st.text(st.characters()) | st.binary())
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    read_or_refuse(text)


PIECES = [
    *(
        "a",
        "b",
        "1",
        "010",
        "~",
        "true",
        "'",
        '"',
        "''",
        "\\u12",
        "\\ud83d\\ude00",
        "\\U00FFFFFF",
        "\\x",
        "é",
        "\t",
        " ",
    ),
    *(
        "  ",
        "\n",
        "\n  ",
        "\n- ",
        "- ",
        ": ",
        ":",
        "? ",
        ", ",
        "[",
        "]",
        "{",
        "}",
        "&x ",
        "*x",
        "*x ",
        "<<: ",
        "!t ",
        "!",
    ),
    *(
        "!!int ",
        "!<x> ",
        "# c",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "%TAG ! x\n",
        "|\n",
        ">-\n",
        "|9\n",
        "@",
        "`",
        "=",
        "\x85",
    ),
]


@shared
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_almost_yaml_is_read_or_refused(text: str) -> None:
    read_or_refuse(text)
