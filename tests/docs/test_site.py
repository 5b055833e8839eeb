"""The site is built strictly, asks no other host for anything, and works where it lies."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.pages import DOCS, ROOT

pytest.importorskip("mkdocs", reason="the docs extra is not installed")

LOADING = {("a", "href")}
"""Attributes that may name another host: a link is followed by a person, everything else is loaded by itself."""


class Links(HTMLParser):
    """Every attribute of a page that names an address, and every id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[tuple[str, str, str]] = []
        self.ids: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("href", "src", "srcset", "action", "data", "poster") and value is not None:
                self.addresses.append((tag, name, value))
            if name == "id" and value:
                self.ids.add(value)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(target)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return target


@pytest.fixture(scope="session")
def parsed(site: Path) -> dict[Path, Links]:
    return {path: Links(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}


def test_every_page_is_built(site, parsed):
    sources = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert {path.relative_to(site) for path in parsed} >= sources


def test_nothing_is_loaded_from_another_host(site, parsed):
    loaded = [
        (path.name, value)
        for path, links in parsed.items()
        for tag, name, value in links.addresses
        if (tag, name) not in LOADING and (urlsplit(value).scheme or urlsplit(value).netloc)
    ]
    assert loaded == []
    assert all("script" not in links.tags and "iframe" not in links.tags for links in parsed.values())
    for style in site.rglob("*.css"):
        assert re.findall(r"@import|url\(", style.read_text(encoding="utf-8")) == []


def test_every_link_inside_leads_to_a_file_and_a_heading_that_is_there(parsed):
    """What works from file:// works everywhere: no address begins with a slash or names a folder."""
    lost = []
    for path, links in parsed.items():
        for _, _, value in links.addresses:
            address = urlsplit(value)
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            anchor = unquote(address.fragment)
            if not target.is_file() or (anchor and target in parsed and anchor not in parsed[target].ids):
                lost.append((path.name, value))
    assert lost == []


def test_every_page_can_be_read_by_everybody(parsed):
    for path, links in parsed.items():
        assert {"main", "nav", "h1", "title"} <= links.tags, path
