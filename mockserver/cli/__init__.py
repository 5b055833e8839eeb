"""The command line: `mockserver`, or `python -m mockserver`."""

from __future__ import annotations

import io
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any, NoReturn

import click

from mockserver.cli.docs import pointer
from mockserver.errors import InvalidFile, MockserverError, Unknown, Unreachable

COMMANDS = {
    "demo": ("demo", "demo"),
    "serve": ("serve", "serve"),
    "run": ("run", "run"),
    "check": ("check", "check"),
    "record": ("record", "record"),
    "journal": ("journal", "journal"),
    "faults": ("faults", "faults"),
    "trigger": ("remote", "trigger"),
    "actions": ("remote", "actions"),
    "worlds": ("remote", "worlds"),
    "scenarios": ("remote", "scenarios"),
    "workflow": ("workflow", "workflow"),
    "config": ("config", "config"),
    "tls": ("tls", "tls"),
    "wait": ("wait", "wait"),
    "fidelity": ("fidelity", "fidelity"),
    "openapi": ("openapi", "openapi"),
    "docs": ("docs", "docs"),
}

SUMMARIES = {
    "demo": "Watch a whole ATO request happen, offline.",
    "serve": "Run the emulator.",
    "run": "Run scenarios against a plugin.",
    "check": "Check whether a plugin does what a good plugin does.",
    "record": "Make a scenario of what happens in a world, or at the real vendor.",
    "journal": "Print what happened in a world, or write it as HAR.",
    "faults": "Let calls and webhooks fail on purpose.",
    "trigger": "Do what a person does in Studio.",
    "actions": "List what can be triggered.",
    "worlds": "List, create, reset and drop worlds.",
    "scenarios": "Check scenario files; list, show, import, export and drop those of a server.",
    "workflow": "Check, draw, explain and run Akana workflow files.",
    "config": "Show the settings and where each came from.",
    "tls": "Get the certificate that https clients must trust.",
    "wait": "Wait until an emulator is ready.",
    "fidelity": "Say how sure we are of each emulated behaviour.",
    "openapi": "Print everything that can be called as OpenAPI.",
    "docs": "Read the documentation, offline.",
}


class LazyGroup(click.Group):
    """Imports a command's module when it is called, so that `--help` and completion are quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"mockserver.cli.{module}"), attribute)
        command.epilog = pointer(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES[name]) for name in COMMANDS])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError:
            unknown = Unknown("command", args[0], COMMANDS)
            raise click.UsageError(str(unknown), ctx) from None


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(version("motar-mockserver"), prog_name="mockserver")
def cli() -> None:
    """A local emulator of MOTAR for people who write ATO plugins: offline, deterministic, scriptable.

    \b
    First steps:
      mockserver demo                              watch a whole ATO request happen
      mockserver serve                             run the emulator for your plugin
      mockserver trigger motar.start_ato_request   click "start" in Studio
      mockserver docs                              the documentation, offline

    Exit codes: 0 all went well, 1 something failed or was refused, 2 wrong usage or an unreadable file.
    """


def main() -> None:
    """Run the command line; our own errors end it with a message instead of a stack trace."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character should show something else, not end the command.
            stream.reconfigure(errors="replace")
    try:
        cli.main(standalone_mode=True)
    except InvalidFile as error:
        fail(error, 2)
    except Unreachable as error:
        fail(error, 1)
    except MockserverError as error:
        fail(error, 1 if _is_refusal(error) else 2)


def _is_refusal(error: MockserverError) -> bool:
    # Whoever raised one has imported it; nobody else should have to.
    from mockserver.client.errors import ServerSaidNo

    return isinstance(error, ServerSaidNo)


def fail(error: MockserverError, code: int) -> NoReturn:
    """Say what went wrong and which page helps, on standard error, and exit."""
    click.secho("error: ", fg="red", nl=False, err=True)
    click.echo(str(error), err=True)
    click.secho(pointer(next((word for word in sys.argv[1:] if word in COMMANDS), None)), dim=True, err=True)
    sys.exit(code)
