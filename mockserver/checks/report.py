"""What came of checks, for people and for programs; secrets in exchanges have placeholders."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from mockserver.checks.model import Result
from mockserver.client.answers import Exchange
from mockserver.scenarios.junit import Case, Suite
from mockserver.world.redaction import Redaction

MOST: Final = 300
"""Characters of a body that people are shown."""


def data(results: Sequence[Result], plugin: str) -> dict[str, Any]:
    """The results as JSON data: `passed` unless a check failed, how many ended how, and every check."""
    counts = Counter(result.outcome for result in results)
    return {
        "plugin": plugin,
        "passed": not counts["failed"],
        "counts": {outcome: counts[outcome] for outcome in ("passed", "failed", "not applicable")},
        "checks": [
            {
                "id": result.check.id,
                "title": result.check.title,
                "outcome": result.outcome,
                "message": result.message,
                "good": result.check.good,
                "evidence": result.check.evidence,
                "source": result.check.source,
                "seconds": round(result.seconds, 3),
                "exchanges": _exchanges(result),
            }
            for result in results
        ],
    }


def suite(results: Sequence[Result], plugin: str) -> Suite:
    """The results as a test suite; what is not applicable counts as skipped."""
    return Suite(name="mockserver check", cases=[_case(result) for result in results], properties={"plugin": plugin})


def lines(result: Result) -> Iterator[str]:
    """The exchanges that show a result, for people."""
    for shown in _exchanges(result):
        to = shown["url"] if shown["kind"] == "delivery" else shown["path"]
        yield f"{'to the plugin' if shown['kind'] == 'delivery' else 'to MOTAR'}: {shown['method']} {to}"
        told = [
            f"{name}: {shown['request'][name]}" for name in ("authorization", "origin") if shown["request"].get(name)
        ]
        if shown["kind"] == "delivery" and shown["method"] == "POST" and not shown["request"].get("authorization"):
            told.insert(0, "no Authorization")
        yield from (f"  {line}" for line in told)
        if shown["request"]["body"]:
            yield f"  {_short(shown['request']['body'])}"
        yield f"  {_answer(shown)}"


def _case(result: Result) -> Case:
    details = [result.message, f"A good plugin: {result.check.good}", *lines(result)] if result.message else []
    return Case(
        name=f"{result.check.id}: {result.check.title}",
        outcome="skipped" if result.outcome == "not applicable" else result.outcome,
        seconds=result.seconds,
        reason=result.check.id if result.outcome == "failed" else "",
        message=result.message,
        details=details,
    )


def _exchanges(result: Result) -> list[dict[str, Any]]:
    redaction = Redaction()
    shown: list[dict[str, Any]] = redaction.data([_exchange(each) for each in result.exchanges])
    return shown


def _exchange(exchange: Exchange) -> dict[str, Any]:
    named = {name: exchange.headers[name] for name in ("authorization", "origin") if name in exchange.headers}
    return {
        "id": exchange.id,
        "kind": exchange.kind,
        "method": exchange.method,
        "url": exchange.url,
        "path": exchange.path,
        "status": exchange.status,
        "error": exchange.error,
        "request": {**named, "body": exchange.body},
        "response": {"body": exchange.response.body},
    }


def _answer(shown: dict[str, Any]) -> str:
    if shown["status"] is None:
        return f"no answer: {shown['error']}" if shown["error"] else "no answer"
    return f"answered HTTP {shown['status']} {_short(shown['response']['body'])}".rstrip()


def _short(body: Any) -> str:
    text = body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= MOST else f"{text[:MOST]}…"
