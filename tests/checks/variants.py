"""The reference plugin, broken in one way each: what it is told, or what it says, is bent on the way.

A variant is named after the check that is meant for it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mockserver.reference_plugin import Settings, build_plugin

REQUESTS, DISTRIBUTIONS, CALLBACK = "/motar/requests", "/motar/distributions", "/motar/callback"
STATUS, ALERT, TOKEN = "/plugin/v1/ato/status", "/plugin/v1/ato/alert", "/oauth/token"


@dataclass
class Incoming:
    """What reaches the plugin; what is changed here is what it sees."""

    path: str
    headers: dict[str, str]
    query: dict[str, str]
    document: Any
    settings: Settings

    @property
    def is_webhook(self) -> bool:
        return self.path in (REQUESTS, DISTRIBUTIONS)

    @property
    def right(self) -> str:
        return f"Basic {self.settings.basic_credentials}"

    @property
    def pair(self) -> list[str]:
        return base64.b64decode(self.headers.get("authorization", "").partition(" ")[2]).decode().split(":")


Bend = Callable[[Incoming], Response | None]
Forward = Callable[[httpx2.Request], Awaitable[httpx2.Response]]


class Front:
    """Stands before the plugin: bends what comes, or answers in its place."""

    def __init__(self, app: Any, settings: Settings, bend: Bend) -> None:
        self._app, self._settings, self._bend = app, settings, bend

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        content = await request.body()
        came = Incoming(
            scope["path"],
            dict(request.headers),
            dict(request.query_params),
            json.loads(content) if content else None,
            self._settings,
        )
        answer = self._bend(came)
        content = json.dumps(came.document).encode() if content else b""
        came.headers.update({"content-length": str(len(content))} if content else {})

        async def again() -> Any:
            return {"type": "http.request", "body": content, "more_body": False}

        headers = [(name.encode(), value.encode()) for name, value in came.headers.items()]
        scope = {**scope, "headers": headers, "query_string": urlencode(came.query).encode()}
        await (answer or self._app)(scope, again, send)


class Back(httpx2.AsyncBaseTransport):
    """Stands between the plugin and MOTAR. The methods say what becomes of a call; here nothing does."""

    def __init__(self) -> None:
        self._network = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        return await self.call(request)

    async def call(self, request: httpx2.Request) -> httpx2.Response:
        return await self.forward(request)

    async def forward(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._network.handle_async_request(request)
        await answer.aread()
        return answer

    async def aclose(self) -> None:
        await self._network.aclose()


def path_of(request: httpx2.Request) -> str:
    """The path below the world's prefix."""
    return next((known for known in (STATUS, ALERT, TOKEN) if request.url.path.endswith(known)), request.url.path)


def said(request: httpx2.Request) -> dict[str, Any]:
    text = request.content.decode()
    found: dict[str, Any] = dict(parse_qsl(text)) if path_of(request) == TOKEN else json.loads(text or "{}")
    return found


def saying(request: httpx2.Request, fields: dict[str, Any]) -> httpx2.Request:
    """The same call with another body."""
    is_form = path_of(request) == TOKEN
    content = (urlencode(fields) if is_form else json.dumps(fields)).encode()
    headers = [(name, value) for name, value in request.headers.items() if name != "content-length"]
    return httpx2.Request(request.method, request.url, headers=headers, content=content, extensions=request.extensions)


def done() -> httpx2.Response:
    return httpx2.Response(200, json={"success": True})


# What comes in


def takes_webhooks_without_credentials(came: Incoming) -> None:
    if came.is_webhook and "authorization" not in came.headers:
        came.headers["authorization"] = came.right


def compares_the_client_id_only(came: Incoming) -> None:
    if came.is_webhook and "authorization" in came.headers and came.pair[0] == came.settings.client_id:
        came.headers["authorization"] = came.right


def checks_the_secret_of_nobody_else(came: Incoming) -> None:
    if came.is_webhook and "authorization" in came.headers and came.pair[0] != came.settings.client_id:
        came.headers["authorization"] = came.right


