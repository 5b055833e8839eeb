"""Seed data for MOTAR that a person can read: organizations with their people, apps and plugins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from mockserver.checking import yaml
from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.checking.yaml import repeated
from mockserver.errors import Problem, nearest
from mockserver.platforms.motar import makers
from mockserver.platforms.motar.models import Organization, Role, User
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.platforms.motar.uris import endpoint_problem, redirect_uri_problem
from mockserver.world.world import World


class UserSeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    handle: str
    password: str
    first_name: str
    last_name: str
    email: str
    phone: str | None = None
    role: Role = "member"
    motar_admin: bool = False


class DistributionSeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: str
    name: str | None = None
    release_notes: str = ""
    supported_devices: tuple[str, ...] = ("Windows",)


class AppSeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    bundle_id: str
    owners: tuple[str, ...]
    distributions: tuple[DistributionSeed, ...] = ()


class PluginSeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    client_id: str | None = None
    client_secret: str | None = None
    redirect_uris: tuple[str, ...] = ()
    request_endpoint: str | None = None
    distribution_endpoint: str | None = None
    active: bool = True


class OrganizationSeed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    phone: str | None = None
    ato_permission: bool = False
    users: tuple[UserSeed, ...] = ()
    apps: tuple[AppSeed, ...] = ()
    plugins: tuple[PluginSeed, ...] = ()


class FixtureFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The shape of a fixture file. `users` outside an organization belong to none."""

    platform: Literal["motar"] = "motar"
    summary: str = ""
    organizations: tuple[OrganizationSeed, ...] = ()
    users: tuple[UserSeed, ...] = ()


class MotarFixture(msgspec.Struct, frozen=True):
    """A fixture file that was read and found whole."""

    file: FixtureFile

    def apply(self, world: World) -> None:
        """Put the file's people and things into the world's open transaction.

        Credentials the file spells out are used in `default`; elsewhere others are minted, so that
        a client ID leads to one world only.
        """
        for organization in self.file.organizations:
            _apply_organization(world, organization)
        for user in self.file.users:
            _apply_user(world, user, None)


def read(text: str, source: str, bounds: FileBounds = FILE_BOUNDS) -> MotarFixture:
    """Read a fixture file; raises `InvalidFile` with every problem, each with line and column."""
    return MotarFixture(yaml.load(text, FixtureFile, source, bounds=bounds, consistent=_inconsistencies))


def _inconsistencies(file: FixtureFile) -> Iterator[Problem]:
    """What types cannot say: names are unique, owners exist, URLs can be used, active plugins are configured."""
    for path, user in _users(file):
        if makers.HANDLE.fullmatch(user.handle) is None:
            meant = "@" + "".join(user.handle.replace("@", "").split())
            yield Problem(f"{path}.handle", "a handle: @ and then no space", repr(user.handle), meant)
    yield from repeated("a handle", [(f"{path}.handle", user.handle) for path, user in _users(file)])
    organizations = [(f"$.organizations[{o}]", each) for o, each in enumerate(file.organizations)]
    yield from repeated("a name", [(f"{path}.name", each.name) for path, each in organizations])
    plugins = [
        (f"{path}.plugins[{p}]", organization, plugin)
        for path, organization in organizations
        for p, plugin in enumerate(organization.plugins)
    ]
    yield from repeated("a name", [(f"{path}.name", plugin.name) for path, _, plugin in plugins])
    client_ids = [(f"{path}.client_id", plugin.client_id) for path, _, plugin in plugins if plugin.client_id]
    yield from repeated("a client ID", client_ids)
    for path, organization in organizations:
        apps = [(f"{path}.apps[{a}]", app) for a, app in enumerate(organization.apps)]
        yield from repeated("a name", [(f"{place}.name", app.name) for place, app in apps])
        for place, app in apps:
            yield from _owner_problems(place, app, organization)
    for path, organization, plugin in plugins:
        yield from _plugin_problems(path, plugin, organization)


def _owner_problems(path: str, app: AppSeed, organization: OrganizationSeed) -> Iterator[Problem]:
    members = [user.handle for user in organization.users]
    if not app.owners:
        yield Problem(f"{path}.owners", "at least one owner", "none")
    for n, owner in enumerate(app.owners):
        if owner not in members:
            expected = f"the handle of a user of {organization.name}"
            yield Problem(f"{path}.owners[{n}]", expected, repr(owner), nearest(owner, members))


def _plugin_problems(path: str, plugin: PluginSeed, organization: OrganizationSeed) -> Iterator[Problem]:
    for n, uri in enumerate(plugin.redirect_uris):
        if problem := redirect_uri_problem(uri):
            yield Problem(f"{path}.redirect_uris[{n}]", f"a redirect URI ({problem})", repr(uri))
    for name in ("request_endpoint", "distribution_endpoint"):
        url = getattr(plugin, name)
        if url is not None and (problem := endpoint_problem(url)):
            yield Problem(f"{path}.{name}", f"a URL for webhooks ({problem})", repr(url))
    if plugin.active and not (plugin.request_endpoint and plugin.redirect_uris and organization.ato_permission):
        expected = "false, or a request_endpoint, redirect_uris, and ato_permission: true on the organization"
        yield Problem(f"{path}.active", expected, "true")


def _users(file: FixtureFile) -> Iterator[tuple[str, UserSeed]]:
    for o, organization in enumerate(file.organizations):
        for n, user in enumerate(organization.users):
            yield f"$.organizations[{o}].users[{n}]", user
    for n, user in enumerate(file.users):
        yield f"$.users[{n}]", user


def _apply_organization(world: World, seed: OrganizationSeed) -> None:
    organization = makers.make_organization(world, name=seed.name, phone=seed.phone, ato_permission=seed.ato_permission)
    ids = {user.handle: _apply_user(world, user, organization).id for user in seed.users}
    for app_seed in seed.apps:
        app = makers.make_app(
            world,
            organization=organization,
            name=app_seed.name,
            owners=tuple(ids[owner] for owner in app_seed.owners),
            bundle_id=app_seed.bundle_id,
        )
        for distribution in app_seed.distributions:
            makers.make_distribution(world, app, **msgspec.structs.asdict(distribution))
    for plugin in seed.plugins:
        _apply_plugin(world, plugin, organization)


def _apply_user(world: World, seed: UserSeed, organization: Organization | None) -> User:
    return makers.make_user(world, organization=organization, **msgspec.structs.asdict(seed))


def _apply_plugin(world: World, seed: PluginSeed, organization: Organization) -> None:
    here = world.settings(MotarSettings)
    literal = world.keeps_literal_credentials
    makers.make_plugin(
        world,
        organization=organization,
        name=seed.name,
        client_id=seed.client_id if literal else None,
        client_secret=seed.client_secret if literal else None,
        redirect_uris=(here.redirect_uri,) if here.redirect_uri else seed.redirect_uris,
        request_endpoint=here.request_endpoint or seed.request_endpoint,
        distribution_endpoint=here.distribution_endpoint or seed.distribution_endpoint,
        active=seed.active,
    )
