"""Signing in: two cookies, their renewal, and who one is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mockserver.platforms.akana import requests, session, shapes
from mockserver.platforms.akana.bodies import decode, form_of
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.media import rendered
from mockserver.platforms.akana.models import USERS, User
from mockserver.platforms.akana.models_work import NOTIFICATIONS, SESSIONS
from mockserver.platforms.akana.routing import route
from mockserver.wire import Answer, Call, Evidence, Refusal
from mockserver.world.clock import iso
from mockserver.world.world import World

SOURCE = "docs: login operations"


def login(world: World, call: Call) -> Answer | Refusal:
    """Sign somebody in by mail address and password."""
    given = decode(call, requests.LoginRequest)
    return _signed_in(world, call, session.sign_in(world, given.email, given.password))


def sso_login(world: World, call: Call) -> Answer | Refusal:
    """Sign somebody in by the form of a login domain; every domain knows the same people."""
    form = form_of(call)
    name, password = form.get("identity_username"), form.get("secret_password")
    if name is None or password is None:
        return Fault.INVALID.because("The form lacks identity_username or secret_password.")
    return _signed_in(world, call, session.sign_in(world, name.text, password.text))


def login_status(world: World, call: Call) -> Answer:
    """Tell who is signed in, if anybody is."""
    current = session.current(world, call)
    if isinstance(current, Refusal):
        return rendered(call, "LoginStatus", {"loginState": "not.logged.in"})
    return rendered(call, "LoginStatus", _status(world, world[USERS][current.user], current.expires))


def renew_token(world: World, call: Call) -> Answer | Refusal:
    """Replace a session that has not expired by a fresh one."""
    current = session.current(world, call)
    if isinstance(current, Refusal):
        return current
    user = world[USERS][current.user]
    fresh = session.open_session(world, user, cookie_path=current.cookie_path)
    if current.id in world[SESSIONS]:
        world[SESSIONS].delete(current.id)
    return rendered(call, "LoginStatus", _status(world, user, fresh.expires), headers=session.set_cookies(world, fresh))


def _signed_in(world: World, call: Call, user: User | Refusal) -> Answer | Refusal:
    if isinstance(user, Refusal):
        return user
    opened = session.open_session(world, user, cookie_path=session.cookie_path(call))
    return rendered(
        call, "LoginStatus", _status(world, user, opened.expires), headers=session.set_cookies(world, opened)
    )


def _status(world: World, user: User, expires: datetime) -> dict[str, Any]:
    unread = sum(each.state == "unread" for each in world[NOTIFICATIONS].find("user", user.id))
    return {
        "loginState": "logged.in",
        "status": "login.complete",
        "userName": user.user_name,
        "userFDN": user.id,
        "avatarURL": "",
        "authTokenValidUntil": iso(expires),
        "loginDomainId": "",
        "pendingNotifications": unread,
    }


_OPEN: dict[str, Any] = {"security": ("none",)}

ROUTES = (
    route(
        "POST",
        "/api/login",
        login,
        "Sign in by mail address and password",
        Evidence(
            "documented",
            "observed",
            "assumed",
            "The token is in a cookie AtmoAuthToken_{tenant}, the CSRF token in Csrf-Token_{tenant}; names of the "
            "body's fields are observed, the values of status and loginState are ours. Nobody is ever asked for a "
            "new password, an agreement or security questions. A wrong password is 401.",
        ),
        source=SOURCE,
        request=requests.LoginRequest,
        replies=shapes.reply(shapes.LoginStatus),
        **_OPEN,
    ),
    route(
        "POST",
        "/api/login/ssoLogin",
        sso_login,
        "Sign in by the form of a login domain",
        Evidence(
            "observed", "assumed", "assumed", "Answers as POST /api/login. The field domain is taken and ignored."
        ),
        source="public client",
        form=requests.SsoLoginForm,
        replies=shapes.reply(shapes.LoginStatus),
        **_OPEN,
    ),
    route(
        "GET",
        "/api/login/status",
        login_status,
        "Tell who is signed in",
        Evidence("documented", "assumed", "assumed", "Without a session it answers 200 with loginState alone."),
        source=SOURCE,
        replies=shapes.reply(shapes.LoginStatus),
        **_OPEN,
    ),
    route(
        "POST",
        "/api/login/renewToken",
        renew_token,
        "Replace a session by a fresh one",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "Needs the cookie of a session that has not expired, and no CSRF header; the old session ends.",
        ),
        source=SOURCE,
        replies=shapes.reply(shapes.LoginStatus),
    ),
)
