"""Organizations, stacks, tenants and their subscriptions, and the logs of listings."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.os1.callers import caller_of
from mockserver.platforms.os1.carriers import DEVELOPER, GUIDES, ONBOARDING_PAGE
from mockserver.platforms.os1.directory import app_named, solution_named
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.models import (
    APPS,
    EVENTS,
    ORGANIZATIONS,
    SOLUTIONS,
    STACKS,
    TEAMS,
    TENANTS,
    App,
    Solution,
    Tenant,
)
from mockserver.platforms.os1.models_aaa import HOLDINGS
from mockserver.platforms.os1.models_onboarding import SUBSCRIPTIONS
from mockserver.platforms.os1.onboarding import stack_tenants
from mockserver.platforms.os1.parameters import whole_number
from mockserver.wire import Answer, Call, Evidence, Reply, Route, json_answer
from mockserver.world.clock import iso
from mockserver.world.world import World

MOST = 1000


class TenantsQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which tenants: those of a stack, or those subscribed to a listing."""

    stack_id: str | None = None
    listing_id: str | None = None
    soln_listing_id: str | None = None
    offset: int = 0


class LogQuery(msgspec.Struct, frozen=True):
    """Whether the listing is an APP's or a SOLUTION's."""

    type: str | None = None


def organizations(world: World, call: Call) -> Answer:
    """The caller's organization and teams; a product admin sees all."""
    caller = caller_of(world, call)
    if caller.has("product-admin"):
        mine = list(world[ORGANIZATIONS])
    else:
        own = world[ORGANIZATIONS].get(caller.user.organization or "")
        mine = [own] if own is not None else []
    every = caller.has("developer-admin", "organization-owner", "product-admin")
    return json_answer(
        {
            "data": [
                {
                    "organizationId": each.id,
                    "name": each.name,
                    "domain": each.domain,
                    "roles": list(caller.user.roles) if each.id == caller.user.organization else [],
                    "teams": [
                        {"teamId": team.id, "name": team.name}
                        for team in world[TEAMS].find("organization", each.id)
                        if every or team.id in caller.user.teams
                    ],
                }
                for each in mine
            ]
        }
    )


def stacks(world: World, call: Call) -> Answer:
    """The stacks, whose ids onboarding takes."""
    caller_of(world, call)
    return json_answer({"data": [{"stackId": each.id, "name": each.name, "type": each.type} for each in world[STACKS]]})


def tenants(world: World, call: Call) -> Answer:
    """The tenants: all, those of a stack, or those that subscribed to a listing."""
    caller_of(world, call)
    stack = call.query_value("stackId")
    found: list[Tenant] = stack_tenants(world, stack) if stack is not None else list(world[TENANTS])
    listing = call.query_value("solnListingId", "listingId")
    if listing is not None:
        subject: App | Solution | None = app_named(world, listing) or solution_named(world, listing)
        if subject is None:
            raise Error.NOT_FOUND.stop(f"There is no listing {listing!r}.")
        subscribed = {each.tenant for each in world[SUBSCRIPTIONS].find("subject", subject.id)}
        found = [each for each in found if each.id in subscribed]
    offset = whole_number(call, "offset", 0)
    shown = found[offset : offset + MOST]
    told: dict[str, Any] = {"data": [_tenant(each) for each in shown], "total": len(found)}
    if offset + MOST < len(found):
        told["nextOffset"] = offset + MOST
    return json_answer(told)


def _tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "tenantId": tenant.id,
        "id": tenant.urn,
        "displayName": tenant.name,
        "type": tenant.type,
        "stackId": tenant.stack,
        "enabled": not tenant.down,
    }


