"""The apps of a solution version, of its own organization or of others."""

from __future__ import annotations

from typing import Any

from mockserver.platforms.os1 import views
from mockserver.platforms.os1.bodies import RemoveApps, SolutionApps
from mockserver.platforms.os1.carriers import DEVELOPER, REFERENCE
from mockserver.platforms.os1.directory import name_of
from mockserver.platforms.os1.errors import Error, decode, listed
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.models import APP_VERSIONS, APPS, SOLUTION_VERSIONS, SOLUTIONS, Member, SolutionVersion
from mockserver.platforms.os1.models_onboarding import ONBOARDINGS, RUNNING
from mockserver.platforms.os1.routes_solutions import find_version
from mockserver.wire import Answer, Call, Evidence, Reply, Route, json_answer
from mockserver.world.world import World


def show(world: World, call: Call) -> Answer:
    """The apps of a solution version."""
    _, version = find_version(world, call)
    return json_answer({"data": views.solution_apps(world, version)})


def put(world: World, call: Call) -> Answer:
    """Add apps, or give those that are there another version or place."""
    caller, version = find_version(world, call)
    caller.check_changes(world, world[SOLUTIONS][version.solution])
    body = decode(call, SolutionApps)
    _check_open(world, version)
    by_app = {world[APP_VERSIONS][each.app_version].app: each for each in version.apps}
    for each in body.apps:
        app_version = world[APP_VERSIONS].get(each.app_version_id)
        if app_version is None:
            raise Error.NOT_FOUND.stop(f"apps: there is no app version {each.app_version_id!r}.")
        app = world[APPS][app_version.app]
        foreign = app.organization != world[SOLUTIONS][version.solution].organization
        if foreign and app_version.state not in ("LIVE", "DEPRECIATED"):
            raise Error.STATE.stop(
                f"{name_of(world, app_version)} belongs to another organization and is {app_version.state}; apps of "
                "others can be part of a solution once they are LIVE.",
                versionId=app_version.id,
                state=app_version.state,
            )
        by_app[app_version.app] = Member(app_version.id, each.sequence)
    return _kept(world, version, tuple(by_app.values()), caller.user.id)


def remove(world: World, call: Call) -> Answer:
    """Take apps out of a solution version."""
    caller, version = find_version(world, call)
    caller.check_changes(world, world[SOLUTIONS][version.solution])
    body = decode(call, RemoveApps)
    _check_open(world, version)
    unknown = [each for each in body.app_version_ids if each not in version.app_versions]
    if unknown:
        raise Error.NOT_FOUND.stop(f"appVersionIds: {name_of(world, version)} does not contain {listed(unknown)}.")
    left = tuple(each for each in version.apps if each.app_version not in body.app_version_ids)
    return _kept(world, version, left, caller.user.id)


def _check_open(world: World, version: SolutionVersion) -> None:
    """What was reviewed stays as it was reviewed, and what is at work as it began."""
    if version.state != "DRAFT":
        raise Error.TRANSITION.stop(
            f"{name_of(world, version)} is {version.state}; its apps can change in DRAFT only. "
            "Decline or withdraw its review, or add a version.",
            state=version.state,
        )
    if any(world[ONBOARDINGS][each.id].version == version.id for each in world[RUNNING]):
        raise Error.CONFLICT.stop(f"{name_of(world, version)} is being onboarded; wait until that is completed.")


def _kept(world: World, version: SolutionVersion, apps: tuple[Member, ...], by: str) -> Answer:
    # Those with a place come first, in the order of their places; the others as they came.
    ordered = sorted(apps, key=lambda each: (each.sequence is None, each.sequence or 0))
    changed = world[SOLUTION_VERSIONS].change(
        version.id,
        app_versions=tuple(each.app_version for each in ordered),
        places=tuple(each.sequence for each in ordered),
        updated=world.clock.now(),
        updated_by=by,
    )
    note_event(
        world,
        world[SOLUTIONS][version.solution],
        "SolutionAppsChanged",
        {"solutionVersionId": version.id, "appVersionIds": list(changed.app_versions)},
    )
    return json_answer({"data": views.solution_apps(world, changed)})


_PATH = "/developer/solutions/versions/{solutionVersionId}/apps"
_APPS = Reply(200, "The apps.", dict[str, Any])
_NOTE = (
    "Path and purpose are documented, verbs and bodies ours. Only in DRAFT. An app of another organization can be "
    "part of a solution once it is LIVE."
)

ROUTES = (
    Route(
        "GET",
        _PATH,
        show,
        "The apps of a solution version",
        Evidence("assumed", "assumed", "assumed", _NOTE),
        (DEVELOPER,),
        source=REFERENCE,
        replies=(_APPS,),
        refused=(401, 403, 404),
    ),
    Route(
        "PUT",
        _PATH,
        put,
        "Add apps to a solution version, or change them",
        Evidence("assumed", "assumed", "assumed", _NOTE),
        (DEVELOPER,),
        request=SolutionApps,
        source=REFERENCE,
        replies=(_APPS,),
        refused=(400, 401, 403, 404, 409),
    ),
    Route(
        "DELETE",
        _PATH,
        remove,
        "Take apps out of a solution version",
        Evidence("assumed", "assumed", "assumed", _NOTE),
        (DEVELOPER,),
        request=RemoveApps,
        source=REFERENCE,
        replies=(_APPS,),
        refused=(400, 401, 403, 404, 409),
    ),
)
