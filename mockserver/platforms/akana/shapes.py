"""The wire of Akana as types: what clients send, and what they get."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec

from mockserver.platforms.akana.bodies import Sent, Wire
from mockserver.platforms.akana.permissions import Permission
from mockserver.wire import Reply

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Text = Annotated[str, msgspec.Meta(max_length=8000)]
Address = Annotated[str, msgspec.Meta(max_length=2048)]
Comments = Annotated[str, msgspec.Meta(max_length=4000)] | tuple[str, ...]
Environment = Literal["Sandbox", "Production"]
Visibility = Literal["Public", "Private"]


class FaultBody(TypedDict):
    """How Akana says no."""

    faultcode: str
    faultstring: str


FAULT = Reply(400, "Refused.", FaultBody, ("application/json", "application/xml"))


class LoginRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs in."""

    email: str
    password: str


class SsoLoginForm(msgspec.Struct, frozen=True):
    """Who signs in by the form of a login domain."""

    identity_username: str
    secret_password: str
    domain: str | None = None


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


class NewVersion(Sent, frozen=True, kw_only=True):
    """A version to be made."""

    name: Name
    description: Text = ""
    tag: tuple[str, ...] = ()
    visibility: Visibility = "Private"
    identity: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    shared_secret: Annotated[str, msgspec.Meta(max_length=255)] | None = None
    website_address: Address = ""
    app_id: str | None = None


class NewApp(Sent, frozen=True, kw_only=True):
    """An app to be made, with its first version."""

    name: Name
    application_version: NewVersion
    summary: Text = ""
    description: Text = ""
    business_id: str | None = None
    picture_id: str | None = None


class AppChange(Sent, frozen=True, kw_only=True):
    """What is to be otherwise with an app; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    summary: Text | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    app_id: str | None = None


class VersionChange(Sent, frozen=True, kw_only=True):
    """What is to be otherwise with a version; what is left out stays, what only answers have is passed over."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    tag: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    visibility: Visibility | msgspec.UnsetType = msgspec.UNSET
    website_address: Address | msgspec.UnsetType = msgspec.UNSET
    runtime_id: str | None = None
    app_id: str | None = None
    initial_environment: str | None = None
    current_environment: str | None = None
    has_key_info: bool | None = None
    created: str | None = None
    updated: str | None = None
    state: str | None = None
    security_mechanisms: tuple[str, ...] | None = None
    rating_summary: dict[str, int] | None = None
    identity: str | None = None


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


class KeyInfoForm(msgspec.Struct, frozen=True, rename={"file": "File"}):
    """A certificate or signing request in PEM."""

    file: bytes


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


class NewMember(Sent, frozen=True, kw_only=True):
    """Who joins an app's team: by id or by mail address."""

    user_id: str | None = None
    email: str | None = None


class ActionRequest(Sent, frozen=True, kw_only=True):
    """A workflow action to be done, by name."""

    action_name: Name
    comments: Comments = ""
    user_id: str | None = None

    @property
    def comment(self) -> str:
        """The comment as one text."""
        return self.comments if isinstance(self.comments, str) else "\n".join(self.comments)


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


class NewContract(Sent, frozen=True, kw_only=True):
    """A connection that is asked for; RuntimeID is the app version's id."""

    api_version_id: str
    runtime_id: str = msgspec.field(name="RuntimeID")
    environment: Environment
    comments: Comments = ""
    scope: tuple[str, ...] = ()

    @property
    def comment(self) -> str:
        """The comment as one text."""
        return self.comments if isinstance(self.comments, str) else "\n".join(self.comments)


class ContractChange(Sent, frozen=True, kw_only=True):
    """What is to be otherwise with a contract."""

    scope: tuple[str, ...]


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


class DefinitionForm(msgspec.Struct, frozen=True, rename="pascal"):
    """A workflow file and what it is for."""

    name: str
    description: str
    object_type: str
    file: bytes


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


class NotificationStates(Sent, frozen=True, kw_only=True):
    """Notifications that change their state together."""

    state: Literal["unread", "read", "archived"]
    notification_id: tuple[str, ...]


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
