"""Workflow XML into a `Definition`, with every problem told at its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from mockserver.errors import InvalidFile, Problem, nearest
from mockserver.platforms.akana.workflow import fragments, structure
from mockserver.platforms.akana.workflow.definition import (
    Action,
    Arg,
    CommonAction,
    Condition,
    Conditions,
    Definition,
    Function,
    Invocation,
    Join,
    Permission,
    Register,
    Result,
    Split,
    Step,
    Validator,
)
from mockserver.platforms.akana.workflow.shapes import SHAPES
from mockserver.platforms.akana.workflow.structure import Flaw
from mockserver.platforms.akana.workflow.vocabulary import ENTITIES
from mockserver.platforms.akana.workflow.xml import Element, parse

_NUMBER: Final = re.compile(r"-?\d{1,9}")

I = TypeVar("I", bound=Invocation)  # noqa: E741


class Reading(msgspec.Struct, frozen=True):
    """What could be read of a file, and everything that is wrong with it as a workflow."""

    definition: Definition
    flaws: list[Flaw]


def read(text: bytes | str, source: str, *, fragment: bool = False) -> Definition:
    """The workflow in `text`, which people know as `source`; with `fragment` a piece of one will do.

    Raises `InvalidFile` for what is not XML, and with every problem for which the original refuses a workflow.
    """
    reading = scan(text, source, fragment=fragment)
    problems = [flaw.problem for flaw in reading.flaws if flaw.severity == "error"]
    if problems:
        raise InvalidFile(source, problems)
    return reading.definition


def scan(text: bytes | str, source: str, *, fragment: bool = False) -> Reading:
    """As `read`, but what is wrong is told beside what could be read. Raises `InvalidFile` for what is not XML."""
    roots = parse(text, source, ENTITIES)
    root = roots[0]
    loose = root.tag != "workflow"
    if loose and not (fragment and all(fragments.is_piece(each.tag) for each in roots)):
        wanted = "<workflow> or elements that may stand in one" if fragment else "<workflow>"
        odd = next(each for each in roots if not fragment or not fragments.is_piece(each.tag))
        known = SHAPES if fragment else ["workflow"]
        problem = Problem(odd.path, wanted, f"<{odd.tag}>", nearest(odd.tag, known), odd.line, odd.column)
        raise InvalidFile(source, [problem])
    reader = _Reader(source, loose)
    definition = reader.workflow(fragments.around(roots) if loose else root)
    flaws = [*reader.flaws, *structure.flaws(definition)]
    return Reading(definition, sorted(flaws, key=lambda flaw: (flaw.problem.line or 0, flaw.problem.column or 0)))


class _Reader(msgspec.Struct):
    source: str
    fragment: bool
    flaws: list[Flaw] = []
    common: dict[int, Action] = {}

    def workflow(self, root: Element) -> Definition:
        self._check(root)
        common_actions = tuple(self._action(each) for each in self._in(root, "common-actions", "action"))
        for action in common_actions:
            self.common.setdefault(action.id, action)
        return Definition(
            source=self.source,
            steps=tuple(self._step(each) for each in self._in(root, "steps", "step")),
            initial_actions=tuple(self._action(each) for each in self._in(root, "initial-actions", "action")),
            global_actions=tuple(self._action(each) for each in self._in(root, "global-actions", "action")),
            common_actions=common_actions,
            common_functions=self._functions_by(root, "common-function", "name"),
            global_conditions=self._restriction(root, "global-conditions"),
            registers=tuple(self._register(each) for each in self._in(root, "registers", "register")),
            trigger_functions=self._functions_by(root, "trigger-function", "id"),
            splits=tuple(self._split(each) for each in self._in(root, "splits", "split")),
            joins=tuple(self._join(each) for each in self._in(root, "joins", "join")),
            meta=self._meta(root),
            fragment=self.fragment,
            line=root.line,
        )

    def _tell(self, rule: str, element: Element, expected: str, got: str, meant: str | None = None) -> None:
        self.flaws.append(Flaw(rule, Problem(element.path, expected, got, meant, element.line, element.column)))

    def _check(self, element: Element) -> None:
        """Tell what does not belong, in an element and all below; what does is built whatever stands beside it."""
        shape = SHAPES[element.tag]
        seen: set[str] = set()
        for child in element.children:
            if child.tag not in shape.children:
                known = ", ".join(f"<{tag}>" for tag in shape.children)
                what = f"one of {known}" if len(shape.children) > 1 else known or "text only"
                self._tell("unknown-element", child, what, f"<{child.tag}>", nearest(child.tag, shape.children))
                continue
            if child.tag in shape.once and child.tag in seen:
                self._tell("repeated-element", child, f"one <{child.tag}> in <{element.tag}>", "another")
            seen.add(child.tag)
            self._check(child)
        for name in shape.required:
            if not element.attributes.get(name, "").strip():
                self._tell("missing-attribute", element, f"the attribute {name!r}", "none")
        for name in element.attributes:
            if name not in shape.attributes and ":" not in name and name != "xmlns":
                meant = nearest(name, [each for each in shape.attributes if each not in element.attributes])
                got = f"the attribute {name!r}"
                known = f"one of {', '.join(shape.attributes)}" if shape.attributes else "no attributes"
                problem = Problem(element.path, known, got, meant, element.line, element.column)
                self.flaws.append(Flaw("unknown-attribute", problem, "warning"))

    def _in(self, element: Element, outer: str, inner: str) -> Iterator[Element]:
        """The `inner` elements in the first `outer` one: repeated ones do not count, as in the original."""
        holder = next(element.each(outer), None)
        return iter(()) if holder is None else holder.each(inner)

    def _number(self, element: Element, name: str) -> int | None:
        """An attribute as a whole number, None where it is absent or none."""
        written = element.attributes.get(name, "").strip()
        if not written:
            return None
        if _NUMBER.fullmatch(written):
            return int(written)
        self._tell("not-a-number", element, f"a whole number in {name!r}", repr(written))
        return None

    def _id(self, element: Element) -> int:
        """The id of an element. One without gets a number of its own, so that the rest can be looked at."""
        number = self._number(element, "id")
        return number if number is not None else -(1000 + element.line)

    def _meta(self, element: Element) -> Mapping[str, str]:
        return {each.attributes.get("name", ""): each.text for each in element.each("meta")}

    def _functions_by(self, root: Element, tag: str, key: str) -> dict[str, Function]:
        found: dict[str, Function] = {}
        for holder in self._in(root, f"{tag}s", tag):
            for each in holder.each("function"):
                name = holder.attributes.get(key, "")
                if name in found:
                    self._tell("duplicate-name", holder, f"one <{tag}> of this {key}", f"another {name!r}")
                found.setdefault(name, self._invocation(Function, each))
        return found

    def _step(self, element: Element) -> Step:
        actions = next(element.each("actions"), None)
        if actions is not None and not any(True for tag in ("action", "common-action") for _ in actions.each(tag)):
            self._tell("empty-actions", actions, "an <action> or <common-action>", "nothing")
        own = tuple(self._action(each) for each in self._in(element, "actions", "action"))
        common = tuple(
            CommonAction(self._id(each), each.line) for each in self._in(element, "actions", "common-action")
        )
        return Step(
            id=self._id(element),
            name=element.attributes.get("name", ""),
            meta=self._meta(element),
            pre_functions=self._functions(element, "pre-functions"),
            permissions=tuple(
                self._permission(each) for each in self._in(element, "external-permissions", "permission")
            ),
            actions=(*own, *(self.common[each.id] for each in common if each.id in self.common)),
            common=common,
            post_functions=self._functions(element, "post-functions"),
            line=element.line,
        )

    def _permission(self, element: Element) -> Permission:
        name, id = element.attributes.get("name", ""), element.attributes.get("id")
        return Permission(name, id, self._restriction(element, "restrict-to"), element.line)

    def _action(self, element: Element) -> Action:
        return Action(
            id=self._id(element),
            name=element.attributes.get("name", ""),
            auto=_is_true(element, "auto"),
            finish=_is_true(element, "finish"),
            view=element.attributes.get("view"),
            meta=self._meta(element),
            restrict_to=self._restriction(element, "restrict-to"),
            validators=self._validators(element),
            pre_functions=self._functions(element, "pre-functions"),
            results=tuple(self._result(each) for each in self._in(element, "results", "result")),
            unconditional=next(
                (self._result(each) for each in self._in(element, "results", "unconditional-result")), None
            ),
            post_functions=self._functions(element, "post-functions"),
            line=element.line,
        )

    def _result(self, element: Element) -> Result:
        given = element.attributes
        return Result(
            old_status=given.get("old-status", ""),
            status=given.get("status", ""),
            step=self._number(element, "step"),
            split=self._number(element, "split"),
            join=self._number(element, "join"),
            owner=given.get("owner", ""),
            due_date=given.get("due-date", ""),
            conditions=tuple(self._conditions(each) for each in element.each("conditions")),
            validators=self._validators(element),
            pre_functions=self._functions(element, "pre-functions"),
            post_functions=self._functions(element, "post-functions"),
            id=given.get("id"),
            display_name=given.get("display-name"),
            line=element.line,
        )

    def _restriction(self, element: Element, tag: str) -> Conditions | None:
        return next((self._conditions(each) for each in self._in(element, tag, "conditions")), None)

    def _conditions(self, element: Element) -> Conditions:
        members = tuple(
            self._conditions(each) if each.tag == "conditions" else self._condition(each)
            for each in element.children
            if each.tag in ("conditions", "condition")
        )
        return Conditions(element.attributes.get("type", ""), members, element.line)

    def _condition(self, element: Element) -> Condition:
        negate = element.attributes.get("negate", "").strip().lower() in ("true", "yes")
        plain = self._invocation(Invocation, element)
        return Condition(plain.type, plain.args, plain.name, plain.id, plain.line, negate)

    def _register(self, element: Element) -> Register:
        plain = self._invocation(Invocation, element)
        return Register(
            plain.type, plain.args, plain.name, plain.id, plain.line, element.attributes.get("variable-name", "")
        )

    def _functions(self, element: Element, tag: str) -> tuple[Function, ...]:
        return tuple(self._invocation(Function, each) for each in self._in(element, tag, "function"))

    def _validators(self, element: Element) -> tuple[Validator, ...]:
        return tuple(self._invocation(Validator, each) for each in self._in(element, "validators", "validator"))

    def _invocation(self, kind: type[I], element: Element) -> I:
        args = tuple(Arg(each.attributes.get("name", ""), each.text, each.line) for each in element.each("arg"))
        given = element.attributes
        return kind(given.get("type", ""), args, given.get("name"), given.get("id"), element.line)

    def _split(self, element: Element) -> Split:
        results = tuple(self._result(each) for each in element.each("unconditional-result"))
        return Split(self._id(element), results, element.line)

    def _join(self, element: Element) -> Join:
        conditions = tuple(self._conditions(each) for each in element.each("conditions"))
        result = next((self._result(each) for each in element.each("unconditional-result")), None)
        return Join(self._id(element), conditions, result, element.line)


def _is_true(element: Element, name: str) -> bool:
    return element.attributes.get(name, "").strip().lower() == "true"
