"""What people do in MOTAR Studio, and what MOTAR's administrators do: no vendor API documents these.

Where an argument names somebody or something, an id, a name or (for people) a handle will do; left
out, it is the only one there is, or the latest ATO request. `by` is who acts; left out, it is the
first who may.
"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mockserver.errors import Conflict, Refused
from mockserver.platforms.motar import ato, oauth, tokens
from mockserver.platforms.motar.models import (
    APPS,
    DISTRIBUTIONS,
    ORGANIZATIONS,
    PLUGINS,
    REQUESTS,
    SESSIONS,
    USERS,
    App,
    AtoRequest,
    Distribution,
    Organization,
    Plugin,
    Role,
    User,
)
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.platforms.motar.studio import (
    find_app,
    find_distribution,
    find_organization,
    find_plugin,
    find_request,
    find_user,
    member,
    why_plugin_rests,
    working_plugin,
)
from mockserver.wire import Refusal
from mockserver.world.actions import action
from mockserver.world.world import World

Result = dict[str, Any]
ROLES = ("owner", "developer", "member")
DEVELOPERS = ("owner", "developer")


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all actions' arguments have in common: a name that is not one is an error."""


class RegisterOrganization(Arguments, frozen=True):
    name: str | None = None
    phone: str | None = None


@action("motar.register_organization")
def register_organization(world: World, args: RegisterOrganization) -> Organization:
    """Register an organization in MOTAR Studio.

    A name not given is made up. `phone` is what webhooks call companyPhone; not given, it stays null.
    """
    name = args.name or world.mint.faker("company").company()
    if world[ORGANIZATIONS].first("name", name) is not None:
        raise Conflict(f"There is an organization named {name!r} already.")
    organization = Organization(id=world.mint.hex(24, "motar.organization"), name=name, phone=args.phone)
    return world[ORGANIZATIONS].insert(organization)


class UpdateOrganization(Arguments, frozen=True):
    organization: str | None = None
    phone: str | None = None


@action("motar.update_organization")
def update_organization(world: World, args: UpdateOrganization) -> Result:
    """Set or clear an organization's phone; open requests show it from then on.

    Under the setting `resend_on_change` each open request's document is sent again.
    """
    organization = find_organization(world, args.organization)
    world[ORGANIZATIONS].change(organization.id, phone=args.phone)
    requests = [
        each
        for app in world[APPS].find("organization", organization.id)
        for each in world[REQUESTS].find("app", app.id)
    ]
    return {"organization": organization.id, "phone": args.phone, "deliveries": _resend(world, requests)}


class CreateUser(Arguments, frozen=True):
    organization: str | None = None
    role: Role = "member"
    handle: str | None = None
    password: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    motar_admin: bool = False


@action("motar.create_user")
def create_user(world: World, args: CreateUser) -> User:
    """Give a person a MOTAR account, in an organization or in none.

    What is not given is made up. An owner or developer needs an organization.
    """
    organization = find_organization(world, args.organization) if args.organization else None
    if organization is None and args.role != "member":
        raise Refused(f"The {args.role} of which organization?", hint="Give organization=NAME.")
    first_name = args.first_name or world.mint.faker("first_name").first_name()
    last_name = args.last_name or world.mint.faker("last_name").last_name()
    handle = args.handle or _free_handle(world, f"@{first_name}.{last_name}".lower().replace(" ", ""))
    if not handle.startswith("@"):
        handle = f"@{handle}"
    if world[USERS].first("handle", handle) is not None:
        raise Conflict(f"There is a user {handle} already.")
    user = User(
        id=f"{world.mint.hex(162, 'motar.user')}${world.mint.hex(32, 'motar.user_iv')}",
        handle=handle,
        password=args.password or world.mint.hex(12, "motar.password"),
        first_name=first_name,
        last_name=last_name,
        email=args.email or f"{handle[1:]}@example.test",
        phone=args.phone or world.mint.faker("phone").numerify("+1-555-01##-####"),
        organization=organization.id if organization else None,
        role=args.role,
        motar_admin=args.motar_admin,
    )
    return world[USERS].insert(user)


class CreateApp(Arguments, frozen=True):
    organization: str | None = None
    name: str | None = None
    owners: tuple[str, ...] | None = None
    bundle_id: str | None = None


