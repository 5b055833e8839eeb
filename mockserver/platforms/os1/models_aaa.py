"""What OS1's AAA layer knows of a tenant: which permissions apps brought, who holds roles, and who asks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mockserver.world.collection import Kind

Method = Literal["get", "put", "post", "delete", "patch"]
SecurityLevel = Literal["SENSITIVE", "RESTRICTED", "OPEN"]

NAME = r"^[a-zA-Z]+(-[a-zA-Z]+)*$"
Named = Annotated[str, Meta(min_length=2, max_length=50, pattern=NAME)]
Action = Annotated[str, Meta(min_length=1, max_length=50, pattern=NAME)]
Described = Annotated[str, Meta(min_length=2, max_length=50)]


class Resource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A path that an app protects; `{name}` in it stands for one segment, a `*` at its end for all that follow."""

    name: str
    resource_path: str
    allowed_http_methods: tuple[Method, ...]
    description: str
    attribute_path: str | None = None
    request_parameter: str | None = None


class Permission(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A method on a resource of the same app; `action` is its name."""

    action: str
    resource: str
    http_method: Method
    description: str


class RoleDefinition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A role of an app: the permissions it gives, by their actions."""

    role_name: str
    description: str
    permissions: tuple[str, ...] = ()
    security_level: SecurityLevel = "OPEN"
    can_grant_to_apps: bool = False
    can_grant_to_users: bool = True


class RoleName(msgspec.Struct, frozen=True, rename="camel"):
    """A role somewhere: of the app with this AAA id, or, without one, of whichever app offers the name."""

    role_name: str
    app_id: str | None = None


class Group(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A group of users in a tenant and the roles it gives them."""

    name: str
    description: str = ""
    roles: tuple[RoleName, ...] = ()


class PermissionFile(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What one app brings to a tenant: an uploaded file, or several merged."""

    app_id: str
    resources: tuple[Resource, ...] = ()
    permissions: tuple[Permission, ...] = ()
    roles: tuple[RoleDefinition, ...] = ()
    roles_required: tuple[RoleName, ...] = ()
    user_groups_required: tuple[Group, ...] = ()


class PermissionSet(msgspec.Struct, frozen=True):
    """A permission file under a name made from what it says, so that ten thousand tenants share one."""

    id: str
    file: PermissionFile


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant holds of an app; `id` is `tenant/app`.

    `permissions` names the PermissionSet, `version` the app version that was onboarded last (None when
    none ever was, only files uploaded to AAA), `environment` whose credentials the app uses there.
    """

    id: str
    tenant: str
    app: str
    permissions: str
    version: str | None
    environment: Literal["development", "production"]
    since: datetime


class TenantUser(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in a tenant with roles and groups there; `id` is `tenant/name`."""

    id: str
    tenant: str
    name: str
    roles: tuple[RoleName, ...] = ()
    groups: tuple[str, ...] = ()


class TenantGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group made in a tenant by itself, of no app and no solution; `id` is `tenant/name`."""

    id: str
    tenant: str
    group: Group


class CoreToken(msgspec.Struct, frozen=True, kw_only=True):
    """What `X-COREOS-ACCESS` holds: an app's token (`client`), or a tenant user's."""

    token: str
    expires: datetime
    tenant: str | None = None
    client: str | None = None
    user: str | None = None


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A permission file on its way into one tenant, and what became of it."""

    id: str
    tenant: str
    file: PermissionFile
    by: str
    created: datetime
    callback: str | None = None
    secret: str | None = None
    state: Literal["started", "completed", "failed"] = "started"
    reason: tuple[str, ...] = ()


PERMISSION_SETS: Kind[PermissionSet] = Kind("os1.permission_sets", PermissionSet)
HOLDINGS: Kind[Holding] = Kind("os1.holdings", Holding, indexes=("tenant", "app", "version"))
TENANT_USERS: Kind[TenantUser] = Kind("os1.tenant_users", TenantUser, indexes=("tenant",))
TENANT_GROUPS: Kind[TenantGroup] = Kind("os1.tenant_groups", TenantGroup, indexes=("tenant",))
CORE_TOKENS: Kind[CoreToken] = Kind(
    "os1.core_tokens", CoreToken, key="token", indexes=("client", "user"), credentials=("token",)
)
UPLOADS: Kind[Upload] = Kind("os1.uploads", Upload, indexes=("tenant",))

KINDS = (PERMISSION_SETS, HOLDINGS, TENANT_USERS, TENANT_GROUPS, CORE_TOKENS, UPLOADS)
