"""How Akana's routes are declared: with the login cookie, and every error of ours as a fault."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import msgspec

from mockserver.errors import Conflict, MockserverError, Refused
from mockserver.platforms.akana import shapes
from mockserver.platforms.akana.contracts import may_see
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.models import APP_VERSIONS, APPS, CONTRACTS, App, AppVersion, Contract, User
from mockserver.platforms.akana.people import administers_api, administers_app, app_of, connected_apis
from mockserver.platforms.akana.session import COOKIE
from mockserver.platforms.akana.workflow.errors import InputRefused, NotAvailable, WorkflowFault
from mockserver.wire import Answer, Call, Evidence, Refusal, Rejected, Route
from mockserver.world.collection import Kind
from mockserver.world.world import World

T = TypeVar("T", bound=msgspec.Struct)
Handler = Callable[[World, Call], Answer | Refusal]


def route(
    method: str, path: str, handler: Handler, summary: str, evidence: Evidence, *, source: str, **described: Any
) -> Route:
    """A route of Akana's."""
    described.setdefault("refused", shapes.REFUSED)
    return Route(method, path, _faulting(handler), summary, evidence, (COOKIE,), source=source, **described)


def found(world: World, kind: Kind[T], id: str, what: str) -> T:
    """The document with this id; raises `Rejected` with 404."""
    document = world[kind].get(id)
    if document is None:
        raise Fault.NOT_FOUND.stop(f"There is no {what} {id!r}.")
    return document


def app_for(world: World, user: User, id: str) -> App:
    """The app, for somebody on its team or senior to it; raises `Rejected`."""
    app = found(world, APPS, id, "app")
    if not administers_app(world, user, app):
        raise Fault.FORBIDDEN.stop(f"{user.user_name} is not on the team of {app.name}.")
    return app


def version_for(world: World, user: User, id: str) -> AppVersion:
    """The app version, for somebody who may see it; raises `Rejected`."""
    version = found(world, APP_VERSIONS, id, "app version")
    if not sees_version(world, user, version):
        raise Fault.FORBIDDEN.stop(f"{user.user_name} may not see the app version {id}.")
    return version


def contract_for(world: World, user: User, id: str) -> Contract:
    """The contract, for somebody on either side of it; raises `Rejected`."""
    contract = found(world, CONTRACTS, id, "contract")
    if not may_see(world, user, contract):
        raise Fault.FORBIDDEN.stop(f"{user.user_name} is on neither side of the contract {id}.")
    return contract


def sees_version(world: World, user: User, version: AppVersion) -> bool:
    """A public version is for all; a private one for its team, their seniors, and who looks after connected APIs."""
    app = app_of(world, version)
    if version.visibility == "Public" or (app is not None and administers_app(world, user, app)):
        return True
    return any(administers_api(world, user, api) for api in connected_apis(world, version))


def _faulting(handler: Handler) -> Handler:
    @wraps(handler)
    def handle(world: World, call: Call) -> Answer | Refusal:
        try:
            return handler(world, call)
        except MockserverError as error:
            raise _fault(error) from error

    return handle


def _fault(error: MockserverError) -> Rejected:
    match error:
        case NotAvailable():
            fault = Fault.ACTION_REFUSED if error.why else Fault.NO_SUCH_ACTION
        case WorkflowFault():
            fault = Fault.WORKFLOW_FAILED
        case InputRefused():
            fault = Fault.INVALID
        case Refused():
            fault = Fault.FORBIDDEN
        case Conflict():
            fault = Fault.CONFLICT
        case _:
            fault = Fault.INVALID
    return fault.stop(str(error))
