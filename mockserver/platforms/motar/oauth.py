"""Single sign-on: the page, the redirect, the token endpoint, logout and validation."""

from __future__ import annotations

import hmac
from typing import Literal

import msgspec

from mockserver.platforms.motar import pkce, tokens
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import (
    ACCESS_TOKENS,
    CODES,
    CONSENTS,
    PLUGINS,
    REFRESH_TOKENS,
    SESSIONS,
    USERS,
    Consent,
    Plugin,
    Session,
    User,
)
from mockserver.platforms.motar.parameters import SIGN_IN_FORM, TOKEN, missing
from mockserver.platforms.motar.redirects import check_registered
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.platforms.motar.studio import why_plugin_rests
from mockserver.platforms.motar.uris import difference, with_query
from mockserver.wire import Call, Refusal
from mockserver.world.clock import iso
from mockserver.world.world import World

ResponseType = Literal["code", "implicit"]


class SignIn(msgspec.Struct, frozen=True):
    """A checked request to sign in: who asks, where to go back to, and what to bring along.

    `challenge` is there when it came by `/oauth/v2/signin`.
    """

    plugin: Plugin
    response_type: ResponseType
    redirect_uri: str
    state: str
    nonce: str | None
    challenge: str | None = None


def check_sign_in(world: World, parameters: dict[str, str]) -> SignIn | Refusal:
    """Check the query of `/oauth/signin`.

    A redirect URI must equal a registered one character by character; the refusal shows where it
    first differs. Nothing is ever redirected to a URI that is not registered.
    """
    # Most client code and the vendor's example URLs write client_id, the vendor's parameter table clientId.
    client_id = parameters.get("client_id") or parameters.get("clientId")
    if not client_id:
        return Error.MISSING.because(missing("client_id", parameters, SIGN_IN_FORM))
    plugin = world[PLUGINS].first("client_id", client_id)
    if plugin is None:
        return Error.NO_APP.because(
            "No app found with specified client ID.",
            title="Nobody here has this client ID",
            hints=[f"The world {world.name!r} knows: {_known_clients(world)}."],
        )
    rests = resting(world, plugin)
    if rests is not None:
        return rests
    redirect_uri = parameters.get("redirect_uri")
    if not redirect_uri:
        return Error.MISSING.because(
            missing("redirect_uri", parameters, SIGN_IN_FORM),
            hints=[f"Registered: {each}" for each in plugin.redirect_uris],
        )
    unregistered = check_registered(plugin, redirect_uri)
    if unregistered is not None:
        return unregistered
    response_type = parameters.get("response_type")
    if not response_type:
        return Error.MISSING.because(
            missing("response_type", parameters, SIGN_IN_FORM, "code or implicit"),
        )
    if response_type not in ("code", "implicit"):
        return Error.RESPONSE_TYPE.because(
            "Response type not supported", hints=["MOTAR takes code and, literally, implicit (not token)."]
        )
    state = parameters.get("state")
    if not state:
        return Error.MISSING.because(
            missing("state", parameters, SIGN_IN_FORM, "MOTAR requires it and gives it back on the redirect")
        )
    return SignIn(
        plugin, "code" if response_type == "code" else "implicit", redirect_uri, state, parameters.get("nonce")
    )


def complete_sign_in(world: World, sign_in: SignIn, user: User) -> str:
    """The user is known and allows it: the URL to send the browser to."""
    consent = consent_id(user, sign_in.plugin)
    if consent not in world[CONSENTS]:
        world[CONSENTS].put(Consent(consent, world.clock.now()))
    if sign_in.response_type == "code":
        code = tokens.issue_code(
            world, sign_in.plugin, user, sign_in.redirect_uri, sign_in.nonce, challenge=sign_in.challenge
        )
        # One old client takes whatever follows the first equals sign as the code, so code comes first.
        return with_query(sign_in.redirect_uri, code=code.code, state=sign_in.state)
    issued = tokens.open_session(world, sign_in.plugin.client_id, user.id, sign_in.nonce)
    return with_query(
        sign_in.redirect_uri,
        access_token=issued.access_token,
        refresh_token=issued.refresh_token,
        expires_in=str(issued.expires_in),
        state=sign_in.state,
    )


