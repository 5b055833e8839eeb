"""Signing in: two cookies, the header that goes with one, and the way back to a world."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

import httpx2
import pytest

from tests.akana.portal import AMY, CARA, CSRF, DORA, SID, TENANT, Portal, items, refused
from tests.support import PLAIN

TOKEN, CSRF_COOKIE = f"AtmoAuthToken_{TENANT}", f"Csrf-Token_{TENANT}"


def parts(cookie: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in unquote(cookie).split(","))


def test_the_token_says_who_and_until_when(portal: Portal):
    amy = portal[AMY]
    token = parts(amy.http.cookies[TOKEN])
    uuid = amy.id.removesuffix(f".{TENANT}")
    assert set(token) >= {"TokenID", "issueTime", "expirationTime", "sig"}
    assert token["claimed_id"] == f"urn:atmosphere:user:{TENANT}:{uuid}"
    assert token["UserFDN"] == f"{uuid}%2E{TENANT}"
    assert token["AttributesIncluded"] == "false"
    assert int(token["expirationTime"]) - int(token["issueTime"]) == 30 * 60 * 1000
    assert set(parts(amy.http.cookies[CSRF_COOKIE])) == {"TokenID", "expirationTime", "UserFDN", "sig"}


def test_the_answer_tells_who_is_signed_in_without_any_token(portal: Portal):
    status = portal[AMY].read("/api/login/status")
    assert (status["userName"], status["userFDN"]) == ("amy", portal[AMY].id)
    assert status["authTokenValidUntil"] == "2026-01-01T00:30:00.000Z"
    assert "offline" not in str(status)
    assert portal.world.http.get("/api/login/status").json() == {"loginState": "not.logged.in"}


@pytest.mark.parametrize(
    ("email", "password"), [("amy@harbor.test", "wrong"), ("nobody@harbor.test", "offline"), ("", "")]
)
def test_a_wrong_password_is_refused(portal: Portal, email: str, password: str):
    answer = portal.world.http.post("/api/login", json={"email": email, "password": password})
    refused(answer, 401, "NotAuthenticated", "password")
    assert "set-cookie" not in answer.headers


def test_a_form_signs_in_as_well(portal: Portal):
    form = {"domain": "local", "identity_username": "amy", "secret_password": "offline"}
    answer = portal.world.http.post("/api/login/ssoLogin", data=form)
    assert answer.json()["userName"] == "amy"
    assert TOKEN in portal.world.http.cookies
    refused(portal.world.http.post("/api/login/ssoLogin", data={"domain": "x"}), 400, "InvalidInput", "secret_password")


def test_without_a_session_nothing_goes(portal: Portal):
    refused(portal.world.http.get("/api/apps"), 401, "NotAuthenticated", TOKEN)


@pytest.mark.parametrize("spoil", ["sig=", "UserName=amy", "TokenID="])
def test_a_token_that_was_tampered_with_is_nobodys(portal: Portal, spoil: str):
    cookie = unquote(portal[AMY].http.cookies[TOKEN]).replace(spoil, spoil + "x")
    answer = portal.world.http.get("/api/apps", headers={"cookie": f"{TOKEN}={cookie.replace(',', '%2C')}"})
    refused(answer, 401, "NotAuthenticated")


def test_a_session_ends_after_its_time(portal: Portal):
    amy = portal[AMY]
    portal.advance("29m")
    amy.read("/api/apps")
    portal.advance("1m")
    refused(amy.get("/api/apps"), 401, "NotAuthenticated", "expired")


def test_a_renewed_token_lasts_longer_and_the_old_one_is_over(portal: Portal):
    amy = portal[AMY]
    old = amy.http.cookies[TOKEN]
    portal.advance("20m")
    answer = amy.http.post(
        "/api/login/renewToken", content=b"", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 200
    assert amy.http.cookies[TOKEN] != old
    portal.advance("20m")
    assert amy.get("/api/apps").status_code == 200
    refused(portal.world.http.get("/api/apps", headers={"cookie": f"{TOKEN}={old}"}), 401, "NotAuthenticated")


def test_an_expired_token_cannot_be_renewed(portal: Portal):
    amy = portal[AMY]
    portal.advance("31m")
    refused(amy.http.post("/api/login/renewToken"), 401, "NotAuthenticated", "expired")


def test_what_changes_something_needs_the_csrf_header_and_reading_does_not(portal: Portal):
    amy = portal[AMY]
    right = amy.http.headers.pop(CSRF)
    assert amy.get("/api/apps").status_code == 200
    body = {"Name": "Teller", "ApplicationVersion": {"Name": "1"}}
    before = portal.snapshot()
    refused(amy.send("POST", "/api/apps", json=body), 401, "InvalidCsrfToken", CSRF)
    stale = {CSRF: portal[CARA].http.headers[CSRF]}
    refused(amy.send("POST", "/api/apps", json=body, headers=stale), 401, "InvalidCsrfToken", "session")
    assert portal.snapshot() == before
    assert amy.send("POST", "/api/apps", json=body, headers={CSRF: right}).status_code == 200
    assert amy.send("POST", "/api/apps", json={**body, "Name": "B"}, headers={CSRF: unquote(right)}).status_code == 200


def test_which_calls_need_the_header_is_a_setting(portal: Portal):
    sid = portal[SID]
    path = f"/api/businesses/tenantbusiness.{TENANT}/settings"
    assert sid.read(path, params={"IncludeSecuritySettings": "true"}) == {
        "BusinessID": f"tenantbusiness.{TENANT}",
        "ReadRequestCSRFSupport": False,
        "WriteRequestCSRFSupport": True,
    }
    sid.do("PUT", path, {"ReadRequestCSRFSupport": True})
    header = sid.http.headers.pop(CSRF)
    refused(sid.get("/api/apps"), 401, "InvalidCsrfToken")
    sid.do("PUT", path, {"ReadRequestCSRFSupport": False, "WriteRequestCSRFSupport": False}, headers={CSRF: header})
    sid.do("PUT", path, {})
    fresh = httpx2.Client(base_url=portal.world.url, **PLAIN)
    fresh.post("/api/login", json={"email": "amy@harbor.test", "password": "offline"})
    assert list(fresh.cookies) == [TOKEN]
    fresh.close()


def test_the_login_policy_says_how_long_sessions_last(portal: Portal):
    path = f"/api/businesses/tenantbusiness.{TENANT}/loginpolicy"
    portal[SID].do("PUT", path, {"SessionTimeout": 5})
    assert portal[SID].read(path) == {"SessionTimeout": 5}
    amy = portal[AMY]
    portal.advance("5m")
    refused(amy.get("/api/apps"), 401, "NotAuthenticated", "expired")
    refused(portal[DORA].get(path), 403, "NotAuthorized")


def test_the_cookie_leads_to_its_world(portal: Portal, server: str):
    header = {"cookie": f"{TOKEN}={portal[AMY].http.cookies[TOKEN]}"}
    answer = httpx2.get(f"{server}/api/apps", headers=header, **PLAIN)
    assert [each["title"] for each in items(answer.json())] == ["Ledger"]
    assert portal.world.journal()[-1]["addressed_by"] == "credential: cookie"


def test_cookies_of_a_prefix_keep_to_it_and_those_of_a_header_do_not(portal: Portal, server: str):
    login = {"email": "amy@harbor.test", "password": "offline"}
    by_prefix = httpx2.post(f"{portal.world.url}/api/login", json=login, **PLAIN)
    assert f"Path=/w/{portal.world.name};" in by_prefix.headers["set-cookie"]
    by_header = httpx2.post(f"{server}/api/login", json=login, headers={"x-mock-world": portal.world.name}, **PLAIN)
    assert "Path=/;" in by_header.headers["set-cookie"]


def test_somebody_is_signed_in_so_many_times_and_no_more(portal: Portal):
    first = portal.act("sign_in", user="amy")
    for _ in range(20):
        portal.act("sign_in", user="amy")
    assert len(portal.world.documents("akana.sessions")) == 20
    cookies = "; ".join(f"{name}={value}" for name, value in first["cookies"].items())
    refused(portal.world.http.get("/api/apps", headers={"cookie": cookies}), 401, "NotAuthenticated")


def test_an_action_signs_in_without_a_password(portal: Portal):
    signed_in = portal.act("sign_in", user="amy@harbor.test")
    cookies = "; ".join(f"{name}={value}" for name, value in signed_in["cookies"].items())
    body = {"Name": "Teller", "ApplicationVersion": {"Name": "1"}}
    answer = portal.world.http.post("/api/apps", json=body, headers={"cookie": cookies, **signed_in["headers"]})
    assert answer.status_code == 200
    assert portal.act("sign_out", user="amy") == 1
    refused(portal.world.http.get("/api/apps", headers={"cookie": cookies}), 401, "NotAuthenticated")


def test_a_tenant_gives_cookies_ids_and_headers_their_names(new_portal: Callable[..., Portal]):
    portal = new_portal(tenant="acme")
    answer = portal.world.http.post("/api/login", json={"email": "amy@harbor.test", "password": "offline"})
    assert answer.json()["userFDN"].endswith(".acme")
    assert set(portal.world.http.cookies) == {"AtmoAuthToken_acme", "Csrf-Token_acme"}
    other = portal.world.http.get("/api/apps", headers={"cookie": "AtmoAuthToken_atmosphere=x"})
    refused(other, 401, "NotAuthenticated", "another tenant")


def test_passwords_are_in_no_answer(portal: Portal):
    assert "offline" not in portal[SID].get(f"/api/users/{portal[AMY].id}").text


def test_worlds_do_not_share_sessions(new_portal: Callable[..., Portal]):
    one, other = new_portal(), new_portal()
    cookie = {"cookie": f"{TOKEN}={one[AMY].http.cookies[TOKEN]}"}
    refused(other.world.http.get("/api/apps", headers=cookie), 401, "NotAuthenticated")
