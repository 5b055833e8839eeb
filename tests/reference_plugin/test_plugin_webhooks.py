"""What MOTAR sends to the plugin, and what the plugin reports because of it."""

from __future__ import annotations

import base64
import threading

import pytest

WEBHOOKS = ["/motar/requests", "/motar/distributions"]
ORIGIN = "https://api.motar.io"


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize("path", WEBHOOKS)
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic not-base64",
        "Basic ÿ",
        basic("iok-cid-1:wrong"),
        basic("iok-cid-2:iok-cse-1"),
        basic("iok-cid-1:iok-cse-1").replace("Basic", "Bearer"),
        "iok-cid-1:iok-cse-1",
    ],
)
def test_wrong_credentials_are_401_with_a_challenge(plugin, motar, document, path, authorization):
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}

    answer = plugin.notify(path, document, auth=None, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
    assert "iok-" not in answer.text
    assert plugin.request_id not in plugin.browser.get("/").text
    assert motar.calls == []


def test_the_name_of_the_scheme_is_not_case_sensitive(plugin, document):
    headers = {"Authorization": basic("iok-cid-1:iok-cse-1").replace("Basic", "basic")}
    assert plugin.notify("/motar/requests", document, auth=None, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("verify_origin", "sent", "status"),
    [
        (None, None, 200),
        (None, "https://elsewhere.example", 200),
        (ORIGIN, ORIGIN, 200),
        (ORIGIN, None, 403),
        (ORIGIN, "https://elsewhere.example", 403),
        (ORIGIN, "https://api.motar.io.elsewhere.example", 403),
        (ORIGIN, "http://api.motar.io", 403),
    ],
)
def test_the_origin_mark_counts_when_the_switch_is_on(start_plugin, document, verify_origin, sent, status):
    plugin = start_plugin(verify_origin=verify_origin)
    headers = {} if sent is None else {"Origin": sent}
    assert plugin.notify("/motar/requests", document, headers=headers).status_code == status
    change = {"requestId": plugin.request_id, "distributions": []}
    after = {200: 200, 403: 403}[status]
    assert plugin.notify("/motar/distributions", change, headers=headers).status_code == after


def test_the_right_origin_does_not_make_up_for_wrong_credentials(start_plugin, document):
    plugin = start_plugin(verify_origin=ORIGIN)
    assert plugin.notify("/motar/requests", document, auth=None, headers={"Origin": ORIGIN}).status_code == 401


@pytest.mark.parametrize(
    "missing",
    [
        "requestId",
        "companyId",
        "companyName",
        "requestingUserFirstName",
        "requestingUserLastName",
        "requestingUserEmail",
        "appName",
        "packageName",
        "status",
        "completed",
    ],
)
def test_a_missing_field_is_400_and_named(plugin, document, missing):
    del document[missing]
    answer = plugin.notify("/motar/requests", document)
    assert answer.status_code == 400
    assert f"`{missing}`" in answer.json()["error"]


@pytest.mark.parametrize("optional", ["companyPhone", "reportUri"])
def test_an_optional_field_may_be_missing_null_or_set(plugin, document, optional):
    for value in ({}, {optional: None}, {optional: "text"}):
        rest = {name: held for name, held in document.items() if name != optional}
        assert plugin.notify("/motar/requests", {**rest, **value}).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [("requestId", ""), ("requestId", 7), ("companyName", None), ("status", "done"), ("completed", "false")],
)
def test_a_field_of_the_wrong_kind_is_400_and_named(plugin, document, field, value):
    answer = plugin.notify("/motar/requests", {**document, field: value})
    assert answer.status_code == 400
    assert f"$.{field}" in answer.json()["error"]


@pytest.mark.parametrize("path", WEBHOOKS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"requestId": "\xff"}'])
def test_a_body_that_is_no_document_is_400(plugin, path, body):
    assert plugin.browser.post(path, content=body, auth=plugin.credentials).status_code == 400


