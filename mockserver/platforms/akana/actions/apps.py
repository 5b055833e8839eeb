"""APIs, apps, their versions, and the connections between them."""

from __future__ import annotations

from mockserver.errors import Refused
from mockserver.platforms.akana import contracts, lifecycle, makers
from mockserver.platforms.akana.actions.arguments import Arguments
from mockserver.platforms.akana.models import (
    APIS,
    APP_VERSIONS,
    ApiVersion,
    AppVersion,
    Contract,
    Environment,
    Group,
    Visibility,
)
from mockserver.platforms.akana.people import sees_api
from mockserver.platforms.akana.portal import (
    find_api,
    find_api_version,
    find_app,
    find_app_version,
    find_business,
    find_contract,
    find_user,
)
from mockserver.platforms.akana.results import LiveVersion
from mockserver.world.actions import action
from mockserver.world.world import World


class CreateApi(Arguments, frozen=True, kw_only=True):
    name: str
    version: str = "v1"
    business: str | None = None
    admins: tuple[str, ...] = ()
    visibility: Visibility = "Public"
    invited: tuple[str, ...] = ()
    auto_approve: tuple[Environment, ...] = ()
    description: str = ""


@action("akana.create_api")
def create_api(world: World, args: CreateApi) -> ApiVersion:
    """Publish an API with its first version. `invited` see it when it is private."""
    api = makers.make_api(
        world,
        name=args.name,
        business=find_business(world, args.business),
        admins=tuple(find_user(world, each).id for each in args.admins),
        description=args.description,
        visibility=args.visibility,
        invited=tuple(find_user(world, each).id for each in args.invited),
    )
    return makers.make_api_version(world, api, name=args.version, auto_approve=args.auto_approve)


class CreateApiVersion(Arguments, frozen=True, kw_only=True):
    api: str | None = None
    name: str
    auto_approve: tuple[Environment, ...] = ()


@action("akana.create_api_version")
def create_api_version(world: World, args: CreateApiVersion) -> ApiVersion:
    """Publish another version of an API."""
    return makers.make_api_version(world, find_api(world, args.api), name=args.name, auto_approve=args.auto_approve)


class OneApiVersion(Arguments, frozen=True, kw_only=True):
    api_version: str | None = None


@action("akana.delete_api_version")
def delete_api_version(world: World, args: OneApiVersion) -> str:
    """Delete an API version; its contracts end."""
    api_version = find_api_version(world, args.api_version)
    lifecycle.delete_api_version(world, api_version)
    return api_version.id


class CreateApp(Arguments, frozen=True, kw_only=True):
    name: str
    version: str = "1.0"
    business: str | None = None
    by: str


@action("akana.create_app")
def create_app(world: World, args: CreateApp) -> AppVersion:
    """Make an app with its first version, under its business's workflow; the business is its maker's unless said."""
    user = find_user(world, args.by)
    business = find_business(world, args.business or user.business)
    app = makers.make_app(world, name=args.name, business=business, creator=user)
    return lifecycle.create_version(world, user, app, name=args.version)


class AddTeamMember(Arguments, frozen=True, kw_only=True):
    app: str | None = None
    user: str
    leader: bool = False


@action("akana.add_team_member")
def add_team_member(world: World, args: AddTeamMember) -> Group:
    """Put somebody on an app's team."""
    return makers.add_member(world, find_app(world, args.app).team, find_user(world, args.user), leader=args.leader)


class AddApiAdmin(Arguments, frozen=True, kw_only=True):
    api: str | None = None
    user: str


@action("akana.add_api_admin")
def add_api_admin(world: World, args: AddApiAdmin) -> Group:
    """Let somebody look after an API."""
    return makers.add_member(world, find_api(world, args.api).admins, find_user(world, args.user))


class RequestConnection(Arguments, frozen=True, kw_only=True):
    app_version: str | None = None
    api_version: str | None = None
    environment: Environment = "Sandbox"
    comment: str = ""
    by: str


@action("akana.request_connection")
def request_connection(world: World, args: RequestConnection) -> Contract:
    """Ask for a connection of an app version to an API version, as its workflow allows."""
    user = find_user(world, args.by)
    api_version = find_api_version(world, args.api_version)
    if not sees_api(world, user, world[APIS][api_version.api]):
        raise Refused(f"{user.user_name} was not invited to this private API.")
    version = find_app_version(world, args.app_version)
    return contracts.request(world, user, version, api_version, args.environment, comment=args.comment)


class ActOnContract(Arguments, frozen=True, kw_only=True):
    contract: str | None = None
    action: str
    comment: str = ""
    by: str


@action("akana.act_on_contract")
def act_on_contract(world: World, args: ActOnContract) -> Contract:
    """Approve, reject, activate, suspend, resume, resubmit or cancel a contract, the newest one unless said.

    The action may be a workflow's own; `approve` is short for apicontract.action.approve.
    """
    contract = find_contract(world, args.contract)
    short = contracts.ACTION + args.action
    name = short if short in contracts.RULES else args.action
    return contracts.act(world, find_user(world, args.by), contract, name, comment=args.comment)


class OneAppVersion(Arguments, frozen=True, kw_only=True):
    app_version: str | None = None


@action("akana.switch_to_production")
def switch_to_production(world: World, args: OneAppVersion) -> LiveVersion:
    """Take an app version live; its contracts follow, by their workflow or the built-in rules."""
    version = contracts.switch_to_production(world, find_app_version(world, args.app_version))
    return {"app_version": version.id, "environment": world[APP_VERSIONS][version.id].current_environment}


APPS = (
    *(create_api, create_api_version, delete_api_version, create_app, add_team_member, add_api_admin),
    *(request_connection, act_on_contract, switch_to_production),
)
