"""Seed data for MOTAR that a person can read: organizations with their people, apps and plugins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from mockserver.checking import yaml
from mockserver.errors import InvalidFile, Problem, nearest
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
from mockserver.platforms.motar.settings import MotarSettings
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


@dataclass(frozen=True)
class MotarFixture:
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


def read(text: str, source: str) -> MotarFixture:
    """Read a fixture file; raises `InvalidFile` with every problem, each with line and column."""
    file = yaml.load(text, FixtureFile, source)
    problems = list(_inconsistencies(file))
    if problems:
        positions = yaml.read(text, source).positions
        raise InvalidFile(source, [_placed(each, positions) for each in problems])
    return MotarFixture(file)


def _placed(problem: Problem, positions: dict[str, tuple[int, int]]) -> Problem:
    line, column = positions.get(problem.path, (1, 1))
    return Problem(problem.path, problem.expected, problem.got, problem.did_you_mean, line, column)


def _inconsistencies(file: FixtureFile) -> Iterator[Problem]:
    """What types cannot say: handles and names are unique, owners exist, active plugins are configured."""
    handles: dict[str, str] = {}
    for path, user in _users(file):
        if not user.handle.startswith("@"):
            yield Problem(f"{path}.handle", "a handle that starts with @", repr(user.handle), f"@{user.handle}")
        if user.handle in handles:
            yield Problem(f"{path}.handle", f"a handle not used at {handles[user.handle]}", repr(user.handle))
        handles.setdefault(user.handle, path)
    for o, organization in enumerate(file.organizations):
        members = [user.handle for user in organization.users]
        for a, app in enumerate(organization.apps):
            path = f"$.organizations[{o}].apps[{a}]"
            if not app.owners:
                yield Problem(f"{path}.owners", "at least one owner", "none")
            for n, owner in enumerate(app.owners):
                if owner not in members:
                    expected = f"the handle of a user of {organization.name}"
                    yield Problem(f"{path}.owners[{n}]", expected, repr(owner), nearest(owner, members))
        for p, plugin in enumerate(organization.plugins):
            path = f"$.organizations[{o}].plugins[{p}]"
            if plugin.active and not (plugin.request_endpoint and plugin.redirect_uris and organization.ato_permission):
                yield Problem(
                    f"{path}.active",
                    "false, or a request_endpoint, redirect_uris, and ato_permission: true on the organization",
                    "true",
                )


def _users(file: FixtureFile) -> Iterator[tuple[str, UserSeed]]:
    for o, organization in enumerate(file.organizations):
        for n, user in enumerate(organization.users):
            yield f"$.organizations[{o}].users[{n}]", user
    for n, user in enumerate(file.users):
        yield f"$.users[{n}]", user


def _apply_organization(world: World, seed: OrganizationSeed) -> None:
    organization = world[ORGANIZATIONS].insert(
        Organization(
            id=world.mint.hex(24, "motar.organization"),
            name=seed.name,
            phone=seed.phone,
            ato_permission=seed.ato_permission,
        )
    )
    by_handle = {user.handle: _apply_user(world, user, organization) for user in seed.users}
    for app in seed.apps:
        _apply_app(world, app, organization, tuple(by_handle[owner].id for owner in app.owners))
    for plugin in seed.plugins:
        _apply_plugin(world, plugin, organization)


def _apply_user(world: World, seed: UserSeed, organization: Organization | None) -> User:
    return world[USERS].insert(
        User(
            id=f"{world.mint.hex(162, 'motar.user')}${world.mint.hex(32, 'motar.user_iv')}",
            organization=organization.id if organization else None,
            **msgspec.structs.asdict(seed),
        )
    )


def _apply_app(world: World, seed: AppSeed, organization: Organization, owners: tuple[str, ...]) -> None:
    app = world[APPS].insert(
        App(
            id=world.mint.hex(24, "motar.app"),
            name=seed.name,
            organization=organization.id,
            owners=owners,
            bundle_id=seed.bundle_id,
        )
    )
    for distribution in seed.distributions:
        world[DISTRIBUTIONS].insert(
            Distribution(
                id=world.mint.hex(24, "motar.distribution", app.id),
                app=app.id,
                name=distribution.name or f"{seed.name} {distribution.version}",
                version=distribution.version,
                package_name=seed.bundle_id,
                release_notes=distribution.release_notes,
                supported_devices=distribution.supported_devices,
            )
        )


def _apply_plugin(world: World, seed: PluginSeed, organization: Organization) -> None:
    here = world.settings(MotarSettings)
    literal = world.keeps_literal_credentials
    minted_id, minted_secret = world.mint.hex(48, "motar.client_id"), world.mint.hex(48, "motar.client_secret")
    world[PLUGINS].insert(
        Plugin(
            id=world.mint.hex(24, "motar.plugin"),
            name=seed.name,
            organization=organization.id,
            client_id=seed.client_id if literal and seed.client_id else f"iok-cid-{minted_id}",
            client_secret=seed.client_secret if literal and seed.client_secret else f"iok-cse-{minted_secret}",
            redirect_uris=(here.redirect_uri,) if here.redirect_uri else seed.redirect_uris,
            request_endpoint=here.request_endpoint or seed.request_endpoint,
            distribution_endpoint=here.distribution_endpoint or seed.distribution_endpoint,
            active=seed.active,
        )
    )
