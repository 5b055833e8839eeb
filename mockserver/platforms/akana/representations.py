"""Documents as the vendor shows them."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from mockserver.platforms.akana import shapes
from mockserver.platforms.akana.models import (
    API_VERSIONS,
    APP_VERSIONS,
    Api,
    ApiVersion,
    App,
    AppVersion,
    Business,
    Contract,
    User,
)
from mockserver.platforms.akana.models_work import BoardItem, Notification, WorkflowDefinition
from mockserver.world.clock import iso
from mockserver.world.world import World

RESOURCE = "uddi:soa.com:resourcetype"
STATE = "uddi:soa.com:state"


def version_body(version: AppVersion) -> shapes.VersionBody:
    """An app version."""
    mechanisms = ["SharedSecret"] + (["PKI"] if version.key_info is not None else [])
    return shapes.VersionBody(
        runtime_id=version.id,
        app_id=version.app,
        name=version.name,
        description=version.description,
        website_address=version.website,
        visibility=version.visibility,
        initial_environment=version.initial_environment,
        current_environment=version.current_environment,
        tag=version.tags,
        has_key_info=version.key_info is not None,
        identity=version.identity,
        created=iso(version.created),
        updated=iso(version.updated),
        state=version.state,
        security_mechanisms=tuple(mechanisms),
    )


def app_body(world: World, app: App) -> shapes.AppBody:
    """An app with its newest version."""
    versions = world[APP_VERSIONS].find("app", app.id)
    return shapes.AppBody(
        app_id=app.id,
        name=app.name,
        summary=app.summary,
        description=app.description,
        business_id=app.business,
        admin_group_id=app.team,
        created=iso(app.created),
        updated=iso(app.updated),
        application_version=version_body(versions[-1]) if versions else None,
    )


def contract_body(world: World, contract: Contract) -> shapes.ContractBody:
    """A contract; its name is put together from both sides."""
    version = world[APP_VERSIONS].get(contract.app_version)
    api_version = world[API_VERSIONS].get(contract.api_version)
    return shapes.ContractBody(
        contract_id=contract.id,
        name=f"{version.name if version else '?'} - {api_version.name if api_version else '?'}",
        runtime_id=contract.app_version,
        api_version_id=contract.api_version,
        environment=contract.environment,
        state=contract.state,
        status=contract.status,
        scope=contract.scope,
        created=iso(contract.created),
        updated=iso(contract.updated),
        updated_in_millis=int(contract.updated.timestamp() * 1000),
    )


def api_version_body(api: Api, version: ApiVersion) -> shapes.ApiVersionBody:
    """An API version."""
    return shapes.ApiVersionBody(
        api_version_id=version.id,
        api_id=version.api,
        name=version.name,
        description=version.description,
        endpoints={"Endpoint": version.endpoints},
        visibility=api.visibility,
        created=iso(version.created),
        updated=iso(version.updated),
        state="apiversion.status.active",
        production_endpoint_access_auto_approved=version.production_auto_approved,
        sandbox_endpoint_access_auto_approved=version.sandbox_auto_approved,
        resource_level_permissions_supported=version.resource_level_permissions,
    )


def api_body(world: World, api: Api) -> shapes.ApiBody:
    """An API with its newest version."""
    versions = world[API_VERSIONS].find("api", api.id)
    return shapes.ApiBody(
        api_id=api.id,
        name=api.name,
        description=api.description,
        visibility=api.visibility,
        latest_version_id=versions[-1].id if versions else "",
        is_followed=False,
        rating_summary=shapes.Ratings(),
        api_version=api_version_body(api, versions[-1]) if versions else None,
        admin_group_id=api.admins,
        created=iso(api.created),
        updated=iso(api.updated),
        avatar_url="",
    )


def user_body(user: User) -> shapes.UserBody:
    """A user, without the password."""
    return shapes.UserBody(
        user_id=user.id,
        user_name=user.user_name,
        first_name=user.first_name,
        last_name=user.last_name,
        email=user.email,
        business_id=user.business,
    )


def business_body(business: Business) -> shapes.BusinessBody:
    """A business."""
    return shapes.BusinessBody(business_id=business.id, name=business.name)


def definition_body(definition: WorkflowDefinition) -> shapes.DefinitionBody:
    """A workflow definition, without its file."""
    return shapes.DefinitionBody(
        key=definition.key,
        name=definition.name,
        description=definition.description,
        object_type=definition.object_type,
        state="active",
        object_reference_count=definition.references,
        business_id=definition.business,
        updated=iso(definition.updated),
    )


def board_item_body(item: BoardItem) -> dict[str, Any]:
    """A board item, as the vendor's own media types have it."""
    return {
        "ItemID": item.id,
        "ItemType": item.type,
        "Title": item.title,
        "Description": item.text,
        "Visibility": item.visibility,
        "AuthorID": item.author,
        "Created": iso(item.created),
        "SubjectID": list(item.boards),
    }


def rss_item(
    id: str,
    title: str,
    description: str,
    at: datetime,
    kind: str,
    *,
    state: str | None = None,
    about: list[tuple[str, str, str]] | None = None,
) -> dict[str, Any]:
    """One item of a list; `about` are title, id and kind of things it refers to."""
    categories = [{"value": kind, "domain": RESOURCE}]
    if state is not None:
        categories.append({"value": state, "domain": STATE})
    item: dict[str, Any] = {
        "title": title,
        "description": description,
        "category": categories,
        "guid": {"value": id},
        "pubDate": format_datetime(at, usegmt=True),
    }
    if about:
        item["EntityReferences"] = {
            "EntityReference": [
                {"Title": name, "Guid": guid, "Category": [{"value": what, "domain": RESOURCE}]}
                for name, guid, what in about
            ]
        }
    return item


def app_item(app: App) -> dict[str, Any]:
    """An app in a list."""
    return rss_item(app.id, app.name, app.description, app.created, "app")


def version_item(app: App, version: AppVersion) -> dict[str, Any]:
    """An app version in a list."""
    return rss_item(
        version.id,
        version.name,
        version.description,
        version.created,
        "appversion",
        state=version.state,
        about=[(app.name, app.id, "app")],
    )


def contract_item(world: World, contract: Contract) -> dict[str, Any]:
    """A contract in a list."""
    body = contract_body(world, contract)
    version, api_version = world[APP_VERSIONS].get(contract.app_version), world[API_VERSIONS].get(contract.api_version)
    about = [(version.name, version.id, "appversion")] if version else []
    if api_version is not None:
        about.append((api_version.name, api_version.id, "apiversion"))
    return rss_item(
        contract.id, body.name, contract.environment, contract.created, "apicontract", state=contract.state, about=about
    )


def user_item(user: User) -> dict[str, Any]:
    """A user in a list."""
    name = f"{user.first_name} {user.last_name}"
    return rss_item(user.id, user.user_name, name, user.created, "user")


def notification_item(notification: Notification) -> dict[str, Any]:
    """A notification in a list."""
    return rss_item(
        notification.id,
        notification.subject,
        notification.text,
        notification.created,
        notification.type,
        state=notification.state,
    )


def board_item(item: BoardItem) -> dict[str, Any]:
    """A board item in a list."""
    return rss_item(
        item.id,
        item.title,
        item.text,
        item.created,
        item.type.lower(),
        state=item.visibility,
        about=[(each, each, "subject") for each in item.boards],
    )


def definition_item(definition: WorkflowDefinition) -> dict[str, Any]:
    """A workflow definition in a list."""
    return rss_item(definition.key, definition.name, definition.description, definition.updated, definition.object_type)
