"""Apps, their versions, and the people who work on them."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.akana import lifecycle, makers, media, permissions, queries, requests, shapes
from mockserver.platforms.akana import representations as show
from mockserver.platforms.akana.bodies import decode
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.models import APP_VERSIONS, APPS, BUSINESSES, GROUPS, USERS, App, AppVersion
from mockserver.platforms.akana.people import is_business_admin
from mockserver.platforms.akana.routing import app_for, found, route, sees_version, version_for
from mockserver.platforms.akana.session import caller
from mockserver.wire import Answer, Call, Evidence
from mockserver.world.world import World

SOURCE = "docs: app operations"
UNSET = msgspec.UNSET


def create_app(world: World, call: Call) -> Answer:
    """Make an app with its first version; whoever makes it is the first of its team."""
    user = caller(world, call)
    given = decode(call, requests.NewApp)
    business = found(world, BUSINESSES, given.business_id or user.business, "business")
    app = makers.make_app(
        world,
        name=given.name,
        business=business,
        creator=user,
        summary=given.summary,
        description=given.description,
    )
    lifecycle.create_version(world, user, app, comment=queries.comment(call), **_fields(given.application_version))
    return media.rendered(call, "App", show.app_body(world, world[APPS][app.id]), headers=media.RENEW)


def list_apps(world: World, call: Call) -> Answer:
    """List the apps of a business, for who administers it; without one, those whose team one is on."""
    user = caller(world, call)
    business = call.query_value("BusinessID")
    if business is not None:
        found(world, BUSINESSES, business, "business")
        if not is_business_admin(world, user, business):
            raise Fault.FORBIDDEN.stop(f"{user.user_name} is no admin of the business {business}.")
        apps = world[APPS].find("business", business)
    else:
        teams = (group.id for group in world[GROUPS].find("members", user.id) if group.kind == "team")
        apps = [app for team in teams for app in world[APPS].find("team", team)]
    return media.rss_answer(call, "Apps", [show.app_item(app) for app in queries.paged(call, apps)])


def get_app(world: World, call: Call) -> Answer:
    """Show an app with its newest version."""
    app = app_for(world, caller(world, call), call.params["app"])
    return media.rendered(call, "App", show.app_body(world, app))


def change_app(world: World, call: Call) -> Answer:
    """Change an app's name, summary or description, as its newest version's workflow allows."""
    user = caller(world, call)
    app = app_for(world, user, call.params["app"])
    given = decode(call, requests.AppChange)
    versions = world[APP_VERSIONS].find("app", app.id)
    comment = queries.comment(call)
    granted = permissions.grant(world, user, versions[-1], permissions.EDIT_APP, comment) if versions else None
    fields = {
        name: value for name in ("name", "summary", "description") if (value := getattr(given, name)) is not UNSET
    }
    world[APPS].change(app.id, updated=world.clock.now(), **fields)
    if granted is not None:
        permissions.happened(world, user, granted, comment)
    return media.rendered(call, "App", show.app_body(world, world[APPS][app.id]), headers=media.RENEW)


def delete_app(world: World, call: Call) -> Answer:
    """Delete an app: each of its versions as it would go by itself, all or none."""
    user = caller(world, call)
    app = found(world, APPS, call.params["app"], "app")
    comment = queries.comment(call)
    for version in world[APP_VERSIONS].find("app", app.id):
        lifecycle.ask_to_delete(world, user, version_for(world, user, version.id), comment=comment)
    if app.id in world[APPS] and not world[APP_VERSIONS].find("app", app.id):
        lifecycle.delete_app(world, app_for(world, user, app.id))
    return media.plain(app.id, headers=media.RENEW)


def add_version(world: World, call: Call) -> Answer:
    """Add a version to an app, where one of its versions' workflows allows it."""
    user = caller(world, call)
    app = found(world, APPS, call.params["app"], "app")
    if not any(sees_version(world, user, each) for each in world[APP_VERSIONS].find("app", app.id)):
        app_for(world, user, app.id)
    given = decode(call, requests.NewVersion)
    comment = queries.comment(call)
    granted = permissions.grant_version(world, user, app, comment)
    version = lifecycle.create_version(world, user, app, comment=comment, **_fields(given))
    if granted is not None:
        permissions.happened(world, user, granted, comment)
    if media.accepted(call, (media.JSON, media.XML, media.TEXT)) == media.TEXT:
        return media.plain(version.id, headers=media.RENEW)
    body = show.version_body(world[APP_VERSIONS][version.id])
    return media.rendered(call, "ApplicationVersion", body, headers=media.RENEW)


