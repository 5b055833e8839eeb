"""Accepting an onboarding: which version to which tenants in which order, written down once before work begins."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mockserver.errors import nearest
from mockserver.platforms.os1 import gates, sequence, work
from mockserver.platforms.os1.blockers import members
from mockserver.platforms.os1.callers import Caller
from mockserver.platforms.os1.directory import Version, app_named, name_of, subject_of
from mockserver.platforms.os1.errors import Error, listed
from mockserver.platforms.os1.events import day_of, note_event
from mockserver.platforms.os1.makers import uuid
from mockserver.platforms.os1.models import APPS, STACKS, TENANTS, AppVersion, Tenant
from mockserver.platforms.os1.models_aaa import PermissionFile
from mockserver.platforms.os1.models_onboarding import (
    ENROLMENTS,
    ONBOARDINGS,
    PROGRESS,
    RUNNING,
    Api,
    Enrolment,
    Onboarding,
    Progress,
    Running,
    Turn,
)
from mockserver.platforms.os1.permissions import set_of, uploaded_for
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.world.world import World


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What an onboarding is asked to do.

    `init_sequence` is the caller's own order, or None to work it out; `repeats` is an onboarding whose
    order and permissions are taken as they were. `enrols` says that later tenants of the stack get it too.
    """

    version: Version
    tenants: Sequence[Tenant]
    stack: str | None
    api: Api
    overwrite: bool
    init_sequence: tuple[str, ...] | None = None
    repeats: Onboarding | None = None
    enrols: bool = True
    why: str = "requested"


def accept(world: World, caller: Caller, order: Order, note: gates.Note) -> Onboarding:
    """Check everything, write the onboarding down and begin with its first step.

    Checked in this order: role, ownership, state and credentials (see `gates`), that every app has a
    permission file, the init sequence, and that no other onboarding works on the same app in one of
    the tenants. Raises `Rejected`, and nothing has changed then.
    """
    gated = not (order.api == "v1" and world.settings(Os1Settings).legacy_api == "v1")
    noted: list[str] = []

    def note_twice(field: str, reason: str) -> None:
        note(field, reason)
        noted.append(reason)

    gates.check(
        world,
        gates.Request(
            caller=caller, version=order.version, tenants=order.tenants, gated=gated, overwrite=order.overwrite
        ),
        note_twice,
    )
    turns = order.repeats.sequence if order.repeats is not None else _turns(world, order)
    _check_free(world, order, turns)
    subject = subject_of(world, order.version)
    now = world.clock.now()
    onboarding = world[ONBOARDINGS].insert(
        Onboarding(
            id=uuid(world, "onboarding"),
            subject=subject.id,
            type="APP" if isinstance(order.version, AppVersion) else "SOLUTION",
            version=order.version.id,
            api=order.api,
            gated=gated,
            overwrite=order.overwrite,
            by=caller.user.id,
            created=now,
            day=day_of(now),
            tenants=tuple(each.id for each in order.tenants),
            sequence=turns,
            stack=order.stack,
            follows=order.repeats.id if order.repeats is not None else None,
            why=order.why,
        )
    )
    world[PROGRESS].insert(Progress(id=onboarding.id))
    world[RUNNING].insert(Running(onboarding.id, tuple(turn.app for turn in turns)))
    if order.stack is not None and order.enrols:
        world[ENROLMENTS].put(
            Enrolment(id=f"{order.stack}/{subject.id}", stack=order.stack, subject=subject.id, onboarding=onboarding.id)
        )
    note_event(
        world,
        subject,
        "OnboardingAccepted",
        {
            "statusId": onboarding.id,
            "versionId": order.version.id,
            "tenants": len(onboarding.tenants),
            "stackId": order.stack,
            "by": caller.user.handle,
            "why": order.why,
            "skippedGates": noted,
        },
    )
    work.begin(world, onboarding)
    return onboarding


def stack_tenants(world: World, stack_id: str) -> list[Tenant]:
    """Every tenant of a stack; raises the refusal that names the known ones for one that is unknown."""
    if stack_id not in world[STACKS]:
        known = [each.id for each in world[STACKS]]
        near = nearest(stack_id, known)
        raise Error.VALUE.stop(
            f"stackId: there is no stack {stack_id!r}"
            + (f"; did you mean {near!r}?" if near else ".")
            + f" Known: {listed(known)}.",
            stackIds=known,
        )
    tenants = world[TENANTS].find("stack", stack_id)
    if not tenants:
        raise Error.VALUE.stop(f"The stack {stack_id} has no tenants yet.", stackId=stack_id)
    return tenants


