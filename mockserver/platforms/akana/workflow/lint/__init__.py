"""What is wrong with a workflow file: what the original refuses, and what a person overlooks."""

from __future__ import annotations

from collections.abc import Iterable

from mockserver.platforms.akana.workflow.definition import Definition
from mockserver.platforms.akana.workflow.lint import calls, flow, names
from mockserver.platforms.akana.workflow.lint.findings import Finding, from_flaw
from mockserver.platforms.akana.workflow.reader import scan
from mockserver.platforms.akana.workflow.vocabulary import APP_VERSION, Vocabulary

__all__ = ["Finding", "lint", "look"]


def lint(text: bytes | str, source: str, vocabulary: Vocabulary = APP_VERSION) -> list[Finding]:
    """Everything there is to say about a workflow, or a piece of one, in the order of the file.

    Raises `InvalidFile` for what is not well-formed XML, or none of a workflow's elements.
    """
    reading = scan(text, source, fragment=True)
    found = [from_flaw(flaw) for flaw in reading.flaws]
    found += look(reading.definition, vocabulary)
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.line, finding.severity, finding.rule))


def look(definition: Definition, vocabulary: Vocabulary = APP_VERSION) -> Iterable[Finding]:
    """What can be said about a workflow that was read."""
    yield from calls.check(definition, vocabulary)
    yield from names.check(definition, vocabulary)
    yield from flow.check(definition)
