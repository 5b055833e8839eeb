"""`mockserver fidelity`: what is emulated and how sure we are of it, from the code itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from mockserver.wire import Platform

HEAD = """\
<!-- Written by `mockserver fidelity`; a test fails when it is stale. -->
# Fidelity

How faithful the emulator is, behaviour by behaviour:

- **documented**: it stands on a page of the vendor;
- **observed**: a public client of the vendor relies on it;
- **assumed**: nobody says; this is our decision, and where it matters a world setting changes it.
"""


@click.command()
def fidelity() -> None:
    """Print, as Markdown, every emulated behaviour and whether it is documented, observed or assumed."""
    click.echo(document(), nl=False)


def document() -> str:
    """The whole of docs/fidelity.md."""
    from mockserver.app import load_platforms

    return "\n".join([HEAD, *(line for platform in load_platforms() for line in _platform(platform))])


def _platform(platform: Platform) -> Iterator[str]:
    yield f"## {platform.title}\n"
    yield "| Endpoint | Request | Answer | Errors | What was decided |"
    yield "|---|---|---|---|---|"
    for route in platform.routes:
        known = route.evidence
        yield f"| `{route.name}` | {known.request} | {known.answer} | {known.errors} | {_cell(known.note)} |"
    yield ""
    yield "| Behaviour | Evidence | What it is |"
    yield "|---|---|---|"
    for decision in platform.decisions:
        yield f"| {decision.topic} | {decision.certainty} | {_cell(decision.text)} |"
    yield ""
    if platform.settings is not None:
        yield f"### Settings of {platform.title}\n"
        yield f"Section `{platform.name}` of a world's settings.\n"
        yield f"{inspect.getdoc(platform.settings)}\n"
    yield "### Actions\n"
    yield "What people do on the vendor's screens. No vendor API documents these: names and arguments are ours.\n"
    yield "| Action | What it does |"
    yield "|---|---|"
    for action in platform.actions:
        if not action.internal:
            yield f"| `{action.name}` | {_cell(action.summary)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
