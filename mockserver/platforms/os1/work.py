"""The work of an onboarding: tenant by tenant, app by app, by one timer at a time; what a tenant costs never grows."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from mockserver.platforms.os1 import subscriptions
from mockserver.platforms.os1.directory import subject_of, version_with
from mockserver.platforms.os1.events import day_of, note_event
from mockserver.platforms.os1.gates import effective_type, why_not_now
from mockserver.platforms.os1.models import APP_CLIENTS, APPS, TENANTS, Tenant, TenantType
from mockserver.platforms.os1.models_onboarding import (
    ENROLMENTS,
    ONBOARDINGS,
    PROGRESS,
    RUNNING,
    STEP_FAULTS,
    STEPS,
    Onboarding,
    Progress,
    Step,
    StepFault,
    Turn,
)
from mockserver.platforms.os1.permissions import push, take_back
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.world.actions import action
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

WORK = "os1.internal.work"
BATCH = 100
"""So many tenants' subscriptions move, or are left alone, in one go."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of the timer's work."""

    onboarding: str


@action(WORK)
def go_on(world: World, args: Work) -> None:
    """Finish the step under way and start the next, or move subscriptions once all steps are done."""
    onboarding, progress = world[ONBOARDINGS][args.onboarding], world[PROGRESS][args.onboarding]
    match progress.phase:
        case "initialising":
            _finish_step(world, onboarding, progress)
        case "subscribing" | "undoing":
            _go_through(world, onboarding, progress)


def begin(world: World, onboarding: Onboarding) -> None:
    """Start the first step."""
    _start_step(world, onboarding, world[PROGRESS][onboarding.id])


def step_id(onboarding: Onboarding, tenant: int, turn: int) -> str:
    """The key of a step, by which it is found without looking for it."""
    return f"{onboarding.id}/{tenant}/{turn}"


def at_work_in(world: World, tenant: Tenant) -> str | None:
    """The onboarding that is at work on a tenant, or will be, or None."""
    return next((each.id for each in world[RUNNING] if tenant.id in world[ONBOARDINGS][each.id].tenants), None)


def succeeded(world: World, onboarding: Onboarding, tenant: int) -> bool:
    """Whether every app was initialised in the nth tenant."""
    last = world[STEPS].get(step_id(onboarding, tenant, len(onboarding.sequence) - 1))
    return last is not None and last.completed is not None


def environment_in(world: World, tenant: Tenant, app: str, *, overwrite: bool) -> TenantType:
    """Whose credentials an app uses in a tenant: production ones where it counts as production and they exist."""
    wanted = effective_type(tenant, overwrite=overwrite)
    return "production" if wanted == "production" and f"{app}/production" in world[APP_CLIENTS] else "development"


def _start_step(world: World, onboarding: Onboarding, progress: Progress) -> None:
    tenant = world[TENANTS][onboarding.tenants[progress.tenant]]
    turn = onboarding.sequence[progress.turn]
    now = world.clock.now()
    world[STEPS].insert(
        Step(
            id=step_id(onboarding, progress.tenant, progress.turn),
            onboarding=onboarding.id,
            tenant=tenant.id,
            app=turn.app,
            app_version=turn.app_version,
            day=day_of(now),
            started=now,
        )
    )
    duration = parse_duration(world.settings(Os1Settings).app_duration)
    world.timers.after(duration + timedelta(seconds=tenant.delay), WORK, onboarding=onboarding.id)


def _finish_step(world: World, onboarding: Onboarding, progress: Progress) -> None:
    tenant = world[TENANTS][onboarding.tenants[progress.tenant]]
    turn = onboarding.sequence[progress.turn]
    key = step_id(onboarding, progress.tenant, progress.turn)
    failure = _failure(world, onboarding, tenant, turn, progress.tenant)
    if failure is not None:
        world[STEPS].change(key, failure=failure, failed_in=onboarding.id)
        _next_tenant(world, onboarding, progress, failed=True)
        return
    before = push(
        world,
        tenant.id,
        world[APPS][turn.app].urn,
        turn.permissions,
        version=turn.app_version,
        environment=environment_in(world, tenant, turn.app, overwrite=onboarding.overwrite),
    )
    world[STEPS].change(key, completed=world.clock.now(), before=before)
    if progress.turn + 1 < len(onboarding.sequence):
        _start_step(world, onboarding, world[PROGRESS].change(progress.id, turn=progress.turn + 1))
    else:
        _next_tenant(world, onboarding, progress, failed=False)


def _next_tenant(world: World, onboarding: Onboarding, progress: Progress, *, failed: bool) -> None:
    done = {"failed": progress.failed + 1} if failed else {"completed": progress.completed + 1}
    if progress.tenant + 1 < len(onboarding.tenants):
        _start_step(world, onboarding, world[PROGRESS].change(progress.id, tenant=progress.tenant + 1, turn=0, **done))
        return
    undo = world.settings(Os1Settings).on_tenant_failure == "undo" and (failed or progress.failed > 0)
    world[PROGRESS].change(progress.id, phase="undoing" if undo else "subscribing", tenant=0, turn=0, **done)
    world.timers.after(timedelta(0), WORK, onboarding=onboarding.id)


def _go_through(world: World, onboarding: Onboarding, progress: Progress) -> None:
    """A batch of tenants after the last step: their subscriptions move, or what was done to them is undone."""
    end = min(progress.tenant + BATCH, len(onboarding.tenants))
    for n in range(progress.tenant, end):
        if progress.phase == "undoing":
            _undo(world, onboarding, n)
        elif succeeded(world, onboarding, n):
            subscriptions.move(world, world[TENANTS][onboarding.tenants[n]], onboarding)
    if end < len(onboarding.tenants):
        world[PROGRESS].change(progress.id, tenant=end)
        world.timers.after(timedelta(0), WORK, onboarding=onboarding.id)
        return
    world[PROGRESS].change(
        progress.id, phase="over", tenant=end, undone=progress.phase == "undoing", finished=world.clock.now()
    )
    world[RUNNING].delete(onboarding.id)
    enrolment = world[ENROLMENTS].get(f"{onboarding.stack}/{onboarding.subject}")
    if progress.phase == "undoing" and enrolment is not None and enrolment.onboarding == onboarding.id:
        world[ENROLMENTS].delete(enrolment.id)
    version = version_with(world, onboarding.version)
    assert version is not None, "a version that is being onboarded cannot be deleted"
    note_event(
        world,
        subject_of(world, version),
        "OnboardingCompleted",
        {
            "statusId": onboarding.id,
            "versionId": onboarding.version,
            "completed": progress.completed,
            "failed": progress.failed,
            "undone": progress.phase == "undoing",
        },
    )


def _undo(world: World, onboarding: Onboarding, tenant: int) -> None:
    for turn in reversed(range(len(onboarding.sequence))):
        step = world[STEPS].get(step_id(onboarding, tenant, turn))
        if step is not None and step.completed is not None:
            take_back(world, step.tenant, world[APPS][step.app].urn, step.before)


def _failure(world: World, onboarding: Onboarding, tenant: Tenant, turn: Turn, nth: int) -> str | None:
    """Why a step fails: a gate that has shut meanwhile, a tenant that is down, or a fault that was ordered."""
    version = version_with(world, onboarding.version)
    if version is None:
        return "The version was deleted."
    closed = why_not_now(world, version, tenant, gated=onboarding.gated, overwrite=onboarding.overwrite)
    if closed is not None:
        return closed
    if tenant.down:
        return f"The tenant {tenant.id} is down."
    fault = next((each for each in world[STEP_FAULTS] if _strikes(each, tenant, turn, nth)), None)
    if fault is None:
        return None
    if fault.times > 1:
        world[STEP_FAULTS].change(fault.id, times=fault.times - 1)
    else:
        world[STEP_FAULTS].delete(fault.id)
    return fault.reason


def _strikes(fault: StepFault, tenant: Tenant, turn: Turn, nth: int) -> bool:
    """Whether a fault is meant for this step; `nth` counts an onboarding's tenants from 0, the fault's from 1."""
    return fault.tenant in (None, tenant.id) and fault.nth in (None, nth + 1) and fault.app in (None, turn.app)
