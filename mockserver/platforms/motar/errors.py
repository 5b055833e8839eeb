"""MOTAR's way of saying no: its code table, and the shapes in which an error leaves.

Mostly it is `{error_description, error_code}`, repeated in the headers `errordescription` and
`errorcode`, because one family of clients reads only the body and another only the headers.
`/oauth/signin` answers `{message, number}`, `/oauth/v2/*` what `oauth_errors` says, and where people
go with a browser it is a page.
"""

from __future__ import annotations

from enum import Enum

from mockserver.platforms.motar import oauth_errors
from mockserver.wire import Answer, Call, Page, Refusal, Rejected, Route, json_answer
from mockserver.world.journal import Violation

PAGES = ("/oauth/signin", "/oauth/v2/signin", "/activate")
"""Where people go with a browser."""

LONGEST_HEADER = 8000
"""Descriptions quote what clients send, and clients do not read headers of any length."""


class Error(Enum):
    """HTTP status and code, as in the vendor's table."""

    GENERIC = (400, "4000")
    MISSING = (400, "4001")
    RESPONSE_TYPE = (400, "4002")
    VALIDATION = (400, "4003")
    UNUSABLE = (400, "4005")
    IMPOSSIBLE = (400, "4006")
    TOKEN_USED = (400, "4008")
    REFRESH_REQUIRED = (401, "4010")
    INVALID_CREDENTIALS = (401, "4011")
    API_KEY = (401, "4012")
    NOT_APPROVED = (401, "4013")
    INSUFFICIENT = (401, "4014")
    CODE_MALFORMED = (401, "4015")
    NO_AUTHORIZATION = (401, "4016")
    NO_CONSENT = (401, "4019")
    NOT_AUTHORIZED = (403, "4032")
    TOKEN_INVALID = (403, "4034")
    NO_APP = (404, "4041")
    NOT_FOUND = (404, "4042")

    def because(self, description: str, **details: object) -> Refusal:
        """This refusal with a description for the client's author."""
        status, code = self.value
        return Refusal(status, code, description, details)

    def stop(self, description: str, **details: object) -> Rejected:
        """The same as an exception, which undoes what the request did so far."""
        return Rejected(self.because(description, **details))


_CODES = {400: "4000", 401: "4011", 403: "4032", 404: "4042", 405: "4006", 413: "4007", 415: "4005"}


def problem(status: int, reason: str) -> Refusal:
    """What the edge found wrong before any handler ran, in MOTAR's codes."""
    return Refusal(status, _CODES.get(status, "5000" if status >= 500 else "4000"), reason)


def strictness(violations: list[Violation]) -> Refusal:
    """What a strict world answers where another one only tells."""
    told = "; ".join(f"{each.field}: {each.reason}" for each in violations)
    return Error.VALIDATION.because(f"This world is strict. {told}")


def refuse(call: Call, route: Route | None, refusal: Refusal) -> Answer | Page:
    """Render a refusal in the shape that belongs to the route, for the client that asked."""
    is_v2 = call.path.startswith(oauth_errors.PREFIX)
    if is_v2:
        refusal = oauth_errors.translate(refusal)
    headers = (
        *refusal.headers,
        ("errorcode", refusal.code),
        ("errordescription", _header_text(refusal.description)),
    )
    path = route.path if route is not None else ""
    if path in PAGES and "text/html" in (call.header("accept") or ""):
        return Page("signin_problem.html", _page(call, refusal), refusal.status, headers)
    if is_v2:
        return json_answer(oauth_errors.body(call, refusal), status=refusal.status, headers=headers)
    if path == "/oauth/signin":
        body = {"message": refusal.description, "number": int(refusal.code)}
        return json_answer(body, status=refusal.status, headers=headers)
    body = {"error_description": refusal.description, "error_code": refusal.code}
    return json_answer(body, status=refusal.status, headers=headers)


def _header_text(text: str) -> str:
    plain = "".join(character if " " <= character <= "~" else "?" for character in " ".join(text.split()))
    return plain[:LONGEST_HEADER]


def _page(call: Call, refusal: Refusal) -> dict[str, object]:
    details = dict(refusal.details)
    facts = [(name, call.query_value(name)) for name in ("client_id", "clientId", "redirect_uri", "response_type")]
    return {
        "title": details.get("title", "This sign-in cannot start"),
        "explanation": details.get("explanation", refusal.description),
        "status": refusal.status,
        "code": refusal.code,
        "hints": details.get("hints", []),
        "facts": [(name, value) for name, value in facts if value is not None],
        "mismatch": details.get("mismatch"),
    }
