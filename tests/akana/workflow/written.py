"""Workflows as people write them, but for what a test is not about."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from mockserver.platforms.akana.workflow.context import Env
from mockserver.platforms.akana.workflow.definition import Definition
from mockserver.platforms.akana.workflow.engine import initialize
from mockserver.platforms.akana.workflow.instance import Instance
from mockserver.platforms.akana.workflow.reader import read
from mockserver.platforms.akana.workflow.registry import Registry


def call(tag: str, type: str, /, **args: str) -> str:
    """A function, condition, validator …; `negate` and `name` are attributes."""
    marks = "".join(f' {mark}="{args.pop(mark)}"' for mark in ("negate", "name") if mark in args)
    given = "".join(f'<arg name="{name}">{escape(value)}</arg>' for name, value in args.items())
    return f'<{tag} type="{type}"{marks}>{given}</{tag}>'


def functions(when: str, *types: str) -> str:
    """`pre-functions` or `post-functions` without arguments."""
    return f"<{when}-functions>{''.join(call('function', each) for each in types)}</{when}-functions>" if types else ""


def conditions(type: str, *members: str) -> str:
    """`conditions` of conditions named by type, or of elements."""
    written = (each if each.startswith("<") else call("condition", each) for each in members)
    return f'<conditions type="{type}">{"".join(written)}</conditions>'


def restrict(type: str, *members: str) -> str:
    return f"<restrict-to>{conditions(type, *members)}</restrict-to>"


def goes(to: int | str = -1, *, status: str = "S", old: str = "O", inside: str = "", **attributes: str) -> str:
    """An unconditional result."""
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return (
        f'<unconditional-result old-status="{old}" status="{status}" step="{to}"{more}>{inside}</unconditional-result>'
    )


def action(id: int, name: str = "", inside: str = "", results: str | None = None, **attributes: str) -> str:
    """An action that stays, unless `results` say otherwise."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<action id="{id}" name="{name or f"do{id}"}"{more}>{inside}<results>{results or goes()}</results></action>'


def step(id: int, *actions: str, inside: str = "", name: str = "") -> str:
    """A step; without actions it has no `actions`."""
    listed = f"<actions>{''.join(actions)}</actions>" if actions else ""
    return f'<step id="{id}" name="{name or f"Step {id}"}">{inside}{listed}</step>'


def workflow(*steps: str, first: int = 10, parts: str = "", initial: str | None = None) -> str:
    """A whole file that starts in step `first`."""
    start = initial or action(1, "@Create", results=goes(first, status="Started", old="New"))
    return f"<workflow>{parts}<initial-actions>{start}</initial-actions><steps>{''.join(steps)}</steps></workflow>"


def definition(text: str) -> Definition:
    return read(text, "test.xml")


def started(text: str, registry: Registry[Any], subject: Any = None, **env: Any) -> tuple[Definition, Instance]:
    """The workflow, and an instance of it that was just created."""
    read_ = definition(text)
    return read_, initialize(read_, 1, Env(registry, subject, env.pop("caller", "jane"), **env)).instance
