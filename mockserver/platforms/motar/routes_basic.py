"""Basic login: a user's handle and password for a pair of tokens, where a MOTAR administrator allows it."""

from __future__ import annotations

from mockserver.platforms.motar import oauth, shapes, tokens
from mockserver.platforms.motar.errors import Error
from mockserver.platforms.motar.models import PLUGINS
from mockserver.platforms.motar.routes_oauth import token_headers
from mockserver.wire import Answer, Call, Carrier, Evidence, Refusal, Route
from mockserver.world.world import World


def basic_login(world: World, call: Call) -> Answer | Refusal:
    """Sign a user in by the Authorization header; the tokens are in the answer's headers, its body is empty."""
    client_id = call.header("clientid") or call.header("client_id")
    if not client_id:
        in_query = call.query_value("client_id", "clientId") is not None
        slip = " It came in the query, where nobody looks for it." if in_query else ""
        return Error.MISSING.because(f"The header clientId is missing: the client ID of the app.{slip}")
    plugin = world[PLUGINS].first("client_id", client_id)
    if plugin is None:
        return Error.INVALID_CREDENTIALS.because(f"No app has the client ID {client_id!r}.")
    resting = oauth.resting(world, plugin)
    if resting is not None:
        return resting
    if not plugin.basic_login:
        return Error.INSUFFICIENT.because(
            f"Basic login is not allowed for {plugin.name!r}; a MOTAR administrator does: motar.allow_basic_login."
        )
    authorization = call.authorization()
    if authorization is None:
        return Error.NO_AUTHORIZATION.because(
            "The Authorization header is missing: send Basic with base64 of handle:password."
        )
    if authorization.scheme != "basic":
        return Error.INVALID_CREDENTIALS.because(
            "The Authorization header must be Basic with base64 of handle:password."
        )
    call.authenticated_by = "basic"
    user = oauth.check_password(world, authorization.username, authorization.password)
    if user is None:
        of_the_plugin = authorization.username == plugin.client_id
        slip = " These are the app's credentials; send the user's handle and password." if of_the_plugin else ""
        return Error.INVALID_CREDENTIALS.because(f"This handle and password do not belong together.{slip}")
    issued = tokens.open_session(world, plugin.client_id, user.id, None)
    return Answer(200, token_headers(issued))


ROUTES = (
    Route(
        "GET",
        "/auth/basic",
        basic_login,
        "Sign a user in by handle and password, without a page",
        Evidence(
            "documented",
            "observed",
            "assumed",
            "The client ID travels in the header clientId (or client_id), the user's handle and password as Basic. "
            "An empty body, tokens in headers. Not allowed for this app is 401/4014, a wrong password 401/4011, no "
            "client ID 400/4001.",
        ),
        (Carrier("client_id", "header", ("clientid", "client_id")),),
        source="docs: Basic auth page",
        fields=shapes.ClientIdHeader,
        replies=(shapes.TOKENS_IN_HEADERS,),
        refused=(400, 401),
        security=("basic",),
    ),
)
