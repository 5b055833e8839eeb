"""Workflow files: uploaded, refused when they cannot work, found, and chosen in settings."""

from __future__ import annotations

from typing import Literal

import msgspec

from mockserver.errors import Invalid, InvalidFile, Problem, Refused, Unknown, nearest
from mockserver.platforms.akana import ids
from mockserver.platforms.akana.governance import parsed
from mockserver.platforms.akana.models import BUSINESSES, Business
from mockserver.platforms.akana.models_work import DEFINITIONS, WorkflowDefinition
from mockserver.platforms.akana.workflow.vocabulary import API_CONTRACT, APP_VERSION, Vocabulary
from mockserver.world.world import World

ObjectType = Literal["appversion", "apicontract"]
OBJECT_TYPES: dict[str, Vocabulary] = {"appversion": APP_VERSION, "apicontract": API_CONTRACT}
"""What a workflow may govern here. The vendor's word for app versions is unknown, this one is ours."""

_ALSO = {"application": "appversion", "app-version": "appversion", "api access request": "apicontract"}
"""How screens call them."""


def object_type(name: str) -> ObjectType:
    """The type that somebody names; raises `Unknown`."""
    folded = name.strip().lower()
    found = _ALSO.get(folded, folded)
    if found == "appversion":
        return "appversion"
    if found in ("apicontract", "api-contract"):
        return "apicontract"
    raise Unknown("object type", name, OBJECT_TYPES, hint=f"Workflows for {' and '.join(OBJECT_TYPES)} are emulated.")


def upload(
    world: World, *, name: str, description: str, type: ObjectType, xml: str, business: Business, key: str | None = None
) -> WorkflowDefinition:
    """Keep a workflow file; raises `InvalidFile` for one that is none, or lacks an initial action it must have."""
    if not name.strip():
        raise Invalid("A workflow needs a name.", [Problem("$.Name", "a name", repr(name))])
    definition = parsed(xml, name)
    known = {action.name for action in definition.initial_actions}
    lacking = [each for each in OBJECT_TYPES[type].required if each not in known]
    if lacking:
        meant = nearest(lacking[0], known)
        expected = f"the initial action {', '.join(lacking)}"
        raise InvalidFile(name, [Problem("initial-actions", expected, ", ".join(sorted(known)) or "none", meant)])
    return world[DEFINITIONS].insert(
        WorkflowDefinition(
            key=key or ids.uuid(world, "workflow_definition"),
            name=name,
            description=description,
            object_type=type,
            business=business.id,
            xml=xml,
            updated=world.clock.now(),
        )
    )


def find_definition(world: World, reference: str, type: ObjectType) -> WorkflowDefinition:
    """A definition by key, or the newest of that name; raises `Unknown`, or `Refused` for one of another type."""
    named = world[DEFINITIONS].find("name", reference)
    found = world[DEFINITIONS].get(reference) or (named[-1] if named else None)
    if found is None:
        known = [each for document in world[DEFINITIONS] for each in (document.key, document.name)]
        raise Unknown("workflow definition", reference, known, hint="Upload it first.")
    if found.object_type != type:
        raise Refused(f"The workflow {found.name!r} is for {found.object_type}, not for {type}.")
    return found


def choose_app_workflow(world: World, business: Business, reference: str | None) -> Business:
    """Put new app versions of a business under a workflow, or with None under none; old ones stay as they are."""
    key = find_definition(world, reference, "appversion").key if reference else None
    return change_settings(world, business, app_version_workflow=key)


def choose_contract_workflow(
    world: World, business: Business, environment: Literal["Sandbox", "Production"], reference: str | None
) -> Business:
    """The same for new contracts in an environment."""
    key = find_definition(world, reference, "apicontract").key if reference else None
    field = "sandbox_contract_workflow" if environment == "Sandbox" else "production_contract_workflow"
    return change_settings(world, business, **{field: key})


def change_settings(world: World, business: Business, **fields: object) -> Business:
    """A business with some of its settings changed."""
    current = world[BUSINESSES][business.id]
    return world[BUSINESSES].change(business.id, settings=msgspec.structs.replace(current.settings, **fields))
