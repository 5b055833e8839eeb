"""The arguments of Akana's functions and conditions, spelled as the vendor's examples spell them.

Who implements one registers it with the Struct of its name here (`function("sendNotification", SendNotification)`),
so that what lint checks is what the engine passes.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Environment = Literal["Sandbox", "Production"]
NotifiedRole = Literal["AppAdmin", "ApiAdmin", "BusinessAdmin"]
Visibility = Literal["Public", "Limited", "RegisteredUsers"]
Severity = Literal["fatal", "error", "warning", "info", "debug", "trace"]
Registration = Literal[
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
DELETIONS: Final[frozenset[Registration]] = frozenset(
    ("Delete", "com.soa.appversion.delete.approve", "com.soa.appversion.delete.auto")
)
"""The values of syncAppVersionOAuthClient's `action` that delete the client; the others register it anew."""


class InEnvironment(msgspec.Struct, frozen=True, rename="pascal"):
    """One environment."""

    environment: Environment


class FromTo(msgspec.Struct, frozen=True, rename="pascal"):
    """From one environment to another."""

    env_from: Environment
    env_to: Environment


class SendNotification(msgspec.Struct, frozen=True, rename="camel"):
    """`parameters` are further ones for the template: `param.contract.oldstate` is its `{contract.oldstate}`."""

    notification_type: str
    role: NotifiedRole
    status: str | None = None
    parameters: dict[str, str] = msgspec.field(name="param.*", default_factory=dict)


class AddBoardItem(msgspec.Struct, frozen=True, rename="camel"):
    """Boards and viewers come one by one, as a comma list, or both; each may hold several ids, and some twice."""

    board_item_template_id: str
    visibility: Visibility
    type: Literal["Discussion"]
    target_boards: tuple[str, ...] = ()
    target_board: dict[str, tuple[str, ...]] = msgspec.field(name="targetBoard.*", default_factory=dict)
    viewers: tuple[str, ...] = ()
    viewer: dict[str, tuple[str, ...]] = msgspec.field(name="viewer.*", default_factory=dict)

    @property
    def boards(self) -> tuple[str, ...]:
        """Every board once, in the order of the file."""
        return _once(self.target_boards, self.target_board)

    @property
    def all_viewers(self) -> tuple[str, ...]:
        """Every viewer once, in the order of the file."""
        return _once(self.viewers, self.viewer)


class SyncClient(msgspec.Struct, frozen=True):
    """The page's examples say Reset or Delete; its table lists the actions at which to call."""

    action: Registration

    @property
    def deletes(self) -> bool:
        """Whether the client is to be deleted rather than registered anew."""
        return self.action in DELETIONS


class Status(msgspec.Struct, frozen=True):
    """A contract's new state."""

    status: str


class HasRole(msgspec.Struct, frozen=True):
    """The role that the caller must hold for the object at hand."""

    role: str


class Log(msgspec.Struct, frozen=True):
    """A line for the log."""

    message: str
    severity: Severity = "info"


class Anything(msgspec.Struct, frozen=True):
    """Whatever is given."""

    arguments: dict[str, str] = msgspec.field(name="*", default_factory=dict)


class Object(msgspec.Struct, frozen=True):
    """What may be nothing."""

    object: str | None = None


class Operands(msgspec.Struct, frozen=True):
    """What may be equal."""

    operand1: str | None = None
    operand2: str | None = None


def _once(listed: tuple[str, ...], named: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*listed, *(each for values in named.values() for each in values))))
