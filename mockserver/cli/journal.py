"""`mockserver journal`: what happened in a world."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from mockserver.cli.options import server_option, token_option, world_option
from mockserver.client import ServerClient
from mockserver.errors import MockserverError


@click.command()
@world_option
@click.option("--har", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write it as HAR 1.2.")
@server_option
@token_option
def journal(world: str, har: Path | None, server: str, control_token: str | None) -> None:
    """Print what happened in a world of a running server, a line each, oldest first.

    With --har requests and webhooks are written to a file that the developer tools of browsers, proxies
    and load testers open; secrets are placeholders in it. `mockserver scenarios import FILE.har` makes a
    scenario of one.
    """
    with ServerClient(server, control_token) as client:
        told = client.world(world).journal
        if har is None:
            for each in told.exchanges(limit=10_000):
                where = each.path.partition("?")[0]
                what = where if each.kind in ("action", "clock") else f"{each.method} {where}"
                ending = each.error or (each.status if each.status is not None else "")
                click.echo(f"#{each.id:<5} {each.kind:<9} {what}{f' -> {ending}' if ending else ''}")
            return
        document = told.har()
    try:
        har.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")
    except OSError as error:
        raise MockserverError(f"{har} cannot be written: {error.strerror}.") from None
    entries = len(document["log"]["entries"])
    click.echo(f"Wrote {har}: {entries} {'entries' if entries != 1 else 'entry'}.")
