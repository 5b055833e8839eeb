"""How the control API answers: JSON, and RFC 9457 problem details when something is wrong."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mockserver import checking
from mockserver.errors import Conflict, Gone, Invalid, MockserverError, Refused, Unknown
from mockserver.world.store import StoreError

MAX_BODY = 16 * 1024 * 1024


class Stop(Exception):
    """End a request with a problem that no error of the tree stands for."""

    def __init__(self, status: int, title: str, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.extra = extra


def json(data: object, status: int = 200) -> Response:
    """A JSON response."""
    return Response(msgspec.json.encode(data), status, media_type="application/json")


def problem(status: int, title: str, detail: str, **extra: object) -> Response:
    """A problem document; `extra` are further members, left out where None or empty."""
    body = {"title": title, "status": status, "detail": detail, **{key: item for key, item in extra.items() if item}}
    return Response(msgspec.json.encode(body), status, media_type="application/problem+json")


async def on_stop(request: Request, error: Exception) -> Response:
    assert isinstance(error, Stop)
    return problem(error.status, error.title, error.detail, **error.extra)


async def on_error(request: Request, error: Exception) -> Response:
    """Any error of our tree as a problem document."""
    assert isinstance(error, MockserverError)
    match error:
        case Invalid():
            told = [msgspec.to_builtins(each) for each in error.problems]
            return problem(400, "Invalid", error.message, hint=error.hint, problems=told)
        case Unknown():
            return problem(
                404, f"Unknown {error.kind}", error.message, hint=error.hint, did_you_mean=error.did_you_mean
            )
        case Gone():
            return problem(410, "Gone", error.message, hint=error.hint)
        case Refused():
            return problem(409, "Refused", error.message, hint=error.hint)
        case Conflict():
            return problem(409, "Conflict", error.message, hint=error.hint)
    return problem(400, type(error).__name__, error.message, hint=error.hint)


async def on_store_error(request: Request, error: Exception) -> Response:
    return problem(503, "Not stored", str(error))


HANDLERS: dict[Any, Any] = {Stop: on_stop, MockserverError: on_error, StoreError: on_store_error}


async def read_body(request: Request) -> bytes:
    """The body, bounded; raises `Stop` with 413 past the bound."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise Stop(413, "Too large", f"The body is larger than {MAX_BODY} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)


async def read_json(request: Request, what: str, *, default: object = msgspec.UNSET) -> Any:
    """The body as JSON data; an empty one is `default` where there is one. Raises `Stop`."""
    body = await read_body(request)
    if not body:
        if default is msgspec.UNSET:
            raise Stop(400, "Body missing", f"{what} is sent as a JSON body; it is empty.")
        return default
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise Stop(
            415, "Not JSON", f"{what} is sent as application/json; Content-Type says {content_type or 'nothing'}."
        )
    try:
        return msgspec.json.decode(body)
    except RecursionError:
        raise Stop(400, "Not JSON", f"{what} is nested too deep.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Stop(400, "Not JSON", f"{what} is not JSON: {error}.") from None


async def read_as(request: Request, struct: type[msgspec.Struct], what: str) -> Any:
    """The body as a Struct; an empty body is an empty object. Raises `Stop` or `Invalid`."""
    data = await read_json(request, what, default={})
    try:
        return checking.convert(data, struct, what=what)
    except RecursionError:
        raise Stop(400, "Invalid", f"{what} is nested too deep.") from None
