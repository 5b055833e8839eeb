"""`mockserver record --upstream`: a proxy between a plugin and the real vendor, whose exchanges become a scenario."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import msgspec

from mockserver.checking.bounds import FILE_BOUNDS
from mockserver.cli import fail
from mockserver.errors import Conflict, Invalid
from mockserver.recordings import write
from mockserver.recordings.fitting import LOOPBACK, Target, target_of
from mockserver.recordings.proxy import Door, Proxy
from mockserver.recordings.reel import Passed, Reel
from mockserver.server import Server, bind, url_of, uvicorn_loop

_TOLD_BETTER = ("ASGI callable returned without", "Cancel %s running task")


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What is recorded: whose exchanges, through which ports, and where to they are written."""

    upstream: str
    port: int
    plugin: str | None
    plugin_port: int
    output: Path | None
    har: Path | None
    name: str | None
    max_body: int
    timeout: float
    quiet: bool


def record_upstream(wanted: Recording) -> None:
    """Let everything through until SIGINT or SIGTERM, then write it. Exits with 1 when there is nothing to write."""
    upstream = target_of(wanted.upstream, "--upstream", plain=False)
    plugin = None if wanted.plugin is None else target_of(wanted.plugin, "--plugin", plain=True)
    for path in filter(None, (wanted.output, wanted.har)):
        if not path.parent.is_dir():
            raise click.UsageError(f"There is no folder {path.parent} to write {path.name} to.")
    reel = Reel(_tell_nothing if wanted.quiet else _tell)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(contextlib.closing(bind("127.0.0.1", wanted.port)))]
        if plugin is not None:
            extra = bind("127.0.0.1", wanted.plugin_port, flag="--plugin-port")
            sockets.append(stack.enter_context(contextlib.closing(extra)))
        for target in filter(None, (upstream, plugin)):
            _check_elsewhere(target, sockets)
        _serve(wanted, upstream, plugin, sockets, reel)
    _write(wanted, upstream, reel)


def _serve(
    wanted: Recording, upstream: Target, plugin: Target | None, sockets: list[socket.socket], reel: Reel
) -> None:
    def ready() -> None:
        click.secho(f"Recording {wanted.upstream}; Ctrl-C ends it.", err=True, fg="yellow")
        click.echo(f"  your plugin calls    {url_of(sockets[0])}", err=True)
        if plugin is not None:
            click.echo(f"  webhooks arrive at   {url_of(sockets[1])}, and go on to {wanted.plugin}", err=True)
        sys.stderr.flush()

    async def serve() -> None:
        bounds: dict[str, Any] = {"max_body": wanted.max_body, "timeout": wanted.timeout}
        doors = {sockets[0].getsockname()[1]: Door("inbound", upstream, reel, **bounds)}
        if plugin is not None:
            doors[sockets[1].getsockname()[1]] = Door("delivery", plugin, reel, **bounds)
        await Server(Proxy(doors), sockets[0], on_ready=ready).serve(sockets=sockets)

    # What they are about has a line of its own here.
    logging.getLogger("uvicorn.error").addFilter(lambda record: not str(record.msg).startswith(_TOLD_BETTER))
    uvicorn_loop(serve())


def _check_elsewhere(target: Target, sockets: list[socket.socket]) -> None:
    ports = {sock.getsockname()[1] for sock in sockets}
    if target.hostname in LOOPBACK and target.port in ports:
        raise click.UsageError(f"{target.origin} is this proxy itself; --port says where it listens.")


def _tell(passed: Passed) -> None:
    exchange = passed.exchange
    arrow = "→" if exchange.kind == "inbound" else "←"
    called = f"{exchange.method:<6} {exchange.path}"
    shown = "".join(each if each.isprintable() else "?" for each in called)
    status = "---" if exchange.status is None else str(exchange.status)
    line = f"  {arrow} {shown:<48} {status}  {exchange.seconds * 1000:6.0f} ms"
    told = passed.why or passed.cut_off
    click.secho(line + (f"  not kept: {told}" if told else ""), err=True, fg="yellow" if told else None)


def _tell_nothing(passed: Passed) -> None:
    pass


def _write(wanted: Recording, upstream: Target, reel: Reel) -> None:
    if not reel:
        _tell_left_out(reel.left_out)
        fail(Conflict("Nothing came through that could be kept.", hint="Does your plugin call this proxy?"), 1)
    title = f"Recorded at {upstream.origin}{upstream.base}"
    as_har = wanted.output is not None and wanted.output.suffix == ".har"
    for path in filter(None, (wanted.har, wanted.output if as_har else None)):
        path.write_bytes(msgspec.json.format(msgspec.json.encode(reel.har(title)), indent=2))
        click.echo(f"Wrote {path}: {_count(len(reel), 'exchange')} as HAR.", err=True)
    if as_har:
        _tell_left_out(reel.left_out)
        click.echo(f"Make a scenario of it with: mockserver scenarios import {wanted.output} -o FILE.yaml", err=True)
        return
    name = wanted.name or f"recordings/{re.sub(r'[^a-z0-9.-]+', '-', upstream.hostname).strip('-.')}"
    try:
        recorded = reel.scenario(name, title)
    except Invalid as error:
        _tell_left_out(reel.left_out)
        fail(error, 1)
    _tell_left_out(recorded.left_out)
    text = write(recorded.scenario)
    if wanted.output is None:
        click.echo(text, nl=False)
    else:
        wanted.output.write_text(text, encoding="utf-8")
        steps = _count(len(recorded.scenario["steps"]), "step")
        click.echo(
            f"Wrote {wanted.output}: {steps}. Replay it, with your plugin pointed at the emulator, by:", err=True
        )
        click.echo(f"  {_replay(wanted, recorded.scenario)}", err=True)
        if (size := len(text.encode())) > FILE_BOUNDS.bytes:
            told = (
                f"It has {size} bytes, and no more than {FILE_BOUNDS.bytes} are read unless serve --max-file says so."
            )
            click.secho(f"{told} Take steps out, or record less at a time.", fg="yellow", err=True)


def _tell_left_out(left_out: Sequence[str]) -> None:
    for each in left_out:
        click.secho(f"Left out: {each}", fg="yellow", err=True)


def _replay(wanted: Recording, scenario: dict[str, Any]) -> str:
    plugin = wanted.plugin or "http://localhost:3000"
    missing = [name for name, spec in scenario.get("inputs", {}).items() if "default" not in spec]
    inputs = "".join(f' --input {name}="…"' for name in missing)
    return f"mockserver run {wanted.output} --plugin {plugin}{inputs}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
