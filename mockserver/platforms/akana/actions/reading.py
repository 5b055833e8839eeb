"""What people look at: where an app version stands, boards, notifications, mail."""

from __future__ import annotations

from mockserver.platforms.akana import boards, contracts, permissions, registration
from mockserver.platforms.akana.actions.arguments import Arguments
from mockserver.platforms.akana.governance import Governance, is_reserved
from mockserver.platforms.akana.models import CONTRACTS, USERS
from mockserver.platforms.akana.models_work import (
    HISTORY,
    LOG_LINES,
    MAILS,
    NOTIFICATIONS,
    QUEUE,
    REGISTRATIONS,
    RUNS,
    BoardItem,
    Mail,
    Notification,
)
from mockserver.platforms.akana.portal import current_step, find_app_version, find_user
from mockserver.platforms.akana.results import (
    Connection,
    Connections,
    Queue,
    QueuedNotification,
    ShownRegistration,
    ShownWorkflow,
)
from mockserver.world.actions import action
from mockserver.world.world import World


class ViewWorkflow(Arguments, frozen=True, kw_only=True):
    app_version: str | None = None
    contract: str | None = None
    by: str | None = None


@action("akana.view_workflow")
def view_workflow(world: World, args: ViewWorkflow) -> ShownWorkflow:
    """Show where an app version (or a contract) stands, how it got there, and what `by` can do now and why not."""
    id = world[CONTRACTS][args.contract].id if args.contract else find_app_version(world, args.app_version).id
    run = world[RUNS].get(id)
    user = find_user(world, args.by) if args.by is not None else None
    explained = Governance(world, id, user).explain() if user is not None else ()
    return {
        "id": id,
        "step": current_step(world, id),
        "state": run.instance.state if run is not None else None,
        "current": [{"step": row.step, "status": row.status, "owner": row.owner} for row in run.instance.current]
        if run is not None
        else [],
        "history": [
            {
                "step": each.row.step,
                "status": each.row.status,
                "action": each.action_name,
                "caller": each.row.caller,
                "comment": each.comment,
            }
            for each in world[HISTORY].find("run", id)
        ],
        "actions": [
            {
                "name": each.action.name,
                "id": each.action.id,
                "reserved": is_reserved(each.action.name),
                "available": each.available,
                "why_not": each.why_not(),
            }
            for each in explained
        ],
        "log": [each.text for each in world[LOG_LINES].find("about", id)],
    }


class ViewPermissions(Arguments, frozen=True, kw_only=True):
    app_version: str | None = None
    by: str


@action("akana.view_permissions")
def view_permissions(world: World, args: ViewPermissions) -> tuple[permissions.Permission, ...]:
    """Show everything somebody may do with an app version, and which action or condition decides it."""
    version = find_app_version(world, args.app_version)
    return tuple(permissions.all_permissions(world, find_user(world, args.by), version))


class ViewContracts(Arguments, frozen=True, kw_only=True):
    app_version: str | None = None


@action("akana.view_contracts")
def view_contracts(world: World, args: ViewContracts) -> Connections:
    """Show an app version's connections by environment: API version and state."""
    version = find_app_version(world, args.app_version)

    def connections(environment: str) -> list[Connection]:
        return [
            {"id": each.id, "api_version": each.api_version, "state": each.state, "status": each.status}
            for each in contracts.valid_in(world, version.id, environment)
        ]

    return {"Sandbox": connections("Sandbox"), "Production": connections("Production")}


class ViewBoard(Arguments, frozen=True, kw_only=True):
    board: str
    by: str | None = None


@action("akana.view_board")
def view_board(world: World, args: ViewBoard) -> tuple[BoardItem, ...]:
    """Show what somebody may read on a board, newest first; without `by` somebody who is not signed in."""
    reader = find_user(world, args.by) if args.by is not None else None
    return tuple(boards.items_for(world, args.board, reader))


class ForUser(Arguments, frozen=True, kw_only=True):
    user: str | None = None


@action("akana.list_mails")
def list_mails(world: World, args: ForUser) -> tuple[Mail, ...]:
    """List the mail that has left, all or one person's, oldest first."""
    if args.user is None:
        return tuple(world[MAILS])
    return tuple(world[MAILS].find("user", find_user(world, args.user).id))


@action("akana.list_notifications")
def list_notifications(world: World, args: ForUser) -> tuple[Notification, ...]:
    """List what is on dashboards, all or one person's, oldest first."""
    if args.user is None:
        return tuple(world[NOTIFICATIONS])
    return tuple(world[NOTIFICATIONS].find("user", find_user(world, args.user).id))


class Nothing(Arguments, frozen=True, kw_only=True):
    pass


@action("akana.view_queue")
def view_queue(world: World, args: Nothing) -> Queue:
    """Show which notifications wait for the job, and for whom."""
    waiting: list[QueuedNotification] = [
        {"type": each.type, "user": user.email if (user := world[USERS].get(each.user)) else each.user}
        for each in world[QUEUE]
    ]
    return {"waiting": waiting}


@action("akana.view_client_registration")
def view_client_registration(world: World, args: ViewContracts) -> ShownRegistration:
    """Show what an OAuth provider made of an app version, which by its id may be gone already."""
    known = world[REGISTRATIONS].get(args.app_version or "")
    if known is None:
        known = world[REGISTRATIONS].get(find_app_version(world, args.app_version).id)
    return registration.shown(known) if known is not None else {"state": "none"}


READING = (
    *(view_workflow, view_permissions, view_contracts, view_board, list_mails, list_notifications),
    *(view_queue, view_client_registration),
)
