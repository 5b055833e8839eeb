"""What surrounds a call of the engine, and what functions, conditions and variables get to see of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from mockserver.platforms.akana.workflow.definition import Action, Definition, Invocation
from mockserver.platforms.akana.workflow.instance import CurrentStep, HistoryStep

if TYPE_CHECKING:
    from mockserver.platforms.akana.workflow.registry import Registry

S = TypeVar("S")

Value = str | tuple[str, ...] | None
"""What a variable stands for: a text, several (written with commas), or nothing."""


@dataclass(frozen=True)
class Env(Generic[S]):
    """What the domain supplies for one call of the engine.

    `subject` is the domain's own: what functions work on. `now` is in seconds of the world's clock. `inputs`
    come with this one call (the person's comment) and are readable as variables where nothing else has the name.
    """

    registry: Registry[S]
    subject: S
    caller: str
    now: float = 0.0
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Context(Generic[S]):
    """What a function, condition, validator, register or variable is called with.

    `current` are the steps before the transition, `created` the newest step that it made. `invocation` is the
    element in the file; `arguments` are all its arguments as spelled there, variables filled in, while typed ones
    come beside. `arrivals` are a join's branches while its conditions are asked.
    """

    env: Env[S]
    definition: Definition
    action: Action | None = None
    current: tuple[CurrentStep, ...] = ()
    created: CurrentStep | None = None
    invocation: Invocation | None = None
    arguments: Mapping[str, Value] = field(default_factory=dict)
    arrivals: tuple[CurrentStep | HistoryStep, ...] = ()
    registered: dict[str, Value] = field(default_factory=dict, repr=False, compare=False)

    @property
    def subject(self) -> S:
        """What the domain gave to work on."""
        return self.env.subject

    @property
    def caller(self) -> str:
        """Who performs the action."""
        return self.env.caller

    @property
    def now(self) -> float:
        """Seconds of the world's clock."""
        return self.env.now

    @property
    def owner(self) -> str:
        """Who owns the step that was created, or else the one that is current."""
        step = self.created or (self.current[0] if self.current else None)
        return step.owner if step is not None else ""
