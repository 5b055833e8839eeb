"""What an unquoted word in YAML means: the core schema of YAML 1.2, but `010` stays the string it looks like."""

from __future__ import annotations

import re

_WORDS: dict[str, bool | float | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER = re.compile(
    r"""(?P<whole>[-+]?(?:0|[1-9][0-9]*))
      | (?P<octal>0o[0-7]+)
      | (?P<hexadecimal>0x[0-9a-fA-F]+)
      | [-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?""",
    re.VERBOSE,
)
_STARTS_NUMBER = frozenset("0123456789+-.")


def resolve(text: str) -> str | int | float | bool | None:
    """The value of the unquoted `text`. Raises ValueError for a number too long for Python to read."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _STARTS_NUMBER or (found := _NUMBER.fullmatch(text)) is None:
        return text
    match found.lastgroup:
        case "whole":
            return int(text)
        case "octal" | "hexadecimal":
            return int(text, 0)
        case _:
            return float(text)
