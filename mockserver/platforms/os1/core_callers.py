"""Who calls the core API, and in which tenant: by host, by `X-COREOS-TID`, or as the token says."""

from __future__ import annotations

import hmac

import msgspec

from mockserver.platforms.os1.carriers import ADMIN_KEY, CORE_HEADER, REQUEST_ID, TENANT_ID
from mockserver.platforms.os1.errors import Error
from mockserver.platforms.os1.makers import uuid
from mockserver.platforms.os1.models import APP_CLIENTS, APPS, TENANTS, App, AppClient, Tenant
from mockserver.platforms.os1.models_aaa import CORE_TOKENS, CoreToken, TenantUser
from mockserver.platforms.os1.permissions import held
from mockserver.platforms.os1.settings import Os1Settings
from mockserver.wire import Call
from mockserver.world.clock import iso
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

HOSTS = (".getos1.com", ".fxtrt.io", ".logistax.io")
"""Domains below which tenants live: now, before production, and as public clients know them."""


class CoreCaller(msgspec.Struct, frozen=True):
    """The token that came, and the tenant it speaks in."""

    token: CoreToken
    tenant: Tenant

    def app(self, world: World) -> App:
        """The app that calls; raises the refusal of a user's token."""
        client = world[APP_CLIENTS].get(self.token.client) if self.token.client else None
        if client is None:
            raise Error.DENIED.stop("This takes an app's token, from client credentials; a user's came.")
        return world[APPS][client.app]


def issue_core_token(
    world: World, *, tenant: Tenant | None, client: AppClient | None = None, user: TenantUser | None = None
) -> CoreToken:
    """A fresh token of an app, or of a user in a tenant."""
    lifetime = parse_duration(world.settings(Os1Settings).core_token_lifetime)
    return world[CORE_TOKENS].insert(
        CoreToken(
            token=f"{uuid(world, 'core_token')}.{world.mint.hex(32, 'os1.core_token_tail')}",
            expires=world.clock.now() + lifetime,
            tenant=tenant.id if tenant else None,
            client=client.id if client else None,
            user=user.id if user else None,
        )
    )


def check_request_id(call: Call) -> None:
    """Raise the refusal when the request's id, which every answer echoes, is missing."""
    if not call.header(REQUEST_ID):
        raise Error.MISSING.stop("The header X-COREOS-REQUEST-ID is missing: any text that names the request.")


def tenant_named(world: World, call: Call) -> Tenant | None:
    """The tenant that host and header name, or None when neither does; raises the refusal when they differ."""
    by_host = _by_host(world, call)
    sent = call.header(TENANT_ID)
    if sent is None:
        return by_host
    tenant = world[TENANTS].get(sent) or world[TENANTS].first("urn", sent)
    if tenant is None:
        raise Error.NOT_FOUND.stop(f"X-COREOS-TID: there is no tenant {sent!r}.")
    if by_host is not None and by_host.id != tenant.id:
        raise Error.DENIED.stop(f"X-COREOS-TID says {tenant.id}, the host {by_host.id}.")
    return tenant


def core_caller_of(world: World, call: Call) -> CoreCaller:
    """Who calls and where; raises 400, 401, 403 or 404 when that cannot be told."""
    check_request_id(call)
    sent = (call.header(CORE_HEADER) or "").strip().removeprefix("Bearer ").strip()
    if not sent:
        raise Error.NO_TOKEN.stop("The header X-COREOS-ACCESS is missing: send the token of client credentials.")
    token = world[CORE_TOKENS].get(sent)
    if token is None:
        raise Error.BAD_TOKEN.stop("X-COREOS-ACCESS holds no token of this world.")
    if token.expires <= world.clock.now():
        raise Error.BAD_TOKEN.stop(f"The token expired at {iso(token.expires)}.")
    call.authenticated_by = "app token" if token.client else "user token"
    named = tenant_named(world, call)
    if named is None:
        if token.tenant is None:
            raise Error.MISSING.stop("The header X-COREOS-TID is missing: say which tenant.")
        named = world[TENANTS][token.tenant]
    elif token.tenant is not None and token.tenant != named.id:
        raise Error.DENIED.stop(f"The token was issued in the tenant {token.tenant}, not in {named.id}.")
    return CoreCaller(token, named)


def check_admin(world: World, call: Call) -> Tenant:
    """The tenant whose key `X-AUTH-KEY` holds; raises the refusal otherwise."""
    check_request_id(call)
    tenant = tenant_named(world, call)
    if tenant is None:
        raise Error.MISSING.stop("The header X-COREOS-TID is missing: say which tenant.")
    key = call.header(ADMIN_KEY)
    if not key:
        raise Error.NO_TOKEN.stop("The header X-AUTH-KEY is missing.")
    if not same(key, tenant.auth_key):
        raise Error.BAD_CREDENTIALS.stop(f"X-AUTH-KEY is not the key of {tenant.id}.")
    call.authenticated_by = "admin key"
    return tenant


def check_client(world: World, client_id: str, client_secret: str, tenant: Tenant | None) -> AppClient:
    """The client with these credentials, if they are those its app uses in the tenant; raises 401 otherwise."""
    clients = world[APP_CLIENTS]
    client = clients.first("client_key", client_id) or clients.first("service_key", client_id)
    if client is None or not same(client.secret, client_secret):
        raise Error.BAD_CREDENTIALS.stop("clientId and clientSecret are not those of an app.")
    if tenant is not None:
        holding = held(world, tenant.id, world[APPS][client.app].urn)
        if holding is not None and holding.environment != client.environment:
            raise Error.BAD_CREDENTIALS.stop(
                f"{world[APPS][client.app].listing} uses {holding.environment} credentials in {tenant.id}; "
                f"these are its {client.environment} ones."
            )
    return client


def same(secret: str, sent: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell."""
    return hmac.compare_digest(secret.encode(), sent.encode())


def _by_host(world: World, call: Call) -> Tenant | None:
    host = (call.header("host") or "").partition(":")[0].lower()
    if not host.endswith(HOSTS):
        return None
    name = host.partition(".")[0]
    tenant = world[TENANTS].get(name)
    if tenant is None:
        raise Error.NOT_FOUND.stop(f"There is no tenant {name!r}, as the host {host} says.")
    return tenant
