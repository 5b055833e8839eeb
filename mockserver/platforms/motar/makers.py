"""Brings new organizations, people, apps, distributions and plugins into a world, for actions and fixtures alike."""

from __future__ import annotations

import re

from mockserver.errors import Conflict, Refused
from mockserver.platforms.motar import uris
from mockserver.platforms.motar.models import (
    APPS,
    DISTRIBUTIONS,
    ORGANIZATIONS,
    PLUGINS,
    USERS,
    App,
    Distribution,
    Organization,
    Plugin,
    Role,
    User,
)
from mockserver.world.settings import CoreSettings
from mockserver.world.world import World

HANDLE = re.compile(r"@[^\s@]+")


def make_organization(
    world: World, *, name: str, phone: str | None = None, ato_permission: bool = False
) -> Organization:
    """A new organization; raises `Conflict` when its name is taken."""
    if world[ORGANIZATIONS].first("name", name) is not None:
        raise Conflict(f"There is an organization named {name!r} already.")
    return world[ORGANIZATIONS].insert(
        Organization(id=world.mint.hex(24, "motar.organization"), name=name, phone=phone, ato_permission=ato_permission)
    )


def make_user(
    world: World,
    *,
    organization: Organization | None,
    handle: str,
    password: str,
    first_name: str,
    last_name: str,
    email: str,
    phone: str | None = None,
    role: Role = "member",
    motar_admin: bool = False,
) -> User:
    """A new user; raises `Conflict` when the handle is taken, `Refused` when it is none."""
    if HANDLE.fullmatch(handle) is None:
        raise Refused(f"{handle!r} cannot be a handle: it is @ and then no space.", hint="Such as @olivia.")
    if world[USERS].first("handle", handle) is not None:
        raise Conflict(f"There is a user {handle} already.")
    return world[USERS].insert(
        User(
            id=f"{world.mint.hex(162, 'motar.user')}${world.mint.hex(32, 'motar.user_iv')}",
            handle=handle,
            password=password,
            first_name=first_name,
            last_name=last_name,
            email=email,
            phone=phone,
            organization=organization.id if organization else None,
            role=role,
            motar_admin=motar_admin,
        )
    )


def make_app(world: World, *, organization: Organization, name: str, owners: tuple[str, ...], bundle_id: str) -> App:
    """A new app, owned by the users with these ids; raises `Conflict` when its organization has one of that name."""
    if any(each.name == name for each in world[APPS].find("organization", organization.id)):
        raise Conflict(f"{organization.name} has an app named {name!r} already.")
    return world[APPS].insert(
        App(
            id=world.mint.hex(24, "motar.app"),
            name=name,
            organization=organization.id,
            owners=tuple(dict.fromkeys(owners)),
            bundle_id=bundle_id,
        )
    )


def make_distribution(
    world: World,
    app: App,
    *,
    version: str,
    name: str | None = None,
    release_notes: str = "",
    supported_devices: tuple[str, ...] = ("Windows",),
) -> Distribution:
    """A new distribution of an app; its package name is the app's bundle ID."""
    return world[DISTRIBUTIONS].insert(
        Distribution(
            id=world.mint.hex(24, "motar.distribution", app.id),
            app=app.id,
            name=name or f"{app.name} {version}",
            version=version,
            package_name=app.bundle_id,
            release_notes=release_notes,
            supported_devices=supported_devices,
        )
    )


def make_plugin(
    world: World,
    *,
    organization: Organization,
    name: str,
    client_id: str | None = None,
    client_secret: str | None = None,
    redirect_uris: tuple[str, ...] = (),
    request_endpoint: str | None = None,
    distribution_endpoint: str | None = None,
    active: bool = False,
) -> Plugin:
    """A new plugin; credentials not given are minted.

    Raises `Conflict` when name or client ID is taken, `Refused` for URLs that cannot be registered.
    """
    if world[PLUGINS].first("name", name) is not None:
        raise Conflict(f"There is a plugin named {name!r} already.")
    minted_id, minted_secret = world.mint.hex(48, "motar.client_id"), world.mint.hex(48, "motar.client_secret")
    client_id = client_id or f"iok-cid-{minted_id}"
    if world[PLUGINS].first("client_id", client_id) is not None:
        raise Conflict(f"There is a plugin with the client ID {client_id} already.")
    return world[PLUGINS].insert(
        Plugin(
            id=world.mint.hex(24, "motar.plugin"),
            name=name,
            organization=organization.id,
            client_id=client_id,
            client_secret=client_secret or f"iok-cse-{minted_secret}",
            redirect_uris=check_redirect_uris(world, redirect_uris),
            request_endpoint=check_endpoint("request_endpoint", request_endpoint),
            distribution_endpoint=check_endpoint("distribution_endpoint", distribution_endpoint),
            active=active,
        )
    )


def check_endpoint(name: str, url: str | None) -> str | None:
    """The URL as it is, or None; raises `Refused` when no webhook can be sent there."""
    problem = None if url is None else uris.endpoint_problem(url)
    if problem is not None:
        raise Refused(f"{url!r} cannot be the {name}: {problem}.", hint="Such as http://127.0.0.1:8700/motar/requests.")
    return url


def check_redirect_uris(world: World, redirect_uris: tuple[str, ...]) -> tuple[str, ...]:
    """The URIs, each once; raises `Refused` when one cannot be registered, or there are too many."""
    most = world.settings(CoreSettings).max_redirect_uris
    if len(redirect_uris) > most:
        told = "The world's setting core.max_redirect_uris is how many a client may have."
        raise Refused(f"{len(redirect_uris)} redirect URIs are more than {most}.", hint=told)
    for uri in redirect_uris:
        problem = uris.redirect_uri_problem(uri)
        if problem is not None:
            raise Refused(
                f"{uri!r} cannot be a redirect URI: {problem}.", hint="Such as http://127.0.0.1:8700/motar/callback."
            )
    return tuple(dict.fromkeys(redirect_uris))
