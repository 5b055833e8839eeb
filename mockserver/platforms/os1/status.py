"""What may be seen of an onboarding: how far it is, and the log of its init sequence."""

from __future__ import annotations

from mockserver.platforms.os1.models import APPS
from mockserver.platforms.os1.models_onboarding import ONBOARDINGS, PROGRESS, STEPS, Onboarding, Step
from mockserver.platforms.os1.results import LogEntry, OnboardingStatus
from mockserver.platforms.os1.work import step_id
from mockserver.world.clock import iso
from mockserver.world.world import World

MOST_LOGS = 1000


def describe(
    world: World, onboarding: Onboarding, *, tenant: str | None = None, offset: int = 0, limit: int = MOST_LOGS
) -> OnboardingStatus:
    """An onboarding for the status request.

    `status`, of the whole and of each entry, is `started` and then `completed`, nothing else; what
    failed has `failure` besides, a failed entry stays `started`. `offset` and `limit` count tenants.
    """
    progress = world[PROGRESS][onboarding.id]
    total = len(onboarding.tenants)
    tenants = [n for n in range(offset, total) if tenant is None or onboarding.tenants[n] == tenant][:limit]
    logs = [entry(world, step) for n in tenants for step in _steps(world, onboarding, n)]
    failures = world[STEPS].find("failed_in", onboarding.id)
    told: OnboardingStatus = {
        "statusId": onboarding.id,
        "status": "completed" if progress.phase == "over" else "started",
        "type": onboarding.type,
        "versionId": onboarding.version,
        "stackId": onboarding.stack,
        "stackCredentialOverwrite": "production" if onboarding.overwrite else None,
        "startedAt": iso(onboarding.created),
        "completedAt": iso(progress.finished) if progress.finished else None,
        "tenants": {"total": total, "completed": progress.completed, "failed": progress.failed},
        "initSequence": [
            {"sequence": n, "appId": turn.app, "appVersionId": turn.app_version, "listingId": _listing(world, turn.app)}
            for n, turn in enumerate(onboarding.sequence, 1)
        ],
        "logs": logs,
        "retries": [each.id for each in world[ONBOARDINGS].find("follows", onboarding.id)],
    }
    if failures:
        told["failure"] = {
            "reason": failures[0].failure,
            "undone": progress.undone,
            "tenants": [{"tenantId": each.tenant, "reason": each.failure} for each in failures[:MOST_LOGS]],
        }
    if tenants and tenants[-1] + 1 < total and tenant is None:
        told["nextOffset"] = tenants[-1] + 1
    return told


def entry(world: World, step: Step) -> LogEntry:
    """One line of the log."""
    told: LogEntry = {
        "tenantId": step.tenant,
        "appId": step.app,
        "appVersionId": step.app_version,
        "listingId": _listing(world, step.app),
        "status": "completed" if step.completed else "started",
        "startedAt": iso(step.started),
        "completedAt": iso(step.completed) if step.completed else None,
    }
    if step.failure is not None:
        told["failure"] = {"reason": step.failure}
    return told


def _steps(world: World, onboarding: Onboarding, tenant: int) -> list[Step]:
    found = (world[STEPS].get(step_id(onboarding, tenant, turn)) for turn in range(len(onboarding.sequence)))
    return [step for step in found if step is not None]


def _listing(world: World, app: str) -> str:
    return world[APPS][app].listing
