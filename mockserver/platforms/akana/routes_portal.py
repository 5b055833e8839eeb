"""The rest of the portal: APIs, users, businesses and what their admins choose."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.akana import definitions, media, queries, shapes
from mockserver.platforms.akana import representations as show
from mockserver.platforms.akana.bodies import decode
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.models import API_VERSIONS, APIS, BUSINESSES, ENVIRONMENTS, USERS, Api, Business, User
from mockserver.platforms.akana.people import is_business_admin, sees_api
from mockserver.platforms.akana.routing import found, route
from mockserver.platforms.akana.session import caller
from mockserver.wire import Answer, Call, Evidence
from mockserver.world.world import World

APIS_SOURCE, BUSINESS_SOURCE = "docs: API operations", "docs: business operations"


def list_apis(world: World, call: Call) -> Answer:
    """List the APIs that the caller may see."""
    user = caller(world, call)
    listed = [api for api in world[APIS] if sees_api(world, user, api)]
    items = [show.rss_item(each.id, each.name, each.description, each.created, "api") for each in listed]
    return media.rss_answer(call, "APIs", queries.paged(call, items))


def get_api(world: World, call: Call) -> Answer:
    """Show an API with its newest version."""
    api = _api_for(world, caller(world, call), call.params["id"])
    return media.rendered(call, "API", show.api_body(world, api))


def get_api_version(world: World, call: Call) -> Answer:
    """Show an API version."""
    user = caller(world, call)
    version = found(world, API_VERSIONS, call.params["id"], "API version")
    api = _api_for(world, user, version.api)
    return media.rendered(call, "APIVersion", show.api_version_body(api, version))


def get_user(world: World, call: Call) -> Answer:
    """Show a user."""
    caller(world, call)
    return media.rendered(call, "User", show.user_body(found(world, USERS, call.params["user"], "user")))


def get_business(world: World, call: Call) -> Answer:
    """Show a business."""
    caller(world, call)
    business = found(world, BUSINESSES, call.params["business"], "business")
    return media.rendered(call, "Business", show.business_body(business))


def get_security(world: World, call: Call) -> Answer:
    """Show a business's settings; with IncludeSecuritySettings when the CSRF header is due."""
    business = _business_for(world, call)
    told: dict[str, Any] = {"BusinessID": business.id}
    if queries.flag(call, "IncludeSecuritySettings"):
        told |= {
            "ReadRequestCSRFSupport": business.settings.read_csrf,
            "WriteRequestCSRFSupport": business.settings.write_csrf,
        }
    return media.rendered(call, "Settings", told)


def change_security(world: World, call: Call) -> Answer:
    """Choose which requests need the CSRF header; the tenant's own business decides for all."""
    business = _business_for(world, call)
    given = decode(call, shapes.SecuritySettings)
    fields = {"read_csrf": given.read_request_csrf_support, "write_csrf": given.write_request_csrf_support}
    chosen = {name: value for name, value in fields.items() if value is not msgspec.UNSET}
    definitions.change_settings(world, business, **chosen)
    return Answer(200)


def get_login_policy(world: World, call: Call) -> Answer:
    """Show how long a sign-in lasts."""
    business = _business_for(world, call)
    return media.rendered(call, "LoginPolicy", shapes.LoginPolicy(session_timeout=business.settings.session_minutes))


def change_login_policy(world: World, call: Call) -> Answer:
    """Choose how long sign-ins from now on last; the tenant's own business decides for all."""
    business = _business_for(world, call)
    given = decode(call, shapes.LoginPolicy)
    definitions.change_settings(world, business, session_minutes=given.session_timeout)
    return Answer(200)


def get_app_settings(world: World, call: Call) -> Answer:
    """Show which workflow new app versions come under."""
    chosen = _business_for(world, call).settings.app_version_workflow
    return media.rendered(call, "AppSettings", shapes.AppSettings(app_version_workflow_def_key=chosen))


def change_app_settings(world: World, call: Call) -> Answer:
    """Choose the workflow for new app versions."""
    business = _business_for(world, call)
    given = decode(call, shapes.AppSettings)
    definitions.choose_app_workflow(world, business, given.app_version_workflow_def_key)
    return Answer(200)


def get_connection_settings(world: World, call: Call) -> Answer:
    """Show which workflows new contracts come under."""
    chosen = _business_for(world, call).settings
    body = shapes.ConnectionSettings(
        workflow_setting=tuple(
            shapes.WorkflowSetting(workflow_definition_key=chosen.contract_workflow(each), environment=each)
            for each in ENVIRONMENTS
        )
    )
    return media.rendered(call, "ConnectionSettings", body)


def change_connection_settings(world: World, call: Call) -> Answer:
    """Choose the workflows for new contracts; an environment that is left out keeps its own."""
    business = _business_for(world, call)
    for each in decode(call, shapes.ConnectionSettings).workflow_setting:
        definitions.choose_contract_workflow(world, business, each.environment, each.workflow_definition_key)
    return Answer(200)


