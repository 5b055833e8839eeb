"""Fixtures, scenarios and documentation that ship: found in the repository, or inside the installed package."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from mockserver.errors import InvalidFile, Problem, Unknown

PACKAGE = Path(__file__).parent
SUFFIX = ".yaml"

Shelf = Literal["fixtures", "scenarios", "docs"]


class Text(msgspec.Struct, frozen=True):
    """A file's text, the name people know it by, and when it last changed (nanoseconds)."""

    text: str
    source: str
    changed: int


def shelf(name: Shelf) -> Path:
    """The directory that holds shipped fixtures, scenarios or pages of documentation."""
    inside = PACKAGE / "shipped" / name
    return inside if inside.is_dir() else PACKAGE.parent / name


def shipped(name: Shelf) -> list[str]:
    """The names on a shelf, such as `motar/quickstart`, in order."""
    root = shelf(name)
    return sorted(path.relative_to(root).with_suffix("").as_posix() for path in root.rglob(f"*{SUFFIX}"))


def locate(kind: Shelf, reference: str) -> Path:
    """The file that `reference` means: a path that exists, or the name of a shipped one; raises `Unknown`."""
    path = Path(reference)
    if path.is_file():
        return path
    if reference in shipped(kind):
        return shelf(kind) / f"{reference}{SUFFIX}"
    raise Unknown(f"{kind[:-1]} (neither a file nor shipped)", reference, shipped(kind))


def read(kind: Shelf, reference: str) -> Text:
    """The text that `reference` means; raises `Unknown`, or `InvalidFile` for what cannot be read."""
    path = locate(kind, reference)
    try:
        # Before the text, so that a change meanwhile makes it look old, and never new.
        changed = path.stat().st_mtime_ns
        return Text(path.read_text(encoding="utf-8"), reference, changed)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidFile(reference, [Problem("$", "a readable UTF-8 file", str(error))]) from None
