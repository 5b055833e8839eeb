"""How long a user stays handed over: refresh, rotation, and what happens when the session is over."""

from __future__ import annotations

import asyncio
import base64
import threading

import httpx2
import pytest

from mockserver.reference_plugin.motar import Motar, MotarError, Session

PLUGIN = "Basic " + base64.b64encode(b"iok-cid-1:iok-cse-1").decode()


@pytest.mark.parametrize("error_in", ["both", "body", "headers"])
@pytest.mark.parametrize("expires_in", ["1d", 3600, None])
def test_an_old_access_token_is_refreshed_once_and_the_report_sent_again(plugin, motar, error_in, expires_in):
    motar.error_in, motar.expires_in = error_in, expires_in
    plugin.start_request()
    plugin.open(code=motar.code(), state=plugin.request_id)
    motar.calls.clear()
    motar.expire()

    plugin.set_distributions("1.0")
    motar.wait_for_reports(3)

    refused, refresh, retried, alert = motar.calls
    assert [refused.authorization, retried.authorization] == ["Bearer access-1", "Bearer access-2"]
    assert refused.body == retried.body
    assert alert.authorization == "Bearer access-2"
    assert (refresh.path, refresh.authorization) == ("/oauth/token", "")
    assert refresh.body == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-1",
        "client_id": "iok-cid-1",
        "client_secret": "iok-cse-1",
    }


def test_both_tokens_rotate(handed_over, motar):
    for round_, version in enumerate(["1", "2", "3"], start=1):
        motar.expire()
        handed_over.set_distributions(version)
        motar.wait_for_reports(3 * round_)
    assert [call.body["refresh_token"] for call in motar.refreshes] == ["refresh-1", "refresh-2", "refresh-3"]
    assert motar.reports[-1].authorization == "Bearer access-4"


def test_a_refresh_answer_without_a_refresh_token_keeps_the_old_one(handed_over, motar):
    motar.expire()
    motar.answer_next("/oauth/token", '{"access_token": "access-x"}')
    motar.access = "access-x"
    handed_over.set_distributions("1")
    motar.wait_for_reports(3)
    motar.expire()
    handed_over.set_distributions("2")
    motar.wait_for_reports(6)
    assert [call.body["refresh_token"] for call in motar.refreshes] == ["refresh-1", "refresh-1"]


def test_notices_that_arrive_together_refresh_once(handed_over, motar):
    motar.expire()
    threads = [threading.Thread(target=handed_over.set_distributions, args=(str(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    motar.wait_for_reports(13)
    handed_over.stop()
    assert len(motar.reports) == 13
    assert len(motar.refreshes) == 1


async def report_together(settings, session: Session, count: int) -> None:
    async with httpx2.AsyncClient(base_url=settings.motar_url, trust_env=False) as client:
        motar = Motar(settings, client)
        await asyncio.gather(*(motar.post(session, "/plugin/v1/ato/alert", {"status": str(n)}) for n in range(count)))


def test_calls_that_are_refused_at_the_same_time_refresh_once(plugin, motar):
    motar.access, motar.refresh = "", "refresh-1"
    together = threading.Barrier(5)
    motar.hold = lambda call: together.wait(5) if call.authorization == "Bearer old" else None
    session = Session("old", "refresh-1")

    asyncio.run(report_together(plugin.settings, session, 5))

    assert len(motar.refreshes) == 1
    assert sorted(call.authorization for call in motar.reports) == ["Bearer access-1"] * 5 + ["Bearer old"] * 5
    assert (session.access_token, session.refresh_token) == ("access-1", "refresh-1")


def test_a_refused_refresh_ends_the_session_and_the_plugin_speaks_for_itself(handed_over, motar):
    motar.expire()
    motar.refresh = "revoked"
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(3)
    handed_over.set_distributions("1.1")
    motar.wait_for_reports(5)

    assert [call.authorization for call in motar.reports] == ["Bearer access-1"] + [PLUGIN] * 4
    assert len(motar.refreshes) == 1


def test_a_new_sign_in_after_a_lost_session_makes_the_plugin_speak_for_the_user_again(handed_over, motar):
    motar.expire()
    motar.refresh = "revoked"
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(3)
    handed_over.open(code=motar.code(), state=handed_over.request_id)
    assert motar.reports[-1].authorization == "Bearer access-2"
    assert motar.lines()[-1] == "status completed"


def test_an_outage_during_the_refresh_does_not_end_the_session(handed_over, motar):
    motar.expire()
    motar.refuse_next("/oauth/token", 503, "5000", "try later")
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(1)
    handed_over.set_distributions("1.1")
    motar.wait_for_reports(4)
    assert [call.authorization for call in motar.reports] == ["Bearer access-1"] * 2 + ["Bearer access-2"] * 2


def test_a_second_4010_in_a_row_is_not_refreshed_again(handed_over, motar):
    for _ in range(2):
        motar.refuse_next("/plugin/v1/ato/status", 401, "4010", "refresh")
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(2)
    handed_over.stop()
    assert motar.lines() == ["status under-review"] * 2
    assert len(motar.refreshes) == 1


@pytest.mark.parametrize(("status", "code"), [(401, "4011"), (401, ""), (403, "4034"), (400, "4010"), (404, "4042")])
def test_only_401_with_4010_is_worth_a_refresh(handed_over, motar, status, code):
    motar.refuse_next("/plugin/v1/ato/status", status, code, "no")
    handed_over.set_distributions("1.0")
    handed_over.stop()
    assert motar.lines() == ["status under-review"]
    assert motar.refreshes == []


def test_a_plugin_that_speaks_for_itself_has_nothing_to_refresh(plugin, motar):
    plugin.start_request()
    motar.refuse_next("/plugin/v1/ato/status", 401, "4010", "refresh")
    plugin.set_distributions("1.0")
    plugin.stop()
    assert [call.path for call in motar.calls] == ["/plugin/v1/ato/status"]


def test_each_request_has_its_own_session(handed_over, motar):
    handed_over.start_request("second")
    handed_over.set_distributions("1.0", request_id="second")
    motar.wait_for_reports(2)
    assert {call.authorization for call in motar.reports} == {PLUGIN}


def test_a_user_whom_motar_refuses_does_not_take_the_place_of_the_one_before(handed_over, motar):
    olivias = motar.access
    motar.refuse_next("/plugin/v1/ato/alert", 403, "4032", "no part in it")
    assert handed_over.open(code=motar.code(), state=handed_over.request_id).status_code == 502
    motar.calls.clear()
    motar.access = olivias
    handed_over.set_distributions("1.0")
    motar.wait_for_reports(2)
    assert {call.authorization for call in motar.reports} == {f"Bearer {olivias}"}


def test_an_error_hides_the_token_it_quotes(plugin, motar):
    motar.refuse_next("/plugin/v1/ato/alert", 403, "4034", "token old is invalid")
    with pytest.raises(MotarError, match=r"HTTP 403 4034 token \[hidden\] is invalid"):
        asyncio.run(report_together(plugin.settings, Session("old", "refresh-1"), 1))
