"""Akana's switches: what is a site's own, and what its pages leave open."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

import msgspec


class AkanaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this world's Akana is called and behaves where the sources are silent.

    `tenant`: the end of every id, and of the names of cookies and the CSRF header. `admin_role`: who
    holds the role Admin for an app version: its team and the Business and Site Admins above it
    (`senior`), or its team alone (`team`). `last_version_takes_app`: an app goes with its last
    version. `registration_endpoint`: where app versions are registered as OAuth clients (RFC 7591);
    null means that nothing is registered. `registration_token`: the initial access token for it.
    `mail_from`: the sender of notification mail. `contact_mail`: the address that templates show.
    """

    tenant: str = "atmosphere"
    admin_role: Literal["senior", "team"] = "senior"
    last_version_takes_app: bool = True
    registration_endpoint: str | None = None
    registration_token: str | None = None
    mail_from: str = "notifications@akana.example"
    contact_mail: str = "portal@akana.example"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,39}", self.tenant):
            raise ValueError(f"tenant: 1 to 40 of a-z, 0-9, _ and -, starting with a letter, unlike {self.tenant!r}")
        for name in ("mail_from", "contact_mail"):
            if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", getattr(self, name)):
                raise ValueError(f"{name}: a mail address, unlike {getattr(self, name)!r}")
        if self.registration_endpoint is not None:
            parts = urlsplit(self.registration_endpoint)
            if parts.scheme not in ("http", "https") or not parts.netloc:
                raise ValueError(f"registration_endpoint: an http or https URL, unlike {self.registration_endpoint!r}")
        if self.registration_token is not None and not re.fullmatch(r"[!-~]+", self.registration_token):
            raise ValueError("registration_token: it is sent in a header, so it is printable ASCII without spaces")
