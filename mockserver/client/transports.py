"""Where calls meet the network."""

from __future__ import annotations

import json
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any, NoReturn, TypeVar

from mockserver.client.calls import Call
from mockserver.errors import Unreachable

T = TypeVar("T")


class HttpTransport:
    """Blocks until the server has answered; may be used by several threads."""

    def __init__(self, server: str, token: str | None = None) -> None:
        import httpx2

        self.server = server.rstrip("/")
        self._errors = httpx2.HTTPError
        self._slow = httpx2.ReadTimeout
        self._http = httpx2.Client(**_options(self.server, token))
        # Who connects in a test should not have to close, and must not be warned of a socket either.
        self.close = weakref.finalize(self, self._http.close)

    def send(self, call: Call[Any]) -> tuple[int, bytes]:
        """Send a call; raises `Unreachable`."""
        try:
            answer = self._http.request(**_request(call))
        except self._errors as error:
            _unreachable(self.server, call, error, slow=isinstance(error, self._slow))
        return answer.status_code, answer.content

    def stream(self, call: Call[T]) -> Iterator[T]:
        """Send a call, and read each line of its answer as it comes, whatever time that takes.

        Raises what `Call.answer` does, and `Unreachable`.
        """
        try:
            with self._http.stream(**_streamed(call)) as answer:
                if answer.status_code >= 400:
                    call.answer(self.server, answer.status_code, answer.read())
                for line in answer.iter_lines():
                    yield call.read(json.loads(line))
        except self._errors as error:
            _unreachable(self.server, call, error, slow=False)


class AsyncHttpTransport:
    """The same for one event loop; close it there."""

    def __init__(self, server: str, token: str | None = None) -> None:
        import httpx2

        self.server = server.rstrip("/")
        self._errors = httpx2.HTTPError
        self._slow = httpx2.ReadTimeout
        self._http = httpx2.AsyncClient(**_options(self.server, token))

    async def send(self, call: Call[Any]) -> tuple[int, bytes]:
        """Send a call; raises `Unreachable`."""
        try:
            answer = await self._http.request(**_request(call))
        except self._errors as error:
            _unreachable(self.server, call, error, slow=isinstance(error, self._slow))
        return answer.status_code, answer.content

    async def stream(self, call: Call[T]) -> AsyncIterator[T]:
        """`HttpTransport.stream`, to be iterated over with `async for`."""
        try:
            async with self._http.stream(**_streamed(call)) as answer:
                if answer.status_code >= 400:
                    call.answer(self.server, answer.status_code, await answer.aread())
                async for line in answer.aiter_lines():
                    yield call.read(json.loads(line))
        except self._errors as error:
            _unreachable(self.server, call, error, slow=False)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()


def _options(server: str, token: str | None) -> dict[str, Any]:
    # trust_env would send our calls through a proxy of the machine. Without TLS, loading certificates is a waste of
    # 30 ms.
    return {
        "base_url": f"{server}/_mock/",
        "headers": {"authorization": f"Bearer {token}"} if token else {},
        "trust_env": False,
        "verify": server.startswith("https:"),
    }


def _request(call: Call[Any]) -> dict[str, Any]:
    content = call.content
    return {
        "method": call.method,
        "url": call.path,
        "params": {name: value for name, value in call.query.items() if value is not None} or None,
        "content": content,
        "headers": {"content-type": "application/json"} if content is not None else {},
        "timeout": call.patience,
    }


def _streamed(call: Call[Any]) -> dict[str, Any]:
    asked = _request(call)
    return {**asked, "headers": {**asked["headers"], "accept": "application/x-ndjson"}, "timeout": None}


def _unreachable(server: str, call: Call[Any], error: Exception, *, slow: bool) -> NoReturn:
    if slow:
        told = f"{server} did not answer {call.method} /_mock/{call.path} within {call.patience:g} s."
        raise Unreachable(told) from None
    raise Unreachable(
        f"No mockserver answers at {server} ({str(error) or type(error).__name__}).",
        hint="Start one with `mockserver serve`, or give the URL of one that runs.",
    ) from None
