"""`mockserver serve`."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from mockserver.cli.options import resolved, settings_options
from mockserver.errors import Invalid

if TYPE_CHECKING:
    import socket

    from mockserver.app import App
    from mockserver.server import Secure
    from mockserver.settings import Settings

_INSTEAD_OF = {"MOTAR": "https://api.motar.io", "Akana": "your portal's", "OS1": "https://api.os1.dev"}


@click.command()
@settings_options
def serve(**flags: Any) -> None:
    """Run the emulator until Ctrl-C.

    Point your plugin's MOTAR base URL at it, and it at your plugin:

    \b
      mockserver serve --request-endpoint http://localhost:3000/ato/requests \\
                       --distribution-endpoint http://localhost:3000/ato/distributions \\
                       --redirect-uri http://localhost:3000/callback

    Every option can also be set as MOTAR_MOCK_NAME in the environment or in mockserver.toml;
    `mockserver config show` tells where each value came from.
    """
    settings = with_token(resolved(flags).settings)
    with no_garbage():
        from mockserver import logs
        from mockserver.server import bind, run, url_of

        log = logs.configure(settings.log_level, settings.log_format, sys.stderr)
        sock = bind(settings.host, settings.port)
        url = url_of(sock)
        door = secure_door(settings) if settings.tls_port is not None else None
        app = built(settings, sock, door)
    log.watch(app.worlds)
    ready_file = Path(settings.ready_file) if settings.ready_file else None
    if ready_file is not None and not ready_file.parent.is_dir():
        raise Invalid(f"The ready file cannot be written: there is no directory {ready_file.parent}.")

    def ready() -> None:
        for line in welcome(app, settings, url, door):
            click.echo(line)
        click.echo(f"mockserver ready: {url}")
        if door is not None:
            click.echo(f"mockserver ready: {door.url}")
        if ready_file is not None:
            write_whole(ready_file, url)

    try:
        run(app, sock, secure=door.secure if door is not None else None, on_ready=ready)
    finally:
        log.flush()
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


@contextlib.contextmanager
def no_garbage() -> Iterator[None]:
    """Do not look for garbage meanwhile: what a start imports and reads stays, and looking takes a tenth of it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def built(settings: Settings, sock: socket.socket, door: Door | None) -> App:
    """The app of these settings, while the doors say that it is on its way; raises as `build_app` does."""
    from mockserver.app import build_app

    if settings.data is None:
        return build_app(settings)
    from mockserver.loading import answering
    from mockserver.server import url_of

    secure = {door.url: (door.secure.sock, door.secure.context)} if door is not None else {}
    with answering(Path(settings.data), {url_of(sock): (sock, None), **secure}):
        return build_app(settings)


@dataclass(frozen=True)
class Door:
    """The https side of a server: its URL, what to listen with, and the certificate that clients must trust."""

    url: str
    secure: Secure
    trust: Path


def secure_door(settings: Settings) -> Door:
    """Bind the https port and have a certificate for it. Raises `Unreachable`, `Invalid`, or what the CA raises."""
    from mockserver.server import Secure, bind, url_of

    sock = bind(settings.host, settings.tls_port or 0, flag="--tls-port")
    # Only now: what TLS takes is not imported by those who do not ask for it.
    from mockserver.app import load_platforms
    from mockserver.tls import certificates

    authority, shown = certificates(settings, [host for each in load_platforms() for host in each.hosts])
    return Door(url_of(sock, "https"), Secure(sock, shown.context), authority.path)


def with_token(settings: Settings) -> Settings:
    """The settings, with a control token made where the address is not loopback and none is given."""
    if settings.control_token is not None or is_loopback(settings.host):
        return settings
    import secrets

    return msgspec.structs.replace(settings, control_token=secrets.token_urlsafe(24))


