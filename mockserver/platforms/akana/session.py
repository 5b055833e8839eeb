"""Who is signed in: the two cookies of a login, and the header that goes with one of them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote, unquote, urlsplit

from mockserver.platforms.akana import ids
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.makers import root_business
from mockserver.platforms.akana.models import USERS, User
from mockserver.platforms.akana.models_work import SESSIONS, LoginSession
from mockserver.wire import Call, Carrier, Refusal
from mockserver.world.journal import Pairs
from mockserver.world.world import World

TOKEN_COOKIE, CSRF_COOKIE, CSRF_HEADER = "AtmoAuthToken_", "Csrf-Token_", "x-csrf-token_"
MOST_SESSIONS = 20
"""So many sign-ins of one user are kept; the oldest goes when another comes."""

COOKIE = Carrier("cookie", "cookie", (TOKEN_COOKIE,))


def sign_in(world: World, email: str, password: str) -> User | Refusal:
    """The user with this mail address (or user name) and password."""
    user = world[USERS].first("email", email) or world[USERS].first("user_name", email)
    if user is None or not same(user.password, password):
        return Fault.SIGN_IN.because("No user has this mail address and password.")
    return user


def open_session(world: World, user: User, *, cookie_path: str = "/") -> LoginSession:
    """A fresh session of a user; of too many the oldest ends."""
    sessions = world[SESSIONS]
    old = sessions.find("user", user.id)
    now = world.clock.now()
    for each in old:
        if each.expires <= now:
            sessions.delete(each.id)
    for each in sessions.find("user", user.id)[: -(MOST_SESSIONS - 1)]:
        sessions.delete(each.id)
    settings = root_business(world).settings
    expires = now + timedelta(minutes=settings.session_minutes)
    token = ids.uuid(world, "token")
    csrf = _csrf(world, user, expires) if settings.read_csrf or settings.write_csrf else None
    return sessions.insert(
        LoginSession(
            id=token,
            user=user.id,
            cookie=_cookie(world, user, token, expires),
            csrf=csrf,
            cookie_path=cookie_path,
            expires=expires,
        )
    )


def cookie_path(call: Call) -> str:
    """The path for cookies that this client sends back wherever it goes on in this world."""
    if call.header("x-mock-world") is not None:
        return "/"
    return urlsplit(call.base_url).path or "/"


def set_cookies(world: World, session: LoginSession) -> Pairs:
    """The headers that hand a session to a browser."""
    tenant = ids.tenant(world)
    pairs = [(TOKEN_COOKIE + tenant, session.cookie, "; HttpOnly")]
    if session.csrf is not None:
        pairs.append((CSRF_COOKIE + tenant, session.csrf, ""))
    return tuple(("set-cookie", f"{name}={value}; Path={session.cookie_path}{more}") for name, value, more in pairs)


def current(world: World, call: Call) -> LoginSession | Refusal:
    """The session whose token a call carries, or why there is none."""
    name = TOKEN_COOKIE + ids.tenant(world)
    cookies = call.cookies()
    sent = cookies.get(name)
    if sent is None:
        other = next((each for each in cookies if each.startswith(TOKEN_COOKIE)), None)
        hint = f" The cookie {other} is another tenant's." if other else ""
        return Fault.SIGN_IN.because(f"Sign in first: the cookie {name} is missing.{hint}")
    token = next((part[8:] for part in unquote(sent).split(",") if part.startswith("TokenID=")), "")
    session = world[SESSIONS].get(token)
    if session is None or not _same_value(session.cookie, sent):
        return Fault.SIGN_IN.because(f"The cookie {name} belongs to no session; sign in again.")
    if session.expires <= world.clock.now():
        return Fault.SIGN_IN.because("The session has expired; sign in again.")
    if session.user not in world[USERS]:
        return Fault.SIGN_IN.because("The user of this session is gone.")
    call.authenticated_by = "cookie"
    return session


def caller(world: World, call: Call) -> User:
    """Who is calling; raises `Rejected` with 401 without a session, or when the CSRF header is due and not right."""
    session = current(world, call)
    if isinstance(session, Refusal):
        raise Fault.SIGN_IN.stop(session.description)
    settings = root_business(world).settings
    if settings.read_csrf if call.method in ("GET", "HEAD") else settings.write_csrf:
        _check_csrf(world, call, session)
    return world[USERS][session.user]


def caller_or_none(world: World, call: Call) -> User | None:
    """Who is calling where nobody has to be signed in."""
    session = current(world, call)
    return None if isinstance(session, Refusal) else world[USERS][session.user]


def _check_csrf(world: World, call: Call, session: LoginSession) -> None:
    tenant = ids.tenant(world)
    name = f"X-{CSRF_COOKIE}{tenant}"
    sent = call.header(CSRF_HEADER + tenant)
    if sent is None:
        raise Fault.CSRF.stop(f"The header {name} is missing; repeat the value of the cookie {CSRF_COOKIE}{tenant}.")
    if session.csrf is None or not _same_value(session.csrf, sent):
        raise Fault.CSRF.stop(f"The header {name} is not the CSRF token of this session; it may be an older one's.")


def same(right: str, given: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "surrogateescape"))


def _same_value(right: str, given: str) -> bool:
    """Whether a cookie's value came back, as it was sent or (as some clients do) percent-decoded."""
    return same(right, given) or same(unquote(right), given)


def claimed_id(world: World, user: User) -> str:
    """The URN by which tokens name a user."""
    return f"urn:atmosphere:user:{ids.tenant(world)}:{user.id.rpartition('.')[0]}"


def _cookie(world: World, user: User, token: str, expires: datetime) -> str:
    parts = {
        "TokenID": token,
        "claimed_id": claimed_id(world, user),
        "issueTime": _milliseconds(world.clock.now()),
        "expirationTime": _milliseconds(expires),
        "UserName": quote(user.user_name, safe="@"),
        "UserFDN": user.id.replace(".", "%2E"),
        "AttributesIncluded": "false",
    }
    return _signed(world, parts)


def _csrf(world: World, user: User, expires: datetime) -> str:
    parts = {
        "TokenID": ids.uuid(world, "csrf"),
        "expirationTime": _milliseconds(expires),
        "UserFDN": user.id.replace(".", "%2E"),
    }
    return _signed(world, parts)


def _signed(world: World, parts: dict[str, str]) -> str:
    listed = ",".join(f"{name}={value}" for name, value in parts.items())
    key = world.mint.constant(32, "akana.login")
    signature = base64.urlsafe_b64encode(hmac.digest(key, listed.encode(), hashlib.sha256)).decode().rstrip("=")
    return quote(f"{listed},sig={signature}", safe="")


def _milliseconds(instant: datetime) -> str:
    return str(int(instant.timestamp() * 1000))
