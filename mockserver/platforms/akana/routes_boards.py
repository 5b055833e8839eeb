"""Boards and notifications: what people read."""

from __future__ import annotations

from typing import Any, Literal

from mockserver.platforms.akana import boards, media, queries, requests, shapes
from mockserver.platforms.akana import representations as show
from mockserver.platforms.akana.bodies import decode
from mockserver.platforms.akana.errors import Fault
from mockserver.platforms.akana.models import USERS, User
from mockserver.platforms.akana.models_work import NOTIFICATIONS, Notification
from mockserver.platforms.akana.routing import found, route
from mockserver.platforms.akana.session import caller, caller_or_none
from mockserver.wire import Answer, Call, Evidence, Route
from mockserver.world.world import World

SOURCE = "docs: board operations"


def read_board(world: World, call: Call) -> Answer:
    """Show what somebody may read on a board, newest first."""
    return _board(world, call, call.params["id"])


def list_discussions(world: World, call: Call) -> Answer:
    """Show the discussions about something, or the one with an ItemID."""
    subject = call.query_value("DiscussionSubjectID")
    if subject is None:
        raise Fault.INVALID.stop("The parameter DiscussionSubjectID is missing.")
    return _board(world, call, subject)


def list_notifications(world: World, call: Call) -> Answer:
    """Show a user's notifications that are not archived, newest first."""
    user = _self_or_site_admin(world, call)
    listed = [each for each in reversed(world[NOTIFICATIONS].find("user", user.id)) if each.state != "archived"]
    items = [show.notification_item(each) for each in queries.paged(call, listed)]
    return media.rss_answer(call, "Notifications", items)


def change_notification(world: World, call: Call) -> Answer:
    """Mark one notification as read, unread or archived."""
    user = _self_or_site_admin(world, call)
    if call.content_type not in ("", media.TEXT):
        raise Fault.MEDIA.stop(f"The body must be {media.TEXT}; Content-Type says {call.content_type}.")
    state = call.body.decode("utf-8", "replace").strip()
    _change(world, user, call.params["notification"], _state(state))
    return Answer(200)


def change_notifications(world: World, call: Call) -> Answer:
    """Mark several notifications at once, all or none."""
    user = _self_or_site_admin(world, call)
    given = decode(call, requests.NotificationStates)
    for id in given.notification_id:
        _change(world, user, id, given.state)
    return Answer(200)


def _board(world: World, call: Call, id: str) -> Answer:
    title = boards.board_title(world, id)
    if title is None:
        raise Fault.NOT_FOUND.stop(f"There is no board {id!r}.")
    items = boards.items_for(world, id, caller_or_none(world, call))
    wanted_type, wanted = call.query_value("ItemType"), call.query_value("ItemID")
    items = [each for each in items if wanted_type in (None, each.type) and wanted in (None, each.id)]
    if (order := call.query_value("SortBy")) is not None:
        if order not in ("DescendingDate", "AscendingDate"):
            raise Fault.INVALID.stop(f"SortBy: expected DescendingDate or AscendingDate, got {order!r}.")
        items = items[::-1] if order == "AscendingDate" else items
    page = queries.paged(call, items)
    if media.is_vendor(call):
        bodies = [show.board_item_body(each) for each in page]
        return media.rendered(call, "BoardItems", {"BoardItem": bodies} if bodies else {})
    return media.rss_answer(call, title, [show.board_item(each) for each in page])


def _self_or_site_admin(world: World, call: Call) -> User:
    user = caller(world, call)
    whose = found(world, USERS, call.params["user"], "user")
    if whose.id != user.id and not user.site_admin:
        raise Fault.FORBIDDEN.stop(f"The notifications of {whose.user_name} are not for {user.user_name} to see.")
    return whose


def _state(name: str) -> Literal["unread", "read", "archived"]:
    match name:
        case "unread" | "read" | "archived":
            return name
    raise Fault.INVALID.stop(f"The state must be unread, read or archived, not {name[:100]!r}.")


def _change(world: World, user: User, id: str, state: Literal["unread", "read", "archived"]) -> Notification:
    notification = found(world, NOTIFICATIONS, id, "notification")
    if notification.user != user.id:
        raise Fault.NOT_FOUND.stop(f"There is no notification {id!r} of {user.user_name}.")
    return world[NOTIFICATIONS].change(id, state=state)


_READ = Evidence(
    "documented",
    "documented",
    "assumed",
    "RSS for plain media types; for the vendor's own an object BoardItem[], whose fields are ours. Without a session "
    "only Public items are there. ItemType, ItemID, SortBy, start and count are honoured, the others ignored.",
)


def _reading(path: str, what: str) -> Route:
    return route("GET", path, read_board, f"Read the board of {what}", _READ, source=SOURCE, replies=shapes.LIST)


_NOTIFICATIONS: dict[str, Any] = {"source": "docs: user operations"}

ROUTES = (
    _reading("/api/boards/{id}/board", "any id"),
    _reading("/api/apps/versions/{id}/board", "an app version"),
    _reading("/api/apps/{id}/board", "an app"),
    _reading("/api/apis/versions/{id}/board", "an API version"),
    _reading("/api/apis/{id}/board", "an API"),
    _reading("/api/groups/{id}/board", "a group"),
    route("GET", "/api/discussions", list_discussions, "Read discussions", _READ, source=SOURCE, replies=shapes.LIST),
    route(
        "GET",
        "/api/users/{user}/notifications",
        list_notifications,
        "List a user's notifications",
        Evidence("documented", "assumed", "assumed", "One's own, or anybody's for a Site Admin; newest first."),
        replies=shapes.LIST,
        **_NOTIFICATIONS,
    ),
    route(
        "PUT",
        "/api/users/{user}/notifications/{notification}/state",
        change_notification,
        "Change the state of a notification",
        Evidence("documented", "assumed", "assumed", "The state as text/plain: archived, read or unread."),
        replies=shapes.EMPTY,
        **_NOTIFICATIONS,
    ),
    route(
        "PUT",
        "/api/users/{user}/notifications/state",
        change_notifications,
        "Change the state of several notifications",
        Evidence("documented", "assumed", "assumed", "All or none."),
        request=requests.NotificationStates,
        replies=shapes.EMPTY,
        **_NOTIFICATIONS,
    ),
)
