"""OS1 as one value, for the app to put in its place."""

from __future__ import annotations

from mockserver.platforms.os1 import (
    errors,
    fixtures,
    models,
    models_aaa,
    models_diff,
    models_onboarding,
    portal,
    routes_aaa,
    routes_app_versions,
    routes_apps,
    routes_artifacts,
    routes_diff,
    routes_onboarding,
    routes_roles,
    routes_signin,
    routes_solution_apps,
    routes_solutions,
    routes_tenants,
)
from mockserver.platforms.os1.actions import ACTIONS
from mockserver.platforms.os1.carriers import CLIENT_ID, CORE, DEVELOPER
from mockserver.platforms.os1.decisions import DECISIONS
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Platform

OS1 = Platform(
    name="os1",
    title="OS1",
    routes=(
        *routes_onboarding.ROUTES,
        *routes_apps.ROUTES,
        *routes_app_versions.ROUTES,
        *routes_solutions.ROUTES,
        *routes_solution_apps.ROUTES,
        *routes_artifacts.ROUTES,
        *routes_tenants.ROUTES,
        *routes_diff.ROUTES,
        *routes_signin.ROUTES,
        *routes_aaa.ROUTES,
        *routes_roles.ROUTES,
    ),
    actions=ACTIONS,
    kinds=(*models.KINDS, *models_aaa.KINDS, *models_onboarding.KINDS, *models_diff.KINDS),
    refuse=errors.refuse,
    problem=errors.problem,
    strictness=errors.strictness,
    fixture=fixtures.read,
    overview=portal.overview,
    decisions=DECISIONS,
    carriers=(DEVELOPER, CORE, CLIENT_ID),
    segments=("developer", "core"),
    hosts=("api.os1.dev", "{tenant}.getos1.com"),
    settings=Os1Settings,
)
