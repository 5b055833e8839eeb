"""What all of OS1's actions share: the shape of arguments and results."""

from __future__ import annotations

import msgspec


class Arguments(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What all actions' arguments have in common: a name that is not one is an error."""
