"""OS1's switches: what its pages leave open or contradict."""

from __future__ import annotations

from typing import Literal

import msgspec

from mockserver.errors import Invalid
from mockserver.world.durations import parse_duration
from mockserver.world.settings import Duration

DURATIONS = ("app_duration", "upload_duration", "token_lifetime", "core_token_lifetime")


class Os1Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How this world's OS1 behaves where the sources are silent or disagree.

    `app_duration`: how long the initialisation of one app in one tenant takes. `upload_duration`:
    how long AAA takes over a permission file uploaded to it. `token_lifetime`, `core_token_lifetime`:
    of a developer's access token, and of AAA's, which public clients expect to live a day.
    `legacy_api`: the API that no gate holds for, `v1` (`POST /developer/tenants/onboarding`) or
    `none`. `production_states`: which states production tenants take: `live`, or `page-order`, with
    which the page's six steps pass in their order (apps in any state, solutions from tech review
    approval on with all their apps LIVE). `state_gate_status`: the HTTP status of the state gate.
    `on_tenant_failure`: what becomes of the other tenants when one fails: `keep` or `undo`.
    `onboarding_data`: `data` in the answer to an onboarding is the `id` as a text, or an `object` with it.
    `version_rules`: how many versions of an app there may be and when another may be added, after the
    `reference` (one in development, one in review; the newest must be LIVE) or the `guide` (a second
    one once the newest is READY_TO_PUBLISH; two LIVE), or `none` to allow any.
    """

    app_duration: Duration = "1s"
    upload_duration: Duration = "1s"
    token_lifetime: Duration = "1d"
    core_token_lifetime: Duration = 86_400
    legacy_api: Literal["v1", "none"] = "v1"
    production_states: Literal["live", "page-order"] = "live"
    state_gate_status: Literal[400, 403, 409] = 400
    on_tenant_failure: Literal["keep", "undo"] = "keep"
    onboarding_data: Literal["id", "object"] = "id"
    version_rules: Literal["guide", "reference", "none"] = "guide"

    def __post_init__(self) -> None:
        for name in DURATIONS:
            try:
                parse_duration(getattr(self, name))
            except Invalid as error:
                raise ValueError(f"{name}: {error.message}") from None
