"""What MOTAR knows: organizations, people, apps, plugins, ATO requests, and who is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from mockserver.world.collection import Kind

Status = Literal["not-started", "in-progress", "action-required", "under-review", "completed"]
AlertType = Literal["info", "success", "warning", "error"]
Role = Literal["owner", "developer", "member"]


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """A Studio organization; the wire calls it company. `ato_permission` is a MOTAR administrator's to give."""

    id: str
    name: str
    phone: str | None = None
    ato_permission: bool = False


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a MOTAR account. Owners may do what developers may; members may only look and sign in."""

    id: str
    handle: str
    password: str
    first_name: str
    last_name: str
    email: str
    phone: str | None = None
    organization: str | None = None
    role: Role = "member"
    motar_admin: bool = False

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app listing. `owners` are the users who may start an ATO request for it."""

    id: str
    name: str
    organization: str
    owners: tuple[str, ...]
    bundle_id: str


class Distribution(msgspec.Struct, frozen=True, kw_only=True):
    """One uploaded version of an app."""

    id: str
    app: str
    name: str
    version: str
    package_name: str
    release_notes: str
    supported_devices: tuple[str, ...]


class Plugin(msgspec.Struct, frozen=True, kw_only=True):
    """An ATO plugin. It works while it is active and its organization has the permission.

    `basic_login` is a MOTAR administrator's to allow. `launch_uri` is what Studio calls the Desktop
    Launch URI, `launch_with_code` the box beside it.
    """

    id: str
    name: str
    organization: str
    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...] = ()
    request_endpoint: str | None = None
    distribution_endpoint: str | None = None
    active: bool = False
    basic_login: bool = False
    launch_uri: str | None = None
    launch_with_code: bool = True


class AtoRequest(msgspec.Struct, frozen=True, kw_only=True):
    """An ATO request and its package. `distributions` are in the order in which they were added."""

    id: str
    app: str
    plugin: str
    requested_by: str
    package_name: str
    created: datetime
    updated: datetime
    status: Status = "not-started"
    complete: bool = False
    cancellable: bool = True
    cancelled: datetime | None = None
    report_uri: str | None = None
    distributions: tuple[str, ...] = ()


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin told the people in Studio."""

    id: str
    request: str
    title: str
    text: str
    type: AlertType
    status: Status | None
    provider_id: str | None
    created: datetime
    updated: datetime


class Consent(msgspec.Struct, frozen=True):
    """A user allowed a client to act for them; `id` is `user/client_id`."""

    id: str
    given: datetime


class Ticket(msgspec.Struct, frozen=True):
    """Between the two pages of a sign-in: this browser has proved who the user is."""

    id: str
    user: str
    client_id: str
    expires: datetime


class AuthorizationCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code on its way from the redirect to the token endpoint; kept after use to recognise a second one.

    `challenge` is the SHA-256 that a PKCE sign-in announced, as base64url without padding; `launch`
    says that the code came with a launch instead of a sign-in.
    """

    code: str
    client_id: str
    user: str
    redirect_uri: str
    nonce: str | None
    expires: datetime
    used: bool = False
    challenge: str | None = None
    launch: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in of one user to one client, with all the tokens that came of it."""

    id: str
    user: str
    client_id: str
    started: datetime
    nonce: str | None = None
    ended: str | None = None


class AccessToken(msgspec.Struct, frozen=True):
    """A bearer token; `expires` is compared when it is used."""

    token: str
    session: str
    expires: datetime


class RefreshToken(msgspec.Struct, frozen=True):
    """Good for one refresh; kept after use to recognise a second one."""

    token: str
    session: str
    expires: datetime
    used: bool = False


ORGANIZATIONS: Kind[Organization] = Kind("motar.organizations", Organization, indexes=("name",))
USERS: Kind[User] = Kind("motar.users", User, indexes=("handle", "email", "organization"))
APPS: Kind[App] = Kind("motar.apps", App, indexes=("name", "organization"))
DISTRIBUTIONS: Kind[Distribution] = Kind("motar.distributions", Distribution, indexes=("app",))
PLUGINS: Kind[Plugin] = Kind(
    "motar.plugins", Plugin, indexes=("name", "client_id", "organization"), credentials=("client_id",)
)
REQUESTS: Kind[AtoRequest] = Kind("motar.ato_requests", AtoRequest, indexes=("app", "plugin"))
ALERTS: Kind[Alert] = Kind("motar.alerts", Alert, indexes=("request",))
CONSENTS: Kind[Consent] = Kind("motar.consents", Consent)
TICKETS: Kind[Ticket] = Kind("motar.signin_tickets", Ticket)
CODES: Kind[AuthorizationCode] = Kind("motar.authorization_codes", AuthorizationCode, key="code", credentials=("code",))
SESSIONS: Kind[Session] = Kind("motar.sessions", Session, indexes=("user", "client_id"))
ACCESS_TOKENS: Kind[AccessToken] = Kind(
    "motar.access_tokens", AccessToken, key="token", indexes=("session",), credentials=("token",)
)
REFRESH_TOKENS: Kind[RefreshToken] = Kind(
    "motar.refresh_tokens", RefreshToken, key="token", indexes=("session",), credentials=("token",)
)

KINDS = (
    ORGANIZATIONS,
    USERS,
    APPS,
    DISTRIBUTIONS,
    PLUGINS,
    REQUESTS,
    ALERTS,
    CONSENTS,
    TICKETS,
    CODES,
    SESSIONS,
    ACCESS_TOKENS,
    REFRESH_TOKENS,
)
