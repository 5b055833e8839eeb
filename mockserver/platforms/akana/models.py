"""What Akana knows: businesses, people, groups, apps and their versions, APIs and their versions, contracts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from mockserver.world.collection import Kind

Environment = Literal["Sandbox", "Production"]
ENVIRONMENTS: tuple[Environment, ...] = ("Sandbox", "Production")

Visibility = Literal["Public", "Private"]
GroupKind = Literal["team", "api_admins", "independent"]
RuntimeStatus = Literal["Not Yet Active", "Active", "Suspended", "Archived"]

ACTIVE_APP, DELETE_PENDING = "com.soa.app.state.active", "com.soa.app.state.delete.pending"

DEAD_STATES = ("apicontract.status.cancelled", "apicontract.status.app.deleted", "apicontract.status.api.deleted")
"""States of contracts that are no connections any more."""


class BusinessSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a Business Admin chose. A workflow is named by its definition's key; None means none."""

    app_version_workflow: str | None = None
    sandbox_contract_workflow: str | None = None
    production_contract_workflow: str | None = None
    read_csrf: bool = False
    write_csrf: bool = True
    session_minutes: int = 30

    def contract_workflow(self, environment: Environment) -> str | None:
        """The key of the workflow for new contracts in an environment."""
        return self.sandbox_contract_workflow if environment == "Sandbox" else self.production_contract_workflow


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """A business and the ids of its admins; the tenant's own business is the parent of all others."""

    id: str
    name: str
    parent: str | None = None
    admins: tuple[str, ...] = ()
    settings: BusinessSettings = BusinessSettings()


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person who can sign in with `email` and `password`."""

    id: str
    user_name: str
    password: str
    email: str
    first_name: str
    last_name: str
    business: str
    site_admin: bool = False
    created: datetime


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of people: an app's team, the admins of an API, or an independent one. Leaders are members, too."""

    id: str
    name: str
    kind: GroupKind
    members: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app; `team` is the group of the people who work on it."""

    id: str
    name: str
    summary: str = ""
    description: str = ""
    business: str
    team: str
    created: datetime
    updated: datetime


class KeyInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate or the signing request of an app version, as it was uploaded."""

    type: Literal["Certificate", "CSR"]
    pem: str
    file_name: str
    uploaded: datetime


class Authorization(msgspec.Struct, frozen=True, kw_only=True):
    """The section of an OAuth profile that only senior people may change, unless the workflow says otherwise."""

    grant_types: tuple[str, ...] = ("authorization_code",)
    scopes: tuple[str, ...] = ()
    token_lifetime: int = 3600


class OAuthProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What an app version says of itself to OAuth providers."""

    application_type: Literal["web", "native"] = "web"
    confidential: bool = True
    redirect_uris: tuple[str, ...] = ()
    authorization: Authorization = Authorization()


class PublicProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody may read of an app version."""

    title: str = ""
    text: str = ""
    picture: str | None = None


class AppVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an app: what a workflow governs. `identity` is what it presents at run time."""

    id: str
    app: str
    name: str
    description: str = ""
    website: str = ""
    visibility: Visibility = "Private"
    tags: tuple[str, ...] = ()
    identity: str
    shared_secret: str
    initial_environment: Environment = "Sandbox"
    current_environment: Environment = "Sandbox"
    state: str = ACTIVE_APP
    key_info: KeyInfo | None = None
    oauth: OAuthProfile = OAuthProfile()
    profile: PublicProfile = PublicProfile()
    created: datetime
    updated: datetime


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """An API; `admins` is the group that looks after it, `invited` are users and groups who see a private one."""

    id: str
    name: str
    description: str = ""
    visibility: Visibility = "Public"
    business: str
    admins: str
    invited: tuple[str, ...] = ()
    created: datetime
    updated: datetime


class ApiVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an API, and where access to it needs no approval."""

    id: str
    api: str
    name: str
    description: str = ""
    endpoints: tuple[str, ...] = ()
    sandbox_auto_approved: bool = False
    production_auto_approved: bool = False
    resource_level_permissions: bool = False
    restricted_scopes: tuple[str, ...] = ()
    deleted: bool = False
    created: datetime
    updated: datetime

    def auto_approved(self, environment: Environment) -> bool:
        """Whether a connection in that environment needs nobody's approval."""
        return self.sandbox_auto_approved if environment == "Sandbox" else self.production_auto_approved


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """The connection of an app version to an API version in one environment.

    `app` and `api` are what these belong to, or did. `state` is the point of its life that people see,
    `status` whether calls get through. `side` is `app version/environment` and `triple` adds the API
    version, to find contracts by. A contract that is over stays; at most one that is not over exists for
    each triple, and one `revision` of it.
    """

    id: str
    app: str
    app_version: str
    api: str
    api_version: str
    environment: Environment
    side: str
    triple: str
    state: str
    old_state: str = ""
    status: RuntimeStatus = "Not Yet Active"
    scope: tuple[str, ...] = ()
    revises: str | None = None
    requested_by: str
    synchronized: datetime | None = None
    created: datetime
    updated: datetime


BUSINESSES: Kind[Business] = Kind("akana.businesses", Business, indexes=("name", "admins"))
USERS: Kind[User] = Kind("akana.users", User, indexes=("email", "user_name", "business"))
GROUPS: Kind[Group] = Kind("akana.groups", Group, indexes=("name", "members", "leaders"))
APPS: Kind[App] = Kind("akana.apps", App, indexes=("name", "business", "team"))
APP_VERSIONS: Kind[AppVersion] = Kind("akana.app_versions", AppVersion, indexes=("app", "name", "identity"))
APIS: Kind[Api] = Kind("akana.apis", Api, indexes=("name", "business", "admins"))
API_VERSIONS: Kind[ApiVersion] = Kind("akana.api_versions", ApiVersion, indexes=("api", "name"))
CONTRACTS: Kind[Contract] = Kind(
    "akana.contracts", Contract, indexes=("app_version", "api_version", "side", "triple", "revises")
)

KINDS = (BUSINESSES, USERS, GROUPS, APPS, APP_VERSIONS, APIS, API_VERSIONS, CONTRACTS)
