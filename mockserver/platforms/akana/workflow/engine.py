"""Running a workflow: start it, see what can be done, do it.

The order of everything within a transition is that of OSWorkflow 2.8.0, kept even where it surprises. Nothing
here changes its arguments: an exception from any function leaves the instance as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mockserver.errors import nearest
from mockserver.platforms.akana.workflow.calling import passes
from mockserver.platforms.akana.workflow.context import Context, Env
from mockserver.platforms.akana.workflow.definition import Action, Definition, Step
from mockserver.platforms.akana.workflow.errors import NotAvailable
from mockserver.platforms.akana.workflow.explain import Availability, availability, candidates
from mockserver.platforms.akana.workflow.instance import Instance, Outcome
from mockserver.platforms.akana.workflow.transition import Run, is_available

_NEW: Final = Instance()


def initialize(definition: Definition, action: int, env: Env[Any]) -> Outcome:
    """Start a workflow with the initial action of that id.

    Raises `NotAvailable` when there is none or its conditions say no, `InputRefused` when a validator does,
    `WorkflowFault` when the workflow cannot go on, and what functions and conditions raise.
    """
    found = definition.initial_action(action)
    if found is None:
        raise NotAvailable(f"{definition.source} has no initial action {action}.")
    if not is_available(found, Context(env, definition, action=found)):
        raise _refusal(availability(definition, _NEW, (found, None), env), "to start with")
    run = Run(definition, _NEW, env)
    run.start(found)
    return run.outcome()


def perform(definition: Definition, instance: Instance, action: int, env: Env[Any]) -> Outcome:
    """Do the action of that id, and the automatic ones that follow it.

    An instance that is not active stays as it is, in silence. Raises as `initialize` does.
    """
    run = Run(definition, instance, env)
    if not run.do(action):
        found = [each for each in candidates(definition, instance) if each[0].id == action]
        raise _none_of(definition, instance, found, action, env)
    return run.outcome()


def available(definition: Definition, instance: Instance, env: Env[Any]) -> list[Action]:
    """The actions that can be performed now: global ones first, then step by step as the file has them."""
    return [
        action
        for action, _ in candidates(definition, instance)
        if is_available(action, Context(env, definition, action=action, current=instance.current))
    ]


def choose(definition: Definition, instance: Instance, name: str, env: Env[Any]) -> Action:
    """The first available action of that name, for names need not be unique; raises `NotAvailable`."""
    named = [each for each in candidates(definition, instance) if each[0].name == name]
    for action, _ in named:
        if is_available(action, Context(env, definition, action=action, current=instance.current)):
            return action
    raise _none_of(definition, instance, named, name, env)


def choose_initial(definition: Definition, name: str, env: Env[Any]) -> Action:
    """The first initial action of that name whose conditions pass; raises `NotAvailable`."""
    named = [action for action in definition.initial_actions if action.name == name]
    for action in named:
        if is_available(action, Context(env, definition, action=action)):
            return action
    if not named:
        names = [action.name for action in definition.initial_actions]
        raise NotAvailable(f"{definition.source} has no initial action {name!r}.{_suggestion(name, names)}")
    why = tuple(availability(definition, _NEW, (action, None), env) for action in named)
    raise NotAvailable("; ".join(_refusal(each, "to start with").message for each in why), why)


def permissions(definition: Definition, instance: Instance, env: Env[Any]) -> list[str]:
    """The external permissions that the caller has in the current steps."""
    context = Context(env, definition, current=instance.current)
    steps = [step for row in instance.current if (step := definition.step(row.step)) is not None]
    return [each.name for step in steps for each in step.permissions if passes(each.restrict_to, context)]


def _none_of(
    definition: Definition,
    instance: Instance,
    found: Sequence[tuple[Action, Step | None]],
    asked: str | int,
    env: Env[Any],
) -> NotAvailable:
    if instance.state != "activated":
        return NotAvailable(f"The workflow is {instance.state}: there is nothing left to do.")
    why = tuple(availability(definition, instance, each, env) for each in found)
    where = ", ".join(str(definition.step(row.step) or row.step) for row in instance.current)
    if why:
        return NotAvailable("; ".join(_refusal(each, f"in step {where}").message for each in why), why)
    names = [action.name for action, _ in candidates(definition, instance)]
    return NotAvailable(f"The step {where} has no action {asked!r}.{_suggestion(str(asked), names)}")


def _refusal(why: Availability, where: str) -> NotAvailable:
    return NotAvailable(f"The action {why.action} is not available {where}: {why.why_not()}.", (why,))


def _suggestion(name: str, names: Sequence[str]) -> str:
    meant = nearest(name, names)
    return f" Did you mean {meant!r}?" if meant else ""
