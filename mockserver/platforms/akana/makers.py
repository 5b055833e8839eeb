"""Brings new businesses, people, groups, apps, APIs and versions into a world, for routes, actions and fixtures."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from mockserver.errors import Conflict, Refused
from mockserver.platforms.akana import ids
from mockserver.platforms.akana.models import (
    API_VERSIONS,
    APIS,
    APP_VERSIONS,
    APPS,
    BUSINESSES,
    GROUPS,
    USERS,
    Api,
    ApiVersion,
    App,
    AppVersion,
    Business,
    Environment,
    Group,
    GroupKind,
    User,
    Visibility,
)
from mockserver.world.world import World

MAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")


def root_business(world: World) -> Business:
    """The tenant's own business, which is there as soon as anybody asks."""
    name = ids.root_business(world)
    found = world[BUSINESSES].get(name)
    if found is None:
        found = world[BUSINESSES].insert(Business(id=name, name=ids.tenant(world).title()))
    return found


def make_business(world: World, *, name: str) -> Business:
    """A new business below the tenant's; raises `Conflict` when the name is taken."""
    parent = root_business(world)
    if world[BUSINESSES].first("name", name) is not None:
        raise Conflict(f"There is a business named {name!r} already.")
    return world[BUSINESSES].insert(Business(id=ids.unique(world, "business"), name=name, parent=parent.id))


def make_user(
    world: World,
    *,
    business: Business,
    email: str,
    password: str,
    first_name: str,
    last_name: str,
    user_name: str | None = None,
    site_admin: bool = False,
    business_admin: bool = False,
) -> User:
    """A new user; raises `Conflict` when the mail address is taken, `Refused` when it is none."""
    if MAIL.fullmatch(email) is None or len(email) > 320:
        raise Refused(f"{email!r} is no mail address.", hint="Such as amy@example.test.")
    if world[USERS].first("email", email) is not None:
        raise Conflict(f"There is a user with the mail address {email} already.")
    user = world[USERS].insert(
        User(
            id=ids.unique(world, "user"),
            user_name=user_name or email.partition("@")[0],
            password=password,
            email=email,
            first_name=first_name,
            last_name=last_name,
            business=business.id,
            site_admin=site_admin,
            created=world.clock.now(),
        )
    )
    if business_admin:
        add_business_admin(world, business, user)
    if site_admin:
        add_business_admin(world, root_business(world), user)
    return user


def add_business_admin(world: World, business: Business, user: User) -> Business:
    """Make a user an admin of a business."""
    current = world[BUSINESSES][business.id]
    return world[BUSINESSES].change(business.id, admins=tuple(dict.fromkeys((*current.admins, user.id))))


def make_group(
    world: World, *, name: str, kind: GroupKind, members: tuple[str, ...] = (), leaders: tuple[str, ...] = ()
) -> Group:
    """A new group of the users with these ids; leaders become members, too."""
    everybody = tuple(dict.fromkeys((*leaders, *members)))
    return world[GROUPS].insert(
        Group(
            id=ids.numbered(world, "group"),
            name=name,
            kind=kind,
            members=everybody,
            leaders=tuple(dict.fromkeys(leaders)),
        )
    )


def add_member(world: World, group_id: str, user: User, *, leader: bool = False) -> Group:
    """Put a user into a group."""
    group = world[GROUPS][group_id]
    leaders = tuple(dict.fromkeys((*group.leaders, user.id))) if leader else group.leaders
    return world[GROUPS].change(group_id, members=tuple(dict.fromkeys((*group.members, user.id))), leaders=leaders)


def make_app(
    world: World, *, name: str, business: Business, creator: User, summary: str = "", description: str = ""
) -> App:
    """A new app without any version yet; its creator is the first of its team."""
    now = world.clock.now()
    team = make_group(world, name=f"{name} team", kind="team", members=(creator.id,), leaders=(creator.id,))
    return world[APPS].insert(
        App(
            id=ids.unique(world, "app"),
            name=name,
            summary=summary,
            description=description,
            business=business.id,
            team=team.id,
            created=now,
            updated=now,
        )
    )


def make_app_version(
    world: World, app: App, *, name: str, identity: str | None = None, shared_secret: str | None = None, **fields: Any
) -> AppVersion:
    """A new version of an app; raises `Conflict` when its name or its identity is taken."""
    _check_free(world, app, name)
    if identity and world[APP_VERSIONS].first("identity", identity) is not None:
        raise Conflict(f"The identity {identity!r} belongs to another app version.")
    now = world.clock.now()
    return world[APP_VERSIONS].insert(
        AppVersion(
            id=ids.app_version(world),
            app=app.id,
            name=name,
            identity=identity or ids.identity(world),
            shared_secret=shared_secret or ids.alphanumeric(world, 40, "secret"),
            created=now,
            updated=now,
            **fields,
        )
    )


def check_version_name(world: World, version: AppVersion, name: str) -> None:
    """Nothing, if a version may be called so; raises `Conflict` when another one of its app is."""
    if name != version.name:
        _check_free(world, world[APPS][version.app], name)


def _check_free(world: World, app: App, name: str) -> None:
    if any(each.name == name for each in world[APP_VERSIONS].find("app", app.id)):
        raise Conflict(f"The app {app.name!r} has a version {name!r} already.")


def make_api(
    world: World,
    *,
    name: str,
    business: Business,
    admins: tuple[str, ...] = (),
    description: str = "",
    visibility: Visibility = "Public",
    invited: tuple[str, ...] = (),
) -> Api:
    """A new API, looked after by the users with the ids `admins`; raises `Conflict` when the name is taken."""
    if any(each.business == business.id for each in world[APIS].find("name", name)):
        raise Conflict(f"{business.name} has an API named {name!r} already.")
    now = world.clock.now()
    group = make_group(world, name=f"{name} admins", kind="api_admins", members=admins, leaders=admins[:1])
    return world[APIS].insert(
        Api(
            id=ids.unique(world, "api"),
            name=name,
            description=description,
            visibility=visibility,
            business=business.id,
            admins=group.id,
            invited=invited,
            created=now,
            updated=now,
        )
    )


def make_api_version(
    world: World,
    api: Api,
    *,
    name: str,
    auto_approve: tuple[Environment, ...] = (),
    description: str = "",
    endpoints: tuple[str, ...] = (),
    resource_level_permissions: bool = False,
    restricted_scopes: tuple[str, ...] = (),
) -> ApiVersion:
    """A new version of an API; raises `Conflict` when its name is taken."""
    if any(each.name == name for each in world[API_VERSIONS].find("api", api.id)):
        raise Conflict(f"The API {api.name!r} has a version {name!r} already.")
    now = world.clock.now()
    return world[API_VERSIONS].insert(
        ApiVersion(
            id=ids.unique(world, "api_version"),
            api=api.id,
            name=name,
            description=description,
            endpoints=endpoints,
            sandbox_auto_approved="Sandbox" in auto_approve,
            production_auto_approved="Production" in auto_approve,
            resource_level_permissions=resource_level_permissions,
            restricted_scopes=restricted_scopes,
            created=now,
            updated=now,
        )
    )


def touched(world: World, version: AppVersion, **fields: Any) -> AppVersion:
    """The app version with some fields changed, and when."""
    return world[APP_VERSIONS].put(msgspec.structs.replace(version, updated=world.clock.now(), **fields))
