from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from mockserver import pages
from tests.pages.contexts import BARE, EVERY_PAGE, FULL
from tests.pages.reading import Element, read

TEMPLATES = Path(pages.__file__).parent / "templates"
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BREAKS_OUT = "<script>alert(1)</script>\"'&"
BREAKS_OUT_UNQUOTED = f"x onmouseover=alert(1) {BREAKS_OUT} {{{{ 7 * 7 }}}}"

every_page = pytest.mark.parametrize(
    ("template", "context"), [pytest.param(name, context, id=label) for label, name, context in EVERY_PAGE]
)


every_poison = pytest.mark.parametrize("poison", [BREAKS_OUT, BREAKS_OUT_UNQUOTED], ids=["quotes", "spaces"])


def poisoned(value: Any, poison: str) -> Any:
    """`value` with every string in it replaced by `poison`."""
    if isinstance(value, str):
        return poison
    if isinstance(value, dict):
        return {key: poisoned(each, poison) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(poisoned(each, poison) for each in value)
    return value


def the_name_of(control: Element, page: Element) -> str:
    labels = [label.text() for label in page.all("label") if label.attributes.get("for") == control.attributes["id"]]
    assert len(labels) == 1
    return labels[0]


def test_there_is_a_context_for_every_template() -> None:
    shown = {path.name for path in TEMPLATES.glob("*.html")} - {"base.html", "_parts.html"}

    assert shown == set(FULL) == set(BARE)


@every_page
def test_a_page_is_whole_html_with_a_language_and_a_title(template: str, context: dict[str, Any]) -> None:
    raw = pages.render(template, **context)
    page = read(raw)

    assert raw.startswith(b"<!doctype html>")
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("head").one("title").text().endswith(" - MOTAR emulator")
    assert {element.attributes.get("name") for element in page.all("meta")} >= {"viewport", "color-scheme"}


@every_page
def test_a_page_says_that_it_is_an_emulator(template: str, context: dict[str, Any]) -> None:
    page = read(pages.render(template, **context))

    assert page.one("header").text().startswith("MOTAR emulator A stand-in for testing.")
    assert "Independent of the makers of MOTAR" in page.one("footer").text()


@every_page
def test_landmarks_are_there_once(template: str, context: dict[str, Any]) -> None:
    body = read(pages.render(template, **context)).one("body")

    assert [child.tag for child in body.children if isinstance(child, Element)] == ["header", "main", "footer"]
    assert len(list(body.all("main"))) == 1


@every_page
def test_headings_begin_with_one_h1_and_skip_no_level(template: str, context: dict[str, Any]) -> None:
    levels = [int(heading.tag[1]) for heading in read(pages.render(template, **context)).all(*HEADINGS)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_page
def test_every_control_and_every_scrolling_region_has_a_name(template: str, context: dict[str, Any]) -> None:
    page = read(pages.render(template, **context))

    for control in page.all("input", "select", "textarea"):
        assert control.attributes.get("type") == "hidden" or the_name_of(control, page)
    for button in page.all("button", "a"):
        assert button.text()
    for element in page.all():
        if "tabindex" in element.attributes:
            assert element.attributes["tabindex"] == "0"
            assert element.attributes["aria-label"]


@every_page
def test_ids_are_unique_and_references_lead_somewhere(template: str, context: dict[str, Any]) -> None:
    elements = list(read(pages.render(template, **context)).all())
    ids = [element.attributes["id"] for element in elements if "id" in element.attributes]
    named = " ".join(
        element.attributes.get(name, "")
        for element in elements
        for name in ("aria-describedby", "aria-labelledby", "list", "for")
    ).split()
    anchors = [href[1:] for element in elements if (href := element.attributes.get("href", "")).startswith("#")]

    assert len(ids) == len(set(ids))
    assert {*named, *anchors} <= set(ids)


@every_page
def test_decoration_is_hidden_from_a_screen_reader(template: str, context: dict[str, Any]) -> None:
    for drawing in read(pages.render(template, **context)).all("svg"):
        assert drawing.attributes["aria-hidden"] == "true"


@every_page
def test_nothing_is_inline_and_nothing_is_fetched_from_elsewhere(template: str, context: dict[str, Any]) -> None:
    for element in read(pages.render(template, **context)).all():
        assert element.tag not in {"script", "style", "iframe", "object", "embed", "img", "base"}
        assert not [name for name in element.attributes if name == "style" or name.startswith("on")]
        assert not {"src", "srcset", "formaction", "ping"} & element.attributes.keys()
        if element.tag == "link":
            assert element.attributes["href"].startswith(("data:image/svg+xml,", "/_mock/assets/"))


def test_no_template_and_no_style_names_another_host() -> None:
    sources = [path.read_text() for path in TEMPLATES.glob("*.html")] + [pages.stylesheet().decode()]
    for source in sources:
        assert set(re.findall(r"https?://[^\s'\"]+", source)) <= {"http://www.w3.org/2000/svg"}
        assert "@import" not in source
        assert "url(" not in source


def test_no_template_switches_escaping_off() -> None:
    for path in TEMPLATES.glob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape|Markup", path.read_text())


@every_poison
@every_page
def test_whatever_stands_in_a_context_stays_text(template: str, context: dict[str, Any], poison: str) -> None:
    honest = read(pages.render(template, **context))
    hostile = pages.render(template, **poisoned(context, poison))
    page = read(hostile)

    assert b"<script" not in hostile
    assert {name for each in page.all() for name in each.attributes} <= {
        *(name for each in honest.all() for name in each.attributes),
        *("href", "action", "open"),
    }
    assert poison in page.text()


@every_poison
@every_page
def test_in_an_attribute_a_value_arrives_unchanged(template: str, context: dict[str, Any], poison: str) -> None:
    for element in read(pages.render(template, **poisoned(context, poison))).all():
        for name, value in element.attributes.items():
            if "alert(" in value:
                assert value == (f"{poison}/mock.css" if element.tag == "link" else poison), f"<{element.tag} {name}>"


LEADS_NOWHERE = [
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "//elsewhere.example/",
    "/\\elsewhere.example/",
    "http:elsewhere",
    "http:///elsewhere",
    "",
]


@pytest.mark.parametrize("url", LEADS_NOWHERE)
@pytest.mark.parametrize(
    ("template", "changes"),
    [
        ("consent.html", lambda url: {"back": url, "action": url}),
        ("signin.html", lambda url: {"action": url}),
        ("progress.html", lambda url: {"hand_off_url": url}),
        (
            "home.html",
            lambda url: {
                "links": [("Journal", url)],
                "progress": [{"label": "Loom", "href": url, "status": "completed"}],
                "next": [{"title": "Sign in", "command": "", "text": "", "href": url}],
                "worlds": [FULL["home.html"]["worlds"][0] | {"base_url": url}],
            },
        ),
    ],
)
def test_a_url_that_leads_nowhere_good_is_never_a_link(template: str, changes: Any, url: str) -> None:
    page = read(pages.render(template, **FULL[template] | {"public_url": url} | changes(url)))

    assert {link.attributes["href"] for link in page.all("a")} <= {"/"}
    assert not [form for form in page.all("form") if "action" in form.attributes]


@pytest.mark.parametrize(
    "url", ["https://example.com/a?b=c#d", "http://[::1]:8000/", "/w/one/x?next=http://y", "?a=b:c", "#more", "a/b"]
)
def test_a_web_url_is_a_link(url: str) -> None:
    page = read(pages.render("home.html", **BARE["home.html"] | {"links": [("Journal", url)]}))

    assert [link.attributes["href"] for link in page.all("a")] == [url]


@pytest.mark.parametrize(
    ("template", "missing"), [(template, name) for template, context in FULL.items() for name in context]
)
def test_a_name_that_is_missing_from_the_context_is_an_error(template: str, missing: str) -> None:
    with pytest.raises(UndefinedError, match=missing):
        pages.render(template, **{name: value for name, value in FULL[template].items() if name != missing})


def test_a_page_that_is_not_there_is_an_error() -> None:
    with pytest.raises(TemplateNotFound):
        pages.render("nowhere.html")


def test_a_context_may_hold_a_name_of_its_own_called_template() -> None:
    assert pages.render("message.html", template="x", **FULL["message.html"])


def test_the_stylesheet_is_linked_under_the_prefix_and_knows_light_dark_and_focus() -> None:
    page = read(pages.render("message.html", **FULL["message.html"] | {"assets": "/w/one/_mock/assets"}))
    sheet = pages.stylesheet().decode()

    assert [each.attributes["href"] for each in page.all("link")][1] == "/w/one/_mock/assets/mock.css"
    assert "prefers-color-scheme: dark" in sheet
    assert ":focus-visible" in sheet
    assert sheet.count("{") == sheet.count("}")


def test_every_class_on_a_page_has_a_rule_in_the_stylesheet() -> None:
    sheet = pages.stylesheet().decode()
    used = {
        name
        for _, template, context in EVERY_PAGE
        for element in read(pages.render(template, **context)).all()
        for name in element.attributes.get("class", "").split()
    }
    without_looks_of_their_own = {"info", "in-progress", "under-review", "completed", "plain"}

    assert {name for name in used if f".{name}" not in sheet} <= without_looks_of_their_own


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [
        *((front, back, 4.5) for front in ("ink", "soft") for back in ("paper", "surface", "sunken", "accent-wash")),
        *((front, back, 4.5) for front in ("accent", "good", "warn", "bad") for back in ("paper", "surface")),
        ("accent-strong", "accent-wash", 4.5),
        ("on-accent", "accent", 4.5),
        ("on-accent", "accent-strong", 4.5),
        ("on-bad", "bad", 4.5),
        ("edge", "paper", 3.0),
        ("edge", "surface", 3.0),
    ],
)
def test_colours_contrast_as_wcag_aa_wants(scheme: str, front: str, back: str, least: float) -> None:
    light, dark, *_ = re.findall(r":root \{(.*?)\}", pages.stylesheet().decode(), re.DOTALL)
    colors = dict(re.findall(r"--([\w-]+): (#\w{6});", light if scheme == "light" else dark))
    low, high = sorted((_luminance(colors[front]), _luminance(colors[back])))

    assert (high + 0.05) / (low + 0.05) >= least


def test_jinja2_is_imported_only_when_a_page_is_rendered() -> None:
    code = "import sys, mockserver.pages; sys.exit('jinja2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
