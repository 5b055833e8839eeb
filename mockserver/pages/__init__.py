"""The pages a person sees: one design, rendered on the server, nothing fetched from anywhere else.

This room knows HTML and nothing of worlds or vendors: every page is a template and a context of
plain values. There is no script on any page, and no inline style, so that the strictest
Content-Security-Policy holds (`default-src 'none'; style-src 'self'; img-src 'self' data:`).

One trap for whoever sends that policy: Chromium applies `form-action` to the redirect that answers
a form as well, so on the sign-in and consent pages it has to allow the origin of the redirect URI.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from mockserver.pages.words import character_name, web_url

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render", "stylesheet"]


def render(template: str, /, **context: object) -> bytes:
    """The page `template` (such as `signin.html`) filled with `context`, as UTF-8 HTML.

    Every value is escaped; a URL that is neither http, https nor relative is shown as text and is
    never a link. Every page needs `assets` (the URL prefix under which `mock.css` is served),
    `world` and `public_url`, of which the last two may be empty.

    Raises `jinja2.UndefinedError` when the context lacks a name that the page needs, and
    `jinja2.TemplateNotFound` when there is no such page.
    """
    return _environment().get_template(template).render(context).encode()


@cache
def stylesheet() -> bytes:
    """The one stylesheet of all pages, which they expect at `{assets}/mock.css`."""
    return (resources.files("mockserver.pages") / "static" / "mock.css").read_bytes()


@cache
def _environment() -> Environment:
    # Most runs of the emulator never show a page, and importing Jinja2 is a good part of a cold start.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("mockserver.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["web_url"] = web_url
    environment.filters["character_name"] = character_name
    return environment
