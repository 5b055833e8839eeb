"""Akana's way of saying no: statuses, fault codes, and a fault as JSON or XML.

That a fault has `faultcode` and `faultstring` is observed, the statuses are documented, the values of
`faultcode` are ours.
"""

from __future__ import annotations

from enum import Enum

from mockserver.platforms.akana import media
from mockserver.wire import Answer, Call, Refusal, Rejected, Route
from mockserver.world.journal import Violation


class Fault(Enum):
    """HTTP status and fault code."""

    INVALID = (400, "Client.InvalidInput")
    CONFLICT = (400, "Client.Conflict")
    NO_SUCH_ACTION = (400, "Client.InvalidAction")
    WORKFLOW_FAILED = (400, "Client.WorkflowFailed")
    SIGN_IN = (401, "Client.NotAuthenticated")
    CSRF = (401, "Client.InvalidCsrfToken")
    FORBIDDEN = (403, "Client.NotAuthorized")
    ACTION_REFUSED = (403, "Client.ActionNotAvailable")
    NOT_FOUND = (404, "Client.NotFound")
    MEDIA = (404, "Client.UnsupportedMediaType")

    def because(self, description: str, **details: object) -> Refusal:
        """This refusal with a description for the client's author."""
        status, code = self.value
        return Refusal(status, code, description, details)

    def stop(self, description: str, **details: object) -> Rejected:
        """The same as an exception, which undoes what the request did so far."""
        return Rejected(self.because(description, **details))


_CODES = {401: "Client.NotAuthenticated", 403: "Client.NotAuthorized", 404: "Client.NotFound", 405: "Client.Method"}


def problem(status: int, reason: str) -> Refusal:
    """What the edge found wrong before any handler ran."""
    return Refusal(status, _CODES.get(status, "Server.Error" if status >= 500 else "Client.InvalidInput"), reason)


def strictness(violations: list[Violation]) -> Refusal:
    """What a strict world answers where another one only tells."""
    told = "; ".join(f"{each.field}: {each.reason}" for each in violations)
    return Fault.INVALID.because(f"This world is strict. {told}")


def refuse(call: Call, route: Route | None, refusal: Refusal) -> Answer:
    """Render a refusal as a fault, in XML for clients that ask for it."""
    fault = {"faultcode": refusal.code, "faultstring": refusal.description}
    return media.rendered(call, "Fault", fault, status=refusal.status, headers=refusal.headers, lenient=True)
