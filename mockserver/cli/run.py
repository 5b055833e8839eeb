"""`mockserver run`: scenarios against a plugin, step by step."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import click

from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.cli import fail
from mockserver.cli.driven import client_of_run
from mockserver.cli.given import references, where_it_was_looked_for
from mockserver.cli.live import live
from mockserver.cli.options import resolved, token_option, world_option
from mockserver.cli.reports import Reports, Result, titled
from mockserver.cli.story import Detail, Story
from mockserver.cli.tags import chosen, tag_option
from mockserver.client import ServerClient, ServerSaidNo
from mockserver.client.world import DEFAULT, base_url
from mockserver.errors import MockserverError, Unknown, Unreachable
from mockserver.scenarios.order import Mode
from mockserver.settings import Settings, plain_value

_FILE = click.Path(dir_okay=False, path_type=Path)

PATHS = {
    "request_endpoint": "/motar/requests",
    "distribution_endpoint": "/motar/distributions",
    "redirect_uri": "/motar/callback",
}


@dataclass(frozen=True)
class Stage:
    """A server and a world to run on, the world's settings for these runs, and the plugin's name for people.

    `seed` counts where a scenario names none, `mode` instead of a scenario's own; with `ids_from` the world keeps the
    credentials that its plugin knows, and has other ids. `client` is the command of a program
    that is started when a run waits for its first call.
    """

    server: str
    world: str
    settings: dict[str, Any]
    plugin: str
    seed: int | None = None
    mode: str | None = None
    client: str | None = None
    ids_from: int | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What runs are asked for: where, with which plugin's `endpoints`, and how.

    `has_plugin` says that there is a plugin of somebody's own, given here or when the server was started;
    `is_own` that the server was started for these runs.
    """

    server: str
    world: str
    endpoints: Mapping[str, str]
    has_plugin: bool
    is_own: bool
    seed: int | None
    mode: str | None
    client: str | None
    token: str | None


