"""Actions: what a person does on a vendor's screens, as typed functions reachable from everywhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar, get_type_hints

import msgspec

from mockserver import checking
from mockserver.errors import Unknown

if TYPE_CHECKING:
    from mockserver.world.world import World

A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R")


class Action(Generic[A, R]):
    """A named function over a world; calling it calls the function.

    What is only told of it, and the Struct of its arguments, is found out when somebody asks.
    """

    def __init__(self, name: str, function: Callable[[World, A], R]) -> None:
        self.name = name
        self.function = function

    @cached_property
    def arguments(self) -> type[A]:
        """The Struct that the function takes."""
        taken: type[A] = self._hints[list(inspect.signature(self.function).parameters)[1]]
        return taken

    @property
    def result(self) -> Any:
        """The type of what the function answers; Any where it does not say."""
        return self._hints.get("return", Any)

    @cached_property
    def _hints(self) -> dict[str, Any]:
        # The World is imported for type checkers only, so its name must be given to resolve annotations.
        return get_type_hints(self.function, localns={"World": object}, include_extras=True)

    @cached_property
    def description(self) -> str:
        """The function's docstring."""
        return inspect.getdoc(self.function) or self.name

    @property
    def summary(self) -> str:
        """The first line of the description."""
        return self.description.partition("\n")[0]

    @property
    def internal(self) -> bool:
        """Whether it is work of ours, which nobody would trigger: named `core.…` or `….internal.…`."""
        return self.name.startswith("core.") or ".internal." in self.name

    def __call__(self, world: World, arguments: A) -> R:
        return self.function(world, arguments)

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the arguments, self-contained."""
        (schema,), components = msgspec.json.schema_components([self.arguments], ref_template="#/$defs/{name}")
        name = schema.get("$ref", "").rpartition("/")[2]
        if name:
            schema = dict(components.pop(name))
        if components:
            schema["$defs"] = components
        return schema


def action(name: str) -> Callable[[Callable[[World, A], R]], Action[A, R]]:
    """Name a function `(world, arguments) -> result` as an action.

    The second parameter's annotation is the Struct of its arguments; the docstring's first line is
    what lists and forms show. The platform that owns it lists it; nothing registers on import.
    """

    def name_it(function: Callable[[World, A], R]) -> Action[A, R]:
        return Action(name, function)

    return name_it


class ActionBook:
    """All actions by name, and the way from plain data to a call and back."""

    def __init__(self, actions: Iterable[Action[Any, Any]] = ()) -> None:
        self._actions: dict[str, Action[Any, Any]] = {}
        for each in actions:
            if each.name in self._actions:
                raise ValueError(f"two actions are named {each.name!r}")
            self._actions[each.name] = each

    def __iter__(self) -> Iterator[Action[Any, Any]]:
        return iter(self._actions.values())

    def __contains__(self, name: object) -> bool:
        return name in self._actions

    def __getitem__(self, name: str) -> Action[Any, Any]:
        """The action of that name; raises `Unknown` with the nearest one."""
        found = self._actions.get(name)
        if found is None:
            raise Unknown("action", name, self._actions, hint="GET /_mock/actions lists them all.")
        return found

    def listed(self) -> list[dict[str, Any]]:
        """What people can do, as plain data: name, summary, description, and the JSON Schema of the arguments."""
        return [
            {"name": each.name, "summary": each.summary, "description": each.description, "arguments": each.schema()}
            for each in self
            if not each.internal
        ]

    def run(self, world: World, name: str, arguments: object) -> Any:
        """Decode plain `arguments`, run the action in the world's open transaction, encode its result.

        Raises `Unknown` for the name, `Invalid` with every problem of the arguments, and whatever
        the action refuses.
        """
        found = self[name]
        decoded = checking.convert(arguments, found.arguments, what=f"What {name} was given")
        return msgspec.to_builtins(found.function(world, decoded), str_keys=True)