@action("motar.create_app")
def create_app(world: World, args: CreateApp) -> App:
    """List an app in Studio. Without `owners` it belongs to the organization's owners."""
    organization = find_organization(world, args.organization)
    name = args.name or world.mint.faker("app").catch_phrase().title()
    if args.owners is None:
        people = world[USERS].find("organization", organization.id)
        owners = tuple(user.id for user in people if user.role == "owner")
        if not owners:
            member(world, organization, None, ("owner",), "owning an app")
    else:
        owners = tuple(member(world, organization, each, ROLES, "owning an app").id for each in args.owners)
    slug = "".join(character for character in name.lower() if character.isalnum())
    app = App(
        id=world.mint.hex(24, "motar.app"),
        name=name,
        organization=organization.id,
        owners=owners,
        bundle_id=args.bundle_id or f"test.example.{slug}",
    )
    return world[APPS].insert(app)


class CreateDistribution(Arguments, frozen=True):
    app: str | None = None
    name: str | None = None
    version: str | None = None
    release_notes: str = ""
    supported_devices: tuple[str, ...] = ("Windows",)
    by: str | None = None


@action("motar.create_distribution")
def create_distribution(world: World, args: CreateDistribution) -> Distribution:
    """Upload a new distribution of an app; its package name is the app's bundle ID."""
    app = find_app(world, args.app)
    member(world, world[ORGANIZATIONS][app.organization], args.by, DEVELOPERS, "uploading a distribution")
    n = len(world[DISTRIBUTIONS].find("app", app.id)) + 1
    version = args.version or f"{n}.0.0"
    distribution = Distribution(
        id=world.mint.hex(24, "motar.distribution", app.id),
        app=app.id,
        name=args.name or f"{app.name} {version}",
        version=version,
        package_name=app.bundle_id,
        release_notes=args.release_notes,
        supported_devices=args.supported_devices,
    )
    return world[DISTRIBUTIONS].insert(distribution)


class Permission(Arguments, frozen=True):
    organization: str | None = None
    by: str | None = None


@action("motar.grant_ato_permission")
def grant_ato_permission(world: World, args: Permission) -> Organization:
    """Allow an organization to make ATO plugins (a MOTAR administrator's)."""
    _check_administrator(world, args.by)
    return world[ORGANIZATIONS].change(find_organization(world, args.organization).id, ato_permission=True)


@action("motar.revoke_ato_permission")
def revoke_ato_permission(world: World, args: Permission) -> Organization:
    """Take the ATO permission back (a MOTAR administrator's): the organization's plugins stop working."""
    _check_administrator(world, args.by)
    return world[ORGANIZATIONS].change(find_organization(world, args.organization).id, ato_permission=False)


class CreatePlugin(Arguments, frozen=True):
    organization: str | None = None
    name: str | None = None
    redirect_uris: tuple[str, ...] = ()
    request_endpoint: str | None = None
    distribution_endpoint: str | None = None
    by: str | None = None


@action("motar.create_plugin")
def create_plugin(world: World, args: CreatePlugin) -> Plugin:
    """Create an ATO plugin in Studio; the answer holds its client ID and secret.

    The organization needs the ATO permission first. A new plugin is not active.
    """
    organization = find_organization(world, args.organization)
    if not organization.ato_permission:
        raise Refused(
            f"{organization.name} has no ATO plugin permission.",
            hint="A MOTAR administrator grants it first: motar.grant_ato_permission.",
        )
    member(world, organization, args.by, DEVELOPERS, "creating a plugin")
    name = args.name or f"{world.mint.faker('plugin').last_name()} ATO"
    if world[PLUGINS].first("name", name) is not None:
        raise Conflict(f"There is a plugin named {name!r} already.")
    plugin = Plugin(
        id=world.mint.hex(24, "motar.plugin"),
        name=name,
        organization=organization.id,
        client_id=f"iok-cid-{world.mint.hex(48, 'motar.client_id')}",
        client_secret=f"iok-cse-{world.mint.hex(48, 'motar.client_secret')}",
        redirect_uris=tuple(_check_redirect_uri(each) for each in args.redirect_uris),
        request_endpoint=_check_endpoint("request_endpoint", args.request_endpoint),
        distribution_endpoint=_check_endpoint("distribution_endpoint", args.distribution_endpoint),
    )
    return world[PLUGINS].insert(plugin)


class ConfigurePlugin(Arguments, frozen=True):
    plugin: str | None = None
    redirect_uris: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    request_endpoint: str | msgspec.UnsetType | None = msgspec.UNSET
    distribution_endpoint: str | msgspec.UnsetType | None = msgspec.UNSET
    by: str | None = None


