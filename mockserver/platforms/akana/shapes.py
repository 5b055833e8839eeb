"""The wire of Akana as types: what clients send, and what they get."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec

from mockserver.platforms.akana.bodies import Sent, Wire
from mockserver.platforms.akana.permissions import Permission
from mockserver.wire import Reply

Text = Annotated[str, msgspec.Meta(max_length=8000)]
Address = Annotated[str, msgspec.Meta(max_length=2048)]
Environment = Literal["Sandbox", "Production"]


class FaultBody(TypedDict):
    """How Akana says no."""

    faultcode: str
    faultstring: str


FAULT = Reply(400, "Refused.", FaultBody, ("application/json", "application/xml"))


class LoginStatus(TypedDict):
    """Who is signed in, and until when; somebody who is not has `loginState` alone."""

    loginState: str
    status: NotRequired[str]
    userName: NotRequired[str]
    userFDN: NotRequired[str]
    avatarURL: NotRequired[str]
    authTokenValidUntil: NotRequired[str]
    loginDomainId: NotRequired[str]
    pendingNotifications: NotRequired[int]


class Ratings(Wire, frozen=True, kw_only=True):
    one: int = 0
    two: int = 0
    three: int = 0
    four: int = 0
    five: int = 0


class VersionBody(Wire, frozen=True, kw_only=True):
    """An app version; RuntimeID is its id."""

    runtime_id: str = msgspec.field(name="RuntimeID")
    app_id: str
    name: str
    description: str
    website_address: str
    visibility: str
    initial_environment: str
    current_environment: str
    tag: tuple[str, ...]
    has_key_info: bool
    identity: str
    created: str
    updated: str
    state: str
    security_mechanisms: tuple[str, ...]
    rating_summary: Ratings = Ratings()


class AppBody(Wire, frozen=True, kw_only=True):
    """An app and its newest version."""

    app_id: str
    name: str
    summary: str
    description: str
    business_id: str
    admin_group_id: str
    created: str
    updated: str
    application_version: VersionBody | None = None


class KeyInfoBody(Wire, frozen=True, kw_only=True):
    """The certificate or signing request of an app version."""

    type: str
    file_name: str
    content: str
    updated: str


class SecretBody(Wire, frozen=True, kw_only=True):
    """The shared secret of an app version."""

    shared_secret: str


class AuthorizationBody(Sent, frozen=True, kw_only=True):
    """The Authorization section of an OAuth profile."""

    grant_types: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    scopes: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    token_lifetime: Annotated[int, msgspec.Meta(ge=1)] | msgspec.UnsetType = msgspec.UNSET


class OAuthBody(Sent, frozen=True, kw_only=True):
    """An OAuth profile; in a change what is left out stays."""

    application_type: Literal["web", "native"] | msgspec.UnsetType = msgspec.UNSET
    confidential: bool | msgspec.UnsetType = msgspec.UNSET
    redirect_uris: tuple[Address, ...] | msgspec.UnsetType = msgspec.field(name="RedirectURIs", default=msgspec.UNSET)
    authorization: AuthorizationBody | msgspec.UnsetType = msgspec.UNSET


class ProfileBody(Sent, frozen=True, kw_only=True):
    """The public profile of an app version; in a change what is left out stays."""

    title: Text | msgspec.UnsetType = msgspec.UNSET
    text: Text | msgspec.UnsetType = msgspec.UNSET
    picture_id: str | msgspec.UnsetType | None = msgspec.UNSET


class ActionBody(Wire, frozen=True, kw_only=True):
    """An action that can be done now."""

    action_name: str
    reserved: bool


class ActionsBody(Wire, frozen=True, kw_only=True):
    """What can be done with something now."""

    object_id: str
    action: tuple[ActionBody, ...]


class PermissionsBody(Wire, frozen=True, kw_only=True):
    """Everything one can do with an app version, allowed or not."""

    runtime_id: str = msgspec.field(name="RuntimeID")
    permission: tuple[Permission, ...]


class ContractBody(Wire, frozen=True, kw_only=True):
    """A contract; RuntimeID is the app version's id."""

    contract_id: str
    name: str
    runtime_id: str = msgspec.field(name="RuntimeID")
    api_version_id: str
    environment: str
    state: str
    status: str
    scope: tuple[str, ...]
    created: str
    updated: str
    updated_in_millis: int


class ApiVersionBody(Wire, frozen=True, kw_only=True):
    api_version_id: str
    api_id: str
    name: str
    description: str
    endpoints: dict[str, tuple[str, ...]]
    visibility: str
    created: str
    updated: str
    state: str
    production_endpoint_access_auto_approved: bool
    sandbox_endpoint_access_auto_approved: bool
    resource_level_permissions_supported: bool


class ApiBody(Wire, frozen=True, kw_only=True):
    """An API and its newest version."""

    api_id: str
    name: str
    description: str
    visibility: str
    latest_version_id: str
    is_followed: bool
    rating_summary: Ratings
    api_version: ApiVersionBody | None
    admin_group_id: str
    created: str
    updated: str
    avatar_url: str


class UserBody(Wire, frozen=True, kw_only=True):
    user_id: str
    user_name: str
    first_name: str
    last_name: str
    email: str
    business_id: str
    visibility: str = "Public"


class BusinessBody(Wire, frozen=True, kw_only=True):
    business_id: str
    name: str


class DefinitionBody(Wire, frozen=True, kw_only=True):
    """A workflow definition."""

    key: str
    name: str
    description: str
    object_type: str
    state: str
    object_reference_count: int
    business_id: str
    updated: str


class AppSettings(Sent, frozen=True, kw_only=True):
    """Which workflow new app versions come under; null means none."""

    app_version_workflow_def_key: str | None = msgspec.field(name="AppVersionWorkflowDefKey")


class WorkflowSetting(Sent, frozen=True, kw_only=True):
    """Which workflow new contracts of an environment come under; null means none."""

    workflow_definition_key: str | None
    environment: Environment
    connection_comment_workflow_def_key: str | None = None


class ConnectionSettings(Sent, frozen=True, kw_only=True):
    workflow_setting: tuple[WorkflowSetting, ...]


class SecuritySettings(Sent, frozen=True, kw_only=True):
    """Which requests need the CSRF header."""

    read_request_csrf_support: bool | msgspec.UnsetType = msgspec.field(
        name="ReadRequestCSRFSupport", default=msgspec.UNSET
    )
    write_request_csrf_support: bool | msgspec.UnsetType = msgspec.field(
        name="WriteRequestCSRFSupport", default=msgspec.UNSET
    )


class LoginPolicy(Sent, frozen=True, kw_only=True):
    """How long a sign-in lasts, in minutes."""

    session_timeout: Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Rss(TypedDict):
    """A list; a channel without anything has no `item`."""

    channel: dict[str, Any]
    version: str


JSON_XML = ("application/json", "application/xml")


def reply(body: Any, about: str = "Done.") -> tuple[Reply, ...]:
    """One way to succeed, in JSON and XML."""
    return (Reply(200, about, body, JSON_XML),)


LIST = (Reply(200, "A list.", Rss, JSON_XML),)
TEXT = (Reply(200, "An id.", str, ("text/plain",)),)
EMPTY = (Reply(200, "Done; the body is empty."),)
REFUSED = (400, 401, 403, 404)
