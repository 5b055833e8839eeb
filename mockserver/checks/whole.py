"""Checks of a whole request, from its start to completed."""

from __future__ import annotations

from typing import Final

from mockserver.checks.bench import STATUS, Bench, answer_of, fields, is_success
from mockserver.checks.model import Check, NotApplicableError, ShortfallError
from mockserver.checks.webhooks import ATO_PAGE
from mockserver.client.answers import Exchange


def as_documented(bench: Bench) -> list[Exchange]:
    _play(bench)
    reports = bench.reports()
    if not reports:
        raise NotApplicableError("The plugin reports nothing: see whole/completed.")
    for each in reports:
        if not is_success(each):
            raise ShortfallError(f"MOTAR refused a report ({answer_of(each)}): {each.error}", each)
        if each.violations:
            raise ShortfallError(f"Nobody documents what the plugin sent: {each.violations[0]}.", each)
    return reports


def completed(bench: Bench) -> list[Exchange]:
    _play(bench)
    if not bench.until(lambda: _is_complete(bench)):
        shown = bench.request()
        told = f"Studio shows the status {shown['status']}, complete: {str(shown['complete']).lower()}."
        raise ShortfallError(told, *bench.reports(bench.request_id)[-2:])
    return [each for each in bench.reports(path=STATUS) if fields(each).get("status") == "completed"][-1:]


def _play(bench: Bench) -> None:
    """A user arrives, the package gets a distribution, and the user comes back."""
    bench.begin()
    bench.visit()
    bench.signed_in()
    bench.act("motar.add_distribution", distribution="1.0.0")
    bench.quiet()
    bench.visit()


def _is_complete(bench: Bench) -> bool:
    request = bench.request()
    return request["status"] == "completed" and request["complete"] is True


CHECKS: Final = (
    Check(
        id="whole/as-documented",
        title="Reports as documented, and is never refused",
        good="Send the documented fields and values only; violations in the journal say what is not.",
        evidence="documented",
        source=ATO_PAGE,
        perform=as_documented,
    ),
    Check(
        id="whole/completed",
        title="Ends in completed",
        good="Send status completed with complete: true when the work is done. Where a person decides in your plugin, "
        "let them, with --patience 5m; or leave this check out with --skip whole/completed.",
        evidence="documented",
        source=ATO_PAGE,
        perform=completed,
    ),
)
