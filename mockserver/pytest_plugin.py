"""What pytest gets from an installed emulator: the options `--emulator-…` and the fixtures below.

This module is imported by every pytest run of an environment in which the package is installed, so it imports
nothing of the package until a fixture is used. `-p no:emulator` leaves it out altogether.

PYTEST_DONT_REWRITE: there is no assert here, and whoever imported the package before pytest shall not be warned.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from mockserver.client import ServerClient, WorldClient
    from mockserver.client.answers import Run
    from mockserver.testing.plugin_double import MotarPlugin
    from mockserver.testing.report import Remembered
    from mockserver.testing.sharing import SharedEmulator
    from mockserver.testing.worlds import SessionWorld

_WORLDS: pytest.StashKey[list[Remembered]] = pytest.StashKey()
_PERFORM = "_emulator_perform"
_SHARED: pytest.StashKey[SharedEmulator] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "mockserver_scenarios",
        "Files or folders of scenarios, with wildcards if need be, that are run as tests; their tags are markers.",
        type="args",
        default=[],
    )
    group = parser.getgroup("emulator", "emulator of MOTAR (motar-mockserver)")
    group.addoption(
        "--emulator-url",
        metavar="URL",
        help="The running emulator to use, or MOTAR_MOCK_URL; without it one is started when a test first needs it.",
    )
    group.addoption(
        "--emulator-token",
        metavar="TOKEN",
        help="The control token that emulator asks for, or MOTAR_MOCK_CONTROL_TOKEN.",
    )
    group.addoption(
        "--emulator-world",
        metavar="NAME",
        help="Name of the world that tests run in, instead of the worker's; `default` for a plugin that goes on "
        "running. Under xdist each worker appends its own name.",
    )
    group.addoption(
        "--emulator-seed",
        metavar="N",
        type=int,
        help="Number from which each test's ids are derived: 0, or on a running emulator another one each session.",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "scenario(name, inputs={}, mode=None): run a scenario, a name or a file beside the test, in the test's world "
        "before its body; the test fails when a step does.",
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    patterns: list[str] = parent.config.getini("mockserver_scenarios")
    if not patterns or file_path.suffix not in (".yaml", ".yml", ".json"):
        return None
    from mockserver.testing.scenario_items import ScenarioFile, is_wanted

    return ScenarioFile.from_parent(parent, path=file_path) if is_wanted(file_path, parent.config, patterns) else None


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.get_closest_marker("scenario") is None or not isinstance(item, pytest.Function):
        return
    if _PERFORM not in item.fixturenames:
        item.fixturenames.append(_PERFORM)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run the scenario of a marked test: within the test, so that it fails and does not err."""
    __tracebackhide__ = True
    marker = pyfuncitem.get_closest_marker("scenario")
    if marker is not None:
        from mockserver.testing.scenario_items import perform_marked

        perform: Any = pyfuncitem.funcargs[_PERFORM]
        perform_marked(pyfuncitem, marker, perform)
    return (yield)