def subscriptions(world: World, call: Call) -> Answer:
    """What a tenant is subscribed to, and which app versions it holds."""
    caller_of(world, call)
    tenant = world[TENANTS].get(call.params["tenantId"])
    if tenant is None:
        raise Error.NOT_FOUND.stop(f"There is no tenant {call.params['tenantId']!r}.")
    subjects: dict[str, App | Solution] = {}
    for each in world[SUBSCRIPTIONS].find("tenant", tenant.id):
        subjects[each.subject] = world[APPS].get(each.subject) or world[SOLUTIONS][each.subject]
    return json_answer(
        {
            "data": {
                "tenantId": tenant.id,
                "subscriptions": [
                    {
                        "type": each.type,
                        "listingId": subjects[each.subject].listing,
                        "id": each.subject,
                        "versionId": each.version,
                        "since": iso(each.since),
                    }
                    for each in world[SUBSCRIPTIONS].find("tenant", tenant.id)
                ],
                "onboarded": [
                    {
                        "urn": each.app,
                        "appVersionId": each.version,
                        "environment": each.environment,
                        "since": iso(each.since),
                    }
                    for each in world[HOLDINGS].find("tenant", tenant.id)
                ],
            }
        }
    )


def logs(world: World, call: Call) -> Answer:
    """What happened to an app or a solution, oldest first."""
    caller = caller_of(world, call)
    listing, type_ = call.params["listingId"], call.query_value("type")
    if type_ not in (None, "APP", "SOLUTION"):
        raise Error.VALUE.stop(f"type: APP or SOLUTION, not {type_!r}.")
    app = world[APPS].first("listing", listing) if type_ != "SOLUTION" else None
    subject = app or (world[SOLUTIONS].first("listing", listing) if type_ != "APP" else None)
    if subject is None:
        raise Error.NOT_FOUND.stop(f"There is no listing {listing!r}{f' of type {type_}' if type_ else ''}.")
    caller.check_sees(world, subject)
    return json_answer(
        {
            "data": {
                "events": [
                    {
                        "aggregateId": each.aggregate,
                        "timestamp": iso(each.at),
                        "type": each.type,
                        "eventData": each.data,
                    }
                    for each in world[EVENTS].find("listing", listing)
                ]
            }
        }
    )


_LIST = Reply(200, "The list.", dict[str, Any])

ROUTES = (
    Route(
        "GET",
        "/developer/orgs",
        organizations,
        "The caller's organizations and teams (GetOrganizationsAssigned)",
        Evidence("assumed", "assumed", "assumed", "That there is such a call is documented, path and shape are ours."),
        (DEVELOPER,),
        source=GUIDES,
        replies=(_LIST,),
        refused=(401,),
    ),
    Route(
        "GET",
        "/developer/stacks",
        stacks,
        "The stacks",
        Evidence(
            "assumed", "assumed", "assumed", "Ours, to see what stackId may be; the page's list of values is lost."
        ),
        (DEVELOPER,),
        source=ONBOARDING_PAGE,
        replies=(_LIST,),
        refused=(401,),
    ),
    Route(
        "GET",
        "/developer/tenants",
        tenants,
        "The tenants of a stack, or those subscribed to a listing",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            "Ours. Selecting tenants by solution or listing details is taken to mean: look up who is subscribed to "
            "the listing (listingId, solnListingId) and onboard to these tenantIds.",
        ),
        (DEVELOPER,),
        source=ONBOARDING_PAGE,
        query=TenantsQuery,
        replies=(_LIST,),
        refused=(400, 401, 404),
    ),
    Route(
        "GET",
        "/developer/tenants/{tenantId}/subscriptions",
        subscriptions,
        "What a tenant is subscribed to and which versions it holds",
        Evidence("assumed", "assumed", "assumed", "Ours: no subscription API is known."),
        (DEVELOPER,),
        source=ONBOARDING_PAGE,
        replies=(_LIST,),
        refused=(401, 404),
    ),
    Route(
        "GET",
        "/developer/logs/{listingId}",
        logs,
        "The log of an app or a solution",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "data.events, with eventData as JSON text. Of the types only AppRegistered is known; no secret is in it.",
        ),
        (DEVELOPER,),
        source=GUIDES,
        query=LogQuery,
        replies=(_LIST,),
        refused=(400, 401, 403, 404),
    ),
)
