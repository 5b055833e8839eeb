"""What Akana's workflows can ask, as entries for the engine's registry.

Where there is nothing to ask about, the answers are: all contracts of an environment without any are approved,
and all API versions of an environment without any are connected elsewhere; but no valid contract is there.
"""

from __future__ import annotations

from mockserver.errors import Unknown
from mockserver.platforms.akana import contracts, people
from mockserver.platforms.akana.models import API_VERSIONS, ApiVersion, Environment
from mockserver.platforms.akana.subject import Here, Subject
from mockserver.platforms.akana.workflow.arguments import FromTo, HasRole, InEnvironment, Object, Operands
from mockserver.platforms.akana.workflow.registry import NoArguments, Registered, condition


@condition("authorizeByAtmosphereRole", HasRole)
def authorize_by_role(here: Here, args: HasRole) -> bool:
    """Whether the caller holds a role for the thing at hand; the platform itself holds all."""
    subject = here.subject
    role = next((each for each in people.ROLES if each == args.role), None)
    if role is None:
        raise Unknown("role", args.role, people.ROLES)
    if subject.user is None:
        return True
    return subject.thing is not None and people.holds(subject.world, subject.user, role, subject.thing)


@condition("isAppTeamMemberUserLeaderOfAnyOtherGroup", NoArguments)
def leads_another_group(here: Here, args: NoArguments) -> bool:
    """Whether the caller is on the app's team and leads an independent group besides."""
    subject = here.subject
    if subject.user is None or subject.thing is None:
        return False
    on_team = people.holds(subject.world, subject.user, "AppAdmin", subject.thing)
    return on_team and people.leads_an_independent_group(subject.world, subject.user)


@condition("atleastOneValidAPIContractInEnvironment", InEnvironment)
def at_least_one_valid(here: Here, args: InEnvironment) -> bool:
    """Whether the app version has a connection there that is neither cancelled nor to a deleted API."""
    version = here.subject.version
    return version is not None and bool(contracts.valid_in(here.subject.world, version.id, args.environment))


@condition("allAPIContractsInEnvironmentApproved", InEnvironment)
def all_approved(here: Here, args: InEnvironment) -> bool:
    """Whether every connection there is approved or activated; the one being approved counts."""
    subject = here.subject
    version = subject.version
    return version is not None and all(
        contract.state in contracts.APPROVED_STATES or contract.id == subject.approving
        for contract in contracts.valid_in(subject.world, version.id, args.environment)
    )


@condition("existAPIContractsForAllAPIsInEnvironments", FromTo)
def exist_for_all(here: Here, args: FromTo) -> bool:
    """Whether each API version that is connected in EnvFrom is connected in EnvTo as well."""
    version = here.subject.version
    if version is None:
        return False
    connected = [
        {contract.api_version for contract in contracts.valid_in(here.subject.world, version.id, environment)}
        for environment in (args.env_from, args.env_to)
    ]
    return connected[0] <= connected[1]


@condition("isAtmosphereSandboxApiContract", NoArguments)
def is_sandbox_contract(here: Here, args: NoArguments) -> bool:
    """Whether the contract is for the Sandbox."""
    return _environment(here) == "Sandbox"


@condition("isAtmosphereProductionApiContract", NoArguments)
def is_production_contract(here: Here, args: NoArguments) -> bool:
    """Whether the contract is for Production."""
    return _environment(here) == "Production"


@condition("isAtmosphereSandboxAutoApprove", NoArguments)
def sandbox_auto_approves(here: Here, args: NoArguments) -> bool:
    """Whether the API version takes Sandbox connections without approval."""
    api_version = _api_version(here)
    return api_version is not None and api_version.sandbox_auto_approved


@condition("isAtmosphereProductionAutoApprove", NoArguments)
def production_auto_approves(here: Here, args: NoArguments) -> bool:
    """Whether the API version takes Production connections without approval."""
    api_version = _api_version(here)
    return api_version is not None and api_version.production_auto_approved


@condition("isAPIContractFromSandboxApp", NoArguments)
def from_sandbox_app(here: Here, args: NoArguments) -> bool:
    """Whether the app version is in the Sandbox still."""
    version = here.subject.version
    return version is not None and version.current_environment == "Sandbox"


@condition("isAPIContractFromProductionApp", NoArguments)
def from_production_app(here: Here, args: NoArguments) -> bool:
    """Whether the app version is in Production."""
    version = here.subject.version
    return version is not None and version.current_environment == "Production"


@condition("isAPIContractScopeNotEmpty", NoArguments)
def scope_not_empty(here: Here, args: NoArguments) -> bool:
    """Whether the contract names any scope."""
    contract = here.subject.contract
    return contract is not None and bool(contract.scope)


@condition("isRemoteFedMemberApp", NoArguments)
def is_remote_app(here: Here, args: NoArguments) -> bool:
    """Whether the app lives in another tenant of a federation, which none here does."""
    return False


@condition("apiContractUsesRestrictedScope", NoArguments)
def uses_restricted_scope(here: Here, args: NoArguments) -> bool:
    """Whether the contract names a scope that the API version restricts."""
    contract, api_version = here.subject.contract, _api_version(here)
    return (
        contract is not None
        and api_version is not None
        and bool(set(contract.scope) & set(api_version.restricted_scopes))
    )


@condition("apiVersionSupportsResourceLevelPermissions", NoArguments)
def supports_resource_permissions(here: Here, args: NoArguments) -> bool:
    """Whether the API version knows permissions for single resources."""
    api_version = _api_version(here)
    return api_version is not None and api_version.resource_level_permissions


@condition("isNull", Object)
def is_null(here: Here, args: Object) -> bool:
    """Whether the value is nothing; an empty text is nothing, too."""
    return not args.object


@condition("isNotNull", Object)
def is_not_null(here: Here, args: Object) -> bool:
    """Whether the value is something."""
    return bool(args.object)


@condition("isEqual", Operands)
def is_equal(here: Here, args: Operands) -> bool:
    """Whether both values are the same text."""
    return (args.operand1 or "") == (args.operand2 or "")


@condition("isNotEqual", Operands)
def is_not_equal(here: Here, args: Operands) -> bool:
    """Whether the values differ."""
    return (args.operand1 or "") != (args.operand2 or "")


def _environment(here: Here) -> Environment | None:
    contract = here.subject.contract
    return contract.environment if contract is not None else None


def _api_version(here: Here) -> ApiVersion | None:
    contract = here.subject.contract
    return here.subject.world[API_VERSIONS].get(contract.api_version) if contract is not None else None


CONDITIONS: tuple[Registered[Subject], ...] = (
    *(authorize_by_role, leads_another_group, at_least_one_valid, all_approved, exist_for_all),
    *(is_sandbox_contract, is_production_contract, sandbox_auto_approves, production_auto_approves),
    *(from_sandbox_app, from_production_app, scope_not_empty, is_remote_app, uses_restricted_scope),
    *(supports_resource_permissions, is_null, is_not_null, is_equal, is_not_equal),
)