def list_versions(world: World, call: Call) -> Answer:
    """List an app's versions."""
    app = app_for(world, caller(world, call), call.params["app"])
    return _version_list(call, [(app, each) for each in world[APP_VERSIONS].find("app", app.id)])


def find_versions(world: World, call: Call) -> Answer:
    """Find the version with an identity, among those one may see."""
    user = caller(world, call)
    identity = call.query_value("Identity")
    if identity is None:
        raise Fault.INVALID.stop("The parameter Identity is missing.")
    versions = (each for each in world[APP_VERSIONS].find("identity", identity) if sees_version(world, user, each))
    return _version_list(call, [(world[APPS][each.app], each) for each in versions])


def get_version(world: World, call: Call) -> Answer:
    """Show an app version."""
    version = version_for(world, caller(world, call), call.params["id"])
    return media.rendered(call, "ApplicationVersion", show.version_body(version))


def change_version(world: World, call: Call) -> Answer:
    """Change an app version; what is left out stays."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    given = decode(call, requests.VersionChange)
    comment = queries.comment(call)
    granted = permissions.grant(world, user, version, permissions.EDIT_APP, comment)
    names = {"name": "name", "description": "description", "tag": "tags", "visibility": "visibility"}
    names["website_address"] = "website"
    fields = {ours: value for name, ours in names.items() if (value := getattr(given, name)) is not UNSET}
    makers.check_version_name(world, version, fields.get("name", version.name))
    changed = makers.touched(world, version, **fields)
    permissions.happened(world, user, granted, comment)
    # What runs afterwards may even delete it.
    body = show.version_body(world[APP_VERSIONS].get(version.id) or changed)
    return media.rendered(call, "ApplicationVersion", body, headers=media.RENEW)


def delete_version(world: World, call: Call) -> Answer:
    """Delete an app version; a governed one only as its workflow has it."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    gone = lifecycle.ask_to_delete(world, user, version, comment=queries.comment(call))
    return media.rendered(call, "Deletion", {"RuntimeID": version.id, "Deleted": gone}, headers=media.RENEW)


def list_members(world: World, call: Call) -> Answer:
    """List an app's team."""
    app = app_for(world, caller(world, call), call.params["app"])
    members = (world[USERS].get(each) for each in world[GROUPS][app.team].members)
    return media.rss_answer(call, f"{app.name} team", [show.user_item(each) for each in members if each is not None])


def add_member(world: World, call: Call) -> Answer:
    """Put somebody on an app's team."""
    user = caller(world, call)
    app = app_for(world, user, call.params["app"])
    given = decode(call, requests.NewMember)
    joining = world[USERS].get(given.user_id or "") or world[USERS].first("email", given.email or "")
    if joining is None:
        raise Fault.NOT_FOUND.stop(f"There is no user {given.user_id or given.email or ''!r}; give UserID or Email.")
    makers.add_member(world, app.team, joining)
    return media.rendered(call, "User", show.user_body(joining))


def _fields(given: requests.NewVersion) -> dict[str, Any]:
    return {
        "name": given.name,
        "description": given.description,
        "tags": given.tag,
        "visibility": given.visibility,
        "website": given.website_address,
        "identity": given.identity,
        "shared_secret": given.shared_secret,
    }


def _version_list(call: Call, versions: list[tuple[App, AppVersion]]) -> Answer:
    items = [show.version_item(app, version) for app, version in queries.paged(call, versions)]
    return media.rss_answer(call, "App versions", items)


_CREATED = "200 as in the vendor's samples, with Atmo-Renew-Token: renew. "
_APP = shapes.reply(shapes.AppBody)
_VERSION = shapes.reply(shapes.VersionBody)

