"""What the control API has to do with the store: nothing is told before it is kept, and checkpoints on demand."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.control.answers import json, problem
from mockserver.errors import Refused
from mockserver.store.keeper import Keeper
from mockserver.world.store import StoreError
from mockserver.world.worlds import Worlds


class OnceDurable:
    """Holds answers back until what they tell of is as safe as was promised; what cannot be made safe is a 503."""

    def __init__(self, app: Any, worlds: Worlds) -> None:
        self._app = app
        self._worlds = worlds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        began = self._worlds.position
        refused = False

        async def hold(message: Any) -> None:
            nonlocal refused
            if refused:
                return
            if (kept := self._worlds.durable(began)) is not None:
                try:
                    await kept
                except StoreError as error:
                    if message["type"] != "http.response.start":
                        raise
                    refused = True
                    await problem(503, "Not stored", str(error))(scope, receive, send)
                    return
            await send(message)

        await self._app(scope, receive, hold)


class CheckpointApi:
    """The part of the control API that is about the data directory."""

    def __init__(self, keeper: Keeper | None) -> None:
        self._keeper = keeper
        self.routes = [Route("/checkpoint", self.checkpoint, methods=["POST"])]

    async def checkpoint(self, request: Request) -> Response:
        if self._keeper is None:
            raise Refused("This server keeps nothing.", hint="Start it with --data DIR.")
        return json(await self._keeper.checkpoint())
