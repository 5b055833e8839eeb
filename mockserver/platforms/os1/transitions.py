"""The two life cycles as data: from which state which command leads where, and who may give it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from mockserver.platforms.os1.models import Role
from mockserver.platforms.os1.rights import PUBLISHERS


class Transition(NamedTuple):
    """One arrow of a life cycle."""

    state: str
    command: str
    to: str
    roles: tuple[Role, ...]


_ADMIN: tuple[Role, ...] = ("developer-admin",)
_DEVELOPERS: tuple[Role, ...] = ("developer", "developer-admin")
_OWNER: tuple[Role, ...] = ("organization-owner",)
_PRODUCT: tuple[Role, ...] = ("product-admin",)

APP_TRANSITIONS = (
    Transition("DEVELOPMENT", "SUBMIT_FOR_TECH_REVIEW", "IN_TECH_REVIEW", _ADMIN),
    Transition("IN_TECH_REVIEW", "APPROVE_TECH_REVIEW", "READY_TO_PUBLISH", _PRODUCT),
    Transition("IN_TECH_REVIEW", "DECLINE_TECH_REVIEW", "DEVELOPMENT", _PRODUCT),
    Transition("IN_TECH_REVIEW", "WITHDRAW_FROM_TECH_REVIEW", "DEVELOPMENT", _ADMIN),
    Transition("READY_TO_PUBLISH", "SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW", "MARKETPLACE_PUBLISH_REVIEW", _ADMIN),
    Transition("READY_TO_PUBLISH", "SUBMIT_FOR_INTERNAL_PUBLISH_REVIEW", "INTERNAL_PUBLISH_REVIEW", _ADMIN),
    Transition("INTERNAL_PUBLISH_REVIEW", "APPROVE_INTERNAL_PUBLISH", "LIVE", PUBLISHERS),
    Transition("MARKETPLACE_PUBLISH_REVIEW", "APPROVE_MARKETPLACE_PUBLISH", "LIVE", PUBLISHERS),
    Transition("LIVE", "DEPRECIATE", "DEPRECIATED", _PRODUCT),
)

SOLUTION_TRANSITIONS = (
    Transition("DRAFT", "SUBMIT_FOR_TECH_REVIEW", "TECH_REVIEW", _DEVELOPERS),
    Transition("TECH_REVIEW", "APPROVE_TECH_REVIEW", "READY_TO_PUBLISH", _PRODUCT),
    Transition("TECH_REVIEW", "DECLINE_TECH_REVIEW", "DRAFT", _PRODUCT),
    # The reference lets developers withdraw, the guide developer admins only; the reference is the wider.
    Transition("TECH_REVIEW", "WITHDRAW_FROM_TECH_REVIEW", "DRAFT", _DEVELOPERS),
    Transition("READY_TO_PUBLISH", "SUBMIT_FOR_MARKETPLACE_PUBLISH_REVIEW", "MARKETPLACE_PUBLISH_REVIEW", _OWNER),
    Transition("READY_TO_PUBLISH", "SUBMIT_FOR_INTERNAL_PUBLISH_REVIEW", "INTERNAL_PUBLISH_REVIEW", _OWNER),
    Transition("INTERNAL_PUBLISH_REVIEW", "APPROVE_INTERNAL_PUBLISH", "LIVE", PUBLISHERS),
    Transition("MARKETPLACE_PUBLISH_REVIEW", "APPROVE_MARKETPLACE_PUBLISH", "LIVE", PUBLISHERS),
    Transition("LIVE", "DEPRECIATE", "DEPRECIATED", _PRODUCT),
)

SPELLINGS = {
    "APPROVE_MARKETPLACE_PUBLISH_REVIEW": "APPROVE_MARKETPLACE_PUBLISH",
    "APPROVE_INTERNAL_PUBLISH_REVIEW": "APPROVE_INTERNAL_PUBLISH",
    "DEPRECATE": "DEPRECIATE",
}
"""Other spellings of commands, which the vendor's pages use too or which people will try."""

STATE_SPELLINGS = {"TECH_REVIEW": "IN_TECH_REVIEW", "DEPRECATED": "DEPRECIATED"}
"""Other spellings of app states, for files that people write."""

SOLUTION_STATE_SPELLINGS = {"IN_TECH_REVIEW": "TECH_REVIEW", "DEPRECATED": "DEPRECIATED"}
"""The same for solutions."""


def commands_from(table: Iterable[Transition], state: str) -> list[str]:
    """The commands that are possible in a state."""
    return [each.command for each in table if each.state == state]


def towards_live(table: Iterable[Transition], state: str) -> Transition | None:
    """The next arrow on the way from a state to LIVE, or None when there is no way."""
    return next((each for each in table if each.state == state and state != "LIVE"), None)
