"""`mockserver wait`."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from mockserver.cli.options import SERVER

if TYPE_CHECKING:
    import httpx2

PAUSE = 0.1
PATIENCE = 5.0
"""Seconds that a single question may take, of all there are."""


@click.command()
@click.option(
    "--url",
    metavar="URL",
    envvar="MOTAR_MOCK_URL",
    default=SERVER,
    show_default=True,
    help="The emulator to wait for (or MOTAR_MOCK_URL).",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0), metavar="SECONDS", default=30.0, show_default=True, help="How long."
)
def wait(url: str, timeout: float) -> None:
    """Wait until an emulator is ready, for scripts and CI.

    Exit code 0 as soon as its /_mock/health says ready, 1 when it has not in time, with what it said
    instead. It sends no secret and so takes any certificate of an https URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise click.UsageError(f"--url {url!r} is no http or https URL.")
    problem = wait_until_ready(url.rstrip("/"), timeout)
    if problem is not None:
        click.secho("error: ", fg="red", nl=False, err=True)
        click.echo(f"No mockserver was ready at {url} within {timeout:g} s: {problem}.", err=True)
        sys.exit(1)
    click.echo(f"mockserver ready: {url}")


def wait_until_ready(url: str, timeout: float) -> str | None:
    """Ask until the server at `url` says that it is ready; answers None, or why it was not when time was up."""
    import httpx2

    deadline = time.monotonic() + timeout
    with httpx2.Client(trust_env=False, verify=False) as client:
        while True:
            problem = _problem(client, f"{url}/_mock/health", max(min(deadline - time.monotonic(), PATIENCE), PAUSE))
            left = deadline - time.monotonic()
            if problem is None or left <= 0:
                return problem
            time.sleep(min(PAUSE, left))


def _problem(client: httpx2.Client, url: str, timeout: float) -> str | None:
    import httpx2

    try:
        answer = client.get(url, timeout=timeout)
    except httpx2.TimeoutException:
        return "it did not answer"
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        return f"nobody answers ({error})"
    try:
        health: Any = answer.json()
        status = health["status"]
    except (ValueError, KeyError, TypeError):
        return f"it answered {answer.status_code}, but not as a mockserver does"
    return None if status == "ready" else f"it said {status!r}"
