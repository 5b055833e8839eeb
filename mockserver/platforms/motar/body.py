"""JSON bodies of MOTAR's API: decoded strictly first, explained only when that fails."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from mockserver import checking
from mockserver.errors import Problem
from mockserver.platforms.motar.errors import Error
from mockserver.wire import BadBody, Call

S = TypeVar("S", bound=msgspec.Struct)

_decoders: dict[type, msgspec.json.Decoder[Any]] = {}


def decode(call: Call, struct: type[S]) -> S:
    """The body as `struct`; unknown fields are told, everything else that does not fit is refused.

    Raises `Rejected`: 4001 when a field is missing, 4003 when a value is not an allowed one, 4005
    when the body or a type cannot be used. The description lists every problem.
    """
    if call.content_type not in ("", "application/json"):
        raise Error.UNUSABLE.stop(f"The body must be application/json; Content-Type says {call.content_type}.")
    if not call.body:
        raise Error.MISSING.stop(f"The body is empty; send JSON with {', '.join(_required(struct))}.")
    if not call.content_type:
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
        raise Error.UNUSABLE.stop(error.reason) from None
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
        raise _error_for(problems[0]).stop(" ".join([*told, *hints]))
    return msgspec.convert(known, struct)


def _error_for(problem: Problem) -> Error:
    if problem.got == "nothing":
        return Error.MISSING
    return Error.VALIDATION if problem.expected.startswith("one of") and problem.got[:1] in "\"'" else Error.UNUSABLE


def _sentence(problem: Problem) -> str:
    name = problem.path[2:] or "The body"
    if problem.got == "nothing":
        return f"{name} is missing: expected {problem.expected}."
    meant = f" Did you mean {problem.did_you_mean}?" if problem.did_you_mean else ""
    return f"{name}: expected {problem.expected}, got {problem.got}.{meant}"


def _required(struct: type[msgspec.Struct]) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(struct) if field.required]
