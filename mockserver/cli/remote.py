"""Commands that talk to a running server: trigger, actions, worlds, scenarios."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

import click
import msgspec

from mockserver.cli import fail
from mockserver.cli.options import CHOICES, server_option, token_option, world_option
from mockserver.cli.scenario_files import print_schema, validate
from mockserver.cli.tags import tag_option, with_tags
from mockserver.client import ServerClient, ServerSaidNo, WorldClient
from mockserver.errors import Unreachable
from mockserver.settings import plain_value


@click.command()
@click.argument("action")
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]...")
@world_option
@server_option
@token_option
def trigger(action: str, arguments: tuple[str, ...], world: str, server: str, control_token: str | None) -> None:
    """Run ACTION in a world: what a person does in Studio, or an administrator at MOTAR.

    \b
      mockserver trigger motar.start_ato_request
      mockserver trigger motar.add_distribution distribution=1.1.0
      mockserver trigger motar.sign_in user=@olivia visit=true

    `mockserver actions` lists them, `mockserver actions NAME` shows an action's arguments.
    """
    client = ServerClient(server, control_token)
    schema: dict[str, Any] = next((each["arguments"] for each in client.actions() if each["name"] == action), {})
    given = {key: value_of(text, schema, key) for key, text in map(_pair, arguments)}
    result = client.world(world).act(action, **given)
    _print(result)
    if isinstance(result, dict) and (delivery := result.get("delivery")):
        _tell_delivery(client.world(world), delivery)


@click.command()
@click.argument("name", required=False)
@server_option
@token_option
def actions(name: str | None, server: str, control_token: str | None) -> None:
    """List all actions, or the arguments of one: those of a running server, or else of what is installed here."""
    known = _actions(server, control_token)
    if name is None:
        width = max(len(each["name"]) for each in known)
        for each in known:
            click.echo(f"{click.style(each['name'].ljust(width), fg='cyan')}  {each['summary']}")
        return
    found = next((each for each in known if each["name"] == name), None)
    if found is None:
        from mockserver.errors import Unknown

        raise Unknown("action", name, (each["name"] for each in known))
    click.echo(found["description"])
    click.echo()
    for key, schema in found["arguments"].get("properties", {}).items():
        needed = key in found["arguments"].get("required", ())
        default = "" if needed or schema.get("default") is None else f", default {schema['default']!r}"
        click.echo(
            f"  {click.style(key.ljust(22), fg='cyan')} {kind_of(schema)}{default}{', required' if needed else ''}"
        )


def _actions(server: str, control_token: str | None) -> list[dict[str, Any]]:
    try:
        return ServerClient(server, control_token).actions()
    except Unreachable as nobody:
        from mockserver.app import load_platforms, schema_of

        click.echo(f"{nobody.message} These are the actions of what is installed here.", err=True)
        return schema_of(load_platforms()).actions.listed()


@click.group()
def worlds() -> None:
    """Look after the worlds of a running server."""


@worlds.command("list")
@server_option
@token_option
def list_worlds(server: str, control_token: str | None) -> None:
    """List the worlds: name, clock, how much happened, and where each is reached."""
    for each in ServerClient(server, control_token).worlds():
        clock = each["clock"]
        click.echo(
            f"{click.style(each['name'].ljust(20), fg='cyan')} {clock['mode']:<6} {clock['now']}  "
            f"{each['exchanges']:>5} exchanges  {each['base_url']}"
        )


@worlds.command()
@click.argument("name", required=False)
@click.option("--seed", type=int, help="Seed of everything minted; the server's if not given.")
@click.option("--clock", type=click.Choice(CHOICES["clock"]), help="Clock mode; the server's if not given.")
@click.option("--now", metavar="INSTANT", help="Where the clock starts: ISO 8601, or wall.")
@click.option("--fixture", multiple=True, metavar="FIXTURE", help="What it starts with; may be given several times.")
@click.option("--set", "settings", multiple=True, metavar="SECTION.NAME=VALUE", help="A world setting.")
@server_option
@token_option
def create(
    name: str | None,
    seed: int | None,
    clock: str | None,
    now: str | None,
    fixture: tuple[str, ...],
    settings: tuple[str, ...],
    server: str,
    control_token: str | None,
) -> None:
    """Create a world, and print how it is reached and the credentials it has."""
    from mockserver.settings import Settings

    made = ServerClient(server, control_token).create_world(
        name,
        seed=seed,
        clock={"mode": clock, "now": now} if clock or now else None,
        fixtures=fixture or None,
        settings=Settings(set=settings).world_settings() if settings else None,
    )
    _print(made.show())


@worlds.command()
@click.argument("name")
@server_option
@token_option
def reset(name: str, server: str, control_token: str | None) -> None:
    """Take a world back to the moment after its creation."""
    _print(ServerClient(server, control_token).world(name).reset())


@worlds.command()
@click.argument("name")
@server_option
@token_option
def drop(name: str, server: str, control_token: str | None) -> None:
    """Forget a world."""
    ServerClient(server, control_token).world(name).drop()


@worlds.command()
@server_option
@token_option
def checkpoint(server: str, control_token: str | None) -> None:
    """Write the worlds of a server with --data to their files, as happens by itself at its end."""
    _print(ServerClient(server, control_token).checkpoint())


@click.group()
def scenarios() -> None:
    """Look after scenarios: files, and what a running server keeps."""


@scenarios.command("list")
@tag_option
@server_option
@token_option
def list_scenarios(tags: tuple[str, ...], server: str, control_token: str | None) -> None:
    """List the scenarios that can be run by name: where each is kept, and its tags."""
    client = ServerClient(server, control_token)
    for broken in client.broken_scenario_files():
        rest = f"{broken['scenario']} is what it was before" if broken["scenario"] else "it was no scenario before"
        click.secho(f"{broken['file']} cannot be used; {rest}:", fg="yellow", err=True)
        for problem in broken["problems"]:
            click.echo(f"  {problem}", err=True)
    for each in with_tags(client.scenarios(), tags):
        line = f"{click.style(each['name'].ljust(32), fg='cyan')} {each['kept']}  {', '.join(each['tags'])}"
        click.echo(line.rstrip())


@scenarios.command("show")
@click.argument("name")
@click.option("--version", type=int, metavar="N", help="An earlier version (`mockserver scenarios history NAME`).")
@server_option
@token_option
def show_scenario(name: str, version: int | None, server: str, control_token: str | None) -> None:
    """Print a scenario's file."""
    click.echo(ServerClient(server, control_token).scenario(name, version=version)["text"], nl=False)


