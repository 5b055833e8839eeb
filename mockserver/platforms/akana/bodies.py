"""What clients send to Akana: JSON into Structs in the vendor's spelling, forms and uploads."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from mockserver.platforms.akana.errors import Fault
from mockserver.wire import BadBody, Call, body
from mockserver.wire.call import FORM
from mockserver.wire.multipart import FORM_DATA, Part, parts_of

S = TypeVar("S", bound=msgspec.Struct)

VENDOR = tuple(f"application/vnd.soa.{name}+json" for name in ("v71", "v72", "v80", "v81", "v83", "v84"))
JSON = ("application/json", "application/vnd.soa+json", *VENDOR)

MAX_UPLOAD = 2 * 1024 * 1024

_ACRONYMS = {"id": "ID", "api": "API", "url": "URL", "csr": "CSR", "csrf": "CSRF", "oauth": "OAuth", "uri": "URI"}


def spelled(name: str) -> str:
    """A name of ours as the vendor writes it: `api_version_id` is APIVersionID."""
    return "".join(_ACRONYMS.get(word, word.capitalize()) for word in name.split("_"))


class Wire(msgspec.Struct, frozen=True, kw_only=True, rename=spelled, omit_defaults=False):
    """What travels: fields in the vendor's spelling."""


class Sent(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What clients send; a field nobody documents is told."""


def decode(call: Call, struct: type[S]) -> S:
    """The JSON body as `struct`; raises `Rejected` with every problem."""
    try:
        return body.decode(call, struct, media=JSON)
    except body.Unfit as unfit:
        if call.content_type and call.content_type not in JSON:
            raise Fault.MEDIA.stop(unfit.description) from None
        raise Fault.INVALID.stop(unfit.description) from None


def form_of(call: Call) -> dict[str, Part]:
    """The fields of a form, multipart or not, by name in lower case; raises `Rejected` for anything else."""
    if call.content_type == FORM:
        return {name.lower(): Part(name, value.encode()) for name, value in call.form().items()}
    try:
        parts = parts_of(call)
    except BadBody as error:
        fault = Fault.INVALID if call.content_type == FORM_DATA else Fault.MEDIA
        raise fault.stop(error.reason) from None
    return {part.name.lower(): part for part in reversed(parts)}
