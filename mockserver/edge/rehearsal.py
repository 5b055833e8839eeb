"""Three requests on no socket: whether `Protocol` fits the uvicorn that is installed.

It leans on parts of uvicorn that no version promises to the next.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import uvicorn
from uvicorn.server import ServerState

log = logging.getLogger("mockserver.edge")

_PATHS = (b"/at-once", b"/waits", b"/at-once")


async def fits(protocol: type[asyncio.Protocol]) -> bool:
    """Whether the protocol answers at once what can be answered at once, and the rest in its order."""
    stage = _Stage()
    try:
        await _exchange(protocol, stage)
    except Exception:
        log.debug("the rehearsal of %s failed", protocol.__name__, exc_info=True)
        return False
    return stage.written == b"".join(_answer(path) for path in _PATHS)


async def _exchange(protocol: Any, stage: _Stage) -> None:
    state = ServerState()
    config = uvicorn.Config(
        _Play(),
        http=protocol,
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
    )
    connection = protocol(config=config, server_state=state, app_state={})
    connection.connection_made(stage)
    first, *others = (b"POST %b HTTP/1.1\r\nhost: here\r\ncontent-length: 1\r\n\r\nx" % path for path in _PATHS)
    connection.data_received(first)
    if stage.written != _answer(_PATHS[0]):
        raise RuntimeError("a request that came whole is not answered at once")
    connection.data_received(b"".join(others))
    while state.tasks:
        await asyncio.wait(tuple(state.tasks))
    connection.connection_lost(None)


def _answer(path: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(path), path)


class _Play:
    """An app that answers with the path, once it has the body."""

    def at_once(self, method: str, path: str, query: str, fields: Any, body: bytes, scheme: str) -> bytes | None:
        told = (method, query, body, dict(fields).get(b"host"), scheme)
        return _answer(path.encode()) if path != "/waits" and told == ("POST", "", b"x", b"here", "http") else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        path = scope["path"].encode()
        await asyncio.sleep(0)
        if message["body"] == b"x" and not message["more_body"]:
            headers = [(b"content-length", b"%d" % len(path))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": path})


class _Stage(asyncio.Transport):
    """A connection that only takes down what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: Any) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass
