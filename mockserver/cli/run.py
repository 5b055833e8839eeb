"""`mockserver run`: scenarios against a plugin, step by step."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sys
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

import click

from mockserver.cli import fail
from mockserver.cli.options import token_option, world_option
from mockserver.cli.story import Story
from mockserver.client import ServerClient, ServerSaidNo
from mockserver.client.world import scenario_body
from mockserver.errors import Unreachable
from mockserver.scenarios.order import Mode
from mockserver.settings import Settings, plain_value

PATHS = {
    "request_endpoint": "/motar/requests",
    "distribution_endpoint": "/motar/distributions",
    "redirect_uri": "/motar/callback",
}


@dataclass(frozen=True)
class Stage:
    """A server and a world to run on, the world's settings for these runs, and the plugin's name for people.

    `seed` counts where a scenario names none, `mode` instead of a scenario's own.
    """

    server: str
    world: str
    settings: dict[str, Any]
    plugin: str
    seed: int | None = None
    mode: str | None = None


@click.command()
@click.argument("scenarios", nargs=-1, required=True, metavar="SCENARIO...")
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
@click.option("--server", metavar="URL", help="A running emulator; one is started for the run if not given.")
@click.option(
    "--port", type=int, help="Port of the emulator that is started.  [default: 8600 with --plugin, else free]"
)
@click.option("--input", "inputs", multiple=True, metavar="NAME=VALUE", help="An input of the scenario.")
@click.option("--seed", type=int, help="Seed where the scenario names none; a new one for each run with your plugin.")
@click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    help="In what order things may come, instead of what the scenario says; strict lets nothing else happen.",
)
@world_option
@token_option
def run(
    scenarios: tuple[str, ...],
    plugin: str | None,
    request_endpoint: str | None,
    distribution_endpoint: str | None,
    redirect_uri: str | None,
    server: str | None,
    port: int | None,
    inputs: tuple[str, ...],
    seed: int | None,
    mode: str | None,
    world: str,
    control_token: str | None,
) -> None:
    """Run SCENARIOs, each a file or a name (`mockserver scenarios list`), and print every step.

    Your plugin must already run and must use the emulator as its MOTAR base URL; with --server and
    neither --plugin nor endpoints, the plugin that the server was started for is used, or the
    reference plugin.

    The world is started over for each run, and with your plugin it has other ids each time unless
    you give --seed: a plugin that goes on running would take a repeated request for an old one. On a
    server of yours the reference plugin plays in a world of its own, which is dropped afterwards.

    Exit code 0 when all passed, 1 when a step failed, 2 when a scenario cannot be read.
    """
    given = {
        "request_endpoint": request_endpoint,
        "distribution_endpoint": distribution_endpoint,
        "redirect_uri": redirect_uri,
    }
    endpoints = {name: url for name, url in given.items() if url is not None}
    if plugin is not None:
        endpoints = {name: plugin.rstrip("/") + path for name, path in PATHS.items()} | endpoints
    for each in scenarios:
        _check_readable(each)
    given_inputs = dict(_input(item) for item in inputs)
    logging.getLogger("reference_plugin").setLevel(logging.CRITICAL)
    passed = []
    given_server = server
    configured = False
    with contextlib.ExitStack() as stack:
        if server is not None:
            configured = bool(_world(server, world, control_token)["settings"]["motar"]["request_endpoint"])
        else:
            server = stack.enter_context(_emulator(port if port is not None else 8600 if endpoints else 0))
        for scenario in scenarios:
            if endpoints or configured:
                plugin_name = endpoints.get("request_endpoint", "the plugin the server was started for")
                settings = {"motar": endpoints} if endpoints else {}
                fresh = secrets.randbelow(1_000_000) if seed is None else seed
                stage = Stage(server, world, settings, plugin_name, fresh, mode)
                passed.append(perform(stage, scenario, given_inputs, control_token))
            elif given_server is not None and world == "default":
                # A world of its own: what people work with in `default` stays as it is.
                with (
                    _world_for_a_run(server, control_token) as own,
                    reference_stage(server, own, control_token) as stage,
                ):
                    passed.append(perform(replace(stage, seed=seed, mode=mode), scenario, given_inputs, control_token))
            else:
                with reference_stage(server, world, control_token) as stage:
                    passed.append(perform(replace(stage, seed=seed, mode=mode), scenario, given_inputs, control_token))
    if given_server is not None and (endpoints or configured):
        told = f"The world {world} is as the run left it; back with: mockserver worlds reset {world} --server {server}"
        click.secho(f"  {told}", dim=True)
    sys.exit(0 if all(passed) else 1)


def perform(stage: Stage, scenario: str, inputs: Mapping[str, Any] | None = None, token: str | None = None) -> bool:
    """Run one scenario on a server and print its story; answers whether it passed. Exits with 2 if it is none."""
    story = Story(stage.plugin, stage.seed)
    try:
        with ServerClient(stage.server, token) as server:
            world = server.world(stage.world)
            for event in world.follow(
                scenario, inputs=inputs, settings=stage.settings, seed=stage.seed, mode=stage.mode
            ):
                story.tell(event)
    except ServerSaidNo as no:
        fail(no, 2)
    return story.passed


@contextlib.contextmanager
def _emulator(port: int) -> Generator[str]:
    from mockserver.app import build_app
    from mockserver.server import bind, running

    try:
        sock = bind("127.0.0.1", port)
    except Unreachable as error:
        raise Unreachable(
            error.message,
            hint=f"Is your emulator running there? Then use it: --server http://127.0.0.1:{port}. Else give --port.",
        ) from None
    with running(build_app(Settings(port=port)), sock) as url:
        yield url


@contextlib.contextmanager
def _world_for_a_run(server: str, token: str | None) -> Generator[str]:
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


def _check_readable(reference: str) -> None:
    """Refuse a file that cannot be read before anything is started; a name is the server's to know."""
    try:
        scenario_body(reference)
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{reference} cannot be read: {error}.") from None


def _input(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--input {text!r} is not NAME=VALUE.")
    return name, plain_value(value)
