"""Organizations, teams, users with roles, and their access tokens."""

from __future__ import annotations

from mockserver.platforms.os1 import makers
from mockserver.platforms.os1.actions.arguments import Arguments
from mockserver.platforms.os1.callers import issue_token
from mockserver.platforms.os1.models import ORGANIZATIONS, USERS, Organization, Role, Team, User
from mockserver.platforms.os1.portal import find_organization, find_team, find_user
from mockserver.platforms.os1.results import IssuedAccess
from mockserver.world.actions import action
from mockserver.world.clock import iso
from mockserver.world.world import World


class CreateOrganization(Arguments, frozen=True):
    name: str | None = None
    domain: str | None = None


@action("os1.create_organization")
def create_organization(world: World, args: CreateOrganization) -> Organization:
    """Create a developer organization; a name not given is made up."""
    name = args.name
    if not name:
        faker = world.mint.faker("os1.organization")
        name = faker.company()
        while world[ORGANIZATIONS].first("name", name) is not None:
            name = faker.company()
    return makers.make_organization(world, name=name, domain=args.domain)


class CreateTeam(Arguments, frozen=True):
    name: str
    organization: str | None = None


@action("os1.create_team")
def create_team(world: World, args: CreateTeam) -> Team:
    """Create a team of an organization; apps belong to one."""
    return makers.make_team(world, find_organization(world, args.organization), name=args.name)


class CreateUser(Arguments, frozen=True):
    handle: str
    organization: str | None = None
    teams: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ("developer",)
    name: str | None = None
    email: str | None = None
    password: str = "offline"


@action("os1.create_user")
def create_user(world: World, args: CreateUser) -> User:
    """Create a user with roles, of an organization or (as product admins are) of none."""
    organization = find_organization(world, args.organization) if args.organization is not None else None
    teams = tuple(find_team(world, organization, each) for each in args.teams) if organization is not None else ()
    return makers.make_user(
        world,
        handle=args.handle,
        name=args.name or world.mint.faker("os1.user").name(),
        email=args.email or f"{args.handle.removeprefix('@')}@{organization.domain if organization else 'os1'}.example",
        password=args.password,
        organization=organization,
        teams=teams,
        roles=args.roles,
    )


class SetRoles(Arguments, frozen=True):
    user: str
    roles: tuple[Role, ...]


@action("os1.set_roles")
def set_roles(world: World, args: SetRoles) -> User:
    """Give a user other roles; access tokens that were issued follow."""
    user = find_user(world, args.user)
    return world[USERS].change(user.id, roles=tuple(dict.fromkeys(args.roles)) or ("member",))


class IssueAccessToken(Arguments, frozen=True):
    user: str


@action("os1.issue_access_token")
def issue_access_token(world: World, args: IssueAccessToken) -> IssuedAccess:
    """Issue what x-developerplatform-access takes, for a user, as the implicit sign-in does."""
    user = find_user(world, args.user)
    token = issue_token(world, user)
    return {
        "access_token": token.token,
        "expires": iso(token.expires),
        "user": user.handle,
        "organization": user.organization,
        "teams": list(user.teams),
        "roles": list(user.roles),
    }
