"""Every place of a workflow in which something is called, in the order of the file's parts."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.platforms.akana.workflow.definition import (
    Conditions,
    Definition,
    Function,
    Invocation,
    Result,
    Validator,
)


def results(definition: Definition) -> Iterator[tuple[str, Result]]:
    """Every result, with the name of what leads to it."""
    for action in definition.actions():
        for result in action.all_results:
            yield f"action {action}", result
    for split in definition.splits:
        for result in split.results:
            yield f"split {split.id}", result
    for join in definition.joins:
        if join.result is not None:
            yield f"join {join.id}", join.result


def function_lists(definition: Definition) -> Iterator[tuple[str, tuple[Function, ...]]]:
    """Every list of functions that run one after the other; those that are called by name stand alone."""
    for name, function in definition.common_functions.items():
        yield f"common function {name}", (function,)
    for id, function in definition.trigger_functions.items():
        yield f"trigger function {id}", (function,)
    for step in definition.steps:
        yield f"pre-functions of step {step}", step.pre_functions
        yield f"post-functions of step {step}", step.post_functions
    for action in definition.actions():
        yield f"pre-functions of {action}", action.pre_functions
        yield f"post-functions of {action}", action.post_functions
    for place, result in results(definition):
        yield f"pre-functions of a result of {place}", result.pre_functions
        yield f"post-functions of a result of {place}", result.post_functions


def condition_groups(definition: Definition) -> Iterator[tuple[str, Conditions]]:
    """Every outermost `conditions`."""
    if definition.global_conditions is not None:
        yield "global-conditions", definition.global_conditions
    for action in definition.actions():
        if action.restrict_to is not None:
            yield f"restrict-to of {action}", action.restrict_to
        yield from ((f"a result of {action}", each) for result in action.results for each in result.conditions)
    for step in definition.steps:
        for permission in step.permissions:
            if permission.restrict_to is not None:
                yield f"permission {permission.name} of step {step}", permission.restrict_to
    for join in definition.joins:
        yield from ((f"join {join.id}", each) for each in join.conditions)


def validators(definition: Definition) -> Iterator[tuple[str, Validator]]:
    """Every validator."""
    for action in definition.actions():
        yield from ((f"validators of {action}", each) for each in action.validators)
    for place, result in results(definition):
        yield from ((f"validators of a result of {place}", each) for each in result.validators)


def invocations(definition: Definition) -> Iterator[tuple[str, str, Invocation]]:
    """Everything that is called: its kind, its place, and itself."""
    for place, functions in function_lists(definition):
        yield from (("function", place, each) for each in functions)
    for place, group in condition_groups(definition):
        yield from (("condition", place, each) for each in group.walk())
    yield from (("validator", place, each) for place, each in validators(definition))
    yield from (("register", f"register {each.variable}", each) for each in definition.registers)
