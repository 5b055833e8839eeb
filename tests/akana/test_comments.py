"""The comment of whoever acts is in the texts that a workflow sends, by whatever route the action is run."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.akana.portal import AMY, CARA, Portal
from tests.akana.test_apps import save
from tests.akana.workflow.written import action, call, goes, step, workflow

SAID = "because of the weather"
TELL = (
    "<pre-functions>"
    + call(
        "function",
        "addBoardItem",
        boardItemTemplateId="said",
        visibility="Public",
        type="Discussion",
        targetBoards="${app.dn}",
        viewers="${app.dn}",
    )
    + call("function", "sendNotification", notificationType="told", role="AppAdmin")
    + "</pre-functions>"
)
NAMES = (
    *("reserved-action-modify", "@Delete", "reserved-connect-to-api", "reserved-approve-api-connection"),
    *("reserved-cancel-api-connection", "say"),
)
TEXT = "[{action.comment}]"


@pytest.fixture
def version(portal: Portal) -> str:
    portal.act("add_template", id="said", kind="board", title=TEXT, text=TEXT)
    portal.act("add_template", id="told", kind="notification", title=TEXT, text=TEXT, mail_subject=TEXT, mail_body=TEXT)
    start = action(1, "@Create", TELL, goes(10, old="New"))
    told = (action(number, name, TELL) for number, name in enumerate(NAMES, 11))
    portal.upload(workflow(step(10, *told), initial=start))
    return portal.new_app(workflow="own")


def run(portal: Portal, version: str, how: str) -> httpx2.Response:
    """Whatever runs one of the actions above, with the comment where that route takes it."""
    amy, url, params = portal[AMY], f"/api/apps/versions/{version}", {"Comment": SAID}
    app = str(amy.read(url)["AppID"])
    asked: dict[str, Any] = {"APIVersionID": portal.api_version(), "RuntimeID": version, "Environment": "Sandbox"}
    match how:
        case "make an app":
            body = {"Name": "Other", "ApplicationVersion": {"Name": "1"}}
            return amy.send("POST", "/api/apps", json=body, params=params)
        case "add a version":
            return amy.send("POST", f"/api/apps/{app}/versions", json={"Name": "2"}, params=params)
        case "change the app":
            return amy.send("PUT", f"/api/apps/{app}", json={"Summary": "s"}, params=params)
        case "change the version":
            return amy.send("PUT", url, json={"Description": "d"}, params=params)
        case "save a certificate":
            return save(portal, AMY, version, Comments=SAID)
        case "regenerate the secret":
            return amy.send("PUT", f"{url}/secret", params={"Comments": SAID})
        case "change OAuth details":
            return amy.send("PUT", f"{url}/oauthprofile", json={"RedirectURIs": []}, params=params)
        case "change the public profile":
            return amy.send("PUT", f"{url}/publicprofile", json={"Title": "t"}, params=params)
        case "remove the picture":
            return amy.send("DELETE", f"{url}/publicprofile/picture", params=params)
        case "delete the version":
            return amy.send("DELETE", url, params=params)
        case "delete the app":
            return amy.send("DELETE", f"/api/apps/{app}", params=params)
        case "connect":
            return amy.send("POST", "/api/contracts", json={**asked, "Comments": SAID})
        case "an action":
            return amy.send("POST", f"{url}/action", json={"ActionName": "say", "Comments": [SAID]})
        case "a twin of it":
            path = f"/api/workflow/objects/{version}/actions"
            return amy.send("POST", path, json={"ActionName": "say", "Comments": SAID})
    contract = amy.do("POST", "/api/contracts", asked).json()["ContractID"]
    who, name = (CARA, "approve") if how == "approve" else (AMY, "cancel")
    body = {"ActionName": f"apicontract.action.{name}", "Comments": SAID}
    return portal[who].send("POST", f"/api/contracts/{contract}/actions", json=body)


HOW = (
    *("make an app", "add a version", "change the app", "change the version", "save a certificate"),
    *("regenerate the secret", "change OAuth details", "change the public profile", "remove the picture"),
    *("delete the version", "delete the app", "connect", "an action", "a twin of it", "approve", "cancel"),
)


@pytest.mark.parametrize("how", HOW)
def test_the_comment_comes_along(portal: Portal, version: str, how: str):
    assert portal.world.documents("akana.board_items")[-1]["text"] == "[]", "made without a comment"
    answer = run(portal, version, how)
    assert answer.status_code == 200, answer.text
    item = portal.world.documents("akana.board_items")[-1]
    assert (item["title"], item["text"]) == (f"[{SAID}]", f"[{SAID}]")
    portal.advance("60s")
    mail = portal.act("list_mails")[-1]
    assert (dict(mail["headers"])["Subject"], mail["body"]) == (f"[{SAID}]", f"[{SAID}]")
    shown = portal.act("list_notifications")[-1]
    assert (shown["subject"], shown["text"]) == (f"[{SAID}]", f"[{SAID}]")
