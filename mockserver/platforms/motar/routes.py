"""MOTAR's wire: what each endpoint takes and answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from mockserver.platforms.motar import ato, oauth, tokens
from mockserver.platforms.motar.body import decode
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import (
    APPS,
    CONSENTS,
    ORGANIZATIONS,
    REFRESH_TOKENS,
    REQUESTS,
    SESSIONS,
    TICKETS,
    USERS,
    Ticket,
    User,
)
from mockserver.wire import Answer, BadBody, Call, Carrier, Evidence, Page, Refusal, Route, json_answer, redirect
from mockserver.wire.call import FORM
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

TICKET_LIFETIME = parse_duration("10m")

CLIENT_ID = Carrier("client_id", "parameter", ("client_id", "clientId"))
CODE = Carrier("code", "parameter", ("code",))
REFRESH = Carrier("refresh_token", "parameter", ("refresh_token",))
AUTHORIZATION = Carrier("access_token", "authorization")
TOKEN_QUERY = Carrier("access_token", "query", ("access_token",))


def signin_page(world: World, call: Call) -> Answer | Page | Refusal:
    """Show who can sign in."""
    sign_in = oauth.check_sign_in(world, dict(call.query))
    return sign_in if isinstance(sign_in, Refusal) else _signin_page(world, call, sign_in)


def signin_submit(world: World, call: Call) -> Answer | Page | Refusal:
    """Take what the page's forms send: a user to be, or a handle and password; then allow or cancel."""
    if call.content_type != FORM:
        return Error.UNUSABLE.because(
            f"The sign-in form sends {FORM}; Content-Type says {call.content_type or 'nothing'}."
        )
    fields = {**dict(call.query), **call.form()}
    sign_in = oauth.check_sign_in(world, fields)
    if isinstance(sign_in, Refusal):
        return sign_in
    if fields.get("decision") == "cancel":
        return redirect(oauth.cancel_sign_in(world, sign_in))
    if ticket := fields.get("ticket"):
        held = world[TICKETS].get(ticket)
        if held is None or held.client_id != sign_in.plugin.client_id or held.expires <= world.clock.now():
            return _signin_page(world, call, sign_in, error="That page was too old. Please sign in again.")
        world[TICKETS].delete(ticket)
        return redirect(oauth.complete_sign_in(world, sign_in, world[USERS][held.user]))
    if handle := fields.get("user"):
        user: User | None = world[USERS].first("handle", handle)
        error = f"There is no user {handle} here."
    else:
        user = oauth.check_password(world, fields.get("handle", ""), fields.get("password", ""))
        error = "This handle and password do not belong together."
    if user is None:
        return _signin_page(world, call, sign_in, error=error)
    if fields.get("decision") == "allow" or f"{user.id}/{sign_in.plugin.client_id}" in world[CONSENTS]:
        return redirect(oauth.complete_sign_in(world, sign_in, user))
    return _consent_page(world, call, sign_in, user)


def token(world: World, call: Call) -> Answer | Refusal:
    """Exchange a code, or refresh."""
    parameters = _parameters(call)
    if isinstance(parameters, Refusal):
        return parameters
    grant_type = parameters.get("grant_type")
    if not grant_type:
        return Error.MISSING.because("grant_type is missing: authorization_code or refresh_token.")
    if grant_type not in ("authorization_code", "refresh_token"):
        return Error.VALIDATION.because(f"grant_type is authorization_code or refresh_token, not {grant_type!r}.")
    client = oauth.check_client(world, call, parameters)
    if isinstance(client, Refusal):
        return client
    if grant_type == "authorization_code":
        if "redirect_uri" not in parameters:
            call.violate("redirect_uri", "missing; send the one that the code was issued for")
        issued = oauth.exchange(world, client, parameters)
    else:
        issued = oauth.refresh(world, client, parameters)
    return issued if isinstance(issued, Refusal) else _token_answer(issued)


def logout(world: World, call: Call) -> Answer | Refusal:
    """End the session that a refresh token (or, told, an access token) belongs to."""
    parameters = _parameters(call)
    if isinstance(parameters, Refusal):
        return parameters
    value = parameters.get("refresh_token")
    if value is None:
        signed_in = oauth.require_token(world, call)
        if isinstance(signed_in, Refusal):
            return (
                Error.MISSING.because("refresh_token is missing.")
                if call.header("authorization") is None
                else signed_in
            )
        call.violate("body.refresh_token", "missing; the session of the access token is ended")
        tokens.end_session(world, signed_in.session, "logged out")
        return json_answer({"success": True})
    refresh_token = world[REFRESH_TOKENS].get(value)
    session = world[SESSIONS].get(refresh_token.session) if refresh_token else None
    if session is None:
        return Error.TOKEN_INVALID.because("This refresh token was not issued here.")
    if session.ended:
        return Error.TOKEN_INVALID.because(f"The session of this refresh token was {session.ended} already.")
    tokens.end_session(world, session, "logged out")
    return json_answer({"success": True})


