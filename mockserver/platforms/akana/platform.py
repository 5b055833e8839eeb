"""Akana as one value, for the app to put in its place."""

from __future__ import annotations

from mockserver.platforms.akana import (
    errors,
    fixtures,
    models,
    models_work,
    portal,
    routes_apps,
    routes_boards,
    routes_contracts,
    routes_login,
    routes_portal,
    routes_version,
    routes_workflow,
    shapes,
)
from mockserver.platforms.akana.actions import ACTIONS
from mockserver.platforms.akana.control import CONTROL
from mockserver.platforms.akana.decisions import DECISIONS
from mockserver.platforms.akana.registry import registry
from mockserver.platforms.akana.session import COOKIE
from mockserver.platforms.akana.settings import AkanaSettings
from mockserver.wire import Platform

AKANA = Platform(
    name="akana",
    title="Akana",
    routes=(
        *routes_login.ROUTES,
        *routes_apps.ROUTES,
        *routes_version.ROUTES,
        *routes_contracts.ROUTES,
        *routes_workflow.ROUTES,
        *routes_boards.ROUTES,
        *routes_portal.ROUTES,
    ),
    actions=ACTIONS,
    kinds=(*models.KINDS, *models_work.KINDS),
    refuse=errors.refuse,
    problem=errors.problem,
    strictness=errors.strictness,
    fixture=fixtures.read,
    overview=portal.overview,
    decisions=DECISIONS,
    carriers=(COOKIE,),
    settings=AkanaSettings,
    error=shapes.FAULT,
    extend=registry,
    control=CONTROL,
)
