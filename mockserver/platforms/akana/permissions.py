"""What somebody may do with an app version: every edit, by the workflow or, without one, by plain permission.

`@Modify` alone decides in a definition that has it anywhere; the granular actions count in those that do
not. `reserved-action-modify` grants every edit besides, and its functions run when the edit happens. Event
actions run once each after the thing happened, where they are available.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mockserver.platforms.akana import contracts
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.governance import Governance
from mockserver.platforms.akana.models import APP_VERSIONS, ENVIRONMENTS, App, AppVersion, User
from mockserver.platforms.akana.people import administers_app, app_of, is_business_admin
from mockserver.platforms.akana.workflow.explain import Availability
from mockserver.world.world import World

MODIFY, MODIFY_TOO, DELETE = "@Modify", "reserved-action-modify", "@Delete"
AUTHORIZATION = "reserved-allow-oauth-auz-details-update"
PLAIN = "plain permission"


class Edit(msgspec.Struct, frozen=True):
    """An edit: the actions that allow it where there is no `@Modify`, and those that run after it."""

    name: str
    granular: tuple[str, ...]
    events: tuple[str, ...] = ()


EDIT_APP = Edit("edit app", ("@EditApp",))
SAVE_KEY_INFO = Edit("save certificate", ("@ModifyCert", "reserved-allow-cert-upload"), ("@KeyInfoSaved",))
REMOVE_KEY_INFO = Edit("remove certificate", ("@RemoveCert",), ("@RemoveCert", "@KeyInfoRemoved"))
REGENERATE_SECRET = Edit("regenerate secret", ("@RegenerateSecret",), ("@RegeneratedSecret",))
ADD_VERSION = Edit("add version", ("@AddVersion",))
EDIT_PROFILE = Edit("edit public profile", ("@EditPublicProfile",))
EDIT_OAUTH = Edit("edit OAuth details", ("@EditOAuthDetails",), ("@EditOAuthDetails",))
EDITS = (EDIT_APP, SAVE_KEY_INFO, REMOVE_KEY_INFO, REGENERATE_SECRET, ADD_VERSION, EDIT_PROFILE, EDIT_OAUTH)

EDIT_AUTHORIZATION = "edit OAuth authorization"


class Permission(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """Whether somebody may do something, by which action or rule, and if not, which condition says so."""

    name: str
    allowed: bool
    decided_by: str
    reason: str = ""


class Granted(msgspec.Struct, frozen=True):
    """An edit that was allowed: what is to run once it has happened."""

    edit: str
    version: str
    before: tuple[str, ...]
    events: tuple[str, ...]


def grant(world: World, user: User, version: AppVersion, edit: Edit, comment: str = "") -> Granted:
    """Allow an edit; raises `Rejected` with the condition that failed."""
    governance = Governance(world, version.id, user, comment)
    decided = _decide(world, user, version, edit, governance)
    if not decided.allowed:
        raise Fault.ACTION_REFUSED.stop(f"{user.user_name} may not {edit.name}: {decided.reason}")
    also = tuple(action.name for action in governance.available() if action.name == MODIFY_TOO)
    return Granted(edit.name, version.id, also[:1], edit.events)


def happened(world: World, user: User, granted: Granted, comment: str = "") -> None:
    """Run what follows an edit: `reserved-action-modify` where it allowed it, then each event that is available."""
    if granted.version not in world[APP_VERSIONS]:
        return
    governance = Governance(world, granted.version, user, comment)
    for name in (*granted.before, *granted.events):
        governance.try_perform(name)


def grant_authorization(world: World, user: User, version: AppVersion) -> None:
    """Allow a change of the Authorization section; raises `Rejected`. Asked besides the edit of OAuth details."""
    decided = _authorization(world, user, version, Governance(world, version.id, user))
    if not decided.allowed:
        raise Fault.ACTION_REFUSED.stop(f"{user.user_name} may not {EDIT_AUTHORIZATION}: {decided.reason}")


def grant_version(world: World, user: User, app: App, comment: str = "") -> Granted | None:
    """Allow another version of an app, as any of its versions does; raises `Rejected`."""
    versions = world[APP_VERSIONS].find("app", app.id)
    if not versions and administers_app(world, user, app):
        return None
    reasons = []
    for version in reversed(versions):
        decided = _decide(world, user, version, ADD_VERSION, Governance(world, version.id, user, comment))
        if decided.allowed:
            return grant(world, user, version, ADD_VERSION, comment)
        reasons.append(f"{version.name}: {decided.reason}")
    raise Fault.ACTION_REFUSED.stop(f"{user.user_name} may not {ADD_VERSION.name}: {' '.join(reasons[:5])}")


def all_permissions(world: World, user: User, version: AppVersion) -> list[Permission]:
    """Every edit, the deletion, and each way to connect, approve and cancel: allowed or not, and why."""
    governance = Governance(world, version.id, user)
    found = [_decide(world, user, version, edit, governance) for edit in EDITS]
    found.append(_authorization(world, user, version, governance))
    found.append(_named(world, user, version, governance, "delete", (DELETE,)))
    for environment in ENVIRONMENTS:
        names = contracts.connect_names(environment)
        found.append(_named(world, user, version, governance, f"connect in {environment}", names))
    for verb in ("approve", "cancel"):
        for environment in ENVIRONMENTS:
            names = contracts.gate_names(verb, environment)
            title = f"{verb} connections in {environment}"
            if governance.governed and governance.mentions(names):
                approving = _first_waiting(world, version, environment) if verb == "approve" else None
                found.append(_judged(title, names, governance.explain(approving=approving)))
            else:
                reason = "the workflow does not mention it; each contract's own rules decide"
                found.append(Permission(name=title, allowed=True, decided_by="the contract", reason=reason))
    return found


def _decide(world: World, user: User, version: AppVersion, edit: Edit, governance: Governance) -> Permission:
    if not governance.governed:
        return _plain(world, user, version, edit.name)
    names = (MODIFY,) if governance.mentions((MODIFY,)) else edit.granular
    return _judged(edit.name, (*names, MODIFY_TOO), governance.explain(), silent=MODIFY_TOO)


def _named(
    world: World, user: User, version: AppVersion, governance: Governance, title: str, names: tuple[str, ...]
) -> Permission:
    if not governance.governed:
        return _plain(world, user, version, title)
    return _judged(title, names, governance.explain())


def _judged(
    title: str, names: tuple[str, ...], explained: Iterable[Availability], silent: str | None = None
) -> Permission:
    """The first of these actions that is available decides; `silent` is not missed where it is not there."""
    explained = tuple(explained)
    reasons = []
    for name in names:
        here = [each for each in explained if each.action.name == name]
        if any(each.available for each in here):
            return Permission(name=title, allowed=True, decided_by=name)
        reasons += [f"{each.action} is refused because {each.why_not()}" for each in here]
        if not here and name != silent:
            reasons.append(f"{name} is no action of the current step")
    return Permission(name=title, allowed=False, decided_by=names[0], reason=f"{'; '.join(reasons)}.")


def _plain(world: World, user: User, version: AppVersion, title: str) -> Permission:
    app = app_of(world, version)
    allowed = app is not None and administers_app(world, user, app)
    reason = "" if allowed else "only the app's team and the Business and Site Admins above it may."
    return Permission(name=title, allowed=allowed, decided_by=PLAIN, reason=reason)


def _authorization(world: World, user: User, version: AppVersion, governance: Governance) -> Permission:
    app = app_of(world, version)
    if app is not None and is_business_admin(world, user, app.business):
        return Permission(name=EDIT_AUTHORIZATION, allowed=True, decided_by="Business or Site Admin")
    if governance.governed:
        return _judged(EDIT_AUTHORIZATION, (AUTHORIZATION,), governance.explain())
    reason = f"only Business and Site Admins may, where no workflow has {AUTHORIZATION}."
    return Permission(name=EDIT_AUTHORIZATION, allowed=False, decided_by=PLAIN, reason=reason)


def _first_waiting(world: World, version: AppVersion, environment: str) -> str | None:
    waiting = (
        each.id for each in contracts.valid_in(world, version.id, environment) if each.state in contracts.WAITING
    )
    return next(waiting, None)
