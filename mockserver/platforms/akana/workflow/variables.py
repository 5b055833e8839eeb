"""`${…}` in arguments, owners, statuses and due dates."""

from __future__ import annotations

import re
from typing import Any, Final

from mockserver.platforms.akana.workflow.context import Context, Value

VARIABLE: Final = re.compile(r"\$\{([^{}]*)\}")

BUILT_IN: Final = ("caller", "owner")
"""What the engine itself knows: who performs the action, and who owns the newest step."""


def names_in(text: str) -> list[str]:
    """The names of the variables that `text` reads, in order."""
    return [name.strip() for name in VARIABLE.findall(text)]


def look_up(name: str, context: Context[Any]) -> Value:
    """What `${name}` stands for; None when nothing has that name.

    Dots belong to names. The file's own registers go before the domain's variables, those before what came with
    the call.
    """
    if name in BUILT_IN:
        return context.caller if name == "caller" else context.owner
    if name in context.registered:
        return context.registered[name]
    for each in context.definition.registers:
        if each.variable == name:
            # Imported here: calling needs arguments filled in, which is what this module does.
            from mockserver.platforms.akana.workflow.calling import call_register

            context.registered[name] = value = call_register(each, context)
            return value
    known = context.env.registry.variables.get(name)
    if known is not None:
        return known.call(context)
    return context.env.inputs.get(name)


def fill(text: str, context: Context[Any]) -> Value:
    """`text` with its variables filled in. One that is a single variable but for white space keeps its type."""
    if "${" not in text:
        return text
    whole = VARIABLE.fullmatch(text.strip())
    if whole is not None:
        return look_up(whole[1].strip(), context)
    return VARIABLE.sub(lambda found: as_text(look_up(found[1].strip(), context)), text)


def fill_text(text: str, context: Context[Any]) -> str:
    """`text` with its variables filled in, as text."""
    return as_text(fill(text, context))


def as_text(value: Value) -> str:
    """A value inside a text: several with commas between, nothing as nothing."""
    if value is None:
        return ""
    return value if isinstance(value, str) else ",".join(value)
