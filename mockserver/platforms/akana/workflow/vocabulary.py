"""The names that Akana gives to functions, conditions, variables, actions, roles and templates.

The domain registers what works; lint knows from here what a file may say. Sources: the vendor's page on the app
version workflow, its pages on contract and general workflow, and two workflow files that the vendor published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from mockserver.platforms.akana.workflow import arguments
from mockserver.platforms.akana.workflow.registry import NoArguments, Registered, Registry

Names = Mapping[str, type[msgspec.Struct]]

_CONTRACT_STATES: Final = (
    ("Approved", "approved"),
    ("PendingApproval", "pending_approval"),
    ("Activated", "activated"),
    ("Resubmitted", "resubmitted"),
    ("Rejected", "rejected"),
    ("Cancelled", "cancelled"),
    ("Suspended", "suspended"),
)

ENTITIES: Final[Mapping[str, str]] = {
    **{f"AtmoRole{role}": role for role in ("Admin", "AppAdmin", "ApiAdmin", "ApiInvitedUser", "BusinessAdmin")},
    "AtmoAppAddKeyInfo": "appversion.keyinfo.add",
    "AtmoAppRemoveKeyInfo": "appversion.keyinfo.remove",
    "AtmoAppRegenerateSecret": "appversion.secret.regenerate",
    "APPStateDeletePending": "com.soa.app.state.delete.pending",
    "APPStateActive": "com.soa.app.state.active",
    **{f"AtmoContractStatus{name}": f"apicontract.status.{state}" for name, state in _CONTRACT_STATES},
    "AtmoContractAppSwitchedToProduction": "api.contract.app.in.production",
    "AtmoContractAppDeleted": "apicontract.status.app.deleted",
    "AtmoContractApiDeleted": "apicontract.status.api.deleted",
}
"""Predefined, for the vendor's examples use them undeclared; a file's own declarations go before these."""

ROLES: Final = ("Admin", "AppAdmin", "ApiAdmin", "BusinessAdmin", "ApiInvitedUser", "SiteAdmin")

DELETE: Final = "deleteAppVersion"
"""Leaves nothing for a later function to work on."""

_APP_FUNCTIONS: Final[Names] = {
    "cloneAllAPIContracts": arguments.FromTo,
    "activateAllAPIContractsInEnvironment": arguments.InEnvironment,
    "cancelAllAPIContractsInEnvironment": arguments.InEnvironment,
    "sendNotification": arguments.SendNotification,
    DELETE: NoArguments,
    "addBoardItem": arguments.AddBoardItem,
    "syncAppVersionOAuthClient": arguments.SyncClient,
    "notifyAppVersionDeleteToOAuthClient": NoArguments,
    "autoDeleteAppVersion": NoArguments,
}
_CONTRACT_FUNCTIONS: Final[Names] = {
    "updateAPIContractStatus": arguments.Status,
    "autoApproveAccessRequest": arguments.Status,
    "activatePMContract": NoArguments,
    "suspendPMContract": NoArguments,
    "resumePMContract": NoArguments,
    "deletePMContract": NoArguments,
    "synchronizeAppVersion": NoArguments,
}
_GENERAL_FUNCTIONS: Final[Names] = {"print": arguments.Anything, "log": arguments.Log}

FUNCTIONS: Final[Names] = {**_APP_FUNCTIONS, **_CONTRACT_FUNCTIONS, **_GENERAL_FUNCTIONS}
"""What the emulator runs."""

_APP_CONDITIONS: Final[Names] = {
    "isAppTeamMemberUserLeaderOfAnyOtherGroup": NoArguments,
    "atleastOneValidAPIContractInEnvironment": arguments.InEnvironment,
    "allAPIContractsInEnvironmentApproved": arguments.InEnvironment,
    "existAPIContractsForAllAPIsInEnvironments": arguments.FromTo,
}
_CONTRACT_CONDITIONS: Final[Names] = dict.fromkeys(
    (
        "isAtmosphereSandboxApiContract",
        "isAtmosphereProductionApiContract",
        "isAtmosphereSandboxAutoApprove",
        "isAtmosphereProductionAutoApprove",
        "isAPIContractFromSandboxApp",
        "isAPIContractFromProductionApp",
        "isAPIContractScopeNotEmpty",
        "isRemoteFedMemberApp",
        "apiContractUsesRestrictedScope",
        "apiVersionSupportsResourceLevelPermissions",
    ),
    NoArguments,
)
ROLE_CONDITION: Final = "authorizeByAtmosphereRole"
_GENERAL_CONDITIONS: Final[Names] = {
    ROLE_CONDITION: arguments.HasRole,
    "isNull": arguments.Object,
    "isNotNull": arguments.Object,
    "isEqual": arguments.Operands,
    "isNotEqual": arguments.Operands,
}

CONDITIONS: Final[Names] = {**_APP_CONDITIONS, **_CONTRACT_CONDITIONS, **_GENERAL_CONDITIONS}
"""What the emulator can tell."""

VARIABLES: Final = frozenset(
    (
        "app.dn",
        "app.team.group.dn",
        "app.version.dn",
        "app.version.name",
        "business.dn",
        "connected.apis.admin.groups",
        "connected.apiversion.ids",
        "connected.apis.id",
        "connected.apis.ids",
        "caller",
        "owner",
        "subject",
        "contract.oldstate",
        "contract.dn",
        "contract.app.dn",
        "contract.app.version.dn",
        "contract.api.dn",
        "contract.api.version.dn",
    )
)
"""What the emulator fills in."""

NOT_RUN: Final = frozenset(
    (
        "runScript",
        "setAuthTokenProperty",
        "removeAuthTokenProperty",
        "markLoginComplete",
        "setArgumentValue",
        "setCookie",
        "removeCookie",
        "exportAPIVersion",
        "exportAPIAllVersions",
        "markPublished",
        "organizationHasCategory",
        "authorizeByPrivilege",
    )
)
"""Functions and conditions that Akana has and the emulator has not: they need a substitute."""

_GRANULAR: Final = (
    "@ModifyCert",
    "@RemoveCert",
    "@EditApp",
    "@RegenerateSecret",
    "@AddVersion",
    "@EditPublicProfile",
    "@EditOAuthDetails",
)
APP_RESERVED: Final = (
    "@Modify",
    "@Delete",
    "@KeyInfoSaved",
    "@KeyInfoRemoved",
    "@RegeneratedSecret",
    *_GRANULAR,
    "reserved-allow-cert-upload",
    "reserved-connect-to-api",
    "reserved-connect-to-api.Sandbox",
    "reserved-connect-to-api.Production",
    "reserved-approve-api-connection",
    "reserved-approve-api-connection.Sandbox",
    "reserved-approve-api-connection.Production",
    "reserved-cancel-api-connection",
    "reserved-cancel-api-connection.Sandbox",
    "reserved-cancel-api-connection.Production",
    "reserved-allow-oauth-auz-details-update",
    "reserved-action-modify",
)
CONTRACT_RESERVED: Final = (
    "@app_switch_to_production",
    "@AppDeleted",
    "@ApiDeleted",
    "@modify",
    "@Revise",
    "reserved-connect-from-app.Sandbox",
    "reserved-connect-from-app.Production",
)

_APP: Final = "com.soa.notification.type.app."
_EVERYBODY: Final = ("appteam", "apiadmin", "bizadmin")
_TEAM_AND_API: Final = ("appteam", "apiadmin")

NOTIFICATIONS: Final = frozenset(
    (
        *(f"{_APP}marked.for.deletion.{who}" for who in _EVERYBODY),
        *(f"{_APP}deletion.request.approved.{who}" for who in _EVERYBODY),
        *(f"{_APP}deletion.request.rejected.{who}" for who in _EVERYBODY),
        *(f"{_APP}version.certificate.added.{who}" for who in _TEAM_AND_API),
        *(f"{_APP}version.certificate.removed.{who}" for who in _TEAM_AND_API),
        *(f"{_APP}version.shared.secret.regenerated.{who}" for who in _TEAM_AND_API),
        *(f"{_APP}{what}.created" for what in ("alert", "post", "review")),
        "com.soa.notification.type.api.access.requested.both.apiadmin",
    )
)
BOARD_ITEMS: Final = frozenset(
    f"com.soa.board.item.appversion.{what}"
    for what in ("mark.for.delete", "delete.request.approved", "delete.request.rejected")
)


@dataclass(frozen=True)
class Vocabulary:
    """What a workflow for one kind of thing may say. `required` are the initial actions without which it is refused.

    `reserved` are the actions that the platform itself looks for. Empty `notifications` or `boards` mean that any
    will do.
    """

    functions: Names
    conditions: Names
    initial: tuple[str, ...]
    required: tuple[str, ...]
    reserved: tuple[str, ...]
    validators: Names = field(default_factory=dict)
    registers: Names = field(default_factory=dict)
    variables: frozenset[str] = VARIABLES
    not_run: frozenset[str] = NOT_RUN
    roles: tuple[str, ...] = ROLES
    notifications: frozenset[str] = NOTIFICATIONS
    boards: frozenset[str] = BOARD_ITEMS

    def including(self, registry: Registry[Any]) -> Vocabulary:
        """This, and what a team has registered of its own."""
        return replace(
            self,
            functions={**self.functions, **_arguments(registry.functions)},
            conditions={**self.conditions, **_arguments(registry.conditions)},
            validators={**self.validators, **_arguments(registry.validators)},
            registers={**self.registers, **_arguments(registry.registers)},
            variables=self.variables.union(registry.variables),
            not_run=self.not_run.difference(registry.functions, registry.conditions),
        )


def _arguments(entries: Mapping[str, Registered[Any]]) -> Names:
    return {name: each.arguments for name, each in entries.items()}


APP_VERSION: Final = Vocabulary(
    functions=FUNCTIONS,
    conditions=CONDITIONS,
    initial=("@Create",),
    required=("@Create",),
    reserved=APP_RESERVED,
)
API_CONTRACT: Final = Vocabulary(
    functions=FUNCTIONS,
    conditions=CONDITIONS,
    initial=("@Create", "@Revise", "@ImportContract", "@AutoConnectActivate", "@reset"),
    required=("@Create",),
    reserved=CONTRACT_RESERVED,
)
VOCABULARIES: Final[Mapping[str, Vocabulary]] = {"app-version": APP_VERSION, "api-contract": API_CONTRACT}
"""By the kind of thing that a workflow governs."""
