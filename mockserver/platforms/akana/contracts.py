"""Contracts: asked for, approved, activated, suspended, cancelled, by a contract workflow or by the built-in rules."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from mockserver.errors import Conflict, Refused, nearest
from mockserver.platforms.akana import ids
from mockserver.platforms.akana.governance import Governance
from mockserver.platforms.akana.models import (
    APP_VERSIONS,
    CONTRACTS,
    DEAD_STATES,
    ApiVersion,
    AppVersion,
    Contract,
    Environment,
    RuntimeStatus,
    User,
)
from mockserver.platforms.akana.people import (
    administers_api,
    administers_app,
    api_of,
    app_of,
    is_business_admin,
    is_valid,
    sees_api,
)
from mockserver.platforms.akana.workflow.errors import NotAvailable
from mockserver.platforms.akana.workflow_choice import contract_workflow
from mockserver.world.world import World

STATE, ACTION = "apicontract.status.", "apicontract.action."
PENDING, APPROVED, ACTIVATED = f"{STATE}pending_approval", f"{STATE}approved", f"{STATE}activated"
WAITING = (PENDING, f"{STATE}config_pending", f"{STATE}resubmitted")
APPROVED_STATES = (APPROVED, ACTIVATED)
STATES = (
    *WAITING,
    *APPROVED_STATES,
    *(f"{STATE}rejected", f"{STATE}suspended", "api.contract.app.in.production"),
    *DEAD_STATES,
)

_STATUS: dict[str, RuntimeStatus] = {
    ACTIVATED: "Active",
    f"{STATE}suspended": "Suspended",
    **dict.fromkeys(DEAD_STATES, "Archived"),
}

Side = Literal["api", "app", "either"]


class Rule(msgspec.Struct, frozen=True):
    """One built-in action: from which states it leads where, and whose it is. `to` None is worked out."""

    sources: tuple[str, ...]
    to: str | None
    side: Side


_ALIVE = (*WAITING, *APPROVED_STATES, f"{STATE}suspended", f"{STATE}rejected")
RULES: dict[str, Rule] = {
    f"{ACTION}approve": Rule(WAITING, None, "api"),
    f"{ACTION}reject": Rule(WAITING, f"{STATE}rejected", "api"),
    f"{ACTION}activate": Rule((APPROVED,), ACTIVATED, "either"),
    f"{ACTION}suspend": Rule((ACTIVATED,), f"{STATE}suspended", "api"),
    f"{ACTION}resume": Rule((f"{STATE}suspended",), ACTIVATED, "api"),
    f"{ACTION}resubmit": Rule((f"{STATE}rejected",), f"{STATE}resubmitted", "app"),
    f"{ACTION}cancel": Rule(_ALIVE, f"{STATE}cancelled", "either"),
}
"""What can be done with a contract that no workflow governs, after the vendor's own contract workflow."""


def connect_names(environment: str) -> tuple[str, str]:
    """The reserved actions that let somebody connect in an environment; either suffices."""
    return f"reserved-connect-to-api.{environment}", "reserved-connect-to-api"


def gate_names(verb: str, environment: str) -> tuple[str, str]:
    """The reserved actions for approving or cancelling a connection in an environment; either suffices."""
    return f"reserved-{verb}-api-connection.{environment}", f"reserved-{verb}-api-connection"


def request(
    world: World,
    user: User,
    version: AppVersion,
    api_version: ApiVersion,
    environment: Environment,
    *,
    comment: str = "",
    scope: tuple[str, ...] = (),
) -> Contract:
    """Ask for a connection: a new contract, or the revision of one that is there.

    The app version's reserved action runs first, and where it governs it alone says who may connect.
    Raises `NotAvailable`, `Refused`, or `Conflict` for a second revision.
    """
    governance = Governance(world, version.id, user, comment)
    app = app_of(world, version)
    if governance.governed:
        governance.perform(*connect_names(environment))
        if version.id not in world[APP_VERSIONS]:
            raise Refused(f"The workflow deletes the app version {version.id} instead of connecting it.")
    elif app is None or not administers_app(world, user, app):
        raise Refused(f"{user.user_name} is not on the team of this app; connecting it is not theirs to do.")
    return create(
        world, version, api_version, environment, user=user, comment=comment, scope=scope, requested_by=user.id
    )


