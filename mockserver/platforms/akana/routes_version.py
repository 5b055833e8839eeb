"""What belongs to one app version: certificate, secret, OAuth profile, public profile, and who may change what."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec

from mockserver.platforms.akana import ids, makers, media, permissions, queries, requests, shapes
from mockserver.platforms.akana.bodies import MAX_UPLOAD, decode, form_of
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.key_info import read_key_info
from mockserver.platforms.akana.models import AppVersion, OAuthProfile, PublicProfile, User
from mockserver.platforms.akana.routing import app_for, route, version_for
from mockserver.platforms.akana.session import caller
from mockserver.wire import Answer, Call, Evidence, Reply
from mockserver.world.clock import iso
from mockserver.world.settings import CoreSettings
from mockserver.world.world import World

SOURCE = "docs: app operations"
FOR_A_FRAME = (
    ("content-type", "text/html;charset=UTF-8"),
    ("cache-control", "no-store"),
    # Read by the page that sent the form to its own frame, and by no other.
    ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"),
)


def get_key_info(world: World, call: Call) -> Answer:
    """Show the certificate or signing request of an app version."""
    version = version_for(world, caller(world, call), call.params["id"])
    if version.key_info is None:
        raise Fault.NOT_FOUND.stop(f"The app version {version.id} has no certificate and no signing request.")
    return media.rendered(call, "KeyInfo", _key_info(version))


def save_key_info(world: World, call: Call) -> Answer:
    """Give an app version a certificate or a signing request; one that was there is replaced."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    files = [part for part in form_of(call).values() if part.filename is not None]
    if len(files) != 1:
        raise Fault.INVALID.stop(f"The form must hold one file, a certificate or CSR in PEM; it holds {len(files)}.")
    comment = queries.comment(call)
    granted = permissions.grant(world, user, version, permissions.SAVE_KEY_INFO, comment)
    key_info = read_key_info(files[0].content, files[0].filename or "", world.clock.now())
    saved = makers.touched(world, version, key_info=key_info)
    permissions.happened(world, user, granted, comment)
    if queries.flag(call, "wrapInHTML"):
        told = escape(msgspec.json.encode(_key_info(saved)).decode())
        page = f"<html><body><textarea>{told}</textarea></body></html>"
        return Answer(200, FOR_A_FRAME, page.encode())
    return media.rendered(call, "KeyInfo", _key_info(saved))


def remove_key_info(world: World, call: Call) -> Answer:
    """Take the certificate or signing request of an app version away."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    comment = queries.comment(call)
    granted = permissions.grant(world, user, version, permissions.REMOVE_KEY_INFO, comment)
    if version.key_info is None:
        raise Fault.NOT_FOUND.stop(f"The app version {version.id} has no certificate and no signing request.")
    makers.touched(world, version, key_info=None)
    permissions.happened(world, user, granted, comment)
    return Answer(200)


def get_secret(world: World, call: Call) -> Answer:
    """Show the shared secret of an app version, to its team and their seniors."""
    version = _own_version(world, call)[1]
    return media.rendered(call, "Secret", shapes.SecretBody(shared_secret=version.shared_secret))


def regenerate_secret(world: World, call: Call) -> Answer:
    """Make a new shared secret; it is not in the answer."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    comment = queries.comment(call)
    granted = permissions.grant(world, user, version, permissions.REGENERATE_SECRET, comment)
    makers.touched(world, version, shared_secret=ids.alphanumeric(world, 40, "secret"))
    permissions.happened(world, user, granted, comment)
    return Answer(200)


def get_oauth(world: World, call: Call) -> Answer:
    """Show the OAuth profile of an app version, to its team and their seniors."""
    return media.rendered(call, "OAuthProfile", _oauth(_own_version(world, call)[1].oauth))


