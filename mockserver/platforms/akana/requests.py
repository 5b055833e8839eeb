"""What clients send to Akana, as types; what they also get back is in `shapes`."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mockserver.platforms.akana.bodies import Sent

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
Text = Annotated[str, msgspec.Meta(max_length=8000)]
Address = Annotated[str, msgspec.Meta(max_length=2048)]
Comments = Annotated[str, msgspec.Meta(max_length=4000)] | tuple[str, ...]
Environment = Literal["Sandbox", "Production"]
Visibility = Literal["Public", "Private"]


class LoginRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signs in."""

    email: str
    password: str


class SsoLoginForm(msgspec.Struct, frozen=True):
    """Who signs in by the form of a login domain."""

    identity_username: str
    secret_password: str
    domain: str | None = None


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


class KeyInfoForm(msgspec.Struct, frozen=True, rename={"file": "File"}):
    """A certificate or signing request in PEM."""

    file: bytes


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


class DefinitionForm(msgspec.Struct, frozen=True, rename="pascal"):
    """A workflow file and what it is for."""

    name: str
    description: str
    object_type: str
    file: bytes


class NotificationStates(Sent, frozen=True, kw_only=True):
    """Notifications that change their state together."""

    state: Literal["unread", "read", "archived"]
    notification_id: tuple[str, ...]
