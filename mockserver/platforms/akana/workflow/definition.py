"""What a workflow file says, as immutable values that know their lines. Names are those of the elements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

STAY = -1
"""The `step` of a result that leads back to where it came from."""


class Arg(msgspec.Struct, frozen=True):
    """One `arg`: its text is as written, neither trimmed nor with variables filled in."""

    name: str
    value: str
    line: int = 0


class Invocation(msgspec.Struct, frozen=True):
    """An element that calls what a registry knows by `type`."""

    type: str
    args: tuple[Arg, ...] = ()
    name: str | None = None
    id: str | None = None
    line: int = 0


class Function(Invocation, frozen=True):
    """A `function`."""


class Validator(Invocation, frozen=True):
    """A `validator` of what an action was given."""


class Register(Invocation, frozen=True):
    """A `register`: a value that is looked up in each call and read as `${variable}`."""

    variable: str = ""


class Condition(Invocation, frozen=True):
    """A `condition`; with `negate` it passes when what it calls says no."""

    negate: bool = False


class Conditions(msgspec.Struct, frozen=True):
    """A `conditions`: passes when empty; exactly `AND` asks for all members, any other `type` for one."""

    type: str = ""
    members: tuple[Condition | Conditions, ...] = ()
    line: int = 0

    @property
    def all(self) -> bool:
        """Whether every member must pass."""
        return self.type == "AND"

    def walk(self) -> Iterator[Condition]:
        """Every condition, however deep."""
        for member in self.members:
            if isinstance(member, Condition):
                yield member
            else:
                yield from member.walk()

    def groups(self) -> Iterator[Conditions]:
        """This, and every `conditions` in it, however deep."""
        yield self
        for member in self.members:
            if isinstance(member, Conditions):
                yield from member.groups()


class Result(msgspec.Struct, frozen=True):
    """A `result` or `unconditional-result`. `step`, `split` and `join` are None where the attribute is absent.

    `conditions` are alternatives: one that passes is enough.
    """

    old_status: str = ""
    status: str = ""
    step: int | None = None
    split: int | None = None
    join: int | None = None
    owner: str = ""
    due_date: str = ""
    conditions: tuple[Conditions, ...] = ()
    validators: tuple[Validator, ...] = ()
    pre_functions: tuple[Function, ...] = ()
    post_functions: tuple[Function, ...] = ()
    id: str | None = None
    display_name: str | None = None
    line: int = 0


class Action(msgspec.Struct, frozen=True):
    """An `action`. `results` are the conditional ones, tried in order before `unconditional`."""

    id: int
    name: str
    auto: bool = False
    finish: bool = False
    view: str | None = None
    meta: Mapping[str, str] = {}
    restrict_to: Conditions | None = None
    validators: tuple[Validator, ...] = ()
    pre_functions: tuple[Function, ...] = ()
    results: tuple[Result, ...] = ()
    unconditional: Result | None = None
    post_functions: tuple[Function, ...] = ()
    line: int = 0

    @property
    def all_results(self) -> tuple[Result, ...]:
        """Every result, the unconditional one last."""
        return self.results if self.unconditional is None else (*self.results, self.unconditional)

    def __str__(self) -> str:
        return f"{self.name} ({self.id})"


class Permission(msgspec.Struct, frozen=True):
    """A `permission` of `external-permissions`: held by whoever its conditions let through."""

    name: str
    id: str | None = None
    restrict_to: Conditions | None = None
    line: int = 0


class CommonAction(msgspec.Struct, frozen=True):
    """A `common-action` in a step: the `id` of the action it stands for."""

    id: int
    line: int = 0


class Step(msgspec.Struct, frozen=True):
    """A `step`. `actions` are its own, then those its `common` references stand for."""

    id: int
    name: str
    meta: Mapping[str, str] = {}
    pre_functions: tuple[Function, ...] = ()
    permissions: tuple[Permission, ...] = ()
    actions: tuple[Action, ...] = ()
    common: tuple[CommonAction, ...] = ()
    post_functions: tuple[Function, ...] = ()
    line: int = 0

    def action(self, id: int) -> Action | None:
        """The action with this id, or None."""
        return next((action for action in self.actions if action.id == id), None)

    def leads_to_join(self, join: int) -> bool:
        """Whether some result of its actions goes to that join."""
        return any(result.join == join for action in self.actions for result in action.all_results)

    @property
    def joins(self) -> bool:
        """Whether some result of its actions goes to a join."""
        return any(result.join is not None for action in self.actions for result in action.all_results)

    def __str__(self) -> str:
        return f"{self.id} {self.name}".rstrip()


class Split(msgspec.Struct, frozen=True):
    """A `split`: all its results become current at once."""

    id: int
    results: tuple[Result, ...] = ()
    line: int = 0


class Join(msgspec.Struct, frozen=True):
    """A `join`: goes on with its `result` once its conditions pass; until then branches wait in history."""

    id: int
    conditions: tuple[Conditions, ...] = ()
    result: Result | None = None
    line: int = 0


class Definition(msgspec.Struct, frozen=True, dict=True):
    """A whole workflow; `source` is the name people know its file by.

    A `fragment` is what a file without `workflow` around it says: its loose pieces stand in one step with id 0.
    """

    source: str
    steps: tuple[Step, ...] = ()
    initial_actions: tuple[Action, ...] = ()
    global_actions: tuple[Action, ...] = ()
    common_actions: tuple[Action, ...] = ()
    common_functions: Mapping[str, Function] = {}
    global_conditions: Conditions | None = None
    registers: tuple[Register, ...] = ()
    trigger_functions: Mapping[str, Function] = {}
    splits: tuple[Split, ...] = ()
    joins: tuple[Join, ...] = ()
    meta: Mapping[str, str] = {}
    fragment: bool = False
    line: int = 1

    @cached_property
    def _steps(self) -> dict[int, Step]:
        return {step.id: step for step in reversed(self.steps)}

    @cached_property
    def _splits(self) -> dict[int, Split]:
        return {split.id: split for split in reversed(self.splits)}

    @cached_property
    def _joins(self) -> dict[int, Join]:
        return {join.id: join for join in reversed(self.joins)}

    def step(self, id: int) -> Step | None:
        """The step with this id, or None."""
        return self._steps.get(id)

    def split(self, id: int) -> Split | None:
        """The split with this id, or None."""
        return self._splits.get(id)

    def join(self, id: int) -> Join | None:
        """The join with this id, or None."""
        return self._joins.get(id)

    def initial_action(self, id: int) -> Action | None:
        """The initial action with this id, or None."""
        return next((action for action in self.initial_actions if action.id == id), None)

    def actions(self) -> Iterator[Action]:
        """Every action once, in the order of the file's parts: initial, global, common, then those of the steps."""
        yield from self.initial_actions
        yield from self.global_actions
        yield from self.common_actions
        for step in self.steps:
            yield from self.own_actions(step)

    @cached_property
    def _common(self) -> frozenset[int]:
        return frozenset(id(action) for action in self.common_actions)

    def own_actions(self, step: Step) -> Iterator[Action]:
        """The actions written in the step itself."""
        return (action for action in step.actions if id(action) not in self._common)

    def names(self) -> frozenset[str]:
        """The name of every action that can be performed after the start."""
        return self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        performed = {action.name for step in self.steps for action in step.actions}
        return frozenset(performed | {action.name for action in self.global_actions})
