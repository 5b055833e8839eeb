"""Boards: which there are, what is put on them, and who reads what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mockserver.errors import Unknown
from mockserver.platforms.akana import ids
from mockserver.platforms.akana.models import (
    API_VERSIONS,
    APIS,
    APP_VERSIONS,
    APPS,
    BUSINESSES,
    GROUPS,
    USERS,
    User,
)
from mockserver.platforms.akana.models_work import BOARD_ITEMS, BOARDS, Board, BoardItem, ItemVisibility
from mockserver.platforms.akana.people import administers_api, administers_app, is_business_admin, is_member
from mockserver.world.collection import Kind
from mockserver.world.world import World

_OWNERS: tuple[Kind[Any], ...] = (APPS, APP_VERSIONS, APIS, API_VERSIONS, GROUPS, USERS)


def make_board(world: World, name: str) -> Board:
    """A board that is nothing else's."""
    return world[BOARDS].insert(Board(id=ids.numbered(world, "board"), name=name))


def board_title(world: World, id: str) -> str | None:
    """What a board is called; None when there is no such board."""
    own = world[BOARDS].get(id)
    if own is not None:
        return own.name
    for kind in _OWNERS:
        thing = world[kind].get(id)
        if thing is not None:
            return str(thing.user_name if isinstance(thing, User) else getattr(thing, "name", id))
    return None


def add_item(
    world: World,
    *,
    title: str,
    text: str,
    visibility: ItemVisibility,
    boards: Iterable[str],
    viewers: Iterable[str],
    author: str,
    template: str | None = None,
) -> BoardItem | None:
    """Put one item on boards, on each once; None when none was named. Raises `Unknown` for a board that is none."""
    targets = tuple(dict.fromkeys(boards))
    for each in targets:
        if board_title(world, each) is None:
            raise Unknown("board", each)
    if not targets:
        return None
    return world[BOARD_ITEMS].insert(
        BoardItem(
            id=ids.numbered(world, "discussion"),
            type="Discussion",
            template=template,
            title=title,
            text=text,
            visibility=visibility,
            viewers=tuple(dict.fromkeys(viewers)),
            boards=targets,
            author=author,
            created=world.clock.now(),
        )
    )


def items_for(world: World, board: str, reader: User | None) -> list[BoardItem]:
    """The items on a board that somebody may read, newest first; None is somebody who is not signed in."""
    return [item for item in reversed(world[BOARD_ITEMS].find("boards", board)) if may_read(world, reader, item)]


def may_read(world: World, reader: User | None, item: BoardItem) -> bool:
    """Public is for everybody, RegisteredUsers for who is signed in, Limited for who administers one of its viewers."""
    if item.visibility == "Public":
        return True
    if reader is None:
        return False
    if item.visibility == "RegisteredUsers" or reader.site_admin:
        return True
    return any(_looks_after(world, reader, each) for each in item.viewers)


def _looks_after(world: World, user: User, id: str) -> bool:
    if id == user.id or is_member(world, user, id):
        return True
    if id in world[BUSINESSES]:
        return is_business_admin(world, user, id)
    version = world[APP_VERSIONS].get(id)
    app = world[APPS].get(version.app if version is not None else id)
    if app is not None:
        return administers_app(world, user, app)
    api_version = world[API_VERSIONS].get(id)
    api = world[APIS].get(api_version.api if api_version is not None else id)
    return api is not None and administers_api(world, user, api)
