"""`mockserver docs`: the documentation that ships with the package, and which page of it helps with what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from mockserver import resources
from mockserver.errors import InvalidFile, Problem, Unknown

HELPS: Final[Mapping[str, str]] = {
    "demo": "index",
    "serve": "reference/settings",
    "run": "scenarios",
    "check": "check",
    "record": "recording",
    "journal": "recording",
    "faults": "faults",
    "trigger": "reference/actions",
    "actions": "reference/actions",
    "worlds": "worlds",
    "scenarios": "scenarios",
    "workflow": "akana-workflows",
    "config": "reference/settings",
    "tls": "tls",
    "wait": "ci",
    "fidelity": "fidelity",
    "openapi": "openapi",
    "docs": "index",
}
"""The page that helps with a command: in its --help, and below its errors."""


_TITLE = re.compile(r'^(?:# |// |""")(.*?)(?:"""|$)', re.MULTILINE)


@click.command()
@click.argument("page", required=False)
def docs(page: str | None) -> None:
    """Print a PAGE of the documentation as Markdown, or the list of pages.

    The pages ship with the package, so they are those of your version and need no network. The examples that
    they speak of are files to copy: mockserver docs examples/curl.sh > curl.sh
    """
    known = {**pages(), **examples()}
    if page is None:
        width = max(map(len, known))
        for name, path in known.items():
            click.echo(f"{click.style(name.ljust(width), fg='cyan')}  {title(path)}")
        return
    name = page.removeprefix("docs/").removesuffix(".md")
    if name not in known:
        raise Unknown("page", page, known, hint="`mockserver docs` lists them.")
    click.echo(_text(known[name]), nl=False)


def pages() -> dict[str, Path]:
    """Every page by its name, such as `reference/cli`: the first one first, how-tos before the reference."""
    root = resources.shelf("docs")
    found = {path.relative_to(root).with_suffix("").as_posix(): path for path in root.rglob("*.md")}
    return dict(sorted(found.items(), key=lambda each: (each[0] != "index", "/" in each[0], each[0])))


def examples() -> dict[str, Path]:
    """The files that pages point to, by their names, such as `examples/curl.sh`."""
    root = resources.shelf("docs")
    found = (path for path in (root / "examples").rglob("*") if path.suffix in (".py", ".mjs", ".sh"))
    return {path.relative_to(root).as_posix(): path for path in sorted(found)}


def title(path: Path) -> str:
    """A page's first heading, or the first sentence in an example."""
    found = _TITLE.search(_text(path))
    return found[1].strip() if found else ""


def pointer(command: str | None) -> str:
    """The line below an error that names the page which helps with this command."""
    return f"See: mockserver docs {HELPS.get(command or '', 'index')}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidFile(str(path), [Problem("$", "a readable page", str(error))]) from None
