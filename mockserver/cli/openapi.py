"""`mockserver openapi`: the description of everything that can be called, without a server."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import click

from mockserver.cli.options import SERVER


@click.command()
@click.option("--output", "-o", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Write it there.")
@click.option(
    "--base-url", metavar="URL", default=SERVER, show_default=True, help="Where the server will be that it describes."
)
def openapi(output: Path | None, base_url: str) -> None:
    """Print the control API and every platform as OpenAPI 3.1.

    A running server answers the same at /_mock/openapi.json. Examples are the quickstart fixture's.
    """
    document = _document(base_url.rstrip("/"))
    if output is None:
        click.echo(document, nl=False)
        return
    try:
        output.write_bytes(document)
    except OSError as error:
        raise click.FileError(str(output), error.strerror) from None


def _document(base_url: str) -> bytes:
    from mockserver.app import build_app, load_platforms
    from mockserver.control.openapi import rendered
    from mockserver.control.openapi.document import describe
    from mockserver.settings import Settings
    from mockserver.world.worlds import DEFAULT

    platforms = load_platforms()
    world = build_app(Settings()).worlds.find(DEFAULT)
    overview = {platform.name: platform.overview(world) for platform in platforms}
    return rendered(describe(platforms, version("motar-mockserver"), base_url, overview))
