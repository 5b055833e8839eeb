"""Everything that can go wrong in a way a person should read about.

The tree::

    MockserverError                 base: carries a message and, where there is one, what to do
    ├── Invalid                     input that does not fit its type; lists every problem at once
    │   └── InvalidFile             the same for a file people write: each problem has line and column
    ├── Unknown                     a name that leads nowhere; suggests the nearest one
    ├── Conflict                    the name is taken, or the thing is busy
    ├── Refused                     an action that the vendor's own screens would not allow now
    ├── Full                        a bound is reached; says which, and which setting moves it
    ├── Gone                        the world was reset, restored or dropped while somebody waited
    └── Unreachable                 another server (or file) that we were pointed at does not answer

Nothing here knows about HTTP; the faces choose status and shape.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate a person most likely meant by `word`, or None when nothing is near."""
    names = list(candidates)
    folded = {name.casefold().replace("_", "").replace("-", ""): name for name in names}
    exact = folded.get(word.casefold().replace("_", "").replace("-", ""))
    if exact is not None and exact != word:
        return exact
    found = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return found[0] if found and found[0] != word else None


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a value: where it is, what was expected, what came.

    `path` is JSONPath-like (`$.steps[2].with.app`). `line` and `column` count from 1 and are
    there when the value came from a file; of some things only the line is known.
    """

    path: str
    expected: str
    got: str
    did_you_mean: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(number) for number in (self.line, self.column) if number is not None)
        where = f"{place}: " if place else ""
        hint = f" (did you mean {self.did_you_mean!r}?)" if self.did_you_mean else ""
        return f"{where}{self.path}: expected {self.expected}, got {self.got}{hint}"


class MockserverError(Exception):
    """Base of every error this package raises on purpose.

    `message` says what happened; `hint` says what to do about it.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        # A message of several lines has no end to which a sentence could be added.
        between = "\n" if "\n" in self.message else " "
        return f"{self.message}{between}{self.hint}" if self.hint else self.message


class Invalid(MockserverError):
    """Input that does not fit; `problems` holds all of them, not just the first."""

    def __init__(self, message: str, problems: Sequence[Problem] = (), *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  {problem}" for problem in self.problems)])


class InvalidFile(Invalid):
    """A file people write that cannot be used; `source` is the name they know it by."""

    def __init__(self, source: str, problems: Sequence[Problem], *, hint: str | None = None) -> None:
        count = len(problems)
        super().__init__(f"{source}: {count} problem{'s' if count != 1 else ''}", problems, hint=hint)
        self.source = source

    def __str__(self) -> str:
        lines = [self.message, *(f"  {self.source}:{problem}" for problem in self.problems)]
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)


class Unknown(MockserverError):
    """A name that leads nowhere: `kind` and `name` say what was looked for."""

    def __init__(self, kind: str, name: str, known: Iterable[str] = (), *, hint: str | None = None) -> None:
        self.kind = kind
        self.name = name
        self.did_you_mean = nearest(name, known)
        suggestion = f" Did you mean {self.did_you_mean!r}?" if self.did_you_mean else ""
        super().__init__(f"There is no {kind} named {name!r}.{suggestion}", hint=hint)


class Conflict(MockserverError):
    """The name is taken, or the thing is busy with something that excludes this."""


class Refused(MockserverError):
    """An action that the vendor's own screens would not allow now; `hint` says what to do first."""


class Full(MockserverError):
    """A bound on what the emulator keeps is reached; `hint` names the setting that moves it."""


class Gone(MockserverError):
    """The world was reset, restored or dropped while somebody waited on it."""


class Unreachable(MockserverError):
    """Another server that we were pointed at does not answer, or not as one of ours."""
