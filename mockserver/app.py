"""The one place that puts everything together."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from importlib.metadata import entry_points, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount

from mockserver.console.app import ASSETS, Console, page_at
from mockserver.control.answers import HANDLERS, Bounds, LastResort, allowed_methods, problem
from mockserver.control.doors import OPEN, Doors
from mockserver.control.faults import FaultsApi
from mockserver.control.journal import JournalApi
from mockserver.control.keeping import CheckpointApi, OnceDurable
from mockserver.control.metrics import Metrics
from mockserver.control.openapi import OpenApi
from mockserver.control.operating import OperatingApi
from mockserver.control.platforms import PlatformsApi
from mockserver.control.recordings import RecordingsApi
from mockserver.control.scenarios import ScenariosApi
from mockserver.control.worlds import WorldsApi
from mockserver.delivery.dispatcher import Bounds as DeliveryBounds
from mockserver.delivery.dispatcher import Dispatcher
from mockserver.delivery.forbidden import Forbidden
from mockserver.delivery.runtime import Runtime
from mockserver.delivery.targets import Targets
from mockserver.edge.addressing import PREFIX
from mockserver.edge.app import Edge
from mockserver.edge.messages import Fields
from mockserver.errors import Invalid, MockserverError
from mockserver.platforms.akana.platform import AKANA
from mockserver.platforms.motar.platform import MOTAR
from mockserver.platforms.os1.platform import OS1
from mockserver.platforms.shelf import FixtureShelf
from mockserver.settings import Settings
from mockserver.store.directory import claim
from mockserver.store.keeper import Keeper
from mockserver.store.library import Library
from mockserver.store.worlds_store import DirectoryStore
from mockserver.watching.fixture_files import FixtureFiles
from mockserver.watching.scenario_files import ScenarioFiles
from mockserver.watching.watcher import Watcher
from mockserver.wire import Limits, Platform
from mockserver.world.header import ClockSpec, Header
from mockserver.world.journal import Journals
from mockserver.world.store import StoreError
from mockserver.world.world import Schema, World
from mockserver.world.worlds import DEFAULT, Worlds

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger("mockserver.store")


class App:
    """A whole server as one ASGI application: vendors, control API, pages, and what runs by itself.

    `worlds`, `runtime` and `library` are there for the faces; the ASGI lifespan starts and stops
    the runtime, and `stop` closes `files`, after a last checkpoint by the `keeper`. Without a
    public URL whoever binds the socket sets `worlds.address`.
    """

    def __init__(
        self,
        settings: Settings,
        worlds: Worlds,
        runtime: Runtime,
        library: Library,
        edge: Edge,
        own: Starlette,
        *,
        keeper: Keeper | None,
        watcher: Watcher | None,
        files: ExitStack,
    ) -> None:
        self.has_public_url = settings.public_url is not None
        self.most_head = edge.limits.head
        self.worlds = worlds
        self.runtime = runtime
        self.library = library
        self._edge = edge
        self._own = own
        self._keeper = keeper
        self._watcher = watcher
        self._files = files

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        elif _is_own(scope["path"]):
            await self._own(scope, receive, send)
        elif (page := _page_at(scope["method"], scope["path"])) is not None:
            await RedirectResponse(page)(scope, receive, send)
        else:
            await self._edge(scope, receive, send)

    def at_once(self, method: str, path: str, query: str, fields: Fields, body: bytes, scheme: str) -> bytes | None:
        """The whole response to a vendor's request that came whole, or None where it is to be had by ASGI."""
        if _is_own(path) or _page_at(method, path) is not None:
            return None
        return self._edge.at_once(method, path, query, fields, body, scheme)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        await self.runtime.start()
        if self._watcher is not None:
            self._watcher.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def stop(self) -> None:
        """End what runs by itself, keep everything, and let go of the files."""
        if self._watcher is not None:
            await self._watcher.stop()
        await self.runtime.stop()
        if self._keeper is not None:
            await self._keeper.close()
        self._files.close()


