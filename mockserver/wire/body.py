"""JSON bodies of the vendors' APIs: decoded strictly first, explained only when that fails."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from mockserver import checking
from mockserver.errors import Problem
from mockserver.wire.call import BadBody, Call

S = TypeVar("S", bound=msgspec.Struct)

Misfit = Literal["missing", "value", "unusable"]

_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


class Unfit(Exception):
    """A body that does not fit: `what` is wrong with it (for the vendor's code), and in words every problem."""

    def __init__(self, what: Misfit, description: str) -> None:
        super().__init__(description)
        self.what = what
        self.description = description


JSON = ("application/json",)


def decode(call: Call, struct: type[S], *, media: tuple[str, ...] = JSON) -> S:
    """The body as `struct`; unknown fields are told, everything else that does not fit is refused.

    Raises `Unfit`: `missing` when the body or a field is missing, `value` when a value is not an allowed
    one, `unusable` when the body or a type cannot be used. The description lists every problem.
    `media` are the types a body may be sent as, all of them JSON.
    """
    # Nearly everybody sends just this, which needs no taking apart.
    sent_as = JSON[0] if call.first.get(b"content-type") == b"application/json" else call.content_type
    if sent_as and sent_as not in media:
        raise Unfit("unusable", f"The body must be {' or '.join(media)}; Content-Type says {sent_as}.")
    if not call.body:
        raise Unfit("missing", f"The body is empty; send JSON with {', '.join(_required(struct))}.")
    if not sent_as:
        call.violate("headers.content-type", "missing; the body is taken for application/json")
    decoder = _decoders.get(struct)
    if decoder is None:
        decoder = _decoders[struct] = msgspec.json.Decoder(struct)
    try:
        decoded: S = decoder.decode(call.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _explain(call, struct)
    return decoded


def _explain(call: Call, struct: type[S]) -> S:
    try:
        value = call.json()
    except BadBody as error:
        raise Unfit("unusable", error.reason) from None
    unknown = checking.unknown_fields(value, struct)
    known = value
    if isinstance(value, dict):
        names = {field.encode_name for field in msgspec.structs.fields(struct)}
        known = {key: item for key, item in value.items() if key in names}
    problems = checking.find_problems(known, struct)
    for each in unknown:
        call.violate(f"body{each.path[1:]}", "no such field is documented", each.did_you_mean)
    if problems:
        told = [_sentence(each) for each in problems]
        hints = [
            f"{each.path[2:]} is unknown; did you mean {each.did_you_mean}?" for each in unknown if each.did_you_mean
        ]
        raise Unfit(_misfit(problems[0]), " ".join([*told, *hints]))
    return msgspec.convert(known, struct)


def _misfit(problem: Problem) -> Misfit:
    if problem.got == "nothing":
        return "missing"
    return "value" if problem.expected.startswith("one of") and problem.got[:1] in "\"'" else "unusable"


def _sentence(problem: Problem) -> str:
    name = problem.path[2:] or "The body"
    if problem.got == "nothing":
        return f"{name} is missing: expected {problem.expected}."
    meant = f" Did you mean {problem.did_you_mean}?" if problem.did_you_mean else ""
    return f"{name}: expected {problem.expected}, got {problem.got}.{meant}"


def _required(struct: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(struct) if field.required]
