"""Versions of apps: added, changed, removed, and moved through their lives."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.os1 import makers, views
from mockserver.platforms.os1.bodies import AddVersion, ChangeApp, merged
from mockserver.platforms.os1.callers import Caller, caller_of
from mockserver.platforms.os1.carriers import DEVELOPER, REFERENCE
from mockserver.platforms.os1.errors import Error, decode
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.lifecycle import StateChange, give_command
from mockserver.platforms.os1.models import APP_VERSIONS, APPS, ARTIFACTS, SOLUTION_VERSIONS, App, AppVersion
from mockserver.platforms.os1.models_aaa import HOLDINGS
from mockserver.platforms.os1.models_onboarding import RUNNING
from mockserver.platforms.os1.routes_apps import find_app
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Answer, Call, Evidence, Reply, Route, json_answer
from mockserver.world.world import World

UNFINISHED = ("DEVELOPMENT", "IN_TECH_REVIEW")


class Identified(msgspec.Struct, frozen=True):
    """The id of what was made or changed."""

    id: str


def find_version(world: World, call: Call) -> tuple[Caller, AppVersion]:
    """The caller, and the app version of the path, which they may see; raises the refusal otherwise."""
    caller = caller_of(world, call)
    version = world[APP_VERSIONS].get(call.params["appVersionId"])
    if version is None:
        raise Error.NOT_FOUND.stop(f"There is no app version {call.params['appVersionId']!r}.")
    caller.check_sees(world, world[APPS][version.app])
    return caller, version


def add(world: World, call: Call) -> Answer:
    """Add a version to an app: a copy of its parent, in DEVELOPMENT."""
    caller = caller_of(world, call)
    app = find_app(world, caller, call.params["appId"])
    caller.check_changes(world, app)
    body = decode(call, AddVersion)
    versions = world[APP_VERSIONS].find("app", app.id)
    _check_may_add(world, app, versions)
    parent = _parent(app, versions, body.parent_version)
    version = makers.make_app_version(world, app, version=body.version, about=parent.about, by=caller.user.id)
    note_event(world, app, "AppVersionAdded", {"appVersionId": version.id, "version": version.version})
    return json_answer({"id": version.id}, status=201)


def _check_may_add(world: World, app: App, versions: list[AppVersion]) -> None:
    rules = world.settings(Os1Settings).version_rules
    if rules == "none":
        return
    unfinished = [each for each in versions if each.state in UNFINISHED]
    newest = versions[-1] if versions else None
    if rules == "reference" and newest is not None and newest.state != "LIVE":
        reason = f"its current version {newest.version} is {newest.state} and must be LIVE first"
    elif unfinished:
        reason = f"{unfinished[0].version} is {unfinished[0].state} and must be READY_TO_PUBLISH first"
    else:
        return
    raise Error.VERSION_RULE.stop(f"{app.listing} takes no other version yet: {reason}.", listingId=app.listing)


def _parent(app: App, versions: list[AppVersion], wanted: str | None) -> AppVersion:
    if wanted is not None:
        named = next((each for each in versions if wanted in (each.id, each.version)), None)
        if named is None:
            raise Error.NOT_FOUND.stop(f"parentVersion: {app.listing} has no version {wanted!r}.")
        return named
    ready = [each for each in versions if each.state not in UNFINISHED]
    candidates = ready or versions
    if not candidates:
        raise Error.NOT_FOUND.stop(f"{app.listing} has no version to start from.")
    return candidates[-1]


def show(world: World, call: Call) -> Answer:
    """A version of an app."""
    _, version = find_version(world, call)
    return json_answer(views.app_version(world, version))


def change(world: World, call: Call) -> Answer:
    """Change the descriptive fields of a version."""
    caller, version = find_version(world, call)
    caller.check_changes(world, world[APPS][version.app])
    body = decode(call, ChangeApp, patch=True)
    changed = world[APP_VERSIONS].change(
        version.id, about=merged(version.about, body), updated=world.clock.now(), updated_by=caller.user.id
    )
    return json_answer(views.app_version(world, changed))


def remove(world: World, call: Call) -> Answer:
    """Remove a version that is in DEVELOPMENT and that nobody uses."""
    caller, version = find_version(world, call)
    app = world[APPS][version.app]
    caller.check_changes(world, app)
    if version.state != "DEVELOPMENT":
        raise Error.TRANSITION.stop(
            f"{app.listing} {version.version} is {version.state}; only versions in DEVELOPMENT can be removed.",
            state=version.state,
        )
    if world[HOLDINGS].first("version", version.id) is not None or views.is_subscribed(world, version):
        raise Error.CONFLICT.stop(f"{app.listing} {version.version} is onboarded to tenants and cannot be removed.")
    # Also while it is another version's: should that be undone, tenants get back what they held before.
    if world[RUNNING].first("apps", app.id) is not None:
        raise Error.CONFLICT.stop(f"{app.listing} is being onboarded; wait until that is completed.")
    if world[SOLUTION_VERSIONS].first("app_versions", version.id) is not None:
        raise Error.CONFLICT.stop(f"{app.listing} {version.version} is part of a solution; take it out first.")
    for each in world[ARTIFACTS].find("version", version.id):
        world[ARTIFACTS].delete(each.id)
    world[APP_VERSIONS].delete(version.id)
    note_event(world, app, "AppVersionRemoved", {"appVersionId": version.id, "version": version.version})
    return json_answer({"id": version.id})


def move(world: World, call: Call) -> Answer:
    """Give a version a command of its life cycle."""
    caller, version = find_version(world, call)
    body = decode(call, StateChange)
    changed = give_command(world, caller, version, body.action)
    assert isinstance(changed, AppVersion)
    return json_answer({"id": changed.id, "status": changed.state})


_VERSION = "/developer/apps/versions/{appVersionId}"
_SHOWN = Reply(200, "The version.", dict[str, Any])
_REFUSED = (400, 401, 403, 404)

ROUTES = (
    Route(
        "POST",
        "/developer/apps/{appId}/versions",
        add,
        "Add a version to an app",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "201 (the page lists 200 too). When another version may be added the sources disagree about: "
            "os1.version_rules. A version that may not be is 400.",
        ),
        (DEVELOPER,),
        request=AddVersion,
        source=REFERENCE,
        replies=(Reply(201, "Its id.", Identified),),
        refused=_REFUSED,
    ),
    Route(
        "GET",
        _VERSION,
        show,
        "A version of an app",
        Evidence(
            "documented", "documented", "assumed", "status is its state; the spelling grantPerimssions is theirs."
        ),
        (DEVELOPER,),
        source=REFERENCE,
        replies=(_SHOWN,),
        refused=(401, 403, 404),
    ),
    Route(
        "PATCH",
        _VERSION,
        change,
        "Change a version's description",
        Evidence("documented", "assumed", "documented", "null deletes what is optional; listingId never changes."),
        (DEVELOPER,),
        request=ChangeApp,
        source=REFERENCE,
        replies=(_SHOWN,),
        refused=_REFUSED,
    ),
    Route(
        "DELETE",
        _VERSION,
        remove,
        "Remove a version",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "In DEVELOPMENT only, else 400; one that tenants hold or a solution contains is 409.",
        ),
        (DEVELOPER,),
        source=REFERENCE,
        replies=(Reply(200, "Its id.", Identified),),
        refused=(*_REFUSED, 409),
    ),
    Route(
        "PUT",
        f"{_VERSION}/states",
        move,
        "Move a version through its life (UpdateAppStates)",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "APPROVE_…_PUBLISH and APPROVE_…_PUBLISH_REVIEW, DEPRECIATE and DEPRECATE are the same. An unknown command "
            "and one that leads nowhere from here are 400 and name the possible ones; a wrong role is 403.",
        ),
        (DEVELOPER,),
        request=StateChange,
        source=REFERENCE,
        replies=(Reply(200, "Its id and new state.", dict[str, Any]),),
        refused=_REFUSED,
    ),
)