@scenarios.command("history")
@click.argument("name")
@server_option
@token_option
def show_history(name: str, server: str, control_token: str | None) -> None:
    """List the versions of a scenario that the server's library keeps, oldest first."""
    for each in ServerClient(server, control_token).scenario_versions(name):
        click.echo(f"{each['version']:>4}  {each['kept'][:19].replace('T', ' ')}  {each['source']}")


@scenarios.command("export")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--output",
    "-o",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder to write to.  [default: this one]",
)
@server_option
@token_option
def export_scenarios(names: tuple[str, ...], output: Path, server: str, control_token: str | None) -> None:
    """Write scenarios to files, each NAME.yaml; all of the library if no NAME is given."""
    client = ServerClient(server, control_token)
    for name in names or [each["name"] for each in client.scenarios() if each["kept"] == "library"]:
        text = client.scenario(name)["text"]
        path = output / f"{name}{'.json' if text.lstrip().startswith('{') else '.yaml'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        click.echo(f"Wrote {path}.")


@scenarios.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@click.option("--name", metavar="NAME", help="Name of the scenario that a HAR file becomes.  [default: imported/FILE]")
@click.option(
    "--plugin", multiple=True, metavar="URL", help="Where the plugin was in a HAR file: it is sent these again."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the scenario of a HAR file to this file, and keep nothing.",
)
@server_option
@token_option
def import_scenarios(
    files: tuple[Path, ...],
    name: str | None,
    plugin: tuple[str, ...],
    output: Path | None,
    server: str,
    control_token: str | None,
) -> None:
    """Keep scenario FILEs (or all in a folder) in the server's library; with `serve --data` they survive a restart.

    A HAR file (FILE.har) becomes a scenario first: requests of the plugin are awaited and answered as
    they were, requests to the plugin (--plugin) are sent again.
    """
    if output is not None and (len(files) != 1 or files[0].suffix != ".har"):
        raise click.UsageError("--output takes one HAR file.")
    if (name or plugin) and (len(files) != 1 or files[0].suffix != ".har"):
        raise click.UsageError("--name and --plugin are for one HAR file; other files say their name themselves.")
    from mockserver.scenarios.files import given_files

    client = ServerClient(server, control_token)
    for file in given_files(files):
        text = _text_of_har(file, name, plugin) if file.suffix == ".har" else file.read_text(encoding="utf-8")
        if output is not None:
            output.write_text(text, encoding="utf-8")
            click.echo(f"Wrote {output}. Run it with: mockserver run {output}")
            return
        try:
            kept = client.keep_scenario(text, source=str(file))
        except ServerSaidNo as no:
            fail(no, 2)
        click.echo(
            f"{kept['name']}: {kept['steps']} steps. Run it with: mockserver run {kept['name']} --server {server}"
        )


