"""App versions as OAuth clients of a provider: registered, updated and removed over the network (RFC 7591, RFC 7592).

One call at a time: what is asked while another call is under way is done when its answer is there, so that
a client is never made twice, and one that is deleted before the provider answered is deleted after.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mockserver.platforms.akana.models import APPS, GROUPS, USERS, AppVersion
from mockserver.platforms.akana.models_work import REGISTRATIONS, ClientRegistration
from mockserver.platforms.akana.results import ShownRegistration
from mockserver.platforms.akana.settings import AkanaSettings
from mockserver.world.actions import action
from mockserver.world.clock import iso
from mockserver.world.outbox import DELIVERIES, Attempt
from mockserver.world.world import World

OUTCOME = "akana.internal.client_registration_answered"
UNDER_WAY = ("registering", "updating", "deleting")
GONE = (401, 404, 410)
"""What a provider answers about a client that it does not know (any more): RFC 7592 has 401 for it."""

NO_CLIENT: dict[str, None] = dict.fromkeys(("client_id", "client_secret", "access_token", "client_uri"))
EVENTS = {"registering": "register", "updating": "update", "deleting": "delete"}


def reset(world: World, version: AppVersion) -> ClientRegistration | None:
    """Register the version's client, or bring it up to date; None where no provider is configured."""
    if world.settings(AkanaSettings).registration_endpoint is None:
        return None
    metadata = client_metadata(world, version)
    known = _registration(world, version.id)
    if known.state in UNDER_WAY:
        return _change(world, known, wanted="reset", metadata=metadata)
    return _upsert(world, _change(world, known, metadata=metadata))


def remove(world: World, version_id: str) -> ClientRegistration | None:
    """Delete the version's client at the provider; one that was never registered, or is gone, costs no call."""
    known = world[REGISTRATIONS].get(version_id)
    if known is None or known.state == "deleting":
        return known
    if known.state in UNDER_WAY:
        return _change(world, known, wanted="delete")
    return _delete(world, known) if known.client_uri is not None else known


def client_metadata(world: World, version: AppVersion) -> dict[str, Any]:
    """What a provider is told of a version: the client metadata of RFC 7591."""
    app = world[APPS].get(version.app)
    team = world[GROUPS].get(app.team) if app is not None else None
    oauth = version.oauth
    confidential = oauth.confidential
    told: dict[str, Any] = {
        "client_name": f"{app.name if app else ''} {version.name}".strip(),
        "application_type": oauth.application_type,
        "redirect_uris": list(oauth.redirect_uris),
        "grant_types": list(oauth.authorization.grant_types),
        "response_types": [
            kind
            for grant, kind in (("authorization_code", "code"), ("implicit", "token"))
            if grant in oauth.authorization.grant_types
        ],
        "token_endpoint_auth_method": "client_secret_basic" if confidential else "none",
        "contacts": [user.email for each in (team.members if team else ()) if (user := world[USERS].get(each))],
        "software_id": version.identity,
        "software_version": version.name,
    }
    if oauth.authorization.scopes:
        told["scope"] = " ".join(oauth.authorization.scopes)
    if version.website:
        told["client_uri"] = version.website
    return told


class Answered(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: str
    delivery: str


@action(OUTCOME)
def client_registration_answered(world: World, args: Answered) -> ClientRegistration:
    """Take in what a provider answered, and do what was asked for meanwhile."""
    known = world[REGISTRATIONS][args.version]
    attempt = world[DELIVERIES][args.delivery].attempts[-1]
    succeeded = attempt.error is None and attempt.status is not None and 200 <= attempt.status < 300
    if succeeded and known.state == "deleting":
        known = _change(world, known, state="deleted", **NO_CLIENT)
    elif succeeded:
        known = _take_in(world, known, attempt)
    else:
        reason = attempt.error or f"the provider answered {attempt.status}"
        unknown = NO_CLIENT if known.state != "registering" and attempt.status in GONE else {}
        known = _change(world, known, state="failed", error=reason, **unknown)
    wanted, known = known.wanted, _change(world, known, wanted=None)
    if wanted == "delete":
        return _delete(world, known) if known.client_uri is not None else known
    return _upsert(world, known) if wanted == "reset" else known


def _take_in(world: World, known: ClientRegistration, attempt: Attempt) -> ClientRegistration:
    """Keep the client's id and the access to its registration; an answer without them is a failure."""
    try:
        told = msgspec.json.decode(attempt.body)
    except msgspec.DecodeError:
        told = None
    if not isinstance(told, dict) or not isinstance(told.get("client_id"), str):
        return _change(world, known, state="failed", error="the provider's answer holds no client_id")
    uri = told.get("registration_client_uri", known.client_uri)
    token = told.get("registration_access_token", known.access_token)
    if not isinstance(uri, str) or not isinstance(token, str):
        missing = "registration_client_uri and registration_access_token"
        return _change(world, known, state="failed", error=f"the provider's answer lacks {missing}")
    secret = told.get("client_secret", known.client_secret)
    return _change(
        world,
        known,
        state="registered",
        client_id=told["client_id"],
        client_secret=secret if isinstance(secret, str) else None,
        access_token=token,
        client_uri=uri,
        error=None,
    )


def _registration(world: World, version_id: str) -> ClientRegistration:
    return world[REGISTRATIONS].get(version_id) or ClientRegistration(id=version_id, updated=world.clock.now())


def _upsert(world: World, known: ClientRegistration) -> ClientRegistration:
    if known.client_uri is None:
        endpoint = world.settings(AkanaSettings).registration_endpoint
        assert endpoint is not None, "what is under way was asked of an endpoint"
        token = world.settings(AkanaSettings).registration_token
        return _send(world, _change(world, known, state="registering"), "POST", endpoint, token, known.metadata)
    # RFC 7592: the whole metadata again, with the id; the secret only as it was given.
    told: dict[str, Any] = {**known.metadata, "client_id": known.client_id}
    if known.client_secret is not None:
        told["client_secret"] = known.client_secret
    return _send(world, _change(world, known, state="updating"), "PUT", known.client_uri, known.access_token, told)


def _delete(world: World, known: ClientRegistration) -> ClientRegistration:
    assert known.client_uri is not None
    return _send(world, _change(world, known, state="deleting"), "DELETE", known.client_uri, known.access_token, None)


def _send(
    world: World, known: ClientRegistration, method: str, url: str, token: str | None, document: object
) -> ClientRegistration:
    headers = [("accept", "application/json")]
    if document is not None:
        headers.append(("content-type", "application/json"))
    if token is not None:
        headers.append(("authorization", f"Bearer {token}"))
    world.outbox.send(
        f"akana.oauth_client.{EVENTS[known.state]}",
        about=known.id,
        url=url,
        method=method,
        headers=tuple(headers),
        body="" if document is None else msgspec.json.encode(document).decode(),
        retry_after=world.webhook_retries,
        outcome=OUTCOME,
        outcome_arguments={"version": known.id},
    )
    return known


def _change(world: World, known: ClientRegistration, **fields: Any) -> ClientRegistration:
    return world[REGISTRATIONS].put(msgspec.structs.replace(known, updated=world.clock.now(), **fields))


def shown(known: ClientRegistration) -> ShownRegistration:
    """A registration as people may see it: without the provider's secrets."""
    return {"state": known.state, "client_id": known.client_id, "error": known.error, "updated": iso(known.updated)}
