"""Where one run of a workflow stands: plain immutable data that a world's collection can hold.

The engine takes an `Instance` and gives a new one, and the `HistoryStep`s that were closed on the way. It never
asks for the history back: keep each row as a document of its own, and an action costs the same after ten thousand.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

EntryState = Literal["created", "activated", "suspended", "killed", "completed"]

ENTRY_NUMBERS: Final[dict[EntryState, int]] = {
    "created": 0,
    "activated": 1,
    "suspended": 2,
    "killed": 3,
    "completed": 4,
}
"""What the original calls these states."""


class CurrentStep(msgspec.Struct, frozen=True):
    """A step that the instance is in. Times are seconds of the world's clock; `number` counts rows from 1.

    `previous` are the numbers of the rows it came from.
    """

    number: int
    step: int
    status: str
    owner: str
    started: float
    due: float | None = None
    previous: tuple[int, ...] = ()


class HistoryStep(msgspec.Struct, frozen=True):
    """A step that the instance has left: `status` is the old-status, `action` and `caller` say how it was left."""

    number: int
    step: int
    status: str
    owner: str
    started: float
    finished: float
    action: int
    caller: str
    due: float | None = None
    previous: tuple[int, ...] = ()


class Instance(msgspec.Struct, frozen=True):
    """The state of one run. `rows` is how many steps it was ever in.

    `arrived` are the newest history rows of steps that lead to a join: all that a join's conditions can ask for.
    """

    state: EntryState = "created"
    current: tuple[CurrentStep, ...] = ()
    rows: int = 0
    arrived: tuple[HistoryStep, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """What a call of the engine came to: the new state, what it closed and which actions ran, in order.

    `actions` holds the ids of the action that was asked for and of the automatic ones that followed; it is empty
    when the instance was not active, which the original takes in silence.
    """

    instance: Instance
    history: tuple[HistoryStep, ...] = ()
    actions: tuple[int, ...] = ()
