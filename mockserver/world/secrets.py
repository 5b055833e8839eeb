"""Which names stand for secrets: fields of documents, of JSON and forms, parameters and headers."""

from __future__ import annotations

from functools import cache

_SPELLED = (
    *("access_token", "refresh_token", "id_token", "token", "registration_access_token", "csrf_token", "bearer_token"),
    *(
        "authorization",
        "proxy_authorization",
        "authorization_code",
        "code",
        "device_code",
        "user_code",
        "code_verifier",
    ),
    *("client_secret", "shared_secret", "secret", "password", "passwd", "pwd", "private_key", "api_key", "x_api_key"),
    *("cookie", "set_cookie", "assertion", "client_assertion", "control_token", "csrf", "x_csrf_token"),
    *("authenticity_token", "request_verification_token", "session_token", "saml_response", "otp", "passcode"),
    *("x_developerplatform_access", "x_coreos_access", "auth_key", "x_auth_key", "x_coreos_callback_secret"),
)

SHORT_CODE = 12
"""A `code` of fewer characters may as well be an error's: only longer ones are taken for an authorization code."""


def plain(name: str) -> str:
    """A name without what differs between `client_secret`, `clientSecret` and `Client-Secret`."""
    return name.lower().replace("_", "").replace("-", "")


NAMES = {plain(name): name for name in _SPELLED}
"""The usual spelling of every secret's name, by its plain one."""


_BEGINNINGS = {"atmoauthtoken": "cookie", "csrftoken": "csrf_token", "xcsrftoken": "x_csrf_token"}
"""Names that end in what is each site's own, as `X-Csrf-Token_acme` does."""


def label_of(name: str, value: str = "") -> str | None:
    """The usual name of the secret that goes by `name`; None where it is none, as a short `code` is."""
    folded = plain(name)
    label = NAMES.get(folded)
    if label is None:
        return next((each for start, each in _BEGINNINGS.items() if folded.startswith(start)), None)
    if label == "code" and value and len(value) < SHORT_CODE:
        return None
    return label


@cache
def secret_fields(fields: tuple[str, ...], declared: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a document's fields that hold secrets: the `declared` ones, and those whose names say so."""
    wanted = set(declared)
    return tuple(field for field in fields if field in wanted or plain(field) in NAMES)
