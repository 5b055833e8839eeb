"""Which version a tenant uses: subscribed by its administrator, moved on by onboardings."""

from __future__ import annotations

from mockserver.errors import Refused
from mockserver.platforms.os1.directory import subject_of
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.models import (
    APP_VERSIONS,
    APPS,
    SOLUTION_VERSIONS,
    App,
    AppVersion,
    Solution,
    SolutionVersion,
    Tenant,
)
from mockserver.platforms.os1.models_aaa import TENANT_USERS, TenantUser
from mockserver.platforms.os1.models_onboarding import SUBSCRIPTIONS, Onboarding, Subscription
from mockserver.platforms.os1.permissions import held
from mockserver.world.world import World

ADMINISTRATORS = "Solutions-Admin"
"""The group that whoever administers a tenant joins when a solution is subscribed to."""


def subscription_of(world: World, tenant: str, subject: App | Solution) -> Subscription | None:
    """A tenant's subscription to an app or a solution."""
    return world[SUBSCRIPTIONS].get(f"{tenant}/{subject.id}")


def subscribe(world: World, tenant: Tenant, version: AppVersion | SolutionVersion) -> Subscription:
    """Subscribe a tenant to a version, or move its subscription there.

    With a solution its user groups exist in the tenant, and its administrator joins Solutions-Admin.
    """
    subject = subject_of(world, version)
    before = subscription_of(world, tenant.id, subject)
    subscription = Subscription(
        id=f"{tenant.id}/{subject.id}",
        tenant=tenant.id,
        subject=subject.id,
        type="APP" if isinstance(version, AppVersion) else "SOLUTION",
        version=version.id,
        since=before.since if before is not None else world.clock.now(),
    )
    world[SUBSCRIPTIONS].put(subscription)
    if isinstance(version, SolutionVersion):
        make_administrator(world, tenant)
    return subscription


def unsubscribe(world: World, tenant: Tenant, subject: App | Solution) -> None:
    """End a tenant's subscription; raises `Refused` when there is none."""
    if subscription_of(world, tenant.id, subject) is None:
        raise Refused(f"{tenant.id} is not subscribed to {subject.listing}.")
    world[SUBSCRIPTIONS].delete(f"{tenant.id}/{subject.id}")
    note_event(world, subject, "TenantUnsubscribed", {"tenantId": tenant.id})


def make_administrator(world: World, tenant: Tenant) -> TenantUser:
    """The tenant's administrator, in the group that administers solutions."""
    users = world[TENANT_USERS]
    key = f"{tenant.id}/{tenant.administrator}"
    user = users.get(key) or TenantUser(id=key, tenant=tenant.id, name=tenant.administrator)
    if ADMINISTRATORS not in user.groups:
        user = users.put(
            TenantUser(
                id=key,
                tenant=tenant.id,
                name=tenant.administrator,
                roles=user.roles,
                groups=(*user.groups, ADMINISTRATORS),
            )
        )
    return user


def move(world: World, tenant: Tenant, onboarding: Onboarding) -> None:
    """What the success of an onboarding in a tenant does to its subscriptions.

    Those to the app move to the version just onboarded. A solution's success moves those to the
    solution and to its apps, and makes them where there are none.
    """
    for turn in onboarding.sequence:
        version = world[APP_VERSIONS].get(turn.app_version)
        if version is None:
            continue
        subscribed = subscription_of(world, tenant.id, world[APPS][version.app]) is not None
        if subscribed or onboarding.type == "SOLUTION":
            subscribe(world, tenant, version)
    if onboarding.type == "SOLUTION":
        solution = world[SOLUTION_VERSIONS].get(onboarding.version)
        if solution is not None:
            subscribe(world, tenant, solution)


def onboarded_version(world: World, tenant: Tenant, subject: App | Solution) -> AppVersion | SolutionVersion | None:
    """The version of an app that a tenant holds, or the newest one of a solution of which it holds every app."""
    if isinstance(subject, App):
        holding = held(world, tenant.id, subject.urn)
        return world[APP_VERSIONS].get(holding.version) if holding is not None and holding.version else None
    for version in reversed(world[SOLUTION_VERSIONS].find("solution", subject.id)):
        urns = [(world[APPS][world[APP_VERSIONS][each].app].urn, each) for each in version.app_versions]
        holdings = [(held(world, tenant.id, urn), each) for urn, each in urns]
        if holdings and all(holding is not None and holding.version == each for holding, each in holdings):
            return version
    return None