@scenarios.command("drop")
@click.argument("name")
@server_option
@token_option
def drop_scenario(name: str, server: str, control_token: str | None) -> None:
    """Forget a scenario of the library."""
    ServerClient(server, control_token).drop_scenario(name)


scenarios.add_command(validate)
scenarios.add_command(print_schema)


def _text_of_har(file: Path, name: str | None, plugin: tuple[str, ...]) -> str:
    from mockserver.recordings import write
    from mockserver.recordings.har_import import scenario_of

    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", file.stem).strip("-._") or "har"
    imported = scenario_of(file.read_bytes(), name or f"imported/{stem}", plugin=plugin, source=file.name)
    for told in imported.left_out:
        click.secho(f"Left out: {told}", fg="yellow", err=True)
    return write(imported.scenario)


def value_of(text: str, schema: dict[str, Any], key: str) -> Any:
    """A KEY=VALUE's value in the type that the action's schema gives the key."""
    kinds = _kinds(schema.get("properties", {}).get(key, {}))
    if "array" in kinds and not text.startswith("["):
        return [part for part in text.split(",") if part]
    value = plain_value(text)
    is_text = isinstance(value, str)
    if "string" in kinds and not is_text and not (value is None and "null" in kinds):
        return text
    return value


def kind_of(schema: dict[str, Any]) -> str:
    """What a value may be, in a few words."""
    if "enum" in schema:
        return " or ".join(map(str, schema["enum"]))
    return " or ".join(kind for kind in _kinds(schema) if kind != "null") or "anything"


def _kinds(schema: dict[str, Any]) -> list[str]:
    if "anyOf" in schema:
        return [kind for each in schema["anyOf"] for kind in _kinds(each)]
    if "enum" in schema:
        return ["string"]
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def _tell_delivery(world: WorldClient, delivery: str) -> None:
    """Wait a little for a webhook and say what became of it, beside the result rather than in it."""
    with contextlib.suppress(ServerSaidNo):
        world.settle(timeout=3)
    sent = world.delivery(delivery)
    good = sent.state == "delivered"
    outcome = sent.error or (f"answered {sent.status}" if sent.status else "is still under way")
    # Most errors name the URL themselves.
    told = outcome if sent.url in outcome else f"{sent.method} {sent.url}: {outcome}"
    click.secho(told, fg="green" if good else "yellow", err=True)
    if not good:
        click.echo(f"See it whole: GET /_mock/worlds/{world.name}/deliveries/{delivery}", err=True)


def _pair(argument: str) -> tuple[str, str]:
    key, equals, value = argument.partition("=")
    if not equals:
        raise click.UsageError(f"{argument!r} is not KEY=VALUE.")
    return key, value


def _print(answer: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(answer), indent=2).decode())