def pytest_report_header(config: pytest.Config) -> str | None:
    url = config.getoption("--emulator-url")
    return f"emulator: {url}" if url else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the emulator of all workers is."""
    from mockserver.testing.sharing import share

    share(node, _SHARED)


def pytest_unconfigure(config: pytest.Config) -> None:
    shared = config.stash.get(_SHARED, None)
    if shared is not None:
        shared.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    worlds = item.stash.get(_WORLDS, None)
    if worlds and report.failed:
        from mockserver.testing.report import sections

        report.sections.extend(sections(worlds, call.excinfo.value if call.excinfo else None))
    return report


@pytest.fixture(scope="session")
def emulator(request: pytest.FixtureRequest) -> Iterator[ServerClient]:
    """The running emulator, one for the whole session and all xdist workers.

    A real server on a free port, started when first needed, or the one of --emulator-url / MOTAR_MOCK_URL.
    A `mockserver.client.ServerClient`: `emulator.url`, `emulator.create_world()`, `emulator.actions()` …
    """
    from mockserver.testing.servers import server_of

    with server_of(request.config) as server:
        yield server


@pytest.fixture(scope="session")
def emulator_world_options() -> Mapping[str, Any]:
    """How worlds are made; override it: `{"settings": {"motar": {"expires_in": 3600}}, "fixtures": [...]}`.

    `seed`, `clock`, `fixtures`, `settings`, as `ServerClient.create_world` takes them. The clock is frozen unless
    told otherwise.
    """
    return {}


@pytest.fixture(scope="session")
def _emulator_session_world(
    request: pytest.FixtureRequest, emulator: ServerClient, emulator_world_options: Mapping[str, Any]
) -> Iterator[SessionWorld]:
    from mockserver.testing.worlds import session_world

    with session_world(request.config, emulator, emulator_world_options) as made:
        yield made


@pytest.fixture(scope="session")
def emulator_world(_emulator_session_world: SessionWorld) -> WorldClient:
    """The worker's world, for fixtures of the session: a plugin that runs as a process starts with what it tells.

    `emulator_world.base_url` is the plugin's MOTAR URL, `emulator_world.plugin()` has its client_id and
    client_secret; both stay as they are for the whole session. In a test use `world`.
    """
    return _emulator_session_world.client


@pytest.fixture(scope="session")
def plugin_endpoints() -> Mapping[str, str] | None:
    """Where your plugin is; override it, and start the plugin there.

    Yield `{"request_endpoint": ..., "distribution_endpoint": ..., "redirect_uri": ...}`. The fixture may ask for
    `emulator_world`. As it is, the plugin's endpoints are those of the world's fixture.
    """
    return None


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    _emulator_session_world: SessionWorld,
    plugin_endpoints: Mapping[str, str] | None,
) -> WorldClient:
    """A fresh MOTAR with a frozen clock: the worker's world, taken back to its beginning.

    A `mockserver.WorldClient`. Each worker has one world, named after it, so the plugin's credentials are the same
    in every test of a session; the ids of ATO requests are other ones in each test, and the same on every run. When
    the test fails, the report shows what happened in the world.
    """
    begun = _emulator_session_world.begin(request.node.nodeid, plugin_endpoints)
    request.node.stash.setdefault(_WORLDS, []).append(begun)
    return _emulator_session_world.client


@pytest.fixture
def _emulator_perform(world: WorldClient, _emulator_session_world: SessionWorld) -> Callable[..., Run]:
    """Runs scenarios in the test's world; `world` is asked for so that it has begun."""
    return _emulator_session_world.run


@pytest.fixture
def new_world(
    request: pytest.FixtureRequest, emulator: ServerClient, emulator_world_options: Mapping[str, Any]
) -> Iterator[Callable[..., WorldClient]]:
    """Makes further isolated worlds, which are dropped after the test.

    `new_world(clock="live", settings={...})`, as `ServerClient.create_world`; what is not given is as
    `emulator_world_options` has it. Each has credentials of its own.
    """
    from mockserver.testing.worlds import world_maker

    remembered = request.node.stash.setdefault(_WORLDS, [])
    with world_maker(request.config, emulator, emulator_world_options, remembered) as make:
        yield make


@pytest.fixture(scope="session")
def _motar_plugin_server() -> Iterator[HTTPServer]:
    from mockserver.testing.plugin_double import plugin_server

    with plugin_server() as server:
        yield server


@pytest.fixture
def motar_plugin(_motar_plugin_server: HTTPServer, world: WorldClient) -> Iterator[MotarPlugin]:
    """A plugin that plays along, where the test is not about yours; needs pytest-httpserver.

    The endpoints of `world` point at it. It checks the Basic header of webhooks and keeps what came: `.requests`,
    `.distributions`, `.visits`, `.refused`. It can be told to misbehave: `.fail()`, `.refuse(403, times=1)`,
    `.delay(0.5)`. `.play_for(other_world)` takes another world in.
    """
    from mockserver.testing.plugin_double import MotarPlugin

    plugin = MotarPlugin(_motar_plugin_server)
    plugin.play_for(world)
    yield plugin
    plugin.leave()
