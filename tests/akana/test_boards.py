"""Boards: where an item goes, what it says, and who may read it."""

from __future__ import annotations

import pytest

from tests.akana.portal import AMY, BEN, CARA, DORA, EVE, SID, Portal, items, refused
from tests.akana.test_edits import governed
from tests.akana.workflow.written import action, call

TEMPLATE = "com.soa.board.item.appversion.mark.for.delete"
EVERYBODY = {AMY, BEN, CARA, DORA, EVE, SID}


def tell(**arguments: str) -> str:
    given = {"boardItemTemplateId": TEMPLATE, "visibility": "Limited", "type": "Discussion", **arguments}
    return action(13, "tell", f"<pre-functions>{call('function', 'addBoardItem', **given)}</pre-functions>")


def placed(portal: Portal, **arguments: str) -> str:
    """An app version, connected to Payments, about which an item was placed."""
    version = governed(portal, action(11, "reserved-connect-to-api"), tell(**arguments))
    portal.connect(version)
    portal.act("perform_action", app_version=version, action="tell", by="amy", comment="hm")
    return version


def readers(portal: Portal, board: str) -> set[str]:
    found = {who for who in EVERYBODY if items(portal[who].read(f"/api/boards/{board}/board"))}
    if items(portal.world.http.get(f"/api/boards/{board}/board").json()):
        found.add("anybody")
    return found


@pytest.mark.parametrize(
    ("visibility", "viewers", "who"),
    [
        ("Public", {}, {*EVERYBODY, "anybody"}),
        ("RegisteredUsers", {}, EVERYBODY),
        ("Limited", {}, {SID}),
        ("Limited", {"viewers": "${app.dn}"}, {AMY, DORA, SID}),
        ("Limited", {"viewers": "${app.version.dn}"}, {AMY, DORA, SID}),
        ("Limited", {"viewers": "${app.team.group.dn}"}, {AMY, SID}),
        ("Limited", {"viewers": "${business.dn}"}, {DORA, SID}),
        ("Limited", {"viewers": "${connected.apis.id}"}, {CARA, SID}),
        ("Limited", {"viewers": "${connected.apiversion.ids}"}, {CARA, SID}),
        ("Limited", {"viewers": "${connected.apis.admin.groups},${app.team.group.dn}"}, {AMY, CARA, SID}),
        ("Limited", {"viewer.team": "${app.team.group.dn}", "viewer.apis": "${connected.apis.id}"}, {AMY, CARA, SID}),
        ("Limited", {"viewers": "${no.such.variable}"}, {SID}),
    ],
)
def test_an_item_is_for_its_viewers(portal: Portal, visibility: str, viewers: dict[str, str], who: set[str]):
    version = placed(portal, visibility=visibility, targetBoards="${app.version.dn}", **viewers)
    assert readers(portal, version) == who


@pytest.mark.parametrize(
    "targets",
    [
        {"targetBoards": "${app.version.dn},${app.dn}, ${app.version.dn},\n ${connected.apis.id},${app.dn}"},
        {"targetBoard.a": "${app.version.dn}", "targetBoard.b": "${app.dn}", "targetBoard.c": "${connected.apis.id}"},
        {"targetBoard.all": "${app.version.dn},${app.dn}", "targetBoards": "${connected.apis.id},${app.dn}"},
        {"TARGETBOARDS": "${app.version.dn},${app.dn},${connected.apis.id}"},
    ],
)
def test_an_item_is_on_each_board_once_however_boards_are_written(portal: Portal, targets: dict[str, str]):
    version = placed(portal, **targets)
    (item,) = portal.world.documents("akana.board_items")
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    api = portal.world.documents("akana.apis")[0]["id"]
    assert set(item["boards"]) == {version, app, api}
    assert len(item["boards"]) == 3


def test_the_comment_is_in_the_text(portal: Portal):
    placed(portal, targetBoards="${app.dn}")
    assert portal.world.documents("akana.board_items")[0]["text"] == "amy wants Teller 1.0 to go. hm"
    portal.act("perform_action", app_version="Teller", action="tell", by="amy")
    assert portal.world.documents("akana.board_items")[1]["text"] == "amy wants Teller 1.0 to go."


def test_a_board_of_its_own_takes_items(portal: Portal):
    board = portal.world.documents("akana.boards")[0]["id"]
    placed(portal, targetBoards=board, visibility="Public")
    assert portal.world.http.get(f"/api/boards/{board}/board").json()["channel"]["title"] == "Support"
    assert readers(portal, board) >= EVERYBODY


@pytest.mark.parametrize("targets", [{}, {"targetBoards": " , "}, {"targetBoards": "${no.such.variable}"}])
def test_without_any_board_there_is_no_item(portal: Portal, targets: dict[str, str]):
    placed(portal, **targets)
    assert portal.world.documents("akana.board_items") == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"visibility": "Private"}, ("visibility", "Public")),
        ({"type": "Ticket"}, ("type", "Discussion")),
        ({"boardItemTemplateId": TEMPLATE + "d"}, (TEMPLATE,)),
        ({"targetBoards": "nowhere.atmosphere"}, ("board", "nowhere.atmosphere")),
    ],
)
def test_values_outside_the_pages_lists_are_refused(portal: Portal, wrong: dict[str, str], words: tuple[str, ...]):
    version = governed(portal, tell(**wrong))
    before = portal.snapshot()
    body = {"ActionName": "tell"}
    refused(portal[AMY].send("POST", f"/api/apps/versions/{version}/action", json=body), 400, "InvalidInput", *words)
    assert portal.snapshot() == before


def test_a_teams_own_texts(portal: Portal):
    portal.act(
        "add_template", id="mine", kind="board", title="{app.name}: {action.comment}", text="{unknown} {app.version}"
    )
    placed(portal, boardItemTemplateId="mine", targetBoards="${app.dn}")
    (item,) = portal.world.documents("akana.board_items")
    assert (item["title"], item["text"]) == ("Teller: hm", "{unknown} 1.0")


def test_boards_are_read_in_either_order_and_in_pages(portal: Portal):
    version = placed(portal, targetBoards="${app.version.dn}", visibility="Public")
    for comment in ("second", "third"):
        portal.act("perform_action", app_version=version, action="tell", by="amy", comment=comment)
    url = f"/api/apps/versions/{version}/board"

    def last_words(**params: str) -> list[str]:
        listed = items(portal[AMY].read(url, params=params))
        return [each["description"].rpartition(" ")[2] for each in listed]

    assert last_words() == ["third", "second", "hm"]
    assert last_words(SortBy="AscendingDate") == ["hm", "second", "third"]
    assert last_words(start="1", count="1") == ["second"]
    assert last_words(ItemType="Alert") == []
    refused(portal[AMY].get(url, params={"SortBy": "Title"}), 400, "InvalidInput", "DescendingDate")
    refused(portal[AMY].get(url, params={"start": "-1"}), 400, "InvalidInput", "start")
    refused(portal[AMY].get("/api/boards/nowhere/board"), 404, "NotFound")
    refused(portal[AMY].get("/api/discussions"), 400, "InvalidInput", "DiscussionSubjectID")
