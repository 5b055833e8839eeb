"""Where a workflow leads: to steps that are missing, to none, or never to some."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mockserver.platforms.akana.workflow import walk
from mockserver.platforms.akana.workflow.definition import STAY, Action, Definition, Result, Step
from mockserver.platforms.akana.workflow.lint.findings import Finding


def check(definition: Definition) -> Iterator[Finding]:
    """Everything about the graph. Of a piece of a workflow only what stands in it can be said."""
    yield from _conditions(definition)
    yield from _old_statuses(definition)
    yield from _from_nowhere(definition)
    if not definition.fragment:
        yield from _missing(definition)
        yield from _unreachable(definition)
        yield from _without_way_out(definition)


def targets(definition: Definition, result: Result, seen: frozenset[str] = frozenset()) -> Iterator[int]:
    """The steps that a result leads to, through splits and joins; -1 where it stays."""
    way = f"split {result.split}" if result.split is not None else f"join {result.join}"
    if way in seen:
        return
    if result.split is not None:
        split = definition.split(result.split)
        for each in split.results if split is not None else ():
            yield from targets(definition, each, seen | {way})
    elif result.join is not None:
        join = definition.join(result.join)
        if join is not None and join.result is not None:
            yield from targets(definition, join.result, seen | {way})
    elif result.step is not None:
        yield result.step


def _ends(action: Action, definition: Definition) -> Iterator[int]:
    if not action.finish:
        for result in action.all_results:
            yield from targets(definition, result)


def _missing(definition: Definition) -> Iterator[Finding]:
    for place, result in walk.results(definition):
        if result.split is not None:
            known, kind, id = definition.split(result.split) is not None, "split", result.split
        elif result.join is not None:
            known, kind, id = definition.join(result.join) is not None, "join", result.join
        elif result.step is not None:
            known, kind, id = result.step == STAY or definition.step(result.step) is not None, "step", result.step
        else:
            continue
        if not known:
            yield Finding(
                f"missing-{kind}",
                "error",
                result.line,
                f"{place} leads to {kind} {id}, which does not exist",
                f"Add the {kind}, or lead to one of {_listed(_ids(definition, kind))}.",
            )


def _ids(definition: Definition, kind: str) -> list[int]:
    if kind == "step":
        return [step.id for step in definition.steps]
    if kind == "split":
        return [split.id for split in definition.splits]
    return [join.id for join in definition.joins]


def _listed(ids: Iterable[int]) -> str:
    return ", ".join(map(str, ids)) or "none"


def _unreachable(definition: Definition) -> Iterator[Finding]:
    reached: set[int] = set()
    ahead = [id for action in definition.initial_actions for id in _ends(action, definition)]
    if ahead:
        ahead += [id for action in definition.global_actions for id in _ends(action, definition)]
    while ahead:
        step = definition.step(ahead.pop())
        if step is not None and step.id not in reached:
            reached.add(step.id)
            ahead += [id for action in step.actions for id in _ends(action, definition)]
    for step in definition.steps:
        if step.id not in reached:
            yield Finding(
                "unreachable-step",
                "warning",
                step.line,
                f"no way leads to step {step}",
                "Lead an action there, or remove it.",
            )


def _without_way_out(definition: Definition) -> Iterator[Finding]:
    for step in definition.steps:
        actions = (*step.actions, *definition.global_actions)
        if step.actions and not any(_leaves(action, step, definition) for action in actions):
            yield Finding(
                "no-way-out",
                "warning",
                step.line,
                f"no action leads out of step {step}",
                "Let an action lead to another step or finish the workflow; a step that is the end has no actions.",
            )


def _leaves(action: Action, step: Step, definition: Definition) -> bool:
    return action.finish or any(id not in (STAY, step.id) for id in _ends(action, definition))


def _from_nowhere(definition: Definition) -> Iterator[Finding]:
    """Results that stay where there is nothing to stay in, and splits and joins one behind the other."""
    nowhere = [
        (f"initial action {action}", result) for action in definition.initial_actions for result in action.all_results
    ]
    nowhere += [(f"join {join.id}", join.result) for join in definition.joins if join.result is not None]
    nowhere += [(f"split {split.id}", result) for split in definition.splits for result in split.results[1:]]
    for place, result in nowhere:
        if result.step == STAY:
            message = f"{place} leads to step -1, and there is no step to stay in"
            yield Finding("stay-from-nowhere", "error", result.line, message, "Name the step.")
    behind = [(f"split {split.id}", result) for split in definition.splits for result in split.results]
    behind += [(f"join {join.id}", join.result) for join in definition.joins if join.result is not None]
    for place, result in behind:
        if result.split is not None or result.join is not None:
            message = f"{place} leads directly to another split or join"
            yield Finding("split-behind-split", "error", result.line, message, "Put a step between them.")


def _conditions(definition: Definition) -> Iterator[Finding]:
    for place, outermost in walk.condition_groups(definition):
        for group in outermost.groups():
            if len(group.members) > 1 and group.type not in ("AND", "OR"):
                told = f"of type {group.type!r}" if group.type else "without a type"
                message = f"{place}: conditions {told} pass when one of them does; only 'AND' asks for all"
                advice = 'Write type="AND" or type="OR", in capitals.'
                yield Finding("conditions-type", "warning", group.line, message, advice)


def _old_statuses(definition: Definition) -> Iterator[Finding]:
    for place, result in walk.results(definition):
        if not result.old_status.strip():
            yield Finding(
                "missing-old-status",
                "warning",
                result.line,
                f"a result of {place} has no old-status: history will show the step with none",
                "Say what the step that is left was: old-status=….",
            )
