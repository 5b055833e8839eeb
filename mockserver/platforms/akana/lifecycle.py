"""Apps and versions come and go: created under a workflow, deleted by one or at once."""

from __future__ import annotations

from typing import Any

from mockserver.errors import Refused
from mockserver.platforms.akana import contracts, makers
from mockserver.platforms.akana.governance import Governance, is_reserved
from mockserver.platforms.akana.models import (
    ACTIVE_APP,
    API_VERSIONS,
    APP_VERSIONS,
    APPS,
    CONTRACTS,
    DELETE_PENDING,
    GROUPS,
    ApiVersion,
    App,
    AppVersion,
    User,
)
from mockserver.platforms.akana.models_work import RUNS
from mockserver.platforms.akana.people import administers_app
from mockserver.platforms.akana.settings import AkanaSettings
from mockserver.platforms.akana.workflow_choice import app_version_workflow
from mockserver.world.world import World


def create_version(world: World, user: User, app: App, *, comment: str = "", **fields: Any) -> AppVersion:
    """A new version of an app, put under the workflow that its business chose, by `@Create`."""
    version = makers.make_app_version(world, app, **fields)
    key = app_version_workflow(world, app)
    if key is not None:
        Governance(world, version.id, user, comment).start(key, "@Create")
    return world[APP_VERSIONS][version.id]


def perform(world: World, user: User, id: str, name: str, *, comment: str = "") -> None:
    """Do a workflow action by name with whatever it governs; raises `NotAvailable`, or what a function raises.

    A version that is marked for deletion is active again once people did something else with it.
    """
    contract = world[CONTRACTS].get(id)
    if contract is not None:
        contracts.act(world, user, contract, name, comment=comment)
        return
    Governance(world, id, user, comment).perform(name)
    version = world[APP_VERSIONS].get(id)
    if version is None:
        return
    if name == "@Delete":
        world[APP_VERSIONS].change(id, state=DELETE_PENDING, updated=world.clock.now())
    elif version.state == DELETE_PENDING and not is_reserved(name):
        world[APP_VERSIONS].change(id, state=ACTIVE_APP, updated=world.clock.now())


def ask_to_delete(world: World, user: User, version: AppVersion, *, comment: str = "") -> bool:
    """Delete a version; of a governed one `@Delete` runs, and the version goes only if a function deletes it.

    Answers whether it is gone. Raises `NotAvailable` or `Refused`.
    """
    if version.id in world[RUNS]:
        perform(world, user, version.id, "@Delete", comment=comment)
        return version.id not in world[APP_VERSIONS]
    app = world[APPS][version.app]
    if not administers_app(world, user, app):
        raise Refused(f"{user.user_name} is not on the team of {app.name}; deleting it is not theirs to do.")
    delete_version(world, version)
    return True


def delete_version(world: World, version: AppVersion) -> None:
    """Remove a version for good; its contracts end, and with the last version the app goes, if the world says so."""
    for contract in world[CONTRACTS].find("app_version", version.id):
        contracts.end(world, contract, "app")
    world[APP_VERSIONS].delete(version.id)
    if version.id in world[RUNS]:
        world[RUNS].delete(version.id)
    if not world[APP_VERSIONS].find("app", version.app) and world.settings(AkanaSettings).last_version_takes_app:
        delete_app(world, world[APPS][version.app])


def delete_app(world: World, app: App) -> None:
    """Remove an app that has no versions, and its team."""
    world[GROUPS].delete(app.team)
    world[APPS].delete(app.id)


def delete_api_version(world: World, api_version: ApiVersion) -> None:
    """Remove an API version; its contracts end."""
    for contract in world[CONTRACTS].find("api_version", api_version.id):
        contracts.end(world, contract, "api")
    world[API_VERSIONS].delete(api_version.id)
