"""`mockserver record`: what happens in a world becomes a scenario."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

import click

from mockserver.cli import fail
from mockserver.cli.options import server_option, token_option, world_option
from mockserver.client import ServerClient, ServerSaidNo


@click.command()
@world_option
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write; else it is printed."
)
@click.option("--name", metavar="NAME", help="The scenario's name.  [default: recordings/WORLD]")
@click.option("--whole", is_flag=True, help="Begin with the world, not just now; with nothing more to wait for.")
@server_option
@token_option
def record(
    world: str, output: Path | None, name: str | None, whole: bool, server: str, control_token: str | None
) -> None:
    """Record what happens in a world of a running server, as a scenario that makes it happen again.

    Actions, requests, webhooks and moves of the clock are written down until Ctrl-C. Replay them with

      mockserver run FILE --plugin URL

    in a fresh world: values that came from an earlier step are references to it, secrets are left out,
    and what differs from run to run is matched by its type. Leave your plugin time to finish before
    the next click: a replay waits for what it did by then.

    With --whole everything since the world's creation is written at once.
    """
    stopped = threading.Event()
    with ServerClient(server, control_token) as client:
        handle = client.world(world)
        try:
            started = handle.start_recording(name, whole=whole)
            if not whole:
                _wait(stopped, f"Recording the world {world} as {started['name']}; Ctrl-C ends it.")
            recorded = handle.stop_recording()
        except ServerSaidNo as no:
            handle.discard_recording()
            fail(no, 1)
    if output is None:
        click.echo(recorded["text"], nl=False)
        return
    output.write_text(recorded["text"], encoding="utf-8")
    steps = f"{recorded['steps']} step{'s' if recorded['steps'] != 1 else ''}"
    click.echo(f"Wrote {output}: {steps}. Replay it with: mockserver run {output}", err=True)


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
