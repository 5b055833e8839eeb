"""Onboarding to tenants: the new API and the legacy one, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import msgspec

from mockserver.platforms.os1.callers import Caller, caller_of
from mockserver.platforms.os1.carriers import DEVELOPER, ONBOARDING_PAGE
from mockserver.platforms.os1.directory import subject_of, version_with
from mockserver.platforms.os1.errors import Error, decode
from mockserver.platforms.os1.models import EVENTS, AppVersion, Tenant
from mockserver.platforms.os1.models_onboarding import ONBOARDINGS, STEPS, Api
from mockserver.platforms.os1.onboarding import Order, accept, listed_tenants, stack_tenants
from mockserver.platforms.os1.parameters import whole_number
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.platforms.os1.status import MOST_LOGS, describe, entry
from mockserver.wire import Answer, Call, Evidence, Reply, Route, json_answer
from mockserver.world.clock import iso
from mockserver.world.world import World

NEW, LEGACY = "/developer/tenants/v2/onboarding", "/developer/tenants/onboarding"
OVERWRITE = "stackCredentialOverwrite"
DEPRECATION = (("deprecation", "@1706745600"), ("link", f'<{NEW}>; rel="successor-version"'))
"""RFC 9745's header; the instant is the first of February 2024, the month of the vendor's announcement."""

LONGEST_RANGE = 31


class InitEntry(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """An app in a caller's init sequence, and the place it shall have; without one, entries count as they come."""

    app_id: str | None = None
    app_version_id: str | None = None
    sequence: int | None = None


