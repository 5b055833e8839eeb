"""Who may use the control API: programs on this machine, no web page, and off loopback only with the token."""

from __future__ import annotations

import base64
import hmac
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from mockserver.control.answers import problem

LOOPBACK = ("localhost", "127.0.0.1", "::1", "host.docker.internal")
OPEN = ("/_mock/health", "/_mock/health/live")
"""What everybody may ask."""
HOME, PAGES = "/", "/_mock/ui/"
"""Pages, the second with all below it, that only show, and that no foreign page can read or frame.

A link on a foreign page may lead there. The first page is at both.
"""
BASIC = 'Basic realm="mockserver", charset="UTF-8"'
WANTED = (
    "Send Authorization: Bearer with the control token: what the server was given by --control-token or "
    "MOTAR_MOCK_CONTROL_TOKEN, else what serve printed."
)
WANTED_OF_BROWSERS = f"{WANTED} Browsers may send it as the password of any user, to pages and to nothing else."


class Doors:
    """Guards what is behind it; `open_paths` (health) are let through always.

    Without a token only requests addressed to a loopback name or one of `hosts` are taken (against DNS
    rebinding); with a token the token decides instead, which for pages may be a Basic password (RFC 7617),
    so that a browser can ask for it. Either way nothing is taken that a page of another
    origin could send: a foreign or no Origin, fetch metadata that says so, or a body that is not declared
    as JSON, which is all that browsers send elsewhere without asking first.
    """

    def __init__(
        self, app: Any, *, token: str | None = None, hosts: tuple[str, ...] = (), open_paths: tuple[str, ...] = ()
    ) -> None:
        self._app = app
        self._token = token
        self._hosts = (*LOOPBACK, *(host.lower() for host in hosts))
        self._open_paths = open_paths

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] not in self._open_paths:
            headers: dict[str, str] = {}
            for name, value in scope["headers"]:
                key, text = name.decode("latin-1"), value.decode("latin-1")
                # As HTTP joins what is sent twice: of two that contradict each other none decides.
                headers[key] = f"{headers[key]}, {text}" if key in headers else text
            refusal = self._refusal(scope, headers)
            if refusal is not None:
                await _refused(refusal, scope, headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refusal(self, scope: dict[str, Any], headers: dict[str, str]) -> tuple[int, str, str] | None:
        host = _host(headers.get("host", ""))
        if self._token is not None:
            sent = _token_in(headers.get("authorization", ""), takes_basic=_is_page(scope))
            if sent is None or not hmac.compare_digest(sent.encode(), self._token.encode()):
                return 401, "Token missing", WANTED_OF_BROWSERS if _is_page(scope) else WANTED
        elif host not in self._hosts and not host.endswith(".localhost"):
            told = f"The control API answers to loopback names only, not to {host!r}; serve --allow-host adds one."
            return 403, "Foreign host", told
        origin = headers.get("origin")
        if origin is not None and _authority(origin) != headers.get("host", "").lower():
            return 403, "Foreign origin", "No web page of another origin may use the control API."
        site = headers.get("sec-fetch-site", "none").lower()
        if site not in ("none", "same-origin") and not _is_link_to_page(scope, headers):
            return 403, "Foreign origin", "No web page of another origin may use the control API."
        return _body_refusal(headers)


def _is_link_to_page(scope: dict[str, Any], headers: dict[str, str]) -> bool:
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return followed and _is_page(scope)


def _is_page(scope: dict[str, Any]) -> bool:
    path: str = scope["path"]
    return scope["method"] == "GET" and (path == HOME or path.startswith(PAGES))


def _token_in(authorization: str, *, takes_basic: bool) -> str | None:
    scheme, _, sent = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return sent
        case "basic" if takes_basic:
            try:
                return base64.b64decode(sent, validate=True).decode().partition(":")[2]
            except ValueError:
                return None
    return None


def _refused(refusal: tuple[int, str, str], scope: dict[str, Any], headers: dict[str, str]) -> Response:
    status, title, detail = refusal
    if status != 401:
        return problem(status, title, detail)
    if not _is_page(scope) or "text/html" not in headers.get("accept", "").lower():
        return problem(status, title, detail, headers={"www-authenticate": "Bearer"})
    if scope["path"] == HOME:
        # What a browser is asked for at / it sends to every path from then on, the vendors' included.
        return RedirectResponse(PAGES)
    return problem(status, title, detail, headers={"www-authenticate": BASIC})


def _body_refusal(headers: dict[str, str]) -> tuple[int, str, str] | None:
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return None
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json":
        return None
    return 415, "Not JSON", f"A body is sent as application/json; Content-Type says {content_type or 'nothing'}."


def _authority(origin: str) -> str:
    """Host and port of an Origin header: another port is another program's page. Of no origin, what no host is."""
    try:
        return urlsplit(origin).netloc.lower() or "null"
    except ValueError:
        return "null"


def _host(netloc: str) -> str:
    """The name in a Host header or a URL's authority, without port and brackets, lower case; of two none."""
    netloc = netloc.lower()
    if "," in netloc:
        return ""
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0]
    return netloc.partition(":")[0]
