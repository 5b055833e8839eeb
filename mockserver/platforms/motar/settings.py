"""MOTAR's switches: what its pages leave open or contradict."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mockserver.errors import Invalid
from mockserver.platforms.motar.uris import endpoint_problem, is_header_value, redirect_uri_problem
from mockserver.world.durations import parse_duration
from mockserver.world.settings import Duration


class MotarSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this world's MOTAR behaves where the sources are silent or disagree.

    `expires_in`: what the token endpoint answers, and how long an access token lives: the string
    `"1d"` of the vendor's pages, or a number of seconds, which standard OAuth clients insist on.
    `code_lifetime`, `refresh_lifetime`: assumed spans. `device_lifetime`, `device_interval`: how
    long a device may wait for its user, and the seconds between its polls, as documented.
    `plugin_auth`: the one form of authorization the plugin endpoints accept; `any` takes a Bearer
    token, the bare token and Basic alike. `origin_mark`: the Origin header on webhooks, by which a
    plugin may verify where a call came from; null sends none. `resend_on_change`: send the request
    document again when a company phone or a report URI is set. `repeated_provider_id`: a second
    alert with the same providerId is another alert (`append`) or replaces the first (`update`).
    `cancel_error`: the `error` on the redirect when a user cancels. `request_endpoint`,
    `distribution_endpoint`, `redirect_uri`: where the plugins of this world's fixtures live,
    instead of what the fixture says.
    """

    expires_in: Literal["1d"] | Annotated[int, msgspec.Meta(ge=1, le=315_360_000)] = "1d"
    code_lifetime: Duration = "10m"
    refresh_lifetime: Duration = "30d"
    device_lifetime: Duration = "10m"
    device_interval: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 5
    plugin_auth: Literal["any", "bearer", "bare", "basic"] = "any"
    origin_mark: str | None = "https://api.motar.io"
    resend_on_change: bool = False
    repeated_provider_id: Literal["append", "update"] = "append"
    cancel_error: str = "User cancelled request."
    request_endpoint: str | None = None
    distribution_endpoint: str | None = None
    redirect_uri: str | None = None

    def __post_init__(self) -> None:
        for name in ("code_lifetime", "refresh_lifetime", "device_lifetime"):
            try:
                parse_duration(getattr(self, name))
            except Invalid as error:
                raise ValueError(f"{name}: {error.message}") from None
        if self.origin_mark is not None and not is_header_value(self.origin_mark):
            raise ValueError(f"origin_mark: it is sent in a header, which {self.origin_mark!r} cannot be")
        for name in ("request_endpoint", "distribution_endpoint", "redirect_uri"):
            url = getattr(self, name)
            problem = redirect_uri_problem if name == "redirect_uri" else endpoint_problem
            if url is not None and (why := problem(url)):
                raise ValueError(f"{name}: {why}, unlike {url!r}")
