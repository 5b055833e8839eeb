"""AAA's parts one by one: the resources, permissions, roles and groups of a tenant, read and added to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from mockserver.platforms.os1 import uploads
from mockserver.platforms.os1.access import groups_in
from mockserver.platforms.os1.carriers import AAA_SPEC, CORE
from mockserver.platforms.os1.core_callers import CoreCaller, core_caller_of
from mockserver.platforms.os1.directory import app_named
from mockserver.platforms.os1.errors import Error, core_answer, decode
from mockserver.platforms.os1.manifest import MAX_BYTES, ResourceEntry, RoleEntry
from mockserver.platforms.os1.models import App
from mockserver.platforms.os1.models_aaa import (
    TENANT_GROUPS,
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
    TenantGroup,
)
from mockserver.platforms.os1.permissions import file_held, held
from mockserver.platforms.os1.routes_aaa import CoreHeaders, Envelope
from mockserver.wire import Answer, Call, Evidence, Reply, Route
from mockserver.world.world import World

Handler = Callable[[World, Call], Answer]

RESOURCE_ID = "resource:"


class NewPermission(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A method on a resource, which is named by its id."""

    action: Action
    resource_id: str
    http_method: Method
    description: Described


class GroupRole(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A role of an app."""

    app_id: str
    role_name: Named


class NewGroup(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A group of users and the roles it gives them."""

    name: Named
    description: Described
    roles: tuple[GroupRole, ...] = ()


def resources(world: World, call: Call) -> Answer:
    """The resources of an app in a tenant."""
    file = _file(world, call)
    return core_answer(
        call,
        [
            {"id": f"{RESOURCE_ID}{each.name}", **_without_none(each)}
            for each in (file.resources if file is not None else ())
        ],
    )


def permissions(world: World, call: Call) -> Answer:
    """The permissions of an app in a tenant."""
    file = _file(world, call)
    return core_answer(
        call,
        [
            {
                "id": f"permission:{each.action}",
                "action": each.action,
                "resourceId": f"{RESOURCE_ID}{each.resource}",
                "httpMethod": each.http_method,
                "description": each.description,
            }
            for each in (file.permissions if file is not None else ())
        ],
    )


def roles(world: World, call: Call) -> Answer:
    """The roles of an app in a tenant."""
    file = _file(world, call)
    return core_answer(
        call,
        [{"id": f"role:{each.role_name}", **_without_none(each)} for each in (file.roles if file is not None else ())],
    )


def groups(world: World, call: Call) -> Answer:
    """The user groups of a tenant: of its apps, of the solutions it subscribed to, and its own."""
    caller = core_caller_of(world, call)
    told = {
        each.name: {"id": f"group:{each.name}", **_without_none(each)} for each in groups_in(world, caller.tenant.id)
    }
    return core_answer(call, list(told.values()))


def add_resource(world: World, call: Call) -> Answer:
    """Add a resource to an app in a tenant."""
    caller, app, file = _own(world, call)
    body = decode(call, ResourceEntry)
    if not body.resource_path.startswith("/"):
        raise Error.VALUE.stop(f"resourcePath must begin with /, unlike {body.resource_path[:80]!r}.")
    _check_new(body.name, [each.name for each in file.resources], f"the resource {body.name}", app)
    added = Resource(
        name=body.name,
        resource_path=body.resource_path,
        allowed_http_methods=body.allowed_http_methods,
        description=body.description,
        attribute_path=body.attribute_path,
        request_parameter=body.request_parameter,
    )
    _keep(world, caller, msgspec.structs.replace(file, resources=(*file.resources, added)))
    return core_answer(call, {"id": f"{RESOURCE_ID}{body.name}"}, status=201)


def add_permission(world: World, call: Call) -> Answer:
    """Add a permission to an app in a tenant."""
    caller, app, file = _own(world, call)
    body = decode(call, NewPermission)
    name = body.resource_id.removeprefix(RESOURCE_ID)
    resource = next((each for each in file.resources if each.name == name), None)
    if resource is None:
        raise Error.NOT_FOUND.stop(f"resourceId: {app.listing} has no resource {body.resource_id!r} there.")
    if body.http_method not in resource.allowed_http_methods:
        allowed = ", ".join(resource.allowed_http_methods)
        raise Error.VALUE.stop(f"httpMethod: {name} allows {allowed}, not {body.http_method}.")
    _check_new(body.action, [each.action for each in file.permissions], f"the permission {body.action}", app)
    added = Permission(action=body.action, resource=name, http_method=body.http_method, description=body.description)
    _keep(world, caller, msgspec.structs.replace(file, permissions=(*file.permissions, added)))
    return core_answer(call, {"id": f"permission:{body.action}"}, status=201)


def add_role(world: World, call: Call) -> Answer:
    """Add a role to an app in a tenant."""
    caller, app, file = _own(world, call)
    body = decode(call, RoleEntry)
    known = [each.action for each in file.permissions]
    actions = tuple(each.removeprefix("permission:") for each in body.permissions)
    unknown = [each for each in actions if each not in known]
    if unknown:
        raise Error.NOT_FOUND.stop(f"permissions: {app.listing} has no {', '.join(unknown)} there.")
    _check_new(body.role_name, [each.role_name for each in file.roles], f"the role {body.role_name}", app)
    added = RoleDefinition(**{**msgspec.structs.asdict(body), "permissions": actions})
    _keep(world, caller, msgspec.structs.replace(file, roles=(*file.roles, added)))
    return core_answer(call, {"id": f"role:{body.role_name}"}, status=201)


def add_group(world: World, call: Call) -> Answer:
    """Add a group to a tenant."""
    caller = core_caller_of(world, call)
    caller.app(world)
    body = decode(call, NewGroup)
    if body.name in {each.name for each in groups_in(world, caller.tenant.id)}:
        raise Error.CONFLICT.stop(f"{caller.tenant.id} has the group {body.name} already.")
    given: list[RoleName] = []
    for each in body.roles:
        app = app_named(world, each.app_id)
        file = file_held(world, held(world, caller.tenant.id, app.urn)) if app is not None else None
        if file is None or each.role_name not in [role.role_name for role in file.roles]:
            raise Error.NOT_FOUND.stop(f"roles: {caller.tenant.id} has no role {each.role_name} of {each.app_id}.")
        given.append(RoleName(each.role_name, file.app_id))
    group = Group(name=body.name, description=body.description, roles=tuple(given))
    world[TENANT_GROUPS].insert(TenantGroup(id=f"{caller.tenant.id}/{body.name}", tenant=caller.tenant.id, group=group))
    return core_answer(call, {"id": f"group:{body.name}"}, status=201)


def _app(world: World, call: Call) -> App:
    app = app_named(world, call.params["appId"])
    if app is None:
        raise Error.NOT_FOUND.stop(f"There is no app {call.params['appId']!r}.")
    return app


def _file(world: World, call: Call) -> PermissionFile | None:
    caller = core_caller_of(world, call)
    return file_held(world, held(world, caller.tenant.id, _app(world, call).urn))


def _own(world: World, call: Call) -> tuple[CoreCaller, App, PermissionFile]:
    """The caller, the app, and what the tenant holds of it, if it is the caller's to change."""
    caller = core_caller_of(world, call)
    app = _app(world, call)
    uploads.check_owner(world, caller.tenant, caller.app(world), app)
    file = file_held(world, held(world, caller.tenant.id, app.urn))
    return caller, app, file if file is not None else PermissionFile(app_id=app.urn)


def _check_new(name: str, known: list[str], what: str, app: App) -> None:
    if name in known:
        raise Error.CONFLICT.stop(f"{app.listing} has {what} there already.")


def _keep(world: World, caller: CoreCaller, file: PermissionFile) -> None:
    uploads.apply(world, caller.tenant, file)


def _without_none(thing: msgspec.Struct) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(thing).items() if value is not None}


