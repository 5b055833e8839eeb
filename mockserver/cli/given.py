"""The scenarios that a command is given: files, folders of such, and names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from mockserver.client import ServerSaidNo
from mockserver.client.scenario_files import scenario_body
from mockserver.errors import MockserverError, Unknown
from mockserver.scenarios.files import given_files


def references(given: Iterable[str]) -> Iterator[str]:
    """The files and names that were given, with those of a folder in its place.

    Refuses a file that cannot be read before anything is started; a name is the server's to know.
    """
    for each in given:
        for reference in map(str, given_files([Path(each)])) if Path(each).is_dir() else [each]:
            try:
                scenario_body(reference)
            except (OSError, UnicodeDecodeError) as error:
                raise click.UsageError(f"{reference} cannot be read: {error}.") from None
            yield reference


def where_it_was_looked_for(error: MockserverError, server: str | None) -> MockserverError:
    """The error, which for a name that is not known says that MOTAR_MOCK_URL was not asked."""
    url = os.environ.get("MOTAR_MOCK_URL")
    unknown = isinstance(error, Unknown) or (isinstance(error, ServerSaidNo) and error.status == 404)
    if server is None and url and unknown:
        told = f"The server of MOTAR_MOCK_URL was not asked, for a run starts its own unless you give --server {url}"
        error.hint = f"{error.hint} {told}" if error.hint else told
    return error
