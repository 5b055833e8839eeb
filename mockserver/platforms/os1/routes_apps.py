"""Apps: registered, looked up, and their credentials."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.os1 import makers, views
from mockserver.platforms.os1.bodies import RegisterApp, about_of
from mockserver.platforms.os1.callers import Caller, caller_of
from mockserver.platforms.os1.carriers import DEVELOPER, GUIDES, REFERENCE
from mockserver.platforms.os1.directory import app_named
from mockserver.platforms.os1.errors import Error, decode
from mockserver.platforms.os1.events import note_event
from mockserver.platforms.os1.models import APP_CLIENTS, APPS, ORGANIZATIONS, TEAMS, App, Team
from mockserver.platforms.os1.parameters import required
from mockserver.wire import Answer, Call, Evidence, Reply, Route, json_answer
from mockserver.world.world import World


class RegisterQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Whose app it will be."""

    organization_id: str
    team_id: str


class ListingQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which app, by its listing."""

    listing_id: str


class TeamQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Only the apps of one team."""

    team_id: str | None = None


class EnvironmentQuery(msgspec.Struct, frozen=True):
    """Which credentials."""

    environment: str = "production"


def register(world: World, call: Call) -> Answer:
    """Register an app with its first version, which is in DEVELOPMENT."""
    caller = caller_of(world, call)
    organization = caller.check_member(world, required(call, "organizationId"))
    team = _team(world, required(call, "teamId"), organization.id)
    caller.check_develops("Registering an app")
    body = decode(call, RegisterApp)
    app = makers.make_app(world, organization=organization, team=team, listing=body.listing_id, type=body.type)
    version = makers.make_app_version(
        world,
        app,
        version=body.version,
        about=about_of(body, without=("type", "listingId", "version")),
        by=caller.user.id,
    )
    client = world[APP_CLIENTS][f"{app.id}/development"]
    note_event(
        world,
        app,
        "AppRegistered",
        {
            "appId": app.id,
            "listingId": app.listing,
            "appVersionId": version.id,
            "coreosAppUrn": app.urn,
            "name": app.listing,
            "organizationId": organization.id,
            "organizationTeamId": team.id,
            "organizationDomain": organization.domain,
            "displayName": body.display_name,
            "appVersion": version.version,
            "clientId": client.client_key,
            "phase": version.state,
            "appType": app.type,
        },
    )
    return json_answer({**views.app(world, app), "id": app.id, "appVersionId": version.id}, status=201)


def by_listing(world: World, call: Call) -> Answer:
    """An app by its listing id."""
    caller = caller_of(world, call)
    return _shown(world, caller, required(call, "listingId"))


def by_id(world: World, call: Call) -> Answer:
    """An app by its id."""
    return _shown(world, caller_of(world, call), call.params["appId"])


def of_organization(world: World, call: Call) -> Answer:
    """The apps of an organization, or of one of its teams."""
    caller = caller_of(world, call)
    organization = caller.check_member(world, call.params["orgId"])
    team = call.query_value("teamId")
    if team is not None:
        _team(world, team, organization.id)
    apps = world[APPS].find("organization", organization.id)
    return json_answer({"data": [views.app(world, each) for each in apps if team in (None, each.team)]})


def credentials(world: World, call: Call) -> Answer:
    """An app's credentials in an environment; production ones exist after the first tech review approval."""
    caller = caller_of(world, call)
    app = find_app(world, caller, call.params["appId"])
    caller.check_changes(world, app)
    environment = (call.query_value("environment") or "production").lower()
    if environment not in ("development", "production"):
        raise Error.VALUE.stop(f"environment: development or production, not {environment!r}.")
    client = world[APP_CLIENTS].get(f"{app.id}/{environment}")
    if client is None:
        raise Error.NO_CREDENTIALS.stop(
            f"{app.listing} has no production credentials: they exist once a version of it has passed tech review.",
            listingId=app.listing,
        )
    return json_answer({"data": views.client(client)})


def find_app(world: World, caller: Caller, reference: str) -> App:
    """An app that the caller may see; raises the refusal otherwise."""
    app = app_named(world, reference)
    if app is None:
        raise Error.NOT_FOUND.stop(f"There is no app {reference!r}.")
    caller.check_sees(world, app)
    return app


def _shown(world: World, caller: Caller, reference: str) -> Answer:
    return json_answer(views.app(world, find_app(world, caller, reference)))


def _team(world: World, team_id: str, organization_id: str) -> Team:
    team = world[TEAMS].get(team_id)
    if team is None or team.organization != organization_id:
        name = world[ORGANIZATIONS][organization_id].name
        raise Error.NOT_FOUND.stop(f"teamId: {name} has no team {team_id!r}.")
    return team


_APP = Reply(200, "The app.", dict[str, Any])

ROUTES = (
    Route(
        "POST",
        "/developer/apps",
        register,
        "Register an app",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "201 with the app, its development credentials and the id of its first version.",
        ),
        (DEVELOPER,),
        request=RegisterApp,
        source=GUIDES,
        query=RegisterQuery,
        replies=(Reply(201, "The app.", dict[str, Any]),),
        refused=(400, 401, 403, 404),
    ),
    Route(
        "GET",
        "/developer/apps",
        by_listing,
        "An app by its listing id",
        Evidence("documented", "documented", "documented", "The app is answered bare, as in the reference."),
        (DEVELOPER,),
        source=REFERENCE,
        query=ListingQuery,
        replies=(_APP,),
        refused=(400, 401, 403, 404),
    ),
    Route(
        "GET",
        "/developer/apps/{appId}",
        by_id,
        "An app by its id",
        Evidence("documented", "assumed", "assumed", "The same app as by listing id."),
        (DEVELOPER,),
        source=REFERENCE,
        replies=(_APP,),
        refused=(401, 403, 404),
    ),
    Route(
        "GET",
        "/developer/apps/{appId}/credentials",
        credentials,
        "An app's credentials (GetProdCredentials)",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            "That production credentials exist only once a version passed tech review is documented, path and shape "
            "are ours.",
        ),
        (DEVELOPER,),
        source=GUIDES,
        query=EnvironmentQuery,
        replies=(Reply(200, "The credentials.", dict[str, Any]),),
        refused=(400, 401, 403, 404),
    ),
    Route(
        "GET",
        "/developer/orgs/{orgId}/apps",
        of_organization,
        "The apps of an organization",
        Evidence("documented", "assumed", "assumed", "The list is in data."),
        (DEVELOPER,),
        source=REFERENCE,
        query=TeamQuery,
        replies=(Reply(200, "The apps.", dict[str, Any]),),
        refused=(401, 403, 404),
    ),
)
