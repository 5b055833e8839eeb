"""How the control API answers: JSON, and RFC 9457 problem details when something is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping, MutableMapping
from typing import Any, NamedTuple, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route

from mockserver import checking
from mockserver.errors import Conflict, Full, Gone, Invalid, InvalidFile, MockserverError, Refused, Unknown
from mockserver.world.journal import MAX_DEPTH
from mockserver.world.matchers import too_deep
from mockserver.world.store import StoreError

T = TypeVar("T")

log = logging.getLogger("mockserver.control")


class Bounds(NamedTuple):
    """How large a body of the control API may be, in bytes, and how deep its JSON."""

    body: int = 16 * 1024 * 1024
    depth: int = MAX_DEPTH


HELPS = {
    "Refused": "reference/actions",
    "Unknown action": "reference/actions",
    "Unknown scenario": "scenarios",
    "Not as expected": "verify",
    "Not seen": "verify",
    "Not settled": "verify",
    "Unknown world": "worlds",
    "Gone": "worlds",
}
"""The page of the documentation that helps with a problem, by its title; else it is that of the control API."""


class Stop(Exception):
    """End a request with a problem that no error of the tree stands for."""

    def __init__(self, status: int, title: str, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.extra: dict[str, Any] = extra


def json(data: object, status: int = 200) -> Response:
    """A JSON response."""
    return Response(msgspec.json.encode(data), status, media_type="application/json")


def problem(
    status: int, title: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: object
) -> Response:
    """A problem document; `extra` are further members, left out where None or an empty text.

    `docs` is the command that prints the page which helps: a link that leads somewhere offline as well.
    """
    told = {key: item for key, item in extra.items() if item is not None and item != ""}
    page = HELPS.get(title, "reference/control-api")
    body = {"title": title, "status": status, "detail": detail, **told, "docs": f"mockserver docs {page}"}
    return Response(msgspec.json.encode(body), status, headers, media_type="application/problem+json")


async def on_stop(request: Request, error: Exception) -> Response:
    assert isinstance(error, Stop)
    return problem(error.status, error.title, error.detail, **error.extra)


async def on_error(request: Request, error: Exception) -> Response:
    """Any error of our tree as a problem document."""
    assert isinstance(error, MockserverError)
    match error:
        case InvalidFile():
            told = [msgspec.to_builtins(each) for each in error.problems]
            return problem(400, "Invalid", error.message, hint=error.hint, source=error.source, problems=told)
        case Invalid():
            told = [msgspec.to_builtins(each) for each in error.problems]
            return problem(400, "Invalid", error.message, hint=error.hint, problems=told)
        case Unknown():
            return problem(
                404, f"Unknown {error.kind}", error.message, hint=error.hint, did_you_mean=error.did_you_mean
            )
        case Full():
            return problem(503, "Full", error.message, hint=error.hint)
        case Gone():
            return problem(410, "Gone", error.message, hint=error.hint)
        case Refused():
            return problem(409, "Refused", error.message, hint=error.hint)
        case Conflict():
            return problem(409, "Conflict", error.message, hint=error.hint)
    return problem(400, type(error).__name__, error.message, hint=error.hint)


async def on_store_error(request: Request, error: Exception) -> Response:
    return problem(503, "Not stored", str(error))


async def on_client_left(request: Request, error: Exception) -> Response:
    """Nobody reads this; it only keeps a client's leaving from looking like our failure."""
    return problem(400, "Client left", "The client left before it had sent its request.")


HANDLERS: dict[Any, Any] = {
    Stop: on_stop,
    MockserverError: on_error,
    StoreError: on_store_error,
    ClientDisconnect: on_client_left,
}


class LastResort:
    """Answers for what breaks behind it; the log has the rest.

    Starlette's own last resort answers and raises all the same, which costs the client its connection.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        started = False

        async def watch(message: Any) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception:
            if started or scope["type"] != "http":
                raise
            log.exception("answering %s %s failed", scope["method"], scope["path"])
            answer = problem(500, "Failed", "The emulator failed; its log says why. Please report it.")
            await answer(scope, receive, send)


def allowed_methods(request: Request) -> list[str]:
    """Every method that the app takes at the path of a request: Starlette tells those of one route only."""
    scope = {**request.scope, "root_path": request.scope.get("app_root_path", "")}
    return sorted(_methods(request.app.routes, scope))


def _methods(routes: Iterable[BaseRoute], scope: MutableMapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for route in routes:
        matched, below = route.matches(scope)
        if matched is not Match.NONE and isinstance(route, Mount):
            found |= _methods(route.routes, {**scope, **below})
        elif matched is not Match.NONE and isinstance(route, Route):
            found |= route.methods or set()
    return found


async def unless_client_leaves(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Do `work` for a client whose body was read; raises `ClientDisconnect` once it has left."""
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            return doing.result()
        raise ClientDisconnect
    finally:
        doing.cancel()
        leaving.cancel()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def read_body(request: Request) -> bytes:
    """The body, bounded by the app's `state.bounds`; raises `Stop` with 413 past the bound."""
    limit = request.app.state.bounds.body
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise Stop(413, "Too large", f"The body is larger than {limit} bytes (serve --max-control-body).")
        chunks.append(chunk)
    return b"".join(chunks)


async def read_json(request: Request, what: str, *, default: object = msgspec.UNSET) -> Any:
    """The body as JSON data; an empty one is `default` where there is one. Raises `Stop`."""
    body = await read_body(request)
    if not body:
        if default is msgspec.UNSET:
            raise Stop(400, "Body missing", f"{what} is sent as a JSON body; it is empty.")
        return default
    try:
        data = msgspec.json.decode(body)
    except RecursionError:
        raise Stop(400, "Not JSON", f"{what} is nested too deep.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Stop(400, "Not JSON", f"{what} is not JSON: {error}.") from None
    depth = request.app.state.bounds.depth
    if too_deep(data, depth):
        raise Stop(400, "Not JSON", f"{what} is nested deeper than {depth} levels.")
    return data


async def read_as(request: Request, struct: type[msgspec.Struct], what: str) -> Any:
    """The body as a Struct; an empty body is an empty object. Raises `Stop` or `Invalid`."""
    return checking.convert(await read_json(request, what, default={}), struct, what=what)
