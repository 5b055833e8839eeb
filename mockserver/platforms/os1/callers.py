"""Who calls the developer API, and what is theirs."""

from __future__ import annotations

import msgspec

from mockserver.platforms.os1.carriers import DEVELOPER_HEADER
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.makers import uuid
from mockserver.platforms.os1.models import (
    ACCESS_TOKENS,
    ORGANIZATIONS,
    USERS,
    AccessToken,
    App,
    Organization,
    Role,
    Solution,
    User,
)
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Call
from mockserver.world.clock import iso
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

DEVELOPERS: tuple[Role, ...] = ("developer", "developer-admin", "organization-owner")
"""The roles that may change what their organization owns."""


def issue_token(world: World, user: User) -> AccessToken:
    """A fresh access token for a user."""
    lifetime = parse_duration(world.settings(Os1Settings).token_lifetime)
    token = f"{uuid(world, 'access_token')}.{world.mint.hex(32, 'os1.access_token_tail')}"
    return world[ACCESS_TOKENS].insert(AccessToken(token=token, user=user.id, expires=world.clock.now() + lifetime))


class Caller(msgspec.Struct, frozen=True):
    """The user whose access token came."""

    user: User

    def owns(self, subject: App | Solution) -> bool:
        """Whether an app or a solution belongs to the caller's organization."""
        return self.user.organization == subject.organization

    def has(self, *roles: Role) -> bool:
        """Whether the caller has one of these roles."""
        return any(role in self.user.roles for role in roles)

    def check_sees(self, world: World, subject: App | Solution) -> None:
        """Raise the refusal of who has no access: not of the organization, for apps not of the team either."""
        if self.has("product-admin"):
            return
        if not self.owns(subject):
            raise Error.NO_ACCESS.stop(
                f"{subject.listing} belongs to {world[ORGANIZATIONS][subject.organization].name}; "
                f"{self.user.handle} does not.",
                listingId=subject.listing,
            )
        everywhere = self.has("developer-admin", "organization-owner")
        if isinstance(subject, App) and not everywhere and subject.team not in self.user.teams:
            raise Error.NO_ACCESS.stop(
                f"{subject.listing} belongs to a team that {self.user.handle} is not in.",
                listingId=subject.listing,
                teamId=subject.team,
            )

    def check_changes(self, world: World, subject: App | Solution) -> None:
        """Raise the refusal of who may look at an app or a solution at most."""
        self.check_sees(world, subject)
        self.check_develops(f"Changing {subject.listing}")

    def check_develops(self, what: str) -> None:
        """Raise the refusal of who is no developer of any kind, nor a product admin."""
        if not self.has(*DEVELOPERS, "product-admin"):
            raise Error.ROLE.stop(
                f"{what} takes a developer; {self.user.handle} is {' and '.join(self.user.roles)}.",
                roles=list(self.user.roles),
                rolesThatMay=[*DEVELOPERS, "product-admin"],
            )

    def check_member(self, world: World, organization_id: str) -> Organization:
        """The organization, if it is the caller's (or the caller a product admin); raises the refusal otherwise."""
        organization = world[ORGANIZATIONS].get(organization_id)
        if organization is None:
            raise Error.NOT_FOUND.stop(f"There is no organization {organization_id!r}.")
        if organization.id != self.user.organization and not self.has("product-admin"):
            raise Error.NO_ACCESS.stop(f"{self.user.handle} does not belong to {organization.name}.")
        return organization


def caller_of(world: World, call: Call) -> Caller:
    """Who calls, by the access token in `x-developerplatform-access`; raises 401 without a good one."""
    sent = (call.header(DEVELOPER_HEADER) or "").strip()
    if not sent:
        raise Error.NO_TOKEN.stop(
            f"The header {DEVELOPER_HEADER} is missing: sign in, or trigger os1.issue_access_token.",
        )
    token = world[ACCESS_TOKENS].get(sent.removeprefix("Bearer ").strip())
    if token is None:
        raise Error.BAD_TOKEN.stop(f"{DEVELOPER_HEADER} holds no access token of this world.")
    if token.expires <= world.clock.now():
        raise Error.BAD_TOKEN.stop(f"The access token expired at {iso(token.expires)}.")
    call.authenticated_by = "access token"
    return Caller(world[USERS][token.user])
