"""A workflow as a picture: for a terminal, and for Mermaid, which Markdown pages draw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mockserver.platforms.akana.workflow.definition import (
    STAY,
    Action,
    Condition,
    Conditions,
    Definition,
    Function,
    Result,
    Step,
)
from mockserver.platforms.akana.workflow.explain import describe


def as_text(definition: Definition) -> Iterator[str]:
    """Step by step what can be done, where it leads, on what condition and what runs on the way."""
    if definition.initial_actions:
        yield "start"
        yield from _actions(definition, definition.initial_actions)
    if definition.global_actions:
        yield "in every step"
        yield from _actions(definition, definition.global_actions)
    for step in definition.steps:
        yield f"step {step}" + ("" if step.actions else ", the end" if not definition.fragment else "")
        yield from _functions("on entering", step.pre_functions, 2)
        yield from _functions("on leaving", step.post_functions, 2)
        yield from _actions(definition, step.actions)
    for split in definition.splits:
        yield f"split {split.id}"
        yield from (f"  → {_target(definition, result)}" for result in split.results)
    for join in definition.joins:
        yield f"join {join.id}"
        if join.result is not None:
            yield f"  → {_target(definition, join.result)}{_if(join.conditions)}"


def as_mermaid(definition: Definition) -> Iterator[str]:
    """A state diagram: one arrow for each result, those that stay together in one."""
    yield "stateDiagram-v2"
    for step in definition.steps:
        yield f"    s{_node(step.id)} : {_label(str(step))}"
    for split in definition.splits:
        yield f"    state split{_node(split.id)} <<fork>>"
    for join in definition.joins:
        yield f"    state join{_node(join.id)} <<join>>"
    for action in definition.initial_actions:
        yield from _arrows("[*]", action)
    for step in definition.steps:
        yield from _from_step(definition, step)
    for split in definition.splits:
        yield from (f"    split{_node(split.id)} --> {_end(result)}" for result in split.results)
    for join in definition.joins:
        if join.result is not None:
            yield f"    join{_node(join.id)} --> {_end(join.result)}"


def _from_step(definition: Definition, step: Step) -> Iterator[str]:
    node = f"s{_node(step.id)}"
    if not step.actions:
        if not definition.fragment:
            yield f"    {node} --> [*]"
        return
    staying: list[str] = []
    for action in (*definition.global_actions, *step.actions):
        if not action.finish and all(result.step in (STAY, step.id) for result in action.all_results):
            staying.append(_label(action.name))
        else:
            yield from _arrows(node, action, stay=node)
    if staying:
        yield f"    {node} --> {node} : {'<br/>'.join(staying)}"


def _arrows(node: str, action: Action, stay: str = "[*]") -> Iterator[str]:
    if action.finish:
        yield f"    {node} --> [*] : {_label(action.name)}"
        return
    for result in action.all_results:
        end = stay if result.step == STAY and result.split is None and result.join is None else _end(result)
        condition = f" ({' or '.join(map(_words, result.conditions))})" if result.conditions else ""
        yield f"    {node} --> {end} : {_label(action.name + (' (auto)' if action.auto else '') + condition)}"


def _end(result: Result) -> str:
    if result.split is not None:
        return f"split{_node(result.split)}"
    if result.join is not None:
        return f"join{_node(result.join)}"
    return f"s{_node(result.step if result.step is not None else STAY)}"


def _node(id: int) -> str:
    """An id as a part of a name, which takes no sign."""
    return str(id) if id >= 0 else f"_{-id}"


def _label(text: str) -> str:
    """Text that Mermaid takes for nothing else: no second colon, no semicolon, nothing that looks like markup."""
    return re.sub(r"[#:;<>{}\"]", lambda found: f"#{ord(found[0])};", " ".join(text.split()))


def _actions(definition: Definition, actions: tuple[Action, ...]) -> Iterator[str]:
    for action in actions:
        marks = [mark for mark, said in (("auto", action.auto), ("finish", action.finish)) if said]
        head = f"  {action}" + (f" [{', '.join(marks)}]" if marks else "")
        only = action.unconditional if not action.results else None
        if action.finish:
            head += " → the end"
        elif only is not None:
            head += f" → {_target(definition, only)}"
        yield head
        if action.restrict_to is not None and action.restrict_to.members:
            yield f"      if {_words(action.restrict_to)}"
        yield from _functions("before", action.pre_functions, 6)
        for result in action.all_results:
            if only is None and not action.finish:
                yield f"      → {_target(definition, result)}{_if(result.conditions) or ' otherwise'}"
            yield from _functions("before", result.pre_functions, 8)
            yield from _functions("after", result.post_functions, 8)
        yield from _functions("after", action.post_functions, 6)


def _functions(when: str, functions: tuple[Function, ...], indent: int) -> Iterator[str]:
    if functions:
        names = [f"{each.type} {each.name}" if each.name else each.type for each in functions]
        yield f"{' ' * indent}{when}: {', '.join(names)}"


def _target(definition: Definition, result: Result) -> str:
    if result.split is not None:
        return f"split {result.split}"
    if result.join is not None:
        return f"join {result.join}"
    if result.step == STAY:
        return f"stays, as {result.status!r}"
    step = definition.step(result.step) if result.step is not None else None
    return f"{step if step is not None else result.step}, as {result.status!r}"


def _if(conditions: tuple[Conditions, ...]) -> str:
    return f" if {' or '.join(map(_words, conditions))}" if conditions else ""


def _words(asked: Conditions | Condition) -> str:
    if isinstance(asked, Condition):
        return describe(asked)
    if not asked.members:
        return "anything"
    if len(asked.members) == 1:
        return _words(asked.members[0])
    glue = " and " if asked.all else " or "
    return glue.join(
        f"({_words(each)})" if isinstance(each, Conditions) and len(each.members) > 1 else _words(each)
        for each in asked.members
    )
