"""`mockserver demo`: the first five minutes."""

from __future__ import annotations

import logging
import sys

import click

from mockserver.cli import fail
from mockserver.cli.run import perform, reference_stage
from mockserver.settings import Settings

SCENARIO = "motar/ato-happy-path"


@click.command()
def demo() -> None:
    """Watch a whole ATO request happen: no network, no account, nothing to configure.

    Starts the emulator and the reference plugin on free ports and runs the scenario
    motar/ato-happy-path against them, step by step. Exit code 0, or 1 if a step fails.
    """
    from mockserver.app import build_app
    from mockserver.server import running

    logging.getLogger("reference_plugin").setLevel(logging.CRITICAL)
    with running(build_app(Settings(port=0))) as server, reference_stage(server, "default") as stage:
        plugin = stage.settings["motar"]["request_endpoint"].partition("/motar")[0]
        click.echo()
        click.secho("  An ATO request, from Studio to completed, without a network", bold=True)
        click.echo()
        click.echo(f"  MOTAR, as the plugin sees it    {server}")
        click.echo(f"  the reference plugin            {plugin}")
        click.echo()
        result = perform(stage, SCENARIO)
    if result.refused is not None:
        fail(result.refused, 2)
    click.echo()
    if result.passed:
        click.echo("  What you saw is a scenario file (mockserver run motar/ato-happy-path) against an example plugin")
        click.echo("  to learn from (mockserver/reference_plugin). For your own plugin, start the emulator with")
        click.echo()
        click.echo(f"      {click.style('mockserver serve', fg='cyan')}   (or make serve)")
        click.echo()
    sys.exit(0 if result.passed else 1)
