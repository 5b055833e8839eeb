"""Scenarios as tests: those of a marker, and files that are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from mockserver.client.answers import Run
from mockserver.errors import MockserverError, nearest
from mockserver.scenarios.files import SUFFIXES
from mockserver.scenarios.tags import tags_in


def is_wanted(file: Path, config: pytest.Config, patterns: Iterable[str]) -> bool:
    """Whether a file is below one of these folders of the root directory, or fits one of the wildcards."""
    if not file.is_relative_to(config.rootpath):
        return False
    path = file.relative_to(config.rootpath).as_posix()
    folders = [path, *(parent.as_posix() for parent in Path(path).parents)]
    return any(fnmatchcase(each, pattern.rstrip("/").removeprefix("./")) for pattern in patterns for each in folders)


def perform_marked(item: pytest.Function, marker: pytest.Mark, run: Callable[..., Run]) -> None:
    """Run the scenario that a marker names. Raises `NotAsExpected`; fails for a marker that says something else."""
    __tracebackhide__ = True
    known = ("inputs", "mode")
    if len(marker.args) != 1 or not isinstance(marker.args[0], str | Path) or set(marker.kwargs) - set(known):
        told = ", ".join([*map(repr, marker.args), *(f"{name}={value!r}" for name, value in marker.kwargs.items())])
        pytest.fail(f"expected scenario(NAME, inputs={{...}}, mode=...), got scenario({told})", pytrace=False)
    name = marker.args[0]
    if Path(name).suffix not in SUFFIXES:
        run(name, **marker.kwargs)
        return
    file = item.path.parent / name
    if not file.is_file():
        meant = nearest(file.name, (each.name for each in file.parent.glob("*") if each.suffix in SUFFIXES))
        hint = f" Did you mean {meant!r}?" if meant else ""
        pytest.fail(f"There is no file {file.name} in {file.parent}.{hint}", pytrace=False)
    run(file, **marker.kwargs)


class ScenarioItem(pytest.Function):
    """One scenario file as a test."""

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"scenario {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the run or the file's check says; a stack trace would show only our own code."""
        if isinstance(excinfo.value, MockserverError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class ScenarioFile(pytest.File):
    """A scenario file, which is one test."""

    def collect(self) -> Sequence[ScenarioItem]:
        def perform(_emulator_perform: Callable[..., Run]) -> None:
            __tracebackhide__ = True
            _emulator_perform(self.path)

        item = ScenarioItem.from_parent(self, name=self.path.stem, callobj=perform)
        for tag in _markers(self.path, self.config):
            item.add_marker(tag)
        return [item]


def _markers(file: Path, config: pytest.Config) -> Iterator[str]:
    """The tags of a file as names of markers that the session knows. What cannot be read is told by the test."""
    try:
        tags = tags_in(file.read_bytes())
    except OSError:
        return
    for tag in tags:
        # What a marker with arguments means to pytest or a plugin of it (skip, timeout, scenario) no tag means.
        if any(line.startswith(f"{tag}(") for line in config.getini("markers")):
            continue
        if not any(line.partition(":")[0].strip() == tag for line in config.getini("markers")):
            config.addinivalue_line("markers", f"{tag}: scenarios with this tag.")
        yield tag
