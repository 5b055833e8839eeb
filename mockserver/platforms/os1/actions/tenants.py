"""Stacks and tenants, what a tenant's administrator does, and who may call what there."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mockserver.errors import Refused
from mockserver.platforms.os1 import makers, subscriptions
from mockserver.platforms.os1.access import user_may_call
from mockserver.platforms.os1.actions.arguments import Arguments
from mockserver.platforms.os1.again import join_stack
from mockserver.platforms.os1.core_callers import issue_core_token
from mockserver.platforms.os1.directory import app_named, name_of
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.models import TENANTS, Stack, Tenant, TenantType
from mockserver.platforms.os1.models_aaa import TENANT_USERS, RoleName, TenantUser
from mockserver.platforms.os1.models_onboarding import Subscription
from mockserver.platforms.os1.portal import find_stack, find_subject, find_tenant
from mockserver.platforms.os1.results import EndedSubscription, MadeTenants, TenantAccess, Verdict
from mockserver.platforms.os1.work import at_work_in
from mockserver.world.actions import action
from mockserver.world.clock import iso
from mockserver.world.world import World


class CreateStack(Arguments, frozen=True):
    id: str
    name: str | None = None
    type: TenantType = "development"


@action("os1.create_stack")
def create_stack(world: World, args: CreateStack) -> Stack:
    """Create a stack of tenants, which are of its type unless said otherwise."""
    return makers.make_stack(world, id=args.id, name=args.name or args.id, type=args.type)


class CreateTenant(Arguments, frozen=True):
    id: str
    stack: str | None = None
    name: str | None = None
    type: TenantType | None = None
    administrator: str = "admin"


@action("os1.create_tenant")
def create_tenant(world: World, args: CreateTenant) -> Tenant:
    """Create a tenant in a stack; what was onboarded to the whole stack is onboarded to it too."""
    tenant = makers.make_tenant(
        world,
        find_stack(world, args.stack),
        id=args.id,
        name=args.name or args.id,
        type=args.type,
        administrator=args.administrator,
    )
    join_stack(world, tenant)
    return tenant


class CreateTenants(Arguments, frozen=True):
    count: Annotated[int, msgspec.Meta(ge=1, le=100_000)]
    stack: str | None = None
    prefix: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9]{0,8}$")] = "t"
    type: TenantType | None = None


@action("os1.create_tenants")
def create_tenants(world: World, args: CreateTenants) -> MadeTenants:
    """Create many tenants in a stack at once, named by a prefix and a number."""
    stack = find_stack(world, args.stack)
    made: list[str] = []
    number = 0
    while len(made) < args.count:
        number += 1
        if f"{args.prefix}{number}" not in world[TENANTS]:
            tenant = makers.make_tenant(
                world, stack, id=f"{args.prefix}{number}", name=f"{args.prefix}{number}", type=args.type
            )
            join_stack(world, tenant)
            made.append(tenant.id)
    return {"stack": stack.id, "count": len(made), "first": made[0], "last": made[-1]}


class SubscribeTenant(Arguments, frozen=True):
    listing: str
    tenant: str | None = None


@action("os1.subscribe")
def subscribe_tenant(world: World, args: SubscribeTenant) -> Subscription:
    """A tenant's administrator subscribes to an app or a solution, in the version that was onboarded there."""
    tenant, subject = find_tenant(world, args.tenant), find_subject(world, args.listing)
    if subscriptions.subscription_of(world, tenant.id, subject) is not None:
        raise Refused(f"{tenant.id} is subscribed to {subject.listing} already.")
    at_work = at_work_in(world, tenant)
    if at_work is not None:
        raise Refused(f"The onboarding {at_work} is at work on {tenant.id}.", hint="Let time pass first.")
    version = subscriptions.onboarded_version(world, tenant, subject)
    if version is None:
        raise Refused(
            f"No version of {subject.listing} is onboarded to {tenant.id}.",
            hint="Onboard one first: POST /developer/tenants/v2/onboarding.",
        )
    made = subscriptions.subscribe(world, tenant, version)
    note_event(world, subject, "TenantSubscribed", {"tenantId": tenant.id, "version": name_of(world, version)})
    return made


@action("os1.unsubscribe")
def unsubscribe_tenant(world: World, args: SubscribeTenant) -> EndedSubscription:
    """A tenant's administrator ends the subscription to an app or a solution."""
    tenant, subject = find_tenant(world, args.tenant), find_subject(world, args.listing)
    subscriptions.unsubscribe(world, tenant, subject)
    return {"tenant": tenant.id, "listing": subject.listing}


class SignInToTenant(Arguments, frozen=True):
    tenant: str | None = None
    user: str = "somebody"
    roles: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None


@action("os1.sign_in_to_tenant")
def sign_in_to_tenant(world: World, args: SignInToTenant) -> TenantAccess:
    """Sign a tenant's user in and answer what X-COREOS-ACCESS takes; with `roles` or `groups`, give those first.

    A role is its name, or `app/role` with an app's listing. A user who is new is made.
    """
    tenant = find_tenant(world, args.tenant)
    user = world[TENANT_USERS].put(_user(world, tenant, args))
    token = issue_core_token(world, tenant=tenant, user=user)
    return {
        "access_token": token.token,
        "expires": iso(token.expires),
        "tenant": tenant.id,
        "user": user.name,
        "roles": [each.role_name for each in user.roles],
        "groups": list(user.groups),
    }


class AskAccess(SignInToTenant, frozen=True, kw_only=True):
    path: str
    method: Literal["get", "put", "post", "delete", "patch"] = "get"


@action("os1.ask_access")
def ask_access(world: World, args: AskAccess) -> Verdict:
    """Ask whether a tenant's user, or somebody with these roles or groups, may call a path; nothing is changed."""
    user = _user(world, find_tenant(world, args.tenant), args)
    verdict = user_may_call(world, user, args.path, args.method)
    return {"allowed": verdict.allowed, "reason": verdict.reason}


def _user(world: World, tenant: Tenant, args: SignInToTenant) -> TenantUser:
    key = f"{tenant.id}/{args.user}"
    known = world[TENANT_USERS].get(key) or TenantUser(id=key, tenant=tenant.id, name=args.user)
    return msgspec.structs.replace(
        known,
        roles=known.roles if args.roles is None else tuple(_role(world, each) for each in args.roles),
        groups=known.groups if args.groups is None else args.groups,
    )


def _role(world: World, text: str) -> RoleName:
    app_name, slash, role = text.rpartition("/")
    if not slash:
        return RoleName(text)
    app = app_named(world, app_name)
    if app is None:
        raise Refused(f"There is no app {app_name!r}, as in the role {text!r}.")
    return RoleName(role, app.urn)
