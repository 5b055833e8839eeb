"""Stand-ins for everything a workflow calls, to run one without a domain.

Which conditions are true is said in words: `type`, or `type:role` for one that asks for that role.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from mockserver.platforms.akana.workflow import walk
from mockserver.platforms.akana.workflow.context import Context
from mockserver.platforms.akana.workflow.definition import Definition
from mockserver.platforms.akana.workflow.registry import NoArguments as Nothing
from mockserver.platforms.akana.workflow.registry import (
    Registry,
    condition,
    function,
    register,
    validator,
)
from mockserver.platforms.akana.workflow.variables import as_text

Told = Callable[[Context[Any]], None]


def stub_registry(definition: Definition, true: Collection[str], told: Told = lambda context: None) -> Registry[Any]:
    """A registry that knows all a workflow calls: functions only tell, validators and registers have nothing to say.

    `true` holds the conditions that are true, and may change meanwhile.
    """
    registry: Registry[Any] = Registry()

    def tell(context: Context[Any], _: Nothing) -> None:
        told(context)

    def ask(context: Context[Any], _: Nothing) -> bool:
        return is_true(context, true)

    def silent(context: Context[Any], _: Nothing) -> None:
        return None

    for kind, _, each in walk.invocations(definition):
        match kind:
            case "function":
                registry.replace(function(each.type, Nothing)(tell))
            case "condition":
                registry.replace(condition(each.type, Nothing)(ask))
            case "validator":
                registry.replace(validator(each.type, Nothing)(silent))
            case _:
                registry.replace(register(each.type, Nothing)(silent))
    return registry


def is_true(context: Context[Any], true: Collection[str]) -> bool:
    """Whether the condition that is being asked is among those said to be true."""
    asked = context.invocation
    type_ = asked.type if asked is not None else ""
    role = next((as_text(value).strip() for name, value in context.arguments.items() if name.lower() == "role"), None)
    return type_ in true or (role is not None and f"{type_}:{role}" in true)
