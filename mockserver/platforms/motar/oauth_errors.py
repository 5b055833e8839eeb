"""How `/oauth/v2/*` says no: `{error, error_description, message, error_number}`.

The device page shows the object. Its last key is `error_number` in one sample and `number` in
others, all of them of the device token endpoint, which therefore answers both. HTTP statuses are on
no page; they are RFC 6749's: 401 for a client that is not known, 400 for the rest.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from mockserver.wire import Call, Refusal

PREFIX = "/oauth/v2/"
DEVICE_TOKEN = "/oauth/v2/device/token"


class OAuthError(Enum):
    """The `error` of RFC 6749 and RFC 8628, its HTTP status, and the vendor's number beside it."""

    UNSUPPORTED_GRANT_TYPE = ("unsupported_grant_type", 400, "4003")
    INVALID_GRANT = ("invalid_grant", 400, "4015")
    GRANT_USED = ("invalid_grant", 400, "4008")
    CLIENT_ID = ("client_id_error", 401, "4013")
    AUTHORIZATION_PENDING = ("authorization_pending", 400, "4001")
    SLOW_DOWN = ("slow_down", 400, "4001")
    ACCESS_DENIED = ("access_denied", 400, "4019")
    EXPIRED_TOKEN = ("expired_token", 400, "4015")

    def because(self, description: str) -> Refusal:
        """This refusal with a description for the client's author."""
        error, status, code = self.value
        return Refusal(status, code, description, {"error": error})


# Every refusal of the general table that can reach these endpoints: RFC error, status and number there.
_TRANSLATED = {
    "4002": ("unsupported_response_type", 400, "4002"),
    "4008": ("invalid_grant", 400, "4008"),
    "4011": ("invalid_client", 401, "4013"),
    "4012": ("invalid_client", 401, "4012"),
    "4013": ("invalid_client", 401, "4013"),
    "4015": ("invalid_grant", 400, "4015"),
    "4019": ("invalid_grant", 400, "4019"),
    "4034": ("invalid_grant", 400, "4034"),
    "4041": ("invalid_client", 401, "4013"),
}

_FOR_THE_USER = {
    "access_denied": "You did not allow this.",
    "authorization_pending": "Waiting for you to confirm.",
    "client_id_error": "MOTAR does not know this app.",
    "expired_token": "This took too long. Please start again.",
    "invalid_client": "MOTAR does not know this app.",
    "invalid_grant": "Please sign in again.",
    "slow_down": "Waiting for you to confirm.",
    "unavailable": "Please try again later.",
}


def translate(refusal: Refusal) -> Refusal:
    """A refusal of the general table as these endpoints word it; one that has its `error` stays."""
    if "error" in refusal.details:
        return refusal
    error, status, code = "invalid_request", refusal.status, refusal.code
    if refusal.status >= 500:
        error, code = "unavailable", "5001"
    elif refusal.code in _TRANSLATED:
        error, status, code = _TRANSLATED[refusal.code]
    return msgspec.structs.replace(refusal, status=status, code=code, details={**refusal.details, "error": error})


def body(call: Call, refusal: Refusal) -> dict[str, object]:
    """The object that a translated refusal is answered with."""
    error, number = str(refusal.details["error"]), int(refusal.code)
    answered: dict[str, object] = {
        "error": error,
        "error_description": refusal.description,
        "message": _FOR_THE_USER.get(error, "This app made a mistake."),
        "error_number": number,
    }
    if call.path == DEVICE_TOKEN:
        answered["number"] = number
    return answered
