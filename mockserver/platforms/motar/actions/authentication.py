"""What people do about the less common ways in: devices, basic login, launches, and CAC cards."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mockserver.errors import Refused, Unknown
from mockserver.platforms.motar import device, oauth, tokens, uris
from mockserver.platforms.motar.actions.arguments import DEVELOPERS, Arguments
from mockserver.platforms.motar.actions.organizations import check_administrator
from mockserver.platforms.motar.models import CONSENTS, ORGANIZATIONS, PLUGINS, USERS, Consent, Plugin
from mockserver.platforms.motar.models_auth import CAC_ASSOCIATIONS, DEVICE_GRANTS, DeviceGrant
from mockserver.platforms.motar.results import CacAssociations, DecidedDevice, LaunchedApp
from mockserver.platforms.motar.studio import find_plugin, find_user, member, working_plugin
from mockserver.world.actions import action
from mockserver.world.clock import iso
from mockserver.world.world import World


class ApproveDevice(Arguments, frozen=True):
    user: str
    user_code: str | None = None


@action("motar.approve_device")
def approve_device(world: World, args: ApproveDevice) -> DecidedDevice:
    """A user types in the code that a device shows, and lets the device in.

    Without `user_code` it is the device that asked last.
    """
    grant = _waiting(world, args.user_code)
    working_plugin(world, device.client_of(world, grant))
    return _decided(world, device.approve(world, grant, find_user(world, args.user)))


class DenyDevice(Arguments, frozen=True):
    user_code: str | None = None


@action("motar.deny_device")
def deny_device(world: World, args: DenyDevice) -> DecidedDevice:
    """Somebody types in the code that a device shows, and does not let the device in."""
    return _decided(world, device.deny(world, _waiting(world, args.user_code)))


class AllowBasicLogin(Arguments, frozen=True):
    plugin: str | None = None
    allowed: bool = True
    by: str | None = None


@action("motar.allow_basic_login")
def allow_basic_login(world: World, args: AllowBasicLogin) -> Plugin:
    """Allow an app `GET /auth/basic`, or with `allowed: false` no longer (a MOTAR administrator's)."""
    check_administrator(world, args.by)
    return world[PLUGINS].change(find_plugin(world, args.plugin).id, basic_login=args.allowed)


class ConfigureLaunch(Arguments, frozen=True):
    plugin: str | None = None
    launch_uri: str | msgspec.UnsetType | None = msgspec.UNSET
    with_code: bool | msgspec.UnsetType = msgspec.UNSET
    by: str | None = None


@action("motar.configure_launch")
def configure_launch(world: World, args: ConfigureLaunch) -> Plugin:
    """Set the Desktop Launch URI, and whether a launch passes an authentication code; what is not given stays.

    Null unsets the URI: a launch then goes to the first redirect URI.
    """
    plugin = find_plugin(world, args.plugin)
    member(world, world[ORGANIZATIONS][plugin.organization], args.by, DEVELOPERS, "configuring a launch")
    changed: dict[str, object] = {}
    if args.launch_uri is not msgspec.UNSET:
        problem = None if args.launch_uri is None else uris.redirect_uri_problem(args.launch_uri)
        if problem is not None:
            raise Refused(f"{args.launch_uri!r} cannot be a launch URI: {problem}.", hint="Such as trainer://launch.")
        changed["launch_uri"] = args.launch_uri
    if args.with_code is not msgspec.UNSET:
        changed["launch_with_code"] = args.with_code
    return world[PLUGINS].change(plugin.id, **changed)


class LaunchApp(Arguments, frozen=True):
    user: str
    plugin: str | None = None
    parameters: Mapping[str, str] = {}


@action("motar.launch_app")
def launch_app(world: World, args: LaunchApp) -> LaunchedApp:
    """A user launches an app from the dashboard or Training: answers the URL the browser is sent to.

    It holds studentId (whose name is assumed), then `parameters`, then the code, which is exchanged
    at `/oauth/token` without a redirect_uri. Launching gives consent, as documented.
    """
    user = find_user(world, args.user)
    plugin = working_plugin(world, find_plugin(world, args.plugin))
    if "code" in args.parameters:
        raise Refused("The launch itself adds the code.", hint="Leave `code` out of the parameters.")
    target = plugin.launch_uri or plugin.redirect_uris[0]
    # One client splits the whole URL at & and =, and finds the code only when something stands before it.
    url = uris.with_query(target, **{"studentId": user.id, **args.parameters})
    code = None
    if plugin.launch_with_code:
        consent = oauth.consent_id(user, plugin)
        if consent not in world[CONSENTS]:
            world[CONSENTS].put(Consent(consent, world.clock.now()))
        code = tokens.issue_code(world, plugin, user, target, None, launch=True).code
        url = uris.with_query(url, code=code)
    return {"user": user.handle, "launch_uri": target, "code": code, "redirect_url": url}


class ViewCacAssociations(Arguments, frozen=True):
    plugin: str | None = None
    transaction_id: str | None = None


@action("motar.view_cac_associations")
def view_cac_associations(world: World, args: ViewCacAssociations) -> CacAssociations:
    """What plugins have reported of people with CAC cards, oldest first; of one plugin or transaction when given."""
    if args.transaction_id is not None:
        found = world[CAC_ASSOCIATIONS].find("transaction_id", args.transaction_id)
    else:
        found = list(world[CAC_ASSOCIATIONS])
    if args.plugin is not None:
        plugin = find_plugin(world, args.plugin)
        found = [each for each in found if each.plugin == plugin.id]
    return {
        "associations": [
            {
                "transactionId": each.transaction_id,
                "dn": each.dn,
                "edipi": each.edipi,
                "email": each.email,
                "user": world[USERS][each.user].handle if each.user else None,
                "plugin": world[PLUGINS][each.plugin].name,
                "at": iso(each.updated),
            }
            for each in found
        ]
    }


AUTHENTICATION = (
    approve_device,
    deny_device,
    allow_basic_login,
    configure_launch,
    launch_app,
    view_cac_associations,
)


def _waiting(world: World, user_code: str | None) -> DeviceGrant:
    if user_code is None:
        latest = world[DEVICE_GRANTS].last()
        if latest is None:
            raise Refused("No device waits.", hint="A device starts at POST /oauth/v2/device/authorize.")
        user_code = latest.user_code
    elif world[DEVICE_GRANTS].first("user_code", device.tidy(user_code)) is None:
        raise Unknown("user code", user_code, (each.user_code for each in world[DEVICE_GRANTS]))
    grant = device.waiting(world, user_code)
    if isinstance(grant, str):
        raise Refused(grant, hint="POST /oauth/v2/device/authorize gives a device new codes.")
    return grant


def _decided(world: World, grant: DeviceGrant) -> DecidedDevice:
    return {
        "user_code": grant.user_code,
        "client_id": grant.client_id,
        "decision": grant.decision,
        "user": world[USERS][grant.user].handle if grant.user else None,
    }
