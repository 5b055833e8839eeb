"""Checks of what the plugin does with webhooks: whom it believes, what it takes, and what it makes of repetitions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mockserver.checks.bench import (
    ALERT,
    REQUEST_ID,
    SETTLED,
    STARTED,
    Bench,
    Step,
    answer_of,
    basic,
    fields,
    is_refusal,
    is_success,
)
from mockserver.checks.model import Check, NotApplicableError, ShortfallError
from mockserver.client.answers import Exchange

PLUGINS_PAGE: Final = "https://docs.motar.io/developertools/api/plugins"
ATO_PAGE: Final = "https://docs.motar.io/developertools/api/plugins/ato"
UNKNOWN: Final = {"addedByMotarLater": {"since": 2}, "anotherNewField": None}
NO_NULLS: Final = {"companyPhone": "+1-555-0100", "reportUri": "https://reports.example/1"}
"""In place of the nulls of a first request, which are another check's."""
OTHERS: Final = (f"iok-cid-{'0ddba11a' * 6}", f"iok-cse-{'0ddba11b' * 6}")
"""Credentials of a plugin that is not the one under test."""


def without_credentials(bench: Bench) -> list[Exchange]:
    return _refused(bench, None)


def wrong_secret(bench: Bench) -> list[Exchange]:
    return _refused(bench, basic(bench.plugin.client_id, f"iok-cse-{'0' * 48}"))


def credentials_of_another_plugin(bench: Bench) -> list[Exchange]:
    return _refused(bench, basic(*OTHERS))


def forged_origin(bench: Bench) -> list[Exchange]:
    if bench.origin is None:
        raise NotApplicableError("Webhooks of this world carry no origin (motar.origin_mark is null).")
    right = basic(bench.plugin.client_id, bench.plugin.client_secret)
    forged = ("https://evil.example", f"{bench.origin}.evil.example")
    sent = _send(bench, *(_message(bench, right, origin, n) for n, origin in enumerate((*forged, bench.origin))))
    *attempts, genuine = sent
    if not is_success(genuine):
        raise NotApplicableError("The plugin does not take a request: see webhook/first-request.")
    followed = [each for each in attempts if not is_refusal(each)]
    if not followed:
        return attempts
    if len(followed) == len(attempts) and not bench.claims_origin:
        raise NotApplicableError(
            "The plugin takes webhooks from any origin, which is allowed. If it should verify it: --verifies-origin."
        )
    origin = followed[0].headers.get("origin")
    raise ShortfallError(f"A webhook from {origin} was followed ({answer_of(followed[0])}).", *followed)


def first_request(bench: Bench) -> list[Exchange]:
    bench.perform(*STARTED)
    first = bench.request_webhooks()[0]
    if not is_success(first):
        empty = " and ".join(name for name, value in first.body.items() if value is None)
        raise ShortfallError(f"The first request, in which {empty} are null, got {answer_of(first)}.", first)
    return [first]


def unknown_fields(bench: Bench) -> list[Exchange]:
    document = {**bench.request_document, **NO_NULLS, **UNKNOWN}
    messages = [_message(bench, _right(bench), bench.origin, document=document)]
    if bench.distributions_document is not None:
        entries = [{**entry, **UNKNOWN} for entry in bench.distributions_document["distributions"]]
        document = {**bench.distributions_document, "requestId": REQUEST_ID, "distributions": entries, **UNKNOWN}
        assert bench.plugin.distribution_endpoint is not None
        messages.append(_post(bench.plugin.distribution_endpoint, _right(bench), bench.origin, document))
    bench.perform(*STARTED, *messages, SETTLED)
    bench.taken()
    tried = [each for each in _webhooks(bench) if "addedByMotarLater" in each.body]
    for each in tried:
        if not is_success(each):
            raise ShortfallError(f"A document with a field that is not known yet got {answer_of(each)}.", each)
    return tried


def repeated(bench: Bench) -> list[Exchange]:
    first = bench.begin()
    bench.quiet()
    before = _news(bench)
    again = bench.redeliver(first)
    bench.quiet()
    if again.status != first.status:
        told = f"The first got {answer_of(first)}, its repetition {answer_of(again)}."
        raise ShortfallError(told, first, again)
    for each in bench.reports(path=ALERT)[len(before) :]:
        if _told(each) in before:
            raise ShortfallError("The repetition made the plugin raise the same alert again.", again, each)
    return [first, again]


def current_state(bench: Bench) -> list[Exchange]:
    bench.distribution_webhooks()
    bench.begin()
    bench.visit()
    bench.act("motar.add_distribution", distribution="1.0.0")
    bench.act("motar.add_distribution", distribution="1.1.0")
    bench.act("motar.remove_distribution", distribution="1.0.0")
    bench.quiet()
    last = bench.distribution_webhooks()[-1]
    for each in bench.distribution_webhooks():
        if not is_success(each):
            raise ShortfallError(f"A change of the distributions got {answer_of(each)}.", each)
    bench.visit()
    telling = bench.until(lambda: [each for each in bench.reports() if each.id > last.id and _versions(each)])
    if not telling:
        raise NotApplicableError("The plugin took every change, and no alert of it names a version afterwards.")
    if _versions(telling[-1]) != {"1.1.0"}:
        named = " and ".join(sorted(_versions(telling[-1])))
        raise ShortfallError(
            f"MOTAR said that the package holds 1.1.0 only; the plugin speaks of {named}.", last, telling[-1]
        )
    return [last, telling[-1]]


