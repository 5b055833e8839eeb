"""Functions about contracts: all of an app version's at once, and the one that a contract workflow governs."""

from __future__ import annotations

from mockserver.errors import Conflict, Refused
from mockserver.platforms.akana import contracts
from mockserver.platforms.akana.models import API_VERSIONS, CONTRACTS, Contract, RuntimeStatus
from mockserver.platforms.akana.subject import Here
from mockserver.platforms.akana.workflow.arguments import FromTo, InEnvironment, Status
from mockserver.platforms.akana.workflow.registry import NoArguments, function


@function("cloneAllAPIContracts", FromTo)
def clone_all(here: Here, args: FromTo) -> None:
    """Connect to each API version in EnvTo that there is a connection to in EnvFrom; one that is there stays."""
    world, version = here.subject.world, here.subject.version
    if version is None:
        return
    for contract in contracts.valid_in(world, version.id, args.env_from):
        api_version = world[API_VERSIONS].get(contract.api_version)
        triple = f"{version.id}/{contract.api_version}/{args.env_to}"
        there = any(each.triple == triple for each in contracts.valid_in(world, version.id, args.env_to))
        if api_version is not None and not there:
            requested_by = here.subject.user.id if here.subject.user is not None else contract.requested_by
            contracts.create(
                world,
                version,
                api_version,
                args.env_to,
                user=here.subject.user,
                requested_by=requested_by,
                comment=here.subject.comment,
                scope=contract.scope,
            )


@function("activateAllAPIContractsInEnvironment", InEnvironment)
def activate_all(here: Here, args: InEnvironment) -> None:
    """Activate the connections there; those that an API admin rejected or suspended stay so."""
    world, version = here.subject.world, here.subject.version
    for contract in contracts.valid_in(world, version.id, args.environment) if version else ():
        if contract.state in (*contracts.WAITING, contracts.APPROVED):
            contracts.force(world, contract, "activate")


@function("cancelAllAPIContractsInEnvironment", InEnvironment)
def cancel_all(here: Here, args: InEnvironment) -> None:
    """Cancel the connections there."""
    world, version = here.subject.world, here.subject.version
    for contract in contracts.valid_in(world, version.id, args.environment) if version else ():
        contracts.force(world, contract, "cancel")


@function("updateAPIContractStatus", Status)
def update_status(here: Here, args: Status) -> None:
    """Put the contract into a state."""
    _set(here, args.status)


@function("autoApproveAccessRequest", Status)
def auto_approve(here: Here, args: Status) -> None:
    """Put the contract into a state without asking anybody."""
    _set(here, args.status)


@function("activatePMContract", NoArguments)
def activate_runtime(here: Here, args: NoArguments) -> None:
    """Let calls through."""
    _set_runtime(here, "Active")


@function("suspendPMContract", NoArguments)
def suspend_runtime(here: Here, args: NoArguments) -> None:
    """Hold calls back."""
    _set_runtime(here, "Suspended")


@function("resumePMContract", NoArguments)
def resume_runtime(here: Here, args: NoArguments) -> None:
    """Let calls through again."""
    _set_runtime(here, "Active")


@function("deletePMContract", NoArguments)
def delete_runtime(here: Here, args: NoArguments) -> None:
    """Let no call through any more."""
    _set_runtime(here, "Archived")


@function("synchronizeAppVersion", NoArguments)
def synchronize(here: Here, args: NoArguments) -> None:
    """Tell the run time what the app version is now; the contract notes when."""
    contract = _contract(here)
    here.subject.world[CONTRACTS].change(contract.id, synchronized=here.subject.world.clock.now())


def _set(here: Here, state: str) -> None:
    contract = _contract(here)
    if state not in contracts.STATES:
        raise Conflict(f"{state!r} is no state of a contract; there are {', '.join(contracts.STATES)}.")
    # What calls may do is for the functions of the run time to say.
    contracts.set_state(here.subject.world, contract, state, status=contract.status)


def _set_runtime(here: Here, status: RuntimeStatus) -> None:
    here.subject.world[CONTRACTS].change(_contract(here).id, status=status)


def _contract(here: Here) -> Contract:
    contract = here.subject.contract
    if contract is None:
        name = here.invocation.type if here.invocation is not None else "This"
        raise Refused(f"{name} is for contract workflows; {here.subject.id} is no contract.")
    return contract


FUNCTIONS = (
    *(clone_all, activate_all, cancel_all, update_status, auto_approve),
    *(activate_runtime, suspend_runtime, resume_runtime, delete_runtime, synchronize),
)
