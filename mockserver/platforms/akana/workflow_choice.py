"""Which workflow a new thing comes under: what its business chose, else what the business above it did."""

from __future__ import annotations

from collections.abc import Callable

from mockserver.platforms.akana.models import APPS, BUSINESSES, App, AppVersion, BusinessSettings, Environment
from mockserver.world.world import World


def app_version_workflow(world: World, app: App) -> str | None:
    """The key of the workflow for new versions of an app, or None."""
    return _chosen(world, app.business, lambda settings: settings.app_version_workflow)


def contract_workflow(world: World, version: AppVersion, environment: Environment) -> str | None:
    """The key of the workflow for new contracts of an app version in an environment, or None."""
    app = world[APPS].get(version.app)
    if app is None:
        return None
    return _chosen(world, app.business, lambda settings: settings.contract_workflow(environment))


def _chosen(world: World, business_id: str | None, read: Callable[[BusinessSettings], str | None]) -> str | None:
    while business_id is not None:
        business = world[BUSINESSES].get(business_id)
        if business is None:
            return None
        found = read(business.settings)
        if found is not None:
            return found
        business_id = business.parent
    return None
