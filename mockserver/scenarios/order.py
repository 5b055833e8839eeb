"""Which exchange a waiting step takes: in what order things may come, and what it means when they do not.

A run takes exchanges in one of four modes:

| mode | order | what no step asked for |
|---|---|---|
| `strict` | as the steps have it | ends the run |
| `ordered` | as the steps have it | is passed over |
| `loose` | any | is passed over |
| `passthrough` | any | is passed over |

Order is the order in which exchanges began, and is kept among requests and among deliveries: whether a
plugin's call or the answer to the webhook that caused it is done first is nobody's promise. After its
last step a strict run listens for a moment (0.2 s of wall time) whether that was really all. Where
steps answer for the emulator (`respond`), a call that no step has is refused, but goes to the emulator
under `passthrough`.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from mockserver.world.matching import Match, matches

Mode = Literal["strict", "ordered", "loose", "passthrough"]
Reason = Literal["unexpected", "out of order", "already consumed", "never came"]
Facts = Mapping[str, Any]

WAITED_FOR = ("inbound", "delivery")


class UnexpectedError(Exception):
    """Something came that no step asks for, where nothing else may come."""

    def __init__(self, facts: Facts) -> None:
        super().__init__("unexpected")
        self.facts = facts


class OutOfOrderError(Exception):
    """What a step waits for has come, but not when its turn was."""


class Order:
    """What has come in one run and which step took it; `consumed` names that step by an exchange's id."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode
        self.consumed: dict[int, str] = {}
        self._waiting: dict[str, list[Facts]] = {kind: [] for kind in WAITED_FOR}
        self._last: dict[str, int] = dict.fromkeys(WAITED_FOR, 0)
        self._again: dict[str, tuple[Match, str]] = {}
        self._heard = 0

    def hear(self, news: Callable[[int], Iterable[Facts]]) -> None:
        """Take note of what was completed since the last time: `news` gives the exchanges after an id."""
        for facts in news(self._heard):
            self._heard = facts["id"]
            if facts["kind"] in WAITED_FOR and facts["id"] not in self.consumed:
                insort(self._waiting[facts["kind"]], facts, key=_began)

    def take(self, facts: Facts, step: str, again: Match | None = None) -> None:
        """Give an exchange to a step; no other one gets it.

        With `again` the step gets the next ones that match this as well, as long as no other comes in between.
        """
        self.consumed[facts["id"]] = step
        if again is not None:
            self._again[facts["kind"]] = (again, step)
        else:
            self._again.pop(facts["kind"], None)
        waiting = self._waiting.get(facts["kind"], [])
        for position, each in enumerate(waiting):
            if each["id"] == facts["id"]:
                del waiting[position]
                self._last[facts["kind"]] = _began(facts)
                return

    def find(self, match: Match, is_wanted: Callable[[Facts], bool]) -> Facts | None:
        """The exchange that a step which waits for `match` gets now, None while it has to wait.

        `is_wanted` says whether a later step may ask for an exchange. In strict mode it raises
        `UnexpectedError` where the next one is wanted by nobody, and `OutOfOrderError` where the one
        that is waited for stands behind it.
        """
        waiting = self._waiting[str(match.kind)]
        if self.mode != "strict":
            last = self._last[str(match.kind)] if self.mode == "ordered" else 0
            return next((facts for facts in waiting if _began(facts) > last and matches(match, facts)), None)
        while waiting and not matches(match, waiting[0]):
            if not self._takes_again(waiting):
                break
        else:
            return waiting[0] if waiting else None
        if not is_wanted(waiting[0]):
            raise UnexpectedError(waiting[0])
        if self.misplaced(match) is not None:
            raise OutOfOrderError
        return None

    def left(self) -> list[Facts]:
        """The requests and deliveries that no step took, in the order in which they began."""
        for waiting in self._waiting.values():
            while waiting and self._takes_again(waiting):
                pass
        return sorted((facts for waiting in self._waiting.values() for facts in waiting), key=_began)

    def _takes_again(self, waiting: list[Facts]) -> bool:
        """Give the first one to the step that had the like of it just before, if there is such a step."""
        match, step = self._again.get(waiting[0]["kind"], (None, ""))
        if match is None or not matches(match, waiting[0]):
            return False
        self.consumed[waiting.pop(0)["id"]] = step
        return True

    def misplaced(self, match: Match) -> Facts | None:
        """One that came, but not in the order that this mode keeps."""
        return next((facts for facts in self._waiting[str(match.kind)] if matches(match, facts)), None)


def _began(facts: Facts) -> int:
    began: int = facts["began"]
    return began
