"""Brings new things into a world, for routes, actions and fixtures alike: ids as OS1 writes them, names taken once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mockserver.errors import Conflict, Refused
from mockserver.platforms.os1.models import (
    APP_CLIENTS,
    APP_VERSIONS,
    APPS,
    ORGANIZATIONS,
    SOLUTION_VERSIONS,
    SOLUTIONS,
    STACKS,
    TEAMS,
    TENANTS,
    USERS,
    App,
    AppClient,
    AppState,
    AppType,
    AppVersion,
    Member,
    Organization,
    Role,
    Solution,
    SolutionState,
    SolutionType,
    SolutionVersion,
    Stack,
    Team,
    Tenant,
    TenantType,
    User,
)
from mockserver.world.world import World

TENANT_ID = re.compile(r"[a-z][a-z0-9]{1,15}")
HANDLE = re.compile(r"@[^\s@]+")
LISTING = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
SEMVER = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?")


def uuid(world: World, kind: str) -> str:
    """A fresh identifier in the form of a version 5 UUID, as most of OS1's examples are."""
    digits = world.mint.hex(32, f"os1.{kind}")
    return (
        f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{'89ab'[int(digits[16], 16) % 4]}{digits[17:20]}-{digits[20:]}"
    )


def make_organization(world: World, *, name: str, domain: str | None = None, id: str | None = None) -> Organization:
    """A new organization; raises `Conflict` when name or id is taken."""
    if world[ORGANIZATIONS].first("name", name) is not None:
        raise Conflict(f"There is an organization named {name!r} already.")
    domain = domain or "".join(each for each in name.lower() if each.isascii() and each.isalnum()) or "org"
    return world[ORGANIZATIONS].insert(Organization(id=id or uuid(world, "organization"), name=name, domain=domain))


def make_team(world: World, organization: Organization, *, name: str, id: str | None = None) -> Team:
    """A new team; raises `Conflict` when its organization has one of that name."""
    if any(each.name == name for each in world[TEAMS].find("organization", organization.id)):
        raise Conflict(f"{organization.name} has a team named {name!r} already.")
    return world[TEAMS].insert(Team(id=id or uuid(world, "team"), organization=organization.id, name=name))


def make_user(
    world: World,
    *,
    handle: str,
    name: str,
    email: str,
    password: str,
    organization: Organization | None,
    teams: tuple[Team, ...] = (),
    roles: tuple[Role, ...] = ("member",),
) -> User:
    """A new user; raises `Conflict` when the handle is taken, `Refused` when it is none or a team is another's."""
    if HANDLE.fullmatch(handle) is None:
        raise Refused(f"{handle!r} cannot be a handle: it is @ and then no space.", hint="Such as @asha.")
    if world[USERS].first("handle", handle) is not None:
        raise Conflict(f"There is a user {handle} already.")
    for team in teams:
        if organization is None or team.organization != organization.id:
            raise Refused(f"The team {team.name!r} is of another organization than {handle}.")
    return world[USERS].insert(
        User(
            id=uuid(world, "user"),
            handle=handle,
            name=name,
            email=email,
            password=password,
            organization=organization.id if organization else None,
            teams=tuple(dict.fromkeys(team.id for team in teams)),
            roles=tuple(dict.fromkeys(roles)) or ("member",),
        )
    )


def make_stack(world: World, *, id: str, name: str, type: TenantType) -> Stack:
    """A new stack; raises `Conflict` when the id is taken."""
    if id in world[STACKS]:
        raise Conflict(f"There is a stack {id!r} already.")
    return world[STACKS].insert(Stack(id=id, name=name, type=type))


def make_tenant(
    world: World, stack: Stack, *, id: str, name: str, type: TenantType | None = None, administrator: str = "admin"
) -> Tenant:
    """A new tenant of a stack; raises `Conflict` when the id is taken, `Refused` when it cannot be a subdomain."""
    if TENANT_ID.fullmatch(id) is None:
        raise Refused(f"{id!r} cannot be a tenant's id: 2 to 16 of a-z and 0-9, a letter first.", hint="Such as acme.")
    if id in world[TENANTS]:
        raise Conflict(f"There is a tenant {id!r} already.")
    return world[TENANTS].insert(
        Tenant(
            id=id,
            urn=f"tenantId:{uuid(world, 'tenant')}",
            name=name,
            type=type or stack.type,
            stack=stack.id,
            administrator=administrator,
            auth_key=world.mint.hex(40, "os1.auth_key"),
        )
    )


