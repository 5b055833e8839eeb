"""Where scenario files are: what a folder holds of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from mockserver.errors import Invalid

SUFFIXES: Final = (".yaml", ".yml", ".json")


def scenario_files(path: Path) -> Iterator[Path]:
    """The scenario files of a folder and the folders in it, in order; any other path is one itself.

    Names that begin with a dot are left out: they are an editor's or a tool's.
    """
    if path.is_dir():
        yield from sorted(
            each
            for each in path.rglob("*")
            if each.suffix in SUFFIXES
            and not any(part.startswith(".") for part in each.relative_to(path).parts)
            and each.is_file()
        )
    else:
        yield path


def given_files(paths: Iterable[Path]) -> list[Path]:
    """The files that paths on a command line mean; raises `Invalid` for a folder that holds none."""
    files: list[Path] = []
    for path in paths:
        found = list(scenario_files(path))
        if not found:
            raise Invalid(f"There is no {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file in the folder {path}.")
        files += found
    return files
