"""What templates cannot decide for themselves: which URL may be a link, and what a character is called."""

from __future__ import annotations

import re
import unicodedata

_WEB = re.compile(r"https?://[^/?#]", re.IGNORECASE)
_SCHEME = re.compile(r"[^/?#]*:")
_EVERYDAY_NAMES = {
    " ": "space",
    "%": "percent sign",
    "-": "hyphen",
    ".": "dot",
    "/": "slash",
    "\\": "backslash",
    "\t": "tab",
    "\n": "line feed",
    "\r": "carriage return",
    "_": "underscore",
}


def web_url(value: str | None) -> str:
    """`value` when a browser may be led there: http, https, or a path of this server; else an empty string.

    Stricter than the URL standard on purpose: browsers drop control characters and read a
    backslash as a slash, so anything holding one is not a link, nor is `//host`.
    """
    if not value or "\\" in value or any(char <= " " or char == "\x7f" for char in value):
        return ""
    if _WEB.match(value):
        return value
    return "" if value.startswith("//") or _SCHEME.match(value) else value


def character_name(text: str) -> str:
    """What to call the first character of `text` so that `c` and `C`, or `-` and an en dash, sound different.

    An empty `text` has ended there, and the name says so.
    """
    if not text:
        return "the end"
    char = text[0]
    if char in _EVERYDAY_NAMES:
        return _EVERYDAY_NAMES[char]
    if char.isascii() and char.isalpha():
        return f"{'capital' if char.isupper() else 'small'} {char}"
    if char.isascii() and char.isdigit():
        return f"digit {char}"
    return unicodedata.name(char, f"U+{ord(char):04X}").lower()
