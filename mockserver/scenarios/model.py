"""What a scenario is, once it has been read: what it needs, and its steps.

`loader` makes it from a file, since only it can tell a person where something goes wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta

from mockserver.errors import Invalid, Problem, nearest
from mockserver.scenarios.order import Mode
from mockserver.scenarios.rules import Rule
from mockserver.scenarios.steps import Name, ScenarioName, Step
from mockserver.scenarios.tags import Tag
from mockserver.world.matchers import is_of_type, show

ValueType = Literal["string", "number", "integer", "boolean", "object", "array"]


class Input(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A value that whoever runs the scenario may give; without a default they must. `type` is checked then."""

    default: Any = UNSET
    description: str | None = None
    type: ValueType | None = None


PlainInput = Input | str | int | float | bool | None | list[Any]


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a scenario says before its steps.

    `seed`, `start` (the instant its frozen clock starts at, ISO 8601), `fixtures` and `settings` are
    for the world it runs in; None leaves them to that world. `outputs` are what it gives to whoever
    includes it, made from what its steps gave. `mode` says in what order things may come. `rules` do
    something whenever something happens. `tags` are words by which it is chosen, such as smoke or sign-in.
    """

    name: ScenarioName
    summary: str = ""
    tags: tuple[Tag, ...] = ()
    seed: int | None = None
    start: str | None = None
    fixtures: tuple[str, ...] | None = None
    settings: dict[str, Any] | None = None
    inputs: dict[Name, PlainInput] = {}
    outputs: dict[Name, Any] = {}
    mode: Mode = "passthrough"
    rules: tuple[Rule, ...] = ()


class Draft(Header, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario as it is written, before its steps are told apart."""

    steps: Annotated[list[dict[str, Any]], Meta(min_length=1)]


class Scenario(Header, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario that can be run.

    `msgspec.to_builtins` turns it into plain data, and `scenario_from` that back into a scenario.
    """

    steps: tuple[Step, ...]

    def resolve_inputs(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The value of every input; raises `Invalid` for inputs that are unknown, and for missing ones."""
        problems = [
            Problem(
                f"$.{name}",
                f"one of {', '.join(self.inputs)}" if self.inputs else "no input, for this scenario has none",
                "an unknown input",
                nearest(name, self.inputs),
            )
            for name in given
            if name not in self.inputs
        ]
        values: dict[str, Any] = {}
        for name, declared in self.inputs.items():
            value = given.get(name, declared.default if isinstance(declared, Input) else declared)
            if value is UNSET:
                description = declared.description if isinstance(declared, Input) else None
                about = f" ({description})" if description else ""
                problems.append(Problem(f"$.{name}", f"a value, for there is no default{about}", "nothing"))
            kind = declared.type if isinstance(declared, Input) else None
            if kind is not None and value is not UNSET and not is_of_type(kind, value):
                quoted = f'"{show(value)}"' if kind == "string" else None
                problems.append(Problem(f"$.{name}", f"a value of type {kind}", show(value), quoted))
            values[name] = value
        if problems:
            raise Invalid(f"The inputs of {self.name} do not fit:", problems)
        return values