def test_an_unknown_field_is_no_reason_to_refuse(plugin, document):
    assert plugin.notify("/motar/requests", {**document, "newInMotar": {"a": 1}}).status_code == 200


def test_a_request_sent_twice_is_taken_once_and_keeps_its_progress(handed_over, motar):
    again = handed_over.start_request(appName="Renamed")

    assert (again.status_code, again.json()) == (200, {"received": True})
    page = handed_over.browser.get("/").text
    assert page.count("My App ATO Package") == 1
    assert "in-progress" in page
    assert motar.calls == []


def test_a_started_request_is_listed_and_nothing_is_reported_yet(plugin, motar):
    answer = plugin.start_request()
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert "My App, My App ATO Package: not-started, 0 distribution(s)" in plugin.browser.get("/").text
    plugin.stop()
    assert motar.calls == []


def test_a_distribution_of_an_unknown_request_is_404(plugin, motar):
    assert plugin.set_distributions("1.0").status_code == 404
    plugin.stop()
    assert motar.calls == []


def test_a_distribution_is_answered_first_and_then_reported(plugin, motar):
    plugin.start_request()
    answered = threading.Event()
    motar.hold = lambda call: None if answered.wait(5) else pytest.fail("the answer waits for the report")

    answer = plugin.set_distributions("1.10", "1.9")
    answered.set()

    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert motar.wait_for_reports(2) == ["status under-review", "alert info under-review"]
    status, alert = motar.reports
    assert status.path == "/plugin/v1/ato/status"
    assert status.body == {
        "requestId": plugin.request_id,
        "status": "under-review",
        "complete": False,
        "cancellable": True,
    }
    assert alert.path == "/plugin/v1/ato/alert"
    assert alert.body == {
        "requestId": plugin.request_id,
        "title": "Review started",
        "text": "To review: My App 1.10, My App 1.9",
        "type": "info",
        "status": "under-review",
        "providerId": f"{plugin.request_id}:review-started:1.10:1.9",
    }
    assert {call.authorization for call in motar.reports} == {basic("iok-cid-1:iok-cse-1")}


def test_an_empty_set_asks_for_action(plugin, motar):
    plugin.start_request()
    plugin.set_distributions()
    assert motar.wait_for_reports(2) == ["status action-required", "alert warning action-required"]
    assert motar.reports[1].body["providerId"] == f"{plugin.request_id}:package-is-empty"


def test_the_array_is_the_current_state_and_not_a_list_of_additions(plugin, motar):
    plugin.start_request()
    for count, versions in enumerate([("1.0",), ("1.0", "1.1"), ("1.1",)], start=1):
        plugin.set_distributions(*versions)
        motar.wait_for_reports(2 * count)
    texts = [call.body["text"] for call in motar.reports if "text" in call.body]
    assert texts == ["To review: My App 1.0", "To review: My App 1.0, My App 1.1", "To review: My App 1.1"]
    assert "under-review, 1 distribution(s)" in plugin.browser.get("/").text


@pytest.mark.parametrize(
    ("entry", "called"),
    [
        ({"id": "d1"}, "d1"),
        ({"version": "2.0"}, "2.0"),
        ({"id": None, "name": "Viewer", "version": None}, "Viewer"),
        ({"somethingElse": [1]}, "unnamed distribution"),
    ],
)
def test_an_entry_needs_no_particular_field(plugin, motar, entry, called):
    plugin.start_request()
    plugin.notify("/motar/distributions", {"requestId": plugin.request_id, "distributions": [entry]})
    motar.wait_for_reports(2)
    assert motar.reports[1].body["text"] == f"To review: {called}"
    assert motar.reports[1].body["providerId"].endswith(f":{called}")


