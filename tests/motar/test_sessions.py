"""Logout, validation and profile, in every state a session can be in."""

from __future__ import annotations

import pytest

from tests.motar.helpers import (
    accepted,
    advance,
    basic,
    bearer,
    code_for,
    last_violations,
    refresh,
    refused,
    send,
    tokens_for,
)
from tests.support import Live

PLACES = ("query", "form", "json")


# Logout


@pytest.mark.parametrize("place", PLACES)
def test_a_logout_ends_the_session_with_all_its_tokens(world: Live, place: str):
    old = tokens_for(world)
    new = refresh(world, old["refresh_token"]).json()
    other = tokens_for(world)
    accepted(send(world, place, {"refresh_token": new["refresh_token"]}, "/oauth/logout"))
    assert last_violations(world) == {}
    for token in (old["access_token"], new["access_token"]):
        refused(world.http.get("/oauth/token/validate", headers=bearer(token)), 403, "4034", "logout")
    refused(refresh(world, new["refresh_token"]), 403, "4034", "logout")
    accepted(world.http.get("/oauth/token/validate", headers=bearer(other["access_token"])))


def test_a_logout_takes_a_bearer_besides_the_refresh_token(world: Live):
    tokens = tokens_for(world)
    answer = world.http.post(
        "/oauth/logout", json={"refresh_token": tokens["refresh_token"]}, headers=bearer(tokens["access_token"])
    )
    accepted(answer)


def test_a_bearer_alone_logs_out_and_is_told(world: Live):
    tokens = tokens_for(world)
    accepted(world.http.post("/oauth/logout", headers=bearer(tokens["access_token"])))
    assert "body.refresh_token" in last_violations(world)
    refused(world.http.get("/oauth/token/validate", headers=bearer(tokens["access_token"])), 403, "4034")


def test_a_second_logout_is_refused(world: Live):
    tokens = tokens_for(world)
    body = {"refresh_token": tokens["refresh_token"]}
    accepted(world.http.post("/oauth/logout", json=body))
    refused(world.http.post("/oauth/logout", json=body), 403, "4034", "logout")
    refused(world.http.post("/oauth/logout", headers=bearer(tokens["access_token"])), 403, "4034", "logout")


def test_a_logout_without_a_token_says_what_to_send(world: Live):
    refused(world.http.post("/oauth/logout"), 400, "4001", "refresh_token is missing")
    refused(world.http.post("/oauth/logout", json={"refreshToken": "x"}), 400, "4001", "mean it by refreshToken")
    refused(world.http.post("/oauth/logout", json={"refresh_token": "nonsense"}), 403, "4034", "not issued here")
    refused(world.http.post("/oauth/logout", headers=bearer("nonsense")), 403, "4034", "not issued here")


# Validation and profile

GUARDED = ("/oauth/token/validate", "/oauth/session/validate", "/user/v1/my/profile")


@pytest.mark.parametrize("path", GUARDED)
def test_a_good_token_is_good_with_or_without_the_word_bearer(world: Live, path: str):
    token = tokens_for(world)["access_token"]
    for headers in (bearer(token), {"authorization": token}):
        assert world.http.get(path, headers=headers).status_code == 200


@pytest.mark.parametrize("path", GUARDED)
def test_each_state_of_a_token_has_its_answer(world: Live, path: str):
    tokens = tokens_for(world)
    good = bearer(tokens["access_token"])
    refused(world.http.get(path), 401, "4016", "Authorization header is missing")
    refused(world.http.get(path, headers=bearer("nonsense")), 403, "4034", "not issued here")
    refused(world.http.get(path, headers={"authorization": basic("a", "b")}), 403, "4034", "takes an access token")
    refused(world.http.get(path, headers=bearer(code_for(world))), 403, "4034", "authorization code")
    refused(world.http.get(path, headers=bearer(tokens["refresh_token"])), 403, "4034", "refresh token")
    world.act("motar.deactivate_plugin")
    refused(world.http.get(path, headers=good), 401, "4013", "not active")
    world.act("motar.activate_plugin")
    advance(world, "1d")
    refused(world.http.get(path, headers=good), 401, "4010", "refresh")
    renewed = bearer(refresh(world, tokens["refresh_token"]).json()["access_token"])
    assert world.http.get(path, headers=renewed).status_code == 200
    world.act("motar.revoke_session", user="@olivia")
    refused(world.http.get(path, headers=renewed), 403, "4034", "revoked")


def test_the_profile_has_every_documented_key(world: Live):
    profile = world.http.get("/user/v1/my/profile", headers=bearer(tokens_for(world)["access_token"])).json()
    unset = (
        *("profilePic", "coverPhoto", "position", "role", "militaryGrade", "displayRank", "gender"),
        *("displayDutyTitle", "civilianGrade", "civilianBand", "jobSeriesNumber", "jobTitle"),
    )
    assert profile == {
        "handle": "@olivia",
        "firstName": "Olivia",
        "lastName": "Marsh",
        "userType": "adult",
        "accountType": "Adult",
        "country": "US",
        "userId": world.user("@olivia")["id"],
        "email": "olivia@skyline.example",
        "trainer": False,
        "trainee": False,
        "organizationRoles": {"afsc": None},
        **dict.fromkeys(unset),
    }
    subject, _, tail = profile["userId"].partition("$")
    assert (len(subject), len(tail)) == (162, 32)
