"""Options that several commands have."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from mockserver.settings import DESCRIPTIONS, Resolved, resolve

F = TypeVar("F", bound=Callable[..., Any])

CHOICES = {
    "clock": ("live", "frozen", "auto"),
    "durability": ("os", "fsync", "none"),
    "log_level": ("critical", "error", "warning", "info", "debug"),
    "log_format": ("auto", "text", "json"),
}
SERVER = "http://127.0.0.1:8600"

server_option = click.option(
    "--server",
    metavar="URL",
    envvar="MOTAR_MOCK_URL",
    default=SERVER,
    show_default=True,
    help="The running emulator to talk to (or MOTAR_MOCK_URL).",
)
token_option = click.option(
    "--control-token", metavar="TOKEN", envvar="MOTAR_MOCK_CONTROL_TOKEN", help="The token that server asks for."
)
world_option = click.option("--world", "-w", metavar="WORLD", default="default", show_default=True, help="Which world.")


def settings_options(function: F) -> F:
    """Every field of `Settings` as a flag; what is not given is None or empty."""
    from mockserver.settings import Settings

    kinds: dict[str, dict[str, Any]] = {
        "host": {},
        "port": {"type": int},
        "seed": {"type": int},
        "data": {"metavar": "DIR"},
        "durability": {"type": click.Choice(CHOICES["durability"])},
        "checkpoint_after": {"type": int, "metavar": "BYTES"},
        "fixture": {"multiple": True, "metavar": "FIXTURE"},
        "scenarios": {"multiple": True, "metavar": "PATH"},
        "watch": {"is_flag": True, "default": None},
        "clock": {"type": click.Choice(CHOICES["clock"])},
        "strict": {"is_flag": True, "default": None},
        "public_url": {"metavar": "URL"},
        "log_level": {"type": click.Choice(CHOICES["log_level"])},
        "ready_file": {"metavar": "PATH"},
        "request_endpoint": {"metavar": "URL"},
        "distribution_endpoint": {"metavar": "URL"},
        "redirect_uri": {"metavar": "URL"},
        "set": {"multiple": True, "metavar": "SECTION.NAME=VALUE"},
        "auto_worlds": {"is_flag": True, "default": None},
        "max_body": {"type": int, "metavar": "BYTES"},
        "allow_host": {"multiple": True, "metavar": "HOST"},
        "control_token": {"metavar": "TOKEN"},
        "tls_port": {"type": int},
        "tls_host": {"multiple": True, "metavar": "NAME"},
        "tls_dir": {"metavar": "DIR"},
        "map_host": {"multiple": True, "metavar": "FROM=TO"},
        "allow_target": {"multiple": True, "metavar": "ADDRESS"},
        "max_response": {"type": int, "metavar": "BYTES"},
        "max_attempts": {"type": int, "metavar": "N"},
        "max_attempts_per_target": {"type": int, "metavar": "N"},
        "max_control_body": {"type": int, "metavar": "BYTES"},
        "max_url": {"type": int, "metavar": "BYTES"},
        "max_headers": {"type": int, "metavar": "N"},
        "max_header_bytes": {"type": int, "metavar": "BYTES"},
        "max_depth": {"type": int, "metavar": "LEVELS"},
        "max_file": {"type": int, "metavar": "BYTES"},
        "max_file_aliases": {"type": int, "metavar": "N"},
        "max_unaddressed": {"type": int, "metavar": "N"},
        "journal_exchanges": {"type": int, "metavar": "N"},
        "journal_bytes": {"type": int, "metavar": "BYTES"},
        "journal_server_bytes": {"type": int, "metavar": "BYTES"},
        "max_worlds": {"type": int, "metavar": "N"},
        "world_ttl": {"type": float, "metavar": "SECONDS"},
        "log_format": {"type": click.Choice(CHOICES["log_format"])},
        "extension": {"multiple": True, "metavar": "MODULE"},
    }
    defaults = Settings()
    for name, kind in reversed(kinds.items()):
        default = getattr(defaults, name)
        shown = ", ".join(default) if isinstance(default, tuple) else default
        note = f"  [default: {shown}]" if shown not in (None, "", False) else ""
        function = click.option(f"--{name.replace('_', '-')}", name, help=DESCRIPTIONS[name] + note, **kind)(function)
    return function


def resolved(flags: dict[str, Any]) -> Resolved:
    """Settings from flags, environment and `mockserver.toml` of the current directory."""
    return resolve(flags, os.environ, directory=Path.cwd())