def validate(world: World, call: Call) -> Answer | Refusal:
    """Say whether the access token is good now."""
    signed_in = oauth.require_token(world, call)
    return signed_in if isinstance(signed_in, Refusal) else json_answer({"success": True})


def validate_session(world: World, call: Call) -> Answer | Refusal:
    """Say whether the user's session still stands: not logged out, not revoked, consent still given."""
    signed_in = oauth.require_token(world, call)
    if isinstance(signed_in, Refusal):
        return signed_in
    if f"{signed_in.user.id}/{signed_in.plugin.client_id}" not in world[CONSENTS]:
        return Error.NO_CONSENT.because("The user has withdrawn consent for this app.")
    return json_answer({"success": True})


def my_profile(world: World, call: Call) -> Answer | Refusal:
    """The profile of the user whom the token speaks for."""
    signed_in = oauth.require_token(world, call)
    if isinstance(signed_in, Refusal):
        return signed_in
    user = signed_in.user
    unset = (
        "profilePic coverPhoto position role militaryGrade displayRank gender displayDutyTitle civilianGrade "
        "civilianBand jobSeriesNumber jobTitle"
    )
    return json_answer(
        {
            "handle": user.handle,
            "firstName": user.first_name,
            "lastName": user.last_name,
            "userType": "adult",
            "accountType": "Adult",
            "country": "US",
            "userId": user.id,
            "email": user.email,
            "trainer": False,
            "trainee": False,
            "organizationRoles": {"afsc": None},
            **dict.fromkeys(unset.split()),
        }
    )


def ato_status(world: World, call: Call) -> Answer | Refusal:
    """A plugin reports how far a request is."""
    caller = ato.check_caller(world, call)
    if isinstance(caller, Refusal):
        return caller
    update = decode(call, ato.StatusUpdate)
    ato.update_status(world, call, ato.request_for(world, caller, update.request_id), update)
    return json_answer({"success": True})


def ato_alert(world: World, call: Call) -> Answer | Refusal:
    """A plugin tells the people in Studio something."""
    caller = ato.check_caller(world, call)
    if isinstance(caller, Refusal):
        return caller
    new = decode(call, ato.NewAlert)
    ato.create_alert(world, call, ato.request_for(world, caller, new.request_id), new)
    return json_answer({"success": True})


def _parameters(call: Call) -> dict[str, str] | Refusal:
    """Parameters of a token call: real clients send them in the query, a form or JSON; the body wins."""
    parameters: dict[str, str] = {}
    for name, value in call.query:
        parameters.setdefault(name, value)
    if not call.body:
        return parameters
    if call.content_type == FORM:
        return {**parameters, **call.form()}
    if call.content_type not in ("application/json", ""):
        return Error.UNUSABLE.because(
            f"Parameters travel in the query, as {FORM} or as application/json; Content-Type says {call.content_type}."
        )
    try:
        data: Any = call.json()
    except BadBody as error:
        return Error.UNUSABLE.because(error.reason)
    if not isinstance(data, dict):
        return Error.UNUSABLE.because("The JSON body must be an object.")
    for name, value in data.items():
        if value is None:
            continue
        if not isinstance(value, str):
            return Error.UNUSABLE.because(f"{name} must be a string.")
        parameters[name] = value
    return parameters


def _token_answer(issued: tokens.TokenSet) -> Answer:
    body: dict[str, object] = {
        "access_token": issued.access_token,
        "refresh_token": issued.refresh_token,
        "expires_in": issued.expires_in,
        "token_type": "Bearer",
    }
    if issued.nonce is not None:
        body["nonce"] = issued.nonce
    # One SDK reads new tokens from these headers and never from the body, another from the body only.
    return json_answer(
        body,
        headers=(
            ("accesstoken", issued.access_token),
            ("refreshtoken", issued.refresh_token),
            ("access_token", issued.access_token),
            ("refresh_token", issued.refresh_token),
            ("cache-control", "no-store"),
        ),
    )


def _signin_page(world: World, call: Call, sign_in: oauth.SignIn, error: str | None = None) -> Page:
    request = world[REQUESTS].get(sign_in.state)
    handoff = None
    if request is not None and request.plugin == sign_in.plugin.id:
        app = world[APPS][request.app]
        handoff = {
            "app_name": app.name,
            "package_name": request.package_name,
            "company": world[ORGANIZATIONS][app.organization].name,
        }
    return Page(
        "signin.html",
        {
            **_asker(world, call, sign_in),
            "client_id": sign_in.plugin.client_id,
            "redirect_uri": sign_in.redirect_uri,
            "users": [_person(world, user) for user in world[USERS]],
            "error": error,
            "handle": call.form().get("handle", "") if call.content_type == FORM else "",
            "handoff": handoff,
        },
        status=200 if error is None else 401,
        form_targets=(_origin(sign_in.redirect_uri),),
    )


