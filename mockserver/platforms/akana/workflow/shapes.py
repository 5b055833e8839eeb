"""Which elements a workflow file may have, what may stand in them, and which attributes they take.

As in the DTD of OSWorkflow 2.8, and Akana's `common-functions`.
"""

from __future__ import annotations

from typing import Final

import msgspec


class Shape(msgspec.Struct, frozen=True):
    """An element: `once` may stand in it once, `many` any number of times; `required` attributes must be there."""

    once: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def children(self) -> tuple[str, ...]:
        """The elements that may stand in it."""
        return (*self.once, *self.many)

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes that it may have."""
        return (*self.required, *self.optional)


def _shape(once: str = "", many: str = "", required: str = "", optional: str = "") -> Shape:
    return Shape(tuple(once.split()), tuple(many.split()), tuple(required.split()), tuple(optional.split()))


_CALL: Final = _shape(many="arg", required="type", optional="id name")
_LISTS: Final = "pre-functions post-functions validators"
_GOES: Final = "old-status status step owner split join due-date id display-name"

SHAPES: Final[dict[str, Shape]] = {
    "workflow": _shape(
        "registers trigger-functions global-conditions common-functions initial-actions global-actions "
        "common-actions steps splits joins",
        "meta",
    ),
    "meta": _shape(required="name", optional="id"),
    "registers": _shape(many="register"),
    "register": _shape(many="arg", required="type variable-name", optional="id"),
    "trigger-functions": _shape(many="trigger-function"),
    "trigger-function": _shape("function", required="id"),
    "common-functions": _shape(many="common-function"),
    "common-function": _shape("function", required="name", optional="id"),
    "global-conditions": _shape("conditions"),
    "initial-actions": _shape(many="action"),
    "global-actions": _shape(many="action"),
    "common-actions": _shape(many="action"),
    "steps": _shape(many="step"),
    "step": _shape("pre-functions external-permissions actions post-functions", "meta", "id", "name"),
    "external-permissions": _shape(many="permission"),
    "permission": _shape("restrict-to", required="name", optional="id"),
    "actions": _shape(many="action common-action"),
    "common-action": _shape(required="id"),
    "action": _shape(f"restrict-to results {_LISTS}", "meta", "id name", "view auto finish"),
    "restrict-to": _shape("conditions"),
    "conditions": _shape(many="conditions condition", optional="type"),
    "condition": _shape(many="arg", required="type", optional="id name negate"),
    "results": _shape("unconditional-result", "result"),
    "result": _shape(_LISTS, "conditions", optional=_GOES),
    "unconditional-result": _shape(_LISTS, optional=_GOES),
    "pre-functions": _shape(many="function"),
    "post-functions": _shape(many="function"),
    "function": _CALL,
    "validators": _shape(many="validator"),
    "validator": _CALL,
    "arg": _shape(required="name", optional="id"),
    "splits": _shape(many="split"),
    "split": _shape(many="unconditional-result", required="id"),
    "joins": _shape(many="join"),
    "join": _shape("unconditional-result", "conditions", required="id"),
}
