"""A call as a value, and how one description of it becomes a method that blocks and one that is awaited.

The methods of a client are written once, as functions that answer a `Call`: what to send, and how to read the
answer. `endpoint` turns such a function into a method: on a `Blocking` client it performs the call and answers
what was read, on an `Awaiting` client it answers a coroutine for that. Type checkers see both.
"""

from __future__ import annotations

import functools
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Concatenate, Generic, NoReturn, ParamSpec, Protocol, TypeVar, overload
from urllib.parse import quote

from mockserver.client.errors import NotAsExpected, ServerSaidNo
from mockserver.errors import Unreachable

P = ParamSpec("P")
T = TypeVar("T")

PATIENCE = 30.0
"""Seconds that an answer may take, beyond what the call itself asked the server to wait."""


def as_is(answer: Any) -> Any:
    """The answer's JSON."""
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Generic[T]):
    """One request to the control API; `path` is below `/_mock/`, `body` is sent as JSON unless it is None.

    `expectation` says that a 408 or 422 means that something expected did not happen.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    body: object = None
    query: Mapping[str, Any] = field(default_factory=dict)
    patience: float = PATIENCE
    expectation: bool = False

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        return None if self.body is None else json.dumps(self.body).encode()

    def answer(self, server: str, status: int, content: bytes) -> T:
        """What the call answers. Raises `ServerSaidNo` or, for what is no answer of ours, `Unreachable`."""
        # pytest shows the line of the test then, not ours.
        __tracebackhide__ = True
        try:
            data = json.loads(content) if content else None
        except ValueError:
            raise Unreachable(f"{server} answered {status}, but not as a mockserver does.") from None
        if status >= 400:
            self._refuse(server, status, data)
        return self.read(data)

    def _refuse(self, server: str, status: int, data: object) -> NoReturn:
        __tracebackhide__ = True
        if not isinstance(data, dict) or "title" not in data:
            raise Unreachable(f"{server} answered {status}, but not as a mockserver does.")
        if self.expectation and status in (408, 422):
            raise NotAsExpected(status, data)
        raise ServerSaidNo(status, data)


class Transport(Protocol):
    """Sends bytes and answers status and bytes."""

    server: str

    def send(self, call: Call[Any]) -> tuple[int, bytes]: ...
    def stream(self, call: Call[T]) -> Iterator[T]: ...


class AsyncTransport(Protocol):
    """The same, to be awaited."""

    server: str

    async def send(self, call: Call[Any]) -> tuple[int, bytes]: ...
    def stream(self, call: Call[T]) -> AsyncIterator[T]: ...


class Blocking:
    """Clients whose methods answer when the server has."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def _perform(self, call: Call[T]) -> T:
        __tracebackhide__ = True
        return call.answer(self._transport.server, *self._transport.send(call))

    def _follow(self, call: Call[T]) -> Iterator[T]:
        return self._transport.stream(call)


class Awaiting:
    """Clients whose methods are awaited."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def _perform(self, call: Call[T]) -> T:
        __tracebackhide__ = True
        return call.answer(self._transport.server, *await self._transport.send(call))

    def _follow(self, call: Call[T]) -> AsyncIterator[T]:
        return self._transport.stream(call)


class endpoint(Generic[P, T]):
    """Makes a method of a function that describes its call."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[Any, P], Call[T]]: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self._describe
        describe, perform = self._describe, instance._perform

        @functools.wraps(describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            __tracebackhide__ = True
            return perform(describe(instance, *args, **kwargs))

        return method


class stream(Generic[P, T]):
    """Makes a method of a function that describes a call whose answer comes line by line, each of which is read."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self._describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[Concatenate[Any, P], Call[T]]: ...
    @overload
    def __get__(self, instance: Blocking, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, instance: Awaiting, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self._describe
        describe, follow = self._describe, instance._follow

        @functools.wraps(describe)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return follow(describe(instance, *args, **kwargs))

        return method


def segment(text: str) -> str:
    """A name as one segment of a path."""
    return quote(text, safe="")
