"""The shape of Akana's fixture files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec

from mockserver import resources
from mockserver.errors import Unknown
from mockserver.platforms.akana.definitions import ObjectType
from mockserver.platforms.akana.models import Environment, Visibility


class Seed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all parts of a fixture have in common: a name that is not one is an error."""


class UserSeed(Seed, frozen=True, kw_only=True):
    email: str
    password: str
    first_name: str
    last_name: str
    user_name: str | None = None
    business_admin: bool = False
    site_admin: bool = False


class GroupSeed(Seed, frozen=True, kw_only=True):
    name: str
    leaders: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class WorkflowSeed(Seed, frozen=True, kw_only=True):
    """A workflow: its XML right here, or a file beside the fixture."""

    name: str
    object_type: ObjectType = "appversion"
    description: str = ""
    file: str | None = None
    xml: str | None = None


class ApiVersionSeed(Seed, frozen=True, kw_only=True):
    name: str
    auto_approve: tuple[Environment, ...] = ()
    description: str = ""
    endpoints: tuple[str, ...] = ()
    resource_level_permissions: bool = False
    restricted_scopes: tuple[str, ...] = ()


class ApiSeed(Seed, frozen=True, kw_only=True):
    """An API. `invited` are mail addresses of users and names of groups who see a private one."""

    name: str
    description: str = ""
    visibility: Visibility = "Public"
    admins: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()
    versions: tuple[ApiVersionSeed, ...]


class ConnectionSeed(Seed, frozen=True, kw_only=True):
    """A connection to a version of an API, the newest unless said; activated or as the rules leave it."""

    api: str
    version: str | None = None
    environment: Environment = "Sandbox"
    activated: bool = False


class AppVersionSeed(Seed, frozen=True, kw_only=True):
    name: str
    description: str = ""
    identity: str | None = None
    shared_secret: str | None = None
    connections: tuple[ConnectionSeed, ...] = ()


class AppSeed(Seed, frozen=True, kw_only=True):
    """An app; the first of its team has made it."""

    name: str
    description: str = ""
    team: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    versions: tuple[AppVersionSeed, ...]


class ChosenSeed(Seed, frozen=True, kw_only=True):
    """The workflows that a business chose, by name."""

    app_versions: str | None = None
    sandbox_contracts: str | None = None
    production_contracts: str | None = None


class BusinessSeed(Seed, frozen=True, kw_only=True):
    name: str
    users: tuple[UserSeed, ...] = ()
    workflows: ChosenSeed = ChosenSeed()
    apis: tuple[ApiSeed, ...] = ()
    apps: tuple[AppSeed, ...] = ()


class TemplateSeed(Seed, frozen=True, kw_only=True):
    """A template of a board item or a notification; what is mailed is what the dashboard shows, unless said."""

    id: str
    kind: Literal["notification", "board"]
    title: str
    text: str
    mail_subject: str | None = None
    mail_body: str | None = None


class FixtureFile(Seed, frozen=True, kw_only=True):
    """The shape of a fixture file. People, apps and APIs may name those of other businesses."""

    platform: Literal["akana"]
    summary: str = ""
    workflows: tuple[WorkflowSeed, ...] = ()
    businesses: tuple[BusinessSeed, ...] = ()
    groups: tuple[GroupSeed, ...] = ()
    boards: tuple[str, ...] = ()
    templates: tuple[TemplateSeed, ...] = ()


def xml_of(seed: WorkflowSeed, source: str) -> str:
    """A workflow's XML, from the fixture or the file beside it; raises `OSError` or `UnicodeDecodeError`."""
    if seed.xml is not None:
        return seed.xml
    return (folder_of(source) / (seed.file or "")).read_text(encoding="utf-8")


def folder_of(source: str) -> Path:
    """Where the files beside a fixture are."""
    try:
        return resources.locate("fixtures", source).parent
    except Unknown:
        return Path()
