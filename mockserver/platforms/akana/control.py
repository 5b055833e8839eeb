"""What Akana adds to the control API: workflow files checked against what a world knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import msgspec

from mockserver.platforms.akana.models_work import TEMPLATES
from mockserver.platforms.akana.registry import registry
from mockserver.platforms.akana.templates import BUILTIN
from mockserver.platforms.akana.workflow.lint import Finding, lint
from mockserver.platforms.akana.workflow.vocabulary import VOCABULARIES
from mockserver.wire.platform import Control
from mockserver.world.world import World


class WorkflowText(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"kind": "for"}):
    """A workflow file, or a piece of one: its text, the name findings should call it by, and what it governs."""

    text: str
    source: str = "workflow"
    kind: Literal["app-version", "api-contract"] = "app-version"


class Linted(msgspec.Struct, frozen=True):
    """What there is to say about a workflow file, and how much of it."""

    errors: int
    warnings: int
    findings: tuple[Finding, ...]


def lint_workflow(world: World, body: WorkflowText) -> Linted:
    """Check a workflow with the templates that this world has; raises `InvalidFile` for what is no workflow XML."""
    templates = [*BUILTIN.values(), *world[TEMPLATES]]
    vocabulary = replace(
        VOCABULARIES[body.kind].including(registry(world.schema.extensions)),
        notifications=frozenset(each.id for each in templates if each.kind == "notification"),
        boards=frozenset(each.id for each in templates if each.kind == "board"),
    )
    findings = tuple(lint(body.text, body.source, vocabulary))
    errors = sum(each.severity == "error" for each in findings)
    return Linted(errors, len(findings) - errors, findings)


CONTROL = (Control("POST", "/workflows/lint", WorkflowText, lint_workflow),)
