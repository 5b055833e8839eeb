"""`mockserver faults`: what goes wrong in a world of a running server."""

from __future__ import annotations

from typing import Any

import click

from mockserver.cli import fail
from mockserver.cli.options import server_option, token_option, world_option
from mockserver.client import ServerClient, ServerSaidNo
from mockserver.settings import plain_value

WHEN = ("method", "path", "query", "body")


@click.group()
def faults() -> None:
    """Let things go wrong in a world of a running server."""


@faults.command("list")
@world_option
@server_option
@token_option
def list_faults(world: str, server: str, control_token: str | None) -> None:
    """List the faults of a world, and how many calls each has hit."""
    with ServerClient(server, control_token) as client:
        found = client.world(world).faults()
    for each in found:
        state = click.style("spent", dim=True) if each["spent"] else click.style("armed", fg="yellow")
        when = each["fault"].get("when") or {}
        what = " ".join(str(when[name]) for name in ("method", "path") if name in when) or "every call"
        direction = each["fault"]["direction"]
        hit = f"hit {each['hits']} of {each['seen']} that fitted"
        click.echo(f"{each['id']:<10} {state}  {each['does']:<40} {direction} {what}, {hit}")
    if not found:
        click.echo(f"Nothing goes wrong in the world {world}.")


@faults.command()
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@world_option
@server_option
@token_option
def add(fields: tuple[str, ...], world: str, server: str, control_token: str | None) -> None:
    """Let something go wrong: the next call that fits is hit.

    \b
      mockserver faults add path=/oauth/token status=503 times=2
      mockserver faults add path=/plugin/v1/ato/status wire=reset processed=true
      mockserver faults add direction=delivery wire=timeout

    Values are JSON where they are JSON, else text; method, path, query and body say which calls. In the
    answer `body` is `answer`. `mockserver docs faults` tells every field.
    """
    fault: dict[str, Any] = {}
    given = set()
    for each in fields:
        name, equals, value = each.partition("=")
        if not equals:
            raise click.UsageError(f"{each!r} is not FIELD=VALUE.")
        given.add(name)
        if name in WHEN:
            fault.setdefault("when", {})[name] = plain_value(value)
        else:
            fault["body" if name == "answer" else name] = plain_value(value)
    with ServerClient(server, control_token) as client:
        try:
            made = client.world(world).add_fault(**fault)
        except ServerSaidNo as no:
            if "body" in given and "answer" not in given:
                click.echo("`body` says which calls here; the body that is answered is `answer`.", err=True)
            fail(no, 2)
    click.echo(f"{made['id']}: {made['does']}")


@faults.command()
@click.argument("ids", nargs=-1, metavar="[FAULT]...")
@world_option
@server_option
@token_option
def clear(ids: tuple[str, ...], world: str, server: str, control_token: str | None) -> None:
    """Let everything in a world go right again, or what the FAULTs named here did."""
    with ServerClient(server, control_token) as client:
        if not ids:
            client.world(world).clear_faults()
        for each in ids:
            try:
                client.world(world).remove_fault(each)
            except ServerSaidNo as no:
                fail(no, 2)
