"""Functions that tell people: notifications and board items."""

from __future__ import annotations

from mockserver.platforms.akana import boards, notifications
from mockserver.platforms.akana.subject import Here
from mockserver.platforms.akana.templates import fill, find_template
from mockserver.platforms.akana.workflow.arguments import AddBoardItem, SendNotification
from mockserver.platforms.akana.workflow.registry import function


@function("sendNotification", SendNotification)
def send_notification(here: Here, args: SendNotification) -> None:
    """Queue a notification for everybody of a role; nobody gets it of a thing that is gone already."""
    thing = here.subject.thing
    parameters = {**_said(here), **args.parameters}
    if args.status:
        parameters["status"] = args.status
    if thing is None:
        find_template(here.subject.world, "notification", args.notification_type)
        return
    notifications.queue(here.subject.world, args.notification_type, args.role, thing, parameters=parameters)


@function("addBoardItem", AddBoardItem)
def add_board_item(here: Here, args: AddBoardItem) -> None:
    """Put one item on all these boards, on each once; without a board there is none."""
    world, thing = here.subject.world, here.subject.thing
    template = find_template(world, "board", args.board_item_template_id)
    parameters = {**(notifications.surroundings(world, thing) if thing is not None else {}), **_said(here)}
    boards.add_item(
        world,
        title=fill(template.title, parameters),
        text=fill(template.text, parameters),
        visibility=args.visibility,
        boards=args.boards,
        viewers=args.all_viewers,
        author=here.subject.user.id if here.subject.user is not None else here.caller,
        template=template.id,
    )


def _said(here: Here) -> dict[str, str]:
    return {"action.comment": here.subject.comment, "author.username": here.caller}


FUNCTIONS = (send_notification, add_board_item)
