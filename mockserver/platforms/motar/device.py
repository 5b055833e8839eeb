"""The device flow: a device shows a code, its user types it in elsewhere, the device asks until it may.

Source: the device flow page, and RFC 8628 for what it leaves out.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import msgspec

from mockserver.platforms.motar import oauth, tokens
from mockserver.platforms.motar.models import CONSENTS, PLUGINS, Consent, Plugin, User
from mockserver.platforms.motar.models_auth import DEVICE_GRANTS, DeviceGrant
from mockserver.platforms.motar.oauth_errors import OAuthError
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.wire import Refusal
from mockserver.world.clock import iso
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

GRANT_TYPES = ("urn:ietf:params:grant-type:device_code", "urn:ietf:params:oauth:grant-type:device_code")
"""How the vendor's page spells the grant type, and how RFC 8628 does."""

SLOWER_BY = 5
"""Seconds by which each `slow_down` lengthens a device's interval (RFC 8628, section 3.5)."""

CODE_LENGTH = 8

# Without vowels no code becomes a word, as RFC 8628 advises.
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def begin(world: World, client: Plugin, scope: str | None) -> DeviceGrant:
    """A device of `client` starts to wait; its codes are fresh."""
    settings = world.settings(MotarSettings)
    octets = world.mint.octets(16, "motar.device_code", client.id)
    return world[DEVICE_GRANTS].insert(
        DeviceGrant(
            device_code=str(uuid.UUID(bytes=octets, version=4)),
            user_code=_fresh_user_code(world),
            client_id=client.client_id,
            scope=scope,
            expires=world.clock.now() + parse_duration(settings.device_lifetime),
            interval=settings.device_interval,
        )
    )


def tidy(typed: str) -> str:
    """A user code as a person typed it, without hyphens and spaces, in capitals."""
    return "".join(each for each in typed.upper() if "A" <= each <= "Z")


def waiting(world: World, typed: str) -> DeviceGrant | str:
    """The grant that waits under this user code; else why there is none, in words for the person."""
    grant = world[DEVICE_GRANTS].first("user_code", tidy(typed))
    if grant is None:
        return "No device shows this code. Please compare it letter by letter."
    if grant.decision != "pending":
        return f"This code has been {grant.decision} already. Please start again on the device."
    if grant.expires <= world.clock.now():
        return "This code is too old. Please start again on the device."
    return grant


def decided(world: World, typed: str) -> DeviceGrant | None:
    """The grant under this user code when somebody has decided on it."""
    grant = world[DEVICE_GRANTS].first("user_code", tidy(typed))
    return None if grant is None or grant.decision == "pending" else grant


def approve(world: World, grant: DeviceGrant, user: User) -> DeviceGrant:
    """The user lets the device in, and thereby gives its client consent."""
    consent = oauth.consent_id(user, client_of(world, grant))
    if consent not in world[CONSENTS]:
        world[CONSENTS].put(Consent(consent, world.clock.now()))
    return world[DEVICE_GRANTS].change(grant.device_code, decision="approved", user=user.id)


def deny(world: World, grant: DeviceGrant) -> DeviceGrant:
    """The user will not have the device in."""
    return world[DEVICE_GRANTS].change(grant.device_code, decision="denied")


def client_of(world: World, grant: DeviceGrant) -> Plugin:
    """The plugin whose device waits."""
    plugin = world[PLUGINS].first("client_id", grant.client_id)
    assert plugin is not None, "plugins are never deleted"
    return plugin


def poll(world: World, client: Plugin, device_code: str) -> tokens.TokenSet | Refusal:
    """The device asks: tokens, once, when its user approved; else one of RFC 8628's four errors.

    Asking before the interval is over is `slow_down`, which makes the interval five seconds longer.
    """
    grant = world[DEVICE_GRANTS].get(device_code)
    if grant is None or grant.client_id != client.client_id:
        return OAuthError.INVALID_GRANT.because("This device_code was not issued to this client.")
    if grant.used:
        return OAuthError.GRANT_USED.because("This device_code has been used already; it works once.")
    now = world.clock.now()
    if grant.decision == "denied":
        return OAuthError.ACCESS_DENIED.because("The user denied the device.")
    if grant.expires <= now:
        return OAuthError.EXPIRED_TOKEN.because(
            f"This device_code expired at {iso(grant.expires)}; it is {iso(now)} now. Start again."
        )
    if grant.decision == "approved" and grant.user is not None:
        world[DEVICE_GRANTS].change(device_code, used=True)
        # What a device gets is in no table beyond the access token; a nonce is not among its parameters.
        return tokens.open_session(world, client.client_id, grant.user, None)
    too_early = grant.polled is not None and now < grant.polled + timedelta(seconds=grant.interval)
    interval = grant.interval + SLOWER_BY if too_early else grant.interval
    world[DEVICE_GRANTS].change(device_code, polled=now, interval=interval)
    if too_early:
        return OAuthError.SLOW_DOWN.because(
            f"Asked again before {grant.interval} seconds were over; leave {interval} seconds from now on."
        )
    return OAuthError.AUTHORIZATION_PENDING.because("The user has not decided yet.")


def client_error(refusal: Refusal) -> Refusal:
    """A client that is unknown or not approved, as the device token endpoint's sample words it."""
    if refusal.code not in ("4011", "4013"):
        return refusal
    return msgspec.structs.replace(OAuthError.CLIENT_ID.because(refusal.description), headers=refusal.headers)


def _fresh_user_code(world: World) -> str:
    while True:
        octets = world.mint.octets(CODE_LENGTH, "motar.user_code")
        code = "".join(_LETTERS[each % len(_LETTERS)] for each in octets)
        if world[DEVICE_GRANTS].first("user_code", code) is None:
            return code
