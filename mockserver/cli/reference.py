"""The reference pages of docs/reference, from the code itself: `python -m mockserver.cli.reference`.

No command of its own: those who use the package read the pages, only those who work on it write them.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

import click
import msgspec

from mockserver.cli import COMMANDS, cli
from mockserver.cli.reference_tables import arguments_table, fields_table, row, table
from mockserver.settings import DESCRIPTIONS, ENVIRONMENT_PREFIX, FILE, Settings

WIDTH: Final = 100
NOTE: Final = "<!-- Written by `make docs`; a test fails when it is stale. -->"


def cli_page() -> str:
    """Every command and its help."""
    lines = [
        NOTE,
        "# Command line\n",
        "`mockserver`, or `python -m mockserver`. What each command says with `--help`.\n",
        *_help(cli, "mockserver"),
    ]
    for name, (module, attribute) in COMMANDS.items():
        command: click.Command = getattr(import_module(f"mockserver.cli.{module}"), attribute)
        lines += [f"## mockserver {name}\n", *_help(command, f"mockserver {name}")]
        if isinstance(command, click.Group):
            for inner, each in sorted(command.commands.items()):
                lines += [f"### mockserver {name} {inner}\n", *_help(each, f"mockserver {name} {inner}")]
    return "\n".join(lines)


def _help(command: click.Command, path: str) -> Iterator[str]:
    parent = None
    for word in path.split()[:-1]:
        parent = click.Context(click.Group(word), info_name=word, parent=parent)
    context = click.Context(
        command, parent=parent, info_name=path.split()[-1], terminal_width=WIDTH, help_option_names=["-h", "--help"]
    )
    text = command.get_help(context).partition("\n\n  See: mockserver docs")[0]
    yield f"```text\n{click.unstyle(text)}\n```\n"


def settings_page() -> str:
    """Settings of the server."""
    lines = [
        NOTE,
        "# Settings of the server\n",
        "Each can be a flag of [`mockserver serve`](cli.md#mockserver-serve), a variable in the environment, or a key",
        f"in `{FILE}` in the current directory: the flag's name with underscores, such as `tls_port`. Flag beats",
        "environment beats file beats default; `mockserver config show` tells each value and where it came from. In",
        "the environment, lists are separated by commas. A world's behaviour has [settings](world-settings.md) of its",
        "own.\n",
        row("Flag and variable", "What it is", "What it may be", "Default"),
        row(*["---"] * 4),
    ]
    kinds = {name: (what, default) for name, what, default in table(Settings)}
    for name in Settings.__struct_fields__:
        what, default = kinds[name]
        told = DESCRIPTIONS[name].partition("  [default:")
        if told[1]:
            default = told[2].removeprefix(" ").removesuffix("]")
        names = f"`--{name.replace('_', '-')}` `{ENVIRONMENT_PREFIX}{name.upper()}`"
        lines.append(row(names, told[0], what.removesuffix(" or null"), default))
    lines += [
        "",
        "Commands that talk to a server take its URL from `MOTAR_MOCK_URL` and its token from",
        "`MOTAR_MOCK_CONTROL_TOKEN`, unless `--server` and `--control-token` say otherwise. `run` and `check`, which",
        "change a world, start a server of their own unless `--server` is given, whatever `MOTAR_MOCK_URL` says.\n",
        f"A `{FILE}`:\n",
        "```toml",
        "port = 8601",
        'request_endpoint = "http://localhost:3000/ato/requests"',
        'set = ["motar.expires_in=3600"]',
        "```",
        "",
    ]
    return "\n".join(lines)


def world_settings_page() -> str:
    """Settings of a world, by section."""
    from mockserver.app import load_platforms
    from mockserver.world.settings import CoreSettings

    sections: dict[str, type[msgspec.Struct]] = {"core": CoreSettings}
    sections |= {each.name: each.settings for each in load_platforms() if each.settings is not None}
    lines = [
        NOTE,
        "# Settings of a world\n",
        "They come with `POST /_mock/worlds`, are changed by `PUT /_mock/worlds/{world}/settings`, and stand in the",
        "`settings` of a scenario: `{section: {name: value}}`. For `default`, and as the default of all worlds, give",
        "them to serve: `--set section.name=value`. A duration is a number of seconds, `90s`, `1h30m`, `2d`, or",
        "ISO 8601.\n",
    ]
    for name, struct in sections.items():
        lines += [f"## Section `{name}`\n", *fields_table(struct, "Setting"), "", f"{inspect.getdoc(struct)}\n"]
    return "\n".join(lines)


def actions_page() -> str:
    """Every action with its arguments and what it answers."""
    from mockserver.app import load_platforms
    from mockserver.cli.reference_shapes import result_told

    lines = [
        NOTE,
        "# Actions\n",
        "What people do on the vendor's screens, which no vendor API documents: names and arguments are ours. The same",
        "action is reached by `mockserver trigger NAME key=value`, by `POST /_mock/worlds/{world}/actions/NAME` with a",
        "JSON object, and by an `action` step of a [scenario](../scenarios.md).\n",
        "Things are named by what people call them (a handle, a name, a version) or by their id. What is not given is",
        "taken where only one thing comes into question, made up where a person would have to invent it, and otherwise",
        "asked for. `by` is who acts; without it nobody in particular does, and no right is checked.\n",
        "What an action answers is what `returns` and `$response.body` of its step see.\n",
    ]
    kinds = {kind.type: kind.name for platform in load_platforms() for kind in platform.kinds}
    for platform in load_platforms():
        for action in platform.actions:
            if not action.internal:
                lines += [f"## {action.name}\n", f"{action.description}\n", *arguments_table(action.schema()), ""]
                lines += [*result_told(action.result, kinds), ""]
    return "\n".join(lines)


def _documents_page() -> str:
    from mockserver.app import load_platforms, schema_of
    from mockserver.cli.reference_shapes import documents_page

    return f"{NOTE}\n{documents_page(schema_of(load_platforms()).kinds)}"


def _api_page() -> str:
    from mockserver.cli.reference_api import page

    return f"{NOTE}\n{page()}"


def _language_page() -> str:
    from mockserver.cli.reference_language import page

    return f"{NOTE}\n{page()}"


def _python_page() -> str:
    from mockserver.cli.reference_python import page

    return f"{NOTE}\n{page()}"


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "cli": cli_page,
    "settings": settings_page,
    "world-settings": world_settings_page,
    "control-api": _api_page,
    "actions": actions_page,
    "documents": _documents_page,
    "scenario-language": _language_page,
    "python": _python_page,
}


def main(root: Path) -> None:
    """Write every page below `root`, where its text has changed."""
    for name, build in PAGES.items():
        path, text = root / f"{name}.md", build()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            click.echo(f"wrote {path}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