@action("motar.configure_plugin")
def configure_plugin(world: World, args: ConfigurePlugin) -> Plugin:
    """Set a plugin's redirect URIs and endpoints; what is not given stays, null unsets.

    An active plugin keeps at least one redirect URI and its request endpoint.
    """
    plugin = find_plugin(world, args.plugin)
    member(world, world[ORGANIZATIONS][plugin.organization], args.by, DEVELOPERS, "configuring a plugin")
    changed: dict[str, Any] = {}
    if args.redirect_uris is not msgspec.UNSET:
        changed["redirect_uris"] = tuple(_check_redirect_uri(each) for each in args.redirect_uris)
    if args.request_endpoint is not msgspec.UNSET:
        changed["request_endpoint"] = _check_endpoint("request_endpoint", args.request_endpoint)
    if args.distribution_endpoint is not msgspec.UNSET:
        changed["distribution_endpoint"] = _check_endpoint("distribution_endpoint", args.distribution_endpoint)
    configured = world[PLUGINS].change(plugin.id, **changed)
    if configured.active:
        _check_ready(configured, "An active plugin needs", "Deactivate it first: motar.deactivate_plugin.")
    return configured


class OnePlugin(Arguments, frozen=True):
    plugin: str | None = None
    by: str | None = None


@action("motar.activate_plugin")
def activate_plugin(world: World, args: OnePlugin) -> Plugin:
    """Switch a plugin on; it needs a request endpoint, a redirect URI and the organization's permission."""
    plugin = find_plugin(world, args.plugin)
    organization = world[ORGANIZATIONS][plugin.organization]
    member(world, organization, args.by, DEVELOPERS, "activating a plugin")
    if not organization.ato_permission:
        raise Refused(
            f"{organization.name} has no ATO plugin permission.",
            hint="A MOTAR administrator grants it first: motar.grant_ato_permission.",
        )
    _check_ready(plugin, "Before it is activated, a plugin needs", "Set it first: motar.configure_plugin.")
    return world[PLUGINS].change(plugin.id, active=True)


@action("motar.deactivate_plugin")
def deactivate_plugin(world: World, args: OnePlugin) -> Plugin:
    """Switch a plugin off: no webhook leaves, no sign-in and no call of it works until it is active again."""
    plugin = find_plugin(world, args.plugin)
    member(world, world[ORGANIZATIONS][plugin.organization], args.by, DEVELOPERS, "deactivating a plugin")
    return world[PLUGINS].change(plugin.id, active=False)


class StartAtoRequest(Arguments, frozen=True):
    app: str | None = None
    plugin: str | None = None
    package_name: str | None = None
    by: str | None = None


@action("motar.start_ato_request")
def start_ato_request(world: World, args: StartAtoRequest) -> Result:
    """An owner of an app starts an ATO request for it; MOTAR sends the webhook to the plugin."""
    app = find_app(world, args.app)
    plugin = working_plugin(world, find_plugin(world, args.plugin))
    if args.by is None:
        requester = world[USERS][app.owners[0]]
    else:
        requester = find_user(world, args.by)
        if requester.id not in app.owners:
            owners = ", ".join(world[USERS][each].handle for each in app.owners)
            raise Refused(f"{requester.handle} does not own {app.name!r}; only an owner may start: {owners}.")
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
    delivery = ato.announce_request(world, request)
    return {"request_id": request.id, "status": request.status, "delivery": delivery.id}


class SetReport(Arguments, frozen=True):
    request: str | None = None
    report_uri: str | None = None


@action("motar.set_report")
def set_report(world: World, args: SetReport) -> Result:
    """Set or clear where a request's report lies; the document shows it from then on.

    Under the setting `resend_on_change` the document is sent again.
    """
    request = find_request(world, args.request)
    changed = world[REQUESTS].change(request.id, report_uri=args.report_uri, updated=world.clock.now())
    return {"request_id": request.id, "report_uri": args.report_uri, "deliveries": _resend(world, [changed])}


class HandOff(Arguments, frozen=True):
    request: str | None = None
    by: str | None = None


@action("motar.hand_off")
def hand_off(world: World, args: HandOff) -> Result:
    """A member of the owning organization goes from Studio to the plugin: answers where the browser is sent.

    Possible at any status, again and again, always with the same `state`.
    """
    request = find_request(world, args.request)
    if request.cancelled is not None:
        raise Refused(f"The ATO request {request.id} was cancelled.", hint="Start another one.")
    app = world[APPS][request.app]
    user = member(world, world[ORGANIZATIONS][app.organization], args.by, ROLES, "continuing an ATO request")
    plugin = working_plugin(world, world[PLUGINS][request.plugin])
    redirect_uri = plugin.redirect_uris[0]
    url = oauth.with_query(
        f"{world.base_url}/oauth/signin",
        client_id=plugin.client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        state=request.id,
    )
    return {"url": url, "state": request.id, "redirect_uri": redirect_uri, "user": user.handle}