def _api_for(world: World, user: User, id: str) -> Api:
    api = found(world, APIS, id, "API")
    if not sees_api(world, user, api):
        raise Fault.NOT_FOUND.stop(f"There is no API {id!r}.")
    return api


def _business_for(world: World, call: Call) -> Business:
    user = caller(world, call)
    business = found(world, BUSINESSES, call.params["business"], "business")
    if not is_business_admin(world, user, business.id):
        raise Fault.FORBIDDEN.stop(f"{user.user_name} is no admin of {business.name}.")
    return business


_OURS = "The names of its fields are ours. "

ROUTES = (
    route(
        "GET",
        "/api/apis",
        list_apis,
        "List APIs",
        Evidence("documented", "observed", "assumed", "Those that the caller may see, oldest first."),
        source=APIS_SOURCE,
        replies=shapes.LIST,
    ),
    route(
        "GET",
        "/api/apis/{id}",
        get_api,
        "Show an API",
        Evidence("documented", "observed", "assumed", "A private API is 404 for who was not invited."),
        source=APIS_SOURCE,
        replies=shapes.reply(shapes.ApiBody),
    ),
    route(
        "GET",
        "/api/apis/versions/{id}",
        get_api_version,
        "Show an API version",
        Evidence("documented", "observed", "assumed", "As within its API."),
        source=APIS_SOURCE,
        replies=shapes.reply(shapes.ApiVersionBody),
    ),
    route(
        "GET",
        "/api/users/{user}",
        get_user,
        "Show a user",
        Evidence("documented", "documented", "assumed", "Some of the fields; never the password."),
        source="docs: user operations",
        replies=shapes.reply(shapes.UserBody),
    ),
    route(
        "GET",
        "/api/businesses/{business}",
        get_business,
        "Show a business",
        Evidence("documented", "assumed", "assumed", "Its id and its name."),
        source=BUSINESS_SOURCE,
        replies=shapes.reply(shapes.BusinessBody),
    ),
    route(
        "GET",
        "/api/businesses/{business}/settings",
        get_security,
        "Show a business's settings",
        Evidence("documented", "documented", "assumed", "With IncludeSecuritySettings the two switches for CSRF."),
        source=BUSINESS_SOURCE,
        replies=shapes.reply(dict[str, Any]),
    ),
    route(
        "PUT",
        "/api/businesses/{business}/settings",
        change_security,
        "Choose which requests need the CSRF header",
        Evidence("assumed", "assumed", "assumed", "Only the settings of the tenant's own business have an effect."),
        source="assumed",
        request=shapes.SecuritySettings,
        replies=shapes.EMPTY,
    ),
    route(
        "GET",
        "/api/businesses/{business}/loginpolicy",
        get_login_policy,
        "Show how long a sign-in lasts",
        Evidence("assumed", "assumed", "assumed", _OURS + "In minutes."),
        source=BUSINESS_SOURCE,
        replies=shapes.reply(shapes.LoginPolicy),
    ),
    route(
        "PUT",
        "/api/businesses/{business}/loginpolicy",
        change_login_policy,
        "Choose how long a sign-in lasts",
        Evidence("documented", "assumed", "assumed", _OURS + "Sessions that are open keep their end."),
        source=BUSINESS_SOURCE,
        request=shapes.LoginPolicy,
        replies=shapes.EMPTY,
    ),
    route(
        "GET",
        "/api/businesses/{business}/appsettings",
        get_app_settings,
        "Show the workflow of new app versions",
        Evidence(
            "documented", "assumed", "assumed", "AppVersionWorkflowDefKey is named after its documented siblings."
        ),
        source=BUSINESS_SOURCE,
        replies=shapes.reply(shapes.AppSettings),
    ),
    route(
        "PUT",
        "/api/businesses/{business}/appsettings",
        change_app_settings,
        "Choose the workflow of new app versions",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "AppVersionWorkflowDefKey: a key, a name, or null for none. At once; versions that exist stay as they are.",
        ),
        source=BUSINESS_SOURCE,
        request=shapes.AppSettings,
        replies=shapes.EMPTY,
    ),
    route(
        "GET",
        "/api/businesses/{business}/connectionsettings",
        get_connection_settings,
        "Show the workflows of new contracts",
        Evidence("documented", "assumed", "assumed", "As they are chosen by PUT."),
        source=BUSINESS_SOURCE,
        replies=shapes.reply(shapes.ConnectionSettings),
    ),
    route(
        "PUT",
        "/api/businesses/{business}/connectionsettings",
        change_connection_settings,
        "Choose the workflows of new contracts",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "One for each environment, by key or name, null for none. The workflow for comments is taken and ignored.",
        ),
        source=BUSINESS_SOURCE,
        request=shapes.ConnectionSettings,
        replies=shapes.EMPTY,
    ),
)
