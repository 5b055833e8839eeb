"""Switches of one world: what the vendor leaves open, and what a test wants otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from mockserver import checking
from mockserver.world.durations import parse_duration

S = TypeVar("S", bound=msgspec.Struct)

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#\s,*A-Z]+|null")

Duration = str | Annotated[int, msgspec.Meta(ge=0)] | Annotated[float, msgspec.Meta(ge=0)]
"""A span of time as people write it: seconds, `"90s"`, `"2d"` or ISO 8601."""


class CoreSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings that concern every platform.

    `strict` refuses what is otherwise only told. `retry_webhooks_after` lists the waits before each
    further attempt of a failed webhook, on the world's clock; empty means one attempt.
    `webhook_timeout` bounds one attempt, in seconds of wall time. `fixture_credentials` says what
    becomes of the credentials a fixture spells out: `auto` keeps them in `default` and mints others
    elsewhere, `literal` keeps them everywhere (such a world is then reached by its prefix).
    `cors_origins` are the origins of web pages that may read the vendors' answers, or `"*"`; empty
    means none. A browser's preflight carries no credential: what finds no world by prefix or host
    is judged by the world `default`. `max_deliveries` is how many webhooks are kept: the oldest that are
    over give way to new ones. `max_redirect_uris` is how many one client may register.
    """

    strict: bool = False
    retry_webhooks_after: tuple[Duration, ...] = ()
    webhook_timeout: Annotated[float, msgspec.Meta(gt=0, le=300)] = 10.0
    fixture_credentials: Literal["auto", "literal"] = "auto"
    cors_origins: Literal["*"] | tuple[str, ...] = ()
    max_deliveries: Annotated[int, msgspec.Meta(ge=10)] = 10_000
    max_redirect_uris: Annotated[int, msgspec.Meta(ge=1)] = 100

    def __post_init__(self) -> None:
        for wait in self.retry_webhooks_after:
            parse_duration(wait)
        if self.cors_origins != "*":
            for origin in self.cors_origins:
                if not _ORIGIN.fullmatch(origin):
                    told = "must be an origin as browsers send it, such as http://localhost:5173, without a path"
                    raise ValueError(f"cors_origins: {origin!r} {told}")


class SettingsDocument(msgspec.Struct, frozen=True):
    """What somebody set, by section; what nobody set has its default."""

    id: str
    values: Mapping[str, Any]


class SettingsShape:
    """The sections a world's settings have: `core` and one for each platform that has any; `struct` has them all."""

    def __init__(self, sections: dict[str, type[msgspec.Struct]]) -> None:
        self.sections = sections
        self.struct = msgspec.defstruct(
            "WorldSettings",
            [(name, struct, msgspec.field(default_factory=struct)) for name, struct in sections.items()],
            frozen=True,
            forbid_unknown_fields=True,
        )

    def decode(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """The settings as one Struct; raises `Invalid` with every problem."""
        return checking.convert(values, self.struct, what="The settings")

    def sections_of(self, settings: msgspec.Struct) -> dict[type, Any]:
        """Every section of decoded settings by its type."""
        return {struct: getattr(settings, name) for name, struct in self.sections.items()}
