"""Whether the steps of a scenario refer only to what will be there by then.

Works on plain data, so that it can tell everything beside problems of shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.checking.paths import item
from mockserver.errors import Problem, nearest
from mockserver.scenarios.expressions import Expression, Reference, references

_BEFORE = (
    *("action", "with", "await", "where", "within", "advance", "verify", "settle", "expect_error"),
    *("call", "as", "query", "headers", "body", "form", "text", "files"),
    *("send", "include", "of", "returns", "respond", "fault"),
)
"""Fields that are evaluated before the step has an exchange of its own."""


def wiring_problems(scenario: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with ids and references; parts that have no sensible shape are passed over."""
    inputs = _names(scenario.get("inputs"))
    steps = scenario.get("steps")
    steps = [step if isinstance(step, dict) else {} for step in steps] if isinstance(steps, list) else []
    ids = [step.get("id") for step in steps]
    earlier: dict[str, list[str]] = {}
    for index, step in enumerate(steps):
        path = item("$.steps", index)
        id_ = step.get("id")
        if isinstance(id_, str) and id_ in earlier:
            first = ids.index(id_) + 1
            yield Problem(f"{path}.id", "an id that no other step has", f"{id_!r}, which step {first} has already")
        for field, reference in _references_of(step, path):
            yield from _problem_of(reference, field, step, inputs, earlier, ids)
        if isinstance(id_, str):
            earlier.setdefault(id_, _names(step.get("outputs")))
    for reference in references(scenario.get("rules"), "$.rules"):
        expression = reference.expression
        if expression is None or expression.root in ("inputs", "steps"):
            yield from _problem_of(reference, "a rule", {}, inputs, earlier, ids)
    for reference in references(scenario.get("outputs"), "$.outputs"):
        yield from _problem_of(reference, "the outputs of a scenario", {}, inputs, earlier, ids)


def _references_of(step: Mapping[str, Any], path: str) -> Iterator[tuple[str, Reference]]:
    for field in (*_BEFORE, "outputs"):
        for reference in references(step.get(field), f"{path}.{field}"):
            yield field, reference


def _problem_of(
    reference: Reference,
    field: str,
    step: Mapping[str, Any],
    inputs: list[str],
    earlier: Mapping[str, list[str]],
    ids: list[Any],
) -> Iterator[Problem]:
    expression = reference.expression
    if expression is None:
        assert reference.problem is not None
        hint = f", which is none. {reference.problem.hint}" if reference.problem.hint else ""
        yield Problem(reference.path, "an expression", f"{reference.text!r}{hint}")
    elif field in ("action", "include", "of"):
        named = {"action": "an action", "include": "a scenario", "of": "a collection"}[field]
        yield Problem(reference.path, f"the name of {named}, written out", f"the expression {reference.text}")
    elif expression.root == "inputs":
        if expression.names[0] not in inputs:
            yield _nowhere(reference, "an input of this scenario", expression.names[0], inputs)
    elif expression.root == "steps":
        yield from _step_problem(reference, expression, step, earlier, ids)
    elif field == "respond" and (expression.root in ("request", "method", "url") or expression.names[:1] == ("path",)):
        return
    elif field != "outputs":
        yield Problem(
            reference.path, "$inputs or $steps: only outputs of a step can refer to what came", reference.text
        )
    elif "advance" in step or "settle" in step:
        kind = "an advance" if "advance" in step else "a settle"
        yield Problem(reference.path, f"$inputs or $steps: nothing comes of {kind}", reference.text)
    elif expression.names[:1] == ("cookie",) and (expression.root != "response" or "call" not in step):
        yield Problem(reference.path, "$response.cookie of a call: only the one who calls has cookies", reference.text)


def _step_problem(
    reference: Reference,
    expression: Expression,
    step: Mapping[str, Any],
    earlier: Mapping[str, list[str]],
    ids: list[Any],
) -> Iterator[Problem]:
    wanted, output = expression.names[0], expression.names[2]
    if wanted in earlier:
        if output not in earlier[wanted]:
            yield _nowhere(reference, f"an output of step {wanted!r}", output, earlier[wanted])
    elif wanted == step.get("id"):
        yield Problem(reference.path, "a step before this one", f"{reference.text}, this step itself")
    elif wanted in ids:
        later = ids.index(wanted) + 1
        yield Problem(reference.path, "a step before this one", f"{reference.text}, which is step {later}")
    else:
        yield _nowhere(reference, "the id of an earlier step", wanted, list(earlier))


def _nowhere(reference: Reference, what: str, name: str, known: list[str]) -> Problem:
    there = f" ({', '.join(known)})" if known else ", and there is none"
    return Problem(reference.path, f"{what}{there}", f"{name!r} in {reference.text}", nearest(name, known))


def _names(mapping: object) -> list[str]:
    return [name for name in mapping if isinstance(name, str)] if isinstance(mapping, dict) else []
