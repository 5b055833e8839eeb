"""What the engine refuses. An exception of a function or condition goes through as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.errors import MockserverError, Refused

if TYPE_CHECKING:
    from mockserver.platforms.akana.workflow.explain import Availability


class NotAvailable(Refused):
    """An action that cannot be performed now; `why` holds each candidate with its conditions, told one by one."""

    def __init__(self, message: str, why: tuple[Availability, ...] = ()) -> None:
        super().__init__(message)
        self.why = why


class InputRefused(Refused):
    """What a validator has against the input; `complaints` are all of them."""

    def __init__(self, complaints: tuple[str, ...]) -> None:
        super().__init__("; ".join(complaints))
        self.complaints = complaints


class WorkflowFault(MockserverError):
    """A workflow that cannot go on: a step that is missing, a name nobody registered, a circle of auto actions.

    `line` is where in the workflow file the cause stands.
    """

    def __init__(self, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.line = line
