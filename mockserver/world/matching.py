"""Comparing what people expect of an exchange with what the journal says happened.

A `Match` lists what matters; whatever it does not list may be anything. How values are compared is
told in `mockserver.world.matchers`.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mockserver.errors import Invalid, Problem
from mockserver.world.matcher_problems import check, check_parts
from mockserver.world.matchers import (
    EMPTY,
    MAX_DEPTH,
    MISSING,
    Difference,
    Tally,
    compare,
    compare_keys,
    leaves,
    matcher_of,
    show,
    too_deep,
)

_STATUS: Final = re.compile(r"[1-5](?:[0-9]{2}|xx)", re.IGNORECASE)
_WORLD_PREFIX: Final = re.compile(r"/w/[a-z0-9][a-z0-9-]{0,39}(?=/)")


class ResponseMatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the answer of an exchange must look like."""

    headers: dict[str, Any] | UnsetType = UNSET
    body: Any = UNSET


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an exchange must look like; what is left unset does not matter.

    `method` and header names are compared without regard to case. `path` may have `{name}` or `*` as
    whole segments, each standing for one that is not empty, and a `/w/{world}` in front is ignored.
    `status` is a number or a class such as `2xx`. In `query` and `headers` a plain number or boolean
    matches the text that means it. Raises `Invalid`, with every problem, when a matcher cannot be used.
    """

    kind: Literal["inbound", "delivery", "action", "clock"] | UnsetType = UNSET
    method: str | dict[str, Any] | UnsetType = UNSET
    path: str | dict[str, Any] | UnsetType = UNSET
    query: dict[str, Any] | UnsetType = UNSET
    status: int | str | dict[str, Any] | UnsetType = UNSET
    headers: dict[str, Any] | UnsetType = UNSET
    body: Any = UNSET
    response: ResponseMatch | UnsetType = UNSET

    def __post_init__(self) -> None:
        problems = match_problems(fields_of(self))
        if problems:
            raise Invalid("This match cannot be used:", problems)


class NearMiss(msgspec.Struct, frozen=True):
    """An exchange that comes close: `score` is the part of the match that agrees, from 0 to 1."""

    id: int
    label: str
    score: float
    differences: tuple[Difference, ...]


def matches(match: Match, facts: Mapping[str, Any]) -> bool:
    """Whether there are no differences, found out at the first one."""
    return not any(tally.missed for _, tally in _sections(match, facts, explain=False))


def differences(match: Match, facts: Mapping[str, Any]) -> list[Difference]:
    """Every field in which `facts` is not what `match` asks for; an empty list means that it matches."""
    return [difference for _, tally in _sections(match, facts) for difference in tally.differences]


def closest(match: Match, exchanges: Iterable[Mapping[str, Any]], limit: int = 3) -> list[NearMiss]:
    """The exchanges that agree most with `match`, best first, and the most recent first among equals.

    Kind, method and path outweigh everything else, so that the right call with a wrong body comes
    before a wrong call. One that agrees in nothing is left out; one that matches has no differences.
    """
    scored = ((_score(match, facts), facts["id"], facts) for facts in exchanges)
    best = heapq.nlargest(limit, (entry for entry in scored if entry[0] > 0), key=lambda entry: entry[:2])
    return [NearMiss(id_, label(facts), score, tuple(differences(match, facts))) for score, id_, facts in best]


def label(facts: Mapping[str, Any]) -> str:
    """An exchange in a few words: `POST /plugin/v1/ato/status -> 400`."""
    kind = facts.get("kind", "inbound")
    if kind in ("action", "clock"):
        return f"{kind} {facts.get('path') or ''}".rstrip()
    prefix = "delivery " if kind == "delivery" else ""
    status = facts.get("status")
    return f"{prefix}{facts.get('method', '')} {facts.get('path', '')} -> {'no answer' if status is None else status}"


def in_words(match: Match) -> str:
    """What a match asks for, as part of a sentence: `request POST /x with body.status "done"`."""
    nouns = {"inbound": "request", "delivery": "delivery", "action": "action", "clock": "clock move"}
    noun = nouns[match.kind] if isinstance(match.kind, str) else ""
    fields = {name: value for name, value in fields_of(match).items() if name != "kind"}
    route = [str(fields.pop(name)) for name in ("method", "path") if isinstance(fields.get(name), str)]
    details = [f"{field} {words}" for name, value in fields.items() for field, words in leaves(name, value)]
    return (" ".join(filter(None, [noun, *route])) or "exchange") + (f" with {', '.join(details)}" if details else "")


def path_parameters(pattern: str, path: str) -> dict[str, str] | None:
    """The segments of `path` that `{name}` stands for in `pattern`, or None when the two do not fit."""
    for candidate in dict.fromkeys((pattern, _WORLD_PREFIX.sub("", pattern, count=1))):
        if candidate == path:
            return {}
        wanted, found = candidate.split("/"), path.split("/")
        if len(wanted) == len(found) and all(map(_segment_fits, wanted, found)):
            return {want[1:-1]: got for want, got in zip(wanted, found, strict=True) if _is_parameter(want)}
    return None


def fields_of(match: Match | ResponseMatch) -> dict[str, Any]:
    """The fields that are set, as plain data."""
    values = {name: getattr(match, name) for name in match.__struct_fields__}
    return {
        name: fields_of(value) if isinstance(value, ResponseMatch) else value
        for name, value in values.items()
        if value is not UNSET
    }


def match_problems(
    match: Mapping[str, Any], path: str = "$", *, later: Callable[[object], bool] = lambda value: False
) -> list[Problem]:
    """Everything that makes matchers in `match` (plain data) unusable.

    `path` is where the match stands. A value for which `later` is true will only be known later and
    is left alone. Whether the fields have the right shape is for the type `Match` to say.
    """
    if too_deep(match, MAX_DEPTH):
        return [Problem(path, f"at most {MAX_DEPTH} levels", "more")]
    problems: list[Problem] = []
    status = match.get("status")
    if isinstance(status, str) and not _STATUS.fullmatch(status) and not later(status):
        problems.append(Problem(f"{path}.status", "a status such as 404 or '4xx'", show(status)))
    for name, value in match.items():
        if name == "response" and isinstance(value, Mapping):
            problems += match_problems(value, f"{path}.response", later=later)
        elif name in ("query", "headers"):
            check_parts(value, f"{path}.{name}", later, problems)
        else:
            check(value, f"{path}.{name}", later, problems)
    return problems


def _score(match: Match, facts: Mapping[str, Any]) -> float:
    tallies = list(_sections(match, facts, explain=False))
    weights = sum(weight for weight, _ in tallies)
    return sum(weight * tally.score for weight, tally in tallies) / weights if weights else 1.0


def _sections(match: Match, facts: Mapping[str, Any], *, explain: bool = True) -> Iterator[tuple[int, Tally]]:
    """What the fields that `match` sets weigh, and their tallies, the telling ones first."""
    if match.kind is not UNSET:
        tally = Tally(explain=explain)
        tally.judge(match.kind == facts.get("kind"), "kind", match.kind, facts.get("kind", MISSING))
        yield 8, tally
    if match.method is not UNSET:
        tally = Tally(explain=explain)
        compare(tally, "method", _upper(match.method), str(facts.get("method", "")).upper())
        yield 8, tally
    if match.path is not UNSET:
        tally = Tally(explain=explain)
        _compare_path(tally, match.path, str(facts.get("path", "")))
        yield 16, tally
    if match.status is not UNSET:
        tally = Tally(explain=explain)
        _compare_status(tally, match.status, facts.get("status"))
        yield 1, tally
    if match.query is not UNSET:
        tally = Tally(explain=explain)
        compare_keys(tally, "query", match.query, facts.get("query") or {}, text=True)
        yield 1, tally
    yield from _message("", match, facts, explain)
    if match.response is not UNSET:
        yield from _message("response.", match.response, facts.get("response") or {}, explain)


def _message(
    prefix: str, match: Match | ResponseMatch, facts: Mapping[str, Any], explain: bool
) -> Iterator[tuple[int, Tally]]:
    if match.headers is not UNSET:
        tally = Tally(explain=explain)
        wanted = {name.lower(): value for name, value in match.headers.items()}
        found = {name.lower(): value for name, value in (facts.get("headers") or {}).items()}
        compare_keys(tally, f"{prefix}headers", wanted, found, text=True)
        yield 1, tally
    if match.body is not UNSET:
        tally = Tally(explain=explain)
        compare(tally, f"{prefix}body", match.body, _or_empty(facts.get("body")))
        yield 1, tally


def _compare_path(tally: Tally, expected: str | dict[str, Any], path: str) -> None:
    if not isinstance(expected, str):
        compare(tally, "path", expected, path)
    elif path_parameters(expected, path) is not None:
        tally.agreed += 1
    else:
        wanted, found = expected.split("/")[1:], path.split("/")[1:]
        tally.judge(False, "path", expected, path)
        # Half of the common segments counts, so that a misspelt path is nearer than a foreign one.
        tally.agreed = sum(map(_segment_fits, wanted, found)) / max(len(wanted), len(found), 1) / 2
        tally.missed = 1 - tally.agreed


def _compare_status(tally: Tally, expected: int | str | dict[str, Any], status: int | None) -> None:
    if isinstance(expected, str):
        agrees = status is not None and re.fullmatch(expected.lower().replace("xx", ".."), str(status)) is not None
        tally.judge(agrees, "status", expected, _or_empty(status))
    else:
        compare(tally, "status", expected, _or_empty(status))


def _upper(expected: object) -> object:
    """A method, or a matcher for one, in the case methods are compared in; a pattern is left as it is."""
    if isinstance(expected, str):
        return expected.upper()
    if isinstance(expected, list):
        return [_upper(part) for part in expected]
    name = matcher_of(expected)
    if name in ("equals", "one_of", "not") and isinstance(expected, Mapping):
        return {name: _upper(expected[name])}
    return expected


def _segment_fits(wanted: str, found: str) -> bool:
    return wanted == found or (bool(found) and (wanted == "*" or _is_parameter(wanted)))


def _is_parameter(segment: str) -> bool:
    return len(segment) > 2 and segment[0] == "{" and segment[-1] == "}"


def _or_empty(value: object) -> object:
    return EMPTY if value is None else value
