"""What MOTAR sends to a plugin: the two documents, how they are signed, and when they leave."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import msgspec

from mockserver.platforms.motar.models import (
    APPS,
    DISTRIBUTIONS,
    ORGANIZATIONS,
    PLUGINS,
    USERS,
    AtoRequest,
    Distribution,
    Plugin,
)
from mockserver.platforms.motar.results import DistributionEntry
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.platforms.motar.studio import why_plugin_rests
from mockserver.world.outbox import Delivery
from mockserver.world.world import World

MAY_SEND = "motar.internal.may_send"
REQUEST_STARTED = "motar.ato.request_started"
DISTRIBUTIONS_CHANGED = "motar.ato.distributions_changed"


def request_document(world: World, request: AtoRequest) -> dict[str, Any]:
    """The document MOTAR sends when a request is started: 12 keys, all of them always."""
    app = world[APPS][request.app]
    company = world[ORGANIZATIONS][app.organization]
    requester = world[USERS][request.requested_by]
    return {
        "requestId": request.id,
        "companyId": company.id,
        "companyName": company.name,
        "companyPhone": company.phone,
        "requestingUserFirstName": requester.first_name,
        "requestingUserLastName": requester.last_name,
        "requestingUserEmail": requester.email,
        "appName": app.name,
        "packageName": request.package_name,
        "reportUri": request.report_uri,
        "status": request.status,
        "completed": request.complete,
    }


def distributions_document(world: World, request: AtoRequest) -> dict[str, Any]:
    """The document MOTAR sends when a package's distributions change: its current state, not a delta.

    That there is a `distributions` array is documented; everything else in here is assumed.
    """
    app = world[APPS][request.app]
    return {
        "requestId": request.id,
        "companyId": app.organization,
        "appName": app.name,
        "packageName": request.package_name,
        "distributions": [distribution_entry(world[DISTRIBUTIONS][each]) for each in request.distributions],
    }


def distribution_entry(distribution: Distribution) -> DistributionEntry:
    """One distribution on the wire."""
    return {
        "id": distribution.id,
        "name": distribution.name,
        "version": distribution.version,
        "packageName": distribution.package_name,
        "releaseNotes": distribution.release_notes,
        "supportedDevices": list(distribution.supported_devices),
    }


def announce_request(world: World, request: AtoRequest) -> Delivery:
    """Send the request document to the plugin's request endpoint."""
    plugin = world[PLUGINS][request.plugin]
    assert plugin.request_endpoint is not None, "an active plugin has a request endpoint"
    return send_webhook(
        world, plugin, REQUEST_STARTED, request.id, plugin.request_endpoint, request_document(world, request)
    )


def announce_distributions(world: World, request: AtoRequest) -> Delivery | None:
    """Send the current distributions to the plugin's second endpoint; None when it has none."""
    plugin = world[PLUGINS][request.plugin]
    if plugin.distribution_endpoint is None:
        return None
    document = distributions_document(world, request)
    return send_webhook(world, plugin, DISTRIBUTIONS_CHANGED, request.id, plugin.distribution_endpoint, document)


def resend_documents(world: World, requests: Iterable[AtoRequest]) -> list[str]:
    """Send the documents of the open ones among `requests` again under `resend_on_change`; the deliveries' ids.

    No page says whether MOTAR does, so the setting decides.
    """
    if not world.settings(MotarSettings).resend_on_change:
        return []
    return [
        announce_request(world, each).id
        for each in requests
        if each.cancelled is None and not each.complete and why_plugin_rests(world, world[PLUGINS][each.plugin]) is None
    ]


def send_webhook(
    world: World,
    plugin: Plugin,
    event: str,
    about: str,
    url: str,
    document: dict[str, Any],
    *,
    client_secret: str | None = None,
    origin: str | None = None,
) -> Delivery:
    """Queue a webhook as MOTAR sends them: Basic from the plugin's own ID and secret, and the origin mark.

    `client_secret` and `origin` replace the right ones, to forge.
    """
    secret = plugin.client_secret if client_secret is None else client_secret
    mark = world.settings(MotarSettings).origin_mark if origin is None else origin
    headers = [
        ("content-type", "application/json"),
        ("authorization", basic(plugin.client_id, secret)),
    ]
    if mark is not None:
        headers.append(("origin", mark))
    return world.outbox.send(
        event,
        about=about,
        url=url,
        headers=tuple(headers),
        body=msgspec.json.encode(document).decode(),
        retry_after=world.webhook_retries,
        guard=MAY_SEND,
    )


def basic(client_id: str, client_secret: str) -> str:
    """The Authorization header both directions of the plugin API share."""
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
