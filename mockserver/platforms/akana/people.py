"""Who is who: the roles a person holds for a thing, and what a person may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mockserver.platforms.akana.models import (
    APIS,
    APPS,
    BUSINESSES,
    CONTRACTS,
    DEAD_STATES,
    GROUPS,
    USERS,
    Api,
    App,
    AppVersion,
    Contract,
    User,
)
from mockserver.platforms.akana.settings import AkanaSettings
from mockserver.world.world import World

Role = Literal["Admin", "AppAdmin", "ApiAdmin", "BusinessAdmin", "SiteAdmin", "ApiInvitedUser"]
ROLES: tuple[Role, ...] = ("Admin", "AppAdmin", "ApiAdmin", "BusinessAdmin", "SiteAdmin", "ApiInvitedUser")

NotifiedRole = Literal["ApiAdmin", "AppAdmin", "BusinessAdmin"]

Governed = AppVersion | Contract
"""What a workflow may hang on."""


def app_of(world: World, thing: Governed) -> App | None:
    """The app that a version or a contract belongs to; None once it is gone."""
    return world[APPS].get(thing.app)


def api_of(world: World, contract: Contract) -> Api | None:
    """The API a contract leads to; None once it is gone."""
    return world[APIS].get(contract.api)


def is_member(world: World, user: User, group_id: str) -> bool:
    """Whether a user is in a group."""
    group = world[GROUPS].get(group_id)
    return group is not None and user.id in group.members


def is_business_admin(world: World, user: User, business_id: str | None) -> bool:
    """Whether a user administers a business: it or one above it, or everything, as Site Admins do."""
    if user.site_admin:
        return True
    while business_id is not None:
        business = world[BUSINESSES].get(business_id)
        if business is None:
            return False
        if user.id in business.admins:
            return True
        business_id = business.parent
    return False


def administers_app(world: World, user: User, app: App) -> bool:
    """Whether a user is senior to or on the team of an app: what plain permissions ask."""
    return is_member(world, user, app.team) or is_business_admin(world, user, app.business)


def administers_api(world: World, user: User, api: Api) -> bool:
    """Whether a user looks after an API or is senior to who does."""
    return is_member(world, user, api.admins) or is_business_admin(world, user, api.business)


def sees_api(world: World, user: User, api: Api) -> bool:
    """Whether a user may know of an API: everybody of a public one, who was invited of a private one."""
    if api.visibility == "Public" or administers_api(world, user, api):
        return True
    return any(each == user.id or is_member(world, user, each) for each in api.invited)


def holds(world: World, user: User, role: Role, thing: Governed) -> bool:
    """Whether a user holds a role for an app version or a contract.

    For an app version ApiAdmin and ApiInvitedUser look at the APIs it is connected to.
    """
    app = app_of(world, thing)
    match role:
        case "SiteAdmin":
            return user.site_admin
        case "AppAdmin":
            return app is not None and is_member(world, user, app.team)
        case "BusinessAdmin":
            return app is not None and is_business_admin(world, user, app.business)
        case "ApiAdmin":
            return any(is_member(world, user, api.admins) for api in _apis(world, thing))
        case "ApiInvitedUser":
            return any(sees_api(world, user, api) for api in _apis(world, thing))
        case "Admin":
            if isinstance(thing, Contract) and holds(world, user, "ApiAdmin", thing):
                return True
            if app is None:
                return False
            if world.settings(AkanaSettings).admin_role == "team":
                return is_member(world, user, app.team)
            return administers_app(world, user, app)


def with_role(world: World, role: NotifiedRole, thing: Governed) -> list[User]:
    """Everybody whom a notification for a role reaches, each once."""
    app = app_of(world, thing)
    match role:
        case "AppAdmin":
            ids = list(_members(world, app.team)) if app is not None else []
        case "BusinessAdmin":
            ids = list(_business_admins(world, app.business)) if app is not None else []
        case "ApiAdmin":
            ids = [each for api in _apis(world, thing) for each in _members(world, api.admins)]
    return [user for each in dict.fromkeys(ids) if (user := world[USERS].get(each)) is not None]


def leads_an_independent_group(world: World, user: User) -> bool:
    """Whether a user is a leader of any group that is nobody's team."""
    return any(group.kind == "independent" for group in world[GROUPS].find("leaders", user.id))


def connected_apis(world: World, version: AppVersion) -> list[Api]:
    """The APIs an app version is connected to, each once, oldest connection first."""
    found: dict[str, Api] = {}
    for contract in world[CONTRACTS].find("app_version", version.id):
        api = api_of(world, contract)
        if api is not None and is_valid(contract):
            found.setdefault(api.id, api)
    return list(found.values())


def connected_api_versions(world: World, version: AppVersion) -> list[str]:
    """The ids of the API versions an app version is connected to, each once."""
    valid = (each.api_version for each in world[CONTRACTS].find("app_version", version.id) if is_valid(each))
    return list(dict.fromkeys(valid))


def is_valid(contract: Contract) -> bool:
    """Whether a contract counts as a connection: neither cancelled nor left over from something deleted."""
    return contract.state not in DEAD_STATES


def _apis(world: World, thing: Governed) -> list[Api]:
    if isinstance(thing, AppVersion):
        return connected_apis(world, thing)
    api = api_of(world, thing)
    return [api] if api is not None else []


def _members(world: World, group_id: str) -> Iterator[str]:
    group = world[GROUPS].get(group_id)
    yield from group.members if group is not None else ()


def _business_admins(world: World, business_id: str) -> Iterator[str]:
    """The admins of a business; where it has none, those of the nearest one above that has."""
    business = world[BUSINESSES].get(business_id)
    while business is not None and not business.admins and business.parent is not None:
        business = world[BUSINESSES].get(business.parent)
    if business is not None:
        yield from business.admins