@click.command()
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@tag_option
@click.option("--plugin", metavar="URL", help="Your plugin; the reference plugin if not given.")
@click.option(
    "--request-endpoint",
    metavar="URL",
    help=f"Its webhook for started requests.  [default: PLUGIN{PATHS['request_endpoint']}]",
)
@click.option(
    "--distribution-endpoint",
    metavar="URL",
    help=f"Its webhook for changed distributions.  [default: PLUGIN{PATHS['distribution_endpoint']}]",
)
@click.option("--redirect-uri", metavar="URL", help=f"Its redirect URI.  [default: PLUGIN{PATHS['redirect_uri']}]")
@click.option(
    "--client",
    metavar="COMMAND",
    help="A program to start when the run waits for its first call; {url} in it is where the world is.",
)
@click.option("--server", metavar="URL", help="A running emulator; one is started for the run if not given.")
@click.option(
    "--port", type=int, help="Port of the emulator that is started.  [default: 8600 with --plugin, else free]"
)
@click.option(
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    help="An input of the scenario; JSON where it is JSON, else text.",
)
@click.option("--seed", type=int, help="Seed where the scenario names none; a new one for each run with your plugin.")
@click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    help="In what order things may come, instead of what the scenario says; strict lets nothing else happen.",
)
@click.option("--junit", type=_FILE, metavar="FILE", help="Write what came of it as JUnit XML, a suite per scenario.")
@click.option("--har", type=_FILE, metavar="FILE", help="Write what was sent and received as HAR 1.2.")
@click.option("--json", "json_file", type=_FILE, metavar="FILE", help="Write the reports of all runs as JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what failed.")
@click.option("--verbose", "-v", is_flag=True, help="Print everything that is known of each step.")
@world_option
@token_option
def run(
    scenarios: tuple[str, ...],
    tags: tuple[str, ...],
    plugin: str | None,
    request_endpoint: str | None,
    distribution_endpoint: str | None,
    redirect_uri: str | None,
    client: str | None,
    server: str | None,
    port: int | None,
    inputs: tuple[str, ...],
    seed: int | None,
    mode: str | None,
    junit: Path | None,
    har: Path | None,
    json_file: Path | None,
    quiet: bool,
    verbose: bool,
    world: str,
    control_token: str | None,
) -> None:
    """Run SCENARIOs, each a file, a folder of such, or a name (`mockserver scenarios list`), and print every step.

    With --tag those of them that have the tag, and without a SCENARIO all of the server's that do.

    Your plugin must already run and must use the emulator as its MOTAR base URL; with --server and
    neither --plugin nor endpoints, the plugin that the server was started for is used, or the
    reference plugin.

    The world is started over for each run, and with your plugin it has other ids each time unless
    you give --seed: a plugin that goes on running would take a repeated request for an old one. On a
    server of yours the reference plugin plays in a world of its own, which is dropped afterwards.

    A program that begins by itself, such as one that onboards at OS1, is given by --client, and
    what it says goes to standard error. Without it, start it yourself while the run waits.

    The files of --junit, --har and --json are written when the runs have ended, without the secrets
    of the world. On a terminal the last line says which step is under way.

    \b
    Exit codes:
      0  every step of every scenario passed
      1  a step failed, or the server cannot be reached
      2  wrong usage, or a scenario or its inputs cannot be used
    """
    if not scenarios and not tags:
        raise click.UsageError("Say what to run: a SCENARIO, which is a file or a name, or --tag.")
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose exclude each other.")
    detail: Detail = "quiet" if quiet else "verbose" if verbose else "normal"
    endpoints = _endpoints(plugin, request_endpoint, distribution_endpoint, redirect_uri)
    scenarios = tuple(references(scenarios))
    bounds = resolved({}).settings.file_bounds
    given_inputs = dict(_input(item) for item in inputs)
    logging.getLogger("reference_plugin").setLevel(logging.CRITICAL)
    reports = Reports(junit, har, json_file)
    given_server = server
    configured = False

    def perform_on(stage: Stage, scenario: str) -> None:
        result = perform(stage, scenario, given_inputs, control_token, detail, with_har=har is not None)
        reports.results.append(result)
        if result.refused is not None:
            reports.write()
            fail(where_it_was_looked_for(result.refused, given_server), 2)

    with contextlib.ExitStack() as stack:
        if server is not None:
            configured = bool(_world(server, world, control_token)["settings"]["motar"]["request_endpoint"])
        else:
            server = stack.enter_context(own_emulator(port if port is not None else 8600 if endpoints else 0, bounds))
        if tags:
            with ServerClient(server, control_token) as asked:
                try:
                    scenarios = tuple(chosen(scenarios, tags, asked, bounds))
                except Unknown as unknown:
                    raise where_it_was_looked_for(unknown, given_server) from None
        wanted = Wanted(
            server=server,
            world=world,
            endpoints=endpoints,
            has_plugin=bool(endpoints) or configured,
            is_own=given_server is None,
            seed=seed,
            mode=mode,
            client=client,
            token=control_token,
        )
        for scenario in scenarios:
            with staged(wanted) as stage:
                perform_on(stage, scenario)
    reports.write()
    if given_server is not None and (endpoints or configured) and not quiet:
        told = f"The world {world} is as the run left it; back with: mockserver worlds reset {world} --server {server}"
        click.secho(f"  {told}", dim=True)
    sys.exit(0 if all(result.passed for result in reports.results) else 1)


def _endpoints(
    plugin: str | None, request_endpoint: str | None, distribution_endpoint: str | None, redirect_uri: str | None
) -> dict[str, str]:
    """Where a plugin of one's own is reached, as far as it was said."""
    given = {
        "request_endpoint": request_endpoint,
        "distribution_endpoint": distribution_endpoint,
        "redirect_uri": redirect_uri,
    }
    usual = {} if plugin is None else {name: plugin.rstrip("/") + path for name, path in PATHS.items()}
    return usual | {name: url for name, url in given.items() if url is not None}


@contextlib.contextmanager
def staged(wanted: Wanted) -> Generator[Stage]:
    """Where the next run takes place: with a plugin of one's own, or the reference plugin while the block runs."""
    seed, mode, client = wanted.seed, wanted.mode, wanted.client
    if wanted.has_plugin:
        name = wanted.endpoints.get("request_endpoint", "the plugin the server was started for")
        name += "" if client is None else " and the client"
        settings = {"motar": dict(wanted.endpoints)} if wanted.endpoints else {}
        stage = Stage(wanted.server, wanted.world, settings, name, seed, mode, client)
        if seed is None:
            # Only in `default` a fixture's credentials are the same whatever the seed is.
            fresh = secrets.randbelow(1_000_000)
            stage = replace(stage, seed=fresh) if wanted.world == DEFAULT else replace(stage, ids_from=fresh)
        yield stage
        return
    with contextlib.ExitStack() as stack:
        world = wanted.world
        if not wanted.is_own and world == DEFAULT:
            # A world of its own: what people work with in `default` stays as it is.
            world = stack.enter_context(world_for_a_run(wanted.server, wanted.token))
        stage = stack.enter_context(reference_stage(wanted.server, world, wanted.token))
        who = "the reference plugin" if client is None else "the client"
        yield replace(stage, seed=seed, mode=mode, client=client, plugin=who)


