"""MOTAR as one value, for the app to put in its place."""

from __future__ import annotations

from mockserver.platforms.motar import (
    errors,
    fixtures,
    models_auth,
    routes_activate,
    routes_ato,
    routes_basic,
    routes_cac,
    routes_oauth,
    routes_signin,
    routes_user,
    routes_v2,
    shapes,
    studio,
)
from mockserver.platforms.motar.actions import ACTIONS
from mockserver.platforms.motar.carriers import AUTHORIZATION
from mockserver.platforms.motar.decisions import DECISIONS
from mockserver.platforms.motar.models import KINDS
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.wire import Platform

MOTAR = Platform(
    name="motar",
    title="MOTAR",
    routes=(
        *routes_signin.ROUTES,
        *routes_oauth.ROUTES,
        *routes_v2.ROUTES,
        *routes_activate.ROUTES,
        *routes_basic.ROUTES,
        *routes_user.ROUTES,
        *routes_ato.ROUTES,
        *routes_cac.ROUTES,
    ),
    actions=ACTIONS,
    kinds=(*KINDS, *models_auth.KINDS),
    refuse=errors.refuse,
    problem=errors.problem,
    strictness=errors.strictness,
    fixture=fixtures.read,
    overview=studio.overview,
    decisions=DECISIONS,
    carriers=(AUTHORIZATION,),
    segments=("auth", "app", "image", "notifications", "leaderboard", "edu", "email", "sdk"),
    hosts=("api.motar.io", "sandbox.motar.io"),
    settings=MotarSettings,
    error=shapes.REFUSED,
)
