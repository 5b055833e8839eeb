"""Permission files that go to AAA directly: taken, worked on, told to a callback."""

from __future__ import annotations

import hashlib

import msgspec

from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.makers import uuid
from mockserver.platforms.os1.models import ORGANIZATIONS, TENANTS, App, Tenant
from mockserver.platforms.os1.models_aaa import UPLOADS, PermissionFile, Upload
from mockserver.platforms.os1.permissions import held, push, set_of
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.world.actions import action
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

FINISH = "os1.internal.finish_upload"
EVENT = "os1.aaa.upload"


class FinishUpload(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of the timer's work."""

    upload: str


def check_owner(world: World, tenant: Tenant, by: App, app: App) -> None:
    """Raise the refusal when a production tenant's permissions of an app would be another organization's doing."""
    if tenant.type == "production" and by.organization != app.organization:
        owner = world[ORGANIZATIONS][app.organization].name
        raise Error.OWNERSHIP.stop(
            f"The permissions of {app.listing} in the production tenant {tenant.id} are for {owner} to upload; "
            f"{by.listing} belongs to {world[ORGANIZATIONS][by.organization].name}.",
            gate="ownership",
            owner=owner,
        )


def take(
    world: World, tenant: Tenant, file: PermissionFile, *, by: str, callback: str | None, secret: str | None
) -> Upload:
    """Take a file to be worked on in a while."""
    upload = world[UPLOADS].insert(
        Upload(
            id=uuid(world, "upload"),
            tenant=tenant.id,
            file=file,
            by=by,
            created=world.clock.now(),
            callback=callback,
            secret=(secret or world.mint.hex(32, "os1.callback_secret")) if callback else None,
        )
    )
    duration = parse_duration(world.settings(Os1Settings).upload_duration)
    world.timers.after(duration, FINISH, upload=upload.id)
    return upload


@action(FINISH)
def finish(world: World, args: FinishUpload) -> None:
    """Put an upload into effect, or have it fail, and tell its callback."""
    upload = world[UPLOADS][args.upload]
    tenant = world[TENANTS][upload.tenant]
    if tenant.down:
        upload = world[UPLOADS].change(upload.id, state="failed", reason=(f"The tenant {tenant.id} is down.",))
    else:
        apply(world, tenant, upload.file)
        upload = world[UPLOADS].change(upload.id, state="completed")
    if upload.callback is not None:
        _call_back(world, upload)


def apply(world: World, tenant: Tenant, file: PermissionFile) -> None:
    """Give a tenant these permissions in place of those it holds of the app; version and credentials stay."""
    before = held(world, tenant.id, file.app_id)
    push(
        world,
        tenant.id,
        file.app_id,
        set_of(world, file).id,
        version=before.version if before is not None else None,
        environment=before.environment if before is not None else "development",
    )


def shown(upload: Upload) -> dict[str, object]:
    """An upload as its status request shows it."""
    return {
        "tenantId": upload.tenant,
        "statusId": upload.id,
        "status": upload.state,
        "reason": list(upload.reason),
    }


def _call_back(world: World, upload: Upload) -> None:
    assert upload.callback is not None
    secret = upload.secret or ""
    document: dict[str, object] = {
        "tenantId": upload.tenant,
        "status": "success" if upload.state == "completed" else "failed",
        "data": shown(upload),
    }
    if upload.reason:
        document["reason"] = list(upload.reason)
    body = msgspec.json.encode(document).decode()
    world.outbox.send(
        EVENT,
        about=upload.id,
        url=upload.callback,
        headers=(
            ("content-type", "application/json"),
            ("x-coreos-hmac-signature", signature(body, secret)),
            ("x-coreos-callback-secret", secret),
        ),
        body=body,
        retry_after=world.webhook_retries,
    )


def signature(body: str, secret: str) -> str:
    """How a callback is signed, as one public client checks it: a plain hash over body and secret, no real HMAC."""
    return hashlib.sha256((body + secret).encode()).hexdigest()
