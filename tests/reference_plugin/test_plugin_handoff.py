"""A user arrives from MOTAR Studio through the single sign-on."""

from __future__ import annotations

import logging

import pytest


def test_the_first_visit_signs_in_greets_and_opens_the_package(plugin, motar):
    plugin.start_request()
    code = motar.code()

    answer = plugin.open(code=code, state=plugin.request_id)

    assert answer.status_code == 200
    assert "<h1>Hello, Grace</h1>" in answer.text
    assert "My App, My App ATO Package: in-progress, 0 distribution(s)" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    exchange, profile, status, alert = motar.calls
    assert (exchange.method, exchange.path, exchange.authorization) == ("POST", "/oauth/token", "")
    assert exchange.body == {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "http://127.0.0.1:8700/motar/callback",
        "client_id": "iok-cid-1",
        "client_secret": "iok-cse-1",
    }
    assert (profile.method, profile.path) == ("GET", "/user/v1/my/profile")
    assert {call.authorization for call in (profile, status, alert)} == {"Bearer access-1"}
    assert status.body == {
        "requestId": plugin.request_id,
        "status": "in-progress",
        "complete": False,
        "cancellable": True,
    }
    assert alert.body == {
        "requestId": plugin.request_id,
        "title": "Package opened",
        "text": "Add a distribution in MOTAR Studio, then come back.",
        "type": "info",
        "status": "action-required",
        "providerId": f"{plugin.request_id}:package-opened",
    }


def test_a_return_visit_with_a_distribution_completes_the_request(handed_over, motar):
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(2)

    answer = handed_over.open(code=motar.code(), state=handed_over.request_id)

    assert "completed, 1 distribution(s)" in answer.text
    assert "<p>My App 1.0</p>" in answer.text
    assert motar.lines()[2:] == ["alert success completed", "status completed"]
    assert motar.reports[-2].body["providerId"] == f"{handed_over.request_id}:review-completed:1.0"
    assert motar.reports[-1].body == {
        "requestId": handed_over.request_id,
        "status": "completed",
        "complete": True,
        "cancellable": False,
    }


def test_a_return_visit_with_an_empty_package_asks_for_action(handed_over, motar):
    answer = handed_over.open(code=motar.code(), state=handed_over.request_id)
    assert "action-required, 0 distribution(s)" in answer.text
    assert motar.lines() == ["alert warning action-required", "status action-required"]


def test_a_package_emptied_before_the_return_visit_is_not_completed(handed_over, motar):
    handed_over.set_distributions("1.0")
    handed_over.set_distributions()
    motar.wait_for_reports(4)
    handed_over.open(code=motar.code(), state=handed_over.request_id)
    assert motar.lines()[4:] == ["alert warning action-required", "status action-required"]


def test_a_rejected_distribution_is_rejected_again_at_the_return_visit(handed_over, motar):
    entry = {"name": "My App", "version": "2.0", "releaseNotes": ""}
    handed_over.notify("/motar/distributions", {"requestId": handed_over.request_id, "distributions": [entry]})
    motar.wait_for_reports(2)
    answer = handed_over.open(code=motar.code(), state=handed_over.request_id)
    assert "action-required, 1 distribution(s)" in answer.text
    first, again = (call.body["providerId"] for call in motar.reports if call.path.endswith("alert"))
    assert motar.lines() == ["alert error action-required", "status action-required"] * 2
    assert first == again


def test_a_first_visit_is_a_first_visit_even_when_distributions_came_before(plugin, motar):
    plugin.start_request()
    plugin.set_distributions("1.0")
    motar.wait_for_reports(2)
    plugin.open(code=motar.code(), state=plugin.request_id)
    assert motar.lines()[2:] == ["status in-progress", "alert info action-required"]
    assert motar.reports[-1].body["text"] == "In the package: My App 1.0. Come back when it is complete."