def _is_own(path: str) -> bool:
    return path.startswith("/_mock") or path == "/"


def _page_at(method: str, path: str) -> str | None:
    return page_at(path) if method == "GET" and path.startswith(PREFIX) else None


def build_app(
    settings: Settings,
    *,
    transport: httpx2.AsyncBaseTransport | None = None,
    wall: Callable[[], float] = time.time,
) -> App:
    """Make a server of these settings. `transport` replaces the network for what goes out, `wall` the wall clock.

    Raises `Invalid`, `InvalidFile` or `Unknown` for settings and fixtures that cannot be used, `Conflict` for a
    data directory that another server has, `MockserverError` for one that is damaged or cannot be written.
    """
    with ExitStack() as files:
        return _build(settings, files, transport=transport, wall=wall)


def _build(
    settings: Settings, files: ExitStack, *, transport: httpx2.AsyncBaseTransport | None, wall: Callable[[], float]
) -> App:
    platforms = load_platforms()
    for platform in platforms:
        if platform.extend is not None:
            platform.extend(settings.extension)
    schema = schema_of(platforms, settings.extension)
    directory = Path(settings.data) if settings.data else None
    store = None
    if directory is not None:
        files.enter_context(claim(directory))
        store = DirectoryStore(directory, durability=settings.durability, checkpoint_after=settings.checkpoint_after)
        files.callback(store.close)
    shelf = FixtureShelf(platforms, settings.file_bounds, keep_good=settings.watch)
    worlds = Worlds(
        schema,
        wall=wall,
        store=store,
        fixture=shelf,
        seed=settings.seed,
        clock=ClockSpec(settings.clock),
        fixtures=settings.fixture,
        settings=settings.world_settings(),
        max_worlds=settings.max_worlds,
        max_unaddressed=settings.max_unaddressed,
        journals=Journals(
            max_exchanges=settings.journal_exchanges,
            max_bytes=settings.journal_bytes,
            max_server_bytes=settings.journal_server_bytes,
        ),
    )
    if settings.public_url:
        worlds.address = settings.public_url.rstrip("/")
    worlds.load()
    if DEFAULT not in worlds:
        try:
            worlds.create(DEFAULT)
        except StoreError as error:
            raise MockserverError(str(error), hint="Make room there, or give --data another directory.") from None
    for each in _contradictions(settings, worlds.header(DEFAULT)):
        log.warning("the world default is kept in %s %s; that is for new worlds only", settings.data, each)
    keeper = Keeper(worlds, store) if store is not None else None
    dispatcher = Dispatcher(
        transport=transport,
        targets=Targets(settings.map_host),
        forbidden=Forbidden.but(settings.allow_target),
        bounds=DeliveryBounds(settings.max_response, settings.max_attempts, settings.max_attempts_per_target),
    )
    runtime = Runtime(worlds, dispatcher, world_ttl=settings.world_ttl)
    library = files.enter_context(closing(Library(directory, wall=wall)))
    scenario_files = ScenarioFiles(settings.scenarios, library, schema, settings.file_bounds)
    watcher = _watcher(scenario_files, FixtureFiles(settings.fixture, shelf, worlds)) if settings.watch else None
    scenario_files.refresh(whole=watcher is None)
    edge = Edge(
        worlds,
        platforms,
        public_url=settings.public_url.rstrip("/") if settings.public_url else None,
        auto_worlds=settings.auto_worlds,
        limits=Limits(
            body=settings.max_body,
            url=settings.max_url,
            headers=settings.max_headers,
            header_bytes=settings.max_header_bytes,
            depth=settings.max_depth,
        ),
        assets=ASSETS,
    )
    own = _own_pages(settings, worlds, runtime, library, scenario_files, watcher, keeper, platforms)
    return App(settings, worlds, runtime, library, edge, own, keeper=keeper, watcher=watcher, files=files.pop_all())


