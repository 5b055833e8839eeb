"""Contracts over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mockserver.platforms.akana import contracts, media, queries, requests, shapes
from mockserver.platforms.akana import representations as show
from mockserver.platforms.akana.bodies import decode
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.governance import Governance
from mockserver.platforms.akana.models import API_VERSIONS, APIS, APP_VERSIONS, APPS, CONTRACTS, ENVIRONMENTS, Contract
from mockserver.platforms.akana.people import administers_app, app_of, is_valid, sees_api
from mockserver.platforms.akana.routing import contract_for, found, route, version_for
from mockserver.platforms.akana.session import caller
from mockserver.wire import Answer, Call, Evidence
from mockserver.world.world import World

SOURCE = "docs: contract operations"


def request_contract(world: World, call: Call) -> Answer:
    """Ask for a connection of an app version to an API version."""
    user = caller(world, call)
    given = decode(call, requests.NewContract)
    version = version_for(world, user, given.runtime_id)
    api_version = found(world, API_VERSIONS, given.api_version_id, "API version")
    if not sees_api(world, user, world[APIS][api_version.api]):
        raise Fault.NOT_FOUND.stop(f"There is no API version {given.api_version_id!r}.")
    contract = contracts.request(
        world, user, version, api_version, given.environment, comment=given.comment, scope=given.scope
    )
    return media.rendered(call, "Contract", show.contract_body(world, contract))


def get_contract(world: World, call: Call) -> Answer:
    """Show a contract."""
    contract = contract_for(world, caller(world, call), call.params["id"])
    return media.rendered(call, "Contract", show.contract_body(world, contract))


def change_contract(world: World, call: Call) -> Answer:
    """Change a contract's scope."""
    user = caller(world, call)
    contract = contract_for(world, user, call.params["id"])
    given = decode(call, requests.ContractChange)
    governance = Governance(world, contract.id, user, queries.comment(call))
    if governance.governed:
        governance.perform("@modify", "apicontract.action.editscope", "apicontract.action.edit")
    elif not is_valid(contract):
        raise Fault.NO_SUCH_ACTION.stop(f"The contract is {contract.state}; it does not change any more.")
    changed = world[CONTRACTS].change(contract.id, scope=given.scope, updated=world.clock.now())
    return media.rendered(call, "Contract", show.contract_body(world, changed))


def api_details(world: World, call: Call) -> Answer:
    """Show the API a contract leads to."""
    contract = contract_for(world, caller(world, call), call.params["id"])
    api_version = found(world, API_VERSIONS, contract.api_version, "API version")
    return media.rendered(call, "API", show.api_body(world, world[APIS][api_version.api]))


def app_details(world: World, call: Call) -> Answer:
    """Show the app a contract belongs to."""
    contract = contract_for(world, caller(world, call), call.params["id"])
    version = found(world, APP_VERSIONS, contract.app_version, "app version")
    return media.rendered(call, "App", show.app_body(world, world[APPS][version.app]))


def list_contracts(world: World, call: Call) -> Answer:
    """List an app version's contracts."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    environment = queries.environment(call)
    activated_only = queries.flag(call, "ActivatedOnly")
    listed = [
        each
        for each in world[CONTRACTS].find("app_version", version.id)
        if environment in (None, each.environment) and (not activated_only or each.state == contracts.ACTIVATED)
    ]
    return _listed(world, call, queries.paged(call, listed))


def list_environments(world: World, call: Call) -> Answer:
    """List the environments in which a connection of an app version may be asked for."""
    user = caller(world, call)
    version = version_for(world, user, call.params["id"])
    api_version = call.query_value("APIVersionID")
    if api_version is not None:
        found(world, API_VERSIONS, api_version, "API version")
    governance = Governance(world, version.id, user)
    names = {action.name for action in governance.available()}
    app = app_of(world, version)
    plain = not governance.governed and app is not None and administers_app(world, user, app)
    allowed = [each for each in ENVIRONMENTS if plain or not names.isdisjoint(contracts.connect_names(each))]
    return media.rendered(call, "Environments", {"Environment": allowed})


def _listed(world: World, call: Call, listed: Sequence[Contract]) -> Answer:
    if media.is_vendor(call):
        bodies = [show.contract_body(world, each) for each in listed]
        return media.rendered(call, "Contracts", {"Contract": bodies} if bodies else {})
    return media.rss_answer(call, "Contracts", [show.contract_item(world, each) for each in listed])


_CONTRACT = shapes.reply(shapes.ContractBody)

ROUTES = (
    route(
        "POST",
        "/api/contracts",
        request_contract,
        "Ask for a connection",
        Evidence(
            "documented",
            "documented",
            "assumed",
            "Of a governed app version reserved-connect-to-api, or the one for the environment, runs first. A second "
            "request for the same makes a revision (@Revise where the contract's workflow has it), a third is 400.",
        ),
        source=SOURCE,
        request=requests.NewContract,
        replies=_CONTRACT,
    ),
    route(
        "GET",
        "/api/contracts/{id}",
        get_contract,
        "Show a contract",
        Evidence("documented", "documented", "assumed", "For both sides: the app's team and who looks after the API."),
        source=SOURCE,
        replies=_CONTRACT,
    ),
    route(
        "PUT",
        "/api/contracts/{id}",
        change_contract,
        "Change a contract's scope",
        Evidence("documented", "assumed", "assumed", "Of a governed contract @modify runs, or an edit action."),
        source=SOURCE,
        request=requests.ContractChange,
        replies=_CONTRACT,
    ),
    route(
        "GET",
        "/api/contracts/{id}/apidetails",
        api_details,
        "Show the API of a contract",
        Evidence("documented", "assumed", "assumed", "As the API itself is shown."),
        source=SOURCE,
        replies=shapes.reply(shapes.ApiBody),
    ),
    route(
        "GET",
        "/api/contracts/{id}/appdetails",
        app_details,
        "Show the app of a contract",
        Evidence("documented", "assumed", "assumed", "As the app itself is shown."),
        source=SOURCE,
        replies=shapes.reply(shapes.AppBody),
    ),
    route(
        "GET",
        "/api/apps/versions/{id}/contracts",
        list_contracts,
        "List an app version's contracts",
        Evidence(
            "documented",
            "assumed",
            "assumed",
            "RSS for plain media types; for the vendor's own an object Contract[], without it when empty. Contracts "
            "that are over are listed as well.",
        ),
        source=SOURCE,
        replies=shapes.LIST,
    ),
    route(
        "GET",
        "/api/apps/versions/{id}/contracts/environments",
        list_environments,
        "List where a connection may be asked for",
        Evidence("documented", "assumed", "assumed", "As the reserved-connect-to-api actions are available."),
        source=SOURCE,
        replies=shapes.reply(dict[str, Any]),
    ),
)