def test_an_arriving_user_does_not_hide_a_rejection_and_finds_the_package_open_once_it_is_replaced(plugin, motar):
    plugin.start_request()
    entry = {"name": "My App", "version": "2.0", "releaseNotes": ""}
    plugin.notify("/motar/distributions", {"requestId": plugin.request_id, "distributions": [entry]})
    motar.wait_for_reports(2)

    answer = plugin.open(code=motar.code(), state=plugin.request_id)

    assert "action-required, 1 distribution(s)" in answer.text
    assert motar.lines() == ["alert error action-required", "status action-required"] * 2

    plugin.set_distributions("2.1")
    motar.wait_for_reports(6)
    plugin.open(code=motar.code(), state=plugin.request_id)
    assert motar.lines()[4:] == [
        "status under-review",
        "alert info under-review",
        "alert success completed",
        "status completed",
    ]


def test_a_completed_package_can_be_looked_at_without_reports(handed_over, motar):
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(2)
    for _ in range(2):
        answer = handed_over.open(code=motar.code(), state=handed_over.request_id)
        assert "completed, 1 distribution(s)" in answer.text
    assert motar.lines()[2:] == ["alert success completed", "status completed"]


def test_a_change_after_completion_brings_the_request_back_under_review(handed_over, motar):
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(2)
    handed_over.open(code=motar.code(), state=handed_over.request_id)
    handed_over.set_distributions("1.0", "1.1")
    motar.wait_for_reports(6)
    handed_over.open(code=motar.code(), state=handed_over.request_id)
    assert motar.lines()[4:] == [
        "status under-review",
        "alert info under-review",
        "alert success completed",
        "status completed",
    ]


@pytest.mark.parametrize("query", [{}, {"state": "{request}"}, {"state": "{request}", "code": "c"}, {"state": "x"}])
def test_a_cancelled_sign_in_is_said_and_no_code_is_spent(plugin, motar, query):
    plugin.start_request()
    query = {name: value.format(request=plugin.request_id) for name, value in query.items()}
    answer = plugin.open(**query, error="User cancelled request.")
    assert answer.status_code == 200
    assert "<h1>Sign-in cancelled</h1>" in answer.text
    assert "MOTAR says: User cancelled request." in answer.text
    assert motar.calls == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"code": "code-1", "state": "unknown"}, 404),
        ({"code": "code-1"}, 404),
        ({}, 404),
        ({"state": "65f0c0ffee0123456789abcd"}, 400),
        ({"state": "65f0c0ffee0123456789abcd", "code": ""}, 400),
    ],
)
def test_a_callback_that_leads_nowhere_spends_no_code(plugin, motar, query, status):
    plugin.start_request()
    assert plugin.open(**query).status_code == status
    assert motar.calls == []


@pytest.mark.parametrize("error_in", ["both", "body", "headers"])
def test_a_refused_code_is_502_with_motars_words_and_no_secret(plugin, motar, caplog, error_in):
    caplog.set_level(logging.DEBUG, "reference_plugin")
    motar.error_in = error_in
    motar.refuse_next("/oauth/token", 401, "4015", "code private-code malformed, secret iok-cse-1")
    plugin.start_request()

    answer = plugin.open(code="private-code", state=plugin.request_id)

    assert answer.status_code == 502
    expected = "MOTAR answered POST /oauth/token with HTTP 401 4015 code [hidden] malformed, secret [hidden]"
    assert expected in answer.text
    assert "private-code" not in caplog.text
    assert motar.reports == []


def test_after_a_refused_code_the_next_sign_in_is_still_the_first_visit(plugin, motar):
    plugin.start_request()
    assert plugin.open(code="spent", state=plugin.request_id).status_code == 502
    assert plugin.open(code=motar.code(), state=plugin.request_id).status_code == 200
    assert motar.lines() == ["status in-progress", "alert info action-required"]


