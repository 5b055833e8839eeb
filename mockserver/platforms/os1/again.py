"""Onboardings that repeat others: failed tenants retried, and tenants that join a stack after it was onboarded."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from mockserver.errors import Refused
from mockserver.platforms.os1.callers import Caller
from mockserver.platforms.os1.directory import subject_of, version_with
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.models import TENANTS, USERS, Tenant
from mockserver.platforms.os1.models_onboarding import (
    ENROLMENTS,
    ONBOARDINGS,
    PROGRESS,
    STEPS,
    Onboarding,
)
from mockserver.platforms.os1.onboarding import Order, accept
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.platforms.os1.work import at_work_in
from mockserver.wire import Rejected
from mockserver.world.actions import action
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

JOIN = "os1.internal.join"


class Join(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of the timer's work: which enrolments of its stack a tenant has still to catch up with."""

    tenant: str
    enrolments: tuple[str, ...]


def join_stack(world: World, tenant: Tenant) -> None:
    """Have a new tenant catch up with everything that was onboarded to its whole stack, one after the other."""
    enrolments = [each.id for each in world[ENROLMENTS].find("stack", tenant.stack)]
    if enrolments:
        world.timers.after(timedelta(0), JOIN, tenant=tenant.id, enrolments=enrolments)


@action(JOIN)
def catch_up(world: World, args: Join) -> None:
    """Onboard the next of what a later tenant of a stack lacks; while it is busy, try again later."""
    tenant, (first, *rest) = world[TENANTS][args.tenant], args.enrolments
    if at_work_in(world, tenant) is not None:
        pause = max(parse_duration(world.settings(Os1Settings).app_duration), timedelta(milliseconds=100))
        world.timers.after(pause, JOIN, tenant=tenant.id, enrolments=list(args.enrolments))
        return
    # What was undone since the tenant joined is no longer promised.
    enrolment = world[ENROLMENTS].get(first)
    if enrolment is not None:
        _catch_up_on(world, tenant, world[ONBOARDINGS][enrolment.onboarding])
    if rest:
        world.timers.after(timedelta(0), JOIN, tenant=tenant.id, enrolments=rest)


def _catch_up_on(world: World, tenant: Tenant, original: Onboarding) -> None:
    try:
        repeat(world, original, [tenant], why=f"{tenant.id} joined the stack {tenant.stack}")
    except Refused as error:
        version = version_with(world, original.version)
        if version is not None:
            note_event(
                world,
                subject_of(world, version),
                "LaterTenantRefused",
                {"tenantId": tenant.id, "stackId": tenant.stack, "versionId": version.id, "reason": error.message},
            )


def retry(world: World, onboarding: Onboarding, tenant_id: str | None = None) -> Onboarding:
    """Onboard the tenants that failed again, all of them after an undoing; raises `Refused` when none did."""
    progress = world[PROGRESS][onboarding.id]
    if progress.phase != "over":
        raise Refused(f"The onboarding {onboarding.id} is still at work.", hint="Let time pass first.")
    failed = [each.tenant for each in world[STEPS].find("failed_in", onboarding.id)]
    wanted = list(onboarding.tenants) if progress.undone else failed
    if tenant_id is not None:
        wanted = [each for each in wanted if each == tenant_id]
    if not wanted:
        raise Refused(f"Nothing failed in the onboarding {onboarding.id}{f' for {tenant_id}' if tenant_id else ''}.")
    return repeat(
        world,
        onboarding,
        [world[TENANTS][each] for each in wanted],
        why=f"retry of {onboarding.id}",
        # What was undone is no longer promised to later tenants of the stack.
        enrols=progress.undone,
    )


def repeat(world: World, original: Onboarding, tenants: list[Tenant], *, why: str, enrols: bool = False) -> Onboarding:
    """Onboard the same to other tenants, as the same user; raises `Refused` where a gate is shut."""
    version = version_with(world, original.version)
    if version is None:
        raise Refused(f"The version {original.version} was deleted.")
    order = Order(
        version=version,
        tenants=tenants,
        stack=original.stack,
        api=original.api,
        overwrite=original.overwrite,
        repeats=original,
        enrols=enrols,
        why=why,
    )
    try:
        return accept(world, Caller(world[USERS][original.by]), order, lambda field, reason: None)
    except Rejected as rejected:
        raise Refused(rejected.refusal.description) from None