def _watcher(scenarios: ScenarioFiles, fixtures: FixtureFiles) -> Watcher:
    if not scenarios.roots and not tuple(fixtures.files):
        raise Invalid("--watch has nothing to watch.", hint="Give --scenarios PATH, or a --fixture that is a file.")
    return Watcher(scenarios, fixtures)


def _contradictions(settings: Settings, kept: Header) -> Iterator[str]:
    """Where the world `default` was made otherwise than these settings say."""
    asked: dict[str, tuple[object, object]] = {
        "seed": (kept.seed, settings.seed),
        "clock": (kept.clock.mode, settings.clock),
        "fixture": (", ".join(kept.fixtures) or "none", ", ".join(settings.fixture) or "none"),
        "settings": (kept.settings, settings.world_settings()),
    }
    for name, (was, given) in asked.items():
        if was != given:
            yield f"with {name} {was}, not {given}"


def load_platforms() -> tuple[Platform, ...]:
    """Our platforms, and those that other packages bring by the entry point group `mockserver.platforms`."""
    others = [entry.load() for entry in entry_points(group="mockserver.platforms")]
    return (MOTAR, AKANA, OS1, *others)


def schema_of(platforms: Iterable[Platform], extensions: tuple[str, ...] = ()) -> Schema:
    """What the worlds of a server with these platforms are made of."""
    known = tuple(platforms)
    return Schema.of(
        kinds=[kind for platform in known for kind in platform.kinds],
        actions=[action for platform in known for action in platform.actions],
        settings={platform.name: platform.settings for platform in known if platform.settings is not None},
        extensions=extensions,
    )


def _host_of(url: str | None) -> tuple[str, ...]:
    host = urlsplit(url).hostname if url else None
    return (host,) if host else ()


def _own_pages(
    settings: Settings,
    worlds: Worlds,
    runtime: Runtime,
    library: Library,
    scenario_files: ScenarioFiles,
    watcher: Watcher | None,
    keeper: Keeper | None,
    platforms: tuple[Platform, ...],
) -> Starlette:
    release = version("motar-mockserver")

    def overview(world: World) -> dict[str, Any]:
        return {platform.name: platform.overview(world) for platform in platforms}

    async def no_route(request: Request, error: Exception) -> Response:
        path, allowed = request.url.path, ", ".join(allowed_methods(request))
        if not allowed:
            return problem(404, "Nothing here", f"The control API has nothing at {request.method} {path}.")
        told = f"{path} does not take {request.method}; it takes {allowed}."
        return problem(405, "Wrong method", told, headers={"allow": allowed})

    console = Console(
        worlds,
        release,
        overview=overview,
        public_url=settings.public_url,
        guarded=settings.control_token is not None,
    )
    description = OpenApi(
        platforms,
        release,
        base_url=lambda: worlds.address,
        # Where a token is asked for, what it guards is not told before either.
        overview=lambda: {} if settings.control_token else overview(worlds.find(DEFAULT)),
    )
    routes = [
        *console.routes,
        Mount(
            "/_mock",
            routes=[
                *OperatingApi(runtime, Metrics(runtime, platforms, release), release, watcher).routes,
                *WorldsApi(runtime, overview).routes,
                *JournalApi(runtime).routes,
                *ScenariosApi(runtime, library, scenario_files, settings.file_bounds).routes,
                *RecordingsApi(runtime, library).routes,
                *FaultsApi(runtime).routes,
                *CheckpointApi(keeper).routes,
                *PlatformsApi(worlds, platforms).routes,
                *description.routes,
            ],
        ),
    ]
    own = Starlette(routes=routes, exception_handlers={404: no_route, 405: no_route, **HANDLERS})
    own.state.bounds = Bounds(settings.max_control_body, settings.max_depth)
    own.add_middleware(OnceDurable, worlds=worlds)
    own.add_middleware(LastResort)
    own.add_middleware(
        Doors,
        token=settings.control_token,
        hosts=(*settings.allow_host, settings.host, *_host_of(settings.public_url)),
        open_paths=(*OPEN, f"{ASSETS}/mock.css"),
    )
    return own