class SignInArguments(Arguments, frozen=True):
    user: str
    url: str | None = None
    request: str | None = None
    decision: Literal["allow", "cancel"] = "allow"
    visit: bool = False


@action("motar.sign_in")
def sign_in(world: World, args: SignInArguments) -> Result:
    """A user signs in without a browser: answers the URL that the browser would be redirected to.

    `url` is a sign-in URL, as hand_off answers or a client builds it; without it the user is handed
    over for `request`. `visit: true` goes on to open the redirect, as the browser would; that
    shows in the journal as a delivery.
    """
    user = find_user(world, args.user)
    url = args.url
    if url is None:
        url = hand_off(world, HandOff(request=args.request, by=args.user))["url"]
    checked = oauth.check_sign_in(world, dict(parse_qsl(oauth.split(url).query)))
    if isinstance(checked, Refusal):
        raise Refused(f"The sign-in page refuses this URL with {checked.status}/{checked.code}: {checked.description}")
    if args.decision == "cancel":
        target = oauth.cancel_sign_in(world, checked)
    else:
        target = oauth.complete_sign_in(world, checked, user)
    result: Result = {"redirect_url": target, **dict(parse_qsl(urlsplit(target).query))}
    if args.visit:
        result["delivery"] = world.outbox.send(
            "browser.redirect", about=checked.state, method="GET", url=target, headers=(("accept", "text/html"),)
        ).id
    return result


class ChangeDistribution(Arguments, frozen=True):
    request: str | None = None
    distribution: str | None = None
    by: str | None = None


@action("motar.add_distribution")
def add_distribution(world: World, args: ChangeDistribution) -> Result:
    """A developer adds a distribution of the app to the ATO package; the plugin is told the current state."""
    request, app = _package(world, args)
    distribution = find_distribution(world, app, args.distribution)
    if distribution.app != app.id:
        other = world[APPS][distribution.app].name
        raise Refused(f"{distribution.name!r} is a distribution of {other!r}; this package is about {app.name!r}.")
    if distribution.id in request.distributions:
        raise Refused(f"{distribution.name!r} is in the package already.")
    return _change_package(world, request, (*request.distributions, distribution.id))


@action("motar.remove_distribution")
def remove_distribution(world: World, args: ChangeDistribution) -> Result:
    """A developer takes a distribution out of the ATO package; the plugin is told the current state."""
    request, app = _package(world, args)
    if args.distribution is None and len(request.distributions) == 1:
        distribution = world[DISTRIBUTIONS][request.distributions[0]]
    else:
        distribution = find_distribution(world, app, args.distribution)
    if distribution.id not in request.distributions:
        raise Refused(f"{distribution.name!r} is not in the package.", hint="motar.view_progress shows what is.")
    return _change_package(world, request, tuple(each for each in request.distributions if each != distribution.id))


class OneRequest(Arguments, frozen=True):
    request: str | None = None
    by: str | None = None


@action("motar.cancel_ato_request")
def cancel_ato_request(world: World, args: OneRequest) -> Result:
    """A user of the owning organization cancels a request; only while it is cancellable.

    No webhook tells the plugin (none is documented); its next call is refused.
    """
    request = find_request(world, args.request)
    app = world[APPS][request.app]
    member(world, world[ORGANIZATIONS][app.organization], args.by, ROLES, "cancelling an ATO request")
    if request.cancelled is not None:
        raise Refused(f"The ATO request {request.id} was cancelled already.")
    if request.complete:
        raise Refused(f"The ATO request {request.id} is complete.")
    if not request.cancellable:
        raise Refused(
            f"The ATO request {request.id} cannot be cancelled now.",
            hint="The plugin allows it with cancellable: true at /plugin/v1/ato/status.",
        )
    now = world.clock.now()
    world[REQUESTS].change(request.id, cancelled=now, updated=now)
    return {"request_id": request.id, "cancelled": True}


class RevokeSession(Arguments, frozen=True):
    user: str
    plugin: str | None = None


