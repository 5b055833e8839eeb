"""What the tests of `/oauth/v2/*` share: challenges, and the refusals' own shape."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import httpx2

from tests.motar.helpers import signin_query
from tests.support import Live

VERIFIER = "a-verifier.of_forty-three~characters-or-more"


def challenge_of(verifier: str) -> str:
    """As RFC 7636 has it: base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def v2_query(world: Live, **changes: str | None) -> dict[str, str]:
    """A right query of the PKCE sign-in page, with some parameters changed or (None) left out."""
    right: dict[str, str | None] = {
        "app_login": "false",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    return signin_query(world, **{**right, **changes})


def v2_url(world: Live, **changes: str | None) -> str:
    return str(httpx2.URL(f"{world.url}/oauth/v2/signin", params=v2_query(world, **changes)))


def v2_code(world: Live, user: str = "@olivia", **changes: str | None) -> str:
    """A fresh code of a user who signed in with PKCE."""
    code = world.act("motar.sign_in", user=user, url=v2_url(world, **changes))["code"]
    assert isinstance(code, str)
    return code


def v2_form(world: Live, code: str, /, **changes: str | None) -> dict[str, str]:
    plugin = world.plugin
    right: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": plugin["client_id"],
        "redirect_uri": plugin["redirect_uris"][0],
        "code_verifier": VERIFIER,
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def v2_exchange(world: Live, code: str, /, **changes: str | None) -> httpx2.Response:
    return world.http.post("/oauth/v2/token", data=v2_form(world, code, **changes))


def v2_tokens(world: Live) -> dict[str, Any]:
    answer = v2_exchange(world, v2_code(world))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def v2_refused(answer: httpx2.Response, status: int, error: str, number: int, *words: str) -> str:
    """Assert the v2 error object and its headers; answers the description."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) - {"number"} == {"error", "error_description", "message", "error_number"}
    assert (body["error"], body["error_number"]) == (error, number), body
    assert answer.headers["errorcode"] == str(number)
    assert body["message"].endswith(".")
    assert body.get("number", number) == number
    assert ("number" in body) == answer.request.url.path.endswith("/device/token")
    for word in words:
        assert word in body["error_description"], body["error_description"]
    return str(body["error_description"])