def create(
    world: World,
    version: AppVersion,
    api_version: ApiVersion,
    environment: Environment,
    *,
    user: User | None,
    requested_by: str,
    comment: str = "",
    scope: tuple[str, ...] = (),
) -> Contract:
    """A contract without asking the app version's workflow; `user` is None while the platform itself acts."""
    triple = f"{version.id}/{api_version.id}/{environment}"
    there = [each for each in world[CONTRACTS].find("triple", triple) if is_valid(each)]
    if len(there) > 1:
        raise Conflict(f"{there[0].id} has a revision already: {there[1].id}.")
    now = world.clock.now()
    contract = world[CONTRACTS].insert(
        Contract(
            id=ids.unique(world, "contract"),
            app=version.app,
            app_version=version.id,
            api=api_version.api,
            api_version=api_version.id,
            environment=environment,
            side=f"{version.id}/{environment}",
            triple=triple,
            state=PENDING,
            scope=scope,
            revises=there[0].id if there else None,
            requested_by=requested_by,
            created=now,
            updated=now,
        )
    )
    key = contract_workflow(world, version, environment)
    if key is not None:
        Governance(world, contract.id, user, comment).start(key, *(("@Revise", "@Create") if there else ("@Create",)))
    elif api_version.auto_approved(environment):
        set_state(world, contract, _approved_state(version, environment))
    return world[CONTRACTS][contract.id]


def act(world: World, user: User, contract: Contract, name: str, *, comment: str = "") -> Contract:
    """Do something with a contract; approving and cancelling run the app version's reserved action as well.

    A cancelled connection still counts while that action is decided, an approved one counts already.
    Raises `NotAvailable`, or `Refused`.
    """
    verb = name.removeprefix(ACTION)
    own = Governance(world, contract.id, user, comment)
    if not own.governed:
        _check_rule(world, user, contract, name)
    gate = Governance(world, contract.app_version, user, comment)
    names = gate_names(verb, contract.environment)
    gated = verb in ("approve", "cancel") and gate.mentions(names)
    if gated and verb == "cancel":
        gate.perform(*names)
        # A function of the action may have cancelled it already, with all the others.
        if not is_valid(world[CONTRACTS][contract.id]):
            return world[CONTRACTS][contract.id]
    if own.governed:
        own.perform(name)
    else:
        _apply_rule(world, contract.id, name)
    if gated and verb == "approve" and world[CONTRACTS][contract.id].state in APPROVED_STATES:
        # Asked anew: the contract's own functions may have moved things.
        Governance(world, contract.app_version, user, comment).perform(*names)
    return world[CONTRACTS][contract.id]


def allowed_names(world: World, user: User, contract: Contract) -> list[str]:
    """The built-in actions that this user can do with an ungoverned contract now."""
    return [
        name
        for name, rule in RULES.items()
        if contract.state in rule.sources and _may(world, user, contract, rule.side)
    ]


def force(world: World, contract: Contract, verb: Literal["activate", "cancel"]) -> None:
    """Activate or cancel for the platform: by the contract's workflow where it has a way, else by decree."""
    wanted = ACTIVATED if verb == "activate" else f"{STATE}cancelled"
    governance = Governance(world, contract.id, None)
    for name in ("approve", "activate") if verb == "activate" else ("cancel",):
        if world[CONTRACTS][contract.id].state != wanted:
            governance.try_perform(f"{ACTION}{name}")
    now = world[CONTRACTS][contract.id]
    if now.state != wanted:
        set_state(world, now, wanted)


