"""Studio's rules: how people name things, who may do what, and when a plugin works."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from mockserver.errors import Refused, Unknown
from mockserver.platforms.motar.models import (
    APPS,
    DISTRIBUTIONS,
    ORGANIZATIONS,
    PLUGINS,
    REQUESTS,
    USERS,
    App,
    AtoRequest,
    Distribution,
    Organization,
    Plugin,
    User,
)
from mockserver.world.collection import Kind
from mockserver.world.world import World

T = TypeVar("T", bound=msgspec.Struct)


def find_organization(world: World, reference: str | None) -> Organization:
    """An organization by id or name; without a reference, the only one."""
    return _find(world, ORGANIZATIONS, "organization", reference, "name", "motar.register_organization")


def find_app(world: World, reference: str | None) -> App:
    """An app by id or name; without a reference, the only one."""
    return _find(world, APPS, "app", reference, "name", "motar.create_app")


def find_plugin(world: World, reference: str | None) -> Plugin:
    """A plugin by id, name or client ID; without a reference, the only one."""
    if reference is not None:
        by_client = world[PLUGINS].first("client_id", reference)
        if by_client is not None:
            return by_client
    return _find(world, PLUGINS, "plugin", reference, "name", "motar.create_plugin")


def find_request(world: World, reference: str | None) -> AtoRequest:
    """An ATO request by id; without a reference, the latest."""
    requests = world[REQUESTS]
    if reference is not None:
        found = requests.get(reference)
        if found is None:
            raise Unknown("ATO request", reference, (each.id for each in requests))
        return found
    latest = requests.last()
    if latest is None:
        raise Refused("There is no ATO request yet.", hint="Start one first: motar.start_ato_request.")
    return latest


def find_user(world: World, reference: str) -> User:
    """A user by handle (with or without `@`), id or mail address."""
    users = world[USERS]
    handle = reference if reference.startswith("@") else f"@{reference}"
    found = users.first("handle", handle) or users.get(reference) or users.first("email", reference)
    if found is None:
        raise Unknown("user", reference, (user.handle for user in users))
    return found


def find_distribution(world: World, app: App, reference: str | None) -> Distribution:
    """A distribution by id, version or name. Those of other apps are found by id, so that they can be refused."""
    own = world[DISTRIBUTIONS].find("app", app.id)
    if reference is None:
        if len(own) == 1:
            return own[0]
        known = ", ".join(each.version for each in own) or "none"
        raise Refused(f"Say which distribution of {app.name!r}: {known}.", hint="motar.create_distribution makes one.")
    by_id = world[DISTRIBUTIONS].get(reference)
    if by_id is not None:
        return by_id
    meant = [each for each in own if reference in (each.version, each.name)]
    if meant:
        return _only(f"distribution of {app.name!r}", reference, meant)
    known_names = [name for each in own for name in (each.version, each.name, each.id)]
    raise Unknown(f"distribution of {app.name!r}", reference, known_names, hint="motar.create_distribution makes one.")


def member(world: World, organization: Organization, reference: str | None, roles: Iterable[str], what: str) -> User:
    """Who does `what`: the user named, if they may, else the first of the organization who may."""
    allowed = tuple(roles)
    people = [user for user in world[USERS].find("organization", organization.id) if user.role in allowed]
    if not people:
        raise Refused(
            f"{organization.name} has no {_or(allowed)} for {what}.",
            hint=f"Create one first: motar.create_user organization={organization.name!r} role={allowed[0]}.",
        )
    if reference is None:
        return people[0]
    user = find_user(world, reference)
    if user in people:
        return user
    hint = f"Let somebody do it who may: {', '.join(each.handle for each in people)}."
    if user.organization != organization.id:
        reason = f"{user.handle} does not belong to {organization.name}, so {what} is not theirs to do."
    else:
        reason = f"{user.handle} is a {user.role} of {organization.name}; {what} takes {_or(allowed)}."
    raise Refused(reason, hint=hint)


def no_permission(organization: Organization) -> tuple[str, str]:
    """That an organization lacks the ATO permission, and what to do first."""
    return (
        f"{organization.name} has no ATO plugin permission.",
        "A MOTAR administrator grants it first: motar.grant_ato_permission.",
    )


def why_plugin_rests(world: World, plugin: Plugin) -> tuple[str, str] | None:
    """Why nothing works with this plugin now and what to do first, or None when it works."""
    organization = world[ORGANIZATIONS][plugin.organization]
    if not organization.ato_permission:
        return no_permission(organization)
    if not plugin.active:
        return f"The plugin {plugin.name!r} is not active.", "Activate it first: motar.activate_plugin."
    return None


def working_plugin(world: World, plugin: Plugin) -> Plugin:
    """The plugin, if it works now; raises `Refused` with what to do first."""
    rests = why_plugin_rests(world, plugin)
    if rests is not None:
        raise Refused(rests[0], hint=rests[1])
    return plugin


def overview(world: World) -> dict[str, Any]:
    """What somebody new to a world needs: the plugins with their credentials, the people, the requests."""
    organizations = world[ORGANIZATIONS]
    return {
        "plugins": [
            {
                "name": plugin.name,
                "organization": organizations[plugin.organization].name,
                "active": plugin.active,
                "client_id": plugin.client_id,
                "client_secret": plugin.client_secret,
                "redirect_uris": list(plugin.redirect_uris),
                "request_endpoint": plugin.request_endpoint,
                "distribution_endpoint": plugin.distribution_endpoint,
            }
            for plugin in world[PLUGINS]
        ],
        "users": [
            {
                "handle": user.handle,
                "name": user.name,
                "password": user.password,
                "organization": organizations[user.organization].name if user.organization else "",
                "role": user.role if user.organization else "",
            }
            for user in world[USERS]
        ],
        "ato_requests": [
            {"request_id": each.id, "package_name": each.package_name, "status": each.status}
            for each in world[REQUESTS]
        ],
    }


def _find(world: World, kind: Kind[T], what: str, reference: str | None, index: str, maker: str) -> T:
    collection = world[kind]
    if reference is None:
        if len(collection) == 1:
            return next(iter(collection))
        names = ", ".join(repr(getattr(each, index)) for each in collection)
        if not names:
            raise Refused(f"There is no {what} yet.", hint=f"Make one first: {maker}.")
        raise Refused(f"Say which {what}: there are {names}.", hint=f"Give {what}=NAME.")
    by_id = collection.get(reference)
    if by_id is not None:
        return by_id
    named = collection.find(index, reference)
    if not named:
        known = (getattr(each, index) for each in collection)
        raise Unknown(what, reference, known, hint=f"{maker} makes one.")
    return _only(what, reference, named)


def _only(what: str, reference: str, found: list[T]) -> T:
    if len(found) > 1:
        ids = ", ".join(str(getattr(each, "id", "")) for each in found)
        raise Refused(f"More than one {what} is called {reference!r}.", hint=f"Say which by its id: {ids}.")
    return found[0]


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(words)
