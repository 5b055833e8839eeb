"""Which web pages of other origins may read the vendors' answers, by the world's setting `core.cors_origins`.

Credentials are never allowed: a browser then sends no cookies, which no API of the vendors reads
from another origin, while an `Authorization` header, which a page sets itself, is not a credential
in the sense of CORS and passes.
"""

from __future__ import annotations

from mockserver.wire import Answer, Call
from mockserver.world.journal import Pairs
from mockserver.world.settings import CoreSettings

PREFLIGHT_SECONDS = 600
SETTING = "core.cors_origins"


def allowed(settings: CoreSettings, origin: str | None) -> str | None:
    """What to answer to a page of this origin as the origin that may read: itself, `*`, or nothing."""
    if settings.cors_origins == "*":
        return "*"
    return origin if origin is not None and origin in settings.cors_origins else None


def is_preflight(call: Call) -> bool:
    """Whether a browser asks what a page may send."""
    return (
        call.method == "OPTIONS"
        and call.header("origin") is not None
        and call.header("access-control-request-method") is not None
    )


def preflight(call: Call, settings: CoreSettings, methods: tuple[str, ...]) -> Answer | str:
    """The answer to a preflight for a path that takes `methods`; or why that page may not call here."""
    origin = call.header("origin") or ""
    if allowed(settings, origin) is None:
        told = ", ".join(settings.cors_origins)
        return f"Pages of {origin} may not call here; {SETTING} of this world allows {told}."
    taken = sorted({*methods, *(("HEAD",) if "GET" in methods else ())})
    headers = [
        ("access-control-allow-methods", ", ".join(taken)),
        ("access-control-max-age", str(PREFLIGHT_SECONDS)),
        ("vary", "Access-Control-Request-Headers"),
    ]
    if asked := call.header("access-control-request-headers"):
        # Named one by one, because * does not stand for Authorization.
        headers.append(("access-control-allow-headers", asked))
    if call.header("access-control-request-private-network") == "true":
        headers.append(("access-control-allow-private-network", "true"))
    return Answer(204, tuple(headers))


def headers(call: Call, settings: CoreSettings) -> Pairs:
    """What every answer of a world says to browsers; nothing where CORS is off."""
    if not settings.cors_origins:
        return ()
    origin = allowed(settings, call.header("origin"))
    vary = (("vary", "Origin"),)
    if origin is None:
        return vary
    return (*vary, ("access-control-allow-origin", origin), ("access-control-expose-headers", "*"))