def perform(
    stage: Stage,
    scenario: str,
    inputs: Mapping[str, Any] | None = None,
    token: str | None = None,
    detail: Detail = "normal",
    *,
    with_har: bool = False,
) -> Result:
    """Run one scenario on a server and print its story; what came of it, or why it was refused."""
    conditions = {
        "plugin": stage.plugin,
        "world": stage.world,
        "seed": "" if stage.seed is None else str(stage.seed),
        "mode": stage.mode or "",
    }
    result = Result(scenario, conditions)
    try:
        with (
            live(scenario, wanted=detail != "quiet") as (tell, echo),
            ServerClient(stage.server, token) as server,
            client_of_run(stage.client, base_url(stage.server, stage.world)) as set_off,
        ):
            world = server.world(stage.world)
            story = Story(stage.plugin, stage.seed, detail, echo)
            for event in world.follow(
                scenario,
                inputs=inputs,
                settings=stage.settings,
                seed=stage.seed,
                mode=stage.mode,
                ids_from=stage.ids_from,
            ):
                tell(event)
                story.tell(event)
                set_off(event)
            result.report = story.report
            if with_har:
                result.har = titled(world.journal.har(), scenario)
    except Unreachable:
        raise
    except MockserverError as error:
        result.refused = error
    return result


@contextlib.contextmanager
def own_emulator(port: int, bounds: FileBounds = FILE_BOUNDS) -> Generator[str]:
    """An emulator for one command, on this port, which reads files within `bounds`; its URL.

    Raises `Unreachable` when the port is taken.
    """
    from mockserver.app import build_app
    from mockserver.server import bind, running

    try:
        sock = bind("127.0.0.1", port)
    except Unreachable as error:
        raise Unreachable(
            error.message,
            hint=f"Is your emulator running there? Then use it: --server http://127.0.0.1:{port}. Else give --port.",
        ) from None
    settings = Settings(port=port, max_file=bounds.bytes, max_depth=bounds.depth, max_file_aliases=bounds.aliases)
    with running(build_app(settings), sock) as url:
        yield url


@contextlib.contextmanager
def world_for_a_run(server: str, token: str | None) -> Generator[str]:
    """A world of a server that is dropped afterwards; its name."""
    world = ServerClient(server, token).create_world()
    try:
        yield world.name
    finally:
        world.drop()


@contextlib.contextmanager
def reference_stage(server: str, world: str, token: str | None = None) -> Generator[Stage]:
    """A world with the reference plugin beside it, on a free port, playing the quickstart's plugin."""
    from mockserver.reference_plugin import Settings as PluginSettings
    from mockserver.reference_plugin import build_plugin
    from mockserver.server import bind, in_background, url_of

    sock = bind("127.0.0.1", 0)
    url = url_of(sock)
    endpoints = {name: url + path for name, path in PATHS.items()}
    client_id, client_secret = quickstart_credentials()
    plugin = build_plugin(
        PluginSettings(
            motar_url=_world(server, world, token)["base_url"],
            client_id=client_id,
            client_secret=client_secret,
            redirect_uri=endpoints["redirect_uri"],
            verify_origin="https://api.motar.io",
        )
    )
    with in_background(plugin, sock):
        # The reference plugin knows the fixture's own credentials, in whatever world it is asked to play.
        settings = {"motar": endpoints, "core": {"fixture_credentials": "literal"}}
        yield Stage(server, world, settings, "the reference plugin")


def quickstart_credentials() -> tuple[str, str]:
    """The client ID and secret that the shipped quickstart fixture spells out."""
    from mockserver import resources
    from mockserver.checking import yaml
    from mockserver.platforms.motar.fixtures import FixtureFile
    from mockserver.settings import QUICKSTART

    text = resources.read("fixtures", QUICKSTART)
    file = yaml.load(text.text, FixtureFile, text.source)
    plugin = next(plugin for organization in file.organizations for plugin in organization.plugins)
    return plugin.client_id or "", plugin.client_secret or ""


def _world(server: str, world: str, token: str | None) -> dict[str, Any]:
    try:
        return ServerClient(server, token).world(world).show()
    except ServerSaidNo as no:
        fail(no, 2)


def _input(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--input {text!r} is not NAME=VALUE.")
    return name, plain_value(value)
