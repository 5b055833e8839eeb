"""Apps, solutions and their versions as the developer API shows them."""

from __future__ import annotations

from typing import Any

from mockserver.platforms.os1.models import (
    APP_CLIENTS,
    APP_VERSIONS,
    APPS,
    SOLUTION_VERSIONS,
    App,
    AppClient,
    AppVersion,
    Artifact,
    Solution,
    SolutionVersion,
)
from mockserver.platforms.os1.models_onboarding import SUBSCRIPTIONS
from mockserver.platforms.os1.permissions import uploaded_for
from mockserver.world.clock import iso
from mockserver.world.world import World

CDN = "https://cdn.getos1.com"


def app(world: World, found: App) -> dict[str, Any]:
    """An app, with its clients and versions."""
    clients = world[APP_CLIENTS].find("app", found.id)
    versions = world[APP_VERSIONS].find("app", found.id)
    url: dict[str, Any] = next((each.about["url"] for each in reversed(versions) if each.about.get("url")), {})
    return {
        "appId": found.id,
        "listingId": found.listing,
        "urn": found.urn,
        "uniqueName": found.listing,
        "urlPath": url.get("relativePath") or f"/{found.listing}",
        "appType": found.type,
        "organizationId": found.organization,
        "organizationTeamId": found.team,
        "isSubscriptionCredentialsAvailable": any(each.environment == "production" for each in clients),
        "clients": [client(each) for each in clients if each.environment == "development"],
        "classifications": found.classification,
        "versions": [app_version(world, each) for each in versions],
    }


def client(found: AppClient) -> dict[str, Any]:
    """An app's credentials in one environment."""
    return {
        "environment": found.environment,
        "clientKey": found.client_key,
        "serviceKey": found.service_key,
        "secret": found.secret,
    }


def app_version(world: World, found: AppVersion) -> dict[str, Any]:
    """A version of an app; `status` is where it is in its life."""
    about = dict(found.about)
    url = about.pop("url", None) or {}
    return {
        "appId": found.app,
        "appVersionId": found.id,
        "version": found.version,
        "createdAt": iso(found.created),
        "createdBy": found.created_by,
        "updatedAt": iso(found.updated),
        "updatedBy": found.updated_by,
        **about,
        "consoleCompatible": bool(about.get("isConsoleCompatible")),
        "isMarketplaceCompatible": bool(about.get("isMarketplaceCompatible")),
        "status": found.state,
        "state": {
            "createApp": "COMPLETED",
            "grantPerimssions": "COMPLETED" if uploaded_for(world, found) is not None else "PENDING",
            "subscribeApp": "COMPLETED" if is_subscribed(world, found) else "PENDING",
        },
        "appUrls": [{"name": name, "url": value} for name, value in url.items() if isinstance(value, str)],
        "urlOverrides": [],
    }


def solution(world: World, found: Solution) -> dict[str, Any]:
    """A solution and its versions."""
    return {
        "solutionId": found.id,
        "solnListingId": found.listing,
        "type": found.type,
        "organizationId": found.organization,
        "versions": [solution_version(world, each) for each in world[SOLUTION_VERSIONS].find("solution", found.id)],
    }


def solution_version(world: World, found: SolutionVersion) -> dict[str, Any]:
    """A version of a solution; `phase` is where it is in its life."""
    return {
        "solutionId": found.solution,
        "solutionVersionId": found.id,
        "version": found.version,
        "createdAt": iso(found.created),
        "createdBy": found.created_by,
        "updatedAt": iso(found.updated),
        "updatedBy": found.updated_by,
        **found.about,
        "phase": found.state,
        "apps": solution_apps(world, found),
    }


def solution_apps(world: World, found: SolutionVersion) -> list[dict[str, Any]]:
    """The apps of a solution version, in its order."""
    told = []
    for member in found.apps:
        version = world[APP_VERSIONS][member.app_version]
        owner = world[APPS][version.app]
        told.append(
            {
                "appId": owner.id,
                "appVersionId": version.id,
                "listingId": owner.listing,
                "version": version.version,
                "status": version.state,
                "organizationId": owner.organization,
                "sequence": member.sequence,
            }
        )
    return told


def artifact(found: Artifact) -> dict[str, Any]:
    """An uploaded file, without its content."""
    return {
        "artifactId": found.id,
        "fileId": found.id,
        "artifactType": found.type,
        "versionId": found.version,
        "fileName": found.file_name,
        "fileDescription": found.description,
        "fileUrl": f"{CDN}/{found.id}-{found.file_name}",
        "size": len(found.content),
        "uploadedAt": iso(found.uploaded),
        "uploadedBy": found.uploaded_by,
    }


def is_subscribed(world: World, found: AppVersion) -> bool:
    """Whether a tenant is subscribed to a version."""
    return world[SUBSCRIPTIONS].first("version", found.id) is not None