def consent_id(user: User, plugin: Plugin) -> str:
    """The key under which a user's consent to a client is kept."""
    return f"{user.id}/{plugin.client_id}"


def cancel_sign_in(world: World, sign_in: SignIn) -> str:
    """The user will not: the URL that says so, where PKCE is asked for in the words of RFC 6749."""
    error = world.settings(MotarSettings).cancel_error if sign_in.challenge is None else "access_denied"
    return with_query(sign_in.redirect_uri, error=error, state=sign_in.state)


def check_password(world: World, handle: str, password: str) -> User | None:
    """The user with this handle and password, or None."""
    user = world[USERS].first("handle", handle if handle.startswith("@") else f"@{handle}")
    if user is None or not same(user.password, password):
        return None
    return user


def exchange(world: World, client: Plugin, parameters: dict[str, str]) -> tokens.TokenSet | Refusal:
    """Redeem an authorization code, once, for the client it was issued to."""
    value = parameters.get("code")
    if not value:
        return Error.MISSING.because(missing("code", parameters, TOKEN))
    code = world[CODES].get(value)
    if code is None or code.client_id != client.client_id:
        return Error.CODE_MALFORMED.because("This authorization code was not issued to this client.")
    if code.used:
        return Error.TOKEN_USED.because("This authorization code has been used already; a code works once.")
    now = world.clock.now()
    if code.expires <= now:
        return Error.CODE_MALFORMED.because(
            f"This authorization code expired at {iso(code.expires)}; it is {iso(now)} now."
        )
    redirect_uri = parameters.get("redirect_uri")
    if redirect_uri and redirect_uri != code.redirect_uri:
        return Error.VALIDATION.because(
            f"redirect_uri {redirect_uri!r} is not the one the code was issued for, {code.redirect_uri!r}; "
            f"they differ {difference(redirect_uri, code.redirect_uri)}",
            error="invalid_grant",
        )
    if code.challenge is not None and (unproved := pkce.check_verifier(code.challenge, parameters)) is not None:
        return unproved
    world[CODES].change(code.code, used=True)
    return tokens.open_session(world, client.client_id, code.user, code.nonce)


def refresh(world: World, client: Plugin, parameters: dict[str, str]) -> tokens.TokenSet | Refusal:
    """Trade a refresh token, once, for a new pair."""
    value = parameters.get("refresh_token")
    if not value:
        return Error.MISSING.because(missing("refresh_token", parameters, TOKEN))
    token = world[REFRESH_TOKENS].get(value)
    session = world[SESSIONS].get(token.session) if token else None
    if token is None or session is None or session.client_id != client.client_id:
        return Error.TOKEN_INVALID.because("This refresh token was not issued to this client.")
    if session.ended:
        return ended(session, "refresh token")
    if token.used:
        return Error.TOKEN_USED.because("This refresh token has been used already; each refresh gives a new one.")
    if token.expires <= world.clock.now():
        return Error.TOKEN_INVALID.because(f"This refresh token expired at {iso(token.expires)}.")
    return tokens.rotate(world, token)


