"""What the figures are measured against: Starlette that parses JSON and answers JSON, and nothing else.

`python -m benchmarks.bare` serves it with the same uvicorn, uvloop and httptools, and prints its port.
"""

from __future__ import annotations

import socket

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

STATUS = "/plugin/v1/ato/status"
VALIDATE = "/oauth/token/validate"


async def status(request: Request) -> Response:
    await request.json()
    return JSONResponse({"success": True})


async def validate(request: Request) -> Response:
    return JSONResponse({"success": True})


app = Starlette(routes=[Route(STATUS, status, methods=["POST"]), Route(VALIDATE, validate, methods=["GET"])])


def main() -> None:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen(2048)
    server = uvicorn.Server(
        uvicorn.Config(app, loop="uvloop", http="httptools", log_config=None, access_log=False, server_header=False)
    )
    print(sock.getsockname()[1], flush=True)
    uvloop.run(server.serve(sockets=[sock]))


if __name__ == "__main__":
    main()
