"""Workflows: uploading and choosing them, and doing their actions."""

from __future__ import annotations

from typing import Literal

from mockserver.platforms.akana import definitions, lifecycle
from mockserver.platforms.akana.actions.arguments import Arguments
from mockserver.platforms.akana.models import APP_VERSIONS, Business
from mockserver.platforms.akana.models_work import TEMPLATES, Template
from mockserver.platforms.akana.portal import current_step, find_app_version, find_business, find_user
from mockserver.platforms.akana.results import UploadedWorkflow, WorkflowOutcome
from mockserver.world.actions import action
from mockserver.world.world import World


class UploadWorkflow(Arguments, frozen=True, kw_only=True):
    name: str
    xml: str
    object_type: definitions.ObjectType = "appversion"
    description: str = ""


@action("akana.upload_workflow")
def upload_workflow(world: World, args: UploadWorkflow) -> UploadedWorkflow:
    """Upload a workflow file's XML; refused with every problem when it cannot work."""
    uploaded = definitions.upload(
        world,
        name=args.name,
        description=args.description,
        type=args.object_type,
        xml=args.xml,
        business=find_business(world, None),
    )
    return {"key": uploaded.key, "name": uploaded.name, "object_type": uploaded.object_type}


class ActivateWorkflow(Arguments, frozen=True, kw_only=True):
    workflow: str | None = None
    what: Literal["app versions", "Sandbox contracts", "Production contracts"] = "app versions"
    business: str | None = None


@action("akana.activate_workflow")
def activate_workflow(world: World, args: ActivateWorkflow) -> Business:
    """Put what a business makes from now on under a workflow, by key or name; without one under none."""
    business = find_business(world, args.business)
    match args.what:
        case "app versions":
            return definitions.choose_app_workflow(world, business, args.workflow)
        case "Sandbox contracts":
            return definitions.choose_contract_workflow(world, business, "Sandbox", args.workflow)
        case "Production contracts":
            return definitions.choose_contract_workflow(world, business, "Production", args.workflow)


class PerformAction(Arguments, frozen=True, kw_only=True):
    app_version: str | None = None
    action: str
    comment: str = ""
    by: str


@action("akana.perform_action")
def perform_action(world: World, args: PerformAction) -> WorkflowOutcome:
    """Do a workflow action with an app version; refused with the condition that failed."""
    version = find_app_version(world, args.app_version)
    lifecycle.perform(world, find_user(world, args.by), version.id, args.action, comment=args.comment)
    there = version.id in world[APP_VERSIONS]
    return {"app_version": version.id, "deleted": not there, "step": current_step(world, version.id)}


class DeleteAppVersion(Arguments, frozen=True, kw_only=True):
    app_version: str | None = None
    comment: str = ""
    by: str


@action("akana.delete_app_version")
def delete_app_version(world: World, args: DeleteAppVersion) -> WorkflowOutcome:
    """Click delete: at once without a workflow, else whatever its `@Delete` does."""
    version = find_app_version(world, args.app_version)
    gone = lifecycle.ask_to_delete(world, find_user(world, args.by), version, comment=args.comment)
    return {"app_version": version.id, "deleted": gone, "step": current_step(world, version.id)}


class AddTemplate(Arguments, frozen=True, kw_only=True):
    id: str
    kind: Literal["notification", "board"]
    title: str
    text: str
    mail_subject: str | None = None
    mail_body: str | None = None


@action("akana.add_template")
def add_template(world: World, args: AddTemplate) -> Template:
    """Write a notification's or a board item's text; one with the id of ours goes before it."""
    return world[TEMPLATES].put(
        Template(
            id=args.id,
            kind=args.kind,
            title=args.title,
            text=args.text,
            mail_subject=args.mail_subject or args.title,
            mail_body=args.mail_body or args.text,
        )
    )


WORKFLOWS = (upload_workflow, activate_workflow, perform_action, delete_app_version, add_template)
