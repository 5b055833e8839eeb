"""ATO requests: who may report on one, what a plugin reports, and what Studio shows of it."""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.motar import oauth, webhooks
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import (
    ALERTS,
    APPS,
    DISTRIBUTIONS,
    ORGANIZATIONS,
    PLUGINS,
    REQUESTS,
    Alert,
    AlertType,
    AtoRequest,
    Plugin,
    Status,
    User,
)
from mockserver.platforms.motar.results import Progress
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.wire import Call, Refusal
from mockserver.world.clock import iso
from mockserver.world.world import World


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
    return oauth.resting(world, plugin) or Caller(plugin, None)


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
    given: dict[str, Any] = {}
    if update.status is not msgspec.UNSET:
        given["status"] = update.status
    if update.complete is not msgspec.UNSET:
        given["complete"] = update.complete
    if update.cancellable is not msgspec.UNSET:
        given["cancellable"] = update.cancellable
    if not given:
        call.violate("body", "nothing to change: send status, complete or cancellable")
    if given.get("complete") is not False:
        _tell_when_complete(call, request)
    changed = world[REQUESTS].change(request.id, updated=world.clock.now(), **given)
    if changed.complete != (changed.status == "completed") and not given.keys().isdisjoint(("status", "complete")):
        call.violate(
            "body.status" if changed.complete else "body.complete",
            f"complete is {str(changed.complete).lower()} while status is {changed.status}",
        )
    return changed


def create_alert(world: World, call: Call, request: AtoRequest, new: NewAlert) -> Alert:
    """Add an alert, or under the setting `repeated_provider_id: update` replace the one it repeats."""
    _tell_when_complete(call, request)
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


def _tell_when_complete(call: Call, request: AtoRequest) -> None:
    if request.complete:
        call.violate("body.requestId", "this request is complete already; complete: false opens it again")


def progress(world: World, request: AtoRequest) -> Progress:
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
        "distributions": [webhooks.distribution_entry(world[DISTRIBUTIONS][each]) for each in request.distributions],
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
