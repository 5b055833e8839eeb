"""A plugin's life in Studio: created, configured, active or not."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from mockserver.errors import Refused
from mockserver.platforms.motar.actions.arguments import DEVELOPERS, Arguments
from mockserver.platforms.motar.makers import check_endpoint, check_redirect_uris, make_plugin
from mockserver.platforms.motar.models import ORGANIZATIONS, PLUGINS, Organization, Plugin
from mockserver.platforms.motar.studio import find_organization, find_plugin, member, no_permission
from mockserver.world.actions import action
from mockserver.world.world import World


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
    member(world, organization, args.by, DEVELOPERS, "creating a plugin")
    _check_permission(organization)
    name = args.name
    if not name:
        faker = world.mint.faker("plugin")
        name = f"{faker.last_name()} ATO"
        while world[PLUGINS].first("name", name) is not None:
            name = f"{faker.last_name()} ATO"
    return make_plugin(
        world,
        organization=organization,
        name=name,
        redirect_uris=args.redirect_uris,
        request_endpoint=args.request_endpoint,
        distribution_endpoint=args.distribution_endpoint,
    )


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
        changed["redirect_uris"] = check_redirect_uris(world, args.redirect_uris)
    if args.request_endpoint is not msgspec.UNSET:
        changed["request_endpoint"] = check_endpoint("request_endpoint", args.request_endpoint)
    if args.distribution_endpoint is not msgspec.UNSET:
        changed["distribution_endpoint"] = check_endpoint("distribution_endpoint", args.distribution_endpoint)
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
    _check_permission(organization)
    _check_ready(plugin, "Before it is activated, a plugin needs", "Set it first: motar.configure_plugin.")
    return world[PLUGINS].change(plugin.id, active=True)


@action("motar.deactivate_plugin")
def deactivate_plugin(world: World, args: OnePlugin) -> Plugin:
    """Switch a plugin off: no webhook leaves, no sign-in and no call of it works until it is active again."""
    plugin = find_plugin(world, args.plugin)
    member(world, world[ORGANIZATIONS][plugin.organization], args.by, DEVELOPERS, "deactivating a plugin")
    return world[PLUGINS].change(plugin.id, active=False)


def _check_permission(organization: Organization) -> None:
    if not organization.ato_permission:
        reason, hint = no_permission(organization)
        raise Refused(reason, hint=hint)


def _check_ready(plugin: Plugin, needs: str, hint: str) -> None:
    missing = [
        what
        for what, there in (("a request endpoint", plugin.request_endpoint), ("a redirect URI", plugin.redirect_uris))
        if not there
    ]
    if missing:
        raise Refused(f"{needs} {' and '.join(missing)}; {plugin.name!r} has none.", hint=hint)


class RegenerateClientSecret(Arguments, frozen=True):
    plugin: str | None = None
    client_secret: Annotated[str, msgspec.Meta(min_length=8, max_length=200)] | None = None
    by: str | None = None


@action("motar.regenerate_client_secret")
def regenerate_client_secret(world: World, args: RegenerateClientSecret) -> Plugin:
    """Give a plugin another client secret, a made one or the one given; the old one stops working at once."""
    plugin = find_plugin(world, args.plugin)
    member(world, world[ORGANIZATIONS][plugin.organization], args.by, DEVELOPERS, "regenerating a client secret")
    secret = args.client_secret or f"iok-cse-{world.mint.hex(48, 'motar.client_secret')}"
    return world[PLUGINS].change(plugin.id, client_secret=secret)
