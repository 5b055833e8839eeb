"""A workflow in which a deletion is asked for, approved or rejected: boards, notifications, and what is left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.akana.portal import ALERT, AMY, BEN, CARA, DORA, EVE, SID, Portal, items, refused
from tests.akana.workflow.written import action, call, functions, goes, step, workflow

APPROVE, REJECT = "com.soa.appversion.delete.approve", "com.soa.appversion.delete.reject"


@pytest.fixture
def version(portal: Portal) -> str:
    """An app version under the deletion workflow."""
    return portal.new_app(workflow="deletion")


def do(portal: Portal, who: str, version: str, name: str, comments: Any = None):
    body = {"ActionName": name, **({"Comments": comments} if comments is not None else {})}
    return portal[who].send("POST", f"/api/apps/versions/{version}/action", json=body)


def actions(portal: Portal, who: str, version: str, **params: str) -> list[str]:
    listed = portal[who].read(f"/api/workflow/objects/{version}/actions", params=params)["Action"]
    return [each["ActionName"] for each in listed]


def test_a_new_version_starts_in_the_workflow(portal: Portal, version: str):
    seen = portal.act("view_workflow", app_version=version, by="amy")
    assert (seen["step"], seen["state"]) == ("Setup", "activated")
    assert seen["current"] == [{"step": 100, "status": "Setup", "owner": "amy"}]
    assert [(each["step"], each["action"]) for each in seen["history"]] == [(90, "start")]
    assert actions(portal, AMY, version) == []
    assert actions(portal, AMY, version, IncludeReservedActions="true") == ["@Modify", "@Delete", "@KeyInfoSaved"]
    assert actions(portal, AMY, version, IncludeReservedActions="") == ["@Modify", "@Delete", "@KeyInfoSaved"]


def test_what_existed_before_a_workflow_was_chosen_stays_without(portal: Portal, version: str):
    old = next(each["id"] for each in portal.world.documents("akana.app_versions") if each["id"] != version)
    assert portal.step(old) is None
    refused(do(portal, AMY, old, "@Delete"), 400, "InvalidAction", "No workflow governs")


def test_a_deletion_is_only_marked(portal: Portal, version: str):
    deleted = portal[AMY].do("DELETE", f"/api/apps/versions/{version}", params={"Comment": "unused"}).json()
    assert deleted == {"RuntimeID": version, "Deleted": False}
    shown = portal[AMY].read(f"/api/apps/versions/{version}")
    assert shown["State"] == "com.soa.app.state.delete.pending"
    assert portal.step(version) == "Marked For Delete"
    seen = portal.act("view_workflow", app_version=version)
    assert seen["history"][-1] == {
        "step": 100,
        "status": "Setup",
        "action": "@Delete",
        "caller": "amy",
        "comment": "unused",
    }


def test_the_team_can_do_nothing_while_it_is_marked(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert actions(portal, AMY, version, IncludeReservedActions="true") == []
    before = portal.snapshot()
    told = refused(do(portal, AMY, version, APPROVE), 403, "ActionNotAvailable", APPROVE, "Marked For Delete")
    assert "authorizeByAtmosphereRole(role=BusinessAdmin) is false" in told
    change = portal[AMY].send("PUT", f"/api/apps/versions/{version}", json={"Description": "x"})
    refused(change, 403, "ActionNotAvailable", "@Modify", "role=BusinessAdmin")
    refused(portal[AMY].send("DELETE", f"/api/apps/versions/{version}"), 400, "InvalidAction", "'@Delete'")
    assert portal.snapshot() == before


def test_an_action_nobody_knows_is_told_with_the_one_that_was_meant(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    refused(do(portal, DORA, version, f"{APPROVE}d"), 400, "InvalidAction", f"Did you mean '{APPROVE}'?")


def test_approved_it_is_gone(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert do(portal, DORA, version, APPROVE, "as you like").text == version
    for url in (f"/api/apps/versions/{version}", f"/api/workflow/objects/{version}/actions"):
        refused(portal[AMY].get(url), 404, "NotFound")
    refused(do(portal, DORA, version, APPROVE), 404, "NotFound")
    log = [each["text"] for each in portal.world.documents("akana.workflow_log")]
    assert log == ["left=[]"]
    assert version not in {each["id"] for each in portal.world.documents("akana.workflow_instances")}


def test_rejected_it_is_as_before(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    do(portal, DORA, version, REJECT, ["keep it", "please"])
    assert portal.step(version) == "Setup"
    assert portal[AMY].read(f"/api/apps/versions/{version}")["State"] == "com.soa.app.state.active"
    portal.advance("60s")
    (mail,) = [each for each in portal.act("list_mails", user="amy") if "rejected" in each["type"]]
    assert "keep it\nplease" in mail["body"]


def test_notifications_wait_for_the_job_and_reach_each_role(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}", params={"Comment": "old <b>"})
    assert portal.act("list_mails") == []
    waiting = portal.act("view_queue")["waiting"]
    assert {each["user"] for each in waiting} == {"amy@harbor.test", "dora@harbor.test"}
    portal.advance("59s")
    assert portal.act("list_mails") == []
    portal.advance("1s")
    assert portal.act("view_queue")["waiting"] == []
    (mail,) = portal.act("list_mails", user="dora")
    headers = dict(mail["headers"])
    assert headers["To"] == "Dora Reyes <dora@harbor.test>"
    assert headers["Subject"] == "[atmosphere] Teller 1.0 is to be deleted"
    assert headers["Date"] == "Thu, 01 Jan 2026 00:01:00 +0000"
    assert "<p>Hello Dora Reyes,</p>" in mail["body"]
    assert "old &lt;b&gt;" in mail["body"]
    (item,) = items(portal[DORA].read(f"/api/users/{portal[DORA].id}/notifications"))
    assert item["title"] == "Teller 1.0 is to be deleted"
    assert item["description"].endswith("to be deleted. old <b>")


def test_api_admins_of_connected_apis_are_told_as_well(portal: Portal):
    tell = call(
        "function", "sendNotification", role="ApiAdmin", notificationType=f"{ALERT}marked.for.deletion.apiadmin"
    )
    connect = action(11, "reserved-connect-to-api")
    version = governed_by(portal, connect, action(12, "tell", f"<pre-functions>{tell}</pre-functions>"))
    do(portal, AMY, version, "tell")
    portal.connect(version, "Payments")
    portal.connect(version, "Rates")
    do(portal, AMY, version, "tell")
    portal.advance("60s")
    (mail,) = portal.act("list_mails")
    assert dict(mail["headers"])["To"] == "Cara Silva <cara@orchard.test>"
    assert "because you look after Payments, Rates, which the app uses" in mail["body"]


def test_notifications_queued_before_the_deletion_still_go_out(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    do(portal, DORA, version, APPROVE, "done")
    portal.advance("60s")
    types = [each["type"].rpartition("type.app.")[2] for each in portal.act("list_notifications", user="amy")]
    assert types == ["marked.for.deletion.appteam", "deletion.request.approved.appteam"]


def test_the_job_runs_only_while_something_waits(portal: Portal, version: str):
    assert portal.world.documents("core.timers") == []
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    assert len(portal.world.documents("core.timers")) == 1
    portal.advance("60s")
    assert portal.world.documents("core.timers") == []
    portal.advance("10s")
    do(portal, DORA, version, REJECT)
    portal.advance("49s")
    assert len(portal.act("list_mails")) == 2
    portal.advance("1s")
    assert len(portal.act("list_mails")) == 3


def test_a_notification_for_nobody_wakes_no_job(portal: Portal):
    tell = call(
        "function", "sendNotification", role="ApiAdmin", notificationType=f"{ALERT}marked.for.deletion.apiadmin"
    )
    version = governed_by(portal, action(11, "tell", f"<pre-functions>{tell}</pre-functions>"))
    do(portal, AMY, version, "tell")
    do(portal, AMY, version, "tell")
    assert portal.world.documents("core.timers") == []


def test_a_business_without_admins_is_told_through_the_one_above(portal: Portal):
    tell = call(
        "function", "sendNotification", role="BusinessAdmin", notificationType=f"{ALERT}marked.for.deletion.bizadmin"
    )
    portal.upload(workflow(step(10, action(11, "tell", f"<pre-functions>{tell}</pre-functions>"))))
    portal.govern("own")
    version = portal.new_app("Orchardist", by=CARA)
    do(portal, CARA, version, "tell")
    assert portal.act("view_queue")["waiting"] == [
        {"type": f"{ALERT}marked.for.deletion.bizadmin", "user": "sid@orchard.test"}
    ]


@pytest.mark.parametrize(
    ("role", "extra", "said"),
    [
        ("AppAdmin", {}, "[atmosphere] Own amy Teller 1.0  {nobody.knows}"),
        ("AppAdmin", {"param.reason": "cost"}, "[atmosphere] Own amy Teller 1.0 cost {nobody.knows}"),
    ],
)
def test_templates_take_parameters(portal: Portal, role: str, extra: dict[str, str], said: str):
    reason = {"param.reason": "", **extra}
    text = "Own {author.username} {app.name} {app.version} {reason} {nobody.knows}"
    portal.act(
        "add_template", id="own", kind="notification", title=text, text="x", mail_subject=f"[{{tenant.name}}] {text}"
    )
    tell = call("function", "sendNotification", role=role, notificationType="own", **reason)
    version = governed_by(portal, action(11, "tell", f"<pre-functions>{tell}</pre-functions>"))
    do(portal, AMY, version, "tell")
    portal.advance("60s")
    (mail,) = portal.act("list_mails")
    assert dict(mail["headers"])["Subject"] == " ".join(said.split())


def test_a_comment_cannot_smuggle_in_a_header_or_markup(portal: Portal):
    portal.act(
        "add_template",
        id="own",
        kind="notification",
        title="{action.comment}",
        text="x",
        mail_body="<i>{action.comment}</i>",
    )
    tell = call("function", "sendNotification", role="AppAdmin", notificationType="own")
    version = governed_by(portal, action(11, "tell", f"<pre-functions>{tell}</pre-functions>"))
    do(portal, AMY, version, "tell", "a\r\nBcc: eve@orchard.test <script> {app.name}")
    portal.advance("60s")
    (mail,) = portal.act("list_mails")
    assert dict(mail["headers"])["Subject"] == "a Bcc: eve@orchard.test <script> {app.name}"
    assert mail["body"] == "<i>a\r\nBcc: eve@orchard.test &lt;script&gt; {app.name}</i>"


def test_one_item_is_on_every_board_once_and_each_reads_what_is_theirs(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}", params={"Comment": "because"})
    app = portal[AMY].read(f"/api/apps/versions/{version}")["AppID"]
    (stored,) = portal.world.documents("akana.board_items")
    assert stored["boards"][:2] == [version, app]
    assert len(stored["boards"]) == len(set(stored["boards"]))
    for board in (f"/api/apps/versions/{version}/board", f"/api/apps/{app}/board", f"/api/boards/{app}/board"):
        for who in (AMY, DORA, SID):
            (item,) = items(portal[who].read(board))
            assert item["title"] == "Deletion requested"
            assert item["description"] == "amy wants Teller 1.0 to go. because"
        for who in (EVE, BEN, CARA):
            assert items(portal[who].read(board)) == []
        assert items(portal.world.http.get(board).json()) == []
    vendor = portal[AMY].read(f"/api/apps/{app}/board", headers={"accept": "application/vnd.soa.v81+json"})
    assert [each["Title"] for each in vendor["BoardItem"]] == ["Deletion requested"]
    found = portal[AMY].read("/api/discussions", params={"DiscussionSubjectID": app, "ItemID": stored["id"]})
    assert len(items(found)) == 1


@pytest.mark.parametrize(("who", "state"), [(AMY, "archived"), (SID, "archived")])
def test_a_notification_is_archived(portal: Portal, version: str, who: str, state: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}")
    portal.advance("60s")
    url = f"/api/users/{portal[AMY].id}/notifications"
    (item,) = items(portal[AMY].read(url))
    id = item["guid"]["value"]
    plain = {"content-type": "text/plain"}
    refused(portal[EVE].send("PUT", f"{url}/{id}/state", content="read", headers=plain), 403, "NotAuthorized")
    refused(
        portal[AMY].send("PUT", f"{url}/{id}/state", content="gone", headers=plain), 400, "InvalidInput", "archived"
    )
    portal[who].do("PUT", f"{url}/{id}/state", content="read", headers=plain)
    assert items(portal[AMY].read(url))[0]["category"][1]["value"] == "read"
    before = portal.snapshot()
    missing = {"State": state, "NotificationID": [id, "notification1.atmosphere"]}
    refused(portal[who].send("PUT", f"{url}/state", json=missing), 404, "NotFound")
    assert portal.snapshot() == before
    portal[who].do("PUT", f"{url}/state", {"State": state, "NotificationID": [id]})
    assert items(portal[AMY].read(url)) == []


def governed_by(portal: Portal, *actions_: str, parts: str = "") -> str:
    """A fresh app version under a workflow of one step with these actions."""
    portal.upload(workflow(step(10, *actions_), step(20), parts=parts))
    return portal.new_app(workflow="own")


def test_a_deletion_may_be_immediate(portal: Portal):
    version = governed_by(portal, action(11, "@Delete", functions("pre", "deleteAppVersion"), goes(20)))
    assert portal[AMY].do("DELETE", f"/api/apps/versions/{version}").json()["Deleted"] is True
    refused(portal[AMY].get(f"/api/apps/versions/{version}"), 404, "NotFound")


def test_what_somebody_may_not_see_they_may_not_delete_either(portal: Portal):
    version = governed_by(portal, action(11, "@Delete", functions("pre", "deleteAppVersion"), goes(20)))
    refused(portal[EVE].send("DELETE", f"/api/apps/versions/{version}"), 403, "NotAuthorized", "may not see")
    refused(do(portal, EVE, version, "@Delete"), 403, "NotAuthorized", "may not see")


def test_a_version_may_go_by_itself(portal: Portal):
    auto = action(11, "com.soa.appversion.delete.auto", functions("pre", "autoDeleteAppVersion"), goes(30), auto="TRUE")
    portal.upload(workflow(step(10, action(12, "@Delete", results=goes(20))), step(20, auto), step(30)))
    version = portal.new_app(workflow="own")
    assert portal[AMY].do("DELETE", f"/api/apps/versions/{version}").json()["Deleted"] is True


@pytest.mark.parametrize(
    ("failing", "words"),
    [
        (call("function", "sendNotification", notificationType="nonsense", role="AppAdmin"), ("nonsense",)),
        (call("function", "noSuchFunction"), ("noSuchFunction",)),
        (call("function", "sendNotification", role="AppAdmin"), ("notificationType",)),
        (call("function", "cancelAllAPIContractsInEnvironment", Environment="Live"), ("Environment", "Live")),
        (call("function", "updateAPIContractStatus", status="apicontract.status.approved"), ("contract",)),
        (call("function", "runScript", script="x"), ("runScript",)),
    ],
)
def test_a_function_that_fails_later_brings_everything_back(portal: Portal, failing: str, words: tuple[str, ...]):
    inside = (
        f"<pre-functions>{call('function', 'deleteAppVersion')}</pre-functions>"
        f"<post-functions>{failing}</post-functions>"
    )
    first = action(11, "@Delete", inside.partition("<post")[0])
    first = first.replace("</results>", f"</results><post{inside.partition('<post')[2]}")
    version = governed_by(portal, first)
    before = portal.snapshot()
    answer = portal[AMY].send("DELETE", f"/api/apps/versions/{version}")
    assert answer.status_code in (400, 403)
    for word in words:
        assert word in answer.json()["faultstring"]
    assert portal.snapshot() == before


def test_a_comment_may_be_so_long_and_no_longer(portal: Portal, version: str):
    portal[AMY].do("DELETE", f"/api/apps/versions/{version}", params={"Comment": "x" * 4000})
    refused(do(portal, DORA, version, REJECT, "x" * 4001), 400, "InvalidInput", "4000")
    refused(do(portal, DORA, version, REJECT, ["x" * 3000, "x" * 3000]), 400, "InvalidInput", "4000")


def test_nobody_acts_in_the_name_of_another(portal: Portal, version: str):
    body = {"ActionName": "@KeyInfoSaved", "UserID": portal[BEN].id}
    answer = portal[AMY].send("POST", f"/api/apps/versions/{version}/action", json=body)
    refused(answer, 403, "NotAuthorized", "acts for nobody else")


def test_the_twins_do_the_same(portal: Portal, version: str):
    body = {"ActionName": "@Delete"}
    assert portal[AMY].do("POST", f"/api/workflow/objects/{version}/actions", body).text == version
    assert portal.step(version) == "Marked For Delete"
    assert portal[AMY].read(f"/api/apps/versions/{version}")["State"] == "com.soa.app.state.delete.pending"
    api = portal.api_version()
    answer = portal[AMY].send("POST", f"/api/apis/versions/{api}/action", json=body)
    refused(answer, 400, "InvalidAction", "not emulated")


def test_the_same_in_actions(portal: Portal, version: str):
    marked = portal.act("delete_app_version", app_version="Teller/1.0", by="amy")
    assert marked == {"app_version": version, "deleted": False, "step": "Marked For Delete"}
    answer = portal.world.try_act("akana.perform_action", app_version="Teller", action=APPROVE, by="amy")
    assert answer.status_code == 409
    assert "role=BusinessAdmin" in answer.json()["detail"]
    done = portal.act("perform_action", app_version=version, action=APPROVE, by="dora@harbor.test", comment="go")
    assert (done["deleted"], done["step"]) == (True, None)
