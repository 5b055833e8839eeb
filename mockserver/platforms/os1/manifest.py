"""Permission files of apps and manifests of solutions: YAML, checked whole when it is uploaded.

The keys at the top are the vendor's; how they nest is not published, so what is below them is assumed:

    appId: platform:app:containers
    resources:
      - {name: containers, resourcePath: "/core/api/v1/containers", allowedHttpMethods: [get, post], description: All}
    permissions:
      - {action: read-containers, resource: containers, httpMethod: get, description: Read}
    roles:
      - {roleName: container-reader, description: Reads, permissions: [read-containers], canGrantToApps: true}
    rolesRequired: [location-reader, {appId: platform:app:vehicles, roleName: vehicle-reader}]
    userGroupsRequired:
      - {name: Dispatchers, description: At the desk, roles: [container-reader]}

An app without protected paths needs `appId` and `rolesRequired` only. A solution's manifest:

    solution: yard-solution
    userGroups:
      - {name: Yard-Team, description: In the yard, roles: [{appId: containers, roleName: container-reader}]}
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from mockserver.checking import yaml
from mockserver.checking.paths import position
from mockserver.errors import InvalidFile, Problem, nearest
from mockserver.platforms.os1.directory import app_named
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.models import App, Solution
from mockserver.platforms.os1.models_aaa import (
    Action,
    Described,
    Group,
    Method,
    Named,
    Permission,
    PermissionFile,
    Resource,
    RoleDefinition,
    RoleName,
    SecurityLevel,
)
from mockserver.wire import Rejected
from mockserver.world.world import World

MAX_BYTES = 375 * 1024


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What the parts of both files have in common."""


class ResourceEntry(_Entry, frozen=True):
    name: Named
    resource_path: str
    allowed_http_methods: tuple[Method, ...]
    description: Described
    resource_path_formatted: str | None = None
    attribute_path: str | None = None
    request_parameter: str | None = None


class PermissionEntry(_Entry, frozen=True):
    action: Action
    resource: Named
    http_method: Method
    description: Described


class RoleEntry(_Entry, frozen=True):
    role_name: Named
    description: Described
    permissions: tuple[str, ...] = ()
    security_level: SecurityLevel = "OPEN"
    can_grant_to_apps: bool = False
    can_grant_to_users: bool = True


class RoleReference(_Entry, frozen=True):
    role_name: Named
    app_id: str | None = None


class GroupEntry(_Entry, frozen=True):
    name: Named
    description: Described | None = None
    roles: tuple[str | RoleReference, ...] = ()


class AppFile(_Entry, frozen=True):
    app_id: str
    resources: tuple[ResourceEntry, ...] = ()
    permissions: tuple[PermissionEntry, ...] = ()
    roles: tuple[RoleEntry, ...] = ()
    roles_required: tuple[str | RoleReference, ...] = ()
    user_groups_required: tuple[GroupEntry, ...] = ()


class SolutionFile(_Entry, frozen=True):
    solution: str
    user_groups: tuple[GroupEntry, ...] = ()


def read_app_file(world: World, content: bytes, source: str, app: App | None = None) -> tuple[App, PermissionFile]:
    """An app's permission file and the app it is for, which must be `app` where that is given.

    Raises `Rejected` with every problem and its line.
    """
    file = _load(content, AppFile, source)
    named = app_named(world, file.app_id)
    problems = list(inconsistencies(file))
    if named is None:
        problems.append(Problem("$.appId", "the AAA id of an app", repr(file.app_id)))
    elif app is not None and named.id != app.id:
        problems.append(Problem("$.appId", f"{app.urn} (the app {app.listing})", repr(file.app_id)))
    if problems or named is None:
        raise _refusal(_placed(problems, content, source), source)
    return named, permissions_of(world, named, file)


def read_solution_file(world: World, content: bytes, source: str, solution: Solution) -> tuple[Group, ...]:
    """The user groups of a solution's manifest. Raises `Rejected` with every problem and its line."""
    file = _load(content, SolutionFile, source)
    problems = list(_repeated("a group", "$.userGroups", (each.name for each in file.user_groups)))
    if file.solution not in (solution.listing, solution.id):
        problems.append(Problem("$.solution", repr(solution.listing), repr(file.solution)))
    for g, group in enumerate(file.user_groups):
        for r, role in enumerate(group.roles):
            if isinstance(role, str) or role.app_id is None:
                problems.append(Problem(f"$.userGroups[{g}].roles[{r}]", "appId and roleName", repr(_bare(role))))
    if problems:
        raise _refusal(_placed(problems, content, source), source)
    return groups_of(world, file)


def groups_of(world: World, file: SolutionFile) -> tuple[Group, ...]:
    """The groups of a solution's file that was found whole, with apps by their AAA ids."""
    return tuple(_group(world, each, None) for each in file.user_groups)


def merged(files: Iterable[PermissionFile]) -> PermissionFile:
    """The permission files of one app as one; of what both define, the later file's counts."""
    first, *others = files
    fields: dict[str, Any] = msgspec.structs.asdict(first)
    for other in others:
        for name, value in msgspec.structs.asdict(other).items():
            if isinstance(value, tuple):
                own = {_key(each): each for each in (*fields[name], *value)}
                fields[name] = tuple(own.values())
    return PermissionFile(**fields)


