"""What a recorded value is: one that an earlier step gave, one that differs each time, or just itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mockserver.world.matchers import matcher_of

_UUID: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_MIXED: Final = r"(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{16,}"
_RANDOM: Final = re.compile(rf"(?<![A-Za-z0-9])(?:{_UUID}|[0-9a-fA-F]{{12,}}|(?:[\w]+-)*{_MIXED}(?:-\w+)*)(?![\w])")
"""What nobody would have typed: a UUID, a long hexadecimal number, or letters of both cases among digits."""

_PLACEHOLDER: Final = re.compile(r"\{[a-z_]+-\d+\}")
"""What `redaction` left of a secret: it says as well as the secret which one it was."""

_HERE: Final = re.compile(r"//(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?", re.IGNORECASE)
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")

ANY_TEXT: Final = {"type": "string"}


def is_volatile(text: str) -> bool:
    """Whether a text holds what another run has otherwise: minted, timed, secret, or bound to this machine."""
    return any(pattern.search(text) for pattern in (_RANDOM, _HERE, _INSTANT, _PLACEHOLDER))


def is_identifier(value: object) -> bool:
    """Whether a value is an id or a token, telling enough to be recognized when it comes again."""
    if not isinstance(value, str) or "//" in value or re.search(r"\s", value):
        return False
    return bool(_RANDOM.search(value) or _PLACEHOLDER.fullmatch(value))


def leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Each single value within plain data, with the JSON Pointer (RFC 6901) that leads to it."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from leaves(part, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from leaves(part, f"{pointer}/{index}")
    else:
        yield pointer, value


def unambiguous(value: Any) -> Any:
    """A match in which no recorded object can be taken for a matcher, such as one whose only key is `type`."""
    if matcher_of(value) is not None:
        return {"contains": value}
    return value
