"""Choosing scenarios by their tags: `--tag`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from mockserver.checking.bounds import FileBounds
from mockserver.client import ServerClient
from mockserver.client.scenario_files import scenario_body
from mockserver.errors import Unknown

tag_option = click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="Only scenarios with this tag; several mean one of them."
)


def with_tags(entries: Sequence[dict[str, Any]], tags: Sequence[str]) -> list[dict[str, Any]]:
    """Those that have one of the tags, all where none are given; raises `Unknown` for a tag that none has."""
    from mockserver.scenarios.tags import check_known

    check_known(tags, (tag for each in entries for tag in each["tags"]))
    return [each for each in entries if not tags or set(tags) & set(each["tags"])]


def chosen(references: Sequence[str], tags: Sequence[str], client: ServerClient, bounds: FileBounds) -> list[str]:
    """Those of the given files and names that have one of the tags; without any, of all that the server has.

    Files are read within `bounds`. Raises `Unknown` for a name or a tag that is not there, `InvalidFile` for one
    that cannot be used.
    """
    listed = {each["name"]: each for each in client.scenarios()}
    if not references:
        return [each["name"] for each in with_tags(list(listed.values()), tags)]
    entries = []
    for reference in references:
        given = scenario_body(reference)
        if "text" in given:
            from mockserver.scenarios import load_scenario

            scenario = load_scenario(given["text"], given["source"], bounds=bounds)
            entries.append({"name": reference, "tags": scenario.tags})
        elif reference in listed:
            entries.append(listed[reference])
        else:
            raise Unknown("scenario", reference, listed)
    return [each["name"] for each in with_tags(entries, tags)]
