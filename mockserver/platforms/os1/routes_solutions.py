"""Solutions: registered, looked up, versions added, changed and moved through their lives."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.os1 import makers, views
from mockserver.platforms.os1.bodies import AddVersion, ChangeSolution, RegisterSolution, about_of, merged
from mockserver.platforms.os1.callers import Caller, caller_of
from mockserver.platforms.os1.carriers import DEVELOPER, REFERENCE
from mockserver.platforms.os1.directory import solution_named
from mockserver.platforms.os1.errors import Error, decode
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.lifecycle import StateChange, give_command
from mockserver.platforms.os1.models import SOLUTION_VERSIONS, SOLUTIONS, Solution, SolutionVersion
from mockserver.platforms.os1.parameters import required
from mockserver.platforms.os1.routes_app_versions import Identified
from mockserver.wire import Answer, Call, Evidence, Reply, Route, json_answer
from mockserver.world.world import World

AFTER_REVIEW = {"display_name", "short_description", "long_description", "categories", "soln_urls"}
"""What any member of the organization may change once tech review has approved."""


class OrganizationQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Whose solution it will be."""

    organization_id: str


class SolutionListingQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which solution, by its listing."""

    soln_listing_id: str


def register(world: World, call: Call) -> Answer:
    """Register a solution with its first version, which is in DRAFT."""
    caller = caller_of(world, call)
    organization = caller.check_member(world, required(call, "organizationId"))
    caller.check_develops("Registering a solution")
    body = decode(call, RegisterSolution)
    solution = makers.make_solution(world, organization=organization, listing=body.soln_listing_id, type=body.type)
    version = makers.make_solution_version(
        world,
        solution,
        version=body.version,
        about=about_of(body, without=("type", "solnListingId", "version")),
        by=caller.user.id,
    )
    note_event(
        world,
        solution,
        "SolutionRegistered",
        {
            "solutionId": solution.id,
            "solnListingId": solution.listing,
            "solutionVersionId": version.id,
            "organizationId": organization.id,
            "displayName": body.display_name,
            "phase": version.state,
        },
    )
    shown = views.solution(world, solution)
    return json_answer({**shown, "id": solution.id, "solutionVersionId": version.id}, status=201)


def by_listing(world: World, call: Call) -> Answer:
    """A solution by its listing id."""
    caller = caller_of(world, call)
    return json_answer(views.solution(world, _find(world, caller, required(call, "solnListingId", "listingId"))))


def by_id(world: World, call: Call) -> Answer:
    """A solution by its id."""
    return json_answer(views.solution(world, _find(world, caller_of(world, call), call.params["solutionId"])))


def add_version(world: World, call: Call) -> Answer:
    """Add a version to a solution: a copy of its parent with the same apps, in DRAFT."""
    caller = caller_of(world, call)
    solution = _find(world, caller, call.params["solutionId"])
    caller.check_changes(world, solution)
    body = decode(call, AddVersion)
    versions = world[SOLUTION_VERSIONS].find("solution", solution.id)
    parent = versions[-1]
    if body.parent_version is not None:
        named = next((each for each in versions if body.parent_version in (each.id, each.version)), None)
        if named is None:
            raise Error.NOT_FOUND.stop(f"parentVersion: {solution.listing} has no version {body.parent_version!r}.")
        parent = named
    version = makers.make_solution_version(
        world, solution, version=body.version, about=parent.about, by=caller.user.id, apps=parent.apps
    )
    note_event(world, solution, "SolutionVersionAdded", {"solutionVersionId": version.id, "version": version.version})
    return json_answer({"id": version.id}, status=201)


def show(world: World, call: Call) -> Answer:
    """A version of a solution."""
    _, version = find_version(world, call)
    return json_answer(views.solution_version(world, version))


def change(world: World, call: Call) -> Answer:
    """Change the descriptive fields of a version; after tech review not everybody may change everything."""
    caller, version = find_version(world, call)
    caller.check_sees(world, world[SOLUTIONS][version.solution])
    body = decode(call, ChangeSolution, patch=True)
    given = {name for name in body.__struct_fields__ if getattr(body, name) is not msgspec.UNSET}
    empty = sorted(name for name in given if getattr(body, name) == ())
    if empty:
        raise Error.VALUE.stop(f"{', '.join(empty)}: an empty list changes nothing; send null to delete.")
    _check_may_change(world, caller, version, given)
    changed = world[SOLUTION_VERSIONS].change(
        version.id, about=merged(version.about, body), updated=world.clock.now(), updated_by=caller.user.id
    )
    return json_answer(views.solution_version(world, changed))


def _check_may_change(world: World, caller: Caller, version: SolutionVersion, given: set[str]) -> None:
    if version.state in ("DRAFT", "TECH_REVIEW"):
        caller.check_changes(world, world[SOLUTIONS][version.solution])
        return
    if caller.has("product-admin"):
        return
    theirs = {*AFTER_REVIEW, "visibility"} if caller.has("publisher") else AFTER_REVIEW
    beyond = sorted(given - theirs)
    if beyond:
        raise Error.ROLE.stop(
            f"{', '.join(beyond)}: after tech review only a product-admin may change this"
            f"{' (visibility: a publisher too)' if 'visibility' in beyond else ''}.",
            roles=list(caller.user.roles),
        )


def move(world: World, call: Call) -> Answer:
    """Give a version a command of its life cycle."""
    caller, version = find_version(world, call)
    body = decode(call, StateChange)
    give_command(world, caller, version, body.action)
    return Answer(204)


def find_version(world: World, call: Call) -> tuple[Caller, SolutionVersion]:
    """The caller, and the solution version of the path, which they may see; raises the refusal otherwise."""
    caller = caller_of(world, call)
    version = world[SOLUTION_VERSIONS].get(call.params["solutionVersionId"])
    if version is None:
        raise Error.NOT_FOUND.stop(f"There is no solution version {call.params['solutionVersionId']!r}.")
    caller.check_sees(world, world[SOLUTIONS][version.solution])
    return caller, version


def _find(world: World, caller: Caller, reference: str) -> Solution:
    solution = solution_named(world, reference)
    if solution is None:
        raise Error.NOT_FOUND.stop(f"There is no solution {reference!r}.")
    caller.check_sees(world, solution)
    return solution


_VERSION = "/developer/solutions/versions/{solutionVersionId}"
_SHOWN = Reply(200, "The version.", dict[str, Any])
_SOLUTION = Reply(200, "The solution.", dict[str, Any])
_REFUSED = (400, 401, 403, 404)

ROUTES = (
    Route(
        "POST",
        "/developer/solutions",
        register,
        "Register a solution",
        Evidence("documented", "assumed", "assumed", "201 with the solution and the id of its first version."),
        (DEVELOPER,),
        request=RegisterSolution,
        source=REFERENCE,
        query=OrganizationQuery,
        replies=(Reply(201, "The solution.", dict[str, Any]),),
        refused=_REFUSED,
    ),
    Route(
        "GET",
        "/developer/solutions",
        by_listing,
        "A solution by its listing id",
        Evidence("assumed", "assumed", "assumed", "Made after the one for apps; the solution is answered bare."),
        (DEVELOPER,),
        source=REFERENCE,
        query=SolutionListingQuery,
        replies=(_SOLUTION,),
        refused=_REFUSED,
    ),
    Route(
        "GET",
        "/developer/solutions/{solutionId}",
        by_id,
        "A solution by its id",
        Evidence("assumed", "assumed", "assumed", "Made after the one for apps."),
        (DEVELOPER,),
        source=REFERENCE,
        replies=(_SOLUTION,),
        refused=(401, 403, 404),
    ),
    Route(
        "POST",
        "/developer/solutions/{solutionId}/versions",
        add_version,
        "Add a version to a solution",
        Evidence("documented", "assumed", "assumed", "At any time; the apps are those of its parent, the newest."),
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
        "A version of a solution",
        Evidence("assumed", "assumed", "assumed", "phase is its state, as in the guide's example."),
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
        Evidence(
            "documented",
            "assumed",
            "documented",
            "A JSON merge patch; an empty list is 400. After tech review any member may change the texts, categories "
            "and URLs, a publisher visibility, a product-admin everything; others are 403.",
        ),
        (DEVELOPER,),
        request=ChangeSolution,
        source=REFERENCE,
        replies=(_SHOWN,),
        refused=_REFUSED,
    ),
    Route(
        "PUT",
        f"{_VERSION}/states",
        move,
        "Move a version through its life (UpdateSolutionStates)",
        Evidence(
            "documented",
            "documented",
            "documented",
            "204. LIVE takes all apps LIVE, else 400 with each app, its state and its next command. The other "
            "spellings of commands are taken as for apps.",
        ),
        (DEVELOPER,),
        request=StateChange,
        source=REFERENCE,
        replies=(Reply(204, "Moved."),),
        refused=_REFUSED,
    ),
)