class OnboardV1(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of the legacy onboarding. An app of `initSequence` is named by id, URN, listing or version id."""

    version_id: str
    tenant_ids: str | tuple[str, ...] | None = None
    stack_id: str | None = None
    stack_credential_overwrite: str | None = None
    init_sequence: tuple[str | InitEntry, ...] | None = None


class OnboardV2(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Body of the new onboarding; whatever `initSequence` holds is ignored."""

    version_id: str
    tenant_ids: str | tuple[str, ...] | None = None
    stack_id: str | None = None
    stack_credential_overwrite: str | None = None
    init_sequence: Any = None


class OverwriteQuery(msgspec.Struct, frozen=True, rename="camel"):
    """`production`, in either case, or nothing."""

    stack_credential_overwrite: str | None = None


class Accepted(msgspec.Struct, frozen=True):
    """What an accepted onboarding answers: `data` names it to the status request."""

    data: str | dict[str, str]


class StatusQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which tenants' logs to show: one's, or so many from an offset on."""

    tenant_id: str | None = None
    offset: Annotated[int, msgspec.Meta(ge=0)] = 0
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST_LOGS)] = MOST_LOGS


class NamedStatusQuery(StatusQuery, frozen=True, rename="camel"):
    """The same, with the onboarding in the query."""

    status_id: str = ""


class RangeQuery(msgspec.Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """Days as `2026-01-31`, both included, at most 31 of them."""

    first: str
    last: str


class Told(msgspec.Struct, frozen=True):
    """An object in `data`."""

    data: dict[str, Any]


def onboard_v2(world: World, call: Call) -> Answer:
    """Onboard an app or a solution, in the order that its permission files ask for."""
    caller = caller_of(world, call)
    body = decode(call, OnboardV2)
    if body.init_sequence is not None:
        call.note("body.initSequence", "ignored: this API works the sequence out from the permission files")
    return _onboard(world, call, "v2", body, None, caller)


def onboard_v1(world: World, call: Call) -> Answer:
    """Onboard an app or a solution, in the order that the caller gives."""
    caller = caller_of(world, call)
    body = decode(call, OnboardV1)
    if body.init_sequence is None:
        raise Error.MISSING.stop(
            f"initSequence is missing: name the apps in their order, or let it be worked out by POST {NEW}."
        )
    return _onboard(world, call, "v1", body, _in_order(body.init_sequence), caller)


def _onboard(
    world: World,
    call: Call,
    api: Api,
    body: OnboardV1 | OnboardV2,
    init_sequence: tuple[str, ...] | None,
    caller: Caller,
) -> Answer:
    overwrite = _overwrite(call, body.stack_credential_overwrite)
    version = version_with(world, body.version_id)
    if version is None:
        raise Error.NOT_FOUND.stop(
            f"versionId: there is no app version and no solution version {body.version_id!r}.",
            versionId=body.version_id,
        )
    order = Order(
        version=version,
        tenants=_tenants(world, body),
        stack=body.stack_id,
        api=api,
        overwrite=overwrite,
        init_sequence=init_sequence,
    )
    onboarding = accept(world, caller, order, call.note)
    settings = world.settings(Os1Settings)
    data: Any = onboarding.id if settings.onboarding_data == "id" else {"id": onboarding.id}
    legacy = api == "v1" and settings.legacy_api == "v1"
    return json_answer(
        {"data": data}, status=200 if isinstance(version, AppVersion) else 202, headers=DEPRECATION if legacy else ()
    )


def _tenants(world: World, body: OnboardV1 | OnboardV2) -> Sequence[Tenant]:
    if (body.tenant_ids is None) == (body.stack_id is None):
        raise Error.MISSING.stop(
            "Send either tenantIds or stackId" + (", not both." if body.stack_id is not None else "; neither came.")
        )
    if body.stack_id is not None:
        return stack_tenants(world, body.stack_id)
    assert body.tenant_ids is not None
    return listed_tenants(world, (body.tenant_ids,) if isinstance(body.tenant_ids, str) else body.tenant_ids)


def _overwrite(call: Call, in_body: str | None) -> bool:
    """Whether production credentials are forced, by the query or the body."""
    sent = [value for value in (call.query_value(OVERWRITE), in_body) if value is not None]
    for value in sent:
        if value.lower() != "production":
            raise Error.VALUE.stop(f"{OVERWRITE}: the only value is production, got {value!r}.")
    return bool(sent)


def _in_order(entries: tuple[str | InitEntry, ...]) -> tuple[str, ...]:
    places: list[tuple[int, str]] = []
    for n, each in enumerate(entries):
        if isinstance(each, str):
            places.append((n, each))
            continue
        name = each.app_version_id or each.app_id
        if name is None:
            raise Error.MISSING.stop(f"initSequence[{n}]: give appId or appVersionId.")
        places.append((n if each.sequence is None else each.sequence, name))
    return tuple(name for _, name in sorted(places, key=lambda place: place[0]))


def status(world: World, call: Call) -> Answer:
    """How far an onboarding is, with its init sequence logs."""
    caller_of(world, call)
    status_id = call.params.get("statusId") or call.query_value("statusId", "data", "id")
    if not status_id:
        raise Error.MISSING.stop(f"Say which onboarding: GET {call.path}/{{data}}, or {call.path}?statusId={{data}}.")
    onboarding = world[ONBOARDINGS].get(status_id)
    if onboarding is None:
        raise Error.NOT_FOUND.stop(
            f"There is no onboarding {status_id!r}; it is called by `data` in the answer to its POST."
        )
    limit = whole_number(call, "limit", MOST_LOGS)
    told = describe(
        world,
        onboarding,
        tenant=call.query_value("tenantId"),
        offset=whole_number(call, "offset", 0),
        limit=min(max(limit, 1), MOST_LOGS),
    )
    return json_answer({"data": told})


def activity(world: World, call: Call) -> Answer:
    """What onboardings did on certain days, of what the caller may see."""
    caller = caller_of(world, call)
    days = _days(call)
    mine: dict[str, bool] = {}

    def is_mine(version_id: str) -> bool:
        if version_id not in mine:
            version = version_with(world, version_id)
            mine[version_id] = version is not None and (
                caller.has("product-admin") or caller.owns(subject_of(world, version))
            )
        return mine[version_id]

    requests = [
        {
            "statusId": each.id,
            "at": iso(each.created),
            "type": each.type,
            "versionId": each.version,
            "stackId": each.stack,
            "tenants": len(each.tenants),
            "why": each.why,
            "follows": each.follows,
        }
        for day in days
        for each in world[ONBOARDINGS].find("day", day)
        if is_mine(each.version)
    ]
    logs = [
        {"statusId": step.onboarding, **entry(world, step)}
        for day in days
        for step in world[STEPS].find("day", day)
        if is_mine(world[ONBOARDINGS][step.onboarding].version)
    ]
    refused = [
        {"at": iso(each.at), "listingId": each.listing, **msgspec.json.decode(each.data)}
        for day in days
        for each in world[EVENTS].find("day", day)
        if each.type == "LaterTenantRefused" and is_mine(msgspec.json.decode(each.data)["versionId"])
    ]
    return json_answer({"data": {"onboardings": requests, "logs": logs, "refusedLaterTenants": refused}})


def _days(call: Call) -> list[str]:
    sent = (call.query_value("from", "startDate"), call.query_value("to", "endDate"))
    if sent[0] is None or sent[1] is None:
        raise Error.MISSING.stop("Give from and to, days such as 2026-01-31.")
    try:
        first, last = (date.fromisoformat(value[:10]) for value in sent if value is not None)
    except ValueError:
        raise Error.UNUSABLE.stop(
            f"from and to must be days such as 2026-01-31, not {sent[0]!r} and {sent[1]!r}."
        ) from None
    days = (last - first).days + 1
    if not 1 <= days <= LONGEST_RANGE:
        raise Error.VALUE.stop(f"from and to must span 1 to {LONGEST_RANGE} days, not {days}.")
    return [(first + timedelta(days=n)).isoformat() for n in range(days)]


_REFUSED = (400, 401, 403, 404, 409)
_STATUS = Evidence(
    "assumed",
    "assumed",
    "assumed",
    "That a GET shows init sequence logs whose status is started or completed is documented; path, fields and "
    "failures are ours. A failed entry stays started and has a failure with its reason. offset and limit count "
    "tenants. Whoever has a token may read it: only who knows the id can ask.",
)
_ACCEPTED = (
    Reply(200, "An app's onboarding has begun.", Accepted),
    Reply(202, "A solution's onboarding has begun.", Accepted),
)

ROUTES = (
    Route(
        "POST",
        NEW,
        onboard_v2,
        "Onboard an app or a solution to tenants, without an init sequence",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "versionId with tenantIds (one or a list) or stackId, exactly one of the two. 200 for an app, 202 for a "
            "solution; data is the id of the status. stackCredentialOverwrite is taken in query or body, in either "
            "case. An initSequence is ignored and noted. Refusals: an unknown version 404, unknown tenants or stack "
            "400, role and ownership 403, state 400 (os1.state_gate_status), an app without permission file 400, a "
            "cycle 400, the same app at work in a tenant 409; one refused tenant refuses all.",
        ),
        (DEVELOPER,),
        request=OnboardV2,
        source=ONBOARDING_PAGE,
        query=OverwriteQuery,
        replies=_ACCEPTED,
        refused=_REFUSED,
    ),
    Route(
        "POST",
        LEGACY,
        onboard_v1,
        "Onboard an app or a solution to tenants, with an init sequence",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "Legacy by default (os1.legacy_api): any state, role and owner pass, each skipped gate is noted in the "
            "journal, and the answer carries Deprecation. The field is called initSequence: a list of app ids, URNs, "
            "listings or version ids, or of objects with appId or appVersionId and sequence. Missing, incomplete, "
            "foreign and repeated entries are 400.",
        ),
        (DEVELOPER,),
        request=OnboardV1,
        source=ONBOARDING_PAGE,
        query=OverwriteQuery,
        replies=_ACCEPTED,
        refused=_REFUSED,
    ),
    *(
        Route(
            "GET",
            path,
            status,
            "How far an onboarding is, with its init sequence logs",
            _STATUS,
            (DEVELOPER,),
            source=ONBOARDING_PAGE,
            query=StatusQuery if "{" in path else NamedStatusQuery,
            replies=(Reply(200, "The onboarding.", Told),),
            refused=(400, 401, 404),
        )
        for path in (f"{NEW}/{{statusId}}", NEW, f"{LEGACY}/{{statusId}}", LEGACY)
    ),
    Route(
        "GET",
        f"{LEGACY}/activity",
        activity,
        "What onboardings did on certain days (GetOnboardingActivity)",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            "Detailed onboarding logs for a date range are documented; path, parameters (from, to: days, at most 31) "
            "and shape are ours. Tenants that joined a stack later show with why.",
        ),
        (DEVELOPER,),
        source=ONBOARDING_PAGE,
        query=RangeQuery,
        replies=(Reply(200, "What happened.", Told),),
        refused=(400, 401),
    ),
)
