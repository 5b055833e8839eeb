"""Codes, sessions and tokens: made, rotated, recognised, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from mockserver.platforms.motar.models import (
    ACCESS_TOKENS,
    CODES,
    REFRESH_TOKENS,
    SESSIONS,
    AccessToken,
    AuthorizationCode,
    Plugin,
    RefreshToken,
    Session,
    User,
)
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

ISSUER = "sso.iokids.net"

CONSENT_WITHDRAWN = "ended when the user withdrew consent"
"""How a session ended (see `end_session`) that is refused with a code of its own."""


class TokenSet(msgspec.Struct, frozen=True):
    """What a client gets from a sign-in or a refresh."""

    access_token: str
    refresh_token: str
    expires_in: str | int
    nonce: str | None


def lifetime(world: World) -> timedelta:
    """How long an access token of this world lives."""
    expires_in = world.settings(MotarSettings).expires_in
    return timedelta(days=1) if expires_in == "1d" else timedelta(seconds=int(expires_in))


def issue_code(
    world: World,
    plugin: Plugin,
    user: User,
    redirect_uri: str,
    nonce: str | None,
    *,
    challenge: str | None = None,
    launch: bool = False,
) -> AuthorizationCode:
    """A fresh authorization code for this user and client; with a `challenge`, for who knows its verifier."""
    code_lifetime = parse_duration(world.settings(MotarSettings).code_lifetime)
    return world[CODES].insert(
        AuthorizationCode(
            code=world.mint.hex(64, "motar.code", plugin.id),
            client_id=plugin.client_id,
            user=user.id,
            redirect_uri=redirect_uri,
            nonce=nonce,
            expires=world.clock.now() + code_lifetime,
            challenge=challenge,
            launch=launch,
        )
    )


def open_session(world: World, client_id: str, user: str, nonce: str | None) -> TokenSet:
    """Begin a session and issue its first pair of tokens."""
    session = Session(
        id=world.mint.hex(24, "motar.session"),
        user=user,
        client_id=client_id,
        started=world.clock.now(),
        nonce=nonce,
    )
    world[SESSIONS].insert(session)
    return _issue(world, session)


def rotate(world: World, refresh_token: RefreshToken) -> TokenSet:
    """Use up a refresh token for a new pair. The old access token lives on until it expires (assumed)."""
    world[REFRESH_TOKENS].change(refresh_token.token, used=True)
    return _issue(world, world[SESSIONS][refresh_token.session])


def end_session(world: World, session: Session, how: str) -> None:
    """Log out or revoke: none of the session's tokens works any more. `how` completes "the session was …"."""
    world[SESSIONS].change(session.id, ended=how)


def _issue(world: World, session: Session) -> TokenSet:
    now = world.clock.now()
    expires = now + lifetime(world)
    access = AccessToken(_jwt(world, session, now, expires), session.id, expires)
    refresh = RefreshToken(
        world.mint.hex(96, "motar.refresh_token", session.id),
        session.id,
        now + parse_duration(world.settings(MotarSettings).refresh_lifetime),
    )
    world[ACCESS_TOKENS].insert(access)
    world[REFRESH_TOKENS].insert(refresh)
    return TokenSet(access.token, refresh.token, world.settings(MotarSettings).expires_in, session.nonce)


def _jwt(world: World, session: Session, issued: datetime, expires: datetime) -> str:
    # joserfc brings the cryptography package along, which only servers that issue tokens should pay for.
    from joserfc import jwt
    from joserfc.jwk import OctKey

    subject = world.mint.hex(162, "motar.access_token", session.id)
    claims = {
        "token": f"{subject}${world.mint.hex(32, 'motar.access_token_iv', session.id)}",
        "iat": int(issued.timestamp()),
        "exp": int(expires.timestamp()),
        "aud": session.client_id,
        "iss": ISSUER,
    }
    key = OctKey.import_key(world.mint.constant(32, "motar.signing_key"))
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, key)