def make_app(
    world: World,
    *,
    organization: Organization,
    team: Team,
    listing: str,
    type: AppType,
    classification: str = "STANDARD",
    id: str | None = None,
    client: tuple[str | None, str | None] = (None, None),
) -> App:
    """A new app with its development credentials; `client` is (client key, secret) where they are given.

    Raises `Conflict` when the listing or id is taken.
    """
    check_listing(world, listing)
    own = uuid(world, "app")
    app = App(
        id=id or f"app:{own}",
        urn=f"platform:app:{id.rpartition(':')[2] if id else own}",
        listing=listing,
        organization=organization.id,
        team=team.id,
        type=type,
        classification=classification,
    )
    world[APPS].insert(app)
    make_client(world, app, "development", key=client[0], secret=client[1])
    return app


def make_client(
    world: World, app: App, environment: TenantType, *, key: str | None = None, secret: str | None = None
) -> AppClient:
    """An app's credentials in one environment; what is not given is minted. Raises `Conflict` when the key is taken."""
    minted_key, minted_secret = uuid(world, "client"), world.mint.hex(48, "os1.client_secret")
    key = key or f"platform:app:client:{minted_key}"
    if world[APP_CLIENTS].first("client_key", key) is not None:
        raise Conflict(f"There is a client {key} already.")
    return world[APP_CLIENTS].insert(
        AppClient(
            id=f"{app.id}/{environment}",
            app=app.id,
            environment=environment,
            client_key=key,
            service_key=f"platform:app:service:{uuid(world, 'service')}",
            secret=secret or minted_secret,
        )
    )


def make_app_version(
    world: World,
    app: App,
    *,
    version: str,
    about: Mapping[str, Any],
    by: str,
    state: AppState = "DEVELOPMENT",
    id: str | None = None,
) -> AppVersion:
    """A new version of an app; raises `Conflict` when there is one of that number, `Refused` for no semver."""
    check_semver(version)
    if any(each.version == version for each in world[APP_VERSIONS].find("app", app.id)):
        raise Conflict(f"{app.listing} has a version {version} already.")
    now = world.clock.now()
    return world[APP_VERSIONS].insert(
        AppVersion(
            id=id or f"appversion:{uuid(world, 'app_version')}",
            app=app.id,
            version=version,
            created=now,
            created_by=by,
            updated=now,
            updated_by=by,
            about=about,
            state=state,
        )
    )


def make_solution(
    world: World, *, organization: Organization, listing: str, type: SolutionType = "APP", id: str | None = None
) -> Solution:
    """A new solution; raises `Conflict` when the listing or id is taken."""
    check_listing(world, listing)
    return world[SOLUTIONS].insert(
        Solution(
            id=id or f"solution:{uuid(world, 'solution')}", listing=listing, organization=organization.id, type=type
        )
    )


def make_solution_version(
    world: World,
    solution: Solution,
    *,
    version: str,
    about: Mapping[str, Any],
    by: str,
    state: SolutionState = "DRAFT",
    apps: tuple[Member, ...] = (),
    id: str | None = None,
) -> SolutionVersion:
    """A new version of a solution; raises `Conflict` when there is one of that number, `Refused` for no semver."""
    check_semver(version)
    if any(each.version == version for each in world[SOLUTION_VERSIONS].find("solution", solution.id)):
        raise Conflict(f"{solution.listing} has a version {version} already.")
    now = world.clock.now()
    return world[SOLUTION_VERSIONS].insert(
        SolutionVersion(
            id=id or f"solutionversion:{uuid(world, 'solution_version')}",
            solution=solution.id,
            version=version,
            created=now,
            created_by=by,
            updated=now,
            updated_by=by,
            about=about,
            state=state,
            app_versions=tuple(each.app_version for each in apps),
            places=tuple(each.sequence for each in apps),
        )
    )


def check_listing(world: World, listing: str) -> None:
    """Raise `Refused` for what cannot be a listing id, `Conflict` for one that is taken, be it by app or solution."""
    if LISTING.fullmatch(listing) is None:
        raise Refused(f"{listing!r} cannot be a listing id: letters, digits, dot, dash, underscore.")
    if world[APPS].first("listing", listing) or world[SOLUTIONS].first("listing", listing):
        raise Conflict(f"The listing id {listing!r} is taken.")


def check_semver(version: str) -> None:
    """Raise `Refused` for what is no semantic version."""
    if SEMVER.fullmatch(version) is None:
        raise Refused(f"{version!r} is no semantic version.", hint="Such as 1.0.0.")