def _refused(bench: Bench, authorization: str | None) -> list[Exchange]:
    messages = [_message(bench, authorization, bench.origin)]
    if bench.distributions_document is not None:
        assert bench.plugin.distribution_endpoint is not None
        document = {**bench.distributions_document, "requestId": REQUEST_ID}
        messages.append(_post(bench.plugin.distribution_endpoint, authorization, bench.origin, document))
    bench.perform(*STARTED, *messages, SETTLED)
    tried = [bench.request_webhooks()[1], *(bench.distribution_webhooks() if len(messages) > 1 else ())]
    for each in tried:
        if not is_refusal(each):
            raise ShortfallError(f"{each.url} answered {answer_of(each)}, where 401 is right.", each)
    return tried


def _send(bench: Bench, *messages: Step) -> list[Exchange]:
    bench.perform(*messages, SETTLED)
    return bench.request_webhooks()


def _message(
    bench: Bench,
    authorization: str | None,
    origin: str | None,
    n: int = 0,
    document: Mapping[str, Any] | None = None,
) -> Step:
    """A step that sends a request document which the plugin has not seen yet."""
    assert bench.plugin.request_endpoint is not None
    body = {**(document or bench.request_document), "requestId": bench.fresh_id(n)}
    return _post(bench.plugin.request_endpoint, authorization, origin, body)


def _post(url: str, authorization: str | None, origin: str | None, document: Mapping[str, Any]) -> Step:
    given = {"authorization": authorization, "origin": origin}
    headers = {name: value for name, value in given.items() if value is not None}
    return {"send": f"POST {url}", "headers": headers, "body": document}


def _right(bench: Bench) -> str:
    return basic(bench.plugin.client_id, bench.plugin.client_secret)


def _webhooks(bench: Bench) -> Iterator[Exchange]:
    yield from bench.request_webhooks()
    if bench.plugin.distribution_endpoint is not None:
        yield from bench.distribution_webhooks()


def _news(bench: Bench) -> list[tuple[Any, ...]]:
    return [_told(each) for each in bench.reports(path=ALERT)]


def _told(alert: Exchange) -> tuple[Any, ...]:
    return tuple(fields(alert).get(name) for name in ("requestId", "title", "text", "type", "status"))


def _versions(report: Exchange) -> set[str]:
    said = json.dumps(report.body)
    return {version for version in ("1.0.0", "1.1.0") if version in said}


CHECKS: Final = (
    Check(
        id="webhook/no-credentials",
        title="Refuses a webhook without credentials",
        good="Answer 401 to a webhook that has no Authorization header, at both endpoints, before reading its body.",
        evidence="documented",
        source=PLUGINS_PAGE,
        perform=without_credentials,
    ),
    Check(
        id="webhook/wrong-secret",
        title="Refuses a webhook with a wrong client secret",
        good="Compare the whole Basic value with your client ID and secret, in constant time, and answer 401.",
        evidence="documented",
        source=PLUGINS_PAGE,
        perform=wrong_secret,
    ),
    Check(
        id="webhook/other-plugin",
        title="Refuses a webhook with another plugin's credentials",
        good="Accept your own client ID and secret only; a pair of the right form may be another plugin's.",
        evidence="documented",
        source=PLUGINS_PAGE,
        perform=credentials_of_another_plugin,
    ),
    Check(
        id="webhook/forged-origin",
        title="Does not follow a forged origin where it verifies origins",
        good="Compare the whole origin, not how it begins; and only besides the credentials: any sender can write it.",
        evidence="assumed",
        source=f"{ATO_PAGE} (that one may verify; not how)",
        perform=forged_origin,
    ),
    Check(
        id="webhook/first-request",
        title="Takes the first request as documented, nulls included",
        good="Answer 2xx. companyPhone and reportUri are null in a first request.",
        evidence="documented",
        source=ATO_PAGE,
        perform=first_request,
    ),
    Check(
        id="webhook/unknown-fields",
        title="Tolerates fields it does not know",
        good="Ignore unknown fields of documents and of distributions: the vendor may add some any day.",
        evidence="assumed",
        source=f"{ATO_PAGE} (the document of a change is not described in full)",
        perform=unknown_fields,
    ),
    Check(
        id="webhook/repeated",
        title="Answers a repeated webhook the same way",
        good="Remember the requestId: answer a repetition as the first one, and do nothing twice.",
        evidence="assumed",
        source=f"{ATO_PAGE} (silent about retries; an answer can get lost on any network)",
        perform=repeated,
    ),
    Check(
        id="distributions/current-state",
        title="Takes distributions as the current state",
        good="Replace what you hold by the array; what is not in it any more was removed.",
        evidence="documented",
        source=ATO_PAGE,
        perform=current_state,
    ),
)
