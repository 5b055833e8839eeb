"""May this role call this path in this tenant? What a tenant holds of permissions, roles and groups decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from mockserver.platforms.os1.models import APP_CLIENTS, APPS, SOLUTION_VERSIONS
from mockserver.platforms.os1.models_aaa import (
    HOLDINGS,
    TENANT_GROUPS,
    TENANT_USERS,
    CoreToken,
    Group,
    PermissionFile,
    Resource,
    RoleDefinition,
    RoleName,
    TenantUser,
)
from mockserver.platforms.os1.models_onboarding import SUBSCRIPTIONS
from mockserver.platforms.os1.permissions import file_held, held, solution_groups
from mockserver.world.world import World


class Verdict(msgspec.Struct, frozen=True):
    """Whether it may, and why: `by` names the role and permission, `reason` says what is missing."""

    allowed: bool
    reason: str
    by: str | None = None


def files_in(world: World, tenant: str) -> Iterator[PermissionFile]:
    """The permission files a tenant holds, the longest-held app first."""
    for holding in world[HOLDINGS].find("tenant", tenant):
        file = file_held(world, holding)
        assert file is not None, "a holding's permission set is kept"
        yield file


def groups_in(world: World, tenant: str) -> list[Group]:
    """The user groups of a tenant: of its apps, of the solutions it subscribed to, and its own."""
    groups = [group for file in files_in(world, tenant) for group in file.user_groups_required]
    for subscription in world[SUBSCRIPTIONS].find("tenant", tenant):
        version = world[SOLUTION_VERSIONS].get(subscription.version)
        groups += solution_groups(world, version) if version is not None else ()
    return [*groups, *(each.group for each in world[TENANT_GROUPS].find("tenant", tenant))]


def roles_of_user(world: World, user: TenantUser) -> tuple[RoleName, ...]:
    """The roles a tenant user has, directly and by groups."""
    by_groups = (role for group in groups_in(world, user.tenant) if group.name in user.groups for role in group.roles)
    return tuple(dict.fromkeys((*user.roles, *by_groups)))


def may_call(world: World, tenant: str, token: CoreToken, path: str, method: str) -> Verdict:
    """Whether the bearer of a token may call a path in a tenant.

    An app has the roles that its permission file there requires, as far as they may be granted to apps.
    """
    if token.user is not None:
        return user_may_call(world, world[TENANT_USERS][token.user], path, method)
    client = world[APP_CLIENTS].get(token.client) if token.client else None
    if client is None:
        return Verdict(False, "The token belongs to nobody any more.")
    own = file_held(world, held(world, tenant, world[APPS][client.app].urn))
    if own is None:
        return Verdict(False, f"The app {world[APPS][client.app].listing} is not onboarded to {tenant}.")
    return _judge(world, tenant, own.roles_required, path, method, app=True)


def user_may_call(world: World, user: TenantUser, path: str, method: str) -> Verdict:
    """Whether a tenant's user may call a path there: by a role that may be granted to users."""
    return _judge(world, user.tenant, roles_of_user(world, user), path, method, app=False)


def _judge(world: World, tenant: str, roles: Iterable[RoleName], path: str, method: str, *, app: bool) -> Verdict:
    files = list(files_in(world, tenant))
    protecting = [
        (file, each)
        for file in files
        for each in file.resources
        if method in each.allowed_http_methods and _covers(each, path)
    ]
    if not protecting:
        return Verdict(False, f"No app that {tenant} holds has a resource for {method.upper()} {path}.")
    wanted = tuple(dict.fromkeys(roles))
    would: list[str] = []
    for file, resource in protecting:
        actions = {
            each.action for each in file.permissions if each.resource == resource.name and each.http_method == method
        }
        for definition in file.roles:
            giving = actions.intersection(definition.permissions)
            if not giving:
                continue
            if _has(wanted, file, definition, app=app):
                role = f"{definition.role_name} ({min(giving)})"
                return Verdict(True, f"{role} of {file.app_id} gives {method.upper()} {path}.", role)
            would.append(definition.role_name)
    have = ", ".join(each.role_name for each in wanted) or "none"
    would_do = f"; {', '.join(dict.fromkeys(would))} would" if would else "; no role does"
    return Verdict(False, f"None of the roles held ({have}) gives {method.upper()} {path} in {tenant}{would_do}.")


def _has(roles: Iterable[RoleName], file: PermissionFile, definition: RoleDefinition, *, app: bool) -> bool:
    grantable = definition.can_grant_to_apps if app else definition.can_grant_to_users
    return grantable and any(
        each.role_name == definition.role_name and each.app_id in (None, file.app_id) for each in roles
    )


def _covers(resource: Resource, path: str) -> bool:
    wanted = path.partition("?")[0].rstrip("/").split("/")
    pattern = resource.resource_path.rstrip("/").split("/")
    if pattern[-1] == "*":
        pattern = pattern[:-1]
        wanted = wanted[: len(pattern)] if len(wanted) > len(pattern) else [*wanted, ""]
    if len(pattern) != len(wanted):
        return False
    return all(
        (part.startswith("{") and part.endswith("}") and sent != "") or part == sent
        for part, sent in zip(pattern, wanted, strict=True)
    )