def check_client(world: World, call: Call, parameters: dict[str, str]) -> Plugin | Refusal:
    """The client that calls the token endpoint, proved by its secret."""
    client_id = parameters.get("client_id") or parameters.get("clientId")
    secret = parameters.get("client_secret")
    call.authenticated_by = "client_secret"
    basic = call.authorization()
    if basic is not None and basic.scheme == "basic":
        call.violate(
            "headers.authorization",
            "no source shows HTTP Basic at the token endpoint; send client_id and client_secret"
            + ("" if not secret else "; they came as well, so it is ignored"),
        )
        if not secret:
            client_id, secret = client_id or basic.username, basic.password
            call.authenticated_by = "basic"
    if not client_id or not secret:
        absent = [name for name, value in (("client_id", client_id), ("client_secret", secret)) if not value]
        return Error.MISSING.because(" ".join(missing(name, parameters, TOKEN) for name in absent))
    plugin = world[PLUGINS].first("client_id", client_id)
    if plugin is None:
        return Error.INVALID_CREDENTIALS.because(f"No app has the client_id {client_id!r}.")
    if not same(plugin.client_secret, secret):
        return Error.API_KEY.because("client_secret is not the one that belongs to this client_id.")
    return resting(world, plugin) or plugin


def resting(world: World, plugin: Plugin) -> Refusal | None:
    """Why nothing works with this plugin now, as the wire says it, or None when it works."""
    rests = why_plugin_rests(world, plugin)
    if rests is None:
        return None
    return Error.NOT_APPROVED.because(" ".join(rests), title="This app is not approved")


def ended(session: Session, what: str) -> Refusal:
    """What is answered to a token, called `what`, whose session is over."""
    if session.ended == tokens.CONSENT_WITHDRAWN:
        return Error.NO_CONSENT.because("The user has withdrawn consent for this app; send them to sign in again.")
    return Error.TOKEN_INVALID.because(f"The session of this {what} was {session.ended}; send the user to sign in.")


class SignedIn(msgspec.Struct, frozen=True):
    """Whom an access token speaks for."""

    user: User
    plugin: Plugin
    session: Session


def check_access_token(world: World, value: str) -> SignedIn | Refusal:
    """Whom a token speaks for, or why it no longer does.

    The word refresh in the answer to an expired token is what one client looks for before it refreshes.
    """
    token = world[ACCESS_TOKENS].get(value)
    if token is None:
        return Error.TOKEN_INVALID.because(_explain_unknown_token(world, value))
    session = world[SESSIONS][token.session]
    if session.ended:
        return ended(session, "access token")
    if token.expires <= world.clock.now():
        return Error.REFRESH_REQUIRED.because(
            f"The access token expired at {iso(token.expires)}; refresh it at /oauth/token."
        )
    user, plugin = world[USERS][session.user], client_of(world, session)
    return resting(world, plugin) or SignedIn(user, plugin, session)


def client_of(world: World, session: Session) -> Plugin:
    """The plugin that a session was opened for."""
    plugin = world[PLUGINS].first("client_id", session.client_id)
    assert plugin is not None, "plugins are never deleted"
    return plugin


def require_token(world: World, call: Call) -> SignedIn | Refusal:
    """Whom the call's Authorization header speaks for; `Bearer <token>` or the token alone."""
    authorization = call.authorization()
    if authorization is None:
        return Error.NO_AUTHORIZATION.because("The Authorization header is missing: send Bearer <access token>.")
    if authorization.scheme not in ("bearer", "bare"):
        return Error.TOKEN_INVALID.because("This endpoint takes an access token: Authorization: Bearer <access token>.")
    call.authenticated_by = authorization.scheme
    return check_access_token(world, authorization.token)


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def _explain_unknown_token(world: World, value: str) -> str:
    if value.lower() in ("bearer", "basic"):
        return f"Nothing follows the word {value} in the Authorization header."
    if world[CODES].get(value) is not None:
        return "This is an authorization code, not an access token: exchange it at /oauth/token first."
    if world[REFRESH_TOKENS].get(value) is not None:
        return "This is a refresh token, not an access token: trade it at /oauth/token first."
    return "This access token was not issued here."


def _known_clients(world: World) -> str:
    known = ", ".join(f"{plugin.client_id} ({plugin.name})" for plugin in world[PLUGINS])
    return known or "no client at all; load a fixture, or create a plugin"
