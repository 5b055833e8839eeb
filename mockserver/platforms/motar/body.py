"""JSON bodies of MOTAR's API, refused in MOTAR's codes."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mockserver.platforms.motar.errors import Error
from mockserver.wire import Call, body

S = TypeVar("S", bound=msgspec.Struct)

_ERRORS = {"missing": Error.MISSING, "value": Error.VALIDATION, "unusable": Error.UNUSABLE}


def decode(call: Call, struct: type[S]) -> S:
    """The body as `struct`; unknown fields are told, everything else that does not fit is refused.

    Raises `Rejected`: 4001 when a field is missing, 4003 when a value is not an allowed one, 4005
    when the body or a type cannot be used. The description lists every problem.
    """
    try:
        return body.decode(call, struct)
    except body.Unfit as unfit:
        raise _ERRORS[unfit.what].stop(unfit.description) from None
