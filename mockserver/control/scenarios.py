"""Scenarios and their runs over HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from mockserver import checking, resources
from mockserver.checking.bounds import FileBounds
from mockserver.control.answers import json, read_as
from mockserver.control.worlds import Body
from mockserver.delivery.runtime import Runtime
from mockserver.errors import Invalid, InvalidFile, MockserverError, Problem, Unknown
from mockserver.scenarios import Scenario, StepEvent, load_scenario, run
from mockserver.scenarios.order import Mode
from mockserver.scenarios.report import RunReport
from mockserver.scenarios.schema import json_schema
from mockserver.scenarios.stage import LiveStage
from mockserver.scenarios.tags import Tag, tag_problems, tags_in
from mockserver.store.library import Library
from mockserver.watching.scenario_files import ScenarioFiles
from mockserver.world.redaction import Redaction

log = logging.getLogger("mockserver.scenarios")

NDJSON = "application/x-ndjson"
EVENTS = "text/event-stream"


def _line(event: dict[str, Any]) -> bytes:
    return msgspec.json.encode(event) + b"\n"


def _server_sent(event: dict[str, Any]) -> bytes:
    """As the HTML standard has it (section 9.2): JSON has no line breaks of its own."""
    return b"event: %s\ndata: %s\n\n" % (event["event"].encode(), msgspec.json.encode(event))


STREAMS: Final[Mapping[str, Callable[[dict[str, Any]], bytes]]] = {NDJSON: _line, EVENTS: _server_sent}
"""How the events of a run are written, by the content type that is asked for."""


class ScenarioText(Body, frozen=True):
    """A scenario file: its text, and the name errors should call it by."""

    text: str
    source: str = "scenario"


class ScenariosQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /_mock/scenarios`: only those with one of these tags."""

    tag: tuple[Tag, ...] = ()


class ScenarioQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of `GET /_mock/scenarios/{name}`."""

    version: Annotated[int, msgspec.Meta(ge=1)] | None = None


class NewRun(Body, frozen=True):
    """A run of a scenario by name, or of a file's text.

    `beside` are files that it includes by name; they come before those of the server.
    `seed` counts where the scenario names none, `mode` instead of the scenario's own. With `ids_from` what happens
    in the run has ids of that seed; what the world begins with, its credentials too, stays that of `seed`.
    """

    scenario: str | None = None
    text: str | None = None
    source: str = "scenario"
    beside: tuple[ScenarioText, ...] = ()
    inputs: dict[str, Any] = {}
    settings: dict[str, Any] = {}
    seed: int | None = None
    ids_from: int | None = None
    mode: Mode | None = None


class ScenariosApi:
    """The part of the control API that is about scenarios."""

    def __init__(self, runtime: Runtime, library: Library, files: ScenarioFiles, bounds: FileBounds) -> None:
        self._runtime = runtime
        self._library = library
        self._files = files
        self._bounds = bounds
        self.routes = [
            Route("/scenario.schema.json", self.schema, methods=["GET"]),
            Route("/scenarios", self.list, methods=["GET"]),
            Route("/scenarios", self.put, methods=["POST"]),
            Route("/scenario-versions/{name:path}", self.versions, methods=["GET"]),
            Route("/scenarios/{name:path}", self.show, methods=["GET"]),
            Route("/scenarios/{name:path}", self.put_named, methods=["PUT"]),
            Route("/scenarios/{name:path}", self.drop, methods=["DELETE"]),
            Route("/worlds/{world}/runs", self.run, methods=["POST"]),
            Route("/worlds/{world}/runs", self.runs, methods=["GET"]),
            Route("/worlds/{world}/runs/{id}", self.show_run, methods=["GET"]),
            Route("/runs", self.runs, methods=["GET"]),
            Route("/runs/{id}", self.show_run, methods=["GET"]),
        ]

    async def schema(self, request: Request) -> Response:
        body = msgspec.json.encode(json_schema(self._runtime.worlds.schema.actions))
        return Response(body, media_type="application/schema+json")

    async def list(self, request: Request) -> Response:
        raw = {name: request.query_params.getlist(name) for name in request.query_params}
        query: ScenariosQuery = checking.convert(raw, ScenariosQuery, what="The query")
        if problems := list(tag_problems(raw.get("tag"), "$.tag")):
            raise Invalid("The query does not fit:", problems)
        # What a library of an earlier version has kept has no tags beside it.
        kept = {each["name"]: ("library", each.get("tags", ())) for each in self._library.scenarios()}
        shipped = {name: ("shipped", _tags_of_shipped(name)) for name in resources.shipped("scenarios")}
        listed = [
            {"name": name, "kept": where, "tags": list(tags)}
            for name, (where, tags) in sorted({**shipped, **kept}.items())
            if not query.tag or set(query.tag) & set(tags)
        ]
        return json({"scenarios": listed, "broken": msgspec.to_builtins(self._files.broken)})

    async def put(self, request: Request) -> Response:
        body: ScenarioText = await read_as(request, ScenarioText, "A scenario")
        return self._put(self._load(body.text, body.source), body)

    async def put_named(self, request: Request) -> Response:
        body: ScenarioText = await read_as(request, ScenarioText, "A scenario")
        scenario, name = self._load(body.text, body.source), request.path_params["name"]
        if scenario.name != name:
            raise InvalidFile(body.source, [Problem("$.name", f"{name!r}, as the URL", repr(scenario.name))])
        return self._put(scenario, body)

    def _put(self, scenario: Scenario, body: ScenarioText) -> Response:
        self._library.put_scenario(scenario.name, body.text, body.source, scenario.tags)
        version = self._library.scenario(scenario.name)["version"]
        shown = {"name": scenario.name, "summary": scenario.summary, "steps": len(scenario.steps), "version": version}
        return json(shown, 201)

    async def show(self, request: Request) -> Response:
        name = request.path_params["name"]
        query: ScenarioQuery = checking.convert(_numbers(request.query_params), ScenarioQuery, what="The query")
        if query.version is None:
            text, source = self._find(name)
            return json({"name": name, "source": source, "text": text})
        kept = self._versions(name)
        found = next((each for each in kept if each["version"] == query.version), None)
        if found is None:
            raise Unknown(f"version of {name}", str(query.version), [str(each["version"]) for each in kept])
        return json(found)

    async def versions(self, request: Request) -> Response:
        kept = self._versions(request.path_params["name"])
        return json({"versions": [{key: each[key] for key in ("version", "source", "kept")} for each in kept]})

    def _versions(self, name: str) -> Sequence[dict[str, Any]]:
        self._library.scenario(name)
        return self._library.versions(name)

    async def drop(self, request: Request) -> Response:
        self._library.drop_scenario(request.path_params["name"])
        return Response(status_code=204)

    async def run(self, request: Request) -> Response:
        world = request.path_params["world"]
        body: NewRun = await read_as(request, NewRun, "A run")
        if body.text is not None:
            scenario = self._load(body.text, body.source)
        else:
            scenario = self._load(*self._find(body.scenario or ""))
        beside = {each.name: each for each in (self._load(file.text, file.source) for file in body.beside)}
        stage = LiveStage(
            self._runtime,
            world,
            body.settings,
            body.seed,
            ids_from=body.ids_from,
            scenarios=lambda name: beside[name] if name in beside else self._named(name),
        )
        # Before the first byte of a stream leaves, so that bad inputs are an error and not half an answer.
        scenario.resolve_inputs(body.inputs)
        accepted = request.headers.get("accept", "")
        wanted = next((media for media in STREAMS if media in accepted), None)
        if wanted is None:
            report = await run(scenario, stage, body.inputs, mode=body.mode)
            return json(self._keep(body, world, report, self._redaction(world)))
        written = (STREAMS[wanted](event) async for event in self._stream(scenario, stage, body, world))
        return StreamingResponse(written, media_type=wanted, headers={"cache-control": "no-store"})

    async def runs(self, request: Request) -> Response:
        world = request.path_params.get("world")
        listed = [
            {key: each.get(key) for key in ("id", "scenario", "world", "outcome", "seconds")}
            for each in self._library.runs()
            if world is None or each.get("world") == world
        ]
        if world is not None and not listed:
            # The runs of a world outlive it; where there are none, the name has to be a world's.
            self._runtime.worlds.find(world)
        return json({"runs": listed})

    async def show_run(self, request: Request) -> Response:
        run, world = self._library.run(request.path_params["id"]), request.path_params.get("world")
        if world is not None and run.get("world") != world:
            raise Unknown(f"run of the world {world}", run["id"], hint=f"It was one of {run.get('world')}.")
        return json(run)

    async def _stream(
        self, scenario: Scenario, stage: LiveStage, body: NewRun, world: str
    ) -> AsyncIterator[dict[str, Any]]:
        """Each step as it starts and ends, then the report or why there is none."""
        events: asyncio.Queue[StepEvent | None] = asyncio.Queue()

        async def perform() -> RunReport:
            try:
                return await run(scenario, stage, body.inputs, mode=body.mode, on_event=events.put_nowait)
            finally:
                events.put_nowait(None)

        task = asyncio.create_task(perform())
        # One for the run, so that a secret has one placeholder in all its events and its report.
        redaction = self._redaction(world)
        try:
            while (event := await events.get()) is not None:
                yield redaction.data(msgspec.to_builtins(event))
            report = await task
        except MockserverError as error:
            yield {"event": "refused", "detail": str(error)}
            return
        except Exception:
            log.exception("the scenario %s could not be performed", scenario.name)
            yield {"event": "refused", "detail": "The emulator failed; its log says why."}
            return
        finally:
            task.cancel()
        yield {"event": "ended", "run": self._keep(body, world, report, redaction)}

    def _keep(self, body: NewRun, world: str, report: RunReport, redaction: Redaction) -> dict[str, Any]:
        """Put a report into the library, without its secrets; answers it with the id it has there."""
        shown = redaction.data(msgspec.to_builtins(report))
        if body.scenario is not None and (newer := self._files.broken_newer(body.scenario)) is not None:
            why = f"{newer.file} is newer and cannot be used, so this was what it was before."
            shown["warnings"] = [why, *newer.problems]
        return {"id": self._library.add_run({"world": world, **shown}), **shown}

    def _redaction(self, name: str) -> Redaction:
        worlds = self._runtime.worlds
        # The world is another object after the run has begun: it is started over.
        return Redaction(lambda word: worlds.find(name).secret(word) if name in worlds else None)

    def _find(self, name: str) -> tuple[str, str]:
        """A scenario's text and source: the library's own before a shipped one of that name."""
        for kept in self._library.scenarios():
            if kept["name"] == name:
                return kept["text"], kept["source"]
        if name in resources.shipped("scenarios"):
            text = resources.read("scenarios", name)
            return text.text, text.source
        known = [each["name"] for each in self._library.scenarios()]
        hint = "A file of yours has its name on a server after `mockserver scenarios import FILE`."
        raise Unknown("scenario", name, [*known, *resources.shipped("scenarios")], hint=hint)

    def _named(self, name: str) -> Scenario:
        return self._load(*self._find(name))

    def _load(self, text: str, source: str) -> Scenario:
        return load_scenario(text, source, schema=self._runtime.worlds.schema, bounds=self._bounds)


def _tags_of_shipped(name: str) -> Sequence[str]:
    return tags_in(resources.read("scenarios", name).text)


def _numbers(query: Mapping[str, str]) -> dict[str, Any]:
    return {name: int(value) if value.isdecimal() and len(value) < 18 else value for name, value in query.items()}
