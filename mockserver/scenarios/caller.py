"""The HTTP client of a run: what a scenario calls itself, each person with a cookie jar of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from mockserver.delivery.forbidden import Forbidden, TargetRefused
from mockserver.delivery.targets import Targets
from mockserver.errors import Invalid, Unreachable
from mockserver.world.journal import multi, readable

if TYPE_CHECKING:
    import httpx2

Facts = dict[str, Any]

MAX_RESPONSE: Final = 16 * 1024 * 1024
"""Bytes of an answer that are read; a longer one fails the step."""


CONNECTIONS: Final = 100
"""Connections that a person may have at once, as many as httpx2 would give."""


class Request(msgspec.Struct, frozen=True):
    """A call to make: `person` says whose cookies it carries, `target` is a path in the world or a whole URL.

    At most one of `json` (any value, in a tuple of one), `text`, and `form` with or without `files`
    (name, content, content type by field) is there. `within` is in wall seconds.
    """

    method: str
    target: str
    within: float
    person: str = ""
    query: Mapping[str, Any] = {}
    headers: Mapping[str, Any] = {}
    json: tuple[Any, ...] = ()
    text: str | None = None
    form: Mapping[str, Any] = {}
    files: Mapping[str, tuple[str, bytes, str]] = {}


class Caller:
    """Makes the calls of one run.

    `targets` says which hosts are reached under another name, `forbidden` where nothing may go.
    """

    def __init__(self, targets: Targets, forbidden: Forbidden) -> None:
        self._targets = targets
        self._forbidden = forbidden
        self._people: dict[str, httpx2.AsyncClient] = {}

    async def send(self, request: Request, base_url: str) -> Facts:
        """Make a call, and answer it shaped like the journal's facts, with `response.cookies` beside.

        These are the cookies that this person has now, by name. Redirects are not followed. Raises
        `Unreachable` when nobody answers in time, `Invalid` for what cannot be sent.
        """
        import httpx2

        client = self._client(request.person)
        is_elsewhere = "://" in request.target
        url = request.target if is_elsewhere else base_url + request.target
        try:
            message = client.build_request(
                request.method,
                url,
                params=_texts(request.query) or None,
                headers={name: str(value) for name, value in _texts(request.headers).items()},
                json=request.json[0] if request.json else None,
                content=request.text,
                data=_texts(request.form) or None,
                files=dict(request.files) or None,
                timeout=request.within,
            )
            shown = message.url
            if is_elsewhere and (reached := self._targets.reach(str(shown))) != str(shown):
                # Only the connection leads elsewhere: Host, and the name a certificate must have, stay.
                message.extensions = {**message.extensions, "sni_hostname": shown.host}
                message.url = httpx2.URL(reached)
            self._forbidden.check_name(message.url.host)
            response = await client.send(message, stream=True)
            try:
                body = await _read(response)
            finally:
                await response.aclose()
        except httpx2.InvalidURL as error:
            raise Invalid(f"{url!r} cannot be called: {error}.") from None
        except TargetRefused as error:
            raise Unreachable(f"{request.method} {url} was not sent: {error}.") from None
        except httpx2.HTTPError as error:
            why = str(error) or type(error).__name__
            raise Unreachable(f"{request.method} {url} got no answer: {why}.") from None
        sent = tuple((name.lower(), value) for name, value in message.headers.multi_items())
        came = tuple((name.lower(), value) for name, value in response.headers.multi_items())
        return {
            "kind": "inbound",
            "method": request.method,
            "path": shown.path,
            "url": str(shown),
            "query": multi(tuple(shown.params.multi_items())),
            "status": response.status_code,
            "error": None,
            "headers": multi(sent),
            "body": readable(sent, await message.aread()),
            "response": {
                "headers": multi(came),
                "body": readable(came, body),
                "cookies": {cookie.name: cookie.value or "" for cookie in client.cookies.jar},
            },
        }

    async def close(self) -> None:
        """Close every connection."""
        for client in self._people.values():
            await client.aclose()
        self._people.clear()

    def _client(self, person: str) -> httpx2.AsyncClient:
        import httpx2

        from mockserver.delivery.network import GuardedTransport

        if person not in self._people:
            # A proxy of the environment would take the call away from this machine.
            transport = GuardedTransport(self._forbidden, connections=CONNECTIONS)
            self._people[person] = httpx2.AsyncClient(transport=transport, trust_env=False, follow_redirects=False)
        return self._people[person]


async def _read(response: httpx2.Response) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if size > MAX_RESPONSE:
            raise Unreachable(f"The answer is larger than {MAX_RESPONSE} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


def _texts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as they travel in a query, a form or a header; null leaves one out."""
    return {name: _text(value) for name, value in values.items() if value is not None}


def _text(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_text(part) for part in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
