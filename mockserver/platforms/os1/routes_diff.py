"""What onboarding would change in a tenant, and how two versions differ, as a page or as JSON."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.os1.blockers import members
from mockserver.platforms.os1.callers import Caller, caller_of
from mockserver.platforms.os1.carriers import DEVELOPER, GUIDES
from mockserver.platforms.os1.diff import Line, differences
from mockserver.platforms.os1.directory import Version, name_of, subject_of, version_with
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.makers import uuid
from mockserver.platforms.os1.models import APPS, TENANTS, AppVersion, SolutionVersion
from mockserver.platforms.os1.models_diff import DIFFS, Diff
from mockserver.platforms.os1.parameters import required
from mockserver.platforms.os1.permissions import file_held, held, uploaded_for
from mockserver.wire import Answer, Call, Evidence, Page, Reply, Route, json_answer
from mockserver.world.world import World


class DiffQuery(msgspec.Struct, frozen=True, rename="camel"):
    """A version, and what to compare it with: what a tenant holds, or another version."""

    version_id: str
    tenant_id: str | None = None
    other_version_id: str | None = None


def compare(world: World, call: Call) -> Answer | Page:
    """The difference at once for an app, under a status id for a solution."""
    caller = caller_of(world, call)
    version = _version(world, caller, required(call, "versionId"))
    tenant_id, other_id = call.query_value("tenantId"), call.query_value("otherVersionId")
    if (tenant_id is None) == (other_id is None):
        raise Error.MISSING.stop("Give either tenantId or otherVersionId.")
    if tenant_id is not None:
        diff = _with_tenant(world, version, tenant_id)
    else:
        diff = _with_version(world, version, _version(world, caller, other_id or ""))
    if isinstance(version, AppVersion):
        return _answer(call, diff)
    world[DIFFS].insert(diff)
    return json_answer({"data": {"id": diff.id}}, status=202)


def result(world: World, call: Call) -> Answer | Page:
    """The difference that was asked for under a status id."""
    caller_of(world, call)
    diff = world[DIFFS].get(call.params["statusId"])
    if diff is None:
        raise Error.NOT_FOUND.stop(f"NOT FOUND: there is no diff {call.params['statusId']!r}.")
    return _answer(call, diff)


def _version(world: World, caller: Caller, version_id: str) -> Version:
    version = version_with(world, version_id)
    if version is None:
        raise Error.NOT_FOUND.stop(f"There is no version {version_id!r}.")
    caller.check_sees(world, subject_of(world, version))
    return version


def _with_tenant(world: World, version: Version, tenant_id: str) -> Diff:
    if tenant_id not in world[TENANTS]:
        raise Error.NOT_FOUND.stop(f"There is no tenant {tenant_id!r}.")
    lines: list[Line] = []
    for each in [version] if isinstance(version, AppVersion) else members(world, version):
        app = world[APPS][each.app]
        lines += _of(
            app.listing, differences(file_held(world, held(world, tenant_id, app.urn)), uploaded_for(world, each))
        )
    return Diff(
        id=uuid(world, "diff"), title=f"Onboarding {name_of(world, version)} to {tenant_id}", lines=tuple(lines)
    )


def _with_version(world: World, version: Version, other: Version) -> Diff:
    if isinstance(version, AppVersion) and isinstance(other, AppVersion):
        found = differences(uploaded_for(world, other), uploaded_for(world, version))
        lines = _of(world[APPS][version.app].listing, found)
    elif isinstance(version, SolutionVersion) and isinstance(other, SolutionVersion):
        old = {each.app: each for each in members(world, other)}
        new = {each.app: each for each in members(world, version)}
        lines = []
        for app in dict.fromkeys((*old, *new)):
            before = uploaded_for(world, old[app]) if app in old else None
            after = uploaded_for(world, new[app]) if app in new else None
            lines += _of(world[APPS][app].listing, differences(before, after))
    else:
        raise Error.VALUE.stop("Compare two versions of apps or two of solutions, not one of each.")
    title = f"From {name_of(world, other)} to {name_of(world, version)}"
    return Diff(id=uuid(world, "diff"), title=title, lines=tuple(lines))


def _of(listing: str, lines: list[Line]) -> list[Line]:
    return [msgspec.structs.replace(each, name=f"{listing}: {each.name}") for each in lines]


def _answer(call: Call, diff: Diff) -> Answer | Page:
    if "application/json" in (call.header("accept") or ""):
        return json_answer({"data": diff})
    return Page(
        "permission_diff.html", {"vendor": "OS1", "title": diff.title, "lines": msgspec.to_builtins(diff.lines)}
    )


_PAGE = Reply(200, "The difference.", Any, ("application/json", "text/html"))

ROUTES = (
    Route(
        "GET",
        "/developer/diff",
        compare,
        "What onboarding a version would change in a tenant, or how two versions differ (GetPermissionDiff)",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            "That apps are compared at once, as HTML, and solutions under a status id is documented; path and "
            "parameters are ours. Accept: application/json answers data.",
        ),
        (DEVELOPER,),
        source=GUIDES,
        query=DiffQuery,
        replies=(_PAGE, Reply(202, "The id to ask for.", dict[str, Any])),
        refused=(400, 401, 403, 404),
    ),
    Route(
        "GET",
        "/developer/diff/{statusId}",
        result,
        "A difference by its status id",
        Evidence("documented", "documented", "documented", "HTML, or JSON on request; NOT FOUND is 404."),
        (DEVELOPER,),
        source=GUIDES,
        replies=(_PAGE,),
        refused=(401, 404),
    ),
)
