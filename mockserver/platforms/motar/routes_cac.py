"""What a CAC plugin calls: which person stands behind a transaction."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from mockserver.platforms.motar import oauth, shapes
from mockserver.platforms.motar.body import decode
from mockserver.platforms.motar.carriers import AUTHORIZATION
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import PLUGINS, USERS, Plugin
from mockserver.platforms.motar.models_auth import CAC_ASSOCIATIONS, CacAssociation
from mockserver.wire import Answer, Call, Evidence, Refusal, Route, json_answer
from mockserver.world.world import World

Text = Annotated[str, msgspec.Meta(min_length=1)]


class Associate(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of `POST /plugin/v1/cac/associate`; that all four are mandatory is assumed."""

    dn: Text
    edipi: Text
    email: Text
    transaction_id: Text


def associate(world: World, call: Call) -> Answer | Refusal:
    """A plugin reports who holds the card of a transaction."""
    plugin = _check_plugin(world, call)
    if isinstance(plugin, Refusal):
        return plugin
    report = decode(call, Associate)
    if not re.fullmatch(r"[0-9]{10}", report.edipi):
        call.violate("body.edipi", "a DoD ID number has ten digits")
    user = world[USERS].first("email", report.email)
    now = world.clock.now()
    known = next(
        (
            each
            for each in world[CAC_ASSOCIATIONS].find("transaction_id", report.transaction_id)
            if each.plugin == plugin.id
        ),
        None,
    )
    if known is not None:
        call.violate("body.transactionId", "reported before; what was stored is replaced")
    world[CAC_ASSOCIATIONS].put(
        CacAssociation(
            id=known.id if known else world.mint.hex(24, "motar.cac_association"),
            plugin=plugin.id,
            transaction_id=report.transaction_id,
            dn=report.dn,
            edipi=report.edipi,
            email=report.email,
            user=user.id if user else None,
            created=known.created if known else now,
            updated=now,
        )
    )
    return json_answer({"success": True})


def _check_plugin(world: World, call: Call) -> Plugin | Refusal:
    """The plugin that calls, by its own client ID and secret; a user's token does not do here."""
    authorization = call.authorization()
    if authorization is None:
        return Error.NO_AUTHORIZATION.because(
            "The Authorization header is missing: send Basic with the plugin's client ID and client secret."
        )
    if authorization.scheme != "basic":
        return Error.INVALID_CREDENTIALS.because(
            "This endpoint takes Basic with the plugin's client ID and client secret, not a token."
        )
    call.authenticated_by = "basic"
    plugin = world[PLUGINS].first("client_id", authorization.username)
    if plugin is None or not oauth.same(plugin.client_secret, authorization.password):
        return Error.INVALID_CREDENTIALS.because("Basic does not hold a plugin's client ID and its client secret.")
    return oauth.resting(world, plugin) or plugin


ROUTES = (
    Route(
        "POST",
        "/plugin/v1/cac/associate",
        associate,
        "Say who holds the card of a transaction",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "Basic only. All four fields are mandatory (assumed). Any transactionId is taken, since transactions "
            "begin where nothing is emulated; reported again, it replaces what was stored. motar.view_cac_associations "
            "shows what is.",
        ),
        (AUTHORIZATION,),
        request=Associate,
        source="docs: CAC plugin page",
        replies=(shapes.DONE,),
        refused=(400, 401),
        security=("basic",),
    ),
)
