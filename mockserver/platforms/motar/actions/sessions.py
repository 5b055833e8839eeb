"""From Studio to the plugin and back: handing a user over, signing in without a browser, revoking."""

from __future__ import annotations

from typing import Literal, cast
from urllib.parse import parse_qsl

from mockserver.errors import Refused
from mockserver.platforms.motar import oauth, oauth_v2, tokens, uris
from mockserver.platforms.motar.actions.arguments import ANYBODY, Arguments
from mockserver.platforms.motar.models import APPS, CONSENTS, ORGANIZATIONS, PLUGINS, SESSIONS
from mockserver.platforms.motar.parameters import first_of_each
from mockserver.platforms.motar.results import HandedOff, OpenedRedirect, RevokedSessions, SignedIn
from mockserver.platforms.motar.studio import find_plugin, find_request, find_user, member, working_plugin
from mockserver.wire import Refusal
from mockserver.world.actions import action
from mockserver.world.world import World


class HandOff(Arguments, frozen=True):
    request: str | None = None
    by: str | None = None


@action("motar.hand_off")
def hand_off(world: World, args: HandOff) -> HandedOff:
    """A member of the owning organization goes from Studio to the plugin: answers where the browser is sent.

    Possible at any status, again and again, always with the same `state`; not after cancellation.
    """
    request = find_request(world, args.request)
    app = world[APPS][request.app]
    user = member(world, world[ORGANIZATIONS][app.organization], args.by, ANYBODY, "continuing an ATO request")
    if request.cancelled is not None:
        raise Refused(f"The ATO request {request.id} was cancelled.", hint="Start another: motar.start_ato_request.")
    plugin = working_plugin(world, world[PLUGINS][request.plugin])
    redirect_uri = plugin.redirect_uris[0]
    url = uris.with_query(
        f"{world.base_url}/oauth/signin",
        client_id=plugin.client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        state=request.id,
    )
    return {"url": url, "state": request.id, "redirect_uri": redirect_uri, "user": user.handle}


class SignIn(Arguments, frozen=True):
    user: str
    url: str | None = None
    request: str | None = None
    decision: Literal["allow", "cancel"] = "allow"
    visit: bool = False


@action("motar.sign_in")
def sign_in(world: World, args: SignIn) -> SignedIn:
    """A user signs in without a browser: answers the URL that the browser would be redirected to.

    `url` is a sign-in URL, as hand_off answers or a client builds it; without it the user is handed
    over for `request`. What the redirect's query holds is answered beside it. `visit: true` goes on
    to open the redirect, as the browser would; that shows in the journal as a delivery.
    """
    user = find_user(world, args.user)
    url = args.url or hand_off(world, HandOff(request=args.request, by=args.user))["url"]
    asked = uris.split(url)
    checked = oauth_v2.check_sign_in(world, asked.path, first_of_each(parse_qsl(asked.query, keep_blank_values=True)))
    if isinstance(checked, Refusal):
        raise Refused(
            f"The sign-in page refuses this URL with {checked.status}/{checked.code}: {checked.description}",
            hint="motar.hand_off answers one that works.",
        )
    if args.decision == "cancel":
        target = oauth.cancel_sign_in(world, checked)
    else:
        target = oauth.complete_sign_in(world, checked, user)
    result = cast(SignedIn, {**uris.query_of(target), "redirect_url": target})
    if args.visit:
        result["delivery"] = _open(world, target, checked.state)
    return result


class OpenRedirect(Arguments, frozen=True):
    url: str


@action("motar.open_redirect")
def open_redirect(world: World, args: OpenRedirect) -> OpenedRedirect:
    """The user's browser opens a redirect that a sign-in answered, perhaps much later than it was issued."""
    bare = args.url.partition("?")[0]
    registered = {uri.partition("?")[0] for plugin in world[PLUGINS] for uri in plugin.redirect_uris}
    if bare not in registered:
        raise Refused(f"{bare} is no plugin's redirect URI.", hint="motar.sign_in answers a redirect_url.")
    return {"delivery": _open(world, args.url, uris.query_of(args.url).get("state", ""))}


def _open(world: World, url: str, state: str) -> str:
    accept = (("accept", "text/html"),)
    return world.outbox.send("browser.redirect", about=state, method="GET", url=url, headers=accept).id


class RevokeSession(Arguments, frozen=True):
    user: str
    plugin: str | None = None
    withdraw_consent: bool = False


@action("motar.revoke_session")
def revoke_session(world: World, args: RevokeSession) -> RevokedSessions:
    """MOTAR, or the user, takes back what a sign-in gave: every open session of the user with the plugin ends.

    With `withdraw_consent` the next sign-in asks for consent again, and calls with the session's
    tokens are refused for that reason (4019 instead of 4034).
    """
    user = find_user(world, args.user)
    plugin = find_plugin(world, args.plugin)
    how = tokens.CONSENT_WITHDRAWN if args.withdraw_consent else "revoked"
    ended = [
        session
        for session in world[SESSIONS].find("user", user.id)
        if session.client_id == plugin.client_id and session.ended is None
    ]
    for session in ended:
        tokens.end_session(world, session, how)
    consent = oauth.consent_id(user, plugin)
    if args.withdraw_consent and consent in world[CONSENTS]:
        world[CONSENTS].delete(consent)
    return {"user": user.handle, "sessions": len(ended)}
