"""`/oauth/v2/*`: sign-in with PKCE, its token endpoint, and the two endpoints of the device flow."""

from __future__ import annotations

from mockserver.platforms.motar import device, oauth, oauth_v2, shapes
from mockserver.platforms.motar.carriers import AUTHORIZATION, CLIENT_ID, CODE, DEVICE_CODE, REFRESH
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.oauth_errors import OAuthError
from mockserver.platforms.motar.parameters import TOKEN, from_anywhere, missing
from mockserver.platforms.motar.routes_oauth import token_answer
from mockserver.platforms.motar.routes_signin import signin_page, signin_submit
from mockserver.platforms.motar.settings import MotarSettings
from mockserver.wire import Answer, Call, Evidence, Refusal, Route, json_answer
from mockserver.world.durations import parse_duration
from mockserver.world.world import World

PKCE_PAGE = "docs: OAuth2 page"
DEVICE_PAGE = "docs: OAuth2 device flow page"

AUTHORIZE = frozenset({"client_id", "client_secret", "scope"})
DEVICE_TOKEN = frozenset({"grant_type", "device_code", "client_id", "client_secret"})


def token(world: World, call: Call) -> Answer | Refusal:
    """Exchange a code for whoever knows the verifier, or refresh."""
    parameters = from_anywhere(call, TOKEN)
    if isinstance(parameters, Refusal):
        return parameters
    grant_type = parameters.get("grant_type")
    if not grant_type:
        return Error.MISSING.because(
            missing("grant_type", parameters, TOKEN, "authorization_code or refresh_token"),
        )
    if grant_type not in ("authorization_code", "refresh_token"):
        elsewhere = " Devices ask at /oauth/v2/device/token." if grant_type in device.GRANT_TYPES else ""
        return OAuthError.UNSUPPORTED_GRANT_TYPE.because(
            f"grant_type is authorization_code or refresh_token, not {grant_type!r}.{elsewhere}"
        )
    client = oauth_v2.check_client(world, call, parameters)
    if isinstance(client, Refusal):
        return client
    if grant_type == "authorization_code":
        if "redirect_uri" not in parameters:
            call.violate("redirect_uri", "missing; send the one that the code was issued for")
        issued = oauth_v2.exchange(world, call, client, parameters)
    else:
        issued = oauth.refresh(world, client, parameters)
    return issued if isinstance(issued, Refusal) else token_answer(issued)


def device_authorize(world: World, call: Call) -> Answer | Refusal:
    """Give a device its codes."""
    parameters = from_anywhere(call, AUTHORIZE)
    if isinstance(parameters, Refusal):
        return parameters
    client = oauth_v2.check_client(world, call, parameters)
    if isinstance(client, Refusal):
        return client
    grant = device.begin(world, client, parameters.get("scope"))
    activate = f"{call.base_url}/activate"
    lifetime = parse_duration(world.settings(MotarSettings).device_lifetime)
    return json_answer(
        {
            "device_code": grant.device_code,
            "user_code": grant.user_code,
            "verification_uri": activate,
            "verification_uri_complete": f"{activate}?{grant.user_code}",
            "expires_in": int(lifetime.total_seconds()),
            "interval": grant.interval,
        },
        headers=(("cache-control", "no-store"),),
    )


def device_token(world: World, call: Call) -> Answer | Refusal:
    """A device asks whether its user has approved."""
    parameters = from_anywhere(call, DEVICE_TOKEN)
    if isinstance(parameters, Refusal):
        return parameters
    grant_type = parameters.get("grant_type")
    if not grant_type:
        return Error.MISSING.because(missing("grant_type", parameters, DEVICE_TOKEN, device.GRANT_TYPES[0]))
    if grant_type not in device.GRANT_TYPES:
        return OAuthError.UNSUPPORTED_GRANT_TYPE.because(
            f"grant_type is {' or '.join(device.GRANT_TYPES)}, not {grant_type!r}."
        )
    client = oauth_v2.check_client(world, call, parameters)
    if isinstance(client, Refusal):
        return device.client_error(client)
    device_code = parameters.get("device_code")
    if not device_code:
        return Error.MISSING.because(missing("device_code", parameters, DEVICE_TOKEN))
    issued = device.poll(world, client, device_code)
    return issued if isinstance(issued, Refusal) else token_answer(issued)


