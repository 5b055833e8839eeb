"""Pieces of a workflow, as the vendor's page shows them, read as if the least of a workflow stood around them."""

from __future__ import annotations

from typing import Final

from mockserver.platforms.akana.workflow.shapes import SHAPES
from mockserver.platforms.akana.workflow.xml import Element

NOWHERE: Final = 0
"""The id of the step, and of the action, that loose pieces are put in."""

_IN: Final = {
    "step": "steps",
    "common-function": "common-functions",
    "trigger-function": "trigger-functions",
    "register": "registers",
    "split": "splits",
    "join": "joins",
    "common-action": "actions",
    "action": "actions",
    "permission": "external-permissions",
    "function": "pre-functions",
    "validator": "validators",
    "condition": "conditions",
    "conditions": "restrict-to",
    "result": "results",
    "unconditional-result": "results",
}
"""The element that a loose one belongs in."""

_HOLDERS: Final = ("workflow", "step", "action")


def around(pieces: list[Element]) -> Element:
    """A `workflow` element around loose pieces, each in the nearest place where it may stand."""
    line = pieces[0].line
    workflow, step = Element("workflow", line=line), Element("step", {"id": str(NOWHERE), "name": "fragment"}, line)
    action = Element("action", {"id": str(NOWHERE), "name": "fragment"}, line)
    holders = dict(zip(_HOLDERS, (workflow, step, action), strict=True))
    for piece in pieces:
        _put(piece, holders)
    if action.children:
        _put(action, holders)
    if step.children:
        _put(step, holders)
    return workflow


def _put(piece: Element, holders: dict[str, Element]) -> None:
    """Put a piece in what it belongs in, and that in what it belongs in, up to one of the holders."""
    outer = _IN.get(piece.tag)
    if outer is not None:
        holder = next((each for tag in reversed(_HOLDERS) for each in holders[tag].each(outer)), None)
        if holder is None:
            holder = Element(outer, {}, piece.line)
            _put(holder, holders)
        holder.children.append(piece)
        return
    place = holders[next(tag for tag in reversed(_HOLDERS) if piece.tag in SHAPES[tag].children)]
    before = next(place.each(piece.tag), None) if piece.tag in SHAPES[place.tag].once else None
    if before is not None:
        before.children += piece.children
    else:
        place.children.append(piece)


def is_piece(tag: str) -> bool:
    """Whether an element of that tag can stand loose."""
    return tag in _IN or any(tag in SHAPES[holder].children for holder in _HOLDERS)
