"""OAuth2 with PKCE, where it differs from the older sign-in: the challenge, and clients without a secret."""

from __future__ import annotations

import msgspec

from mockserver.platforms.motar import oauth, pkce, tokens
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import CODES, PLUGINS, Plugin
from mockserver.platforms.motar.oauth_errors import OAuthError
from mockserver.platforms.motar.parameters import TOKEN, missing
from mockserver.wire import Call, Refusal
from mockserver.world.world import World

SIGN_IN_PATH = "/oauth/v2/signin"


def check_sign_in(world: World, path: str, parameters: dict[str, str]) -> oauth.SignIn | Refusal:
    """Check the query of `path`, whichever of the two sign-in pages it leads to."""
    sign_in = oauth.check_sign_in(world, parameters)
    if isinstance(sign_in, Refusal) or not path.endswith(SIGN_IN_PATH):
        return sign_in
    if parameters.get("app_login", "true") not in ("true", "false"):
        return Error.VALIDATION.because(f"app_login is true or false, not {parameters['app_login']!r}.")
    challenge = pkce.check_challenge(parameters)
    return challenge if isinstance(challenge, Refusal) else msgspec.structs.replace(sign_in, challenge=challenge)


def tell_sign_in(call: Call, parameters: dict[str, str]) -> None:
    """Note what the vendor's table for `/oauth/v2/signin` has otherwise, and clients do all the same."""
    if call.path != SIGN_IN_PATH:
        return
    if "client_id" not in parameters and "clientId" in parameters:
        call.violate("query.clientId", "this endpoint's table has client_id only", "client_id")
    if "app_login" not in parameters:
        call.violate("query.app_login", "missing; the vendor's table says it is required")
    if " " in parameters.get("code_challenge", ""):
        call.violate("query.code_challenge", "a space is taken for a plus sign that was not percent-encoded")


def check_client(world: World, call: Call, parameters: dict[str, str]) -> Plugin | Refusal:
    """The client that calls; its secret may be left out, and has to be right when it is sent."""
    basic = call.authorization()
    is_basic = basic is not None and basic.scheme == "basic"
    if parameters.get("client_secret") or (basic is not None and is_basic and basic.password):
        return oauth.check_client(world, call, parameters)
    client_id = parameters.get("client_id") or parameters.get("clientId")
    if basic is not None and is_basic:
        call.violate("headers.authorization", "no source shows HTTP Basic at this endpoint; send client_id")
        client_id = client_id or basic.username
    call.authenticated_by = "client_id"
    if not client_id:
        return Error.MISSING.because(missing("client_id", parameters, TOKEN))
    plugin = world[PLUGINS].first("client_id", client_id)
    if plugin is None:
        return Error.INVALID_CREDENTIALS.because(f"No app has the client_id {client_id!r}.")
    return oauth.resting(world, plugin) or plugin


def exchange(world: World, call: Call, client: Plugin, parameters: dict[str, str]) -> tokens.TokenSet | Refusal:
    """Redeem a code that was issued for a challenge; others belong to `/oauth/token`, which asks for the secret."""
    code = world[CODES].get(parameters.get("code", ""))
    if code is not None and code.client_id == client.client_id and code.challenge is None:
        return OAuthError.INVALID_GRANT.because(
            "This code was issued without a code_challenge; exchange it at /oauth/token, with the client_secret."
        )
    if pkce.beyond_the_rfc(parameters.get("code_verifier", "")):
        call.violate("code_verifier", "the vendor's page allows these characters, RFC 7636 does not")
    return oauth.exchange(world, client, parameters)
