"""The implicit sign-in that gives people, and Postman, an access token for the developer API."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import msgspec

from mockserver.platforms.os1.callers import issue_token
from mockserver.platforms.os1.carriers import GUIDES
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.models import ORGANIZATIONS, USERS, User
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Answer, Call, Evidence, Page, Refusal, Reply, Route, redirect
from mockserver.wire.call import FORM
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

PATH = "/developer/auth/authorize"
CLIENT_ID = "app::developerplatform"


class AuthorizeQuery(msgspec.Struct, frozen=True):
    """An implicit authorization request; Postman sends no scope and no state."""

    client_id: str
    redirect_uri: str
    response_type: str = "token"
    state: str | None = None
    scope: str | None = None


class SignInForm(msgspec.Struct, frozen=True):
    """What the page's forms send: a user that was picked, a handle with its password, or a way out."""

    user: str | None = None
    handle: str | None = None
    password: str | None = None
    decision: str | None = None


def page(world: World, call: Call) -> Page | Refusal:
    """The page on which somebody signs in."""
    return _wrong(call) or _page(world, call)


def submit(world: World, call: Call) -> Answer | Page | Refusal:
    """Sign somebody in and send the browser back with the token in the fragment."""
    wrong = _wrong(call)
    if wrong is not None:
        return wrong
    form = call.form() if call.content_type == FORM else {}
    if form.get("decision") == "cancel":
        return redirect(_back(call, error="access_denied"))
    if "user" in form:
        user = world[USERS].first("handle", form["user"])
        error = f"There is no user {form['user']} here."
    else:
        user = world[USERS].first("handle", form.get("handle", ""))
        if user is not None and user.password != form.get("password"):
            user = None
        error = "This handle and password do not belong together."
    if user is None:
        return _page(world, call, error=error)
    token = issue_token(world, user)
    lifetime = int(parse_duration(world.settings(Os1Settings).token_lifetime).total_seconds())
    return redirect(_back(call, access_token=token.token, token_type="Bearer", expires_in=str(lifetime)))


def _wrong(call: Call) -> Refusal | None:
    """What keeps a sign-in from starting. It is told here: where to send it is what may be wrong."""
    if call.query_value("client_id") != CLIENT_ID:
        return Error.VALUE.because(f"client_id must be {CLIENT_ID}.")
    response_type = call.query_value("response_type")
    if response_type not in (None, "token"):
        return Error.VALUE.because(f"response_type must be token (the implicit grant), not {response_type!r}.")
    parts = urlsplit(call.query_value("redirect_uri") or "")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        return Error.VALUE.because("redirect_uri must be an absolute http or https URL without a fragment.")
    return None


def _back(call: Call, **parameters: str) -> str:
    state = call.query_value("state")
    if state is not None:
        parameters["state"] = state
    return f"{call.query_value('redirect_uri')}#{urlencode(parameters)}"


def _page(world: World, call: Call, error: str | None = None) -> Page:
    redirect_uri = call.query_value("redirect_uri") or ""
    target = urlsplit(redirect_uri)
    return Page(
        "signin.html",
        {
            "vendor": "OS1",
            "app": "OS1's developer platform",
            "organization": "OS1",
            "client_id": CLIENT_ID,
            "redirect_uri": redirect_uri,
            "action": f"{urlsplit(call.base_url).path}{PATH}?{urlencode(call.query)}",
            "fields": [],
            "users": [_person(world, each) for each in world[USERS]],
            "error": error,
            "handle": call.form().get("handle", "") if call.content_type == FORM else "",
            "handoff": None,
        },
        status=200 if error is None else 401,
        form_targets=(f"{target.scheme}://{target.netloc}",),
    )


def _person(world: World, user: User) -> dict[str, str]:
    organization = world[ORGANIZATIONS].get(user.organization or "")
    return {
        "handle": user.handle,
        "name": user.name,
        "organization": organization.name if organization else "",
        "role": ", ".join(user.roles),
        "email": user.email,
    }


_HTML = ("text/html",)

ROUTES = (
    Route(
        "GET",
        PATH,
        page,
        "The implicit sign-in page",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            f"Postman's implicit grant with client_id {CLIENT_ID} and no scope or state is documented, the address is "
            "not. Any http or https redirect_uri is taken.",
        ),
        source=GUIDES,
        query=AuthorizeQuery,
        replies=(Reply(200, "The page.", str, _HTML),),
        refused=(400,),
        security=("none",),
    ),
    Route(
        "POST",
        PATH,
        submit,
        "What the sign-in page's forms send",
        Evidence("assumed", "assumed", "assumed", "The forms are ours; the token travels in the redirect's fragment."),
        source=GUIDES,
        query=AuthorizeQuery,
        form=SignInForm,
        replies=(
            Reply(302, "Back, with the token.", None, (), ("location",)),
            Reply(401, "The page again.", str, _HTML),
        ),
        refused=(400,),
        security=("none",),
    ),
)
