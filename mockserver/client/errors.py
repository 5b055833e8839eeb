"""What a server says when it says no, as an exception that reads like what it said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.errors import MockserverError, Problem

MOST_DIFFERENCES = 8
"""Differences told of one near miss; a foreign body differs in everything."""


class ServerSaidNo(MockserverError):
    """The server refused a call.

    `status` and `title` say how, `message` (also `detail`) and `hint` why and what to do. `problems` lists
    everything that did not fit in what was sent (in the file `source`, if it was one), `near_misses` the exchanges
    that came closest to what was asked for, as the control API has them (`id`, `label`, `score`, `differences`).
    `body` is the whole answer.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(str(body.get("detail") or f"HTTP {status}"), hint=body.get("hint"))
        self.status = status
        self.body = dict(body)
        self.title = str(body.get("title", ""))
        self.detail = self.message
        self.did_you_mean: str | None = body.get("did_you_mean")
        self.matched: int | None = body.get("matched")
        self.source: str | None = body.get("source")
        self.problems = tuple(_problem(each) for each in body.get("problems", ()))
        self.near_misses: tuple[dict[str, Any], ...] = tuple(body.get("near_misses", ()))

    def __str__(self) -> str:
        file = f"{self.source}:" if self.source else ""
        lines = [super().__str__(), *(f"  {file if problem.line else ''}{problem}" for problem in self.problems)]
        for n, miss in enumerate(self.near_misses):
            lines.append(f"  {'Also' if n else 'The closest that'} came: #{miss['id']} {miss['label']}")
            lines += [f"    {each}" for each in differences(miss)]
        return "\n".join(lines)


class NotAsExpected(ServerSaidNo, AssertionError):
    """What a test expected did not happen: `journal.wait`, `journal.verify` and `run` raise it."""


def differences(miss: Mapping[str, Any]) -> Iterator[str]:
    """A near miss's differences in lines, the first few of many."""
    told = miss.get("differences", ())
    for each in told[:MOST_DIFFERENCES]:
        meant = f" (did you mean {each['did_you_mean']!r}?)" if each.get("did_you_mean") else ""
        yield f"{each['field']}: expected {each['expected']}, got {each['got']}{meant}"
    if len(told) > MOST_DIFFERENCES:
        yield f"and {len(told) - MOST_DIFFERENCES} more differences"
    if not told:
        yield "it matches, but came when the time was over"


def _problem(told: Mapping[str, Any]) -> Problem:
    names = ("path", "expected", "got", "did_you_mean", "line", "column")
    return Problem(**{name: told.get(name) for name in names})  # type: ignore[arg-type]
