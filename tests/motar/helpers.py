"""What MOTAR's tests share: signing somebody in, calling as a plugin, and reading refusals."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.support import Live

HARBOR, SKYLINE = "Harbor Assurance", "Skyline Training"
STATUSES = ("not-started", "in-progress", "action-required", "under-review", "completed")
NOBODY = "0" * 24


def basic(client_id: str, client_secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def plugin_basic(world: Live) -> dict[str, str]:
    plugin = world.plugin
    return {"authorization": basic(plugin["client_id"], plugin["client_secret"])}


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def signin_query(world: Live, **changes: str | None) -> dict[str, str]:
    """A right query of the sign-in page, with some parameters changed or (None) left out."""
    plugin = world.plugin
    right: dict[str, str | None] = {
        "client_id": plugin["client_id"],
        "response_type": "code",
        "redirect_uri": plugin["redirect_uris"][0],
        "state": "a state",
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def signin_url(world: Live, **changes: str | None) -> str:
    return str(httpx2.URL(f"{world.url}/oauth/signin", params=signin_query(world, **changes)))


def send(world: Live, place: str, parameters: dict[str, str], path: str = "/oauth/token") -> httpx2.Response:
    """Post parameters in one of the places where clients put them: query, form or json."""
    match place:
        case "query":
            return world.http.post(path, params=parameters)
        case "form":
            return world.http.post(path, data=parameters)
    return world.http.post(path, json=parameters)


def advance(world: Live, by: str) -> None:
    assert world.control.post("clock/advance", json={"by": by}).status_code == 200


def code_for(world: Live, user: str = "@olivia", **changes: str | None) -> str:
    """A fresh authorization code of a user for the fixture's plugin."""
    code = world.act("motar.sign_in", user=user, url=signin_url(world, **changes))["code"]
    assert isinstance(code, str)
    return code


def exchange_form(world: Live, code: str, **changes: str | None) -> dict[str, str]:
    """Right parameters to exchange a code, with some changed or (None) left out."""
    plugin = world.plugin
    right: dict[str, str | None] = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": plugin["client_id"],
        "client_secret": plugin["client_secret"],
        "redirect_uri": plugin["redirect_uris"][0],
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def refresh_form(world: Live, refresh_token: str, **changes: str | None) -> dict[str, str]:
    right = exchange_form(world, "", grant_type="refresh_token", redirect_uri=None, refresh_token=refresh_token)
    del right["code"]
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


def exchange(world: Live, code: str, **changes: str | None) -> httpx2.Response:
    return world.http.post("/oauth/token", data=exchange_form(world, code, **changes))


def refresh(world: Live, refresh_token: str, **changes: str | None) -> httpx2.Response:
    return world.http.post("/oauth/token", data=refresh_form(world, refresh_token, **changes))


def tokens_for(world: Live, user: str = "@olivia") -> dict[str, Any]:
    answer = exchange(world, code_for(world, user))
    assert answer.status_code == 200, answer.text
    tokens: dict[str, Any] = answer.json()
    return tokens


def status(world: Live, headers: dict[str, str], **body: Any) -> httpx2.Response:
    return world.http.post("/plugin/v1/ato/status", json=body, headers=headers)


def alert(world: Live, headers: dict[str, str], **body: Any) -> httpx2.Response:
    return world.http.post("/plugin/v1/ato/alert", json=body, headers=headers)


def ato_call(world: Live, what: str, headers: dict[str, str], request_id: str, /, **changes: Any) -> httpx2.Response:
    """A right call of status or alert, but for what `changes` says."""
    right = {"status": "in-progress"} if what == "status" else {"title": "T", "text": "t"}
    body = {"requestId": request_id, **right, **changes}
    return world.http.post(f"/plugin/v1/ato/{what}", json=body, headers=headers)


def state(world: Live) -> tuple[str, bool, bool]:
    """The latest request's status, complete and cancellable."""
    seen = world.act("motar.view_progress")
    return seen["status"], seen["complete"], seen["cancellable"]


def accepted(answer: httpx2.Response) -> None:
    assert (answer.status_code, answer.json()) == (200, {"success": True}), answer.text


def refused(answer: httpx2.Response, status: int, code: str, *words: str) -> str:
    """Assert MOTAR's general error shape, the same in body and headers; answers the description."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error_description", "error_code"}
    assert (body["error_code"], answer.headers["errorcode"]) == (code, code), body
    described = "".join(each if " " <= each <= "~" else "?" for each in " ".join(body["error_description"].split()))
    assert answer.headers["errordescription"] == described
    for word in words:
        assert word in body["error_description"], body["error_description"]
    return str(body["error_description"])


def signin_refused(answer: httpx2.Response, status: int, number: int, *words: str) -> str:
    """Assert the sign-in endpoint's own error shape, and that nobody was redirected; answers the message."""
    assert answer.status_code == status, answer.text
    assert "location" not in answer.headers
    body = answer.json()
    assert set(body) == {"message", "number"}
    assert body["number"] == number, body
    assert answer.headers["errorcode"] == str(number)
    for word in words:
        assert word in body["message"], body["message"]
    return str(body["message"])


def action_refused(answer: httpx2.Response, *words: str, hint: str | None = None) -> None:
    """Assert that Studio refused an action, with all `words` in the reason and `hint` in what to do first."""
    assert answer.status_code == 409, answer.text
    problem = answer.json()
    for word in words:
        assert word in problem["detail"], problem
    if hint is not None:
        assert hint in problem.get("hint", ""), problem


def last_violations(world: Live) -> dict[str, dict[str, Any]]:
    """What the newest inbound exchange was told, by field."""
    newest = world.journal(kind="inbound")[-1]
    return {each["field"]: each for each in newest.get("violations", [])}
