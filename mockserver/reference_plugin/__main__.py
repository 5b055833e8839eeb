"""Runs the reference plugin: `python -m mockserver.reference_plugin --help`."""

from __future__ import annotations

import logging
from typing import Any

import click
import uvicorn

from mockserver.reference_plugin import Settings, build_plugin


@click.command(context_settings={"auto_envvar_prefix": "PLUGIN", "show_default": True})
@click.option("--motar-url", default="http://127.0.0.1:8600", help="Where MOTAR is; a path prefix is kept.")
@click.option("--client-id", required=True, help="The plugin's client ID in MOTAR Studio.")
@click.option("--client-secret", required=True, help="The plugin's client secret.")
@click.option("--redirect-uri", help="As registered in Studio.  [default: http://127.0.0.1:PORT/motar/callback]")
@click.option("--verify-origin", help="Refuse webhooks that do not carry this Origin header.")
@click.option("--host", default="127.0.0.1", help="Address to listen on.")
@click.option("--port", default=8700, type=click.IntRange(1, 65535), help="Port to listen on.")
def main(host: str, port: int, redirect_uri: str | None, **studio: Any) -> None:
    """Run the reference ATO plugin.

    Each option can come from the environment instead: PLUGIN_CLIENT_SECRET for --client-secret, and so on. That is the
    better way for the secret, since everybody on a machine can read command lines.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    settings = Settings(redirect_uri=redirect_uri or f"http://127.0.0.1:{port}/motar/callback", **studio)
    # No access log: it would print the address of the callback, and with it the code.
    uvicorn.run(build_plugin(settings), host=host, port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main(prog_name="python -m mockserver.reference_plugin")
