"""Scenario files that the library follows: each is in it under its own name for as long as the file is there."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

from mockserver.checking.bounds import FileBounds
from mockserver.checking.yaml_reader import read_text
from mockserver.errors import Invalid, InvalidFile, Problem
from mockserver.scenarios import load_scenario
from mockserver.scenarios.files import scenario_files
from mockserver.store.library import Given, Library
from mockserver.watching.stamps import Broken, Stamp, block, stamp_of, told
from mockserver.world.world import Schema

log = logging.getLogger("mockserver.watching")


class ScenarioFiles:
    """The scenario files below some paths, as they were when `refresh` last looked, and their place in the library.

    A file that cannot be used leaves in the library what it was before. Raises `Invalid` for a path that is not there.
    """

    def __init__(self, paths: Sequence[str], library: Library, schema: Schema, bounds: FileBounds) -> None:
        self._bounds = bounds
        self.roots = tuple(Path(path) for path in paths)
        for root in self.roots:
            if not root.exists():
                raise Invalid(f"--scenarios {root}: there is no such file or folder.")
        self._library = library
        self._schema = schema
        self._stamps: dict[Path, Stamp] = {}
        self._refused: dict[Path, tuple[str, ...]] = {}
        self._clashes: dict[Path, tuple[str, ...]] = {}
        self._unusable: set[Path] = set()
        # What an earlier process read: the last good ones, where a file has been broken or has gone meanwhile.
        self._good: dict[Path, Given] = {
            path: Given(each["name"], each["text"], each["source"], tuple(each["tags"]), each["file"])
            for each in library.scenarios()
            if each.get("file") is not None and (path := self._known_as(each["file"])) is not None
        }
        self._kept = {good.name: good for good in self._good.values()}

    @property
    def broken(self) -> list[Broken]:
        """The files that cannot be used now."""
        refused = sorted({**self._clashes, **self._refused}.items())
        return [Broken(str(path), self._name_of(path), problems) for path, problems in refused]

    def broken_newer(self, name: str) -> Broken | None:
        """The file that should be the scenario `name` and cannot be used, if there is one."""
        return next((each for each in self.broken if each.scenario == name), None)

    def refresh(self, *, whole: bool = False) -> None:
        """Read what has changed and bring the library up to it; what is found is logged.

        With `whole` every file has to be usable: raises `Invalid` with all that is wrong, and the library stays as it
        was. Raises `StoreError` for a library that cannot be written; the next time tries again.
        """
        found = {path: stamp for path in self._paths() if (stamp := stamp_of(path)) is not None}
        for path in [path for path in {*self._good, *self._refused} if path not in found]:
            self._forget(path)
        for path, stamp in found.items():
            if self._stamps.get(path) != stamp and not self._read(path) and not whole:
                name = self._name_of(path)
                rest = f"{name} stays as it last was" if name is not None else "it was no scenario before either"
                log.warning("%s cannot be used; %s", path, rest, extra=block(self._refused[path]))
        self._stamps = found
        self._keep(whole=whole)

    def _paths(self) -> Iterator[Path]:
        seen = set()
        for root in self.roots:
            for path in scenario_files(root):
                if path not in seen and path.is_file():
                    seen.add(path)
                    yield path

    def _known_as(self, file: str) -> Path | None:
        """The path by which a file below the roots is met, None for one that is elsewhere."""
        for root in self.roots:
            if Path(file).is_relative_to(root.absolute()):
                return root / Path(file).relative_to(root.absolute())
        return None

    def _name_of(self, path: Path) -> str | None:
        good = self._good.get(path)
        return good.name if good is not None and self._kept.get(good.name) == good else None

    def _forget(self, path: Path) -> None:
        self._refused.pop(path, None)
        self._good.pop(path, None)

    def _read(self, path: Path) -> bool:
        """Read a file; whether it can be used."""
        try:
            with path.open("rb") as file:
                data = file.read(self._bounds.bytes + 1)
            scenario = load_scenario(data, str(path), schema=self._schema, bounds=self._bounds)
        except InvalidFile as error:
            self._refused[path] = told(error)
        except OSError as error:
            problem = Problem("$", "a file that can be read", error.strerror or str(error))
            self._refused[path] = told(InvalidFile(str(path), [problem]))
        else:
            self._refused.pop(path, None)
            text = data.decode("utf-8-sig")
            self._good[path] = Given(scenario.name, text, str(path), scenario.tags, str(path.absolute()))
        return path not in self._refused

    def _keep(self, *, whole: bool) -> None:
        """Make the library have what the good files say, and only that; of two with one name, who had it first."""
        wanted: dict[str, Given] = {}
        clashes: dict[Path, tuple[str, ...]] = {}
        for path, good in sorted(self._good.items(), key=lambda each: (self._name_of(each[0]) is None, each[0])):
            other = wanted.setdefault(good.name, good)
            if other is not good:
                clashes[path] = self._clash(good, other)
        if whole and (unusable := sorted({**clashes, **self._refused}.items())):
            lines = "".join(f"\n  {problem}" for _, problems in unusable for problem in problems)
            hint = "Mend it, or start with --watch: that takes files in as soon as they can be used."
            raise Invalid(f"What --scenarios names cannot be used:{lines}", hint=hint)
        changed = [good for name, good in wanted.items() if self._kept.get(name) != good]
        versions = self._library.put_scenarios(changed) if changed else {}
        gone = [good for name, good in self._kept.items() if name not in wanted]
        if gone:
            files = {each["name"]: each.get("file") for each in self._library.scenarios()}
            # What somebody has put there by hand meanwhile is no longer the file's.
            self._library.drop_scenarios([good.name for good in gone if files.get(good.name) == good.file])
        self._kept = wanted
        for path, problems in clashes.items():
            if self._clashes.get(path) != problems:
                log.warning("%s cannot be used", path, extra=block(problems))
        self._clashes = clashes
        _tell("is gone", [f"{good.source} is gone, and {good.name} with it" for good in gone])
        _tell("was read", [f"{good.source} is {good.name}, version {versions[good.name]}" for good in changed])
        self._tell_mended([*gone, *changed])

    def _tell_mended(self, told: Sequence[Given]) -> None:
        """Say of each file that could not be used that it now can be, or has gone, where nothing else tells."""
        unusable = {*self._refused, *self._clashes}
        for path in sorted(self._unusable - unusable):
            good = self._good.get(path)
            if good is None and str(path) not in [each.source for each in told]:
                log.info("%s is gone", path)
            elif good is not None and good not in told:
                log.info("%s can be used again; %s is what it was", path, good.name)
        self._unusable = unusable

    def _clash(self, good: Given, other: Given) -> tuple[str, ...]:
        line, column = read_text(good.text, self._bounds).positions.get("$.name", (1, 1))
        expected = f"a name of its own, and {other.source} has this one"
        return told(InvalidFile(good.source, [Problem("$.name", expected, repr(good.name), None, line, column)]))


def _tell(what: str, lines: list[str]) -> None:
    if len(lines) == 1:
        log.info("%s", lines[0])
    elif lines:
        log.info("%d scenario files: each %s", len(lines), what, extra=block(lines))
