"""The lives of app versions and solution versions: every state, every command, and who may give it."""

from __future__ import annotations

import msgspec

from mockserver.errors import nearest
from mockserver.platforms.os1.blockers import apps_not_live
from mockserver.platforms.os1.callers import Caller
from mockserver.platforms.os1.directory import Version, name_of, subject_of
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.makers import make_client
from mockserver.platforms.os1.models import (
    APP_CLIENTS,
    APP_VERSIONS,
    APPS,
    SOLUTION_VERSIONS,
    AppVersion,
    SolutionVersion,
)
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.platforms.os1.transitions import (
    APP_TRANSITIONS,
    SOLUTION_TRANSITIONS,
    SPELLINGS,
    Transition,
    commands_from,
)
from mockserver.wire import Rejected
from mockserver.world.world import World


class StateChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of both `…/states`: the command."""

    action: str


def transitions_of(version: Version) -> tuple[Transition, ...]:
    """The table that a version lives by."""
    return APP_TRANSITIONS if isinstance(version, AppVersion) else SOLUTION_TRANSITIONS


def give_command(world: World, caller: Caller, version: Version, action: str) -> Version:
    """Move a version on in its life.

    Raises 403 for who has no access, 400 for what is no command, 403 for a role that may not give it,
    400 for a command that leads nowhere from here, and 400 for what holds it back.
    """
    caller.check_sees(world, subject_of(world, version))
    table = transitions_of(version)
    command = SPELLINGS.get(action, action)
    meant = [each for each in table if each.command == command]
    if not meant:
        known = list(dict.fromkeys(each.command for each in table))
        near = nearest(action, known)
        raise Error.VALUE.stop(
            f"action: {action!r} is no command."
            + (f" Did you mean {near}?" if near else f" One of {', '.join(known)}."),
            commands=known,
        )
    _check_role(caller, meant[0], version)
    step = next((each for each in meant if each.state == version.state), None)
    if step is None:
        raise _no_such_step(world, version, command)
    return _take(world, caller, version, step)


def _take(world: World, caller: Caller, version: Version, step: Transition) -> Version:
    now = world.clock.now()
    changed: Version
    if isinstance(version, AppVersion):
        _check_company(world, version, step.to)
        changed = world[APP_VERSIONS].change(version.id, state=step.to, updated=now, updated_by=caller.user.id)
        if step.command == "APPROVE_TECH_REVIEW" and f"{version.app}/production" not in world[APP_CLIENTS]:
            make_client(world, world[APPS][version.app], "production")
    else:
        if step.to == "LIVE":
            _check_apps_live(world, version)
        changed = world[SOLUTION_VERSIONS].change(version.id, state=step.to, updated=now, updated_by=caller.user.id)
    note_event(
        world,
        subject_of(world, version),
        "AppStateChanged" if isinstance(version, AppVersion) else "SolutionStateChanged",
        {
            "versionId": version.id,
            "action": step.command,
            "from": version.state,
            "to": step.to,
            "by": caller.user.handle,
        },
    )
    return changed


def _check_role(caller: Caller, step: Transition, version: Version) -> None:
    if not caller.has(*step.roles):
        raise Error.ROLE.stop(
            f"{step.command} takes a {' or '.join(step.roles)}; {caller.user.handle} is "
            f"{' and '.join(caller.user.roles)}.",
            roles=list(caller.user.roles),
            rolesThatMay=list(step.roles),
            versionId=version.id,
        )


def _no_such_step(world: World, version: Version, command: str) -> Rejected:
    possible = commands_from(transitions_of(version), version.state)
    hint = f"From there: {', '.join(possible)}." if possible else "That is the end of its life; add a version."
    return Error.TRANSITION.stop(
        f"{name_of(world, version)} is {version.state}; {command} is not possible then. {hint}",
        versionId=version.id,
        state=version.state,
        commands=possible,
    )


def _check_company(world: World, version: AppVersion, to: str) -> None:
    """How many versions of an app may share a state: one in review, and LIVE one or two, by the world's rules."""
    rules = world.settings(Os1Settings).version_rules
    most = {"IN_TECH_REVIEW": 1, "LIVE": 1 if rules == "reference" else 2}.get(to)
    if rules == "none" or most is None:
        return
    others = [
        each for each in world[APP_VERSIONS].find("app", version.app) if each.state == to and each.id != version.id
    ]
    if len(others) >= most:
        held = ", ".join(each.version for each in others)
        todo = "Depreciate one first: DEPRECIATE." if to == "LIVE" else "Let that review end first."
        raise Error.VERSION_RULE.stop(
            f"{world[APPS][version.app].listing} has {held} {to} already; at most {most} may be. {todo}",
            versionIds=[each.id for each in others],
            state=to,
        )


def _check_apps_live(world: World, version: SolutionVersion) -> None:
    waiting = apps_not_live(world, version)
    if waiting:
        raise Error.STATE.stop(
            f"{name_of(world, version)} cannot become LIVE before all its apps are. "
            + " ".join(str(each) for each in waiting),
            gate="state",
            versionId=version.id,
            blockers=[each.as_data() for each in waiting],
        )
