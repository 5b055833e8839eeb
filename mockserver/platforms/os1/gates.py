"""The gates before an onboarding: role, ownership, state, credentials; for all tenants before anything changes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from mockserver.platforms.os1.blockers import blockers, members
from mockserver.platforms.os1.callers import Caller
from mockserver.platforms.os1.directory import Version, name_of, subject_of
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.models import (
    APP_CLIENTS,
    APPS,
    ORGANIZATIONS,
    App,
    AppVersion,
    Solution,
    Tenant,
    TenantType,
)
from mockserver.platforms.os1.rights import Column, may_onboard, may_upload, onboarders
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Refusal, Rejected
from mockserver.world.world import World

Note = Callable[[str, str], None]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """An onboarding that is asked for; `gated` is false over the legacy API."""

    caller: Caller
    version: Version
    tenants: Sequence[Tenant]
    gated: bool
    overwrite: bool


def check(world: World, request: Request, note: Note) -> None:
    """Raise the refusal of the first gate that is shut: role, ownership, then state, then credentials.

    Each tenant is judged by its own type, and one that is refused refuses all. What only the new API
    would have refused is noted gate by gate.
    """
    firsts = _first_of_each_type(request)
    shut = [refusal for type_, tenant in firsts.items() if (refusal := _who(world, request, type_, tenant))]
    states = _state(world, request, firsts.get("production")) if "production" in firsts else None
    if states is not None:
        shut.append(states)
    if request.gated and shut:
        raise Rejected(shut[0])
    if not request.gated:
        _check_legacy(world, request, firsts)
        for each in shut:
            note(f"gates.{each.details['gate']}", f"skipped by the legacy API: {each.description}")
    if request.overwrite:
        _check_credentials(world, request.version)


def effective_type(tenant: Tenant, *, overwrite: bool) -> TenantType:
    """What a tenant counts as: with `stackCredentialOverwrite=production` each is a production tenant."""
    return "production" if overwrite else tenant.type


def why_not_now(world: World, version: Version, tenant: Tenant, *, gated: bool, overwrite: bool) -> str | None:
    """Why an accepted onboarding may not go on in a tenant: the version's state has changed since."""
    if not gated or effective_type(tenant, overwrite=overwrite) == "development":
        return None
    found = blockers(world, version)
    return " ".join(str(each) for each in found) or None


def check_upload(world: World, caller: Caller, app: App) -> None:
    """Raise the refusal of who may not upload or remove an app's permission files."""
    verdict = may_upload(caller.user.roles, owner=caller.owns(app))
    if verdict == "role":
        raise Error.ROLE.stop(
            f"Permission files of {app.listing} are for its organization's developers; {caller.user.handle} is "
            f"{' and '.join(caller.user.roles)}.",
            gate="role",
            roles=list(caller.user.roles),
        )
    if verdict == "ownership":
        raise Rejected(_not_theirs(world, caller, app, f"Permission files of {app.listing}"))


def _first_of_each_type(request: Request) -> dict[TenantType, Tenant]:
    """The first tenant of each type there is, production first: what is refused for one is for all of its type."""
    found: dict[TenantType, Tenant] = {}
    for tenant in request.tenants:
        found.setdefault(effective_type(tenant, overwrite=request.overwrite), tenant)
        if len(found) == 2:
            break
    return {type_: found[type_] for type_ in ("production", "development") if type_ in found}


def _who(world: World, request: Request, type_: TenantType, tenant: Tenant) -> Refusal | None:
    caller, subject = request.caller, subject_of(world, request.version)
    column = Column(gated=True, tenants=type_, owner=caller.owns(subject))
    verdict = may_onboard(caller.user.roles, column)
    what = f"Onboarding {name_of(world, request.version)} to the {type_} tenant {tenant.id}"
    if verdict == "role":
        return _wrong_role(world, caller, subject, what, column)
    return _not_theirs(world, caller, subject, what) if verdict == "ownership" else None


def _check_legacy(world: World, request: Request, types: Iterable[TenantType]) -> None:
    """The legacy API has no gates, but whoever is no developer at all has no business with it either."""
    owner = request.caller.owns(subject_of(world, request.version))
    for type_ in types:
        column = Column(gated=False, tenants=type_, owner=owner)
        if may_onboard(request.caller.user.roles, column) != "yes":
            what = f"Onboarding {name_of(world, request.version)}"
            raise Rejected(_wrong_role(world, request.caller, subject_of(world, request.version), what, column))


def _wrong_role(world: World, caller: Caller, subject: App | Solution, what: str, column: Column) -> Refusal:
    anybodys = onboarders(column._replace(owner=False))
    owners = onboarders(column._replace(owner=True))
    owner = world[ORGANIZATIONS][subject.organization].name
    may = " or ".join(role if role in anybodys else f"{role} of {owner}" for role in owners)
    return Error.ROLE.because(
        f"{what} takes a {may}; {caller.user.handle} is {' and '.join(caller.user.roles)}. Let one of them call.",
        gate="role",
        roles=list(caller.user.roles),
        rolesThatMay=owners,
    )


def _not_theirs(world: World, caller: Caller, subject: App | Solution, what: str) -> Refusal:
    owner = world[ORGANIZATIONS][subject.organization].name
    own = world[ORGANIZATIONS].get(caller.user.organization or "")
    return Error.OWNERSHIP.because(
        f"{what}: only its owners may, and {subject.listing} belongs to {owner}; {caller.user.handle} belongs to "
        f"{own.name if own else 'no organization'}. Let a developer of {owner} call.",
        gate="ownership",
        listingId=subject.listing,
        owner=owner,
    )


def _state(world: World, request: Request, tenant: Tenant | None) -> Refusal | None:
    found = blockers(world, request.version)
    if not found or tenant is None:
        return None
    told = [each.as_data() for each in found]
    return Error.STATE.because(
        f"The production tenant {tenant.id} takes LIVE versions only. " + " ".join(str(each) for each in found),
        status=world.settings(Os1Settings).state_gate_status,
        gate="state",
        tenantId=tenant.id,
        versionId=request.version.id,
        blockers=told,
        nextCommand=told[0]["nextCommand"],
    )


def _check_credentials(world: World, version: Version) -> None:
    versions = [version] if isinstance(version, AppVersion) else members(world, version)
    for each in versions:
        app = world[APPS][each.app]
        if f"{app.id}/production" not in world[APP_CLIENTS]:
            raise Error.NO_CREDENTIALS.stop(
                f"{app.listing} has no production credentials: they exist once a version of it has passed tech review. "
                f"Next: PUT /developer/apps/versions/{each.id}/states, up to APPROVE_TECH_REVIEW.",
                gate="credentials",
                listingId=app.listing,
            )