def end(world: World, contract: Contract, what: Literal["app", "api"]) -> None:
    """What becomes of a contract when its app version or its API version is deleted."""
    Governance(world, contract.id, None).try_perform("@AppDeleted" if what == "app" else "@ApiDeleted")
    now = world[CONTRACTS][contract.id]
    if is_valid(now):
        set_state(world, now, f"{STATE}{what}.deleted")


def switch_to_production(world: World, version: AppVersion) -> AppVersion:
    """The version goes live: its contracts hear of it by `@app_switch_to_production`, or follow the built-in rules.

    By those a Sandbox contract is cancelled and an approved Production one activated.
    """
    switched = world[APP_VERSIONS].change(version.id, current_environment="Production", updated=world.clock.now())
    for contract in world[CONTRACTS].find("app_version", version.id):
        governance = Governance(world, contract.id, None)
        if governance.governed:
            governance.try_perform("@app_switch_to_production")
        elif contract.environment == "Sandbox" and is_valid(contract):
            set_state(world, contract, f"{STATE}cancelled")
        elif contract.state == APPROVED:
            set_state(world, contract, ACTIVATED)
    return switched


def set_state(world: World, contract: Contract, state: str, **fields: Any) -> Contract:
    """Put a contract into a state; a revision that comes into force ends what it revises."""
    fields.setdefault("status", _STATUS.get(state, "Not Yet Active"))
    if state == ACTIVATED and contract.revises is not None:
        original = world[CONTRACTS].get(contract.revises)
        if original is not None and is_valid(original):
            set_state(world, original, f"{STATE}cancelled")
        fields["revises"] = None
    return world[CONTRACTS].change(
        contract.id, state=state, old_state=contract.state, updated=world.clock.now(), **fields
    )


def valid_in(world: World, version_id: str, environment: str) -> list[Contract]:
    """The connections of an app version in an environment, oldest first."""
    return [each for each in world[CONTRACTS].find("side", f"{version_id}/{environment}") if is_valid(each)]


def may_see(world: World, user: User, contract: Contract) -> bool:
    """Whether a user is on either side of a contract."""
    return _may(world, user, contract, "either")


def _check_rule(world: World, user: User, contract: Contract, name: str) -> None:
    rule = RULES.get(name)
    if rule is None:
        meant = nearest(name, RULES)
        suggestion = f" Did you mean {meant!r}?" if meant else ""
        raise NotAvailable(f"Contracts have no action {name!r}.{suggestion} There are {', '.join(RULES)}.")
    if contract.state not in rule.sources:
        possible = ", ".join(rule.sources)
        raise NotAvailable(f"{name} does not lead on from {contract.state}; it does from {possible}.")
    if not _may(world, user, contract, rule.side):
        whose = {"api": "who looks after the API", "app": "the app's team", "either": "either side"}[rule.side]
        raise Refused(f"{user.user_name} may not do {name}; that is for {whose}.")


def _apply_rule(world: World, id: str, name: str) -> None:
    contract = world[CONTRACTS][id]
    to = RULES[name].to or _approved_state(world[APP_VERSIONS][contract.app_version], contract.environment)
    set_state(world, contract, to)


def _approved_state(version: AppVersion, environment: Environment) -> str:
    """Approval is enough to go on with in the Sandbox; in Production once the app is there."""
    live = environment == "Sandbox" or version.current_environment == "Production"
    return ACTIVATED if live else APPROVED


def _may(world: World, user: User, contract: Contract, side: Side) -> bool:
    app, api = app_of(world, contract), api_of(world, contract)
    # Senior people of the app's business count on both sides: the vendor's own example lets one of them approve.
    if app is not None and is_business_admin(world, user, app.business):
        return True
    if side != "app" and api is not None and administers_api(world, user, api):
        return True
    return (
        side != "api"
        and app is not None
        and administers_app(world, user, app)
        and (api is None or sees_api(world, user, api))
    )