@pytest.mark.parametrize(
    ("text", "status"),
    [("<html>bad gateway</html>", 502), ("{}", 200), ("[]", 200), ('{"access_token": null}', 200), ("", 500)],
)
def test_a_token_answer_that_is_no_token_answer_is_502(plugin, motar, text, status):
    motar.answer_next("/oauth/token", text, status)
    plugin.start_request()
    answer = plugin.open(code=motar.code(), state=plugin.request_id)
    assert answer.status_code == 502
    assert "MOTAR answered POST /oauth/token with" in answer.text
    assert "bad gateway" not in answer.text


def test_motar_that_does_not_answer_is_502(start_plugin):
    plugin = start_plugin(motar_url="http://127.0.0.1:1")
    plugin.start_request()
    answer = plugin.open(code="c", state=plugin.request_id)
    assert answer.status_code == 502
    assert "MOTAR did not answer POST /oauth/token (ConnectError)" in answer.text


def test_a_refused_report_is_502_and_the_next_visit_tries_again(plugin, motar):
    motar.refuse_next("/plugin/v1/ato/alert", 500, "5000", "uncaught")
    plugin.start_request()
    answer = plugin.open(code=motar.code(), state=plugin.request_id)
    assert answer.status_code == 502
    assert "HTTP 500 5000 uncaught" in answer.text
    assert plugin.open(code=motar.code(), state=plugin.request_id).status_code == 200
    assert motar.lines() == ["status in-progress", "alert info action-required"] * 2


@pytest.mark.parametrize(
    ("text", "status"), [("", 500), ("no json", 200), ("[]", 200), ("{}", 200), ('{"firstName": 7}', 200)]
)
def test_without_a_profile_the_greeting_has_no_name(plugin, motar, text, status):
    motar.answer_next("/user/v1/my/profile", text, status)
    plugin.start_request()
    answer = plugin.open(code=motar.code(), state=plugin.request_id)
    assert answer.status_code == 200
    assert "<h1>Hello</h1>" in answer.text
    assert motar.lines() == ["status in-progress", "alert info action-required"]


def test_whatever_comes_from_outside_is_escaped(plugin, motar):
    evil = "<script>alert('&')</script>"
    motar.profile = {"firstName": evil}
    plugin.start_request(appName=evil, packageName=evil)
    plugin.set_distributions(evil)
    motar.wait_for_reports(2)
    motar.refuse_next("/oauth/token", 401, "4015", evil)

    pages = [
        plugin.open(code="refused", state=plugin.request_id),
        plugin.open(code=motar.code(), state=plugin.request_id),
        plugin.open(error=evil),
        plugin.browser.get("/"),
    ]

    for page in pages:
        assert "<script>" not in page.text
        assert "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;" in page.text


def test_the_log_tells_the_story_in_single_lines_without_a_secret(handed_over, motar, caplog):
    caplog.set_level(logging.DEBUG, "reference_plugin")
    handed_over.start_request("second", companyName="two\nlines")
    motar.expire()
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(3)
    handed_over.open(code=motar.code(), state=handed_over.request_id)
    handed_over.open(code="wrong-code", state=handed_over.request_id)
    handed_over.open(code="no-such-state", state="x")
    handed_over.open(error="access_denied")
    handed_over.notify("/motar/requests", {}, auth=("iok-cid-1", "guess"))
    handed_over.stop()

    lines = [record.getMessage() for record in caplog.records if record.name == "reference_plugin"]
    assert lines[0] == "request 'second': started by 'two\\nlines'"
    assert f"request {handed_over.request_id!r}: status reported, completed" in lines
    assert all("\n" not in line for line in lines)
    told = "\n".join(lines)
    for secret in ("iok-cse-1", "access-", "refresh-", "code-", "wrong-code", "no-such-state", "guess", "Basic "):
        assert secret not in told.replace("expected Basic with", "")


def test_settings_do_not_print_their_secret(plugin):
    assert "iok-cid-1" in repr(plugin.settings)
    assert "iok-cse-1" not in repr(plugin.settings)
