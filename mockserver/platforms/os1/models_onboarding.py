"""Onboardings, the log of their steps, the subscriptions they move, and what was promised to stacks.

Nothing in here grows with the tenants of a stack but the list of them, which is written once: a step
changes the small `Progress` and one `Step`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from mockserver.platforms.os1.models_aaa import Holding
from mockserver.world.collection import Kind

Api = Literal["v1", "v2"]
Subject = Literal["APP", "SOLUTION"]
Phase = Literal["initialising", "subscribing", "undoing", "over"]


class Turn(msgspec.Struct, frozen=True):
    """One app of the init sequence, and the permissions its files held when the onboarding was accepted."""

    app: str
    app_version: str
    permissions: str


class Onboarding(msgspec.Struct, frozen=True, kw_only=True):
    """An accepted onboarding: what goes to which tenants in which order. It never changes.

    `gated` says that production tenants' gates hold for it, `overwrite` that production credentials
    are used and development tenants count as production. `follows` names the onboarding that this
    one repeats or continues, `why` in words what started it.
    """

    id: str
    subject: str
    type: Subject
    version: str
    api: Api
    gated: bool
    overwrite: bool
    by: str
    created: datetime
    day: str
    tenants: tuple[str, ...]
    sequence: tuple[Turn, ...]
    stack: str | None = None
    follows: str | None = None
    why: str = "requested"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far an onboarding is; `tenant` and `turn` say which step is next, or under way."""

    id: str
    phase: Phase = "initialising"
    tenant: int = 0
    turn: int = 0
    completed: int = 0
    failed: int = 0
    undone: bool = False
    finished: datetime | None = None


class Running(msgspec.Struct, frozen=True):
    """Kept while an onboarding works, by the apps it works on."""

    id: str
    apps: tuple[str, ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An app in a tenant: started, then completed, or failed with a reason.

    `before` is what the tenant held of the app until then. `failed_in` repeats the onboarding when
    the step failed, to find those.
    """

    id: str
    onboarding: str
    tenant: str
    app: str
    app_version: str
    day: str
    started: datetime
    completed: datetime | None = None
    failure: str | None = None
    failed_in: str | None = None
    before: Holding | None = None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant uses an app or a solution in a version; `id` is `tenant/subject`."""

    id: str
    tenant: str
    subject: str
    type: Subject
    version: str
    since: datetime


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What a stack's later tenants get too: the last onboarding of a subject to the whole stack."""

    id: str
    stack: str
    subject: str
    onboarding: str


class StepFault(msgspec.Struct, frozen=True, kw_only=True):
    """A step that will fail: in this tenant or at the nth of an onboarding, of this app or any, so many times."""

    id: str
    reason: str
    tenant: str | None = None
    nth: int | None = None
    app: str | None = None
    times: int = 1


ONBOARDINGS: Kind[Onboarding] = Kind("os1.onboardings", Onboarding, indexes=("day", "subject", "follows"))
PROGRESS: Kind[Progress] = Kind("os1.progress", Progress)
RUNNING: Kind[Running] = Kind("os1.running", Running, indexes=("apps",))
STEPS: Kind[Step] = Kind("os1.steps", Step, indexes=("day", "failed_in"))
SUBSCRIPTIONS: Kind[Subscription] = Kind("os1.subscriptions", Subscription, indexes=("tenant", "subject", "version"))
ENROLMENTS: Kind[Enrolment] = Kind("os1.enrolments", Enrolment, indexes=("stack",))
STEP_FAULTS: Kind[StepFault] = Kind("os1.step_faults", StepFault)

KINDS = (ONBOARDINGS, PROGRESS, RUNNING, STEPS, SUBSCRIPTIONS, ENROLMENTS, STEP_FAULTS)
