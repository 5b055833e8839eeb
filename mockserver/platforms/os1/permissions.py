"""What tenants hold of apps: permission files by content, pushed into a tenant and taken back."""

from __future__ import annotations

import hashlib

import msgspec

from mockserver.platforms.os1 import manifest
from mockserver.platforms.os1.models import ARTIFACTS, AppVersion, SolutionVersion, TenantType
from mockserver.platforms.os1.models_aaa import (
    HOLDINGS,
    PERMISSION_SETS,
    Group,
    Holding,
    PermissionFile,
    PermissionSet,
)
from mockserver.world.world import World

FILE_TYPES = ("PERMFILE", "PERMFILE_WEB_CLIENT")


def uploaded_for(world: World, version: AppVersion) -> PermissionFile | None:
    """What the permission files of an app version say together, the newest of each type; None without any."""
    newest: dict[str, PermissionFile] = {
        each.type: each.permissions
        for each in world[ARTIFACTS].find("version", version.id)
        if each.permissions is not None
    }
    files = [newest[each] for each in FILE_TYPES if each in newest]
    return manifest.merged(files) if files else None


def solution_groups(world: World, version: SolutionVersion) -> tuple[Group, ...]:
    """The user groups of a solution version's newest manifest."""
    found = [each.groups for each in world[ARTIFACTS].find("version", version.id) if each.groups is not None]
    return found[-1] if found else ()


def set_of(world: World, file: PermissionFile) -> PermissionSet:
    """The set that says what `file` says; equal files share one."""
    content = msgspec.json.encode(file, order="deterministic")
    key = f"permissions:{hashlib.sha256(content).hexdigest()[:32]}"
    return world[PERMISSION_SETS].get(key) or world[PERMISSION_SETS].insert(PermissionSet(key, file))


def held(world: World, tenant: str, urn: str) -> Holding | None:
    """What a tenant holds of the app with this AAA id."""
    return world[HOLDINGS].get(f"{tenant}/{urn}")


def file_held(world: World, holding: Holding | None) -> PermissionFile | None:
    """The permission file behind a holding."""
    return world[PERMISSION_SETS][holding.permissions].file if holding is not None else None


def push(
    world: World, tenant: str, urn: str, permissions: str, *, version: str | None, environment: TenantType
) -> Holding | None:
    """Give a tenant an app's permissions in place of those it has; answers what it held before."""
    before = held(world, tenant, urn)
    world[HOLDINGS].put(
        Holding(
            id=f"{tenant}/{urn}",
            tenant=tenant,
            app=urn,
            permissions=permissions,
            version=version,
            environment=environment,
            since=world.clock.now(),
        )
    )
    return before


def take_back(world: World, tenant: str, urn: str, before: Holding | None) -> None:
    """Make a tenant hold of an app what it held before, which may be nothing."""
    if before is not None:
        world[HOLDINGS].put(before)
    elif held(world, tenant, urn) is not None:
        world[HOLDINGS].delete(f"{tenant}/{urn}")
