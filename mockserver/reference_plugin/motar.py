"""What the plugin says to MOTAR: the code exchange, the refresh, and authorised reports.

One rule runs through this module: tokens, codes and the client secret go to MOTAR and nowhere else. They are kept out
of `repr`, of error texts and of the log.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from dataclasses import dataclass, field
from typing import Any

import httpx2

log = logging.getLogger("reference_plugin")

SECRET_FIELDS = ("code", "refresh_token", "client_secret")


@dataclass(frozen=True, slots=True)
class Settings:
    """What MOTAR Studio shows for the plugin, copied to the plugin's side.

    `redirect_uri` is the one registered in Studio, letter for letter: MOTAR compares it when a code is exchanged.
    `verify_origin` switches the check of the origin mark on and says what the mark must be.
    """

    motar_url: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    verify_origin: str | None = None

    @property
    def basic_credentials(self) -> str:
        """MOTAR and the plugin prove themselves to each other with the same pair."""
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


@dataclass(slots=True)
class Session:
    """The user whom MOTAR handed over for one request; without tokens until somebody signs in."""

    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)


class MotarError(Exception):
    """MOTAR refused a call (HTTP `status` and its own four digits, `code`) or did not answer it (status 0)."""

    def __init__(self, text: str, status: int = 0, code: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class Motar:
    """MOTAR's API as one plugin uses it. Methods raise `MotarError`."""

    def __init__(self, settings: Settings, client: httpx2.AsyncClient) -> None:
        self._settings = settings
        self._client = client

    async def sign_in(self, session: Session, code: str) -> None:
        """Exchange the code of a handoff for the tokens of the user who came with it."""
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._settings.redirect_uri}
        async with session.lock:
            await self._fetch_tokens(session, grant)

    async def first_name(self, session: Session) -> str | None:
        """The first name of the user, or None: a greeting is no reason to turn somebody away."""
        try:
            answer = await self._send("GET", "/user/v1/my/profile", self._authorization(session.access_token))
        except MotarError as error:
            log.warning("no profile for the greeting: %s", error)
            return None
        name = _fields(answer).get("firstName")
        return name if isinstance(name, str) else None

    async def post(self, session: Session, path: str, report: dict[str, Any]) -> None:
        """Report something, as the user when there is one and as the plugin otherwise."""
        token = session.access_token
        try:
            await self._send("POST", path, self._authorization(token), json=report)
        except MotarError as refusal:
            # 4010 is MOTAR's way to say "refresh and come back". We never work out when a token expires: `expires_in`
            # may be the string "1d" or a number, and MOTAR may end a session earlier anyway.
            if token is None or (refusal.status, refusal.code) != (401, "4010"):
                raise
            await self._refresh(session, stale=token)
            # Once only: a second 4010 in a row is not about age, and trying on would be a loop.
            await self._send("POST", path, self._authorization(session.access_token), json=report)

    async def _refresh(self, session: Session, *, stale: str) -> None:
        async with session.lock:
            # A refresh token works once. Whoever waited here while another call refreshed must take the new tokens
            # instead of spending a refresh token that is already used up.
            if session.access_token != stale:
                return
            try:
                grant = {"grant_type": "refresh_token", "refresh_token": session.refresh_token or ""}
                await self._fetch_tokens(session, grant)
            except MotarError as refusal:
                if not 400 <= refusal.status < 500:  # an outage says nothing about the session: keep it
                    raise
                log.warning("the session of the user is over, going on as the plugin: %s", refusal)
                session.access_token = session.refresh_token = None

    async def _fetch_tokens(self, session: Session, grant: dict[str, str]) -> None:
        form = {**grant, "client_id": self._settings.client_id, "client_secret": self._settings.client_secret}
        answer = await self._send("POST", "/oauth/token", data=form)
        tokens = _fields(answer)
        if not tokens.get("access_token"):
            raise MotarError("MOTAR answered POST /oauth/token without an access_token", answer.status_code)
        # Both tokens rotate. Storing only the new access token would work, until the next refresh.
        session.access_token = tokens["access_token"]
        session.refresh_token = tokens.get("refresh_token") or grant.get("refresh_token")
        log.info("tokens received (%s)", grant["grant_type"])

    def _authorization(self, token: str | None) -> str:
        # MOTAR's ATO page asks for the token of the sign-in, its Plugins page for Basic. A plugin needs both: MOTAR
        # calls it before any user was handed over.
        return f"Bearer {token}" if token else f"Basic {self._settings.basic_credentials}"

    async def _send(
        self, method: str, path: str, authorization: str = "", *, data: dict[str, str] | None = None, json: Any = None
    ) -> httpx2.Response:
        headers = {"Authorization": authorization} if authorization else {}
        try:
            answer = await self._client.request(method, path, headers=headers, data=data, json=json)
        except httpx2.HTTPError as error:
            raise MotarError(f"MOTAR did not answer {method} {path} ({type(error).__name__})") from error
        if answer.is_success:
            return answer
        # MOTAR gives code and description in the body, and the same two as headers.
        body = _fields(answer)
        code = str(body.get("error_code") or answer.headers.get("errorcode", ""))
        text = str(body.get("error_description") or answer.headers.get("errordescription", ""))
        said = " ".join(f"HTTP {answer.status_code} {code} {text}".split())  # one line, whatever MOTAR wrote
        for secret in (authorization.partition(" ")[2], *((data or {}).get(name) for name in SECRET_FIELDS)):
            if secret:  # an error may quote what it refuses
                said = said.replace(secret, "[hidden]")
        raise MotarError(f"MOTAR answered {method} {path} with {said}", answer.status_code, code)


def _fields(answer: httpx2.Response) -> dict[str, Any]:
    """The JSON object in an answer; empty when there is none, as when a proxy in between answers in HTML."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