def _consent_page(world: World, call: Call, sign_in: oauth.SignIn, user: User) -> Page:
    ticket = Ticket(
        world.mint.hex(48, "motar.ticket"), user.id, sign_in.plugin.client_id, world.clock.now() + TICKET_LIFETIME
    )
    world[TICKETS].insert(ticket)
    asker = _asker(world, call, sign_in)
    fields = _fields(sign_in)
    return Page(
        "consent.html",
        {
            **asker,
            "fields": [*fields, ("ticket", ticket.id)],
            "user": _person(world, user),
            "asks": [
                "Sign you in",
                "Read your profile: name, handle and mail address",
                "Work on ATO requests of your organization",
            ],
            "back": f"{asker['action']}?{urlencode(fields)}",
        },
        form_targets=(_origin(sign_in.redirect_uri),),
    )


def _asker(world: World, call: Call, sign_in: oauth.SignIn) -> dict[str, object]:
    return {
        "app": sign_in.plugin.name,
        "organization": world[ORGANIZATIONS][sign_in.plugin.organization].name,
        "action": urlsplit(call.base_url).path + "/oauth/signin",
        "fields": _fields(sign_in),
    }


def _fields(sign_in: oauth.SignIn) -> list[tuple[str, str]]:
    fields = [
        ("client_id", sign_in.plugin.client_id),
        ("response_type", sign_in.response_type),
        ("redirect_uri", sign_in.redirect_uri),
        ("state", sign_in.state),
    ]
    return [*fields, ("nonce", sign_in.nonce)] if sign_in.nonce is not None else fields


def _person(world: World, user: User) -> dict[str, str]:
    organization = world[ORGANIZATIONS].get(user.organization) if user.organization else None
    return {
        "handle": user.handle,
        "name": user.name,
        "organization": organization.name if organization else "",
        "role": user.role if organization else "",
        "email": user.email,
    }


def _origin(uri: str) -> str:
    """What a Content-Security-Policy must allow for a form whose answer redirects to `uri`."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


ATO_PAGE = "docs: ATO plugin page"
OAUTH_PAGE = "docs: OAuth API page"

ROUTES = (
    Route(
        "GET",
        "/oauth/signin",
        signin_page,
        "The sign-in page of the authorization code and implicit flows",
        Evidence(
            "documented",
            "assumed",
            "observed",
            "client_id and clientId are both taken. The page is ours. A redirect URI that is not registered is refused "
            "with 400/4003; browsers get a page, others {message, number}.",
        ),
        (CLIENT_ID,),
        source=OAUTH_PAGE,
    ),
    Route(
        "POST",
        "/oauth/signin",
        signin_submit,
        "What the sign-in page's forms send",
        Evidence("assumed", "documented", "assumed", "The forms are ours; the redirect that follows is the vendor's."),
        (CLIENT_ID,),
        source=OAUTH_PAGE,
    ),
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
            "headers. Codes and refresh tokens work once (4008). An unknown or expired code is 401/4015, a wrong "
            "secret 401/4012, an unknown client 401/4011.",
        ),
        (CODE, REFRESH, CLIENT_ID, AUTHORIZATION),
        source=OAUTH_PAGE,
    ),
    Route(
        "POST",
        "/oauth/logout",
        logout,
        "End a session",
        Evidence("observed", "assumed", "assumed", 'Answers {"success": true}; a second logout is 403/4034.'),
        (REFRESH, AUTHORIZATION),
        source=OAUTH_PAGE,
    ),
    Route(
        "GET",
        "/oauth/token/validate",
        validate,
        "Is this access token good?",
        Evidence(
            "documented", "assumed", "assumed", 'Answers {"success": true}; expired is 401/4010, unknown 403/4034.'
        ),
        (AUTHORIZATION,),
        source=OAUTH_PAGE,
    ),
    Route(
        "GET",
        "/oauth/session/validate",
        validate_session,
        "Does this user's session still stand?",
        Evidence("documented", "assumed", "assumed", "A revoked session is 403/4034, withdrawn consent 401/4019."),
        (AUTHORIZATION,),
        source=OAUTH_PAGE,
    ),
    Route(
        "GET",
        "/user/v1/my/profile",
        my_profile,
        "The signed-in user's profile",
        Evidence("documented", "documented", "assumed", "Every documented key is there; what nobody set is null."),
        (AUTHORIZATION, TOKEN_QUERY),
        source="docs: My profile page",
    ),
    Route(
        "POST",
        "/plugin/v1/ato/status",
        ato_status,
        "Update an ATO request's status",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "Only requestId is mandatory. Bearer, the bare token and Basic are taken. Any status may follow any other. "
            "A cancelled request answers 400/4006; a completed one takes calls, told as a violation.",
        ),
        (AUTHORIZATION,),
        request=ato.StatusUpdate,
        source=ATO_PAGE,
    ),
    Route(
        "POST",
        "/plugin/v1/ato/alert",
        ato_alert,
        "Create an alert in the package progress view",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "requestId, title and text are mandatory, type defaults to info. A repeated providerId makes another "
            "alert, or replaces the first under motar.repeated_provider_id: update.",
        ),
        (AUTHORIZATION,),
        request=ato.NewAlert,
        source=ATO_PAGE,
    ),
)
