"""The arguments of Akana's functions and conditions, in the vendor's spelling."""

from __future__ import annotations

from typing import Literal

import msgspec

from mockserver.platforms.akana.models import Environment
from mockserver.platforms.akana.models_work import ItemVisibility
from mockserver.platforms.akana.people import NotifiedRole, Role

LogSeverity = Literal["fatal", "error", "warning", "info", "debug", "trace"]

DELETING = ("Delete", "com.soa.appversion.delete.approve", "com.soa.appversion.delete.auto")

SyncAction = Literal[
    "Reset",
    "Delete",
    "EditOAuthDetails",
    "@KeyInfoRemoved",
    "@KeyInfoSaved",
    "@RegeneratedSecret",
    "com.soa.appversion.delete.approve",
    "com.soa.appversion.delete.auto",
    "reserved-action-modify",
]


class FromTo(msgspec.Struct, frozen=True, rename={"env_from": "EnvFrom", "env_to": "EnvTo"}):
    """From one environment to the other."""

    env_from: Environment
    env_to: Environment


class InEnvironment(msgspec.Struct, frozen=True, rename={"environment": "Environment"}):
    """One environment."""

    environment: Environment


class Status(msgspec.Struct, frozen=True):
    """A state of a contract."""

    status: str


class SendNotification(msgspec.Struct, frozen=True, rename={"type": "notificationType", "parameters": "param.*"}):
    """Which notification goes to which role; `param.<name>` gives templates a `{<name>}`."""

    type: str
    role: NotifiedRole
    parameters: dict[str, str] = {}
    status: str = ""


class AddBoardItem(
    msgspec.Struct,
    frozen=True,
    rename={
        "template": "boardItemTemplateId",
        "boards": "targetBoards",
        "each_board": "targetBoard.*",
        "each_viewer": "viewer.*",
    },
):
    """What is put where, and who reads it; boards and viewers singly, as comma lists, or both."""

    template: str
    visibility: ItemVisibility
    type: Literal["Discussion"] = "Discussion"
    boards: tuple[str, ...] = ()
    each_board: dict[str, tuple[str, ...]] = {}
    viewers: tuple[str, ...] = ()
    each_viewer: dict[str, tuple[str, ...]] = {}


class Sync(msgspec.Struct, frozen=True):
    """Reset or Delete, or the workflow action that stands for one of them."""

    action: SyncAction

    @property
    def deletes(self) -> bool:
        """Whether the client is to go."""
        return self.action in DELETING


class Log(msgspec.Struct, frozen=True):
    """A line for the log."""

    message: str
    severity: LogSeverity = "info"


class HasRole(msgspec.Struct, frozen=True):
    """A role."""

    role: Role


class OneObject(msgspec.Struct, frozen=True):
    """Any value."""

    object: str | None = None


class Operands(msgspec.Struct, frozen=True):
    """Two values."""

    operand1: str | None = None
    operand2: str | None = None
