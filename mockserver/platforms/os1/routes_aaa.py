"""AAA: tokens for apps, permission files, and whether a token may call a path."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from mockserver.platforms.os1 import manifest, uploads
from mockserver.platforms.os1.access import may_call
from mockserver.platforms.os1.carriers import AAA_SPEC, CLIENT_ID, CORE, EXT_AUTH_SPEC
from mockserver.platforms.os1.core_callers import (
    check_admin,
    check_client,
    check_request_id,
    core_caller_of,
    issue_core_token,
    tenant_named,
)
from mockserver.platforms.os1.directory import app_named
from mockserver.platforms.os1.errors import Error, core_answer, decode, listed
from mockserver.platforms.os1.manifest import MAX_BYTES
from mockserver.platforms.os1.models_aaa import UPLOADS
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Answer, BadBody, Call, Evidence, Reply, Route
from mockserver.wire.multipart import Part, parts_of
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

AUDIENCE = "platform:app:coreos"
MAX_BODY = MAX_BYTES + 64 * 1024
"""The file, and room for what multipart adds."""


class ClientCredentials(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of the token call; other properties are refused."""

    client_id: str
    client_secret: str
    audience: str | None = None


class Authorize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of the authorize call: may the token call this?"""

    path: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    method: Literal["get", "put", "post", "delete", "patch"]


class CoreHeaders(msgspec.Struct, frozen=True, rename={"request_id": "X-COREOS-REQUEST-ID", "tid": "X-COREOS-TID"}):
    """What every core call carries; the tenant may be named by the host instead."""

    request_id: str
    tid: str | None = None


class UploadForm(msgspec.Struct, frozen=True):
    """The permission file, of at most 375 KB, and where to tell what became of it."""

    file: bytes
    callback: str


class AdminUploadForm(msgspec.Struct, frozen=True):
    """The permission file, of at most 375 KB."""

    file: bytes


class Envelope(msgspec.Struct, frozen=True):
    """Success: what was asked for, and the request."""

    data: Any
    request: dict[str, Any]


def token(world: World, call: Call) -> Answer:
    """A token for an app, for its credentials."""
    check_request_id(call)
    body = decode(call, ClientCredentials)
    beyond = sorted(set(call.json()) - {"clientId", "clientSecret", "audience"})
    if beyond:
        raise Error.UNUSABLE.stop(f"No other properties are taken: {listed(beyond)}.")
    if body.audience is not None and body.audience != AUDIENCE and app_named(world, body.audience) is None:
        raise Error.VALUE.stop(f"audience: {body.audience!r} is no app; leave it out or send {AUDIENCE}.")
    tenant = tenant_named(world, call)
    client = check_client(world, body.client_id, body.client_secret, tenant)
    call.authenticated_by = "client credentials"
    issued = issue_core_token(world, tenant=tenant, client=client)
    lifetime = int(parse_duration(world.settings(Os1Settings).core_token_lifetime).total_seconds())
    return core_answer(call, {"accessToken": issued.token, "tokenType": "Bearer", "expiresIn": lifetime})


def upload(world: World, call: Call) -> Answer:
    """Upload an app's permission file to a tenant; the callback is told what became of it."""
    caller = core_caller_of(world, call)
    by = caller.app(world)
    parts = _parts(call)
    file = _file(parts)
    callback = _callback(parts)
    app, permissions = manifest.read_app_file(world, file.content, file.filename or "file")
    uploads.check_owner(world, caller.tenant, by, app)
    taken = uploads.take(
        world,
        caller.tenant,
        permissions,
        by=by.urn,
        callback=callback,
        secret=call.header("x-coreos-callback-secret"),
    )
    return core_answer(call, {"id": taken.id}, status=202)


def admin_upload(world: World, call: Call) -> Answer:
    """Upload an app's permission file as a tenant's administrator; it is in effect at once."""
    tenant = check_admin(world, call)
    file = _file(_parts(call))
    app, permissions = manifest.read_app_file(world, file.content, file.filename or "file")
    uploads.apply(world, tenant, permissions)
    return core_answer(call, {"id": app.urn})


def upload_status(world: World, call: Call) -> Answer:
    """What became of an upload."""
    caller = core_caller_of(world, call)
    found = world[UPLOADS].get(call.params["statusId"])
    if found is None or found.tenant != caller.tenant.id:
        raise Error.NOT_FOUND.stop(f"There is no upload {call.params['statusId']!r} in {caller.tenant.id}.")
    return core_answer(call, [uploads.shown(found)])


def validate(world: World, call: Call) -> Answer:
    """Whether a token is good in a tenant."""
    core_caller_of(world, call)
    return core_answer(call, {"response": "success"})


