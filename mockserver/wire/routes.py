"""Routes, what is known about each, where credentials travel on it, and the one look-up that finds it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from mockserver.wire.call import BadBody, Call

if TYPE_CHECKING:
    from mockserver.wire.platform import Answer, Page, Platform, Refusal
    from mockserver.world.world import World

Certainty = Literal["documented", "observed", "assumed"]

CredentialKind = Literal["code", "device_code", "refresh_token", "access_token", "cookie", "client_id"]

MOST_SPECIFIC_FIRST: tuple[CredentialKind, ...] = (
    "code",
    "device_code",
    "refresh_token",
    "access_token",
    "cookie",
    "client_id",
)


class Evidence(msgspec.Struct, frozen=True):
    """How sure we are of a route: of what it takes, what it answers, and how it refuses.

    `documented` stands on a vendor's page, `observed` is what a public client relies on, `assumed`
    is our decision. `note` says what was decided, for docs/fidelity.md.
    """

    request: Certainty
    answer: Certainty
    errors: Certainty
    note: str = ""


class Carrier(msgspec.Struct, frozen=True):
    """A place on a route where a credential may travel: `names` in the query, form and JSON body, or a header.

    In the place `cookie` the names are beginnings of cookies' names, whose ends are each site's own.
    """

    kind: CredentialKind
    place: Literal["parameter", "query", "header", "authorization", "cookie"]
    names: tuple[str, ...] = ()

    def values(self, call: Call) -> list[tuple[CredentialKind, str]]:
        """The credentials this call carries here."""
        match self.place:
            case "authorization":
                return _from_authorization(call)
            case "header":
                found = [call.header(name) for name in self.names]
            case "cookie":
                found = [value for name, value in call.cookies().items() if name.startswith(self.names)]
            case "query":
                found = [call.query_value(*self.names)]
            case "parameter":
                found = [call.query_value(*self.names), *_from_body(call, self.names)]
        return [(self.kind, value) for value in found if value]


def _from_authorization(call: Call) -> list[tuple[CredentialKind, str]]:
    authorization = call.authorization()
    if authorization is None:
        return []
    if authorization.scheme == "basic":
        return [("client_id", authorization.username)]
    if authorization.scheme in ("bearer", "bare"):
        return [("access_token", authorization.token)]
    return []


def _from_body(call: Call, names: tuple[str, ...]) -> list[str | None]:
    if not call.body:
        return []
    if call.content_type == "application/x-www-form-urlencoded":
        return [call.form().get(name) for name in names]
    try:
        data = call.json()
    except BadBody:
        return []
    if not isinstance(data, dict):
        return []
    return [value for name in names if isinstance(value := data.get(name), str)]


class Reply(msgspec.Struct, frozen=True):
    """One way in which a route answers, as `GET /_mock/openapi.json` tells it.

    `body` is the type of what is sent, any that msgspec knows, or None for an empty body; of a media
    type that is not JSON, as of a page, `str` or `bytes`. `headers` are names of headers that always come.
    """

    status: int = 200
    about: str = "Done."
    body: Any = None
    media: tuple[str, ...] = ("application/json",)
    headers: tuple[str, ...] = ()


Security = Literal["none", "bearer", "basic"]


class Route(msgspec.Struct, frozen=True):
    """One method and path of a vendor's API and the function that plays it.

    `handler(world, call)` runs in a transaction: raising undoes everything, returning a `Refusal`
    keeps what the refusal has to remember. `request` is the Struct of a JSON body, where there is one.
    `max_body` bounds the body in bytes where the vendor takes more, or less, than `serve --max-body` says.

    The fields from `query` on only describe, for OpenAPI; answers are tested against them. `query`,
    `fields` (header fields), `form` and `multipart` are Structs whose fields, by their encoded
    names, are the parameters in those places; what the vendor makes mandatory has no default.
    `optional_body` says that the body may be left out. `replies` are the ways to succeed; a route
    without any is described as answering something. `refused` are the statuses of its refusals, all
    of which look like `error`, or else like the platform's. `security` are the ways to prove who
    calls; left out, they follow from the carriers.
    """

    method: str
    path: str
    handler: Callable[[World, Call], Answer | Page | Refusal]
    summary: str
    evidence: Evidence
    carriers: tuple[Carrier, ...] = ()
    request: type | None = None
    source: str = ""
    max_body: int | None = None
    query: type | None = None
    fields: type | None = None
    form: type | None = None
    multipart: type | None = None
    optional_body: bool = False
    replies: tuple[Reply, ...] = ()
    refused: tuple[int, ...] = ()
    error: Reply | None = None
    security: tuple[Security, ...] | None = None

    @property
    def name(self) -> str:
        """How journals and reports call it."""
        return f"{self.method} {self.path}"


class Found(msgspec.Struct, frozen=True):
    """Where a look-up ended: a route and its path parameters, or the methods that would have worked.

    `name` is the route's. `carriers` say where this call may carry credentials: as its route says,
    else as is usual on the platform.
    """

    platform: Platform | None
    route: Route | None = None
    params: dict[str, str] | None = None
    allowed: tuple[str, ...] = ()
    name: str | None = None
    carriers: tuple[Carrier, ...] = ()


class RouteTable:
    """All platforms' routes behind one look-up: literal paths in a dictionary, patterns by first segment."""

    def __init__(self, platforms: Iterable[Platform]) -> None:
        self._literal: dict[str, dict[str, Found]] = {}
        self._unread: dict[str, list[Found]] = {}
        self._patterns: dict[str, list[tuple[re.Pattern[str], Found]]] = {}
        self._owners: dict[str, Platform] = {}
        for platform in platforms:
            for segment in platform.segments:
                self._owners[segment] = platform
            for route in platform.routes:
                self._add(platform, route)

    def _add(self, platform: Platform, route: Route) -> None:
        segment = _first_segment(route.path)
        owner = self._owners.setdefault(segment, platform)
        if owner is not platform:
            raise ValueError(f"{route.path!r}: /{segment} belongs to the platform {owner.name}")
        # Made once: what a literal path leads to is the same for every request.
        found = Found(platform, route, name=route.name, carriers=route.carriers)
        if "{" in route.path:
            self._unread.setdefault(segment, []).append(found)
            return
        methods = self._literal.setdefault(route.path, {})
        if route.method in methods:
            raise ValueError(f"{route.name} is there twice")
        methods[route.method] = found

    def find(self, method: str, path: str) -> Found:
        """The route for a method and path; HEAD is served by GET."""
        wanted = "GET" if method == "HEAD" else method
        methods = self._literal.get(path)
        if methods is not None:
            hit = methods.get(wanted)
            if hit is not None:
                return hit
        allowed = list(methods or ())
        segment = _first_segment(path)
        if segment in self._unread:
            # When it is first asked for: to compile every platform's patterns would hold up each start.
            self._patterns[segment] = [(_pattern(found), found) for found in self._unread.pop(segment)]
        for pattern, found in self._patterns.get(segment, ()):
            matched = pattern.fullmatch(path)
            if matched is None:
                continue
            assert found.route is not None
            if found.route.method == wanted:
                return msgspec.structs.replace(found, params=matched.groupdict())
            allowed.append(found.route.method)
        owner = self._owners.get(segment)
        carriers = owner.carriers if owner is not None else ()
        return Found(owner, allowed=tuple(dict.fromkeys(allowed)), carriers=carriers)


def _pattern(found: Found) -> re.Pattern[str]:
    assert found.route is not None
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(found.route.path)))


def _first_segment(path: str) -> str:
    return path[1:].partition("/")[0]
