"""What a check is, how it ends, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mockserver.client.answers import Exchange
from mockserver.errors import MockserverError

if TYPE_CHECKING:
    from mockserver.checks.bench import Bench

Outcome = Literal["passed", "failed", "not applicable"]
Evidence = Literal["documented", "observed", "assumed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a good plugin does.

    `good` says what, as advice. `evidence` says how sure it is that MOTAR asks for it, `source` where
    that stands. `perform` tries it in a world that starts over, and answers the exchanges that show
    it; it raises `ShortfallError` or `NotApplicableError` otherwise.
    """

    id: str
    title: str
    good: str
    evidence: Evidence
    source: str
    perform: Callable[[Bench], list[Exchange]]


class ShortfallError(Exception):
    """The plugin does not do what the check asks for; `exchanges` show it."""

    def __init__(self, message: str, *exchanges: Exchange | None) -> None:
        super().__init__(message)
        self.exchanges = [each for each in exchanges if each is not None]


class NotApplicableError(Exception):
    """Nothing can be said: the plugin does not do what the check is about, or another check stands in front."""


class CannotCheckError(MockserverError):
    """No check can be performed at all, for instance because no plugin answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a check: why, for people, and the exchanges that show it. `seconds` is wall time."""

    check: Check
    outcome: Outcome
    message: str
    exchanges: tuple[Exchange, ...]
    seconds: float