def is_loopback(host: str) -> bool:
    """Whether an address to bind is reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def write_whole(path: Path, text: str) -> None:
    """Write a file so that nobody ever reads half of it."""
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


def welcome(app: App, settings: Settings, url: str, door: Door | None = None) -> Iterator[str]:
    """What a newcomer needs, as lines."""
    from mockserver.platforms.akana.platform import AKANA
    from mockserver.platforms.motar.platform import MOTAR
    from mockserver.platforms.os1.platform import OS1

    world = app.worlds.find("default")
    motar, akana, os1 = MOTAR.overview(world), AKANA.overview(world), OS1.overview(world)
    # The first of those that have anybody to sign in is what this server is for.
    peopled = (each for each, seen in ((MOTAR, motar), (AKANA, akana), (OS1, os1)) if seen["users"])
    vendor = next(peopled, MOTAR).title
    yield (
        click.style(f"mockserver {version('motar-mockserver')}", bold=True)
        + f"  {vendor} emulator, world default, seed {world.seed}, {world.clock.mode} clock"
    )
    yield ""
    yield _line("Base URL", world.base_url, f"instead of {_INSTEAD_OF[vendor]}")
    if door is not None:
        yield _line("With TLS", door.url, "also as https://api.motar.io, where that name leads here")
        yield _line("  Trust", str(door.trust), "or: mockserver tls ca --out FILE; see docs/tls.md")
    for plugin in motar["plugins"]:
        yield _line("Plugin", plugin["name"], "active" if plugin["active"] else "not active")
        yield _line("  Client ID", plugin["client_id"])
        yield _line("  Client secret", plugin["client_secret"])
        yield _line("  Redirect URI", ", ".join(plugin["redirect_uris"]) or "none")
        yield _line("  Webhooks to", plugin["request_endpoint"] or "nowhere", "request started")
        yield _line("", plugin["distribution_endpoint"] or "nowhere", "distributions changed")
    for n, user in enumerate(motar["users"]):
        about = ", ".join(part for part in (user["role"], user["organization"]) if part) or "no organization"
        yield _line("Users" if n == 0 else "", f"{user['handle']:<9} password {user['password']}", about)
    yield from _akana_lines(akana)
    yield from _os1_lines(os1)
    if settings.control_token is not None:
        yield _line("Control token", settings.control_token, "Authorization: Bearer …, and the password of pages")
    yield ""
    at = "" if url == "http://127.0.0.1:8600" else f" --server {url}"
    if vendor == AKANA.title:
        asked = f"akana.create_app name=Mine by={akana['users'][0]['email']}"
        if akana["app_versions"]:
            asked = f"akana.view_workflow app_version={akana['app_versions'][0]['app']} by={akana['users'][0]['email']}"
        yield _line("Try next", f"mockserver trigger {asked}{at}")
        yield _line("", f"mockserver run akana/deletion-approved --server {url}")
    elif vendor == OS1.title:
        yield _line("Try next", f"mockserver trigger os1.issue_access_token user={os1['users'][0]['handle']}{at}")
        yield _line("", f"mockserver run os1/app-to-production --server {url}")
    else:
        plugin = "" if settings.request_endpoint else " --plugin http://localhost:3000"
        yield _line("Try next", f"mockserver trigger motar.start_ato_request{at}")
        yield _line("", f"mockserver run motar/ato-happy-path{plugin} --server {url}")
    yield _line("", f"open {url}/ in a browser")
    yield ""


def _akana_lines(seen: dict[str, Any]) -> Iterator[str]:
    """Who can sign in to Akana, and the app versions with the steps they are in."""
    for n, user in enumerate(seen["users"]):
        role = "Site Admin" if user["site_admin"] else "Business Admin" if user["business_admin"] else ""
        about = ", ".join(part for part in (role, user["business"]) if part)
        yield _line("Akana users" if n == 0 else "", f"{user['email']:<24} password {user['password']}", about)
    for n, each in enumerate(seen["app_versions"]):
        step = f"in step {each['step']}" if each["step"] else "under no workflow"
        yield _line("App versions" if n == 0 else "", f"{each['app']} {each['version']}  {each['id']}", step)


def _os1_lines(seen: dict[str, Any]) -> Iterator[str]:
    """Who can sign in to OS1, what there is to onboard, and where to."""
    for n, user in enumerate(seen["users"]):
        about = ", ".join((*user["roles"], user["organization"] or "no organization"))
        yield _line("OS1 users" if n == 0 else "", f"{user['handle']:<9} password {user['password']}", about)
    onboardable = [
        (f"{each['listing']} {one['version']}  {one['version_id']}", one["state"])
        for each in (*seen["apps"], *seen["solutions"])
        for one in each["versions"]
    ]
    for n, (name, state) in enumerate(onboardable):
        yield _line("To onboard" if n == 0 else "", name, state)
    for n, stack in enumerate(seen["stacks"]):
        yield _line("Stacks" if n == 0 else "", f"{stack['stack_id']}: {', '.join(stack['tenants'])}", stack["type"])


def _line(name: str, value: str, note: str = "") -> str:
    remark = "  " + click.style(note, dim=True) if note else ""
    return f"  {click.style(f'{name:<15}', fg='cyan')} {value}{remark}"
