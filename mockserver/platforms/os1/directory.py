"""How apps, solutions and their versions are found by the many names they have."""

from __future__ import annotations

from mockserver.platforms.os1.models import (
    APP_VERSIONS,
    APPS,
    SOLUTION_VERSIONS,
    SOLUTIONS,
    App,
    AppVersion,
    Solution,
    SolutionVersion,
)
from mockserver.world.world import World

AAA_PREFIX = "platform:app:"

Version = AppVersion | SolutionVersion


def app_named(world: World, reference: str) -> App | None:
    """An app by its id, its URN, its listing, or its listing as AAA writes it (`platform:app:containers`)."""
    apps = world[APPS]
    found = apps.get(reference) or apps.first("urn", reference) or apps.first("listing", reference)
    if found is None and reference.startswith(AAA_PREFIX):
        found = apps.first("listing", reference.removeprefix(AAA_PREFIX))
    return found


def solution_named(world: World, reference: str) -> Solution | None:
    """A solution by its id or its listing."""
    return world[SOLUTIONS].get(reference) or world[SOLUTIONS].first("listing", reference)


def version_with(world: World, version_id: str) -> Version | None:
    """An app version or a solution version by its id, whatever the id looks like."""
    return world[APP_VERSIONS].get(version_id) or world[SOLUTION_VERSIONS].get(version_id)


def subject_of(world: World, version: Version) -> App | Solution:
    """What a version is a version of."""
    return world[APPS][version.app] if isinstance(version, AppVersion) else world[SOLUTIONS][version.solution]


def name_of(world: World, version: Version) -> str:
    """A version as messages call it: the listing and the number."""
    return f"{subject_of(world, version).listing} {version.version}"
