"""Seed data for OS1 that a person can read: stacks with tenants, organizations with people, apps and solutions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from mockserver.checking import yaml
from mockserver.checking.bounds import FILE_BOUNDS, FileBounds
from mockserver.checking.yaml import repeated
from mockserver.errors import Problem, nearest
from mockserver.platforms.os1 import makers, manifest
from mockserver.platforms.os1.models import AppState, AppType, Role, SolutionState, SolutionType, TenantType
from mockserver.platforms.os1.seeding import seed_world
from mockserver.world.world import World


class _Seed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name that is not one is an error."""


class TenantSeed(_Seed, frozen=True):
    id: str
    name: str | None = None
    type: TenantType | None = None
    administrator: str = "admin"
    onboarded: tuple[str, ...] = ()
    subscribed: tuple[str, ...] = ()


class StackSeed(_Seed, frozen=True):
    id: str
    name: str | None = None
    type: TenantType = "development"
    tenants: tuple[TenantSeed, ...] = ()


class UserSeed(_Seed, frozen=True):
    handle: str
    name: str
    email: str
    password: str = "offline"
    teams: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ("developer",)


class PermissionsSeed(_Seed, frozen=True, rename="camel"):
    """A permission file without its appId, which is the app's."""

    resources: tuple[manifest.ResourceEntry, ...] = ()
    permissions: tuple[manifest.PermissionEntry, ...] = ()
    roles: tuple[manifest.RoleEntry, ...] = ()
    roles_required: tuple[str | manifest.RoleReference, ...] = ()
    user_groups_required: tuple[manifest.GroupEntry, ...] = ()

    def file(self, app_id: str) -> manifest.AppFile:
        """The permission file of the app with this AAA id."""
        return manifest.AppFile(app_id=app_id, **{name: getattr(self, name) for name in self.__struct_fields__})


class AppVersionSeed(_Seed, frozen=True):
    version: str
    state: AppState | Literal["TECH_REVIEW", "DEPRECATED"] = "DEVELOPMENT"
    id: str | None = None
    permissions: PermissionsSeed | None = None


class AppSeed(_Seed, frozen=True):
    listing: str
    team: str
    display_name: str | None = None
    type: AppType = "BACKEND"
    id: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    versions: tuple[AppVersionSeed, ...] = ()


class SolutionVersionSeed(_Seed, frozen=True):
    """`apps` are written `listing@version`."""

    version: str
    state: SolutionState | Literal["IN_TECH_REVIEW", "DEPRECATED"] = "DRAFT"
    id: str | None = None
    apps: tuple[str, ...] = ()
    user_groups: tuple[manifest.GroupEntry, ...] = ()


class SolutionSeed(_Seed, frozen=True):
    listing: str
    display_name: str | None = None
    type: SolutionType = "APP"
    id: str | None = None
    versions: tuple[SolutionVersionSeed, ...] = ()


class OrganizationSeed(_Seed, frozen=True):
    name: str
    domain: str | None = None
    id: str | None = None
    teams: tuple[str, ...] = ()
    users: tuple[UserSeed, ...] = ()
    apps: tuple[AppSeed, ...] = ()
    solutions: tuple[SolutionSeed, ...] = ()


class FixtureFile(_Seed, frozen=True):
    """The shape of a fixture file. `users` outside an organization are OS1's own people."""

    platform: Literal["os1"]
    summary: str = ""
    stacks: tuple[StackSeed, ...] = ()
    organizations: tuple[OrganizationSeed, ...] = ()
    users: tuple[UserSeed, ...] = ()


class Os1Fixture(msgspec.Struct, frozen=True):
    """A fixture file that was read and found whole."""

    file: FixtureFile

    def apply(self, world: World) -> None:
        """Put the file's people and things into the world's open transaction.

        Credentials the file spells out are used in `default`; elsewhere others are minted, so that
        a client ID leads to one world only.
        """
        seed_world(world, self.file)


def read(text: str, source: str, bounds: FileBounds = FILE_BOUNDS) -> Os1Fixture:
    """Read a fixture file; raises `InvalidFile` with every problem, each with line and column."""
    return Os1Fixture(yaml.load(text, FixtureFile, source, bounds=bounds, consistent=_inconsistencies))