def change_oauth(world: World, call: Call) -> Answer:
    """Change the OAuth profile; its Authorization section has a rule of its own."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    given = decode(call, shapes.OAuthBody)
    _check_redirect_uris(world, given)
    comment = queries.comment(call)
    granted = permissions.grant(world, user, version, permissions.EDIT_OAUTH, comment)
    authorization = version.oauth.authorization
    if given.authorization is not msgspec.UNSET:
        changed = msgspec.structs.replace(authorization, **_given(given.authorization))
        if changed != authorization:
            permissions.grant_authorization(world, user, version)
            authorization = changed
    fields = {**_given(given), "authorization": authorization}
    makers.touched(world, version, oauth=msgspec.structs.replace(version.oauth, **fields))
    permissions.happened(world, user, granted, comment)
    return media.rendered(call, "OAuthProfile", _oauth(msgspec.structs.replace(version.oauth, **fields)))


def _check_redirect_uris(world: World, given: shapes.OAuthBody) -> None:
    most = world.settings(CoreSettings).max_redirect_uris
    if given.redirect_uris is not msgspec.UNSET and len(given.redirect_uris) > most:
        told = f"{len(given.redirect_uris)} RedirectURIs are more than {most}"
        raise Fault.INVALID.stop(f"{told}; the world's setting core.max_redirect_uris is how many a client may have.")


def get_profile(world: World, call: Call) -> Answer:
    """Show the public profile of an app version."""
    version = version_for(world, caller(world, call), call.params["id"])
    return media.rendered(call, "PublicProfile", _profile(version.profile))


def change_profile(world: World, call: Call) -> Answer:
    """Change the public profile of an app version."""
    given = decode(call, shapes.ProfileBody) if call.method == "PUT" else shapes.ProfileBody(picture_id=None)
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    comment = queries.comment(call)
    granted = permissions.grant(world, user, version, permissions.EDIT_PROFILE, comment)
    fields = _given(given)
    if "picture_id" in fields:
        fields["picture"] = fields.pop("picture_id")
    changed = msgspec.structs.replace(version.profile, **fields)
    makers.touched(world, version, profile=changed)
    permissions.happened(world, user, granted, comment)
    return media.rendered(call, "PublicProfile", _profile(changed))


def get_permissions(world: World, call: Call) -> Answer:
    """List what the caller may do with an app version: each edit, and which action or condition decides it."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    found = permissions.all_permissions(world, user, version)
    body = shapes.PermissionsBody(runtime_id=version.id, permission=tuple(found))
    return media.rendered(call, "Permissions", body)


def _own_version(world: World, call: Call) -> tuple[User, AppVersion]:
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    app_for(world, user, version.app)
    return user, version


def _given(body: msgspec.Struct) -> dict[str, Any]:
    """The fields that a client sent, but for the section that is read by itself."""
    values = {name: getattr(body, name) for name in body.__struct_fields__ if name != "authorization"}
    return {name: value for name, value in values.items() if value is not msgspec.UNSET}


def _key_info(version: AppVersion) -> shapes.KeyInfoBody:
    held = version.key_info
    assert held is not None
    return shapes.KeyInfoBody(type=held.type, file_name=held.file_name, content=held.pem, updated=iso(held.uploaded))


def _oauth(profile: OAuthProfile) -> shapes.OAuthBody:
    return shapes.OAuthBody(
        application_type=profile.application_type,
        confidential=profile.confidential,
        redirect_uris=profile.redirect_uris,
        authorization=shapes.AuthorizationBody(
            grant_types=profile.authorization.grant_types,
            scopes=profile.authorization.scopes,
            token_lifetime=profile.authorization.token_lifetime,
        ),
    )


def _profile(profile: PublicProfile) -> shapes.ProfileBody:
    return shapes.ProfileBody(title=profile.title, text=profile.text, picture_id=profile.picture)


_BY_WORKFLOW = "Of a governed version the workflow decides; afterwards {} runs where it is available. "
_OURS = "The path and the fields are ours: the vendor's are on no public page."

