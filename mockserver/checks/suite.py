"""All checks, and how they are performed one after the other."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import Final

from mockserver.checks import signing_in, trouble, webhooks, whole
from mockserver.checks.bench import Bench
from mockserver.checks.model import Check, NotApplicableError, Outcome, Result, ShortfallError
from mockserver.client.answers import Exchange
from mockserver.errors import Unknown

CHECKS: Final[tuple[Check, ...]] = (*webhooks.CHECKS, *signing_in.CHECKS, *trouble.CHECKS, *whole.CHECKS)


def chosen(only: Collection[str] = (), skip: Collection[str] = ()) -> list[Check]:
    """The checks of these ids, or all of them, but not those that are skipped. Raises `Unknown`."""
    known = [check.id for check in CHECKS]
    for id in (*only, *skip):
        if id not in known:
            raise Unknown("check", id, known, hint="`mockserver check --list` lists them.")
    return [check for check in CHECKS if (not only or check.id in only) and check.id not in skip]


def perform(checks: Collection[Check], bench: Bench) -> Iterator[Result]:
    """Perform checks on a bench, and answer each result as it is there.

    Raises `CannotCheckError` when no plugin answers, and what the emulator's client raises.
    """
    bench.open()
    for check in checks:
        yield _result(check, bench)


def _result(check: Check, bench: Bench) -> Result:
    began = time.monotonic()
    outcome: Outcome = "passed"
    message, exchanges = "", list[Exchange]()
    try:
        exchanges = check.perform(bench)
    except ShortfallError as shortfall:
        outcome, message, exchanges = "failed", str(shortfall), shortfall.exchanges
    except NotApplicableError as reason:
        outcome, message = "not applicable", str(reason)
    seconds = time.monotonic() - began
    return Result(check=check, outcome=outcome, message=message, exchanges=tuple(exchanges), seconds=seconds)
