"""A scenario file as it is sent to a server: its text, and those of the files beside it that it includes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SUFFIXES = (".yaml", ".yml", ".json")

# The server reads files as they should be read; here it is enough to miss none, and to send few that nobody needs.
_NAME = r"""["']?([A-Za-z0-9][A-Za-z0-9._/-]*)"""
_NAMED = re.compile(rf"""^[{{\s]*["']?name["']?\s*:\s*{_NAME}""", re.MULTILINE)
_INCLUDED = re.compile(rf"""\binclude["']?\s*:\s*{_NAME}""")


def scenario_body(reference: str | Path) -> dict[str, Any]:
    """A file's text, for the server may see other files than we do; else a name that the server knows.

    Scenarios that the file includes by name and that are in its folder go with it. Raises `OSError` and
    `UnicodeDecodeError` for a file that cannot be read.
    """
    path = Path(reference)
    if path.suffix not in SUFFIXES and not path.is_file():
        return {"scenario": str(reference)}
    text = path.read_text(encoding="utf-8")
    body: dict[str, Any] = {"text": text, "source": str(reference)}
    if beside := list(_included(path, text)):
        body["beside"] = beside
    return body


def _included(path: Path, text: str) -> Iterator[dict[str, str]]:
    wanted = _INCLUDED.findall(text)
    if not wanted:
        return
    there = {name: (file, written) for file, written in _others(path) for name in _NAMED.findall(written)[:1]}
    sent = set()
    while wanted:
        name = wanted.pop()
        if name in sent or name not in there:
            continue
        sent.add(name)
        file, written = there[name]
        yield {"text": written, "source": str(file)}
        wanted += _INCLUDED.findall(written)


def _others(path: Path) -> Iterator[tuple[Path, str]]:
    for file in sorted(path.parent.iterdir()):
        if file.suffix in SUFFIXES and file.is_file() and file.name != path.name:
            try:
                yield file, file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue  # it is not the one that was asked for
