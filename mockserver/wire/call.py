"""One HTTP request as a platform sees it: read whole, parsed when asked, and able to take notes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from mockserver.world.journal import MAX_DEPTH, Pairs, Violation
from mockserver.world.matchers import too_deep

FORM = "application/x-www-form-urlencoded"


class BadBody(Exception):
    """A body that cannot be read: `reason` says why, in words for the client's author."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Authorization(msgspec.Struct, frozen=True):
    """The Authorization header taken apart: `scheme` is bearer, basic, bare (a token alone) or other."""

    scheme: str
    token: str = ""
    username: str = ""
    password: str = ""


class Call:
    """A request. `base_url` is how this client reaches this world, without a trailing slash.

    Handlers write down what they noticed: `violate` for what nobody documents, `note` for what the
    vendor lets pass, `authenticated_by` for the way the client proved who it is. All end up in the
    journal. `fields` are the headers as they came, names in lower case, and `first` the first value of
    each; they and the query are taken apart when somebody asks.
    """

    __slots__ = (
        "_authorization",
        "_form",
        "_json",
        "_max_depth",
        "_query",
        "authenticated_by",
        "base_url",
        "body",
        "fields",
        "first",
        "method",
        "notes",
        "params",
        "path",
        "query_string",
        "violations",
    )

    def __init__(
        self,
        *,
        method: str,
        path: str,
        query_string: str = "",
        headers: Sequence[tuple[bytes, bytes]] = (),
        body: bytes = b"",
        base_url: str = "",
        params: dict[str, str] | None = None,
        max_depth: int = MAX_DEPTH,
    ) -> None:
        self.method = method
        self.path = path
        self.query_string = query_string
        self.body = body
        self.base_url = base_url
        self.params = params or {}
        self.violations: list[Violation] = []
        self.notes: list[Violation] = []
        self.authenticated_by: str | None = None
        self.fields = headers
        # Backwards, because of a header that repeats the first one counts.
        self.first = dict(reversed(headers))
        self._max_depth = max_depth
        self._query: Pairs | None = None
        self._form: dict[str, str] | None = None
        self._json: Any = msgspec.UNSET
        self._authorization: Authorization | msgspec.UnsetType | None = msgspec.UNSET

    @property
    def headers(self) -> Pairs:
        """Every header, in order."""
        return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self.fields)

    @property
    def query(self) -> Pairs:
        """Every parameter of the URL, in order."""
        if self._query is None:
            self._query = tuple(parse_qsl(self.query_string, keep_blank_values=True)) if self.query_string else ()
        return self._query

    def header(self, name: str) -> str | None:
        """The first header of that lower-case name, or None."""
        value = self.first.get(name.encode("latin-1"))
        return None if value is None else value.decode("latin-1")

    def query_value(self, *names: str) -> str | None:
        """The first query parameter among `names`, tried in the order given, or None."""
        for name in names:
            for key, value in self.query:
                if key == name:
                    return value
        return None

    def cookies(self) -> dict[str, str]:
        """The cookies by name, as they came; of a name that repeats the first value counts."""
        found: dict[str, str] = {}
        for key, line in self.headers:
            if key == "cookie":
                for part in line.split(";"):
                    name, sign, value = part.partition("=")
                    if sign:
                        found.setdefault(name.strip(), value.strip().strip('"'))
        return found

    def violate(self, field: str, reason: str, did_you_mean: str | None = None) -> None:
        """Note something tolerated that nobody documents; under `strict` the edge refuses it."""
        self.violations.append(Violation(field, reason, did_you_mean))

    def note(self, field: str, reason: str) -> None:
        """Note something the vendor lets pass and its caller should know of; `strict` does not mind."""
        self.notes.append(Violation(field, reason))

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether a browser says that a page of another origin sent this.

        An Origin of `null` says nothing: our own pages, which give no referrer, send it as well.
        """
        site = self.header("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        origin = self.header("origin")
        if origin is None or origin == "null":
            return False
        return origin.partition("://")[2].lower() != (self.header("host") or "").lower()

    @property
    def content_type(self) -> str:
        """The media type of the body, lower case, without parameters; empty when none was sent."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def form(self) -> dict[str, str]:
        """The fields of a form body; a name that repeats keeps its first value."""
        if self._form is None:
            fields: dict[str, str] = {}
            for name, value in parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True):
                fields.setdefault(name, value)
            self._form = fields
        return self._form

    def json(self) -> Any:
        """The body as JSON data; raises `BadBody` for what is none, or is nested past reason."""
        if self._json is msgspec.UNSET:
            try:
                self._json = msgspec.json.decode(self.body)
            except RecursionError:
                raise BadBody(f"The JSON is nested deeper than {self._max_depth} levels.") from None
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise BadBody(f"The body is not JSON: {error}.") from None
            if too_deep(self._json, self._max_depth):
                self._json = msgspec.UNSET
                raise BadBody(f"The JSON is nested deeper than {self._max_depth} levels.")
        return self._json

    def authorization(self, header: str = "authorization") -> Authorization | None:
        """The credential in a header, or None when there is none."""
        if header != "authorization":
            return _credential(self.header(header))
        if self._authorization is msgspec.UNSET:
            self._authorization = _credential(self.header(header))
        return self._authorization


def _credential(value: str | None) -> Authorization | None:
    value = value.strip() if value else ""
    if not value:
        return None
    if value.startswith("Bearer "):
        return Authorization("bearer", token=value[7:].strip())
    scheme, _, rest = value.partition(" ")
    if not rest:
        return Authorization("bare", token=value)
    rest = rest.strip()
    match scheme.lower():
        case "bearer":
            return Authorization("bearer", token=rest)
        case "basic":
            try:
                decoded = base64.b64decode(rest, validate=True).decode()
            except ValueError:
                return Authorization("other", token=rest)
            username, colon, password = decoded.partition(":")
            return Authorization("basic", username=username, password=password) if colon else Authorization("other")
    return Authorization("other", token=rest)
