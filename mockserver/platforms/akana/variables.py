"""What Akana's workflows can read as `${…}`, as entries for the engine's registry.

Of a thing that is gone every variable is empty.
"""

from __future__ import annotations

from mockserver.platforms.akana import people
from mockserver.platforms.akana.models import Api, AppVersion
from mockserver.platforms.akana.subject import Here, Subject
from mockserver.platforms.akana.workflow.context import Value
from mockserver.platforms.akana.workflow.registry import Variable, variable


@variable("app.dn")
def app_dn(here: Here) -> Value:
    """The app's id."""
    version = here.subject.version
    return version.app if version is not None else None


@variable("app.team.group.dn")
def app_team(here: Here) -> Value:
    """The id of the group of the app's team."""
    thing = here.subject.thing
    app = people.app_of(here.subject.world, thing) if thing is not None else None
    return app.team if app is not None else None


@variable("app.version.dn")
def app_version_dn(here: Here) -> Value:
    """The app version's id."""
    version = here.subject.version
    return version.id if version is not None else None


@variable("app.version.name")
def app_version_name(here: Here) -> Value:
    """The app version's name."""
    version = here.subject.version
    return version.name if version is not None else None


@variable("business.dn")
def business_dn(here: Here) -> Value:
    """The id of the app's business."""
    thing = here.subject.thing
    app = people.app_of(here.subject.world, thing) if thing is not None else None
    return app.business if app is not None else None


@variable("connected.apis.admin.groups")
def connected_admin_groups(here: Here) -> Value:
    """The ids of the groups that look after the connected APIs."""
    return tuple(api.admins for api in _connected(here))


@variable("connected.apiversion.ids")
def connected_api_versions(here: Here) -> Value:
    """The ids of the API versions that the app version is connected to."""
    version = here.subject.version
    if version is None:
        return ()
    return tuple(people.connected_api_versions(here.subject.world, version))


@variable("connected.apis.id")
def connected_apis(here: Here) -> Value:
    """The ids of the APIs that the app version is connected to."""
    return tuple(api.id for api in _connected(here))


@variable("connected.apis.ids")
def connected_apis_too(here: Here) -> Value:
    """The same by the name that one sentence of the vendor's page uses."""
    return tuple(api.id for api in _connected(here))


@variable("contract.dn")
def contract_dn(here: Here) -> Value:
    """The contract's id."""
    contract = here.subject.contract
    return contract.id if contract is not None else None


@variable("contract.oldstate")
def contract_old_state(here: Here) -> Value:
    """The state the contract was in before its last."""
    contract = here.subject.contract
    return contract.old_state if contract is not None else None


@variable("contract.app.dn")
def contract_app(here: Here) -> Value:
    """The id of the contract's app."""
    contract = here.subject.contract
    return contract.app if contract is not None else None


@variable("contract.app.version.dn")
def contract_app_version(here: Here) -> Value:
    """The id of the contract's app version."""
    contract = here.subject.contract
    return contract.app_version if contract is not None else None


@variable("contract.api.dn")
def contract_api(here: Here) -> Value:
    """The id of the contract's API."""
    contract = here.subject.contract
    return contract.api if contract is not None else None


@variable("contract.api.version.dn")
def contract_api_version(here: Here) -> Value:
    """The id of the contract's API version."""
    contract = here.subject.contract
    return contract.api_version if contract is not None else None


@variable("subject")
def subject(here: Here) -> Value:
    """Who acts, as `${caller}`."""
    return here.caller


def _connected(here: Here) -> list[Api]:
    version: AppVersion | None = here.subject.version
    return people.connected_apis(here.subject.world, version) if version is not None else []


VARIABLES: tuple[Variable[Subject], ...] = (
    *(app_dn, app_team, app_version_dn, app_version_name, business_dn),
    *(connected_admin_groups, connected_api_versions, connected_apis, connected_apis_too),
    *(contract_dn, contract_old_state, contract_app, contract_app_version, contract_api, contract_api_version),
    subject,
)