ROUTES = (
    route(
        "GET",
        "/api/apps/versions/{id}/keyinfo",
        get_key_info,
        "Show an app version's certificate or CSR",
        Evidence("documented", "assumed", "assumed", "The fields are ours. Without either it is 404."),
        source=SOURCE,
        replies=shapes.reply(shapes.KeyInfoBody),
    ),
    route(
        "POST",
        "/api/apps/versions/{id}/keyinfo",
        save_key_info,
        "Save an app version's certificate or CSR",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            _BY_WORKFLOW.format("@KeyInfoSaved")
            + "PEM, in the form's one file, at most 64 kB; wrapInHTML is honoured.",
        ),
        source=SOURCE,
        multipart=requests.KeyInfoForm,
        max_body=MAX_UPLOAD,
        replies=(Reply(200, "Saved.", shapes.KeyInfoBody, (*shapes.JSON_XML, "text/html")),),
    ),
    route(
        "DELETE",
        "/api/apps/versions/{id}/keyinfo",
        remove_key_info,
        "Remove an app version's certificate or CSR",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            _BY_WORKFLOW.format("@RemoveCert and then @KeyInfoRemoved") + "The body is empty.",
        ),
        source=SOURCE,
        replies=shapes.EMPTY,
    ),
    route(
        "GET",
        "/api/apps/versions/{id}/secret",
        get_secret,
        "Show an app version's shared secret",
        Evidence("documented", "assumed", "assumed", "The field SharedSecret is as in the body of a new version."),
        source=SOURCE,
        replies=shapes.reply(shapes.SecretBody),
    ),
    route(
        "PUT",
        "/api/apps/versions/{id}/secret",
        regenerate_secret,
        "Make a new shared secret",
        Evidence(
            "documented",
            "documented",
            "assumed",
            _BY_WORKFLOW.format("@RegeneratedSecret") + "The answer does not hold the secret; its body is empty.",
        ),
        source=SOURCE,
        replies=shapes.EMPTY,
    ),
    route(
        "GET",
        "/api/apps/versions/{id}/oauthprofile",
        get_oauth,
        "Show an app version's OAuth profile",
        Evidence("assumed", "assumed", "assumed", _OURS),
        source="assumed",
        replies=shapes.reply(shapes.OAuthBody),
    ),
    route(
        "PUT",
        "/api/apps/versions/{id}/oauthprofile",
        change_oauth,
        "Change an app version's OAuth profile",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            _OURS + " A change of the Authorization section also needs a Business or Site Admin, or "
            "reserved-allow-oauth-auz-details-update. Afterwards @EditOAuthDetails runs where it is available.",
        ),
        source="assumed",
        request=shapes.OAuthBody,
        replies=shapes.reply(shapes.OAuthBody),
    ),
    route(
        "GET",
        "/api/apps/versions/{id}/publicprofile",
        get_profile,
        "Show an app version's public profile",
        Evidence("assumed", "assumed", "assumed", _OURS),
        source="assumed",
        replies=shapes.reply(shapes.ProfileBody),
    ),
    route(
        "PUT",
        "/api/apps/versions/{id}/publicprofile",
        change_profile,
        "Change an app version's public profile",
        Evidence("assumed", "assumed", "assumed", _OURS + " Allowed by @Modify or @EditPublicProfile."),
        source="assumed",
        request=shapes.ProfileBody,
        replies=shapes.reply(shapes.ProfileBody),
    ),
    route(
        "DELETE",
        "/api/apps/versions/{id}/publicprofile/picture",
        change_profile,
        "Remove the picture of an app version's public profile",
        Evidence("documented", "assumed", "assumed", "Answers the profile that is left."),
        source=SOURCE,
        replies=shapes.reply(shapes.ProfileBody),
    ),
    route(
        "GET",
        "/api/apps/versions/{id}/permissions",
        get_permissions,
        "List what one may do with an app version, and why not",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            "An addition of ours, to find out why a button is grey: Akana has no such endpoint. For approvals a "
            "contract that waits counts as approved, as it does while it is being approved.",
        ),
        source="ours",
        replies=shapes.reply(shapes.PermissionsBody),
    ),
)