def _key(part: Any) -> Any:
    for name in ("action", "name", "role_name"):
        if hasattr(part, name) and not isinstance(part, RoleName):
            return getattr(part, name)
    return part


def _load(content: bytes, type_: type[Any], source: str) -> Any:
    if len(content) > MAX_BYTES:
        raise Error.TOO_LARGE.stop(f"{source} has {len(content)} bytes; AAA takes at most {MAX_BYTES} (375 KB).")
    try:
        return yaml.load(content, type_, source)
    except InvalidFile as error:
        raise _refusal(error.problems, source) from None


def _refusal(problems: Iterable[Problem], source: str) -> Rejected:
    told = list(problems)
    more = f" and {len(told) - 1} more" if len(told) > 1 else ""
    return Error.MANIFEST.stop(
        f"{source}:{told[0]}{more}",
        problems=[
            {
                "path": each.path,
                "line": each.line,
                "column": each.column,
                "expected": each.expected,
                "got": each.got,
                "didYouMean": each.did_you_mean,
            }
            for each in told
        ],
    )


def _placed(problems: Iterable[Problem], content: bytes, source: str) -> list[Problem]:
    positions = yaml.read(content, source).positions
    placed = []
    for each in problems:
        line, column = position(each.path, positions)
        placed.append(dataclasses.replace(each, line=line, column=column))
    return sorted(placed, key=lambda each: (each.line or 0, each.column or 0))


def inconsistencies(file: AppFile) -> Iterator[Problem]:
    """What types cannot say: names are unique, and what is referred to exists."""
    methods = {each.name: each.allowed_http_methods for each in file.resources}
    actions = [each.action for each in file.permissions]
    roles = [each.role_name for each in file.roles]
    yield from _repeated("a resource", "$.resources", (each.name for each in file.resources))
    yield from _repeated("an action", "$.permissions", actions)
    yield from _repeated("a role", "$.roles", roles)
    yield from _repeated("a group", "$.userGroupsRequired", (each.name for each in file.user_groups_required))
    for n, resource in enumerate(file.resources):
        if not resource.resource_path.startswith("/"):
            yield Problem(f"$.resources[{n}].resourcePath", "a path that begins with /", repr(resource.resource_path))
    for n, permission in enumerate(file.permissions):
        allowed = methods.get(permission.resource)
        where = f"$.permissions[{n}]"
        if allowed is None:
            yield _unknown(f"{where}.resource", "a resource of this file", permission.resource, methods)
        elif permission.http_method not in allowed:
            expected = f"a method that {permission.resource} allows ({', '.join(allowed)})"
            yield Problem(f"{where}.httpMethod", expected, repr(permission.http_method))
    for n, role in enumerate(file.roles):
        for p, action in enumerate(role.permissions):
            if action not in actions:
                yield _unknown(f"$.roles[{n}].permissions[{p}]", "an action of this file", action, actions)
    for n, group in enumerate(file.user_groups_required):
        for r, name in enumerate(group.roles):
            if isinstance(name, str) and name not in roles:
                yield _unknown(f"$.userGroupsRequired[{n}].roles[{r}]", "a role of this file", name, roles)


def _unknown(path: str, expected: str, got: str, known: Iterable[str]) -> Problem:
    return Problem(path, expected, repr(got), nearest(got, known))


def _repeated(what: str, path: str, names: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for n, name in enumerate(names):
        if name in seen:
            yield Problem(f"{path}[{n}]", f"{what} that is not defined above", repr(name))
        seen.add(name)


def permissions_of(world: World, app: App, file: AppFile) -> PermissionFile:
    """What a file that was found whole says, with apps by their AAA ids."""
    return PermissionFile(
        app_id=app.urn,
        resources=tuple(
            Resource(
                name=each.name,
                resource_path=each.resource_path,
                allowed_http_methods=each.allowed_http_methods,
                description=each.description,
                attribute_path=each.attribute_path,
                request_parameter=each.request_parameter,
            )
            for each in file.resources
        ),
        permissions=tuple(Permission(**msgspec.structs.asdict(each)) for each in file.permissions),
        roles=tuple(RoleDefinition(**msgspec.structs.asdict(each)) for each in file.roles),
        roles_required=tuple(_role(world, each, None) for each in file.roles_required),
        user_groups_required=tuple(_group(world, each, app) for each in file.user_groups_required),
    )


def _group(world: World, entry: GroupEntry, own: App | None) -> Group:
    roles = tuple(_role(world, each, own) for each in entry.roles)
    return Group(name=entry.name, description=entry.description or "", roles=roles)


def _role(world: World, entry: str | RoleReference, own: App | None) -> RoleName:
    """A role by name and AAA id; a name alone is the file's `own` app's, or of whoever offers it."""
    if isinstance(entry, str) or entry.app_id is None:
        return RoleName(_bare(entry), own.urn if own else None)
    app = app_named(world, entry.app_id)
    return RoleName(entry.role_name, app.urn if app else entry.app_id)


def _bare(entry: str | RoleReference) -> str:
    return entry if isinstance(entry, str) else entry.role_name
