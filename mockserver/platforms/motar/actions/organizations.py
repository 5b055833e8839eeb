"""Organizations, the people in them, the apps they list, and the permission to make ATO plugins."""

from __future__ import annotations

import unicodedata

from mockserver.errors import Refused
from mockserver.platforms.motar import makers, webhooks
from mockserver.platforms.motar.actions.arguments import ANYBODY, DEVELOPERS, Arguments
from mockserver.platforms.motar.models import (
    APPS,
    DISTRIBUTIONS,
    ORGANIZATIONS,
    REQUESTS,
    USERS,
    App,
    Distribution,
    Organization,
    Role,
    User,
)
from mockserver.platforms.motar.results import ChangedOrganization
from mockserver.platforms.motar.studio import find_app, find_organization, find_user, member
from mockserver.world.actions import action
from mockserver.world.world import World


class RegisterOrganization(Arguments, frozen=True):
    name: str | None = None
    phone: str | None = None


@action("motar.register_organization")
def register_organization(world: World, args: RegisterOrganization) -> Organization:
    """Register an organization in MOTAR Studio.

    A name not given is made up. `phone` is what webhooks call companyPhone; not given, it stays null.
    """
    name = args.name
    if not name:
        faker = world.mint.faker("company")
        name = faker.company()
        while world[ORGANIZATIONS].first("name", name) is not None:
            name = faker.company()
    return makers.make_organization(world, name=name, phone=args.phone)


class UpdateOrganization(Arguments, frozen=True):
    organization: str | None = None
    phone: str | None = None


@action("motar.update_organization")
def update_organization(world: World, args: UpdateOrganization) -> ChangedOrganization:
    """Set or clear an organization's phone; documents sent from then on hold it as companyPhone.

    Under the setting `resend_on_change` the document of each open request is sent again.
    """
    organization = find_organization(world, args.organization)
    world[ORGANIZATIONS].change(organization.id, phone=args.phone)
    requests = [
        each
        for app in world[APPS].find("organization", organization.id)
        for each in world[REQUESTS].find("app", app.id)
    ]
    deliveries = webhooks.resend_documents(world, requests)
    return {"organization": organization.id, "phone": args.phone, "deliveries": deliveries}


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
    handle = args.handle or _free_handle(world, f"@{_plain(first_name)}.{_plain(last_name)}")
    if not handle.startswith("@"):
        handle = f"@{handle}"
    return makers.make_user(
        world,
        organization=organization,
        handle=handle,
        password=args.password or world.mint.hex(12, "motar.password"),
        first_name=first_name,
        last_name=last_name,
        email=args.email or f"{_plain(handle)}@{world.mint.faker('mail').safe_domain_name()}",
        phone=args.phone or world.mint.faker("phone").numerify("+1-555-01##-####"),
        role=args.role,
        motar_admin=args.motar_admin,
    )


class CreateApp(Arguments, frozen=True):
    organization: str | None = None
    name: str | None = None
    owners: tuple[str, ...] | None = None
    bundle_id: str | None = None


@action("motar.create_app")
def create_app(world: World, args: CreateApp) -> App:
    """List an app in Studio. Without `owners` it belongs to the organization's owners."""
    organization = find_organization(world, args.organization)
    if args.owners:
        owners = tuple(member(world, organization, each, ANYBODY, "owning an app").id for each in args.owners)
    else:
        member(world, organization, None, ("owner",), "owning an app")
        people = world[USERS].find("organization", organization.id)
        owners = tuple(user.id for user in people if user.role == "owner")
    name = args.name or world.mint.faker("app").catch_phrase().title()
    slug = "".join(character for character in name.lower() if character.isalnum())
    return makers.make_app(
        world,
        organization=organization,
        name=name,
        owners=owners,
        bundle_id=args.bundle_id or f"test.example.{slug}",
    )


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
    return makers.make_distribution(
        world,
        app,
        version=args.version or _next_version(world, app),
        name=args.name,
        release_notes=args.release_notes,
        supported_devices=args.supported_devices,
    )


class Permission(Arguments, frozen=True):
    organization: str | None = None
    by: str | None = None


@action("motar.grant_ato_permission")
def grant_ato_permission(world: World, args: Permission) -> Organization:
    """Allow an organization to make ATO plugins (a MOTAR administrator's)."""
    check_administrator(world, args.by)
    return world[ORGANIZATIONS].change(find_organization(world, args.organization).id, ato_permission=True)


@action("motar.revoke_ato_permission")
def revoke_ato_permission(world: World, args: Permission) -> Organization:
    """Take the ATO permission back (a MOTAR administrator's): the organization's plugins stop working."""
    check_administrator(world, args.by)
    return world[ORGANIZATIONS].change(find_organization(world, args.organization).id, ato_permission=False)


def check_administrator(world: World, reference: str | None) -> None:
    """Nothing when nobody in particular acts, or a MOTAR administrator; raises `Refused` otherwise."""
    if reference is not None and not (user := find_user(world, reference)).motar_admin:
        raise Refused(
            f"{user.handle} is no MOTAR administrator; only one may do this.",
            hint="Leave `by` out, or make one first: motar.create_user motar_admin=true.",
        )


def _next_version(world: World, app: App) -> str:
    taken = {each.version for each in world[DISTRIBUTIONS].find("app", app.id)}
    n = len(taken) + 1
    while f"{n}.0.0" in taken:
        n += 1
    return f"{n}.0.0"


def _plain(name: str) -> str:
    """A name as it can stand in a handle and a mail address."""
    letters = unicodedata.normalize("NFKD", name.lower())
    return "".join(each for each in letters if each.isascii() and (each.isalnum() or each in "._-")) or "user"


def _free_handle(world: World, wanted: str) -> str:
    handle, n = wanted, 1
    while world[USERS].first("handle", handle) is not None:
        n += 1
        handle = f"{wanted}{n}"
    return handle
