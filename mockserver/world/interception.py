"""Answers that somebody else gives in a platform's place: a scenario's step, a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from mockserver.world.journal import Pairs


class Override(msgspec.Struct, frozen=True):
    """An answer instead of the platform's, which does not hear of the request; `by` says whose it is.

    It leaves after `delay` wall seconds.
    """

    status: int
    headers: Pairs
    body: bytes
    by: str
    delay: float = 0.0


Interceptor = Callable[[Mapping[str, Any]], Override | None]
"""Gets the facts of a request before it is answered (`Exchange.facts`), and answers it or lets it pass.

It runs inside the request and must not wait, nor change the world.
"""
