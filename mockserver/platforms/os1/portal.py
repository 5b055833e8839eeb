"""How people name things when they act, and what a newcomer to a world needs to know."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mockserver.errors import Refused, Unknown
from mockserver.platforms.os1.directory import app_named, solution_named
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
    Organization,
    Solution,
    Stack,
    Team,
    Tenant,
    User,
)
from mockserver.platforms.os1.models_onboarding import ONBOARDINGS, PROGRESS, Onboarding
from mockserver.world.collection import Kind
from mockserver.world.world import World

T = TypeVar("T", bound=msgspec.Struct)

MOST_SHOWN = 50


def find_organization(world: World, reference: str | None) -> Organization:
    """An organization by id or name; without a reference, the only one."""
    return _find(world, ORGANIZATIONS, "organization", reference, "name", "os1.create_organization")


def find_team(world: World, organization: Organization, reference: str) -> Team:
    """A team of an organization by id or name."""
    own = world[TEAMS].find("organization", organization.id)
    found = next((each for each in own if reference in (each.id, each.name)), None)
    if found is None:
        raise Unknown(f"team of {organization.name}", reference, (each.name for each in own))
    return found


def find_user(world: World, reference: str) -> User:
    """A user by handle (with or without `@`), id or mail address."""
    users = world[USERS]
    handle = reference if reference.startswith("@") else f"@{reference}"
    found = users.first("handle", handle) or users.get(reference) or users.first("email", reference)
    if found is None:
        raise Unknown("user", reference, (user.handle for user in users))
    return found


def find_stack(world: World, reference: str | None) -> Stack:
    """A stack by id or name; without a reference, the only one."""
    return _find(world, STACKS, "stack", reference, "name", "os1.create_stack")


def find_tenant(world: World, reference: str | None) -> Tenant:
    """A tenant by id or name; without a reference, the only one."""
    return _find(world, TENANTS, "tenant", reference, "name", "os1.create_tenant")


def find_subject(world: World, reference: str) -> App | Solution:
    """An app or a solution by listing or id."""
    found = app_named(world, reference) or solution_named(world, reference)
    if found is None:
        known = [each.listing for each in (*world[APPS], *world[SOLUTIONS])]
        raise Unknown("app or solution", reference, known, hint="POST /developer/apps registers an app.")
    return found


def find_app(world: World, reference: str | None) -> App:
    """An app by listing, id or URN; without a reference, the only one."""
    if reference is not None:
        found = app_named(world, reference)
        if found is not None:
            return found
    return _find(world, APPS, "app", reference, "listing", "POST /developer/apps")


def find_onboarding(world: World, reference: str | None) -> Onboarding:
    """An onboarding by its id; without a reference, the latest."""
    if reference is not None:
        found = world[ONBOARDINGS].get(reference)
        if found is None:
            raise Unknown("onboarding", reference)
        return found
    latest = world[ONBOARDINGS].last()
    if latest is None:
        raise Refused("There is no onboarding yet.", hint="Start one: POST /developer/tenants/v2/onboarding.")
    return latest


def overview(world: World) -> dict[str, Any]:
    """What somebody new to a world needs: the people, apps with their credentials and versions, stacks, tenants."""
    organizations = world[ORGANIZATIONS]
    return {
        "users": [
            {
                "handle": user.handle,
                "name": user.name,
                "password": user.password,
                "organization": organizations[user.organization].name if user.organization else "",
                "roles": list(user.roles),
            }
            for user in world[USERS]
        ],
        "apps": [
            {
                "listing": app.listing,
                "app_id": app.id,
                "organization": organizations[app.organization].name,
                "clients": [
                    {"environment": each.environment, "client_id": each.client_key, "client_secret": each.secret}
                    for each in world[APP_CLIENTS].find("app", app.id)
                ],
                "versions": [
                    {"version_id": each.id, "version": each.version, "state": each.state}
                    for each in world[APP_VERSIONS].find("app", app.id)
                ],
            }
            for app in world[APPS]
        ],
        "solutions": [
            {
                "listing": solution.listing,
                "versions": [
                    {"version_id": each.id, "version": each.version, "state": each.state}
                    for each in world[SOLUTION_VERSIONS].find("solution", solution.id)
                ],
            }
            for solution in world[SOLUTIONS]
        ],
        "stacks": [
            {
                "stack_id": stack.id,
                "type": stack.type,
                "tenants": [each.id for each in world[TENANTS].find("stack", stack.id)[:MOST_SHOWN]],
            }
            for stack in world[STACKS]
        ],
        "onboardings": [
            {"status_id": each.id, "version_id": each.version, "phase": world[PROGRESS][each.id].phase}
            for each in list(world[ONBOARDINGS])[-MOST_SHOWN:]
        ],
    }


def _find(world: World, kind: Kind[T], what: str, reference: str | None, index: str, maker: str) -> T:
    collection = world[kind]
    if reference is None:
        if len(collection) == 1:
            return next(iter(collection))
        names = ", ".join(repr(getattr(each, index)) for each in list(collection)[:MOST_SHOWN])
        if not names:
            raise Refused(f"There is no {what} yet.", hint=f"Make one first: {maker}.")
        raise Refused(f"Say which {what}: there are {names}.", hint=f"Give {what}=NAME.")
    found = collection.get(reference) or collection.first(index, reference)
    if found is None:
        known = [str(getattr(each, index)) for each in collection] if len(collection) <= 1000 else []
        raise Unknown(what, reference, known, hint=f"{maker} makes one.")
    return found
