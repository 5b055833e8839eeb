"""JSON bodies of the routes about apps and solutions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mockserver.platforms.os1.models import AppType, SolutionType

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What they have in common: camel case, and unknown fields are told."""


class Visibility(_Body, frozen=True):
    """Who sees it in the marketplace."""

    is_private: bool = False
    permission_type: Literal["ALLOW", "DENY"] | None = None
    org_identifiers: tuple[str, ...] = ()


class Url(_Body, frozen=True):
    """Where an app is reached; `stackId` may be `*` for every stack."""

    relative_path: str | None = None
    stack_id: str | None = None
    server: str | None = None
    interface: str | None = None
    admin: str | None = None
    setting: str | None = None
    userguide: str | None = None
    gitinfo: str | None = None


class RegisterApp(_Body, frozen=True):
    """Body of `POST /developer/apps`; the first six fields are mandatory."""

    display_name: Text
    type: AppType
    listing_id: str
    version: str
    is_console_compatible: bool
    visibility: Visibility
    url: Url | None = None
    short_description: str | None = None
    long_description: str | None = None
    categories: tuple[str, ...] | None = None
    menu: tuple[dict[str, Any], ...] | None = None


class AddVersion(_Body, frozen=True):
    """Body of `POST …/versions`; the parent is the newest one that is READY_TO_PUBLISH or further, when not named."""

    version: str
    parent_version: str | None = None


class ChangeApp(_Body, frozen=True):
    """Body of `PATCH /developer/apps/versions/{id}`: what is absent stays, null deletes what is optional."""

    display_name: Text | UnsetType = UNSET
    is_console_compatible: bool | UnsetType = UNSET
    is_marketplace_compatible: bool | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    url: Url | UnsetType | None = UNSET
    short_description: str | UnsetType | None = UNSET
    long_description: str | UnsetType | None = UNSET
    categories: tuple[str, ...] | UnsetType | None = UNSET
    menu: tuple[dict[str, Any], ...] | UnsetType | None = UNSET


class RegisterSolution(_Body, frozen=True):
    """Body of `POST /developer/solutions`; the first eight fields are mandatory."""

    display_name: Text
    soln_listing_id: str
    type: SolutionType
    version: str
    short_description: str
    is_console_compatible: bool
    long_description: str
    visibility: Visibility
    product_family: str | None = None
    supported_countries: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    soln_urls: tuple[dict[str, Any], ...] | None = None
    api: dict[str, Any] | None = None


class ChangeSolution(_Body, frozen=True):
    """Body of `PATCH /developer/solutions/versions/{id}`, a merge patch: null deletes, an empty list is an error."""

    display_name: Text | UnsetType = UNSET
    short_description: str | UnsetType | None = UNSET
    long_description: str | UnsetType | None = UNSET
    categories: tuple[str, ...] | UnsetType | None = UNSET
    soln_urls: tuple[dict[str, Any], ...] | UnsetType | None = UNSET
    supported_countries: tuple[str, ...] | UnsetType | None = UNSET
    product_family: str | UnsetType | None = UNSET
    is_console_compatible: bool | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    api: dict[str, Any] | UnsetType | None = UNSET


class SolutionApp(_Body, frozen=True):
    """An app version in a solution; `sequence` is the place its author wants it initialised at."""

    app_version_id: str
    sequence: Annotated[int, msgspec.Meta(ge=0, le=100_000)] | None = None


class SolutionApps(_Body, frozen=True):
    """Body of `PUT …/apps`."""

    apps: tuple[SolutionApp, ...]


class RemoveApps(_Body, frozen=True):
    """Body of `DELETE …/apps`."""

    app_version_ids: tuple[str, ...]


def about_of(body: msgspec.Struct, *, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """The descriptive fields of a body as they were sent, under their names on the wire."""
    told: dict[str, Any] = msgspec.to_builtins(body)
    return {name: value for name, value in told.items() if value is not None and name not in without}


def merged(about: Any, body: msgspec.Struct) -> dict[str, Any]:
    """`about` with a patch applied: null removes, what is absent stays."""
    changed = dict(about)
    for name, value in msgspec.to_builtins(body).items():
        if value is None:
            changed.pop(name, None)
        else:
            changed[name] = value
    return changed
