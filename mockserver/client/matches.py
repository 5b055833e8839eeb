"""What an exchange must look like, as keyword arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

Kind = Literal["inbound", "delivery", "action", "clock"]


class ResponseMatch(TypedDict, total=False):
    """What the answer of an exchange must look like."""

    headers: Mapping[str, Any]
    body: Any


class Match(TypedDict, total=False):
    """What matters of an exchange; whatever is not given may be anything.

    `kind`: `inbound` is a call of the plugin, `delivery` one that MOTAR makes (a webhook, a user's browser).
    `path` may have `{name}` or `*` as whole segments. `status` is a number or a class such as `"2xx"`. In `query`,
    `headers` and `body` a mapping asks for the keys it lists only; values may be matchers such as
    `{"matches": "^a"}`, `{"one_of": [1, 2]}`, `{"absent": True}`, `{"gte": 1}`, `{"equals": {...}}`.
    """

    kind: Kind
    method: str | Mapping[str, Any]
    path: str | Mapping[str, Any]
    query: Mapping[str, Any]
    status: int | str | Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any
    response: ResponseMatch


def as_body(line: str | None, match: Match) -> dict[str, Any]:
    """The match that the control API takes; `line` is `"POST /path"` or `"/path"`. Raises `ValueError`."""
    given: dict[str, Any] = dict(match)
    if line is None:
        return given
    method, _, path = line.strip().rpartition(" ")
    if not path.startswith("/") or " " in method.strip():
        raise ValueError(f"{line!r} is neither 'METHOD /path' nor '/path'.")
    for name, value in (("method", method.strip()), ("path", path)):
        if value and name in given:
            raise ValueError(f"{line!r} has a {name} already; leave {name}=... out.")
        if value:
            given[name] = value
    return given
