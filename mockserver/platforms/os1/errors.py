"""OS1's way of saying no: `{error: {code, description, additionalInfo}, request: {…}}`, in both of its API families.

A code has twelve digits: four for the service, four for the method, four for the error.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from enum import Enum
from typing import Any, TypeVar

import msgspec

from mockserver.platforms.os1.carriers import REQUEST_ID
from mockserver.wire import Answer, BadBody, Call, Refusal, Rejected, Route, body, json_answer
from mockserver.world.journal import Pairs, Violation

S = TypeVar("S", bound=msgspec.Struct)

LONGEST_DESCRIPTION = 256
MERGE_PATCH = "application/merge-patch+json"

DEVELOPER_SERVICE, AAA_SERVICE, EXT_AUTH_SERVICE = "2001", "1001", "1002"
"""The services' digits; which the vendor uses is not published, but for 1009, another service's."""


class Error(Enum):
    """HTTP status, and the four digits that the error adds to a code."""

    MISSING = (400, "0001")
    VALUE = (400, "0002")
    UNUSABLE = (400, "0003")
    TRANSITION = (400, "0004")
    SEQUENCE = (400, "0005")
    NO_PERMISSION_FILE = (400, "0006")
    MANIFEST = (400, "0007")
    NO_CREDENTIALS = (400, "0008")
    STATE = (400, "0009")
    VERSION_RULE = (400, "0010")
    NO_TOKEN = (401, "0011")
    BAD_TOKEN = (401, "0012")
    BAD_CREDENTIALS = (401, "0013")
    ROLE = (403, "0031")
    OWNERSHIP = (403, "0032")
    NO_ACCESS = (403, "0033")
    DENIED = (403, "0034")
    NOT_FOUND = (404, "0041")
    NOT_ONBOARDED = (404, "0042")
    CONFLICT = (409, "0091")
    TOO_LARGE = (413, "0131")

    def because(self, description: str, /, *, status: int | None = None, **details: object) -> Refusal:
        """This refusal with a description and, for programs, what it is about."""
        usual, code = self.value
        return Refusal(usual if status is None else status, code, description, details)

    def stop(self, description: str, /, *, status: int | None = None, **details: object) -> Rejected:
        """The same as an exception, which undoes what the request did so far."""
        return Rejected(self.because(description, status=status, **details))


_MISFITS = {"missing": Error.MISSING, "value": Error.VALUE, "unusable": Error.UNUSABLE}
_CODES = {
    400: "0003",
    401: "0012",
    403: "0033",
    404: "0041",
    405: "0051",
    413: "0131",
    414: "0141",
    415: "0003",
    503: "0503",
}


def problem(status: int, reason: str) -> Refusal:
    """What the edge found wrong before any handler ran."""
    return Refusal(status, _CODES.get(status, "0500" if status >= 500 else "0003"), reason)


def strictness(violations: list[Violation]) -> Refusal:
    """What a strict world answers where another one only tells."""
    told = "; ".join(f"{each.field}: {each.reason}" for each in violations)
    return Error.VALUE.because(f"This world is strict. {told}", violations=[each.field for each in violations])


def decode(call: Call, struct: type[S], *, patch: bool = False) -> S:
    """The JSON body as `struct`; unknown fields are told. Raises `Rejected` with every problem."""
    media = (*body.JSON, MERGE_PATCH) if patch else body.JSON
    try:
        return body.decode(call, struct, media=media)
    except body.Unfit as unfit:
        raise _MISFITS[unfit.what].stop(unfit.description) from None


def refuse(call: Call, route: Route | None, refusal: Refusal) -> Answer:
    """Render a refusal in OS1's shape."""
    description = refusal.description
    details = dict(refusal.details)
    if len(description) > LONGEST_DESCRIPTION:
        details["message"] = description
        description = description[: LONGEST_DESCRIPTION - 1] + "…"
    told = {
        "error": {"code": code_of(call, route, refusal), "description": description, "additionalInfo": details},
        "request": request_of(call),
    }
    return json_answer(told, status=refusal.status, headers=(*refusal.headers, *echo(call)))


def code_of(call: Call, route: Route | None, refusal: Refusal) -> str:
    """The twelve digits. A method's four are made from its name: the vendor's are not published."""
    service = DEVELOPER_SERVICE
    if call.path.startswith("/core/"):
        service = EXT_AUTH_SERVICE if "/ext-auth/" in call.path else AAA_SERVICE
    method = zlib.crc32(route.name.encode()) % 9999 + 1 if route is not None else 0
    return f"{service}{method:04d}{refusal.code}"


def core_answer(call: Call, data: object, *, status: int = 200) -> Answer:
    """Success as the core API says it: `{data, request}`, with the request's id echoed."""
    return json_answer({"data": data, "request": request_of(call)}, status=status, headers=echo(call))


def echo(call: Call) -> Pairs:
    """The request's id, which every answer of the core API carries."""
    request_id = call.header(REQUEST_ID) if call.path.startswith("/core/") else None
    return ((REQUEST_ID, request_id),) if request_id else ()


def request_of(call: Call) -> dict[str, Any]:
    """The request as envelopes repeat it: files are left out, secrets are masked."""
    sent: Any = {}
    if call.body and call.content_type in ("", *body.JSON, MERGE_PATCH):
        try:
            sent = call.json()
        except BadBody:
            sent = {}
        if isinstance(sent, dict):
            sent = {name: "***" if "secret" in name.lower() else value for name, value in sent.items()}
    query = "&".join(f"{name}={value}" for name, value in call.query)
    return {"uri": call.path, "method": call.method, "queryString": query, "body": sent}


def listed(names: Iterable[str], *, most: int = 10) -> str:
    """Names in a sentence, the first ones of many."""
    every = list(names)
    if not every:
        return "none"
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