@pytest.mark.parametrize(
    ("name", "called"),
    [("My App 1.2", "My App 1.2"), ("My App", "My App 1.2"), ("My App 11.2", "My App 11.2 1.2"), ("1.2", "1.2")],
)
def test_a_version_that_is_in_the_name_already_is_not_said_twice(plugin, motar, name, called):
    plugin.start_request()
    entry = {"name": name, "version": "1.2"}
    plugin.notify("/motar/distributions", {"requestId": plugin.request_id, "distributions": [entry]})
    motar.wait_for_reports(2)
    assert motar.reports[1].body["text"] == f"To review: {called}"


def test_a_distribution_without_release_notes_is_rejected_and_the_others_are_not_named(plugin, motar):
    plugin.start_request()
    entries = [{"name": "My App", "version": "1.0", "releaseNotes": "First"}]
    entries += [{"name": "My App", "version": "2.0", "releaseNotes": " "}]
    plugin.notify("/motar/distributions", {"requestId": plugin.request_id, "distributions": entries})
    assert motar.wait_for_reports(2) == ["alert error action-required", "status action-required"]
    alert = motar.reports[0].body
    assert alert["text"].startswith("No release notes: My App 2.0. ")
    assert alert["providerId"] == f"{plugin.request_id}:distribution-rejected:2.0"


def test_the_same_set_in_another_order_has_the_same_provider_id(plugin, motar):
    plugin.start_request()
    plugin.set_distributions("1", "2")
    motar.wait_for_reports(2)
    plugin.set_distributions("2", "1")
    motar.wait_for_reports(4)
    assert motar.reports[1].body["providerId"] == motar.reports[3].body["providerId"]


def test_reports_keep_the_order_of_the_notices_while_motar_is_slow(plugin, motar):
    plugin.start_request()
    all_sent = threading.Event()
    motar.hold = lambda call: None if all_sent.wait(5) else pytest.fail("never released")

    versions = [str(number) for number in range(8)]
    for version in versions:
        plugin.set_distributions(version)
    all_sent.set()

    assert motar.wait_for_reports(16) == ["status under-review", "alert info under-review"] * 8
    reviewed = [call.body["text"] for call in motar.reports if "text" in call.body]
    assert reviewed == [f"To review: My App {version}" for version in versions]


def test_one_slow_request_does_not_hold_up_another(plugin, motar):
    plugin.start_request("slow")
    plugin.start_request("quick")
    release = threading.Event()
    motar.hold = lambda call: release.wait(5) if call.body.get("requestId") == "slow" else None

    plugin.set_distributions("1", request_id="slow")
    plugin.set_distributions("1", request_id="quick")

    motar.wait_for_reports(2)
    assert {call.body["requestId"] for call in motar.reports} == {"quick"}
    release.set()
    motar.wait_for_reports(4)


@pytest.mark.parametrize("prefix", ["/w/alpha", "/w/alpha/"])
def test_a_path_prefix_of_motar_is_kept(start_plugin, motar, prefix):
    plugin = start_plugin(motar_url=motar.url.rstrip("/") + prefix)
    plugin.start_request()
    assert plugin.open(code=motar.code(), state=plugin.request_id).status_code == 200
    assert [call.path for call in motar.calls] == [
        "/w/alpha/oauth/token",
        "/w/alpha/user/v1/my/profile",
        "/w/alpha/plugin/v1/ato/status",
        "/w/alpha/plugin/v1/ato/alert",
    ]


def test_a_refused_report_is_logged_and_the_next_one_is_still_sent(plugin, motar, caplog):
    motar.error_in = "body"  # a header cannot hold two lines
    plugin.start_request()
    motar.refuse_next("/plugin/v1/ato/status", 403, "4032", "not your\nrequest")
    plugin.set_distributions("1.0")
    motar.wait_for_reports(1)
    plugin.set_distributions("1.1")

    assert motar.wait_for_reports(3) == ["status under-review", "status under-review", "alert info under-review"]
    plugin.stop()
    [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "MOTAR answered POST /plugin/v1/ato/status with HTTP 403 4032 not your" in error
    assert "\n" not in error


def test_whoever_watches_the_process_gets_an_answer(plugin):
    assert plugin.browser.get("/healthz").status_code == 200
