"""Calling a vendor: a client that minds its own business, and errors that a person can act upon."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import click
import httpx2

Explain = Callable[[Any], object]
"""Finds in the JSON of a refusal the sentence that says why; raises KeyError or TypeError where there is none."""


class VendorError(Exception):
    """The vendor refused a call (HTTP `status`), did not answer it, or did not do what was asked (status 0)."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


def client_for(url: str, transport: httpx2.BaseTransport | None = None) -> httpx2.Client:
    """A client of the vendor at that address."""
    # `base_url` keeps a path prefix such as /w/alpha. Without trust_env=False, a proxy variable or a .netrc of the
    # machine would redirect our calls or authorise them in another name.
    return httpx2.Client(base_url=url, transport=transport, timeout=30.0, trust_env=False)


def send(client: httpx2.Client, explain: Explain, method: str, path: str, **what: Any) -> httpx2.Response:
    """Make a call; raises `VendorError` unless it succeeds or redirects. What was sent is in no error text."""
    try:
        answer = client.request(method, path, **what)
    except httpx2.HTTPError as error:
        raise VendorError(f"nobody answered {method} {path} ({type(error).__name__})") from error
    if answer.status_code < 400:
        return answer
    try:
        why = f": {explain(answer.json())}"
    except (ValueError, KeyError, TypeError):  # such as the HTML of a proxy in between
        why = ""
    raise VendorError(f"{method} {path} was answered with HTTP {answer.status_code}{why}", answer.status_code)


@contextmanager
def told() -> Generator[None]:
    """Ends a command with exit code 1 and the reason, where the vendor does not do its part."""
    try:
        yield
    except VendorError as error:
        raise click.ClickException(str(error)) from None