_NOTE = "The calls are known by their names only; paths and answers are ours, the rules for names the vendor's."
_LISTED = Reply(200, "The list.", Envelope)
_MADE = Reply(201, "Its id.", Envelope)
_APP = "/core/api/v1/aaa/apps/{appId}"


def _pair(path: str, what: str, show: Handler, add: Handler, body: type) -> tuple[Route, Route]:
    evidence = Evidence("assumed", "assumed", "assumed", _NOTE)
    return (
        Route(
            "GET",
            path,
            show,
            f"The {what}s of {'an app in ' if '{appId}' in path else ''}a tenant",
            evidence,
            (CORE,),
            source=AAA_SPEC,
            fields=CoreHeaders,
            replies=(_LISTED,),
            refused=(400, 401, 403, 404),
        ),
        Route(
            "POST",
            path,
            add,
            f"Add a {what} to {'an app in ' if '{appId}' in path else ''}a tenant",
            evidence,
            (CORE,),
            request=body,
            max_body=MAX_BYTES,
            source=AAA_SPEC,
            fields=CoreHeaders,
            replies=(_MADE,),
            refused=(400, 401, 403, 404, 409),
        ),
    )


ROUTES = (
    *_pair(f"{_APP}/resources", "resource", resources, add_resource, ResourceEntry),
    *_pair(f"{_APP}/permissions", "permission", permissions, add_permission, NewPermission),
    *_pair(f"{_APP}/roles", "role", roles, add_role, RoleEntry),
    *_pair("/core/api/v1/aaa/groups", "group", groups, add_group, NewGroup),
)
