"""One thing that lint has to say."""

from __future__ import annotations

import msgspec

from mockserver.platforms.akana.workflow.structure import Flaw, Severity

_ADVICE = {
    "unknown-element": "Remove it, or move it to where it belongs.",
    "unknown-attribute": "Remove it: nothing reads it.",
    "repeated-element": "Merge it into the first: only that one counts.",
    "missing-attribute": "Add it.",
    "not-a-number": "Ids and references are whole numbers.",
    "empty-actions": "Leave <actions> out where there is nothing to do: entering the step then ends the workflow.",
    "duplicate-action-id": "Give it an id of its own; actions that several steps share go to <common-actions>.",
    "duplicate-name": "Give it a name of its own: only the first is found.",
    "reserved-step-id": "Give the step another id.",
    "unknown-common-action": "Refer to an action of <common-actions>, or add one.",
    "no-unconditional-result": "Add an <unconditional-result> for when no condition passes.",
    "result-without-conditions": "Add <conditions>, or make it the <unconditional-result>.",
    "result-without-step": 'Add step="…"; -1 means: stay.',
    "result-without-status": 'Add status="…".',
    "empty-split": "Add the results that become current, or remove it.",
    "empty-join": "Add where it leads, or remove it.",
}


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong, by which rule, where, and what to do. An error makes the file unusable, a warning a surprise."""

    rule: str
    severity: Severity
    line: int
    message: str
    advice: str = ""
    column: int | None = None


def from_flaw(flaw: Flaw) -> Finding:
    """A flaw that the reader told, as a finding."""
    problem = flaw.problem
    advice = _ADVICE.get(flaw.rule, "")
    if flaw.rule.startswith("duplicate-") and not advice:
        advice = "Give it an id of its own."
    if problem.did_you_mean:
        advice = f"Did you mean {problem.did_you_mean!r}?"
    message = f"{problem.path}: expected {problem.expected}, got {problem.got}"
    return Finding(flaw.rule, flaw.severity, problem.line or 1, message, advice, problem.column)