ROUTES = (
    Route(
        "GET",
        oauth_v2.SIGN_IN_PATH,
        signin_page,
        "The sign-in page of the authorization code flow with PKCE",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "The same page as /oauth/signin. code_challenge is base64 or base64url, padded or not; S256 only. A "
            "missing app_login, required in the vendor's table, is told. Errors are answered, never redirected.",
        ),
        (CLIENT_ID,),
        source=PKCE_PAGE,
        query=shapes.PkceQuery,
        replies=(shapes.SHOWN,),
        refused=(400, 401),
        error=shapes.PKCE_REFUSED,
    ),
    Route(
        "POST",
        oauth_v2.SIGN_IN_PATH,
        signin_submit,
        "What the sign-in page's forms send, with PKCE",
        Evidence("assumed", "documented", "assumed", "A cancelled sign-in is redirected with error=access_denied."),
        (CLIENT_ID,),
        source=PKCE_PAGE,
        query=shapes.PkceQuery,
        form=shapes.SignInForm,
        replies=(shapes.SHOWN, shapes.SENT_BACK),
        refused=(400, 401),
        error=shapes.PKCE_REFUSED,
    ),
    Route(
        "POST",
        "/oauth/v2/token",
        token,
        "Exchange a code with its verifier, or refresh",
        Evidence(
            "assumed",
            "assumed",
            "assumed",
            "The page's table is not public beyond the purpose. Parameters and answer are those of /oauth/token plus "
            "code_verifier (43 to 128 characters of the vendor's set). client_secret may be left out; sent, it is "
            "checked. A wrong verifier is invalid_grant 4003 and does not use up the code.",
        ),
        (CODE, REFRESH, CLIENT_ID, AUTHORIZATION),
        source=PKCE_PAGE,
        request=shapes.PkceTokenRequest,
        form=shapes.PkceTokenRequest,
        replies=(shapes.TOKENS,),
        refused=(400, 401),
        error=shapes.OAUTH2_REFUSED,
        security=("none", "basic"),
    ),
    Route(
        "POST",
        "/oauth/v2/device/authorize",
        device_authorize,
        "A device asks for its codes",
        Evidence(
            "documented",
            "documented",
            "documented",
            "Codes live 600 seconds, polls are 5 seconds apart (both settable). An unknown or resting client is "
            "invalid_client 4013, a missing client_id invalid_request 4001; HTTP statuses are assumed.",
        ),
        (CLIENT_ID, AUTHORIZATION),
        source=DEVICE_PAGE,
        request=shapes.DeviceAuthorizeRequest,
        form=shapes.DeviceAuthorizeRequest,
        replies=(shapes.ISSUED_CODES,),
        refused=(400, 401),
        error=shapes.OAUTH2_REFUSED,
        security=("none", "basic"),
    ),
    Route(
        "POST",
        "/oauth/v2/device/token",
        device_token,
        "A device asks whether its user approved",
        Evidence(
            "documented",
            "assumed",
            "documented",
            "Both spellings of the grant type are taken, the page's and RFC 8628's. RFC 8628's four errors; asking too "
            "early is slow_down and makes the interval five seconds longer (assumed). Beyond access_token the answer "
            "is that of /oauth/token (assumed).",
        ),
        (DEVICE_CODE, CLIENT_ID, AUTHORIZATION),
        source=DEVICE_PAGE,
        request=shapes.DeviceTokenRequest,
        form=shapes.DeviceTokenRequest,
        replies=(shapes.TOKENS,),
        refused=(400, 401),
        error=shapes.OAUTH2_REFUSED,
        security=("none", "basic"),
    ),
)