def compares_how_origins_begin(came: Incoming) -> None:
    expected = came.settings.verify_origin or ""
    if came.headers.get("origin", "").startswith(expected):
        came.headers["origin"] = expected


def wants_a_phone_number(came: Incoming) -> Response | None:
    is_genuine = came.path == REQUESTS and came.headers.get("authorization") == came.right
    if is_genuine and came.document["companyPhone"] is None:
        return JSONResponse({"error": "companyPhone"}, 422)
    return None


KNOWN = {
    *("requestId", "companyId", "companyName", "companyPhone", "requestingUserFirstName", "requestingUserLastName"),
    *("requestingUserEmail", "appName", "packageName", "reportUri", "status", "completed", "distributions"),
}


def refuses_fields_it_does_not_know(came: Incoming) -> Response | None:
    return JSONResponse({"error": "unknown field"}, 400) if came.is_webhook and came.document.keys() - KNOWN else None


def calls_a_repetition_a_conflict() -> Bend:
    seen: set[str] = set()

    def bend(came: Incoming) -> Response | None:
        if came.path != REQUESTS or came.headers.get("authorization") != came.right:
            return None
        if came.document["requestId"] in seen:
            return JSONResponse({"error": "exists"}, 409)
        seen.add(came.document["requestId"])
        return None

    return bend


def adds_up_distributions() -> Bend:
    held: dict[str, dict[str, Any]] = {}

    def bend(came: Incoming) -> None:
        if came.path == DISTRIBUTIONS:
            known = held.setdefault(came.document["requestId"], {})
            known.update({entry["version"]: entry for entry in came.document["distributions"]})
            came.document["distributions"] = list(known.values())

    return bend


def breaks_when_a_user_cancels(came: Incoming) -> Response | None:
    return PlainTextResponse("KeyError: 'code'", 500) if came.path == CALLBACK and "error" in came.query else None


def shows_a_page_to_users(came: Incoming) -> Response | None:
    return PlainTextResponse("Under construction") if came.path == CALLBACK else None


def takes_every_user_for_the_latest_request(known: bool) -> Callable[[], Bend]:
    """Where the state is one that it knows (`known`), or where it is one that it does not know."""

    def make() -> Bend:
        started: list[str] = []

        def bend(came: Incoming) -> None:
            if came.path == REQUESTS:
                started.append(came.document["requestId"])
            elif came.path == CALLBACK and (came.query.get("state") in started) is known:
                came.query["state"] = started[-1]

        return bend

    return make


# What goes out


