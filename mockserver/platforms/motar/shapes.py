"""The wire of MOTAR as types: parameters, answers and refusals, for the OpenAPI description.

Nothing is decoded with these; handlers read more leniently, as real clients need it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta, Struct

from mockserver.wire import Reply

PAGE = "text/html"


class SignInQuery(Struct):
    """What a client sends a browser to the sign-in page with; `clientId` does as well as `client_id`."""

    redirect_uri: Annotated[str, Meta(description="One that is registered, character by character.")]
    response_type: Literal["code", "implicit"]
    state: Annotated[str, Meta(min_length=1, description="Comes back on the redirect.", examples=["6f1a"])]
    client_id: str | None = None
    clientId: str | None = None
    nonce: str | None = None


class PkceQuery(Struct):
    """What a client sends a browser to the sign-in page with when it uses PKCE."""

    client_id: str
    redirect_uri: Annotated[str, Meta(description="One that is registered, character by character.")]
    response_type: Literal["code", "implicit"]
    state: Annotated[str, Meta(min_length=1, description="Comes back on the redirect.", examples=["6f1a"])]
    code_challenge: Annotated[
        str,
        Meta(
            description="The SHA-256 of the verifier as base64 or base64url, padded or not.",
            pattern="^[A-Za-z0-9_+/-]{43}=?$",
            examples=["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
        ),
    ]
    code_challenge_method: Literal["S256"]
    app_login: Literal["true", "false"] | None = None
    nonce: str | None = None


class SignInForm(Struct):
    """What the pages' forms send: a user to be, or a handle and password; then what the user decided."""

    user: str | None = None
    handle: str | None = None
    password: str | None = None
    ticket: Annotated[str | None, Meta(description="From the consent page.")] = None
    decision: Annotated[str | None, Meta(description="allow or cancel.", examples=["allow"])] = None


class ActivateQuery(Struct):
    """The code that a device shows."""

    user_code: str | None = None


class ActivateForm(SignInForm):
    """What the activation page's forms send: the code, then as the sign-in page's."""

    user_code: str | None = None


class TokenRequest(Struct):
    """A code or refresh token to be exchanged; in the query, as a form or as JSON, where the body wins."""

    grant_type: Literal["authorization_code", "refresh_token"]
    client_id: str
    client_secret: str
    code: str | None = None
    redirect_uri: Annotated[str | None, Meta(description="The one that the code was issued for.")] = None
    refresh_token: str | None = None


class PkceTokenRequest(Struct):
    """A code with its verifier, or a refresh token; the secret may be left out."""

    grant_type: Literal["authorization_code", "refresh_token"]
    client_id: str
    client_secret: str | None = None
    code: str | None = None
    code_verifier: str | None = None
    redirect_uri: Annotated[str | None, Meta(description="The one that the code was issued for.")] = None
    refresh_token: str | None = None


class LogoutRequest(Struct):
    """The session to end, by its refresh token."""

    refresh_token: str
    client_id: str | None = None
    client_secret: str | None = None


class DeviceAuthorizeRequest(Struct):
    """A device that wants its codes."""

    client_id: str
    client_secret: str | None = None
    scope: str | None = None


class DeviceTokenRequest(Struct):
    """A device that asks whether its user has approved."""

    grant_type: Literal["urn:ietf:params:grant-type:device_code", "urn:ietf:params:oauth:grant-type:device_code"]
    device_code: str
    client_id: str
    client_secret: str | None = None


class ClientIdHeader(Struct, rename={"client_id": "clientId"}):
    """The app that signs a user in; the header client_id does as well."""

    client_id: str


class Success(TypedDict):
    success: Literal[True]


class TokenAnswer(TypedDict):
    """A pair of tokens; they are in headers as well. A day is `1d`, as the vendor's page has it."""

    access_token: str
    refresh_token: str
    expires_in: Literal["1d"] | int
    token_type: Literal["Bearer"]
    nonce: NotRequired[str]


class DeviceCodes(TypedDict):
    """What a device shows, and how it is to ask."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class OrganizationRoles(TypedDict):
    afsc: str | None


class Profile(TypedDict):
    """A user; what nobody set is null."""

    handle: str
    firstName: str
    lastName: str
    userType: str
    accountType: str
    country: str
    userId: str
    email: str
    trainer: bool
    trainee: bool
    organizationRoles: OrganizationRoles
    profilePic: Any
    coverPhoto: Any
    position: Any
    role: Any
    militaryGrade: Any
    displayRank: Any
    gender: Any
    displayDutyTitle: Any
    civilianGrade: Any
    civilianBand: Any
    jobSeriesNumber: Any
    jobTitle: Any


class ErrorBody(TypedDict):
    """How MOTAR says no; the headers errorcode and errordescription say the same."""

    error_description: str
    error_code: str


class SignInErrorBody(TypedDict):
    """How the sign-in endpoint says no."""

    message: str
    number: int


class OAuth2ErrorBody(TypedDict):
    """How /oauth/v2 says no; the device token endpoint repeats `error_number` as `number`."""

    error: str
    error_description: str
    message: str
    error_number: int
    number: NotRequired[int]


ERROR_HEADERS = ("errorcode", "errordescription")
TOKEN_HEADERS = ("accesstoken", "refreshtoken", "access_token", "refresh_token")

REFUSED = Reply(400, "Refused.", ErrorBody, headers=ERROR_HEADERS)
ACTIVATE_REFUSED = Reply(400, "Refused, to a browser with a page.", ErrorBody, ("application/json", PAGE))
SIGN_IN_REFUSED = Reply(400, "Refused, to a browser with a page.", SignInErrorBody, ("application/json", PAGE))
OAUTH2_REFUSED = Reply(400, "Refused.", OAuth2ErrorBody, headers=ERROR_HEADERS)
PKCE_REFUSED = Reply(400, "Refused, to a browser with a page.", OAuth2ErrorBody, ("application/json", PAGE))

DONE = Reply(200, "Done.", Success)
TOKENS = Reply(200, "A pair of tokens.", TokenAnswer, headers=TOKEN_HEADERS)
TOKENS_IN_HEADERS = Reply(200, "A pair of tokens in headers; the body is empty.", headers=TOKEN_HEADERS)
ISSUED_CODES = Reply(200, "The codes of a device.", DeviceCodes)
PROFILE = Reply(200, "The user.", Profile)
SHOWN = Reply(200, "A page.", str, (PAGE,))
SENT_BACK = Reply(302, "Back to the client.", headers=("location",))
