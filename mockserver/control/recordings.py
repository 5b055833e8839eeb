"""Recordings of worlds over HTTP."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.control.answers import json, read_as
from mockserver.control.worlds import Body
from mockserver.delivery.runtime import Runtime
from mockserver.recordings import write
from mockserver.recordings.taping import Recorder, Tape
from mockserver.scenarios import scenario_from
from mockserver.scenarios.steps import ScenarioName
from mockserver.store.library import Library
from mockserver.world.world import World


class NewRecording(Body, frozen=True):
    """A recording: its scenario's name, and whether it begins with the world and not just now."""

    name: ScenarioName | None = None
    whole: bool = False


class RecordingsApi:
    """The part of the control API that records worlds."""

    def __init__(self, runtime: Runtime, library: Library) -> None:
        self._runtime = runtime
        self._library = library
        self._recorder = Recorder()
        path = "/worlds/{world}/recording"
        self.routes = [
            Route(path, self.start, methods=["POST"]),
            Route(path, self.show, methods=["GET"]),
            Route(path, self.discard, methods=["DELETE"]),
            Route(f"{path}/stop", self.stop, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        body: NewRecording = await read_as(request, NewRecording, "A recording")
        world = self._world(request)
        header = self._runtime.worlds.header(world.name)
        return json(_shown(self._recorder.start(world, header, body.name, whole=body.whole)), 201)

    async def show(self, request: Request) -> Response:
        return json(_shown(self._recorder.of(self._world(request))))

    async def discard(self, request: Request) -> Response:
        self._recorder.end(self._world(request))
        return Response(status_code=204)

    async def stop(self, request: Request) -> Response:
        world = self._world(request)
        tape = self._recorder.of(world)
        # What is under way belongs to it, and what was noted is not lost when it cannot be written.
        await self._runtime.settle(world)
        recorded = tape.scenario()
        source = f"recording of the world {world.name}"
        scenario = scenario_from(recorded, source)
        text = write(recorded)
        self._library.put_scenario(scenario.name, text, source, scenario.tags)
        self._recorder.end(world)
        return json({**_shown(tape), "steps": len(scenario.steps), "text": text})

    def _world(self, request: Request) -> World:
        return self._runtime.worlds.find(request.path_params["world"])


def _shown(tape: Tape) -> dict[str, str | int]:
    return {"name": tape.name, "exchanges": tape.length}
