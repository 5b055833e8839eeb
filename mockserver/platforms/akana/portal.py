"""How people name things in the portal, and what a newcomer to a world is told of it."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mockserver.errors import Refused, Unknown
from mockserver.platforms.akana.governance import definition_of
from mockserver.platforms.akana.makers import root_business
from mockserver.platforms.akana.models import (
    API_VERSIONS,
    APIS,
    APP_VERSIONS,
    APPS,
    BUSINESSES,
    CONTRACTS,
    USERS,
    Api,
    ApiVersion,
    App,
    AppVersion,
    Business,
    Contract,
    User,
)
from mockserver.platforms.akana.models_work import DEFINITIONS, RUNS
from mockserver.world.collection import Kind
from mockserver.world.world import World

T = TypeVar("T", bound=msgspec.Struct)


def find_business(world: World, reference: str | None) -> Business:
    """A business by id or name; without a reference the tenant's own."""
    if reference is None:
        return root_business(world)
    return _named(world, BUSINESSES, "business", reference, "akana.create_business")


def find_user(world: World, reference: str) -> User:
    """A user by mail address, user name or id."""
    users = world[USERS]
    found = users.first("email", reference) or users.first("user_name", reference) or users.get(reference)
    if found is None:
        raise Unknown("user", reference, (user.email for user in users), hint="akana.create_user makes one.")
    return found


def find_api(world: World, reference: str | None) -> Api:
    """An API by id or name; without a reference the only one."""
    return _named(world, APIS, "API", reference, "akana.create_api")


def find_api_version(world: World, reference: str | None) -> ApiVersion:
    """An API version by id, as `API/version`, or by its API's name, which means the newest; or the only one."""
    if reference is not None and (by_id := world[API_VERSIONS].get(reference)) is not None:
        return by_id
    if reference is None:
        return _only(world, API_VERSIONS, "API version", "akana.create_api")
    name, _, wanted = reference.partition("/")
    versions = world[API_VERSIONS].find("api", find_api(world, name).id)
    return _version(f"version of {name}", versions, wanted)


def find_app(world: World, reference: str | None) -> App:
    """An app by id or name; without a reference the only one."""
    return _named(world, APPS, "app", reference, "akana.create_app")


def find_app_version(world: World, reference: str | None) -> AppVersion:
    """An app version by id, as `app/version`, or by its app's name, which means the newest; or the only one."""
    if reference is not None and (by_id := world[APP_VERSIONS].get(reference)) is not None:
        return by_id
    if reference is None:
        return _only(world, APP_VERSIONS, "app version", "akana.create_app")
    name, _, wanted = reference.partition("/")
    versions = world[APP_VERSIONS].find("app", find_app(world, name).id)
    return _version(f"version of {name}", versions, wanted)


def find_contract(world: World, reference: str | None) -> Contract:
    """A contract by id; without a reference the newest."""
    found = world[CONTRACTS].last() if reference is None else world[CONTRACTS].get(reference)
    if found is None and reference is None:
        raise Refused("There is no contract yet.", hint="Ask for one first: akana.request_connection.")
    if found is None:
        raise Unknown("contract", reference or "", (each.id for each in world[CONTRACTS]))
    return found


def overview(world: World) -> dict[str, Any]:
    """What somebody new to a world needs: who can sign in, the apps and where they stand, the APIs, the workflows."""
    businesses = world[BUSINESSES]
    return {
        "users": [
            {
                "email": user.email,
                "user_name": user.user_name,
                "password": user.password,
                "business": businesses[user.business].name,
                "site_admin": user.site_admin,
                "business_admin": user.id in businesses[user.business].admins,
            }
            for user in world[USERS]
        ],
        "app_versions": [
            {
                "app": world[APPS][version.app].name,
                "version": version.name,
                "id": version.id,
                "step": current_step(world, version.id),
            }
            for version in world[APP_VERSIONS]
        ],
        "api_versions": [
            {"api": world[APIS][version.api].name, "version": version.name, "id": version.id}
            for version in world[API_VERSIONS]
        ],
        "workflows": [
            {"name": each.name, "key": each.key, "object_type": each.object_type} for each in world[DEFINITIONS]
        ],
    }


def current_step(world: World, id: str) -> str | None:
    """The step, or steps, that something governed is in, by name; None without a workflow."""
    run = world[RUNS].get(id)
    if run is None:
        return None
    definition = definition_of(world, run.definition)
    steps = ((row, definition.step(row.step)) for row in run.instance.current)
    return ", ".join(step.name if step is not None else str(row.step) for row, step in steps)


def _named(world: World, kind: Kind[T], what: str, reference: str | None, maker: str) -> T:
    if reference is None:
        return _only(world, kind, what, maker)
    collection = world[kind]
    found = collection.get(reference) or collection.first("name", reference)
    if found is None:
        names = [getattr(each, "name", "") for each in collection]
        raise Unknown(what, reference, names, hint=f"{maker} makes one.")
    return found


def _only(world: World, kind: Kind[T], what: str, maker: str) -> T:
    collection = world[kind]
    if len(collection) == 1:
        return next(iter(collection))
    if not len(collection):
        raise Refused(f"There is no {what} yet.", hint=f"Make one first: {maker}.")
    names = ", ".join(repr(getattr(each, "name", "")) for each in collection)
    raise Refused(f"Say which {what}: {names}.")


V = TypeVar("V", AppVersion, ApiVersion)


def _version(what: str, versions: list[V], wanted: str) -> V:
    if not wanted and versions:
        return versions[-1]
    found = next((each for each in versions if each.name == wanted), None)
    if found is None:
        raise Unknown(what, wanted, (each.name for each in versions))
    return found