def _inconsistencies(file: FixtureFile) -> Iterator[Problem]:
    """What types cannot say: names are unique, references lead somewhere, LIVE and production keep to the gates."""
    organizations = [(f"$.organizations[{n}]", each) for n, each in enumerate(file.organizations)]
    apps = [(f"{path}.apps[{a}]", o, app) for path, o in organizations for a, app in enumerate(o.apps)]
    solutions = [(f"{path}.solutions[{s}]", each) for path, o in organizations for s, each in enumerate(o.solutions)]
    users = [(f"{path}.users[{n}]", o, each) for path, o in organizations for n, each in enumerate(o.users)]
    users += [(f"$.users[{n}]", OrganizationSeed(name=""), each) for n, each in enumerate(file.users)]
    versions = {f"{app.listing}@{each.version}": each for _, _, app in apps for each in app.versions}
    solution_versions = {f"{s.listing}@{each.version}": each for _, s in solutions for each in s.versions}
    yield from repeated("a handle", [(f"{path}.handle", each.handle) for path, _, each in users])
    yield from repeated("an organization", [(f"{path}.name", each.name) for path, each in organizations])
    listings = [(f"{path}.listing", app.listing) for path, _, app in apps]
    yield from repeated("a listing", [*listings, *((f"{path}.listing", each.listing) for path, each in solutions)])
    yield from repeated("a stack", [(f"$.stacks[{n}].id", each.id) for n, each in enumerate(file.stacks)])
    for path, organization, user in users:
        if makers.HANDLE.fullmatch(user.handle) is None:
            yield Problem(f"{path}.handle", "a handle: @ and then no space", repr(user.handle))
        yield from _unknown(f"{path}.teams", "a team of the organization", user.teams, organization.teams)
    for path, organization, app in apps:
        if app.team not in organization.teams:
            near = nearest(app.team, organization.teams)
            yield Problem(f"{path}.team", f"a team of {organization.name}", repr(app.team), near)
        yield from _versions(path, app)
    for path, solution in solutions:
        yield from repeated(
            "a version", [(f"{path}.versions[{n}]", v.version) for n, v in enumerate(solution.versions)]
        )
        for n, version in enumerate(solution.versions):
            where = f"{path}.versions[{n}]"
            yield from _semver(f"{where}.version", version.version)
            yield from _unknown(f"{where}.apps", "an app version as listing@version", version.apps, versions)
            if version.state == "LIVE":
                for a, app_version in enumerate(version.apps):
                    if app_version in versions and versions[app_version].state != "LIVE":
                        state = versions[app_version].state
                        yield Problem(f"{where}.apps[{a}]", "a LIVE version: the solution is LIVE", f"one in {state}")
    yield from _tenants(file, versions, solution_versions)


def _versions(path: str, app: AppSeed) -> Iterator[Problem]:
    yield from repeated("a version", [(f"{path}.versions[{n}]", each.version) for n, each in enumerate(app.versions)])
    for n, version in enumerate(app.versions):
        where = f"{path}.versions[{n}]"
        yield from _semver(f"{where}.version", version.version)
        if version.permissions is not None:
            for problem in manifest.inconsistencies(version.permissions.file("")):
                yield dataclasses.replace(problem, path=f"{where}.permissions{problem.path[1:]}")


def _tenants(
    file: FixtureFile, versions: dict[str, AppVersionSeed], solutions: dict[str, SolutionVersionSeed]
) -> Iterator[Problem]:
    tenants = [
        (f"$.stacks[{s}].tenants[{t}]", stack, each)
        for s, stack in enumerate(file.stacks)
        for t, each in enumerate(stack.tenants)
    ]
    yield from repeated("a tenant", [(f"{path}.id", each.id) for path, _, each in tenants])
    known: dict[str, AppVersionSeed | SolutionVersionSeed] = {**versions, **solutions}
    for path, stack, tenant in tenants:
        if makers.TENANT_ID.fullmatch(tenant.id) is None:
            yield Problem(f"{path}.id", "2 to 16 of a-z and 0-9, a letter first", repr(tenant.id))
        yield from _unknown(f"{path}.onboarded", "a version as listing@version", tenant.onboarded, known)
        held = [each.partition("@")[0] for each in tenant.onboarded]
        yield from _unknown(f"{path}.subscribed", "the listing of something onboarded here", tenant.subscribed, held)
        for n, name in enumerate(tenant.onboarded):
            version = known.get(name)
            if version is None:
                continue
            if (tenant.type or stack.type) == "production" and version.state != "LIVE":
                yield Problem(f"{path}.onboarded[{n}]", "a LIVE version: the tenant is of production", version.state)
            apps = [name] if isinstance(version, AppVersionSeed) else version.apps
            if any(each in versions and versions[each].permissions is None for each in apps):
                yield Problem(f"{path}.onboarded[{n}]", "a version with permissions", repr(name))


def _semver(path: str, version: str) -> Iterator[Problem]:
    if makers.SEMVER.fullmatch(version) is None:
        yield Problem(path, "a semantic version such as 1.0.0", repr(version))


def _unknown(path: str, expected: str, names: Iterable[str], known: Iterable[str]) -> Iterator[Problem]:
    candidates = list(known)
    for n, name in enumerate(names):
        if name not in candidates:
            yield Problem(f"{path}[{n}]", expected, repr(name), nearest(name, candidates))
