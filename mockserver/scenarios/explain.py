"""Why a step failed, in sentences that a person can act upon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from mockserver.errors import nearest
from mockserver.scenarios.answering import NO_ANSWER
from mockserver.scenarios.steps import ExpectDocumentStep, VerifyStep, times_in_words
from mockserver.world.durations import format_duration
from mockserver.world.matchers import Difference, Tally, compare, compare_keys, show
from mockserver.world.matching import Match, NearMiss, closest, differences, in_words, label

MOST_TOLD: Final = 8
"""Differences told of one exchange, and exchanges of one kind; a foreign body differs in everything."""

_Facts = Mapping[str, Any]

_SILENCE: Final = {
    "inbound": "No request came in this run. Is the plugin running, and does it call the address of this world?",
    "delivery": "Nothing was delivered in this run. Is an endpoint configured for this webhook?",
}


_STRICT: Final = "A strict run takes nothing that no step asks for. In the mode ordered it would be passed over."
_IN_ORDER: Final = "The order of the steps is kept. In the mode loose any order would do."


def never_came(
    match: Match,
    within: timedelta,
    exchanges: Sequence[_Facts],
    consumed: Mapping[int, str],
    instead: _Facts | None = None,
    wanted_by: str | None = None,
) -> list[str]:
    """Why waiting for `match` was in vain. `consumed` names the step that had each exchange already.

    `instead` is what came in its place, where order is kept, and `wanted_by` the later step that waits for that.
    """
    lines = [f"Waited {format_duration(within)} for a {in_words(match)}; it never came."]
    same_kind = [facts for facts in exchanges if facts.get("kind") == match.kind]
    if not same_kind:
        others = [facts for facts in exchanges if facts.get("kind") == "delivery"][-MOST_TOLD:]
        silence = [_SILENCE[str(match.kind)]]
        if others:
            silence = ["No request came in this run. What was sent to the plugin:"]
            silence += [line for facts in others for line in _sent(facts)]
        return [*lines, *silence]
    late = [miss for miss in closest(match, same_kind) if not miss.differences and miss.id not in consumed]
    if late:
        return [f"Waited {format_duration(within)} for a {in_words(match)}.", *map(_came_late, late)]
    told = _near_misses(match, same_kind, consumed)
    if instead is not None:
        return [*lines, *_in_its_place(instead, wanted_by), *told]
    return [*lines, *(told or _nothing_like_it(match, same_kind, consumed))]


def came_too_seldom(
    match: Match, times: int, at_least: int, instead: _Facts | None, wanted_by: str | None
) -> list[str]:
    """That what a step waits for came, and not as often as it should have."""
    came, wanted = times_in_words(times), times_in_words(at_least)
    line = f"Waited for a {in_words(match)}; it came {came}, and should have come at least {wanted}."
    return [line, *(_in_its_place(instead, wanted_by) if instead is not None else [])]


def _in_its_place(instead: _Facts, wanted_by: str | None) -> list[str]:
    whose = f", which {wanted_by} waits for" if wanted_by else ", which no step waits for"
    return [f"In its place came {_named(instead['id'], label(instead))}{whose}."]


def unexpected(match: Match, facts: _Facts, consumed: Mapping[int, str], exchanges: Sequence[_Facts]) -> list[str]:
    """Why what came ends a strict run: nobody asks for it now, or ever after."""
    lines = [f"Unexpected: {_named(facts['id'], label(facts))}.", *_same_as(facts, consumed, exchanges)]
    lines.append(f"The step waits for a {in_words(match)}.")
    found = differences(match, facts)
    if not _is_another_call(found):
        lines += [f"  {difference}" for difference in found[:MOST_TOLD]]
    return [*lines, *_refused_before(facts, consumed, exchanges), _STRICT]


def _refused_before(facts: _Facts, consumed: Mapping[int, str], exchanges: Sequence[_Facts]) -> list[str]:
    """The call that was not answered because no step has it: what came of that is maybe all that is seen here."""
    for each in exchanges:
        if each["id"] >= facts["id"] or each["id"] in consumed or each["kind"] != "inbound":
            continue
        body = each["response"]["body"]
        if isinstance(body, Mapping) and body.get("error") == NO_ANSWER:
            line = (
                f"Before it {_named(each['id'], label(each))} got no answer of the scenario, for no step asks for it."
            )
            return [line, *_same_as(each, consumed, exchanges)]
    return []


def left_over(left: Sequence[_Facts], consumed: Mapping[int, str], exchanges: Sequence[_Facts]) -> list[str]:
    """What came in a strict run that no step asked for; nothing when that is nothing."""
    if not left:
        return []
    lines: list[str] = []
    for facts in left[:MOST_TOLD]:
        lines += [f"Unexpected: {_named(facts['id'], label(facts))}; no step asks for it."]
        lines += _same_as(facts, consumed, exchanges)
    return [*lines, *([f"and {len(left) - MOST_TOLD} more"] if len(left) > MOST_TOLD else []), _STRICT]


def out_of_order(match: Match, late: _Facts, first: _Facts, wanted_by: str | None) -> list[str]:
    """That what a step waits for did come, but when something else was due."""
    lines = [f"Out of order: {_named(late['id'], label(late))} is what the step waits for, a {in_words(match)},"]
    if first["id"] == late["id"]:
        return [*lines, "but it came before something that an earlier step had waited for.", _IN_ORDER]
    whose = f", which {wanted_by} waits for" if wanted_by else ""
    return [*lines, f"but {_named(first['id'], label(first))} came before it{whose}.", _IN_ORDER]


def _same_as(facts: _Facts, consumed: Mapping[int, str], exchanges: Sequence[_Facts]) -> list[str]:
    """Which step had the like of it already."""
    seen = ("kind", "method", "path", "query", "body")
    for each in exchanges:
        if each["id"] in consumed and each["id"] != facts["id"] and all(each[name] == facts[name] for name in seen):
            return [f"The same came as #{each['id']}, which {consumed[each['id']]} has consumed already."]
    return []


def miscounted(step: VerifyStep, match: Match, found: Sequence[_Facts], exchanges: Sequence[_Facts]) -> list[str]:
    """Why a `verify` does not hold: what came too often, or what came close where too little did."""
    sentence = f"{in_words(match)} should have come {step.times()}, and came {times_in_words(len(found))}."
    lines = [sentence[0].upper() + sentence[1:]]
    lines += [f"This one matches: {_named(facts['id'], label(facts))}" for facts in found[:MOST_TOLD]]
    if len(found) > MOST_TOLD:
        lines.append(f"and {len(found) - MOST_TOLD} more")
    most = step.count if step.count is not None else step.at_most
    if most is not None and len(found) > most:
        return lines
    others = [facts for facts in exchanges if all(facts is not one for one in found)]
    return lines + (_near_misses(match, others, {}) or _nothing_like_it(match, others, {}))


def answered_otherwise(match: Match, facts: _Facts) -> list[str]:
    """Why the answer to a call is not the one that was asked for."""
    lines = [f"The answer was not as it should be: {label(facts)}"]
    told = differences(match, facts)
    lines += [f"  {difference}" for difference in told[:MOST_TOLD]]
    if len(told) > MOST_TOLD:
        lines.append(f"  and {len(told) - MOST_TOLD} more differences")
    body = facts["response"]["body"]
    if body is not None and not any(str(difference).startswith("response.body") for difference in told):
        lines.append(f"  it said: {show(body, 300)}")
    return lines


def came_otherwise(expected: Any, result: object) -> list[str]:
    """How the result of an action is not what should have come of it; nothing when it is."""
    tally = Tally(explain=True)
    compare(tally, "result", expected, result)
    return ["It was done, but not with the result it should have:", *_lines(tally)] if tally.missed else []


def came_since(exchanges: Sequence[_Facts], consumed: Mapping[int, str]) -> list[str]:
    """What came after all that steps took, for it may have written over what they saw; nothing when that is nothing."""
    last = max(consumed, default=0)
    later = [facts for facts in exchanges if facts["id"] > last and _writes(facts)]
    if not later:
        return []
    lines = [f"After #{last}, which {consumed[last]} took, came:" if last else "What came in this run:"]
    if len(later) > MOST_TOLD:
        lines.append(f"  … {len(later) - MOST_TOLD} more, and then")
    for facts in later[-MOST_TOLD:]:
        body = "" if facts["body"] is None else f" with {show(facts['body'], 160)}"
        lines.append(f"  {_named(facts['id'], label(facts))}{body}")
    return lines


def _writes(facts: _Facts) -> bool:
    return facts.get("kind") == "inbound" and facts["method"] not in ("GET", "HEAD")


def lacks(where: _Facts, document: _Facts) -> list[str]:
    """What of `where` a document does not fulfil."""
    tally = Tally(explain=True)
    compare_keys(tally, "", where, document)
    return _lines(tally)


def no_such_document(
    step: ExpectDocumentStep, where: _Facts, within: timedelta, documents: Sequence[_Facts]
) -> list[str]:
    """Why waiting for a document was in vain: the ones that lack least."""
    lines = [f"Waited {format_duration(within)} for one of {step.of} as it should be; there was none."]
    if not documents:
        return [*lines, f"There is nothing in {step.of}."]
    closest_first = sorted(((lacks(where, each), each) for each in documents), key=lambda pair: len(pair[0]))
    for lacking, document in closest_first[:3]:
        lines += [f"There is {show(document, 160)}", *lacking[:MOST_TOLD]]
    return lines


def unlike(expected: bool | str | dict[str, Any], said: str) -> list[str]:
    """How a step failed otherwise than it should have; nothing when it failed as expected."""
    if expected is True:
        return []
    tally = Tally(explain=True)
    compare(tally, "the failure", expected if isinstance(expected, dict) else {"contains": expected}, said)
    return ["It failed, as it should, but otherwise:", *_lines(tally)] if tally.missed else []


def _lines(tally: Tally) -> list[str]:
    return [f"  {difference}" for difference in tally.differences]


def _near_misses(match: Match, exchanges: Sequence[_Facts], consumed: Mapping[int, str]) -> list[str]:
    lines: list[str] = []
    # Of a call that means something else, further differences tell nothing.
    exchanges = [facts for facts in exchanges if _is_near(match, facts, consumed)]
    errors = {facts["id"]: facts["error"] for facts in exchanges if facts.get("error")}
    for miss in closest(match, exchanges):
        name = _named(miss.id, miss.label)
        taken = f"; {consumed[miss.id]} had already taken it" if miss.id in consumed else ""
        if not miss.differences:
            lines.append(f"{name} matches, but {consumed[miss.id]} had already taken it.")
        else:
            lines.append(f"{'Also' if lines else 'The closest that'} came: {name}{taken}")
            if miss.id in errors:
                lines.append(f"  it failed: {errors[miss.id]}")
            lines += [f"  {difference}" for difference in miss.differences[:MOST_TOLD]]
            if len(miss.differences) > MOST_TOLD:
                lines.append(f"  and {len(miss.differences) - MOST_TOLD} more differences")
    return lines


def _is_near(match: Match, facts: _Facts, consumed: Mapping[int, str]) -> bool:
    """Whether something was meant to be what the match asks for: sent to the right place, or a step beside it."""
    found = differences(match, facts)
    if not _is_another_call(found):
        return True
    if facts["id"] in consumed or not isinstance(match.path, str):
        return False
    elsewhere = {difference.field for difference in found} & {"kind", "method", "path"}
    return elsewhere == {"method"} or (elsewhere == {"path"} and _is_misspelt(match.path, str(facts.get("path"))))


def _is_misspelt(wanted: str, path: str) -> bool:
    """Whether a path is another one but for a single segment that is spelled much like the right one."""
    left, right = wanted.strip("/").split("/"), path.strip("/").split("/")
    unlike = [(want, got) for want, got in zip(left, right, strict=False) if want != got]
    return len(left) == len(right) and all(nearest(got, [want]) for want, got in unlike) and len(unlike) < 2


def _nothing_like_it(match: Match, exchanges: Sequence[_Facts], consumed: Mapping[int, str]) -> list[str]:
    """That nothing of the kind came at all, and what came last; nothing when that is nothing."""
    same_kind = [facts for facts in exchanges if facts.get("kind") == match.kind]
    if not same_kind:
        return []
    lines = []
    if match.kind == "inbound" and isinstance(match.method, str) and isinstance(match.path, str):
        lines = [f"Nothing came to {match.method} {match.path}."]
    last = same_kind[-1]
    whose = f", which {consumed[last['id']]} took" if last["id"] in consumed else ""
    return [*lines, f"The last that came was {_named(last['id'], label(last))}{whose}."]


def _is_another_call(differences: Sequence[Difference]) -> bool:
    """Whether they are those of a call that means something else, where further differences tell nothing."""
    return any(difference.field in ("kind", "method", "path") for difference in differences)


def _sent(facts: _Facts) -> list[str]:
    lines = [f"  {_named(facts['id'], label(facts))}"]
    return [*lines, f"    it failed: {facts['error']}"] if facts.get("error") else lines


def _came_late(miss: NearMiss) -> str:
    return f"{_named(miss.id, miss.label)} matches, but came when the time was over; a longer 'within' would find it."


def _named(id_: int, words: str) -> str:
    return f"#{id_} {words}"
