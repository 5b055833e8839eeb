"""What platforms add to the control API, each below `/_mock/worlds/{world}/` and its name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.control.answers import json, read_as
from mockserver.wire import Platform
from mockserver.wire.platform import Control
from mockserver.world.worlds import Worlds


class PlatformsApi:
    """The part of the control API that platforms bring."""

    def __init__(self, worlds: Worlds, platforms: Iterable[Platform]) -> None:
        self._worlds = worlds
        self.routes = [
            Route(f"/worlds/{{world}}/{platform.name}{each.path}", self._endpoint(each), methods=[each.method])
            for platform in platforms
            for each in platform.control
        ]

    def _endpoint(self, control: Control) -> Any:
        async def answer(request: Request) -> Response:
            body = await read_as(request, control.takes, "What was sent")
            world = self._worlds.find(request.path_params["world"])
            with world.transaction():
                return json(control.answer(world, body))

        return answer