@action("motar.revoke_session")
def revoke_session(world: World, args: RevokeSession) -> Result:
    """MOTAR, or the user, takes back what a sign-in gave: every open session of the user with the plugin ends."""
    user = find_user(world, args.user)
    plugin = find_plugin(world, args.plugin)
    ended = [
        session.id
        for session in world[SESSIONS].find("user", user.id)
        if session.client_id == plugin.client_id and session.ended is None
    ]
    for session_id in ended:
        tokens.end_session(world, world[SESSIONS][session_id], "revoked")
    return {"user": user.handle, "sessions": len(ended)}


class ViewProgress(Arguments, frozen=True):
    request: str | None = None


@action("motar.view_progress")
def view_progress(world: World, args: ViewProgress) -> Result:
    """Look at Studio's package progress view: status, distributions and every alert in order."""
    return ato.progress(world, find_request(world, args.request))


class ForgeWebhook(Arguments, frozen=True):
    request: str | None = None
    forge: Literal["origin", "credentials"] = "origin"
    origin: str = "https://evil.example"


@action("motar.forge_webhook")
def forge_webhook(world: World, args: ForgeWebhook) -> Result:
    """Send the request document as somebody who is not MOTAR would: a plugin should refuse it.

    `origin` sends the right credentials with a foreign origin mark, `credentials` the right mark
    with a wrong client secret.
    """
    request = find_request(world, args.request)
    plugin = working_plugin(world, world[PLUGINS][request.plugin])
    assert plugin.request_endpoint is not None, "an active plugin has a request endpoint"
    delivery = ato.send_webhook(
        world,
        plugin,
        "motar.ato.forged",
        request.id,
        plugin.request_endpoint,
        ato.request_document(world, request),
        client_secret=f"iok-cse-{'0' * 48}" if args.forge == "credentials" else None,
        origin=args.origin if args.forge == "origin" else None,
    )
    return {"request_id": request.id, "delivery": delivery.id}


def _resend(world: World, requests: list[AtoRequest]) -> list[str]:
    if not world.settings(MotarSettings).resend_on_change:
        return []
    return [
        ato.announce_request(world, each).id
        for each in requests
        if each.cancelled is None and not each.complete and why_plugin_rests(world, world[PLUGINS][each.plugin]) is None
    ]


def _package(world: World, args: ChangeDistribution) -> tuple[AtoRequest, App]:
    request = ato.open_package(find_request(world, args.request))
    app = world[APPS][request.app]
    member(
        world, world[ORGANIZATIONS][app.organization], args.by, DEVELOPERS, "changing the distributions of a package"
    )
    return request, app


def _change_package(world: World, request: AtoRequest, distributions: tuple[str, ...]) -> Result:
    changed, delivery = ato.set_distributions(world, request, distributions)
    document = ato.distributions_document(world, changed)
    return {
        "request_id": request.id,
        "distributions": document["distributions"],
        "delivery": delivery.id if delivery else None,
    }


def _check_administrator(world: World, reference: str | None) -> None:
    if reference is not None and not (user := find_user(world, reference)).motar_admin:
        raise Refused(f"{user.handle} is no MOTAR administrator; only one may do this.")


def _check_ready(plugin: Plugin, needs: str, hint: str) -> None:
    missing = [
        what
        for what, there in (("a request endpoint", plugin.request_endpoint), ("a redirect URI", plugin.redirect_uris))
        if not there
    ]
    if missing:
        raise Refused(f"{needs} {' and '.join(missing)}; {plugin.name!r} has none.", hint=hint)


def _check_endpoint(name: str, url: str | None) -> str | None:
    if url is None:
        return None
    parts = oauth.split(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(f"{name} must be an http or https URL, not {url!r}.")
    return url


def _check_redirect_uri(uri: str) -> str:
    parts = oauth.split(uri)
    if not parts.scheme or parts.scheme in ("javascript", "data", "vbscript", "file") or parts.fragment:
        raise Refused(f"{uri!r} cannot be a redirect URI: it must be absolute and have no fragment.")
    return uri


def _free_handle(world: World, wanted: str) -> str:
    handle, n = wanted, 1
    while world[USERS].first("handle", handle) is not None:
        n += 1
        handle = f"{wanted}{n}"
    return handle


ACTIONS = (
    register_organization,
    update_organization,
    create_user,
    create_app,
    create_distribution,
    grant_ato_permission,
    revoke_ato_permission,
    create_plugin,
    configure_plugin,
    activate_plugin,
    deactivate_plugin,
    start_ato_request,
    set_report,
    hand_off,
    sign_in,
    add_distribution,
    remove_distribution,
    cancel_ato_request,
    revoke_session,
    view_progress,
    forge_webhook,
)
