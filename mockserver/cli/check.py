"""`mockserver check`: what a good plugin does, tried on yours."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mockserver.cli import fail
from mockserver.cli.options import token_option, world_option
from mockserver.cli.run import PATHS, own_emulator, reference_stage, world_for_a_run
from mockserver.errors import MockserverError
from mockserver.world.durations import parse_duration

if TYPE_CHECKING:
    from mockserver.checks import Bench, Check, Result

COLORS = {"passed": "green", "failed": "red", "not applicable": "yellow"}
MARKS = {"passed": "✓", "failed": "✗", "not applicable": "-"}
REFERENCE = "the reference plugin"
PLAIN_MARKS = {"passed": "ok", "failed": "FAILED", "not applicable": "-"}


@click.command()
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
@click.option("--verifies-origin", is_flag=True, help="It should refuse webhooks that come from another origin.")
@click.option("--server", metavar="URL", help="A running emulator; one is started if not given.")
@click.option(
    "--port", type=int, help="Port of the emulator that is started.  [default: 8600 with your plugin, else free]"
)
@click.option("--only", multiple=True, metavar="ID", help="Perform this check; may be given several times.")
@click.option("--skip", multiple=True, metavar="ID", help="Leave this check out; may be given several times.")
@click.option(
    "--patience", default="5s", show_default=True, metavar="DURATION", help="How long to wait for what it does itself."
)
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write JUnit XML, too.")
@click.option("--list", "listed", is_flag=True, help="List the checks, and perform none.")
@world_option
@token_option
def check(
    plugin: str | None,
    request_endpoint: str | None,
    distribution_endpoint: str | None,
    redirect_uri: str | None,
    verifies_origin: bool,
    server: str | None,
    port: int | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    patience: str,
    output: str,
    junit: Path | None,
    listed: bool,
    world: str,
    control_token: str | None,
) -> None:
    """Check whether your plugin does what a good plugin does, and say what to do where it does not.

    Your plugin must already run, must use the emulator as its MOTAR base URL, and must have the
    client ID and secret that `mockserver serve` prints. Without --plugin or endpoints it is the plugin
    that the --server was started for, else the reference plugin.

    Each check starts the world over. One that is not applicable says why and fails nothing.

    Exit code 0 when no check failed, 1 when one did, 2 when checks cannot be performed.
    """
    from mockserver.checks import Bench, Waits, chosen
    from mockserver.client import ServerClient

    given = {
        "request_endpoint": request_endpoint,
        "distribution_endpoint": distribution_endpoint,
        "redirect_uri": redirect_uri,
    }
    endpoints = {name: url for name, url in given.items() if url is not None}
    if plugin is not None:
        endpoints = {name: plugin.rstrip("/") + path for name, path in PATHS.items()} | endpoints
    logging.getLogger("reference_plugin").setLevel(logging.CRITICAL)
    try:
        checks = chosen(only, skip)
        if listed:
            _list(checks)
            return
        waits = Waits(patience=parse_duration(patience).total_seconds())
        with contextlib.ExitStack() as stack:
            is_own = server is None
            url = server or stack.enter_context(own_emulator(port if port is not None else 8600 if endpoints else 0))
            client = stack.enter_context(ServerClient(url, control_token))
            name = REFERENCE
            if not is_own:
                known = client.world(world).show()["settings"]["motar"]
                endpoints = {each: known[each] for each in PATHS if known[each]} | endpoints
            if endpoints:
                _check_complete(endpoints)
                name = endpoints["request_endpoint"]
            else:
                if not is_own and world == "default":
                    world = stack.enter_context(world_for_a_run(url, control_token))
                endpoints = stack.enter_context(reference_stage(url, world, control_token)).settings["motar"]
                verifies_origin = True
            bench = Bench(
                client, world, endpoints, seed=secrets.randbelow(2**40), waits=waits, claims_origin=verifies_origin
            )
            results = _perform(checks, bench, name, quiet=output == "json")
    except MockserverError as error:
        fail(error, 2)
    _report(results, name, output, junit)
    if server is not None and name != REFERENCE and output == "text":
        back = f"mockserver worlds reset {world} --server {server}"
        click.secho(f"  The world {world} is as the last check left it; back with: {back}", dim=True)
    sys.exit(1 if any(result.outcome == "failed" for result in results) else 0)


def _check_complete(endpoints: dict[str, str]) -> None:
    for name in ("request_endpoint", "redirect_uri"):
        if name not in endpoints:
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"{option} is missing: give it, or --plugin for the default paths.")


def _perform(checks: list[Check], bench: Bench, plugin: str, *, quiet: bool) -> list[Result]:
    from mockserver.checks import perform

    if not quiet:
        click.echo()
        click.secho(f"  What a good plugin does, tried on {plugin}", bold=True)
        click.echo()
    results = []
    for result in perform(checks, bench):
        results.append(result)
        if not quiet:
            _tell(result)
    return results


def _tell(result: Result) -> None:
    from mockserver.checks.report import lines

    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    mark = click.style((MARKS if utf8 else PLAIN_MARKS)[result.outcome], fg=COLORS[result.outcome], bold=True)
    click.echo(f"  {mark} {result.check.id:<28}  {result.check.title}")
    if result.outcome == "not applicable":
        click.secho(f"      {result.message}", dim=True)
    elif result.outcome == "failed":
        click.echo(f"      {result.message}")
        for line in lines(result):
            click.secho(f"        {line}", dim=True)
        click.echo(f"      {click.style('To do:', fg='cyan')} {result.check.good}")
        click.secho(f"      {result.check.evidence}: {result.check.source}", dim=True)


def _report(results: list[Result], plugin: str, output: str, junit_file: Path | None) -> None:
    from mockserver.checks import report
    from mockserver.scenarios.junit import junit

    told = report.data(results, plugin)
    if junit_file is not None:
        try:
            junit_file.parent.mkdir(parents=True, exist_ok=True)
            junit_file.write_bytes(junit([report.suite(results, plugin)]))
        except OSError as error:
            fail(MockserverError(f"{junit_file} cannot be written: {error.strerror}."), 2)
    if output == "json":
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    verdict = click.style("PASSED" if told["passed"] else "FAILED", fg="green" if told["passed"] else "red", bold=True)
    counts = ", ".join(f"{n} {outcome}" for outcome, n in told["counts"].items())
    click.echo()
    click.echo(f"  {verdict}  {counts}")
    if not told["passed"]:
        first = next(result.check.id for result in results if result.outcome == "failed")
        click.echo(f"  Try one again with --only {first}; mockserver docs check says more.")


def _list(checks: list[Check]) -> None:
    width = max(len(each.id) for each in checks)
    for each in checks:
        click.echo(f"{click.style(each.id.ljust(width), fg='cyan')}  {each.title}")
