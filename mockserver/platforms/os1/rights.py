"""Who may onboard, upload permission files and publish: role by owner or not by tenant type by API, as one table.

The vendor's sentences conflict; this is what they are taken to mean together (assumed):

- Onboarding to production tenants takes a dev-admin or a product admin; so an organization's owner
  without either role may not. Product admins are OS1's own people and never owners, so that the
  owner's rule does not stop them; it stops everybody else.
- The gates hold for production tenants and the new API only. In development tenants, and over the
  legacy API, whoever is a developer of any kind may onboard.
- A permission file is for the owning organization's developers alone, whatever the tenants: product
  admins may not replace it. It is uploaded before any tenant or API is chosen.
- Making a version LIVE is for product admins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from mockserver.platforms.os1.models import Role, TenantType

Verdict = Literal["yes", "role", "ownership"]
"""Yes, or the gate that says no; where both would, the role's comes first."""


class Column(NamedTuple):
    """One way to ask: over the gated (new) API or the legacy one, for which tenants, as an owner or not."""

    gated: bool
    tenants: TenantType
    owner: bool


COLUMNS = (
    Column(gated=True, tenants="production", owner=True),
    Column(gated=True, tenants="production", owner=False),
    Column(gated=True, tenants="development", owner=True),
    Column(gated=True, tenants="development", owner=False),
    Column(gated=False, tenants="production", owner=True),
    Column(gated=False, tenants="production", owner=False),
    Column(gated=False, tenants="development", owner=True),
    Column(gated=False, tenants="development", owner=False),
)

# fmt: off
ONBOARD: Mapping[Role, tuple[Verdict, ...]] = {
    #                      new API: production      development       legacy API: production  development
    #                      owner     other         owner     other    owner     other         owner     other
    "developer":          ("role",   "role",       "yes",    "yes",   "yes",    "yes",        "yes",    "yes"),
    "developer-admin":    ("yes",    "ownership",  "yes",    "yes",   "yes",    "yes",        "yes",    "yes"),
    "organization-owner": ("role",   "role",       "yes",    "yes",   "yes",    "yes",        "yes",    "yes"),
    "product-admin":      ("yes",    "yes",        "yes",    "yes",   "yes",    "yes",        "yes",    "yes"),
    "publisher":          ("role",   "role",       "role",   "role",  "role",   "role",       "role",   "role"),
    "member":             ("role",   "role",       "role",   "role",  "role",   "role",       "role",   "role"),
}

UPLOAD: Mapping[Role, tuple[Verdict, Verdict]] = {
    #                      owner     other
    "developer":          ("yes",    "ownership"),
    "developer-admin":    ("yes",    "ownership"),
    "organization-owner": ("yes",    "ownership"),
    "product-admin":      ("role",   "ownership"),
    "publisher":          ("role",   "role"),
    "member":             ("role",   "role"),
}

PUBLISH: Mapping[Role, tuple[Verdict, Verdict]] = {
    #                      owner     other
    "developer":          ("role",   "role"),
    "developer-admin":    ("role",   "role"),
    "organization-owner": ("role",   "role"),
    "product-admin":      ("yes",    "yes"),
    "publisher":          ("role",   "role"),
    "member":             ("role",   "role"),
}
# fmt: on

PUBLISHERS: tuple[Role, ...] = tuple(role for role, verdicts in PUBLISH.items() if "yes" in verdicts)


def may_onboard(roles: Iterable[Role], column: Column) -> Verdict:
    """Whether somebody with these roles may onboard in this case."""
    place = COLUMNS.index(column)
    return _best(ONBOARD[role][place] for role in roles)


def may_upload(roles: Iterable[Role], *, owner: bool) -> Verdict:
    """Whether somebody with these roles may upload or remove an app's permission file."""
    return _best(UPLOAD[role][0 if owner else 1] for role in roles)


def onboarders(column: Column) -> list[Role]:
    """The roles that may onboard in this case."""
    place = COLUMNS.index(column)
    return [role for role, verdicts in ONBOARD.items() if verdicts[place] == "yes"]


def _best(verdicts: Iterable[Verdict]) -> Verdict:
    """Of several roles' verdicts the one that lets furthest: who lacks only ownership has the right role."""
    order: tuple[Verdict, ...] = ("yes", "ownership", "role")
    return min(verdicts, key=order.index, default="role")
