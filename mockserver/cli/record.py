"""`mockserver record`: what happens in a world, or between a plugin and the real vendor, becomes a scenario."""

from __future__ import annotations

import shlex
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import click
from msgspec import UNSET

from mockserver.cli import fail
from mockserver.cli.options import server_option, token_option, world_option
from mockserver.client import ServerClient, ServerSaidNo
from mockserver.client.world import DEFAULT

_FILE = click.Path(dir_okay=False, path_type=Path)
_OF_A_WORLD = ("world", "whole", "server", "control_token")
_OF_AN_UPSTREAM = ("port", "plugin", "plugin_port", "har", "max_body", "timeout", "quiet")


@click.command()
@world_option
@click.option("--output", "-o", type=_FILE, help="File to write; else it is printed.")
@click.option(
    "--name", metavar="NAME", help="The scenario's name.  [default: recordings/WORLD, or the upstream's host]"
)
@click.option("--whole", is_flag=True, help="Begin with the world, not just now; with nothing more to wait for.")
@server_option
@token_option
@click.option("--upstream", metavar="URL", help="Record the real vendor, which is there, instead of a world.")
@click.option("--port", type=int, default=8600, show_default=True, help="Where your plugin calls the upstream.")
@click.option("--plugin", metavar="URL", help="Your plugin, to record the webhooks that the upstream sends it as well.")
@click.option("--plugin-port", type=int, default=8601, show_default=True, help="Where webhooks for --plugin arrive.")
@click.option("--har", type=_FILE, metavar="FILE", help="Write the upstream's recording as HAR 1.2 as well.")
@click.option(
    "--max-body",
    type=click.IntRange(min=1),
    metavar="BYTES",
    default=10 * 1024 * 1024,
    show_default=True,
    help="Largest body of a request that passes, and of an answer that is kept.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    default=60.0,
    show_default=True,
    help="How long the upstream may be silent.",
)
@click.option("--quiet", "-q", is_flag=True, help="No line for each exchange.")
@click.pass_context
def record(
    context: click.Context,
    world: str,
    output: Path | None,
    name: str | None,
    whole: bool,
    server: str,
    control_token: str | None,
    upstream: str | None,
    port: int,
    plugin: str | None,
    plugin_port: int,
    har: Path | None,
    max_body: int,
    timeout: float,
    quiet: bool,
) -> None:
    """Record what happens in a world of a running server, as a scenario that makes it happen again.

    Actions, requests, webhooks and moves of the clock are written down until Ctrl-C. Replay them with

      mockserver run FILE --plugin URL

    in a fresh world: values that came from an earlier step are references to it, secrets are left out,
    and what differs from run to run is matched by its type. Leave your plugin time to finish before
    the next click: a replay waits for what it did by then.

    With --whole everything since the world's creation is written at once.

    With --upstream a proxy on this machine hands everything on to the real vendor, and keeps it:

    \b
      mockserver record --upstream https://sandbox.motar.io \\
          --plugin http://localhost:3000 -o real.yaml

    Your plugin calls http://127.0.0.1:8600 instead of the vendor; the vendor's webhooks come to port
    8601, where you point a tunnel, and go on to your plugin. A replay answers as the vendor did.
    A FILE that ends in .har is written as HAR.
    """
    other = _OF_A_WORLD if upstream is not None else _OF_AN_UPSTREAM
    for each in other:
        if context.get_parameter_source(each) is click.core.ParameterSource.COMMANDLINE:
            why = "goes without --upstream" if upstream is not None else "is for --upstream URL"
            raise click.UsageError(f"--{each.replace('_', '-')} {why}.")
    if upstream is not None:
        from mockserver.cli.record_upstream import Recording, record_upstream

        record_upstream(
            Recording(
                upstream=upstream,
                port=port,
                plugin=plugin,
                plugin_port=plugin_port,
                output=output,
                har=har,
                name=name,
                max_body=max_body,
                timeout=timeout,
                quiet=quiet,
            )
        )
        return
    stopped = threading.Event()
    with ServerClient(server, control_token) as client:
        handle = client.world(world)
        try:
            if not whole and handle.show()["exchanges"]:
                click.secho(_began_before(world), err=True, fg="yellow")
            started = handle.start_recording(name, whole=whole)
            if not whole:
                _wait(stopped, f"Recording the world {world} as {started['name']}; Ctrl-C ends it.")
            recorded = handle.stop_recording()
            told = handle.show()
        except ServerSaidNo as no:
            handle.discard_recording()
            fail(no, 1)
    if output is None:
        click.echo(recorded["text"], nl=False)
        return
    output.write_text(recorded["text"], encoding="utf-8")
    steps = f"{recorded['steps']} step{'s' if recorded['steps'] != 1 else ''}"
    click.echo(f"Wrote {output}: {steps}. Replay it with:", err=True)
    click.echo(f"  {_replay(output, recorded['text'], server, told)}", err=True)


def _replay(output: Path, text: str, server: str, world: dict[str, Any]) -> str:
    """The command that performs a recording of a world (as `show` has it) again, with who was recorded in it.

    That is the world's plugin where one answered or is set, else a client where there was one that called; the
    reference plugin where nobody was there.
    """
    from mockserver.checking.bounds import FileBounds
    from mockserver.client.answers import Plugin
    from mockserver.scenarios import load_scenario
    from mockserver.scenarios.model import Input
    from mockserver.scenarios.steps import AwaitStep, ExpectStep

    scenario = load_scenario(text, str(output), bounds=FileBounds(bytes=len(text.encode())))
    command = ["mockserver", "run", str(output)]
    at = ["--server", server, *(["--world", world["name"]] if world["name"] != DEFAULT else [])]
    if world["settings"]["motar"]["request_endpoint"]:
        command += at
    elif any(isinstance(step, ExpectStep) and step.where.status is not UNSET for step in scenario.steps):
        plugin = Plugin.pick(world, None)
        endpoints = {
            "--request-endpoint": plugin.request_endpoint,
            "--distribution-endpoint": plugin.distribution_endpoint,
            "--redirect-uri": next(iter(plugin.redirect_uris), None),
        }
        command += [*at, *(part for name, url in endpoints.items() if url for part in (name, url))]
    elif any(isinstance(step, AwaitStep) for step in scenario.steps):
        command += ["--client", "COMMAND --url {url}"]
    for name, declared in scenario.inputs.items():
        if isinstance(declared, Input) and declared.default is UNSET:
            command += ["--input", f"{name}=…"]
    return shlex.join(command)


def _began_before(world: str) -> str:
    return (
        f"Something has happened in the world {world} before, and a replay begins without it.\n"
        f"  To have it as well: --whole. To begin afresh: mockserver worlds reset {world}"
    )


def _wait(stopped: threading.Event, told: str) -> None:
    def stop(number: int, frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    click.secho(told, err=True, fg="yellow")
    sys.stderr.flush()
    try:
        while not stopped.wait(0.5):
            pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
