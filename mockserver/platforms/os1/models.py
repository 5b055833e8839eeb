"""What OS1's developer platform knows: organizations, people, stacks and tenants, apps, solutions, their files."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from mockserver.platforms.os1.models_aaa import Group, PermissionFile
from mockserver.world.collection import Kind

Role = Literal["developer", "developer-admin", "organization-owner", "product-admin", "publisher", "member"]
TenantType = Literal["development", "production"]
AppType = Literal["WEB", "BACKEND", "MOBILE"]
SolutionType = Literal["APP", "API"]
AppState = Literal[
    "DEVELOPMENT",
    "IN_TECH_REVIEW",
    "READY_TO_PUBLISH",
    "INTERNAL_PUBLISH_REVIEW",
    "MARKETPLACE_PUBLISH_REVIEW",
    "LIVE",
    "DEPRECIATED",
]
SolutionState = Literal[
    "DRAFT",
    "TECH_REVIEW",
    "READY_TO_PUBLISH",
    "INTERNAL_PUBLISH_REVIEW",
    "MARKETPLACE_PUBLISH_REVIEW",
    "LIVE",
    "DEPRECIATED",
]
ArtifactType = Literal["ICON", "IMAGE", "DOCS", "PERMFILE", "PERMFILE_WEB_CLIENT", "ALL", "MANIFEST"]


class Organization(msgspec.Struct, frozen=True, kw_only=True):
    """A developer organization; it owns solutions, and its teams own apps."""

    id: str
    name: str
    domain: str


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """A team of an organization; apps belong to one."""

    id: str
    organization: str
    name: str


class User(msgspec.Struct, frozen=True, kw_only=True):
    """A person with a developer account. Product admins are OS1's own people and may belong to no organization."""

    id: str
    handle: str
    name: str
    email: str
    password: str
    organization: str | None = None
    teams: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ("member",)


class AccessToken(msgspec.Struct, frozen=True, kw_only=True):
    """What `x-developerplatform-access` holds; roles, teams and organization are its user's."""

    token: str
    user: str
    expires: datetime


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """A set of tenants; those made in it have its type unless said otherwise."""

    id: str
    name: str
    type: TenantType


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's (or developer's) own OS1, whose `id` is its subdomain.

    `down` makes everything that is sent to it fail, `delay` (seconds) makes each step in it slower.
    `auth_key` opens the admin twin of AAA.
    """

    id: str
    urn: str
    name: str
    type: TenantType
    stack: str
    administrator: str
    auth_key: str
    down: bool = False
    delay: float = 0.0


class App(msgspec.Struct, frozen=True, kw_only=True):
    """An app; `urn` is what AAA calls it, `listing` its human-readable name, which never changes."""

    id: str
    urn: str
    listing: str
    organization: str
    team: str
    type: AppType = "BACKEND"
    classification: str = "STANDARD"


class AppClient(msgspec.Struct, frozen=True, kw_only=True):
    """An app's credentials in one environment. `production` ones exist after the first tech review approval."""

    id: str
    app: str
    environment: TenantType
    client_key: str
    service_key: str
    secret: str


class AppVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an app and where it is in its life; `about` are the descriptive fields as they were sent."""

    id: str
    app: str
    version: str
    created: datetime
    created_by: str
    updated: datetime
    updated_by: str
    about: Mapping[str, Any]
    state: AppState = "DEVELOPMENT"


class Solution(msgspec.Struct, frozen=True, kw_only=True):
    """A solution, of an organization."""

    id: str
    listing: str
    organization: str
    type: SolutionType = "APP"


class Member(msgspec.Struct, frozen=True):
    """An app version in a solution version; `sequence` is the place its author wants it initialised at."""

    app_version: str
    sequence: int | None = None


class SolutionVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a solution, with its apps in order; `places` are their members' sequences."""

    id: str
    solution: str
    version: str
    created: datetime
    created_by: str
    updated: datetime
    updated_by: str
    about: Mapping[str, Any]
    state: SolutionState = "DRAFT"
    app_versions: tuple[str, ...] = ()
    places: tuple[int | None, ...] = ()

    @property
    def apps(self) -> tuple[Member, ...]:
        return tuple(Member(*each) for each in zip(self.app_versions, self.places, strict=True))


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """An uploaded file of a version. `permissions` is what a permission file says, `groups` a solution's manifest."""

    id: str
    version: str
    type: ArtifactType
    file_name: str
    description: str
    media_type: str
    content: bytes
    uploaded: datetime
    uploaded_by: str
    permissions: PermissionFile | None = None
    groups: tuple[Group, ...] | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a listing's log; `data` is JSON text, `day` (`2026-01-31`) finds it by date."""

    id: str
    listing: str
    aggregate: str
    at: datetime
    day: str
    type: str
    data: str


ORGANIZATIONS: Kind[Organization] = Kind("os1.organizations", Organization, indexes=("name",))
TEAMS: Kind[Team] = Kind("os1.teams", Team, indexes=("name", "organization"))
USERS: Kind[User] = Kind("os1.users", User, indexes=("handle", "email", "organization"))
ACCESS_TOKENS: Kind[AccessToken] = Kind(
    "os1.access_tokens", AccessToken, key="token", indexes=("user",), credentials=("token",)
)
STACKS: Kind[Stack] = Kind("os1.stacks", Stack, indexes=("name",))
TENANTS: Kind[Tenant] = Kind("os1.tenants", Tenant, indexes=("name", "urn", "stack"))
APPS: Kind[App] = Kind("os1.apps", App, indexes=("listing", "urn", "organization"))
APP_CLIENTS: Kind[AppClient] = Kind(
    "os1.app_clients",
    AppClient,
    indexes=("app", "client_key", "service_key"),
    credentials=("client_key", "service_key"),
)
APP_VERSIONS: Kind[AppVersion] = Kind("os1.app_versions", AppVersion, indexes=("app",))
SOLUTIONS: Kind[Solution] = Kind("os1.solutions", Solution, indexes=("listing", "organization"))
SOLUTION_VERSIONS: Kind[SolutionVersion] = Kind(
    "os1.solution_versions", SolutionVersion, indexes=("solution", "app_versions")
)
ARTIFACTS: Kind[Artifact] = Kind("os1.artifacts", Artifact, indexes=("version",))
EVENTS: Kind[Event] = Kind("os1.events", Event, indexes=("listing", "day"))

KINDS = (
    ORGANIZATIONS,
    TEAMS,
    USERS,
    ACCESS_TOKENS,
    STACKS,
    TENANTS,
    APPS,
    APP_CLIENTS,
    APP_VERSIONS,
    SOLUTIONS,
    SOLUTION_VERSIONS,
    ARTIFACTS,
    EVENTS,
)
