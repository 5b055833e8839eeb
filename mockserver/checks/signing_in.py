"""Checks of what the plugin does with users who are handed over: their codes, and whose request they came for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mockserver.checks.bench import Bench, answer_of, fields
from mockserver.checks.model import Check, NotApplicableError, ShortfallError
from mockserver.checks.webhooks import ATO_PAGE
from mockserver.client.answers import Exchange

OAUTH_PAGE: Final = "https://docs.motar.io/developertools/api/authentication/oauth-api"
NOBODYS: Final = "ffffffffffffffffffffffff"
"""The id of no request."""


def redeemed_once(bench: Bench) -> list[Exchange]:
    bench.begin()
    arrival = bench.visit()
    code = arrival.query.get("code")
    tries = bench.until(
        lambda: [each for each in bench.grants("authorization_code") if fields(each).get("code") == code]
    )
    if not tries:
        raise ShortfallError("The plugin did not exchange the code that the user brought.", arrival)
    if len(tries) > 1:
        raise ShortfallError(f"The plugin sent one code {len(tries)} times.", *tries)
    return [arrival, *tries]


def redirect_uri(bench: Bench) -> list[Exchange]:
    bench.begin()
    arrival = bench.visit()
    tries = bench.until(lambda: bench.grants("authorization_code"))
    if not tries:
        raise NotApplicableError("The plugin exchanges no code: see code/redeemed-once.")
    registered = bench.plugin.redirect_uris[0]
    for each in tries:
        sent = fields(each).get("redirect_uri")
        if sent != registered:
            told = f"redirect_uri is {sent!r}" if sent is not None else "redirect_uri is missing"
            raise ShortfallError(f"{told}; the code was sent to {registered!r}.", arrival, each)
    return tries


def cancelled(bench: Bench) -> list[Exchange]:
    bench.begin()
    arrival = bench.visit(decision="cancel")
    if arrival.status is None or arrival.status >= 500:
        raise ShortfallError(f"A user who cancelled got {answer_of(arrival)}.", arrival)
    if tries := bench.grants("authorization_code"):
        raise ShortfallError("The plugin asked for tokens although the user had cancelled.", arrival, *tries)
    return [arrival]


def kept_apart(bench: Bench) -> list[Exchange]:
    bench.begin()
    first, second = bench.request_id, bench.start_another()
    # Both users are on their way at once, and the one who left last arrives first.
    redirects = {request: bench.sign_in(request) for request in (first, second)}
    shown: list[Exchange] = []
    for request in (second, first):
        arrival = bench.open_redirect(redirects[request])
        bench.signed_in()
        came = _reports_besides(bench, shown)
        if not came:
            raise NotApplicableError("The plugin reports nothing when a user arrives.")
        strange = [each for each in came if fields(each).get("requestId") != request]
        if strange:
            other = fields(strange[0]).get("requestId")
            told = f"The user arrived with state {request}, and the plugin reported on {other}."
            raise ShortfallError(told, arrival, *strange)
        shown += came
    return shown


def unknown_state(bench: Bench) -> list[Exchange]:
    bench.begin()
    redirect = bench.sign_in(bench.request_id).replace(bench.request_id, NOBODYS)
    arrival = bench.open_redirect(redirect)
    if arrival.status is None or arrival.status >= 500:
        raise ShortfallError(f"A user with a state that is no request's got {answer_of(arrival)}.", arrival)
    if reports := bench.reports():
        raise ShortfallError("The plugin reported for a user whose state is no request's.", arrival, *reports)
    return [arrival]


def _reports_besides(bench: Bench, known: Sequence[Exchange]) -> list[Exchange]:
    """The plugin's reports without those that are known, as soon as there are any."""
    ids = {each.id for each in known}
    return bench.until(lambda: [each for each in bench.reports() if each.id not in ids])


CHECKS: Final = (
    Check(
        id="code/redeemed-once",
        title="Redeems a code once",
        good="Exchange the code at /oauth/token when the user arrives, once: a code that came twice is refused.",
        evidence="documented",
        source=OAUTH_PAGE,
        perform=redeemed_once,
    ),
    Check(
        id="code/redirect-uri",
        title="Redeems it with the registered redirect URI",
        good="Send redirect_uri with the code, letter for letter as it is registered in Studio.",
        evidence="documented",
        source=OAUTH_PAGE,
        perform=redirect_uri,
    ),
    Check(
        id="code/cancelled",
        title="Bears with a user who cancels",
        good="When the redirect has an error instead of a code, say so on a page, and ask for no tokens.",
        evidence="documented",
        source=OAUTH_PAGE,
        perform=cancelled,
    ),
    Check(
        id="state/kept-apart",
        title="Keeps two requests apart by their state",
        good="Take the request from the state of the redirect, not from the session or the latest webhook.",
        evidence="documented",
        source=ATO_PAGE,
        perform=kept_apart,
    ),
    Check(
        id="state/unknown",
        title="Does nothing for a state that is no request's",
        good="Look the state up before anything else; answer 404 when there is no such request.",
        evidence="assumed",
        source=f"{ATO_PAGE} (that state is the requestId; silent about others)",
        perform=unknown_state,
    ),
)
