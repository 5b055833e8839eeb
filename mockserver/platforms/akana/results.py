"""What actions answer where that is no document of a world."""

from __future__ import annotations

from datetime import datetime
from typing import NotRequired, TypedDict


class UploadedWorkflow(TypedDict):
    """`key` is the definition's."""

    key: str
    name: str
    object_type: str


class WorkflowOutcome(TypedDict):
    """Where an app version stands now: `step` is null without a workflow."""

    app_version: str
    deleted: bool
    step: str | None


class CurrentRow(TypedDict):
    """A step that a run is in, by its number in the workflow file."""

    step: int
    status: str
    owner: str


class HistoryRow(TypedDict):
    """A step that a run has left: by which action, and whose."""

    step: int
    status: str
    action: str
    caller: str
    comment: str


class OfferedAction(TypedDict):
    """An action of the current step, and why it is not to be had, if so."""

    name: str
    id: int
    reserved: bool
    available: bool
    why_not: str


class ShownWorkflow(TypedDict):
    """`actions` are those that `by` has, `log` is what functions of the workflow wrote; without one `step` is null."""

    id: str
    step: str | None
    state: str | None
    current: list[CurrentRow]
    history: list[HistoryRow]
    actions: list[OfferedAction]
    log: list[str]


class Connection(TypedDict):
    """A contract with an API version."""

    id: str
    api_version: str
    state: str
    status: str


class Connections(TypedDict):
    """The contracts of an app version by environment."""

    Sandbox: list[Connection]
    Production: list[Connection]


class QueuedNotification(TypedDict):
    """`user` is a mail address, or an id where the user is gone."""

    type: str
    user: str


class Queue(TypedDict):
    """What waits for the job, oldest first."""

    waiting: list[QueuedNotification]


class ShownRegistration(TypedDict):
    """Only `state`, which is `none`, where a provider was never asked."""

    state: str
    client_id: NotRequired[str | None]
    error: NotRequired[str | None]
    updated: NotRequired[str]


class SignedIn(TypedDict):
    """The cookies and headers of a browser in which somebody is signed in."""

    user: str
    cookies: dict[str, str]
    headers: dict[str, str]
    expires: datetime


class LiveVersion(TypedDict):
    """The environment that an app version is in now."""

    app_version: str
    environment: str
