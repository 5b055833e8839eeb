"""The functions, conditions, validators, registers and variables that workflows may name.

Each is made of a plain function by a decorator and put in a `Registry` by whoever owns it; importing registers
nothing::

    class Greet(msgspec.Struct, frozen=True):
        who: str
        times: int = 1

    @function("greet", Greet)
    def greet(context: Context[Subject], args: Greet) -> None: ...

    registry.add(greet)

The fields of the Struct are the arguments: `rename` or `field(name=…)` gives the vendor's spelling, a default
makes one optional. A `tuple[str, ...]` takes a comma list. A field of type `dict[str, str]` whose name ends in
`*` takes every argument that begins so (`param.*`), by what stands in the star's place.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec

from mockserver.errors import Conflict
from mockserver.platforms.akana.workflow.context import Context, Value

S = TypeVar("S")
A = TypeVar("A", bound=msgspec.Struct)


class NoArguments(msgspec.Struct, frozen=True):
    """For what takes none."""


@dataclass(frozen=True)
class Registered(Generic[S]):
    """Something a workflow may name; `call` gets the context and the typed arguments."""

    kind: str
    name: str
    arguments: type[msgspec.Struct]
    call: Callable[[Context[S], Any], Any]

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.call) or "").partition("\n")[0]


@dataclass(frozen=True)
class Variable(Generic[S]):
    """Something a workflow may read as `${name}`."""

    name: str
    call: Callable[[Context[S]], Value]

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.call) or "").partition("\n")[0]


@dataclass(frozen=True)
class Registry(Generic[S]):
    """All that a workflow may name, by kind and name."""

    functions: dict[str, Registered[S]] = field(default_factory=dict)
    conditions: dict[str, Registered[S]] = field(default_factory=dict)
    validators: dict[str, Registered[S]] = field(default_factory=dict)
    registers: dict[str, Registered[S]] = field(default_factory=dict)
    variables: dict[str, Variable[S]] = field(default_factory=dict)

    def add(self, *entries: Registered[S] | Variable[S]) -> None:
        """Take these in; raises `Conflict` for a name that is taken."""
        for entry in entries:
            if entry.name in self._shelf(entry):
                raise Conflict(
                    f"There is a {_kind(entry)} named {entry.name!r} already.",
                    hint="Use replace() to put yours in its place.",
                )
            self.replace(entry)

    def replace(self, *entries: Registered[S] | Variable[S]) -> None:
        """Take these in, whether or not their names are taken."""
        for entry in entries:
            self._shelf(entry)[entry.name] = entry

    def copy(self) -> Registry[S]:
        """A registry of its own with the same entries."""
        return Registry(
            dict(self.functions),
            dict(self.conditions),
            dict(self.validators),
            dict(self.registers),
            dict(self.variables),
        )

    def _shelf(self, entry: Registered[S] | Variable[S]) -> dict[str, Any]:
        shelf: dict[str, Any] = getattr(self, f"{_kind(entry)}s")
        return shelf


def _kind(entry: Registered[S] | Variable[S]) -> str:
    return "variable" if isinstance(entry, Variable) else entry.kind


def function(name: str, arguments: type[A]) -> Callable[[Callable[[Context[S], A], None]], Registered[S]]:
    """Name something that a transition does."""
    return lambda call: Registered("function", name, arguments, call)


def condition(name: str, arguments: type[A]) -> Callable[[Callable[[Context[S], A], bool]], Registered[S]]:
    """Name something that is so or not."""
    return lambda call: Registered("condition", name, arguments, call)


def validator(name: str, arguments: type[A]) -> Callable[[Callable[[Context[S], A], str | None]], Registered[S]]:
    """Name a check of the input: it answers what is wrong, or None."""
    return lambda call: Registered("validator", name, arguments, call)


def register(name: str, arguments: type[A]) -> Callable[[Callable[[Context[S], A], Value]], Registered[S]]:
    """Name something that a workflow can look up under a variable name of its own."""
    return lambda call: Registered("register", name, arguments, call)


def variable(name: str) -> Callable[[Callable[[Context[S]], Value]], Variable[S]]:
    """Name what `${name}` stands for."""
    return lambda call: Variable(name, call)