def authorize(world: World, call: Call) -> Answer:
    """Whether a token's roles give it a method on a path in a tenant."""
    caller = core_caller_of(world, call)
    body = decode(call, Authorize)
    verdict = may_call(world, caller.tenant.id, caller.token, body.path, body.method)
    if not verdict.allowed:
        raise Error.DENIED.stop(verdict.reason, tenantId=caller.tenant.id, path=body.path, method=body.method)
    return core_answer(call, {"response": "success"})


def _parts(call: Call) -> tuple[Part, ...]:
    try:
        return parts_of(call)
    except BadBody as error:
        raise Error.UNUSABLE.stop(error.reason) from None


def _file(parts: tuple[Part, ...]) -> Part:
    file = next((each for each in parts if each.name == "file"), None)
    if file is None:
        raise Error.MISSING.stop("The form has no part named file: the permission file, as YAML.")
    return file


def _callback(parts: tuple[Part, ...]) -> str:
    sent = next((each.text.strip() for each in parts if each.name == "callback"), None)
    if not sent:
        raise Error.MISSING.stop("The form has no part named callback: a URL that is told what became of the file.")
    if not sent.startswith(("http://", "https://")) or any(each.isspace() for each in sent):
        raise Error.VALUE.stop(f"callback must be an http or https URL, not {sent[:80]!r}.")
    return sent


_DONE = Reply(200, "Done.", Envelope)
_REFUSED = (400, 401, 403, 404)
_AAA = "/core/api/v1/aaa"

ROUTES = (
    Route(
        "POST",
        f"{_AAA}/auth/client-credentials",
        token,
        "A token for an app's credentials",
        Evidence(
            "observed",
            "observed",
            "observed",
            "clientId is the client key or the service key. The tenant is the host's or X-COREOS-TID's, which may be "
            "missing here. An app that is onboarded to the tenant must use the credentials it was onboarded with.",
        ),
        (CLIENT_ID,),
        request=ClientCredentials,
        source=AAA_SPEC,
        fields=CoreHeaders,
        replies=(_DONE,),
        refused=_REFUSED,
        security=("none",),
    ),
    Route(
        "POST",
        f"{_AAA}/apps/upload",
        upload,
        "Upload an app's permission file to a tenant",
        Evidence(
            "observed",
            "observed",
            "assumed",
            "202 with an id; the callback gets {tenantId, status, reason, data}, signed with a plain SHA-256 over body "
            "and secret in x-coreos-hmac-signature, the secret in x-coreos-callback-secret (sent with the upload, "
            "or made). To a production tenant only the owning organization's apps may upload: 403. Above 375 KB: 413.",
        ),
        (CORE,),
        source=AAA_SPEC,
        fields=CoreHeaders,
        multipart=UploadForm,
        replies=(Reply(202, "Taken.", Envelope),),
        refused=(*_REFUSED, 413),
        max_body=MAX_BODY,
    ),
    Route(
        "POST",
        f"{_AAA}/admin/apps/upload",
        admin_upload,
        "Upload an app's permission file as an administrator",
        Evidence(
            "observed",
            "observed",
            "assumed",
            "200, in effect at once. X-AUTH-KEY, whose making is not published, is a key of the tenant's here; "
            "os1.create_tenant answers it.",
        ),
        (),
        source=AAA_SPEC,
        fields=CoreHeaders,
        multipart=AdminUploadForm,
        replies=(_DONE,),
        refused=(*_REFUSED, 413),
        security=("none",),
        max_body=MAX_BODY,
    ),
    Route(
        "GET",
        f"{_AAA}/apps/upload/{{statusId}}",
        upload_status,
        "What became of an upload",
        Evidence(
            "observed",
            "observed",
            "assumed",
            "data is a list. The values of status are ours: started, completed, failed.",
        ),
        (CORE,),
        source=AAA_SPEC,
        fields=CoreHeaders,
        replies=(_DONE,),
        refused=_REFUSED,
    ),
    Route(
        "POST",
        "/core/api/v1/ext-auth/token/validate",
        validate,
        "Whether a token is good",
        Evidence("observed", "observed", "observed", "In the tenant that host, X-COREOS-TID or the token name."),
        (CORE,),
        source=EXT_AUTH_SPEC,
        fields=CoreHeaders,
        replies=(_DONE,),
        refused=_REFUSED,
    ),
    Route(
        "POST",
        "/core/api/v1/ext-auth/token/authorize",
        authorize,
        "Whether a token may call a path",
        Evidence(
            "observed",
            "observed",
            "observed",
            "An app has the roles its permission file requires, as far as they may be granted to apps; a user of a "
            "tenant those given directly and by groups. 403 says which role would do. {name} in a resourcePath stands "
            "for one segment, a last * for all that follow (assumed).",
        ),
        (CORE,),
        request=Authorize,
        source=EXT_AUTH_SPEC,
        fields=CoreHeaders,
        replies=(_DONE,),
        refused=_REFUSED,
    ),
)