class RedeemsTwice(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.forward(request)
        if path_of(request) == TOKEN and said(request)["grant_type"] == "authorization_code":
            await self.forward(request)
        return answer


class SendsAnotherRedirectUri(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) == TOKEN and "redirect_uri" in (fields := said(request)):
            request = saying(request, {**fields, "redirect_uri": fields["redirect_uri"] + "/"})
        return await self.forward(request)


class NeverRefreshes(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) == TOKEN and said(request)["grant_type"] == "refresh_token":
            return httpx2.Response(400, json={})
        return await self.forward(request)


class KeepsTheOldRefreshToken(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.forward(request)
        if path_of(request) == TOKEN and said(request)["grant_type"] == "refresh_token" and answer.is_success:
            kept = {name: value for name, value in answer.json().items() if name != "refresh_token"}
            return httpx2.Response(200, json=kept)
        return answer


class RepeatsAtOnceOn429(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.forward(request)
        return await self.forward(request) if answer.status_code == 429 else answer


class GivesUpAfterAnOutage(Back):
    """Of the endpoint `path`: what failed once is never called again for the same cause."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._given_up: set[str] = set()

    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) != self._path:
            return await self.forward(request)
        cause = said(request).get("requestId", request.url.path)
        if cause in self._given_up:
            # A token endpoint is the same for all requests, so it is left alone once only.
            self._given_up -= {request.url.path}
            return httpx2.Response(503, json={}) if self._path == TOKEN else done()
        answer = await self.forward(request)
        if answer.status_code == 503:
            self._given_up.add(cause)
        return answer


class RaisesAnAlertAgainAfterAnOutage(Back):
    """At once, while the plugin remembers that it failed and raises it once more."""

    async def call(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.forward(request)
        if path_of(request) == ALERT and answer.status_code == 503:
            await self.forward(request)
        return answer


class NumbersItsAlerts(Back):
    """So that each has another providerId, be it the same news."""

    def __init__(self) -> None:
        super().__init__()
        self._raised = 0

    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) == ALERT:
            self._raised += 1
            request = saying(request, {**said(request), "providerId": f"alert-{self._raised}"})
        return await self.forward(request)


def impatient(back: type[Back]) -> Callable[[], Back]:
    """The same, but it gives up on an alert early, so that a test need not wait as long as a plugin may."""

    class Impatient(back):  # type: ignore[valid-type, misc]
        async def forward(self, request: httpx2.Request) -> httpx2.Response:
            if path_of(request) == ALERT:
                request.extensions["timeout"] = {**request.extensions["timeout"], "read": 1.0}
            return await super().forward(request)

    return Impatient


class NeverCompletes(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) == STATUS and said(request)["status"] == "completed":
            return done()
        return await self.forward(request)


class InventsAField(Back):
    async def call(self, request: httpx2.Request) -> httpx2.Response:
        if path_of(request) == ALERT:
            request = saying(request, {**said(request), "severity": 3})
        return await self.forward(request)


def _nothing(came: Incoming) -> None:
    return None


@dataclass(frozen=True)
class Variant:
    """A plugin that should fail the check `fails` and no other; what is needed to see that is in `waits`."""

    fails: str
    front: Callable[[], Bend] = lambda: _nothing
    back: Callable[[], Back] = Back
    waits: dict[str, Any] = field(default_factory=dict)

    def build(self, settings: Settings) -> Any:
        return Front(build_plugin(settings, transport=self.back()), settings, self.front())


VARIANTS = (
    Variant("webhook/no-credentials", front=lambda: takes_webhooks_without_credentials),
    Variant("webhook/wrong-secret", front=lambda: compares_the_client_id_only),
    Variant("webhook/other-plugin", front=lambda: checks_the_secret_of_nobody_else),
    Variant("webhook/forged-origin", front=lambda: compares_how_origins_begin),
    Variant("webhook/first-request", front=lambda: wants_a_phone_number),
    Variant("webhook/unknown-fields", front=lambda: refuses_fields_it_does_not_know),
    Variant("webhook/repeated", front=calls_a_repetition_a_conflict),
    Variant("distributions/current-state", front=adds_up_distributions),
    Variant("code/redeemed-once", back=RedeemsTwice),
    Variant("code/redirect-uri", back=SendsAnotherRedirectUri),
    Variant("code/cancelled", front=lambda: breaks_when_a_user_cancels),
    Variant("state/kept-apart", front=takes_every_user_for_the_latest_request(known=True)),
    Variant("state/unknown", front=takes_every_user_for_the_latest_request(known=False)),
    Variant("token/refreshed", back=NeverRefreshes),
    Variant("token/rotated", back=KeepsTheOldRefreshToken),
    Variant("trouble/too-many-requests", back=RepeatsAtOnceOn429, waits={"retry_after": 2}),
    Variant("trouble/status-fails", back=lambda: GivesUpAfterAnOutage(STATUS)),
    Variant("trouble/alert-fails", back=RaisesAnAlertAgainAfterAnOutage),
    Variant("trouble/tokens-fail", back=lambda: GivesUpAfterAnOutage(TOKEN)),
    Variant("trouble/reset", back=NumbersItsAlerts),
    Variant("whole/as-documented", back=InventsAField),
    Variant("whole/completed", back=NeverCompletes),
)
