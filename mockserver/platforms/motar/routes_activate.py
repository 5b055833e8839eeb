"""`/activate`: where a person types in the code that a device shows, and lets the device in or not."""

from __future__ import annotations

from urllib.parse import urlsplit

from mockserver.platforms.motar import device, oauth, shapes
from mockserver.platforms.motar.carriers import USER_CODE
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import ORGANIZATIONS, TICKETS, USERS, Ticket, User
from mockserver.platforms.motar.models_auth import DeviceGrant
from mockserver.platforms.motar.parameters import from_query, tell_unknown
from mockserver.platforms.motar.routes_signin import ASKS, TICKET_LIFETIME, person
from mockserver.platforms.motar.routes_v2 import DEVICE_PAGE
from mockserver.wire import Answer, Call, Evidence, Page, Refusal, Route
from mockserver.wire.call import FORM
from mockserver.world.world import World

PATH = "/activate"
FIELDS = frozenset({"user_code", "user", "handle", "password", "ticket", "decision"})


def activate_page(world: World, call: Call) -> Answer | Page | Refusal:
    """Ask for the code, or, when the URL holds it already, who the person is."""
    fields = _fields(call)
    tell_unknown(call, fields, FIELDS)
    typed = fields.get("user_code", "")
    if not typed:
        return _page(world, call)
    if (told := _decided_page(world, call, typed)) is not None:
        return told
    grant = device.waiting(world, typed)
    if isinstance(grant, str):
        return _page(world, call, entered=typed, error=grant, status=400)
    return _page(world, call, grant)


def activate_submit(world: World, call: Call) -> Answer | Page | Refusal:
    """Take what the page's forms send: the code, then a user to be or a handle and password, then allow or cancel.

    Whoever sends `decision=allow` together with the user skips the question.
    """
    if call.is_from_elsewhere:
        return Error.NOT_AUTHORIZED.because("This form is sent by its own page only, not by one of another origin.")
    if call.content_type != FORM:
        return Error.UNUSABLE.because(f"This form sends {FORM}; Content-Type says {call.content_type or 'nothing'}.")
    fields = {**_fields(call), **call.form()}
    tell_unknown(call, fields, FIELDS)
    typed = fields.get("user_code", "")
    if (told := _decided_page(world, call, typed)) is not None:
        return told
    grant = device.waiting(world, typed)
    if isinstance(grant, str):
        return _page(world, call, entered=typed, error=grant, status=400)
    resting = oauth.resting(world, device.client_of(world, grant))
    if resting is not None:
        return resting
    decision = fields.get("decision", "")
    if decision not in ("", "allow", "cancel"):
        return Error.VALIDATION.because(f"decision is allow or cancel, not {decision!r}.")
    if decision == "cancel":
        device.deny(world, grant)
        return _page(world, call, grant, connected=False)
    if decision == "allow" and (ticket := fields.get("ticket")):
        known = _redeem(world, grant, ticket)
        if known is None:
            return _page(
                world, call, grant, error="That page was too old or used already. Please sign in again.", status=401
            )
        device.approve(world, grant, known)
        return _page(world, call, grant, connected=True)
    handle = fields.get("handle", "")
    if picked := fields.get("user"):
        user: User | None = world[USERS].first("handle", picked)
        error = f"There is no user {picked} here."
    elif handle:
        user = oauth.check_password(world, handle, fields.get("password", ""))
        error = "This handle and password do not belong together."
    else:
        return _page(world, call, grant)
    if user is None:
        return _page(world, call, grant, entered=handle, error=error, status=401)
    if decision == "allow":
        device.approve(world, grant, user)
        return _page(world, call, grant, connected=True)
    return _consent_page(world, call, grant, user)


def _fields(call: Call) -> dict[str, str]:
    """The query's parameters; a lone code, as verification_uri_complete has it, is taken for `user_code`."""
    fields = from_query(call)
    for name, value in call.query:
        if not value and name not in FIELDS and len(device.tidy(name)) == device.CODE_LENGTH:
            del fields[name]
            return {"user_code": name, **fields}
    return fields


def _redeem(world: World, grant: DeviceGrant, ticket: str) -> User | None:
    held = world[TICKETS].get(ticket)
    if held is None or held.client_id != grant.client_id or held.expires <= world.clock.now():
        return None
    world[TICKETS].delete(ticket)
    return world[USERS][held.user]


def _page(
    world: World,
    call: Call,
    grant: DeviceGrant | None = None,
    *,
    entered: str = "",
    error: str | None = None,
    connected: bool | None = None,
    status: int = 200,
) -> Page:
    return Page(
        "activate.html",
        {
            "action": urlsplit(call.base_url).path + PATH,
            "fields": [("user_code", grant.user_code)] if grant else [],
            "device": _device(world, grant) if grant else None,
            "users": [person(world, user) for user in world[USERS]] if grant and connected is None else [],
            "entered": entered,
            "error": error,
            "connected": connected,
        },
        status=status,
    )


def _decided_page(world: World, call: Call, typed: str) -> Page | None:
    """What was decided, for who reloads the page that said so, or opens the device's link once more."""
    grant = device.decided(world, typed)
    return None if grant is None else _page(world, call, grant, connected=grant.decision == "approved")


def _consent_page(world: World, call: Call, grant: DeviceGrant, user: User) -> Page:
    ticket = Ticket(world.mint.hex(48, "motar.ticket"), user.id, grant.client_id, world.clock.now() + TICKET_LIFETIME)
    world[TICKETS].insert(ticket)
    action = urlsplit(call.base_url).path + PATH
    asker = _device(world, grant)
    return Page(
        "consent.html",
        {
            "app": f"{asker['app']} on a device",
            "organization": asker["organization"],
            "action": action,
            "fields": [("user_code", grant.user_code), ("ticket", ticket.id)],
            "user": person(world, user),
            "asks": list(ASKS),
            "back": f"{action}?{grant.user_code}",
        },
    )


def _device(world: World, grant: DeviceGrant) -> dict[str, str]:
    client = device.client_of(world, grant)
    return {
        "app": client.name,
        "organization": world[ORGANIZATIONS][client.organization].name,
        "user_code": grant.user_code,
    }


ROUTES = (
    Route(
        "GET",
        PATH,
        activate_page,
        "Where a person types in the code that a device shows",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "The page is ours. verification_uri_complete holds the code as the whole query, as documented; "
            "?user_code= is taken as well. Capitals, hyphens and spaces in the code make no difference.",
        ),
        (USER_CODE,),
        source=DEVICE_PAGE,
        query=shapes.ActivateQuery,
        replies=(shapes.SHOWN,),
        refused=(400,),
        error=shapes.ACTIVATE_REFUSED,
    ),
    Route(
        "POST",
        PATH,
        activate_submit,
        "What the activation page's forms send",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            "A code that is unknown or too old brings the page back; one that is decided shows what was decided.",
        ),
        (USER_CODE,),
        source=DEVICE_PAGE,
        query=shapes.ActivateQuery,
        form=shapes.ActivateForm,
        replies=(shapes.SHOWN,),
        refused=(400, 401, 403),
        error=shapes.ACTIVATE_REFUSED,
    ),
)
