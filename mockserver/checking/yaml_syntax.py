"""Text that is no YAML at all, told in plain words with line and column."""

from __future__ import annotations

import re

import yaml

from mockserver.checking.words import quote
from mockserver.errors import Problem

_TABS = "spaces: YAML takes no tabs for indentation"
_QUOTE = "a closing quote"
_ESCAPE = r"an escape that YAML knows (\n, \t, \", \\, \u0041); in single quotes a backslash is just a backslash"
_LINED_UP = "a line that lines up with the ones it belongs to: look at its indentation, dash and colon"
_PLAIN_WORDS = (
    (r"maximum nesting depth", "fewer levels of nesting"),
    (r"mapping values are not allowed", 'one "key: value" on a line; put a value that holds ": " in quotes'),
    (r"sequence entries are not allowed", "every list item on a line of its own, the first one too"),
    (r"mapping keys are not allowed", 'a "key: value" line'),
    (r"could not find expected ':'", "a colon and a space after the key"),
    (r"unexpected (end of stream|document (indicator|separator))", _QUOTE),
    (r"escape char|invalid Unicode char|hexa?decimal", _ESCAPE),
    (r"',' or '\]'", "a comma or a closing ]"),
    (r"',' or '\}'", "a comma or a closing }"),
    (r"cannot start any token", "a value in quotes: unquoted it cannot start with this character"),
    (r"tab character", _TABS),
    (r"expected key|<block end>|'-' indicator", _LINED_UP),
    (r"node content", "a value"),
    (r"document start", "the end of the file: what stands above is complete"),
    (r"incompatible YAML", "YAML 1.1 or 1.2"),
    (r"an alias|an anchor", "a name after & or *; put text that starts with them in quotes"),
    (r"a tag|tag handle", "no tag; put text that starts with ! in quotes"),
)
_OPENED = re.compile(r"quoted scalar|double-quoted|single-quoted|flow (sequence|mapping)")


def told(error: Exception, text: str) -> Problem:
    """The one problem of `text`, which made PyYAML raise `error`."""
    lines = text.split("\n")
    marked = error if isinstance(error, yaml.MarkedYAMLError) else None
    mark = (marked.problem_mark or marked.context_mark) if marked else None
    if marked is None or mark is None:
        return Problem("$", "valid YAML", quote(str(error).splitlines()[0] if str(error) else "none"), None, 1, 1)
    row, column = min(mark.line, len(lines) - 1), mark.column
    if mark.line >= len(lines):
        column = len(lines[row])
    rest = lines[row][column:].strip()
    indentation = lines[row][: len(lines[row]) - len(lines[row].lstrip())]
    what = f"{marked.problem or ''}; {marked.context or ''}"
    if "\t" in indentation and column <= len(indentation):
        return Problem("$", _TABS, "a tab", None, row + 1, column + 1)
    if rest[:1] in ("]", "}") and "flow" not in what:
        expected = f"a {rest[0]} only where one was opened"
    else:
        expected = next((words for pattern, words in _PLAIN_WORDS if re.search(pattern, what)), f"valid YAML ({what})")
    if _OPENED.search(what) and marked.context_mark is not None and expected is not _ESCAPE:
        expected += f" for what was opened on line {marked.context_mark.line + 1}"
    last = row == len(lines) - 1 or not "".join(lines[row + 1 :]).strip()
    got = quote(rest) if rest else ("the end of the file" if last else "the end of the line")
    return Problem("$", expected, got, None, row + 1, column + 1)
