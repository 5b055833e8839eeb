"""Checks of what the plugin does when MOTAR refuses or fails: tokens that ran out, too many requests, outages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from mockserver.checks.bench import (
    ALERT,
    REPORTS,
    SETTLED,
    STARTED,
    STATUS,
    TOKENS,
    VISIT,
    Bench,
    Step,
    answer_of,
    fields,
    is_success,
)
from mockserver.checks.model import Check, NotApplicableError, ShortfallError
from mockserver.checks.signing_in import OAUTH_PAGE
from mockserver.checks.webhooks import ATO_PAGE
from mockserver.client.answers import Exchange

ERRORS_PAGE: Final = "https://docs.motar.io/developertools/api/error-codes"
BEARER: Final = {"headers": {"authorization": {"matches": "^(?!Basic )"}}}


def refreshed(bench: Bench) -> list[Exchange]:
    _expire(bench)
    stale = _expired(bench)[0]
    refreshes = bench.until(lambda: bench.grants("refresh_token"))
    if not refreshes:
        raise ShortfallError("MOTAR answered 4010, and the plugin did not refresh.", stale)
    refresh = refreshes[0]
    if not is_success(refresh):
        raise ShortfallError(f"The refresh was refused ({answer_of(refresh)}).", stale, refresh)
    again = bench.until(lambda: _repeated(bench, stale))
    if not again:
        raise ShortfallError("The plugin refreshed, and did not repeat the call that was refused.", stale, refresh)
    return [stale, refresh, again[0]]


def rotated(bench: Bench) -> list[Exchange]:
    second = (_await(REPORTS), SETTLED, _respond(REPORTS, bench, 401, "4010", where=BEARER, within=bench.waits.quiet))
    _expire(bench, *second)
    stale = _expired(bench)
    if len(stale) < 2:
        raise NotApplicableError("The plugin makes no second call with its new token that could be refused.")
    refreshes = bench.until(lambda: found if len(found := bench.grants("refresh_token")) > 1 else [])
    if not refreshes:
        raise ShortfallError("The new token ran out as well, and the plugin did not refresh again.", *stale)
    for each in refreshes:
        if not is_success(each):
            raise ShortfallError(
                f"A second refresh was refused ({answer_of(each)}): its refresh token was used already.", *refreshes
            )
    return [*stale, *refreshes]


def too_many_requests(bench: Bench) -> list[Exchange]:
    wait = bench.waits.retry_after
    refused = _fail(bench, REPORTS, 429, headers={"Retry-After": str(wait)})
    early = [
        each
        for each in bench.reports(path=refused.path)
        if each.id > refused.id and each.body == refused.body and _seconds(refused, each) < 0.9 * wait
    ]
    if early:
        told = f"MOTAR asked to wait for {wait} s; the same came again after {_seconds(refused, early[0]):.2f} s."
        raise ShortfallError(told, refused, early[0])
    return _made_good(bench, refused, wait + bench.waits.quiet)


def status_fails(bench: Bench) -> list[Exchange]:
    return _made_good(bench, _fail(bench, STATUS, 503), bench.waits.quiet)


def alert_fails(bench: Bench) -> list[Exchange]:
    return _made_good(bench, _fail(bench, ALERT, 503), bench.waits.quiet)


def tokens_fail(bench: Bench) -> list[Exchange]:
    failed = _fail(bench, TOKENS, 503)
    arrival = bench.visit()
    later = [each for each in bench.grants("authorization_code") if each.id > failed.id]
    if not later:
        raise ShortfallError(
            "The user came again after the outage, and the plugin asked for no tokens.", failed, arrival
        )
    bench.signed_in()
    return [failed, later[-1]]


def connection_cut(bench: Bench) -> list[Exchange]:
    return _lose_answer(bench, "reset")


def answer_never_comes(bench: Bench) -> list[Exchange]:
    return _lose_answer(bench, "timeout")


def _lose_answer(bench: Bench, wire: str) -> list[Exchange]:
    """Let MOTAR take an alert while the plugin does not get to know: it may raise it again, but recognizably."""
    fault = {"when": {"method": "POST", "path": ALERT}, "wire": wire, "processed": True}
    bench.perform(*STARTED, {"fault": fault}, VISIT, SETTLED)
    bench.taken()
    lost = bench.until(lambda: [each for each in bench.reports(path=ALERT) if each.status is None])
    if not lost:
        raise NotApplicableError("The plugin raises no alert when a user arrives.")
    bench.quiet()
    arrival = bench.visit()
    later = bench.until(lambda: [each for each in bench.reports() if each.id > lost[0].id and is_success(each)])
    if not later:
        told = "After that the plugin never reported again, though its user came back."
        raise ShortfallError(told, lost[0], arrival)
    said = fields(lost[0])
    for each in later:
        again = fields(each)
        same = each.path == ALERT and all(again.get(name) == said.get(name) for name in ("title", "text", "type"))
        if same and (said.get("providerId") is None or again.get("providerId") != said.get("providerId")):
            raise ShortfallError("The plugin raised the same alert again under another providerId.", lost[0], each)
    return [lost[0], *later[:1]]


def _expire(bench: Bench, *more: Step) -> None:
    bench.perform(*STARTED, VISIT, SETTLED, _respond(REPORTS, bench, 401, "4010", where=BEARER), *more, SETTLED)
    bench.taken()
    bench.signed_in()
    bench.quiet()


def _expired(bench: Bench) -> list[Exchange]:
    stale = [each for each in bench.reports() if (each.status, each.response.headers.get("errorcode")) == (401, "4010")]
    if not stale:
        raise NotApplicableError("The plugin makes no call with the token of the sign-in.")
    return stale


def _repeated(bench: Bench, refused: Exchange) -> list[Exchange]:
    return [
        each
        for each in bench.reports(path=refused.path)
        if each.id > refused.id
        and each.body == refused.body
        and is_success(each)
        and each.headers.get("authorization") != refused.headers.get("authorization")
    ]


def _fail(bench: Bench, path: str, status: int, headers: dict[str, str] | None = None) -> Exchange:
    """Let a user arrive while MOTAR answers one call with an error; that call."""
    run = bench.perform(*STARTED, VISIT, SETTLED, _respond(path, bench, status, "5000", headers=headers), SETTLED)
    bench.taken()
    if not run.passed:
        raise NotApplicableError(f"The plugin made no call to {path.removesuffix('*')} when a user arrived.")
    bench.quiet()
    return next(each for each in bench.exchanges() if each.kind == "inbound" and each.status == status)


def _made_good(bench: Bench, failed: Exchange, own_time: float) -> list[Exchange]:
    """Give the plugin time to try again, and then an occasion; what came, if it was accepted and nothing came twice."""

    def accepted() -> list[Exchange]:
        return [each for each in bench.reports(path=failed.path) if each.id > failed.id and is_success(each)]

    bench.until(accepted, patience=own_time)
    arrival = bench.visit()
    if not bench.until(accepted):
        told = f"After the {failed.status} the plugin never reported to {failed.path} again, though its user came back."
        raise ShortfallError(told, failed, arrival)
    raised: dict[str, Exchange] = {}
    for each in bench.reports(path=ALERT):
        if not is_success(each):
            continue
        news = repr(sorted(fields(each).items()))
        if news in raised:
            raise ShortfallError("The plugin raised the same alert twice.", failed, raised[news], each)
        raised[news] = each
    return [failed, accepted()[0]]


def _seconds(first: Exchange, second: Exchange) -> float:
    times = [datetime.fromisoformat(each.raw["wall"]) for each in (first, second)]
    return (times[1] - times[0]) / timedelta(seconds=1)


def _await(path: str, **fields: Any) -> Step:
    return {"await": f"POST {path}", **fields}


def _respond(
    path: str,
    bench: Bench,
    status: int,
    code: str,
    *,
    where: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    within: float | None = None,
) -> Step:
    """A step in which MOTAR answers the next such call with an error, in its general shape."""
    text = "access token refresh required" if code == "4010" else "not now"
    return _await(
        path,
        where=where or {},
        within=bench.waits.patience if within is None else within,
        respond={
            "status": status,
            "headers": {"errorcode": code, "errordescription": text, **(headers or {})},
            "body": {"error_code": code, "error_description": text},
        },
    )


def _check(id: str, title: str, good: str, perform: Callable[[Bench], list[Exchange]], source: str = ATO_PAGE) -> Check:
    return Check(
        id=id,
        title=title,
        good=good,
        evidence="assumed",
        source=f"{source} (silent about outages)",
        perform=perform,
    )


CHECKS: Final = (
    Check(
        id="token/refreshed",
        title="Refreshes on 4010, and repeats the call",
        good="On 401 with code 4010 exchange the refresh token at /oauth/token, then repeat the call that was refused.",
        evidence="documented",
        source=ERRORS_PAGE,
        perform=refreshed,
    ),
    Check(
        id="token/rotated",
        title="Keeps the new refresh token, too",
        good="Store both tokens of a refresh: a refresh token works once.",
        evidence="observed",
        source=f"{OAUTH_PAGE} (every public client stores both)",
        perform=rotated,
    ),
    _check(
        "trouble/too-many-requests",
        "Waits when MOTAR answers 429",
        "Do not repeat a call before Retry-After is over; report later, and every alert once.",
        too_many_requests,
    ),
    _check(
        "trouble/status-fails",
        "Survives a 503 when it reports a status",
        "Remember what MOTAR has accepted, not what you have sent, and report again.",
        status_fails,
    ),
    _check(
        "trouble/alert-fails",
        "Survives a 503 when it raises an alert, without a second one",
        "Raise the alert again later, in one place only, so that it does not appear twice.",
        alert_fails,
    ),
    _check(
        "trouble/tokens-fail",
        "Survives a 503 of the token endpoint",
        "Ask the user to come again; a new visit brings a new code.",
        tokens_fail,
        OAUTH_PAGE,
    ),
    _check(
        "trouble/timeout",
        "Survives an answer that never comes",
        "Bound every call by a few seconds, and expect that what timed out may have arrived: give an alert the same "
        "providerId when you raise it again.",
        answer_never_comes,
    ),
    _check(
        "trouble/reset",
        "Survives a connection that is cut",
        "Expect that what was cut may have arrived: give an alert the same providerId when you raise it again.",
        connection_cut,
    ),
)
