"""What goes on in Akana: sign-ins, boards, notifications and mail, workflows in force, client registrations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from mockserver.platforms.akana.workflow.instance import HistoryStep, Instance
from mockserver.world.collection import Kind

ItemVisibility = Literal["Public", "Limited", "RegisteredUsers"]
NotificationState = Literal["unread", "read", "archived"]


class LoginSession(msgspec.Struct, frozen=True, kw_only=True):
    """One sign-in. `cookie` is the token as it travels, `csrf` the value to repeat in the header, where one is due."""

    id: str
    user: str
    cookie: str
    csrf: str | None
    cookie_path: str
    expires: datetime


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """A board of its own; every app, app version, API, API version, group and business has one besides."""

    id: str
    name: str


class BoardItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item on any number of boards. `viewers` are ids of things whose admins may read a Limited one."""

    id: str
    type: Literal["Discussion"]
    template: str | None
    title: str
    text: str
    visibility: ItemVisibility
    viewers: tuple[str, ...]
    boards: tuple[str, ...]
    author: str
    created: datetime


class QueuedNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification to one user that waits for the job: what it says is settled."""

    id: str
    user: str
    type: str
    category: str | None
    dashboard_subject: str
    dashboard_text: str
    mail_subject: str
    mail_body: str
    queued: datetime


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What a user finds on the dashboard."""

    id: str
    user: str
    type: str
    category: str | None
    subject: str
    text: str
    state: NotificationState = "unread"
    created: datetime


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that left: its headers in order, and its HTML."""

    id: str
    user: str
    type: str
    headers: tuple[tuple[str, str], ...]
    body: str
    sent: datetime


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A text with `{placeholders}`: of a board item (title and text), or of a notification with its mail (HTML)."""

    id: str
    kind: Literal["notification", "board"]
    title: str
    text: str
    mail_subject: str = ""
    mail_body: str = ""
    category: str | None = None


class WorkflowDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A workflow file that somebody uploaded, and how many things it governs or governed."""

    key: str
    name: str
    description: str
    object_type: str
    business: str
    xml: str
    references: int = 0
    updated: datetime


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The workflow instance of an app version or a contract; `id` is that thing's."""

    id: str
    definition: str
    instance: Instance


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """A step that a run has left; `action_name` says by which action, `comment` what the person said."""

    id: str
    run: str
    action_name: str
    comment: str
    row: HistoryStep


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """What a workflow's `print` or `log` wrote; `about` is what it governs."""

    id: str
    about: str
    severity: str
    text: str
    at: datetime


class ClientRegistration(msgspec.Struct, frozen=True, kw_only=True):
    """What an OAuth provider knows of an app version; it outlives the version, which may be gone before the answer.

    `wanted` is what to do once the call under way has its answer.
    """

    id: str
    state: Literal["none", "registering", "registered", "updating", "deleting", "deleted", "failed"] = "none"
    wanted: Literal["reset", "delete"] | None = None
    metadata: Mapping[str, Any] = {}
    client_id: str | None = None
    client_secret: str | None = None
    access_token: str | None = None
    client_uri: str | None = None
    error: str | None = None
    updated: datetime


SESSIONS: Kind[LoginSession] = Kind("akana.sessions", LoginSession, indexes=("user",), credentials=("cookie",))
BOARDS: Kind[Board] = Kind("akana.boards", Board, indexes=("name",))
BOARD_ITEMS: Kind[BoardItem] = Kind("akana.board_items", BoardItem, indexes=("boards",))
QUEUE: Kind[QueuedNotification] = Kind("akana.notification_queue", QueuedNotification)
NOTIFICATIONS: Kind[Notification] = Kind("akana.notifications", Notification, indexes=("user",))
MAILS: Kind[Mail] = Kind("akana.mails", Mail, indexes=("user", "type"))
DEFINITIONS: Kind[WorkflowDefinition] = Kind(
    "akana.workflow_definitions", WorkflowDefinition, key="key", indexes=("name", "business", "object_type")
)
TEMPLATES: Kind[Template] = Kind("akana.templates", Template)
RUNS: Kind[Run] = Kind("akana.workflow_instances", Run, indexes=("definition",))
HISTORY: Kind[HistoryRow] = Kind("akana.workflow_history", HistoryRow, indexes=("run",))
LOG_LINES: Kind[LogLine] = Kind("akana.workflow_log", LogLine, indexes=("about",))
REGISTRATIONS: Kind[ClientRegistration] = Kind("akana.client_registrations", ClientRegistration)

KINDS = (
    *(SESSIONS, BOARDS, BOARD_ITEMS, TEMPLATES, QUEUE, NOTIFICATIONS, MAILS),
    *(DEFINITIONS, RUNS, HISTORY, LOG_LINES, REGISTRATIONS),
)
