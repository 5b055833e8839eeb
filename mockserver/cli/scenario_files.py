"""`mockserver scenarios validate` and `schema`: about files, without a server."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from mockserver.cli.options import resolved
from mockserver.errors import InvalidFile


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
def validate(files: tuple[Path, ...]) -> None:
    """Check scenario FILEs (or all in a folder), and tell every error with line and column.

    Exit code 0 when all can be run, 1 when one cannot.
    """
    from mockserver.app import load_platforms, schema_of
    from mockserver.scenarios import load_scenario
    from mockserver.scenarios.files import given_files

    bounds = resolved({}).settings.file_bounds
    schema = schema_of(load_platforms())
    checked, failed = 0, 0
    for path in given_files(files):
        checked += 1
        try:
            scenario = load_scenario(path.read_bytes(), str(path), schema=schema, bounds=bounds)
        except InvalidFile as error:
            failed += 1
            for problem in error.problems:
                click.echo(f"{click.style(str(path), bold=True)}:{problem}")
        else:
            steps = f"{len(scenario.steps)} step{'s' if len(scenario.steps) != 1 else ''}"
            click.echo(f"{path}: {click.style('ok', fg='green')}, {scenario.name}, {steps}")
    if failed:
        click.echo(f"{failed} of {checked} cannot be run; mockserver docs scenarios tells the language.", err=True)
        sys.exit(1)


@click.command("schema")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="File to write instead.")
def print_schema(output: Path | None) -> None:
    """Print the JSON Schema of scenario files, for editors that complete and check.

    With the YAML extension of VS Code, write it to a file and begin scenarios with

      # yaml-language-server: $schema=scenario.schema.json

    A running server has it at /_mock/scenario.schema.json.
    """
    import json

    from mockserver.app import load_platforms
    from mockserver.scenarios.schema import json_schema

    actions = [action for platform in load_platforms() for action in platform.actions]
    text = json.dumps(json_schema(actions), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    click.echo(f"Wrote {output}.")
