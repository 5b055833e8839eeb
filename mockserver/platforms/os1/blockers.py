"""What keeps a version from production tenants: which app or solution, in which state, and the next command to call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from mockserver.platforms.os1.directory import Version, name_of
from mockserver.platforms.os1.models import APP_VERSIONS, AppVersion, SolutionVersion
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.platforms.os1.transitions import APP_TRANSITIONS, SOLUTION_TRANSITIONS, towards_live
from mockserver.world.world import World

REVIEWED = ("READY_TO_PUBLISH", "INTERNAL_PUBLISH_REVIEW", "MARKETPLACE_PUBLISH_REVIEW", "LIVE")
"""The states of a solution whose tech review has been approved."""


class Blocker(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One version that is not where it must be, and how it gets on from there."""

    name: str
    version_id: str
    state: str
    next_command: str | None
    call: str | None
    roles: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.next_command is None:
            return f"{self.name} is {self.state}, which leads nowhere: onboard another version."
        body = '{"action": "' + self.next_command + '"}'
        return f"{self.name} is {self.state}, not LIVE; next: {self.call} {body} by a {' or '.join(self.roles)}."

    def as_data(self) -> dict[str, Any]:
        """For additionalInfo."""
        return dict(msgspec.to_builtins(self))


def blocker(world: World, version: Version) -> Blocker:
    """What is to be said of a version that is not LIVE."""
    if isinstance(version, AppVersion):
        table, kind = APP_TRANSITIONS, "apps"
    else:
        table, kind = SOLUTION_TRANSITIONS, "solutions"
    step = towards_live(table, version.state)
    return Blocker(
        name=name_of(world, version),
        version_id=version.id,
        state=version.state,
        next_command=step.command if step else None,
        call=f"PUT /developer/{kind}/versions/{version.id}/states" if step else None,
        roles=step.roles if step else (),
    )


def members(world: World, version: SolutionVersion) -> list[AppVersion]:
    """The app versions of a solution version, in its order."""
    return [world[APP_VERSIONS][each] for each in version.app_versions]


def apps_not_live(world: World, version: SolutionVersion) -> list[Blocker]:
    """The apps that keep a solution version from being LIVE."""
    return [blocker(world, each) for each in members(world, version) if each.state != "LIVE"]


def blockers(world: World, version: Version) -> Sequence[Blocker]:
    """What keeps a version from production tenants by its state; empty when nothing does.

    Under `production_states: page-order` apps pass in any state, and solutions whose tech review was
    approved and whose apps are all LIVE: then the page's six steps pass in the order in which it has them.
    """
    page_order = world.settings(Os1Settings).production_states == "page-order"
    if isinstance(version, AppVersion):
        return [] if page_order or version.state == "LIVE" else [blocker(world, version)]
    there = version.state in REVIEWED if page_order else version.state == "LIVE"
    return [*([] if there else [blocker(world, version)]), *apps_not_live(world, version)]