ROUTES = (
    route(
        "POST",
        "/api/apps",
        create_app,
        "Make an app with its first version",
        Evidence(
            "documented",
            "documented",
            "assumed",
            _CREATED + "Where a workflow is chosen, @Create runs. BusinessID left out is the user's own business; "
            "PictureID is taken and ignored.",
        ),
        source=SOURCE,
        request=requests.NewApp,
        replies=_APP,
    ),
    route(
        "GET",
        "/api/apps",
        list_apps,
        "List apps",
        Evidence("documented", "assumed", "assumed", "Without BusinessID it lists the apps whose team one is on."),
        source=SOURCE,
        replies=shapes.LIST,
    ),
    route(
        "GET",
        "/api/apps/versions",
        find_versions,
        "Find an app version by its identity",
        Evidence("documented", "documented", "assumed", "Versions that one may not see are left out."),
        source=SOURCE,
        replies=shapes.LIST,
    ),
    route(
        "GET",
        "/api/apps/versions/{id}",
        get_version,
        "Show an app version",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "RatingSummary is all zeros. A private version is also shown to admins of the APIs it is connected to.",
        ),
        source=SOURCE,
        replies=_VERSION,
    ),
    route(
        "PUT",
        "/api/apps/versions/{id}",
        change_version,
        "Change an app version",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "Allowed by @Modify, or @EditApp where there is no @Modify; refused with 403 and the failed condition. "
            "Fields that only answers have are taken and ignored.",
        ),
        source=SOURCE,
        request=requests.VersionChange,
        replies=_VERSION,
    ),
    route(
        "DELETE",
        "/api/apps/versions/{id}",
        delete_version,
        "Delete an app version, or ask for it",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "Of a governed version @Delete runs, and the version goes only if a function deletes it; the answer says "
            "whether it did. Where @Delete is not available: 403 with the failed condition, 400 where there is none.",
        ),
        source=SOURCE,
        replies=shapes.reply(dict[str, Any]),
    ),
    route(
        "GET",
        "/api/apps/{app}",
        get_app,
        "Show an app",
        Evidence("documented", "documented", "assumed", "For its team and the Business and Site Admins above it."),
        source=SOURCE,
        replies=_APP,
    ),
    route(
        "PUT",
        "/api/apps/{app}",
        change_app,
        "Change an app",
        Evidence("assumed", "assumed", "assumed", "Allowed as a change of the app's newest version is."),
        source="assumed",
        request=requests.AppChange,
        replies=_APP,
    ),
    route(
        "DELETE",
        "/api/apps/{app}",
        delete_app,
        "Delete an app with all its versions",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "Answers the id as text/plain. Every version is asked to go as by its own DELETE; one refusal keeps all.",
        ),
        source=SOURCE,
        replies=shapes.TEXT,
    ),
    route(
        "POST",
        "/api/apps/{app}/versions",
        add_version,
        "Add a version to an app",
        Evidence(
            "documented",
            "documented",
            "assumed",
            _CREATED + "With Accept: text/plain the id alone. Allowed where @Modify or @AddVersion is available in any "
            "of the app's versions.",
        ),
        source=SOURCE,
        request=requests.NewVersion,
        replies=_VERSION,
    ),
    route(
        "GET",
        "/api/apps/{app}/versions",
        list_versions,
        "List an app's versions",
        Evidence("documented", "documented", "assumed", "Oldest first."),
        source=SOURCE,
        replies=shapes.LIST,
    ),
    route(
        "GET",
        "/api/apps/{app}/members",
        list_members,
        "List an app's team",
        Evidence("documented", "observed", "assumed", "In the order in which people joined."),
        source=SOURCE,
        replies=shapes.LIST,
    ),
    route(
        "POST",
        "/api/apps/{app}/members",
        add_member,
        "Put somebody on an app's team",
        Evidence(
            "assumed", "assumed", "assumed", "By UserID or Email; who is asked joins at once, without an invitation."
        ),
        source=SOURCE,
        request=requests.NewMember,
        replies=shapes.reply(shapes.UserBody),
    ),
)
