"""The token endpoint, logout, and the two endpoints that validate."""

from __future__ import annotations

from mockserver.platforms.motar import oauth, shapes, tokens
from mockserver.platforms.motar.carriers import AUTHORIZATION, CLIENT_ID, CODE, OAUTH_PAGE, REFRESH
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import CODES, REFRESH_TOKENS, SESSIONS, Session
from mockserver.platforms.motar.parameters import LOGOUT, TOKEN, from_anywhere, missing
from mockserver.wire import Answer, Call, Evidence, Refusal, Route, json_answer
from mockserver.world.journal import Pairs
from mockserver.world.world import World


def token(world: World, call: Call) -> Answer | Refusal:
    """Exchange a code, or refresh."""
    parameters = from_anywhere(call, TOKEN)
    if isinstance(parameters, Refusal):
        return parameters
    grant_type = parameters.get("grant_type")
    if not grant_type:
        return Error.MISSING.because(
            missing("grant_type", parameters, TOKEN, "authorization_code or refresh_token"),
        )
    if grant_type not in ("authorization_code", "refresh_token"):
        return Error.VALIDATION.because(f"grant_type is authorization_code or refresh_token, not {grant_type!r}.")
    client = oauth.check_client(world, call, parameters)
    if isinstance(client, Refusal):
        return client
    if grant_type == "authorization_code":
        if "redirect_uri" not in parameters and not _came_with_a_launch(world, parameters):
            call.violate("redirect_uri", "missing; send the one that the code was issued for")
        issued = oauth.exchange(world, client, parameters)
    else:
        issued = oauth.refresh(world, client, parameters)
    return issued if isinstance(issued, Refusal) else token_answer(issued)


def logout(world: World, call: Call) -> Answer | Refusal:
    """End the session that a refresh token (or, told, an access token) belongs to."""
    parameters = from_anywhere(call, LOGOUT)
    if isinstance(parameters, Refusal):
        return parameters
    value = parameters.get("refresh_token")
    if value:
        session = _session_of(world, value)
    elif call.header("authorization") is not None:
        signed_in = oauth.require_token(world, call)
        session = signed_in if isinstance(signed_in, Refusal) else signed_in.session
        call.violate("body.refresh_token", "missing; the session of the access token is ended")
    else:
        return Error.MISSING.because(missing("refresh_token", parameters, LOGOUT))
    if isinstance(session, Refusal):
        return session
    tokens.end_session(world, session, "ended by a logout")
    return json_answer({"success": True})


def validate(world: World, call: Call) -> Answer | Refusal:
    """Say whether the access token is good now, and the session it belongs to still stands."""
    signed_in = oauth.require_token(world, call)
    return signed_in if isinstance(signed_in, Refusal) else json_answer({"success": True})


def _came_with_a_launch(world: World, parameters: dict[str, str]) -> bool:
    code = world[CODES].get(parameters.get("code", ""))
    return code is not None and code.launch


def _session_of(world: World, value: str) -> Session | Refusal:
    refresh_token = world[REFRESH_TOKENS].get(value)
    if refresh_token is None:
        return Error.TOKEN_INVALID.because("This refresh token was not issued here.")
    session = world[SESSIONS][refresh_token.session]
    if session.ended:
        return oauth.ended(session, "refresh token")
    return oauth.resting(world, oauth.client_of(world, session)) or session


def token_answer(issued: tokens.TokenSet) -> Answer:
    """A pair of tokens, in the body and in headers."""
    body: dict[str, object] = {
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "expires_in": issued.expires_in,
        "token_type": "Bearer",
    }
    if issued.nonce is not None:
        body["nonce"] = issued.nonce
    # One SDK reads new tokens from headers and never from the body, another from the body only.
    return json_answer(body, headers=token_headers(issued))


def token_headers(issued: tokens.TokenSet) -> Pairs:
    """A pair of tokens as headers, under both names that clients look for."""
    return (
        ("accesstoken", issued.access_token),
        ("refreshtoken", issued.refresh_token),
        ("access_token", issued.access_token),
        ("refresh_token", issued.refresh_token),
        ("cache-control", "no-store"),
    )


ROUTES = (
    Route(
        "POST",
        "/oauth/token",
        token,
        "Exchange an authorization code, or refresh",
        Evidence(
            "observed",
            "observed",
            "assumed",
            "Parameters are read from query, form or JSON, because real clients use each. Tokens are in body and "
            "headers. Codes and refresh tokens work once (400/4008). An unknown or expired code is 401/4015, a wrong "
            "redirect_uri 400/4003, an unknown or expired refresh token 403/4034, a wrong secret 401/4012, an unknown "
            "client 401/4011. A missing redirect_uri and HTTP Basic are told.",
        ),
        (CODE, REFRESH, CLIENT_ID, AUTHORIZATION),
        source=OAUTH_PAGE,
        request=shapes.TokenRequest,
        form=shapes.TokenRequest,
        replies=(shapes.TOKENS,),
        refused=(400, 401, 403),
        security=("none", "basic"),
    ),
    Route(
        "POST",
        "/oauth/logout",
        logout,
        "End a session",
        Evidence(
            "observed",
            "assumed",
            "assumed",
            'Answers {"success": true} and ends the session with all its tokens; a second logout is 403/4034. '
            "Without a refresh token the Bearer token's session ends, which is told.",
        ),
        (REFRESH, AUTHORIZATION),
        source=OAUTH_PAGE,
        request=shapes.LogoutRequest,
        form=shapes.LogoutRequest,
        replies=(shapes.DONE,),
        refused=(400, 401, 403),
        security=("none", "bearer"),
    ),
    Route(
        "GET",
        "/oauth/token/validate",
        validate,
        "Is this access token good?",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            'Answers {"success": true}; expired is 401/4010, unknown or of an ended session 403/4034.',
        ),
        (AUTHORIZATION,),
        source=OAUTH_PAGE,
        replies=(shapes.DONE,),
        refused=(401, 403),
        security=("bearer",),
    ),
    Route(
        "GET",
        "/oauth/session/validate",
        validate,
        "Does this user's session still stand?",
        Evidence(
            "documented", "assumed", "assumed", "As token/validate: revoked is 403/4034, withdrawn consent 401/4019."
        ),
        (AUTHORIZATION,),
        source=OAUTH_PAGE,
        replies=(shapes.DONE,),
        refused=(401, 403),
        security=("bearer",),
    ),
)
