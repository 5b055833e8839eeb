"""What makes a workflow unusable although its XML is fine: the errors for which the original refuses it.

The rules are those of OSWorkflow 2.8's loader; that two steps, splits or joins share an id, it lets pass and then
finds the first, which nobody can mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from mockserver.errors import Problem
from mockserver.platforms.akana.workflow.definition import STAY, Action, Definition, Join, Result, Split, Step

Severity = Literal["error", "warning"]


class Flaw(msgspec.Struct, frozen=True):
    """A problem of a workflow file, and the rule it breaks. An error makes the file unusable."""

    rule: str
    problem: Problem
    severity: Severity = "error"


def flaws(definition: Definition) -> list[Flaw]:
    """Everything for which the original would refuse the workflow, but for what the reader has told."""
    found = [*_ids(definition), *_common(definition)]
    for action in definition.actions():
        found += _action(action, definition)
    for split in definition.splits:
        found += [flaw for result in split.results for flaw in _goes_somewhere(result, f"split {split.id}")]
        if not split.results:
            found.append(_flaw("empty-split", split.line, f"split {split.id}", "an <unconditional-result>", "none"))
    for join in definition.joins:
        if join.result is None:
            found.append(_flaw("empty-join", join.line, f"join {join.id}", "an <unconditional-result>", "none"))
        else:
            found += _goes_somewhere(join.result, f"join {join.id}")
    return found


def missing_initial(definition: Definition, required: Iterable[str]) -> list[Problem]:
    """The initial actions that a workflow must have to govern something, and has not: it is refused at upload."""
    names = {action.name for action in definition.initial_actions}
    return [
        Problem("/workflow/initial-actions", f"an initial action named {name!r}", "none", None, definition.line)
        for name in required
        if name not in names
    ]


def _flaw(rule: str, line: int, path: str, expected: str, got: str) -> Flaw:
    return Flaw(rule, Problem(path, expected, got, None, line))


def _ids(definition: Definition) -> Iterator[Flaw]:
    taken: dict[int, str] = {}
    for step in definition.steps:
        for action in definition.own_actions(step):
            if action.id in taken:
                yield _taken("duplicate-action-id", action, f"step {step}", taken[action.id])
            taken.setdefault(action.id, f"{action.name} of step {step}, line {action.line}")
    for action in definition.global_actions:
        if action.id in taken:
            yield _taken("duplicate-action-id", action, "global-actions", taken[action.id])
        taken.setdefault(action.id, f"{action.name} of global-actions, line {action.line}")
    for place, actions in (
        ("common-actions", definition.common_actions),
        ("initial-actions", definition.initial_actions),
    ):
        own: dict[int, str] = {}
        for action in actions:
            if action.id in taken or action.id in own:
                yield _taken("duplicate-action-id", action, place, taken.get(action.id) or own[action.id])
            own.setdefault(action.id, f"{action.name} of {place}, line {action.line}")
    yield from _same_ids("step", definition.steps)
    yield from _same_ids("split", definition.splits)
    yield from _same_ids("join", definition.joins)
    for step in definition.steps:
        if step.id == STAY:
            yield _flaw("reserved-step-id", step.line, f"step {step}", "another id than -1", "-1, which means: stay")


def _taken(rule: str, action: Action, where: str, by: str) -> Flaw:
    return _flaw(rule, action.line, f"{where}, action {action}", "an id of its own", f"{action.id}, taken by {by}")


def _same_ids(what: str, elements: Iterable[Step] | Iterable[Split] | Iterable[Join]) -> Iterator[Flaw]:
    seen: dict[int, int] = {}
    for each in elements:
        if each.id in seen:
            got = f"{each.id}, taken in line {seen[each.id]}"
            yield _flaw(f"duplicate-{what}-id", each.line, f"{what} {each.id}", "an id of its own", got)
        seen.setdefault(each.id, each.line)


def _common(definition: Definition) -> Iterator[Flaw]:
    known = {action.id for action in definition.common_actions}
    for step in definition.steps:
        for reference in step.common:
            # A piece of a workflow refers to actions that stand elsewhere.
            if reference.id not in known and not definition.fragment:
                yield _flaw(
                    "unknown-common-action",
                    reference.line,
                    f"step {step}",
                    f"the id of a common action ({', '.join(map(str, sorted(known))) or 'there is none'})",
                    str(reference.id),
                )


def _action(action: Action, definition: Definition) -> Iterator[Flaw]:
    path = f"action {action}"
    loose = definition.fragment and not action.all_results
    if action.unconditional is None and not loose:
        got = "conditional ones only" if action.results else "none"
        yield _flaw("no-unconditional-result", action.line, path, "an <unconditional-result>", got)
    for result in action.results:
        if not result.conditions:
            yield _flaw("result-without-conditions", result.line, path, "<conditions> in a <result>", "none")
    if not action.finish:
        for result in action.all_results:
            yield from _goes_somewhere(result, path)


def _goes_somewhere(result: Result, path: str) -> Iterator[Flaw]:
    if result.split is not None or result.join is not None:
        return
    if result.step is None:
        yield _flaw("result-without-step", result.line, path, "a step, split or join to go to", "none")
    if not result.status.strip():
        yield _flaw("result-without-status", result.line, path, "a status", "none")
