"""Why an action is available or not, condition by condition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mockserver.errors import MockserverError
from mockserver.platforms.akana.workflow.calling import filled, holds
from mockserver.platforms.akana.workflow.context import Context, Env
from mockserver.platforms.akana.workflow.definition import Action, Condition, Conditions, Definition, Step
from mockserver.platforms.akana.workflow.instance import Instance
from mockserver.platforms.akana.workflow.variables import as_text


class Verdict(msgspec.Struct, frozen=True):
    """What one condition, or a group of them, comes to. `error` says why it could not be asked, which is a no."""

    text: str
    passes: bool
    members: tuple[Verdict, ...] = ()
    every: bool = True
    condition: Condition | None = None
    error: str | None = None

    def why_not(self) -> str:
        """What would have to be otherwise, in words."""
        if self.error is not None:
            return f"{self.text} cannot be told ({self.error})"
        if not self.members:
            return f"{self.text} is false"
        failing = [member.why_not() for member in self.members if not member.passes]
        if self.every or len(failing) == 1:
            return "; ".join(failing)
        return f"none of these holds: {', '.join(failing)}"


class Availability(msgspec.Struct, frozen=True):
    """One action where an instance stands (`step` is None for a global one) and what decides whether it can be had."""

    action: Action
    step: Step | None
    available: bool
    verdicts: tuple[Verdict, ...] = ()

    def why_not(self) -> str:
        """What keeps the action from being available, in words; empty when it is."""
        return "; ".join(verdict.why_not() for verdict in self.verdicts if not verdict.passes)


def candidates(definition: Definition, instance: Instance) -> Iterator[tuple[Action, Step | None]]:
    """Every action of the places an instance is in, available or not: global ones first, then step by step."""
    if instance.state != "activated":
        return
    for action in definition.global_actions:
        yield action, None
    for row in instance.current:
        step = definition.step(row.step)
        if step is not None:
            for action in step.actions:
                yield action, step


def explain(definition: Definition, instance: Instance, env: Env[Any]) -> tuple[Availability, ...]:
    """Every action of the places an instance is in, each with all its conditions asked. Raises nothing."""
    return tuple(availability(definition, instance, found, env) for found in candidates(definition, instance))


def availability(
    definition: Definition, instance: Instance, candidate: tuple[Action, Step | None], env: Env[Any]
) -> Availability:
    """One action with all its conditions asked: those for the whole workflow, then its own."""
    action, step = candidate
    context = Context(env, definition, action=action, current=instance.current)
    groups = (definition.global_conditions, action.restrict_to)
    verdicts = tuple(_judge(group, context) for group in groups if group is not None and group.members)
    return Availability(action, step, all(verdict.passes for verdict in verdicts), verdicts)


def _judge(asked: Condition | Conditions, context: Context[Any]) -> Verdict:
    if isinstance(asked, Conditions):
        members = tuple(_judge(member, context) for member in asked.members)
        every = asked.all
        wanted = all if every else any
        said = not members or wanted(member.passes for member in members)
        return Verdict("all of" if every else "one of", said, members, every)
    text = describe(asked)
    try:
        given = ", ".join(f"{name}={as_text(value)}" for name, value in filled(asked, context).items())
        text = describe(asked, given)
        return Verdict(text, holds(asked, context), condition=asked)
    except MockserverError as error:
        return Verdict(text, False, condition=asked, error=error.message)


def describe(condition: Condition, given: str | None = None) -> str:
    """A condition in short: its type, its arguments, and whether it is turned round."""
    if given is None:
        given = ", ".join(f"{arg.name}={arg.value.strip()}" for arg in condition.args)
    return f"{'not ' if condition.negate else ''}{condition.type}" + (f"({given})" if given else "")