def listed_tenants(world: World, tenant_ids: Sequence[str]) -> list[Tenant]:
    """These tenants, each once; raises the refusal that names all that are unknown."""
    if not tenant_ids:
        raise Error.MISSING.stop("tenantIds is empty: name at least one tenant.")
    wanted = list(dict.fromkeys(tenant_ids))
    unknown = [each for each in wanted if each not in world[TENANTS]]
    if unknown:
        near = nearest(unknown[0], (each.id for each in world[TENANTS])) if len(world[TENANTS]) <= 1000 else None
        raise Error.VALUE.stop(
            f"tenantIds: unknown are {listed(map(repr, unknown))}." + (f" Did you mean {near!r}?" if near else ""),
            unknownTenantIds=unknown[:100],
        )
    return [world[TENANTS][each] for each in wanted]


def _turns(world: World, order: Order) -> tuple[Turn, ...]:
    """The apps in the order of their initialisation, with the permissions they bring."""
    version = order.version
    versions = [version] if isinstance(version, AppVersion) else members(world, version)
    if not versions:
        raise Error.SEQUENCE.stop(
            f"{name_of(world, version)} has no apps to onboard. Add some: "
            f"PUT /developer/solutions/versions/{version.id}/apps."
        )
    files: dict[str, PermissionFile] = {}
    for each in versions:
        file = uploaded_for(world, each)
        if file is None:
            raise Error.NO_PERMISSION_FILE.stop(
                f"{name_of(world, each)} has no permission file. Upload one first: "
                f"POST /developer/artifacts?appVersionId={each.id}&artifactType=PERMFILE.",
                versionId=each.id,
                listingId=world[APPS][each.app].listing,
            )
        files[each.id] = file
    ordered = _derived(world, versions, files) if order.init_sequence is None else _given(world, versions, order)
    by_id = {each.id: each for each in versions}
    return tuple(Turn(by_id[key].app, key, set_of(world, files[key]).id) for key in ordered)


def _derived(world: World, versions: Sequence[AppVersion], files: dict[str, PermissionFile]) -> list[str]:
    candidates = [sequence.Candidate(each.id, world[APPS][each.app].urn, files[each.id]) for each in versions]
    try:
        return sequence.derived(candidates)
    except sequence.Cycle as cycle:
        names = {each.id: world[APPS][each.app].listing for each in versions}
        ring = [names[each] for each in cycle.apps]
        raise Error.SEQUENCE.stop(
            f"The apps require each other's roles in a ring: {' -> '.join(ring)}. Take a role out of rolesRequired in "
            "one of their permission files and upload it again, or give the order yourself: "
            "POST /developer/tenants/onboarding with initSequence.",
            cycle=ring,
        ) from None


def _given(world: World, versions: Sequence[AppVersion], order: Order) -> list[str]:
    """The caller's own order, which must name each app once and no other."""
    assert order.init_sequence is not None
    by_app = {each.app: each.id for each in versions}
    own = {each.id for each in versions}
    ordered: list[str] = []
    for entry in order.init_sequence:
        app = app_named(world, entry)
        key = entry if entry in own else by_app.get(app.id) if app is not None else None
        if key is None:
            raise Error.SEQUENCE.stop(
                f"initSequence: {entry!r} is no app of {name_of(world, order.version)}; it has "
                f"{listed(world[APPS][each].listing for each in by_app)}.",
                foreign=entry,
            )
        if key in ordered:
            raise Error.SEQUENCE.stop(f"initSequence: {entry!r} is there twice.", repeated=entry)
        ordered.append(key)
    missing = [world[APPS][app].listing for app, key in by_app.items() if key not in ordered]
    if missing:
        raise Error.SEQUENCE.stop(f"initSequence is incomplete: it lacks {listed(missing)}.", missing=missing)
    return ordered


def _check_free(world: World, order: Order, turns: Sequence[Turn]) -> None:
    """Raise the refusal when one of the apps is being onboarded to one of the tenants right now."""
    busy = {running.id for turn in turns for running in world[RUNNING].find("apps", turn.app)}
    if not busy:
        return
    wanted = {each.id for each in order.tenants}
    for each in sorted(busy):
        both = wanted.intersection(world[ONBOARDINGS][each].tenants)
        if both:
            raise Error.CONFLICT.stop(
                f"The onboarding {each} is still working on the same app in {listed(sorted(both), most=3)}. "
                f"Wait until its status is completed: GET /developer/tenants/v2/onboarding/{each}.",
                statusId=each,
                tenantIds=sorted(both)[:100],
            )
