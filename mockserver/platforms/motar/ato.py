"""ATO requests: the document MOTAR sends, the package's distributions, and what a plugin reports."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from mockserver.errors import Refused
from mockserver.platforms.motar import oauth
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import (
    ALERTS,
    APPS,
    DISTRIBUTIONS,
    ORGANIZATIONS,
    PLUGINS,
    REQUESTS,
    USERS,
    Alert,
    AlertType,
    AtoRequest,
    Distribution,
    Plugin,
    Status,
    User,
)
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.platforms.motar.studio import why_plugin_rests, working_plugin
from mockserver.wire import Call, Refusal
from mockserver.world.clock import iso
from mockserver.world.outbox import Delivery
from mockserver.world.world import World

REQUEST_STARTED = "motar.ato.request_started"
DISTRIBUTIONS_CHANGED = "motar.ato.distributions_changed"


class StatusUpdate(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of `POST /plugin/v1/ato/status`: only `requestId` is mandatory, what is absent stays."""

    request_id: str
    status: Status | msgspec.UnsetType = msgspec.UNSET
    complete: bool | msgspec.UnsetType = msgspec.UNSET
    cancellable: bool | msgspec.UnsetType = msgspec.UNSET


class NewAlert(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of `POST /plugin/v1/ato/alert`; that three fields are mandatory is assumed."""

    request_id: str
    title: str
    text: str
    provider_id: str | None = None
    status: Status | None = None
    type: AlertType = "info"


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


def distribution_entry(distribution: Distribution) -> dict[str, Any]:
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
    )


def basic(client_id: str, client_secret: str) -> str:
    """The Authorization header both directions of the plugin API share."""
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def open_package(request: AtoRequest) -> AtoRequest:
    """The request, if its package can still change; raises `Refused`."""
    if request.cancelled is not None:
        raise Refused(f"The ATO request {request.id} was cancelled.", hint="Start another one.")
    if request.complete:
        raise Refused(f"The ATO request {request.id} is complete; its package is closed.", hint="Start another one.")
    return request


def set_distributions(
    world: World, request: AtoRequest, distributions: tuple[str, ...]
) -> tuple[AtoRequest, Delivery | None]:
    """Change what the package holds and tell the plugin."""
    working_plugin(world, world[PLUGINS][request.plugin])
    changed = world[REQUESTS].change(request.id, distributions=distributions, updated=world.clock.now())
    return changed, announce_distributions(world, changed)


class Caller(msgspec.Struct, frozen=True):
    """Who calls the plugin API: always a plugin, and the user on whose behalf when a token says so."""

    plugin: Plugin
    user: User | None


def check_caller(world: World, call: Call) -> Caller | Refusal:
    """Who is calling, by Bearer token, bare token or the plugin's own Basic credentials.

    The ATO page asks for the SSO token, the plugins page for Basic; both are taken unless the world
    is set to one, and the journal tells them apart.
    """
    authorization = call.authorization()
    if authorization is None:
        return Error.NO_AUTHORIZATION.because(
            "The Authorization header is missing: send the token that the sign-in gave, or the plugin's own Basic."
        )
    scheme = authorization.scheme
    call.authenticated_by = scheme
    wanted = world.settings(MotarSettings).plugin_auth
    if scheme == "other":
        return Error.TOKEN_INVALID.because("The Authorization header is neither Bearer, Basic nor a token alone.")
    if wanted not in ("any", scheme):
        return Error.INVALID_CREDENTIALS.because(f"This world takes {wanted} authorization only; {scheme} came.")
    if scheme != "basic":
        signed_in = oauth.check_access_token(world, authorization.token)
        return signed_in if isinstance(signed_in, Refusal) else Caller(signed_in.plugin, signed_in.user)
    plugin = world[PLUGINS].first("client_id", authorization.username)
    if plugin is None or not oauth.same(plugin.client_secret, authorization.password):
        return Error.INVALID_CREDENTIALS.because("Basic does not hold a plugin's client ID and its client secret.")
    rests = why_plugin_rests(world, plugin)
    return Caller(plugin, None) if rests is None else Error.NOT_APPROVED.because(f"{rests[0]} {rests[1]}")


def request_for(world: World, caller: Caller, request_id: str) -> AtoRequest:
    """The request a caller may report on; raises the refusal otherwise."""
    request = world[REQUESTS].get(request_id)
    if request is None:
        raise Error.NOT_FOUND.stop(
            f"There is no ATO request {request_id!r}; requestId comes with the webhook and as state."
        )
    if request.plugin != caller.plugin.id:
        raise Error.NOT_AUTHORIZED.stop(f"The ATO request {request_id} belongs to another plugin.")
    company = world[APPS][request.app].organization
    if caller.user is not None and caller.user.organization != company:
        raise Error.NOT_AUTHORIZED.stop(
            f"{caller.user.handle} does not belong to the organization that owns the app of ATO request {request_id}."
        )
    if request.cancelled is not None:
        raise Error.IMPOSSIBLE.stop(f"The ATO request {request_id} was cancelled at {iso(request.cancelled)}.")
    return request


def update_status(world: World, call: Call, request: AtoRequest, update: StatusUpdate) -> AtoRequest:
    """Change what the update names and keep the rest.

    Any status may follow any other, and `complete` and `status` are independent fields (assumed);
    what looks like a slip is told: after completion, or one saying completed without the other.
    """
    given = {
        name: value
        for name in ("status", "complete", "cancellable")
        if (value := getattr(update, name)) is not msgspec.UNSET
    }
    if not given:
        call.violate("body", "nothing to change: send status, complete or cancellable")
    if request.complete and given.get("complete") is not False:
        call.violate("body.requestId", "this request is complete already; complete: false opens it again")
    changed = world[REQUESTS].change(request.id, updated=world.clock.now(), **given)
    if changed.complete != (changed.status == "completed") and {"status", "complete"} & set(given):
        call.violate(
            "body.status" if changed.complete else "body.complete",
            f"complete is {str(changed.complete).lower()} while status is {changed.status}",
        )
    return changed


def create_alert(world: World, call: Call, request: AtoRequest, new: NewAlert) -> Alert:
    """Add an alert, or under the setting `repeated_provider_id: update` replace the one it repeats."""
    now = world.clock.now()
    alerts = world[ALERTS]
    if new.provider_id is not None:
        repeated = next(
            (each for each in alerts.find("request", request.id) if each.provider_id == new.provider_id), None
        )
        if repeated is not None:
            update = world.settings(MotarSettings).repeated_provider_id == "update"
            call.violate(
                "body.providerId",
                "an alert of this request has this providerId already; "
                + ("it is replaced (repeated_provider_id: update)" if update else "this is another one"),
            )
            if update:
                return alerts.change(
                    repeated.id, title=new.title, text=new.text, type=new.type, status=new.status, updated=now
                )
    return alerts.insert(
        Alert(
            id=world.mint.hex(24, "motar.alert", request.id),
            request=request.id,
            title=new.title,
            text=new.text,
            type=new.type,
            status=new.status,
            provider_id=new.provider_id,
            created=now,
            updated=now,
        )
    )


def progress(world: World, request: AtoRequest) -> dict[str, Any]:
    """What Studio's package progress view shows."""
    app = world[APPS][request.app]
    return {
        "request_id": request.id,
        "app_name": app.name,
        "package_name": request.package_name,
        "company": world[ORGANIZATIONS][app.organization].name,
        "status": request.status,
        "complete": request.complete,
        "cancellable": request.cancellable,
        "cancelled": request.cancelled is not None,
        "report_uri": request.report_uri,
        "distributions": [distribution_entry(world[DISTRIBUTIONS][each]) for each in request.distributions],
        "alerts": [
            {
                "title": alert.title,
                "text": alert.text,
                "type": alert.type,
                "status": alert.status,
                "providerId": alert.provider_id,
                "at": iso(alert.updated),
            }
            for alert in world[ALERTS].find("request", request.id)
        ],
    }
