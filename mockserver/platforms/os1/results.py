"""What actions answer where that is no document of a world; what the vendor's wire shows as well is told as it is."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Stage = Literal["started", "completed"]


class NewSecret(TypedDict):
    """The app's new secret; `ended_tokens` is how many tokens stopped working."""

    app: str
    environment: str
    client_id: str
    client_secret: str
    ended_tokens: int


class RetriedOnboarding(TypedDict):
    """`status_id` names the new onboarding, `follows` the one that failed."""

    status_id: str
    follows: str
    tenants: list[str]


class FailedBecause(TypedDict):
    """Why an entry failed."""

    reason: str | None


class LogEntry(TypedDict):
    """One line of the init sequence logs; a failed one stays `started` and has a `failure`."""

    tenantId: str
    appId: str
    appVersionId: str
    listingId: str
    status: Stage
    startedAt: str
    completedAt: str | None
    failure: NotRequired[FailedBecause]


class Turn(TypedDict):
    """An app's place in the init sequence."""

    sequence: int
    appId: str
    appVersionId: str
    listingId: str


class Counted(TypedDict):
    """How many tenants there are, and how far they are."""

    total: int
    completed: int
    failed: int


class FailedTenant(TypedDict):
    """Why the onboarding failed in one tenant."""

    tenantId: str
    reason: str | None


class Failure(TypedDict):
    """Why an onboarding failed, and whether it was undone."""

    reason: str | None
    undone: bool
    tenants: list[FailedTenant]


class OnboardingStatus(TypedDict):
    """As the status request shows it; `failure` when something failed, `nextOffset` when there are more tenants."""

    statusId: str
    status: Stage
    type: str
    versionId: str
    stackId: str | None
    stackCredentialOverwrite: str | None
    startedAt: str
    completedAt: str | None
    tenants: Counted
    initSequence: list[Turn]
    logs: list[LogEntry]
    retries: list[str]
    failure: NotRequired[Failure]
    nextOffset: NotRequired[int]


class IssuedAccess(TypedDict):
    """What x-developerplatform-access takes is `access_token`."""

    access_token: str
    expires: str
    user: str
    organization: str | None
    teams: list[str]
    roles: list[str]


class MadeTenants(TypedDict):
    """`first` and `last` are ids."""

    stack: str
    count: int
    first: str
    last: str


class EndedSubscription(TypedDict):
    """Whose subscription to what is over."""

    tenant: str
    listing: str


class TenantAccess(TypedDict):
    """What X-COREOS-ACCESS takes is `access_token`."""

    access_token: str
    expires: str
    tenant: str
    user: str
    roles: list[str]
    groups: list[str]


class Verdict(TypedDict):
    """Whether the call is allowed, and why or why not."""

    allowed: bool
    reason: str
