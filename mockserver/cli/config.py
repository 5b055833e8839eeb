"""`mockserver config`."""

from __future__ import annotations

from typing import Any

import click

from mockserver.cli.options import resolved, settings_options
from mockserver.settings import SECRET


@click.group()
def config() -> None:
    """Look at the settings."""


@config.command()
@settings_options
def show(**flags: Any) -> None:
    """Print every setting, its value, and where it came from: flag, environment, file or default."""
    found = resolved(flags)
    for name, origin in found.origins.items():
        value = getattr(found.settings, name)
        shown = ", ".join(value) if isinstance(value, tuple) else value
        if name in SECRET and value is not None:
            shown = "(hidden)"
        told = "-" if shown in (None, "") else str(shown).lower() if isinstance(shown, bool) else str(shown)
        dim = origin == "default"
        click.echo(f"{name:<22} {told:<32} {click.style(origin, dim=dim)}")
