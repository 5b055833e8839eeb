"""An ATO request as Studio's people see it: started, watched, cancelled; and forged, to try a plugin's guard."""

from __future__ import annotations

from typing import Literal

from mockserver.errors import Refused
from mockserver.platforms.motar import ato, webhooks
from mockserver.platforms.motar.actions.arguments import ANYBODY, Arguments
from mockserver.platforms.motar.models import APPS, ORGANIZATIONS, PLUGINS, REQUESTS, USERS, AtoRequest
from mockserver.platforms.motar.results import (
    CancelledRequest,
    ChangedReport,
    ForgedWebhook,
    Progress,
    StartedRequest,
)
from mockserver.platforms.motar.studio import find_app, find_plugin, find_request, find_user, member, working_plugin
from mockserver.platforms.motar.uris import endpoint_problem, is_header_value
from mockserver.platforms.motar.webhooks import MAY_SEND
from mockserver.world.actions import action
from mockserver.world.outbox import DELIVERIES
from mockserver.world.world import World


class StartAtoRequest(Arguments, frozen=True):
    app: str | None = None
    plugin: str | None = None
    package_name: str | None = None
    by: str | None = None


@action("motar.start_ato_request")
def start_ato_request(world: World, args: StartAtoRequest) -> StartedRequest:
    """An owner of an app starts an ATO request for it; MOTAR sends the webhook to the plugin."""
    app = find_app(world, args.app)
    plugin = working_plugin(world, find_plugin(world, args.plugin))
    requester = world[USERS][app.owners[0]] if args.by is None else find_user(world, args.by)
    if requester.id not in app.owners:
        owners = ", ".join(world[USERS][each].handle for each in app.owners)
        raise Refused(
            f"{requester.handle} does not own {app.name!r}; only an owner may start an ATO request.",
            hint=f"Let an owner do it: {owners}.",
        )
    now = world.clock.now()
    request = world[REQUESTS].insert(
        AtoRequest(
            id=world.mint.hex(24, "motar.ato_request"),
            app=app.id,
            plugin=plugin.id,
            requested_by=requester.id,
            package_name=args.package_name or f"{app.name} ATO Package",
            created=now,
            updated=now,
        )
    )
    delivery = webhooks.announce_request(world, request)
    return {"request_id": request.id, "status": request.status, "delivery": delivery.id}


class SetReport(Arguments, frozen=True):
    request: str | None = None
    report_uri: str | None = None


@action("motar.set_report")
def set_report(world: World, args: SetReport) -> ChangedReport:
    """Set or clear where a request's report lies; documents sent from then on hold it as reportUri.

    Under the setting `resend_on_change` the document is sent again.
    """
    request = find_request(world, args.request)
    problem = None if args.report_uri is None else endpoint_problem(args.report_uri)
    if problem is not None:
        raise Refused(f"{args.report_uri!r} cannot be a report's URI: {problem}.", hint="Such as https://x.example/1.")
    changed = world[REQUESTS].change(request.id, report_uri=args.report_uri, updated=world.clock.now())
    deliveries = webhooks.resend_documents(world, [changed])
    return {"request_id": request.id, "report_uri": args.report_uri, "deliveries": deliveries}


class OneRequest(Arguments, frozen=True):
    request: str | None = None
    by: str | None = None


class OneDelivery(Arguments, frozen=True):
    delivery: str


@action(MAY_SEND)
def may_send(world: World, args: OneDelivery) -> None:
    """Refuse when a webhook must not be sent again: its plugin rests."""
    request = world[REQUESTS][world[DELIVERIES][args.delivery].about]
    working_plugin(world, world[PLUGINS][request.plugin])


@action("motar.cancel_ato_request")
def cancel_ato_request(world: World, args: OneRequest) -> CancelledRequest:
    """A user of the owning organization cancels a request; only while it is cancellable and not complete.

    No webhook tells the plugin (none is documented); its next call is refused with 400 and code 4006. It is the
    plugin that rejects a request, by status action-required and an alert of type error.
    """
    request = find_request(world, args.request)
    app = world[APPS][request.app]
    member(world, world[ORGANIZATIONS][app.organization], args.by, ANYBODY, "cancelling an ATO request")
    if request.cancelled is not None:
        raise Refused(
            f"The ATO request {request.id} was cancelled already.", hint="Start another: motar.start_ato_request."
        )
    working_plugin(world, world[PLUGINS][request.plugin])
    if request.complete:
        raise Refused(
            f"The ATO request {request.id} is complete.",
            hint="The plugin opens it again with complete: false at /plugin/v1/ato/status.",
        )
    if not request.cancellable:
        raise Refused(
            f"The ATO request {request.id} cannot be cancelled now.",
            hint="The plugin allows it with cancellable: true at /plugin/v1/ato/status.",
        )
    now = world.clock.now()
    world[REQUESTS].change(request.id, cancelled=now, updated=now)
    return {"request_id": request.id, "cancelled": True}


class ViewProgress(Arguments, frozen=True):
    request: str | None = None


@action("motar.view_progress")
def view_progress(world: World, args: ViewProgress) -> Progress:
    """Look at Studio's package progress view: status, distributions and every alert in order."""
    return ato.progress(world, find_request(world, args.request))


class ForgeWebhook(Arguments, frozen=True):
    request: str | None = None
    forge: Literal["origin", "credentials"] = "origin"
    origin: str = "https://evil.example"


@action("motar.forge_webhook")
def forge_webhook(world: World, args: ForgeWebhook) -> ForgedWebhook:
    """Send the request document as somebody who is not MOTAR would: a plugin should refuse it.

    `origin` sends the right credentials with a foreign origin mark, `credentials` the right mark
    with a wrong client secret.
    """
    if not is_header_value(args.origin):
        raise Refused(f"{args.origin!r} cannot be sent in a header.", hint="Such as https://evil.example.")
    request = find_request(world, args.request)
    plugin = working_plugin(world, world[PLUGINS][request.plugin])
    assert plugin.request_endpoint is not None, "an active plugin has a request endpoint"
    delivery = webhooks.send_webhook(
        world,
        plugin,
        "motar.ato.forged",
        request.id,
        plugin.request_endpoint,
        webhooks.request_document(world, request),
        client_secret=f"iok-cse-{'0' * 48}" if args.forge == "credentials" else None,
        origin=args.origin if args.forge == "origin" else None,
    )
    return {"request_id": request.id, "delivery": delivery.id}
