"""What actions answer where that is no document of a world."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from mockserver.platforms.motar.models import AlertType, Status


class DistributionEntry(TypedDict):
    """A distribution as plugins are told of it."""

    id: str
    name: str
    version: str
    packageName: str
    releaseNotes: str
    supportedDevices: list[str]


class ShownAlert(TypedDict):
    """An alert as Studio shows it; `at` is when it came, or was replaced."""

    title: str
    text: str
    type: AlertType
    status: Status | None
    providerId: str | None
    at: str


class Progress(TypedDict):
    """Studio's package progress view: distributions and alerts in the order in which they came."""

    request_id: str
    app_name: str
    package_name: str
    company: str
    status: Status
    complete: bool
    cancellable: bool
    cancelled: bool
    report_uri: str | None
    distributions: list[DistributionEntry]
    alerts: list[ShownAlert]


class StartedRequest(TypedDict):
    """`delivery` is the webhook's id."""

    request_id: str
    status: Status
    delivery: str


class ChangedReport(TypedDict):
    """`deliveries` are the webhooks that were sent again."""

    request_id: str
    report_uri: str | None
    deliveries: list[str]


class CancelledRequest(TypedDict):
    """The request is over."""

    request_id: str
    cancelled: bool


class ForgedWebhook(TypedDict):
    """`delivery` is the webhook's id."""

    request_id: str
    delivery: str


class ChangedPackage(TypedDict):
    """All that is in the package now; `delivery` is the webhook's id, null where the plugin takes none."""

    request_id: str
    distributions: list[DistributionEntry]
    delivery: str | None


class ChangedOrganization(TypedDict):
    """`deliveries` are the webhooks that were sent again."""

    organization: str
    phone: str | None
    deliveries: list[str]


class HandedOff(TypedDict):
    """`url` is where the browser is sent."""

    url: str
    state: str
    redirect_uri: str
    user: str


class SignedIn(TypedDict):
    """Where the browser is redirected, and what the redirect's query holds; `delivery` when it went there."""

    redirect_url: str
    state: NotRequired[str]
    code: NotRequired[str]
    error: NotRequired[str]
    delivery: NotRequired[str]


class OpenedRedirect(TypedDict):
    """`delivery` is the id of the browser's call."""

    delivery: str


class RevokedSessions(TypedDict):
    """`sessions` is how many ended."""

    user: str
    sessions: int


class DecidedDevice(TypedDict):
    """What became of a device's wish; `user` is who let it in."""

    user_code: str
    client_id: str
    decision: Literal["pending", "approved", "denied"]
    user: str | None


class LaunchedApp(TypedDict):
    """`redirect_url` is where the browser is sent; `code` is null where the plugin is launched without one."""

    user: str
    launch_uri: str
    code: str | None
    redirect_url: str


class ShownAssociation(TypedDict):
    """What a plugin reported of a card; `user` is who has that mail address."""

    transactionId: str
    dn: str
    edipi: str
    email: str
    user: str | None
    plugin: str
    at: str


class CacAssociations(TypedDict):
    """Oldest first."""

    associations: list[ShownAssociation]
