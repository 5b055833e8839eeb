"""`mockserver tls`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mockserver.cli.serve import write_whole
from mockserver.settings import resolve


@click.group()
def tls() -> None:
    """Get the certificate that clients of `serve --tls-port` must trust."""


@tls.command()
@click.option("--out", metavar="FILE", help="Write it to FILE instead of printing it.")
@click.option("--data", metavar="DIR", help="The data directory of the server, if it has one.")
@click.option(
    "--tls-dir", metavar="DIR", help="The directory of the certificate authority, if the server was given one."
)
def ca(out: str | None, data: str | None, tls_dir: str | None) -> None:
    """Print the certificate of the authority (PEM), making one if there is none yet.

    Give --data or --tls-dir as you give them to serve, or neither to both. docs/tls.md has the lines
    with which Node, Python, Java, .NET, browsers and curl trust it.

    The key beside it can vouch for any name: trust this authority in the process under test, not on
    the whole machine, wherever there is a choice.
    """
    from mockserver.tls import Authority, directory

    found = resolve({"data": data, "tls_dir": tls_dir}, os.environ, directory=Path.cwd())
    authority = Authority.open(directory(found.settings))
    text = authority.certificate.decode("ascii")
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        write_whole(Path(out), text)
    except OSError as error:
        raise click.UsageError(f"--out {out!r} cannot be written: {error.strerror or error}.") from None
    click.echo(f"{out} is what to trust; docs/tls.md says how.", err=True)
