"""What MOTAR keeps of the less common ways to prove who somebody is: devices that wait, and CAC cards."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from mockserver.world.collection import Kind


class DeviceGrant(msgspec.Struct, frozen=True, kw_only=True):
    """A device that waits for its user; kept after use to recognise a second one.

    `interval` is the seconds it has to leave between polls, `polled` when it last asked too early or
    in vain. `user` is who approved.
    """

    device_code: str
    user_code: str
    client_id: str
    scope: str | None
    expires: datetime
    interval: int
    polled: datetime | None = None
    decision: Literal["pending", "approved", "denied"] = "pending"
    user: str | None = None
    used: bool = False


class CacAssociation(msgspec.Struct, frozen=True, kw_only=True):
    """What a plugin reported of a person with a Common Access Card; `user` is who has that mail address."""

    id: str
    plugin: str
    transaction_id: str
    dn: str
    edipi: str
    email: str
    user: str | None
    created: datetime
    updated: datetime


DEVICE_GRANTS: Kind[DeviceGrant] = Kind(
    "motar.device_grants",
    DeviceGrant,
    key="device_code",
    indexes=("user_code",),
    credentials=("device_code", "user_code"),
)
CAC_ASSOCIATIONS: Kind[CacAssociation] = Kind(
    "motar.cac_associations", CacAssociation, indexes=("transaction_id", "plugin")
)

KINDS = (DEVICE_GRANTS, CAC_ASSOCIATIONS)
