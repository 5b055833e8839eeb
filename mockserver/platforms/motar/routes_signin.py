"""The sign-in and consent pages, and what their forms send."""

from __future__ import annotations

from urllib.parse import urlsplit

from mockserver.platforms.motar import oauth, oauth_v2, shapes
from mockserver.platforms.motar.carriers import CLIENT_ID, OAUTH_PAGE
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import APPS, CONSENTS, ORGANIZATIONS, REQUESTS, TICKETS, USERS, Ticket, User
from mockserver.platforms.motar.parameters import SIGN_IN, SIGN_IN_FORM, from_query, tell_unknown
from mockserver.platforms.motar.uris import with_query
from mockserver.wire import Answer, Call, Evidence, Page, Refusal, Route, redirect
from mockserver.wire.call import FORM
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

TICKET_LIFETIME = parse_duration("10m")
ASKS = (
    "Sign you in",
    "Read your profile: name, handle and mail address",
    "Work on ATO requests of your organization",
)
"""What a user allows a client."""


def signin_page(world: World, call: Call) -> Answer | Page | Refusal:
    """Show who can sign in."""
    parameters = from_query(call)
    tell_unknown(call, parameters, SIGN_IN)
    oauth_v2.tell_sign_in(call, parameters)
    sign_in = oauth_v2.check_sign_in(world, call.path, parameters)
    return sign_in if isinstance(sign_in, Refusal) else _signin_page(world, call, sign_in)


def signin_submit(world: World, call: Call) -> Answer | Page | Refusal:
    """Take what the page's forms send: a user to be, or a handle and password; then allow or cancel.

    Whoever sends `decision=allow` together with the user skips the consent page.
    """
    if call.is_from_elsewhere:
        return Error.NOT_AUTHORIZED.because("This form is sent by its own page only, not by one of another origin.")
    if call.content_type != FORM:
        return Error.UNUSABLE.because(
            f"The sign-in form sends {FORM}; Content-Type says {call.content_type or 'nothing'}."
        )
    fields = {**from_query(call), **call.form()}
    tell_unknown(call, fields, SIGN_IN_FORM)
    sign_in = oauth_v2.check_sign_in(world, call.path, fields)
    if isinstance(sign_in, Refusal):
        return sign_in
    if fields.get("decision") == "cancel":
        return redirect(oauth.cancel_sign_in(world, sign_in))
    if ticket := fields.get("ticket"):
        known = _redeem(world, sign_in, ticket)
        if known is None:
            return _signin_page(
                world, call, sign_in, error="That page was too old or used already. Please sign in again."
            )
        return redirect(oauth.complete_sign_in(world, sign_in, known))
    if handle := fields.get("user"):
        user: User | None = world[USERS].first("handle", handle)
        error = f"There is no user {handle} here."
    else:
        user = oauth.check_password(world, fields.get("handle", ""), fields.get("password", ""))
        error = "This handle and password do not belong together."
    if user is None:
        return _signin_page(world, call, sign_in, error=error)
    if fields.get("decision") == "allow" or oauth.consent_id(user, sign_in.plugin) in world[CONSENTS]:
        return redirect(oauth.complete_sign_in(world, sign_in, user))
    return _consent_page(world, call, sign_in, user)


def _redeem(world: World, sign_in: oauth.SignIn, ticket: str) -> User | None:
    held = world[TICKETS].get(ticket)
    if held is None or held.client_id != sign_in.plugin.client_id or held.expires <= world.clock.now():
        return None
    world[TICKETS].delete(ticket)
    return world[USERS][held.user]


def _signin_page(world: World, call: Call, sign_in: oauth.SignIn, error: str | None = None) -> Page:
    request = world[REQUESTS].get(sign_in.state)
    handoff, company = None, None
    if request is not None and request.plugin == sign_in.plugin.id:
        app = world[APPS][request.app]
        company = app.organization
        handoff = {
            "app_name": app.name,
            "package_name": request.package_name,
            "company": world[ORGANIZATIONS][company].name,
        }
    # Whoever comes from Studio belongs to the company, so its people are the ones to pick first.
    people = sorted(world[USERS], key=lambda user: company is not None and user.organization != company)
    return Page(
        "signin.html",
        {
            **_asker(world, call, sign_in),
            "fields": [],
            "client_id": sign_in.plugin.client_id,
            "redirect_uri": sign_in.redirect_uri,
            "users": [person(world, user) for user in people],
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
    return Page(
        "consent.html",
        {
            **asker,
            "fields": [("ticket", ticket.id)],
            "user": person(world, user),
            "asks": list(ASKS),
            "back": asker["action"],
        },
        form_targets=(_origin(sign_in.redirect_uri),),
    )


def _asker(world: World, call: Call, sign_in: oauth.SignIn) -> dict[str, object]:
    # The query, not hidden fields, carries what the client asked for: browsers alter line breaks in form fields.
    asked = {
        "client_id": sign_in.plugin.client_id,
        "response_type": sign_in.response_type,
        "redirect_uri": sign_in.redirect_uri,
        "state": sign_in.state,
    }
    if sign_in.nonce is not None:
        asked["nonce"] = sign_in.nonce
    if sign_in.challenge is not None:
        asked |= {"code_challenge": sign_in.challenge, "code_challenge_method": "S256"}
    return {
        "app": sign_in.plugin.name,
        "organization": world[ORGANIZATIONS][sign_in.plugin.organization].name,
        "action": with_query(urlsplit(call.base_url).path + call.path, **asked),
    }


def person(world: World, user: User) -> dict[str, str]:
    """A user as the pages show one."""
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
        query=shapes.SignInQuery,
        replies=(shapes.SHOWN,),
        refused=(400, 404),
        error=shapes.SIGN_IN_REFUSED,
    ),
    Route(
        "POST",
        "/oauth/signin",
        signin_submit,
        "What the sign-in page's forms send",
        Evidence(
            "assumed",
            "documented",
            "assumed",
            "The forms are ours; the redirect that follows is the vendor's. A wrong password is the page again with "
            "401. A form with both user and decision=allow skips the consent page.",
        ),
        (CLIENT_ID,),
        source=OAUTH_PAGE,
        query=shapes.SignInQuery,
        form=shapes.SignInForm,
        replies=(shapes.SHOWN, shapes.SENT_BACK),
        refused=(400, 401, 403, 404),
        error=shapes.SIGN_IN_REFUSED,
    ),
)
