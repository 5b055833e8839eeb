"""Names that are taken twice, and names of actions that are nearly those the platform looks for."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Final

from mockserver.errors import nearest
from mockserver.platforms.akana.workflow import structure, walk
from mockserver.platforms.akana.workflow.calling import COMMON
from mockserver.platforms.akana.workflow.definition import Action, Definition
from mockserver.platforms.akana.workflow.lint.findings import Finding
from mockserver.platforms.akana.workflow.vocabulary import Vocabulary

_RESERVED: Final = ("@", "reserved-")
_NEARLY: Final = 0.85


def check(definition: Definition, vocabulary: Vocabulary) -> Iterator[Finding]:
    """Everything about the names that a file gives."""
    yield from _initial(definition, vocabulary)
    for action in _later(definition):
        yield from _reserved(action, vocabulary)
    yield from _twice(definition)
    yield from _unused(definition)
    for id, function in definition.trigger_functions.items():
        yield Finding(
            "trigger-function",
            "warning",
            function.line,
            f"nothing here fires the trigger function {id}",
            "Akana's own files have none; leave it out, or call its function from an action.",
        )


def _initial(definition: Definition, vocabulary: Vocabulary) -> Iterator[Finding]:
    if not definition.fragment:
        for problem in structure.missing_initial(definition, vocabulary.required):
            message = f"there is no initial action named {problem.expected.partition(' named ')[2]}"
            advice = "Add it: without it the workflow is refused at upload."
            yield Finding("missing-initial-action", "error", definition.line, message, advice)
    for action in definition.initial_actions:
        if action.name not in vocabulary.initial:
            yield Finding(
                "unknown-initial-action",
                "warning",
                action.line,
                f"nothing starts a workflow by {action.name!r}",
                _did_you_mean(action.name, vocabulary.initial),
            )


def _later(definition: Definition) -> Iterator[Action]:
    initial = {id(action) for action in definition.initial_actions}
    return (action for action in definition.actions() if id(action) not in initial)


def _reserved(action: Action, vocabulary: Vocabulary) -> Iterator[Finding]:
    name = action.name
    if name in vocabulary.reserved:
        return
    if name in vocabulary.initial:
        message = f"{name!r} only starts workflows; in a step nobody looks for it"
        yield Finding("initial-action-in-step", "warning", action.line, message, "Move it to <initial-actions>.")
    elif name.startswith(_RESERVED):
        message = f"the platform looks for no action {name!r}"
        yield Finding(
            "unknown-reserved-action", "warning", action.line, message, _did_you_mean(name, vocabulary.reserved)
        )
    elif meant := _nearly(name, vocabulary.reserved):
        message = f"{name!r} is an ordinary action, and nearly the reserved {meant!r}"
        yield Finding("nearly-reserved-action", "warning", action.line, message, f"Did you mean {meant!r}?")


def _nearly(name: str, reserved: Iterable[str]) -> str | None:
    """The reserved name that a name without its prefix must have been meant to be."""
    bare = {each.removeprefix("@").removeprefix("reserved-").casefold(): each for each in reserved}
    folded = name.casefold().replace("_", "-")
    near = difflib.get_close_matches(folded.removeprefix("reserved-"), bare, n=1, cutoff=_NEARLY)
    return bare[near[0]] if near else None


def _twice(definition: Definition) -> Iterator[Finding]:
    names: dict[str, int] = {}
    for step in definition.steps:
        if step.name and step.name in names:
            message = f"two steps are named {step.name!r}, here and in line {names[step.name]}"
            yield Finding("duplicate-name", "warning", step.line, message, "Give each a name of its own.")
        names.setdefault(step.name, step.line)
        own: dict[str, Action] = {}
        for action in step.actions:
            if action.name in own:
                yield Finding(
                    "duplicate-name",
                    "warning",
                    action.line,
                    f"step {step} has {own[action.name]} and {action}: whoever asks for that name gets the first "
                    "that is available",
                    "Be sure that their conditions exclude each other, or give each a name of its own.",
                )
            own.setdefault(action.name, action)


def _unused(definition: Definition) -> Iterator[Finding]:
    if definition.fragment:
        return
    called = {
        function.name
        for _, functions in walk.function_lists(definition)
        for function in functions
        if function.type == COMMON
    }
    for name, function in definition.common_functions.items():
        if name not in called:
            message = f"nothing calls the common function {name!r}"
            yield Finding("unused", "warning", function.line, message, "Remove it, or call it.")
    referred = {reference.id for step in definition.steps for reference in step.common}
    for action in definition.common_actions:
        if action.id not in referred:
            message = f"no step has the common action {action}"
            yield Finding("unused", "warning", action.line, message, "Remove it, or refer to it by <common-action>.")
    for kind, elements in (("split", definition.splits), ("join", definition.joins)):
        used = {getattr(result, kind) for _, result in walk.results(definition)}
        for each in elements:
            if each.id not in used:
                message = f"no result leads to {kind} {each.id}"
                yield Finding("unused", "warning", each.line, message, "Remove it, or lead a result there.")


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    meant = nearest(name, known)
    return f"Did you mean {meant!r}?" if meant else f"It can be one of {', '.join(known)}."
